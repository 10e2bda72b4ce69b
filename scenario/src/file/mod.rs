//! `scenario.toml`: a node, its files, a pod, and what is expected of them. Unknown keys are errors.

mod expect;
mod parse;
mod values;
mod verify;

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

pub use expect::{Defect, DesignExpectation, Expect, ExpectedVerdict, Outcome, Stage, Target};
pub(crate) use parse::{explained, parse_toml};
pub use values::ImageUser;
pub use verify::{Budget, Client, UpgradeTo, Verify};

/// A whole scenario file. Releases stay strings; whoever has the catalogue looks them up.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ScenarioFile {
    /// The name by which reports speak of the scenario.
    pub name: String,
    /// One line that says what happened.
    #[serde(default)]
    pub title: String,
    /// Where it is reported.
    #[serde(default)]
    pub sources: Vec<String>,
    /// What nobody has seen or read, and the outcome rests on; reports tell it.
    #[serde(default)]
    pub assumed: Vec<String>,
    /// The kubelet.
    pub kubernetes: KubernetesSection,
    /// The daemon.
    pub containerd: ContainerdSection,
    /// Shims by `runtime_type`; one that is not named is the one shipped with containerd.
    #[serde(default)]
    pub shims: BTreeMap<String, ShimSection>,
    /// OCI runtimes by `BinaryName`; `runc` is the default one on the search path.
    #[serde(default)]
    pub oci_runtimes: BTreeMap<String, OciRuntime>,
    /// The workload.
    pub pod: PodSection,
    /// The space that an exhaustive search covers.
    #[serde(default)]
    pub verify: Verify,
    /// The observed outcome; what is left out is not compared.
    #[serde(default)]
    pub expect: Option<Expect>,
}

/// `[kubernetes]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct KubernetesSection {
    /// `1.MINOR` or `1.MINOR.PATCH`.
    pub version: String,
    /// Gates that differ from the release's defaults. They win over those of the kubelet's configuration.
    #[serde(default)]
    pub feature_gates: BTreeMap<String, bool>,
    /// A `KubeletConfiguration`.
    pub kubelet_config: Option<PathBuf>,
}

/// `[containerd]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ContainerdSection {
    /// A tag, or `BRANCH@COMMIT`.
    pub version: String,
    /// The daemon's configuration; without one its defaults hold, as on a node without the file.
    pub config: Option<PathBuf>,
}

/// `[shims.RUNTIME_TYPE]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct ShimSection {
    /// The name in the catalogue.
    pub shim: String,
    /// The tag of its release in its own repository.
    pub version: String,
    /// Full names of messages that this build links beyond the catalogue's row.
    #[serde(default)]
    pub links: Vec<String>,
}

/// `[oci-runtimes.BINARY]`: the release that is installed there, or that nothing is.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "values::OciRuntimeTable")]
pub enum OciRuntime {
    /// `absent = true`.
    Absent,
    /// `name` and `version`.
    Installed {
        /// The name in the catalogue.
        name: String,
        /// Its release number.
        version: String,
    },
}

/// `[pod]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PodSection {
    /// The Pod. The `RuntimeClass` may stand in the same file.
    pub manifest: PathBuf,
    /// The `RuntimeClass`.
    pub runtime_class: Option<PathBuf>,
    /// Whether no release finds the handler of the pod in the configuration, and that is meant.
    #[serde(default)]
    pub handler_missing: bool,
    /// The container that is looked at; the first if left out.
    pub container: Option<String>,
    /// What the image's `USER` resolves to.
    #[serde(default)]
    pub image_user: ImageUser,
    /// Whether the file systems of the volumes can be id-mapped.
    #[serde(default = "values::yes")]
    pub volumes_idmapped: bool,
}
