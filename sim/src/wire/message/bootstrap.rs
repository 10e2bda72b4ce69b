//! What `start` gets on its standard input from containerd 2.3 on: api/runtime/bootstrap/v1/bootstrap.proto@v2.3.4.

use super::Any;

/// `BootstrapParams`.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct BootstrapParams {
    /// The id of the container or sandbox.
    #[prost(string, tag = "1")]
    pub instance_id: String,
    /// Its namespace.
    #[prost(string, tag = "2")]
    pub namespace: String,
    /// The level of the shim's logs; 0 is INFO.
    #[prost(int32, tag = "3")]
    pub log_level: i32,
    /// The release of the daemon.
    #[prost(string, tag = "4")]
    pub containerd_version: String,
    /// The address of its ttrpc API.
    #[prost(string, tag = "5")]
    pub containerd_ttrpc_address: String,
    /// The address of its gRPC API.
    #[prost(string, tag = "6")]
    pub containerd_grpc_address: String,
    /// The path of the daemon's binary.
    #[prost(string, tag = "7")]
    pub containerd_binary: String,
    /// Further sections, the options among them.
    #[prost(message, repeated, tag = "8")]
    pub extensions: Vec<Extension>,
    /// Where the shim puts its socket.
    #[prost(string, optional, tag = "9")]
    pub socket_dir: Option<String>,
}

/// `Extension`: a section of [`BootstrapParams`].
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct Extension {
    /// The section, with its type.
    #[prost(message, optional, tag = "1")]
    pub value: Option<Any>,
}
