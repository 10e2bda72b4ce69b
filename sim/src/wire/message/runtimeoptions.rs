//! `runtimeoptions.v1.Options`: api/types/runtimeoptions/v1/api.proto@v2.3.4. Its older name,
//! `cri.runtimeoptions.v1.Options`, has no third field.

/// Options of any runtime that has no message of its own.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct Options {
    /// What the shim takes the configuration for; containerd does not interpret it.
    #[prost(string, tag = "1")]
    pub type_url: String,
    /// The path of the shim's own configuration file.
    #[prost(string, tag = "2")]
    pub config_path: String,
    /// The options table as TOML, where there is no path.
    #[prost(bytes = "vec", tag = "3")]
    pub config_body: Vec<u8>,
}

/// The same under its name of containerd 1.4 and before.
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct CriOptions {
    /// What the shim takes the configuration for.
    #[prost(string, tag = "1")]
    pub type_url: String,
    /// The path of the shim's own configuration file.
    #[prost(string, tag = "2")]
    pub config_path: String,
}
