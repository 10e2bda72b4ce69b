//! Designs that have a name: a containerd row, and why it is worth a name.

use serde::{Deserialize, Serialize};

/// A design with a name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct NamedDesign {
    /// Its name, such as `nil-or-node`.
    pub name: String,
    /// The release whose row it is.
    pub base: String,
    /// What it stands for, in a sentence.
    pub title: String,
    /// Public sources.
    pub sources: Vec<String>,
}
