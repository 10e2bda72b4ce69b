//! `[verify]`: the space that an exhaustive search covers.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;

/// `[verify]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct Verify {
    /// Who calls the CRI.
    pub client: Client,
    /// Copies of the pod.
    pub pods: u32,
    /// Further pods, each from its own file.
    pub more_pods: Vec<PathBuf>,
    /// Faults in all, over every kind.
    pub faults: u32,
    /// Faults by kind.
    pub budget: Budget,
    /// Releases that the operator may upgrade to.
    pub upgrade_to: UpgradeTo,
    /// What the operator may change containerd's configuration to.
    pub config_after: Option<PathBuf>,
}

impl Default for Verify {
    fn default() -> Self {
        Self {
            client: Client::Kubelet,
            pods: 1,
            more_pods: Vec::new(),
            faults: 2,
            budget: Budget::default(),
            upgrade_to: UpgradeTo::default(),
            config_after: None,
        }
    }
}

/// Who calls the CRI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Client {
    /// A kubelet, with what it refuses and retries.
    Kubelet,
    /// Anyone, in any order.
    Any,
}

/// How often each kind of fault may happen. `None`: the file does not say, and the caller's default holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Budget {
    /// The daemon restarts.
    pub containerd_restart: Option<u32>,
    /// The kubelet restarts.
    pub kubelet_restart: Option<u32>,
    /// A shim dies.
    pub shim_crash: Option<u32>,
    /// A call takes longer than its caller waits.
    pub rpc_timeout: Option<u32>,
    /// A container ends by itself.
    pub container_exit: Option<u32>,
    /// A pod is deleted.
    pub pod_delete: Option<u32>,
    /// A feature gate changes.
    pub gate_flip: Option<u32>,
}

/// Releases that the operator may upgrade to, as written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
pub struct UpgradeTo {
    /// containerd.
    pub containerd: Vec<String>,
    /// Kubernetes.
    pub kubernetes: Vec<String>,
    /// Shims, by `runtime_type`.
    pub shims: BTreeMap<String, Vec<String>>,
}
