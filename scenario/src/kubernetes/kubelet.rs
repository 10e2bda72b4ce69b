//! The kubelet's configuration file.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_saphyr::Spanned;

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
    cgroup_driver: Option<Spanned<String>>,
    user_namespaces: Option<UserNamespaces>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UserNamespaces {
    ids_per_pod: Option<Spanned<u64>>,
}

/// Ids are given out in blocks of as many, below 2^32
/// (staging/src/k8s.io/kubelet/config/v1beta1/types.go, `UserNamespaces`).
const BLOCK: u64 = 65536;

fn ids_per_pod(document: &Document<'_>, written: &Spanned<u64>) -> Result<u64, ScenarioError> {
    let ids = written.value;
    if ids > 0 && ids.is_multiple_of(BLOCK) && u32::try_from(ids).is_ok() {
        return Ok(ids);
    }
    Err(ScenarioError::bad_value(
        &document.place(written),
        format!("idsPerPod is {ids}"),
        format!("the kubelet takes a multiple of {BLOCK} below 2^32"),
    ))
}

/// What the kubelet takes for a cgroup driver (pkg/kubelet/cm/container_manager_linux.go).
fn cgroup_driver(document: &Document<'_>, written: Spanned<String>) -> Result<String, ScenarioError> {
    if ["systemd", "cgroupfs"].contains(&written.value.as_str()) {
        return Ok(written.value);
    }
    Err(ScenarioError::bad_value(
        &document.place(&written),
        format!("cgroupDriver is `{}`", written.value),
        "the kubelet takes `systemd` and `cgroupfs`".to_owned(),
    ))
}

pub(super) fn read(document: &Document<'_>) -> Result<KubeletConfig, ScenarioError> {
    let object: Object = document.read()?;
    let user_namespaces = object.user_namespaces;
    let written = user_namespaces.and_then(|namespaces| namespaces.ids_per_pod);
    Ok(KubeletConfig {
        feature_gates: object.feature_gates.unwrap_or_default(),
        cgroup_driver: object
            .cgroup_driver
            .filter(|driver| !driver.value.is_empty())
            .map(|driver| cgroup_driver(document, driver))
            .transpose()?,
        ids_per_pod: written
            .map(|written| ids_per_pod(document, &written))
            .transpose()?,
    })
}
