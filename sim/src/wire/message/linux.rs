//! Options of the runtime v1: runtime/linux/runctypes/runc.proto@v1.6.36.

/// `containerd.linux.runc.RuncOptions`.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct RuncOptions {
    /// The OCI runtime.
    #[prost(string, tag = "1")]
    pub runtime: String,
    /// Its root directory.
    #[prost(string, tag = "2")]
    pub runtime_root: String,
    /// The path of `criu`.
    #[prost(string, tag = "3")]
    pub criu_path: String,
    /// Whether it uses the systemd cgroup driver.
    #[prost(bool, tag = "4")]
    pub systemd_cgroup: bool,
}

/// `containerd.linux.runc.CreateOptions`.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the fields are those of the protocol"
)]
pub struct CreateOptions {
    /// Do not use `pivot_root`.
    #[prost(bool, tag = "1")]
    pub no_pivot_root: bool,
    /// For checkpoints: open TCP connections.
    #[prost(bool, tag = "2")]
    pub open_tcp: bool,
    /// For checkpoints: external unix sockets.
    #[prost(bool, tag = "3")]
    pub external_unix_sockets: bool,
    /// For checkpoints: terminal.
    #[prost(bool, tag = "4")]
    pub terminal: bool,
    /// For checkpoints: file locks.
    #[prost(bool, tag = "5")]
    pub file_locks: bool,
    /// For checkpoints: namespaces to leave out.
    #[prost(string, repeated, tag = "6")]
    pub empty_namespaces: Vec<String>,
    /// For checkpoints: what becomes of cgroups.
    #[prost(string, tag = "7")]
    pub cgroups_mode: String,
    /// Do not make a session keyring.
    #[prost(bool, tag = "8")]
    pub no_new_keyring: bool,
    /// The cgroup of the shim itself.
    #[prost(string, tag = "9")]
    pub shim_cgroup: String,
    /// The owner of stdio pipes.
    #[prost(uint32, tag = "10")]
    pub io_uid: u32,
    /// Their group.
    #[prost(uint32, tag = "11")]
    pub io_gid: u32,
    /// The working directory of `criu`.
    #[prost(string, tag = "12")]
    pub criu_work_path: String,
    /// The directory of checkpoint images.
    #[prost(string, tag = "13")]
    pub criu_image_path: String,
}
