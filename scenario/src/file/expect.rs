//! `[expect]`: what was observed, or what a proof should say.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;

/// `[expect]`. What is left out is not compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Expect {
    /// How the run ends.
    pub outcome: Option<Outcome>,
    /// What is refused.
    pub target: Option<Target>,
    /// Where it is refused.
    pub stage: Option<Stage>,
    /// A part of the error's text.
    pub error: Option<String>,
    /// The whole text of the error, with `<id>` for the id of a sandbox.
    pub whole_error: Option<String>,
    /// What the shim is asked on the way, in order: `start`, `-info`, `CreateSandbox`, `Create`; each alone, or with the type
    /// of its options, as in `Create containerd.runc.v1.Options`, or as `Create without options`; and each with the row of the
    /// shim, as in `Create to runc-go-2.0`.
    pub shim_requests: Option<Vec<String>>,
    /// What is wrong with a pod that runs; compared as a set.
    pub defects: Option<Vec<Defect>>,
    /// Verdicts of a search, by property, for the scenario's own containerd.
    #[serde(default)]
    pub verdicts: BTreeMap<String, ExpectedVerdict>,
    /// Verdicts for a design that stands in for the scenario's containerd, by its name.
    #[serde(default)]
    pub designs: BTreeMap<String, DesignExpectation>,
    /// Reachability properties that the search should reach.
    #[serde(default)]
    pub reachable: Vec<String>,
    /// Reachability properties that the search should not reach.
    #[serde(default)]
    pub unreachable: Vec<String>,
}

/// `[expect.designs.NAME]`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct DesignExpectation {
    /// Verdicts by property.
    #[serde(default)]
    pub verdicts: BTreeMap<String, ExpectedVerdict>,
}

/// How a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The container runs with all that was asked for.
    Started,
    /// The container runs, but not as asked for.
    Misconfigured,
    /// The container does not run.
    Rejected,
}

/// What is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// The pod's sandbox.
    Sandbox,
    /// The app container.
    Container,
}

/// Where a request is refused, in the order in which it meets the stages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// The daemon refuses its configuration.
    ContainerdConfig,
    /// The kubelet refuses the pod.
    Kubelet,
    /// CRI `RunPodSandbox`.
    RunPodSandbox,
    /// CRI `CreateContainer`.
    CreateContainer,
    /// The client's task options fail before any call.
    ClientTaskOptions,
    /// The tasks service checks the request.
    TasksService,
    /// `SHIM start`.
    ShimStart,
    /// The validation of the OCI runtime's features, `SHIM -info`.
    RuntimeFeatures,
    /// The shim's `Create`.
    ShimCreate,
    /// The OCI runtime's `create`.
    OciCreate,
}

/// What is wrong with a pod that runs. A field is a key as it stands in the containerd configuration.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub enum Defect {
    /// The option does not arrive at the shim.
    OptionLost(String),
    /// The option arrives and is not acted upon.
    OptionIgnored(String),
    /// The option arrives and is taken for another one.
    OptionMisread(String),
    /// The container's user cannot open its own stdio.
    PipeNotOpenable,
    /// The pod asked for a user namespace and has none.
    UsernsNotCreated,
    /// Another OCI runtime than the configured one runs.
    WrongOciRuntime,
    /// The container's cgroup is not below that of its pod.
    WrongCgroupParent,
}

impl TryFrom<String> for Defect {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let (kind, field) = text
            .split_once(':')
            .map_or((text.as_str(), None), |(kind, field)| {
                (kind, Some(field.to_owned()))
            });
        match (kind, field) {
            ("option-lost", Some(field)) => Ok(Self::OptionLost(field)),
            ("option-ignored", Some(field)) => Ok(Self::OptionIgnored(field)),
            ("option-misread", Some(field)) => Ok(Self::OptionMisread(field)),
            ("pipe-not-openable", None) => Ok(Self::PipeNotOpenable),
            ("userns-not-created", None) => Ok(Self::UsernsNotCreated),
            ("wrong-oci-runtime", None) => Ok(Self::WrongOciRuntime),
            ("wrong-cgroup-parent", None) => Ok(Self::WrongCgroupParent),
            // Worded as serde words it, so that the place and the nearest names are found in one way.
            _ => Err(format!(
                "unknown variant `{text}`, expected one of `option-lost:FIELD`, \
                 `option-ignored:FIELD`, `option-misread:FIELD`, `pipe-not-openable`, \
                 `userns-not-created`, `wrong-oci-runtime`, `wrong-cgroup-parent`"
            )),
        }
    }
}

impl fmt::Display for Defect {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OptionLost(field) => write!(formatter, "option-lost:{field}"),
            Self::OptionIgnored(field) => write!(formatter, "option-ignored:{field}"),
            Self::OptionMisread(field) => write!(formatter, "option-misread:{field}"),
            Self::PipeNotOpenable => formatter.write_str("pipe-not-openable"),
            Self::UsernsNotCreated => formatter.write_str("userns-not-created"),
            Self::WrongOciRuntime => formatter.write_str("wrong-oci-runtime"),
            Self::WrongCgroupParent => formatter.write_str("wrong-cgroup-parent"),
        }
    }
}

/// A verdict as it stands in a scenario file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub enum ExpectedVerdict {
    /// No run violates the property.
    #[serde(rename = "holds")]
    Holds,
    /// No run violates it, and none ever meets its condition.
    #[serde(rename = "holds (vacuous)")]
    HoldsVacuously,
    /// Some run violates it.
    #[serde(rename = "violated")]
    Violated,
    /// No run reaches it.
    #[serde(rename = "unreached")]
    Unreached,
    /// A bound was met first, or a fact it rests on is not known.
    #[serde(rename = "unknown")]
    Unknown,
}

impl fmt::Display for ExpectedVerdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Holds => "holds",
            Self::HoldsVacuously => "holds (vacuous)",
            Self::Violated => "violated",
            Self::Unreached => "unreached",
            Self::Unknown => "unknown",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_defect_reads_as_it_is_shown() {
        for text in [
            "option-lost:SystemdCgroup",
            "option-ignored:X",
            "option-misread:X",
            "pipe-not-openable",
            "userns-not-created",
            "wrong-oci-runtime",
            "wrong-cgroup-parent",
        ] {
            assert_eq!(Defect::try_from(text.to_owned()).unwrap().to_string(), text);
        }
        for text in ["option-lost", "pipe-not-openable:X", ""] {
            assert!(Defect::try_from(text.to_owned()).is_err());
        }
    }
}
