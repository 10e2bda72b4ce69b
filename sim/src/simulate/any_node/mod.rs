//! A node that chance drew, as the files that its operator wrote: a scenario like any other, so that a run on it is
//! kept by writing them down, and read back by whoever reads scenarios.

mod draw;
mod render;
mod smaller;

use std::collections::BTreeMap;

use shimproof_model::catalog::Catalog;

use super::random::Random;

/// A node that chance drew.
#[derive(Clone, Debug, PartialEq)]
pub struct AnyNode {
    pub(super) name: String,
    /// Releases of containerd, the first that runs and then those that it is upgraded to.
    pub(super) containerd: Vec<String>,
    /// Releases of the kubelet, likewise.
    pub(super) kubelets: Vec<String>,
    pub(super) gates: BTreeMap<String, bool>,
    /// `idsPerPod`, in the kubelet's configuration.
    pub(super) ids_per_pod: Option<u32>,
    /// One configuration, or the one that the operator changes to as well.
    pub(super) configurations: Vec<Configuration>,
    /// Shims by runtime type or path.
    pub(super) shims: BTreeMap<String, Shim>,
    /// OCI runtimes by `BinaryName`: name and version, or nothing is installed there.
    pub(super) oci_runtimes: BTreeMap<String, Option<(String, String)>>,
    pub(super) pods: Vec<Pods>,
    pub(super) volumes_idmapped: bool,
    pub(super) any_client: bool,
    pub(super) faults: u8,
    /// Faults by kind.
    pub(super) budget: BTreeMap<String, u8>,
}

/// A containerd configuration.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Configuration {
    /// The version that its file names.
    pub version: u8,
    pub no_pivot: bool,
    pub handlers: BTreeMap<String, Handler>,
}

/// A runtime handler.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Handler {
    pub runtime_type: String,
    pub runtime_path: Option<String>,
    pub sandboxer: Option<String>,
    pub options: Option<toml::Table>,
}

/// A shim, and the releases that stand on disk one after another.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Shim {
    pub name: String,
    pub versions: Vec<String>,
}

/// Copies of a pod.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pods {
    pub name: String,
    pub copies: usize,
    /// The handler that its `RuntimeClass` names.
    pub handler: String,
    pub host_users: Option<bool>,
    pub host_network: bool,
    pub restart_policy: &'static str,
    pub containers: Vec<Container>,
}

/// A container of a pod.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Container {
    pub name: String,
    /// `runAsUser`; none for the image's, which is root.
    pub user: Option<u32>,
    pub tty: bool,
}

impl AnyNode {
    /// The node that a seed draws, with any releases.
    pub fn of_seed(catalog: &Catalog, seed: u64) -> Self {
        Self::draw(catalog, None, format!("drawn-{seed}"), &mut Random::of(seed))
    }

    /// Nodes with one thing less, the largest things first; some of them cannot be used.
    pub fn simpler(&self) -> Vec<Self> {
        self.smaller().into_iter().map(|smaller| smaller.node).collect()
    }

    /// How many pods there are.
    pub fn pods(&self) -> usize {
        self.pods.iter().map(|pods| pods.copies).sum()
    }
}
