//! `containerd.runhcs.v1.Options`: hcsshim cmd/containerd-shim-runhcs-v1/options/runhcs.proto, as containerd
//! v2.3.4 vendors it.

use std::collections::BTreeMap;

/// Options of the Windows shim.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the fields are those of the protocol"
)]
pub struct Options {
    /// Debug logs.
    #[prost(bool, tag = "1")]
    pub debug: bool,
    /// Where debug output goes: 0 a named pipe, 1 a file, 2 ETW.
    #[prost(int32, tag = "2")]
    pub debug_type: i32,
    /// The registry key of the containers' state.
    #[prost(string, tag = "3")]
    pub registry_root: String,
    /// The image of the sandbox.
    #[prost(string, tag = "4")]
    pub sandbox_image: String,
    /// The platform of sandboxes, such as `windows/amd64`.
    #[prost(string, tag = "5")]
    pub sandbox_platform: String,
    /// The isolation of sandboxes: 0 process, 1 hypervisor.
    #[prost(int32, tag = "6")]
    pub sandbox_isolation: i32,
    /// The directory of the guest's kernel.
    #[prost(string, tag = "7")]
    pub boot_files_root_path: String,
    /// Processors of the utility VM.
    #[prost(int32, tag = "8")]
    pub vm_processor_count: i32,
    /// Memory of the utility VM, in MiB.
    #[prost(int32, tag = "9")]
    pub vm_memory_size_in_mb: i32,
    /// The path of the GPU's disk.
    #[prost(string, tag = "10")]
    pub gpu_vhd_path: String,
    /// Whether CPU limits are scaled to the sandbox.
    #[prost(bool, tag = "11")]
    pub scale_cpu_limits_to_sandbox: bool,
    /// Scratch space of a container, in GiB.
    #[prost(int32, tag = "12")]
    pub default_container_scratch_size_in_gb: i32,
    /// Scratch space of the utility VM, in GiB.
    #[prost(int32, tag = "13")]
    pub default_vm_scratch_size_in_gb: i32,
    /// Whether containers share scratch space.
    #[prost(bool, tag = "14")]
    pub share_scratch: bool,
    /// The address of the network configuration proxy.
    #[prost(string, tag = "15")]
    pub nc_proxy_addr: String,
    /// The level of logs.
    #[prost(string, tag = "16")]
    pub log_level: String,
    /// How long a lost connection of the standard streams is tried again, in seconds; 0 for ever.
    #[prost(int32, tag = "17")]
    pub io_retry_timeout_in_sec: i32,
    /// Annotations of every container.
    #[prost(btree_map = "string, string", tag = "18")]
    pub default_container_annotations: BTreeMap<String, String>,
    /// Whether the guest keeps UTC.
    #[prost(bool, tag = "19")]
    pub no_inherit_host_timezone: bool,
    /// Whether logs leave sensitive values out.
    #[prost(bool, tag = "20")]
    pub scrub_logs: bool,
}
