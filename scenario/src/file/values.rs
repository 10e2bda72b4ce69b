//! Values of the scenario file that are more than a word.

use serde::Deserialize;

use super::OciRuntime;

/// What the `USER` of an image resolves to, `uid:gid`. Root if nothing is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ImageUser {
    /// The user.
    pub uid: u32,
    /// The group.
    pub gid: u32,
}

impl TryFrom<String> for ImageUser {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.split_once(':')
            .and_then(|(uid, gid)| {
                Some(Self {
                    uid: uid.parse().ok()?,
                    gid: gid.parse().ok()?,
                })
            })
            .ok_or_else(|| format!("`{text}` is not UID:GID, for example \"1000:1000\""))
    }
}

/// The two ways of writing an OCI runtime.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct OciRuntimeTable {
    name: Option<String>,
    version: Option<String>,
    #[serde(default)]
    absent: bool,
}

impl TryFrom<OciRuntimeTable> for OciRuntime {
    type Error = &'static str;

    fn try_from(table: OciRuntimeTable) -> Result<Self, Self::Error> {
        match table {
            OciRuntimeTable {
                name: None,
                version: None,
                absent: true,
            } => Ok(Self::Absent),
            OciRuntimeTable {
                name: Some(name),
                version: Some(version),
                absent: false,
            } => Ok(Self::Installed { name, version }),
            _ => Err("an OCI runtime has `name` and `version`, or `absent = true` alone"),
        }
    }
}

pub(super) fn yes() -> bool {
    true
}
