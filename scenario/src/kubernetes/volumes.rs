//! Volumes: of what kind they are is which key they have beside their name.

use std::fmt;

use serde::Deserialize;
use serde::de::{IgnoredAny, MapAccess, Visitor};

/// What a volume is made of, as the Pod's key for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VolumeKind {
    /// `emptyDir`.
    EmptyDir,
    /// `configMap`.
    ConfigMap,
    /// `secret`.
    Secret,
    /// `projected`.
    Projected,
    /// `downwardAPI`.
    DownwardApi,
    /// `hostPath`.
    HostPath,
    /// `persistentVolumeClaim`, or `ephemeral`.
    PersistentVolumeClaim,
    /// `image`.
    Image,
    /// Any other key.
    Other(String),
    /// A volume without a kind is an `emptyDir` to the API server; a mount of no volume of the pod is this.
    Unknown,
}

impl VolumeKind {
    fn of(key: &str) -> Self {
        match key {
            "emptyDir" => Self::EmptyDir,
            "configMap" => Self::ConfigMap,
            "secret" => Self::Secret,
            "projected" => Self::Projected,
            "downwardAPI" => Self::DownwardApi,
            "hostPath" => Self::HostPath,
            "persistentVolumeClaim" | "ephemeral" => Self::PersistentVolumeClaim,
            "image" => Self::Image,
            other => Self::Other(other.to_owned()),
        }
    }
}

/// Where a container sees a volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The volume's name.
    pub volume: String,
    /// What it is made of.
    pub kind: VolumeKind,
    /// The path in the container.
    pub path: String,
    /// `readOnly`.
    pub read_only: bool,
}

/// An entry of `volumes`.
pub(super) struct Volume {
    pub(super) name: String,
    pub(super) kind: VolumeKind,
}

impl<'de> Deserialize<'de> for Volume {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Keys;
        impl<'de> Visitor<'de> for Keys {
            type Value = Volume;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a volume: a name and one key that says what it is")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Volume, A::Error> {
                let mut name = String::new();
                let mut kind = VolumeKind::EmptyDir;
                while let Some(key) = map.next_key::<String>()? {
                    if key == "name" {
                        name = map.next_value()?;
                    } else {
                        kind = VolumeKind::of(&key);
                        map.next_value::<IgnoredAny>()?;
                    }
                }
                Ok(Volume { name, kind })
            }
        }
        deserializer.deserialize_map(Keys)
    }
}

/// An entry of `volumeMounts`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VolumeMount {
    name: String,
    mount_path: String,
    read_only: Option<bool>,
}

impl VolumeMount {
    pub(super) fn of(self, volumes: &[Volume]) -> Mount {
        let kind = volumes
            .iter()
            .find(|volume| volume.name == self.name)
            .map_or(VolumeKind::Unknown, |volume| volume.kind.clone());
        Mount {
            volume: self.name,
            kind,
            path: self.mount_path,
            read_only: self.read_only.unwrap_or_default(),
        }
    }
}
