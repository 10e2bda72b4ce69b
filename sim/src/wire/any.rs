//! An `Any` as Go holds it: a type URL, and value bytes that can be nil.

use prost::Message;
use shimproof_model::{TypeUrl, Value};
use thiserror::Error;

use super::field::{Field, OptionMessage};
use super::message::{
    self, CreateOptions, CriRuntimeOptions, RuncOptions, RuncV1Options, RunhcsOptions, RuntimeOptions,
};

/// A message on its way: its type, and its encoded value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Any {
    /// The type that it names.
    pub url: TypeUrl,
    /// The encoded message; `None` is Go's nil slice.
    pub value: Option<Vec<u8>>,
    /// The OCI runtime that a `BinaryName` of this node leads to. It is no part of the message: it stands for
    /// the search path of the node, on which a shim looks the name up.
    pub(super) installed: Option<Installed>,
}

/// An OCI runtime by its `BinaryName`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Installed {
    pub binary_name: String,
    /// An index into the world's OCI runtimes.
    pub number: u8,
}

/// The content of an option message.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Content {
    /// `containerd.runc.v1.Options`.
    Runc(RuncV1Options),
    /// `runtimeoptions.v1.Options`.
    Runtime(RuntimeOptions),
    /// `cri.runtimeoptions.v1.Options`.
    CriRuntime(CriRuntimeOptions),
    /// `containerd.runhcs.v1.Options`.
    Runhcs(RunhcsOptions),
    /// `containerd.linux.runc.RuncOptions`.
    LinuxRunc(RuncOptions),
    /// `containerd.linux.runc.CreateOptions`.
    LinuxCreate(CreateOptions),
}

/// Bytes are no message of the type that they are said to be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the bytes are no {url}: {why}")]
pub struct NotDecoded {
    /// The type.
    pub url: TypeUrl,
    /// What the decoder says.
    pub why: String,
}

impl Content {
    /// Decodes a message of a type.
    ///
    /// # Errors
    /// [`NotDecoded`] if the bytes are truncated, or a field has another wire type than its number says.
    pub fn decode(url: TypeUrl, bytes: &[u8]) -> Result<Self, NotDecoded> {
        fn read<M: Message + Default>(url: TypeUrl, bytes: &[u8]) -> Result<M, NotDecoded> {
            M::decode(bytes).map_err(|error| NotDecoded {
                url,
                why: error.to_string(),
            })
        }
        Ok(match url {
            TypeUrl::RuncV1 => Self::Runc(read(url, bytes)?),
            TypeUrl::RuntimeoptionsV1 => Self::Runtime(read(url, bytes)?),
            TypeUrl::CriRuntimeoptionsV1 => Self::CriRuntime(read(url, bytes)?),
            TypeUrl::RunhcsV1 => Self::Runhcs(read(url, bytes)?),
            TypeUrl::LinuxRuncOptions => Self::LinuxRunc(read(url, bytes)?),
            TypeUrl::LinuxCreateOptions => Self::LinuxCreate(read(url, bytes)?),
        })
    }

    /// A message of a type in which nothing is set.
    pub fn zero(url: TypeUrl) -> Self {
        match url {
            TypeUrl::RuncV1 => Self::Runc(RuncV1Options::default()),
            TypeUrl::RuntimeoptionsV1 => Self::Runtime(RuntimeOptions::default()),
            TypeUrl::CriRuntimeoptionsV1 => Self::CriRuntime(CriRuntimeOptions::default()),
            TypeUrl::RunhcsV1 => Self::Runhcs(RunhcsOptions::default()),
            TypeUrl::LinuxRuncOptions => Self::LinuxRunc(RuncOptions::default()),
            TypeUrl::LinuxCreateOptions => Self::LinuxCreate(CreateOptions::default()),
        }
    }

    /// The message in bytes, none if nothing is set.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Runc(message) => message.encode_to_vec(),
            Self::Runtime(message) => message.encode_to_vec(),
            Self::CriRuntime(message) => message.encode_to_vec(),
            Self::Runhcs(message) => message.encode_to_vec(),
            Self::LinuxRunc(message) => message.encode_to_vec(),
            Self::LinuxCreate(message) => message.encode_to_vec(),
        }
    }

    /// Its type.
    pub fn url(&self) -> TypeUrl {
        match self {
            Self::Runc(_) => TypeUrl::RuncV1,
            Self::Runtime(_) => TypeUrl::RuntimeoptionsV1,
            Self::CriRuntime(_) => TypeUrl::CriRuntimeoptionsV1,
            Self::Runhcs(_) => TypeUrl::RunhcsV1,
            Self::LinuxRunc(_) => TypeUrl::LinuxRuncOptions,
            Self::LinuxCreate(_) => TypeUrl::LinuxCreateOptions,
        }
    }

    /// The fields that are set.
    pub fn fields(&self) -> Vec<Field> {
        match self {
            Self::Runc(message) => message.fields(),
            Self::Runtime(message) => message.fields(),
            Self::CriRuntime(message) => message.fields(),
            Self::Runhcs(message) => message.fields(),
            Self::LinuxRunc(message) => message.fields(),
            Self::LinuxCreate(message) => message.fields(),
        }
    }

    /// Sets the field that a key of an options table means.
    pub(super) fn put(&mut self, key: &str, value: &toml::Value, matching: shimproof_scenario::KeyMatching) {
        match self {
            Self::Runc(message) => message.put(key, value, matching),
            Self::Runtime(message) => message.put(key, value, matching),
            Self::CriRuntime(message) => message.put(key, value, matching),
            Self::Runhcs(message) => message.put(key, value, matching),
            Self::LinuxRunc(message) => message.put(key, value, matching),
            Self::LinuxCreate(message) => message.put(key, value, matching),
        }
    }
}

impl Any {
    /// What `typeurl.MarshalAny` makes of a message: the value of an all-zero one is empty, but not nil
    /// (google.golang.org/protobuf proto/encode.go, as containerd v2.0.1 vendors it).
    pub fn marshal(content: &Content) -> Self {
        Self {
            url: content.url(),
            value: Some(content.encode()),
            installed: None,
        }
    }

    /// The content.
    ///
    /// # Errors
    /// [`NotDecoded`] if the value is no message of the type.
    pub fn content(&self) -> Result<Content, NotDecoded> {
        Content::decode(self.url, self.value.as_deref().unwrap_or_default())
    }

    /// The value bytes, as Go tells them apart.
    pub fn state(&self) -> Value {
        match self.value.as_deref() {
            None => Value::Nil,
            Some([]) => Value::Empty,
            Some(_) => Value::Set,
        }
    }

    /// The message as it is on the wire.
    pub fn on_wire(&self) -> message::Any {
        message::Any {
            type_url: self.url.as_str().to_owned(),
            value: self.value.clone().unwrap_or_default(),
        }
    }

    /// With the value that was read from the wire: a field without bytes is not there, and Go reads nil.
    pub(super) fn received(self, wire: message::Any) -> Self {
        Self {
            value: Some(wire.value).filter(|value| !value.is_empty()),
            ..self
        }
    }
}
