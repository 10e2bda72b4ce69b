//! What stands on a node, read from the files that its operator wrote: a containerd configuration (versions 1
//! to 4), Pods and `RuntimeClasses`, the kubelet's configuration, and the scenario file that names them.
//! Files in, plain values out.
//!
//! # Bad input and outcomes
//!
//! A file that containerd refuses, though the tool understands it, is an *outcome* ([`Loaded::Refused`]):
//! such a node exists. What the tool cannot make sense of is a [`ScenarioError`], which knows its place and
//! says how to mend it.
//!
//! # A release is data
//!
//! How a release of containerd reads its configuration (defaults, imports, migration) is a [`ConfigLoading`],
//! which the caller takes from its catalogue. Nothing here compares release numbers.
//!
//! # YAML
//!
//! `serde-saphyr` (MIT or Apache-2.0) reads YAML: it is maintained, keeps the place of each value, forbids
//! unsafe code, and bounds depth, nodes and aliases by a budget. `serde_norway`, the other maintained choice,
//! wraps a C library that was translated to unsafe Rust, and has places for errors only.
//!
//! The Kubernetes types are narrow structs of our own. `k8s-openapi` was considered: its types are those of
//! one release of the API while a scenario may be of any, it keeps no places, and all but a dozen of its
//! fields would go unread. Unknown fields of Kubernetes objects are ignored, as the API server has judged
//! them.

mod containerd;
mod design;
mod error;
mod file;
mod kubernetes;
mod nearest;
mod scenario;
mod snippet;
mod world;

pub use containerd::{
    ConfigLoading, ConfigRefusal, ContainerdConfig, DefaultRuncOptions, Handler, ImportsMerge, KeyMatching,
    Loaded, Migration, OptionsTable, RUNC_OPTION_KEYS, RuncOptionKeys, RuncOptionType, RuntimesMerge,
    Workload, load_containerd_config, load_containerd_config_text,
};
pub use design::{
    Change, Design, DesignError, FORMS, Form, InDesign, PROPOSALS, Values, Variable, Yields, design_schema,
};
pub use error::ScenarioError;
pub use file::{
    Budget, Client, ContainerdSection, Defect, DesignExpectation, Expect, ExpectedVerdict, ImageUser,
    KubernetesSection, OciRuntime, Outcome, PodSection, ScenarioFile, ShimSection, Stage, Target, UpgradeTo,
    Verify,
};
pub use kubernetes::{
    Container, KubeletConfig, KubernetesObjects, Mount, Pod, RestartPolicy, RunAs, RuntimeClass, VolumeKind,
    read_kubelet_config, read_kubernetes,
};
pub use nearest::suggest;
pub use scenario::{Scenario, Which};
pub use snippet::{Place, Snippet};
pub use world::{FromConfiguration, Overrides, SYSTEMD_CGROUP_IN_BODY, WrittenTable, loading_of};
