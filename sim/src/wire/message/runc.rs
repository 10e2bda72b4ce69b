//! `containerd.runc.v1.Options`: api/types/runc/options/oci.proto@v2.3.4; `criu_path` is that of
//! runtime/v2/runc/options/oci.proto@v1.6.36.

/// Options of the runc shim.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct Options {
    /// Do not use `pivot_root`.
    #[prost(bool, tag = "1")]
    pub no_pivot_root: bool,
    /// Do not make a session keyring.
    #[prost(bool, tag = "2")]
    pub no_new_keyring: bool,
    /// The cgroup of the shim itself.
    #[prost(string, tag = "3")]
    pub shim_cgroup: String,
    /// The owner of stdio pipes.
    #[prost(uint32, tag = "4")]
    pub io_uid: u32,
    /// Their group.
    #[prost(uint32, tag = "5")]
    pub io_gid: u32,
    /// The OCI runtime.
    #[prost(string, tag = "6")]
    pub binary_name: String,
    /// The root directory of the OCI runtime.
    #[prost(string, tag = "7")]
    pub root: String,
    /// The path of `criu`; removed in 2.0.
    #[prost(string, tag = "8")]
    pub criu_path: String,
    /// Whether the OCI runtime uses the systemd cgroup driver.
    #[prost(bool, tag = "9")]
    pub systemd_cgroup: bool,
    /// The directory of checkpoint images.
    #[prost(string, tag = "10")]
    pub criu_image_path: String,
    /// The working directory of `criu`.
    #[prost(string, tag = "11")]
    pub criu_work_path: String,
    /// The address of the task API.
    #[prost(string, tag = "12")]
    pub task_api_address: String,
    /// The version of the task API.
    #[prost(uint32, tag = "13")]
    pub task_api_version: u32,
}
