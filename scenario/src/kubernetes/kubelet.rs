//! The kubelet's configuration file.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::error::ScenarioError;

use super::documents::Document;

/// A `KubeletConfiguration` (`kubelet.config.k8s.io/v1beta1`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KubeletConfig {
    /// `featureGates`.
    pub feature_gates: BTreeMap<String, bool>,
    /// `cgroupDriver`, `systemd` or `cgroupfs`; `None` is the release's default.
    pub cgroup_driver: Option<String>,
    /// `userNamespaces.idsPerPod`: how many ids the user namespace of a pod has.
    pub ids_per_pod: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Object {
    feature_gates: Option<BTreeMap<String, bool>>,
    cgroup_driver: Option<String>,
    user_namespaces: Option<UserNamespaces>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UserNamespaces {
    ids_per_pod: Option<u64>,
}

pub(super) fn read(document: &Document<'_>) -> Result<KubeletConfig, ScenarioError> {
    let object: Object = document.read()?;
    Ok(KubeletConfig {
        feature_gates: object.feature_gates.unwrap_or_default(),
        cgroup_driver: object.cgroup_driver.filter(|driver| !driver.is_empty()),
        ids_per_pod: object
            .user_namespaces
            .and_then(|namespaces| namespaces.ids_per_pod),
    })
}
