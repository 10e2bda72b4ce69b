//! The request that carries the options: api/runtime/task/v2/shim.proto@v2.3.4; v3 has the same numbers.

/// `google.protobuf.Any`. On the wire a value that is nil cannot be told from one without bytes.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct Any {
    /// The full name of the message; containerd writes no prefix before it.
    #[prost(string, tag = "1")]
    pub type_url: String,
    /// The encoded message.
    #[prost(bytes = "vec", tag = "2")]
    pub value: Vec<u8>,
}

/// `containerd.types.Mount`: api/types/mount.proto@v2.3.4.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct Mount {
    /// The kind of mount.
    #[prost(string, tag = "1")]
    pub r#type: String,
    /// What is mounted.
    #[prost(string, tag = "2")]
    pub source: String,
    /// Where, below the root.
    #[prost(string, tag = "3")]
    pub target: String,
    /// Its options.
    #[prost(string, repeated, tag = "4")]
    pub options: Vec<String>,
}

/// `containerd.task.v2.CreateTaskRequest`.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct CreateTaskRequest {
    /// The task.
    #[prost(string, tag = "1")]
    pub id: String,
    /// The directory of its bundle.
    #[prost(string, tag = "2")]
    pub bundle: String,
    /// Its root file system.
    #[prost(message, repeated, tag = "3")]
    pub rootfs: Vec<Mount>,
    /// Whether it has a terminal.
    #[prost(bool, tag = "4")]
    pub terminal: bool,
    /// The FIFO of its standard input.
    #[prost(string, tag = "5")]
    pub stdin: String,
    /// The FIFO of its standard output.
    #[prost(string, tag = "6")]
    pub stdout: String,
    /// The FIFO of its standard error.
    #[prost(string, tag = "7")]
    pub stderr: String,
    /// The checkpoint that it is restored from.
    #[prost(string, tag = "8")]
    pub checkpoint: String,
    /// The checkpoint before that.
    #[prost(string, tag = "9")]
    pub parent_checkpoint: String,
    /// Task options, or runtime options.
    #[prost(message, optional, tag = "10")]
    pub options: Option<Any>,
}
