//! Kubernetes objects: only what decides about a pod's runtime, its user namespace and its stdio.

mod documents;
mod kubelet;
mod pod;
mod runtime_class;
mod volumes;
mod yaml_error;

use crate::error::ScenarioError;
use crate::snippet::Snippet;

pub use kubelet::KubeletConfig;
pub use pod::{Container, Pod, RestartPolicy, RunAs};
pub use runtime_class::RuntimeClass;
pub use volumes::{Mount, VolumeKind};

use documents::documents;

/// The objects of one file.
#[derive(Clone, Debug, Default)]
pub struct KubernetesObjects {
    /// Its Pods.
    pub pods: Vec<Pod>,
    /// Its `RuntimeClasses`.
    pub runtime_classes: Vec<RuntimeClass>,
}

/// Reads the Pods and `RuntimeClasses` of a file; other kinds are passed over.
///
/// # Errors
/// If the file is no YAML, nests or repeats itself beyond reason, or has an object that no API server admits.
pub fn read_kubernetes(source: &Snippet) -> Result<KubernetesObjects, ScenarioError> {
    let mut objects = KubernetesObjects::default();
    for document in documents(source) {
        match document.kind()?.as_deref() {
            Some("Pod") => objects.pods.push(pod::read(&document)?),
            Some("RuntimeClass") => objects.runtime_classes.push(runtime_class::read(&document)?),
            _ => {}
        }
    }
    Ok(objects)
}

/// Reads a `KubeletConfiguration`.
///
/// # Errors
/// If the file is no YAML, or holds no such object.
pub fn read_kubelet_config(source: &Snippet) -> Result<KubeletConfig, ScenarioError> {
    for document in documents(source) {
        if document.kind()?.as_deref() == Some("KubeletConfiguration") {
            return kubelet::read(&document);
        }
    }
    Err(ScenarioError::bad_value(
        &source.place(0..0),
        format!("{} holds no KubeletConfiguration", source.name()),
        "`apiVersion: kubelet.config.k8s.io/v1beta1` and `kind: KubeletConfiguration` begin one".to_owned(),
    ))
}
