//! Pod: what of it the kubelet and containerd look at on the way to a running container.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::containerd::Workload;
use crate::error::ScenarioError;
use crate::snippet::Place;

use super::documents::Document;
use super::volumes::{Mount, Volume, VolumeMount};

/// A Pod (`v1`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pod {
    /// `metadata.name`, or `metadata.generateName`.
    pub name: String,
    /// `metadata.annotations`.
    pub annotations: BTreeMap<String, String>,
    /// `hostUsers`; `None` is true to every release.
    pub host_users: Option<bool>,
    /// `hostNetwork`.
    pub host_network: bool,
    /// `hostPID`.
    pub host_pid: bool,
    /// `hostIPC`.
    pub host_ipc: bool,
    /// `runtimeClassName`, if not empty.
    pub runtime_class: Option<String>,
    /// `restartPolicy`.
    pub restart_policy: RestartPolicy,
    /// `securityContext` of the pod.
    pub run_as: RunAs,
    /// `containers`, at least one.
    pub containers: Vec<Container>,
    /// Names of `initContainers`; nothing else of them is read.
    pub init_containers: Vec<String>,
    /// Where the name of the runtime class is written, or where the Pod begins.
    pub place: Place,
}

/// A container of a Pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// `name`.
    pub name: String,
    /// `stdin`.
    pub stdin: bool,
    /// `tty`: with a terminal there are no stdio pipes.
    pub tty: bool,
    /// `securityContext` of the container, which wins over the pod's.
    pub run_as: RunAs,
    /// `securityContext.privileged`.
    pub privileged: bool,
    /// `volumeMounts`.
    pub mounts: Vec<Mount>,
}

/// The user and group of a security context.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RunAs {
    /// `runAsUser`.
    pub user: Option<u32>,
    /// `runAsGroup`.
    pub group: Option<u32>,
}

/// `restartPolicy` of a pod.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
pub enum RestartPolicy {
    /// Containers that end are started again.
    #[default]
    Always,
    /// Containers that fail are started again.
    OnFailure,
    /// Containers that end stay ended.
    Never,
}

impl Pod {
    /// The container of that name, or the first.
    pub fn container(&self, name: Option<&str>) -> Option<&Container> {
        name.map_or_else(
            || self.containers.first(),
            |name| self.containers.iter().find(|container| container.name == name),
        )
    }

    /// What containerd makes of the pod's annotation.
    pub fn workload(&self) -> Workload {
        if self
            .annotations
            .get("io.kubernetes.cri.untrusted-workload")
            .is_some_and(|value| value == "true")
        {
            Workload::Untrusted {
                host_access: self.host_network || self.host_pid || self.host_ipc,
            }
        } else {
            Workload::Trusted
        }
    }
}

#[derive(Deserialize)]
struct Object {
    metadata: Option<Metadata>,
    spec: Option<Spec>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    name: Option<String>,
    generate_name: Option<String>,
    annotations: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    host_users: Option<Spanned<bool>>,
    host_network: Option<bool>,
    #[serde(rename = "hostPID")]
    host_pid: Option<bool>,
    #[serde(rename = "hostIPC")]
    host_ipc: Option<bool>,
    runtime_class_name: Option<Spanned<String>>,
    restart_policy: Option<RestartPolicy>,
    security_context: Option<SecurityContext>,
    containers: Option<Vec<ContainerObject>>,
    init_containers: Option<Vec<InitContainer>>,
    volumes: Option<Vec<Volume>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SecurityContext {
    run_as_user: Option<u32>,
    run_as_group: Option<u32>,
    privileged: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ContainerObject {
    name: String,
    stdin: Option<bool>,
    tty: Option<bool>,
    security_context: Option<SecurityContext>,
    volume_mounts: Option<Vec<VolumeMount>>,
}

#[derive(Deserialize)]
struct InitContainer {
    name: String,
}

fn run_as(context: Option<&SecurityContext>) -> RunAs {
    context.map_or_else(RunAs::default, |context| RunAs {
        user: context.run_as_user,
        group: context.run_as_group,
    })
}

pub(super) fn read(document: &Document<'_>) -> Result<Pod, ScenarioError> {
    let object: Object = document.read()?;
    let metadata = object.metadata;
    let (name, annotations) = metadata.map_or_else(Default::default, |metadata| {
        (
            metadata.name.or(metadata.generate_name).unwrap_or_default(),
            metadata.annotations.unwrap_or_default(),
        )
    });
    let refused = |place: &Place, message: String, help: &str, label| ScenarioError::Pod {
        message,
        help: help.to_owned(),
        source_code: place.source(),
        at: place.span(),
        label,
    };
    let beginning = document.beginning();
    let spec = object.spec.ok_or_else(|| {
        refused(
            &beginning,
            format!("Pod `{name}` has no spec"),
            "add `spec:` with a container",
            "this Pod",
        )
    })?;
    // The API server forbids the pair wherever it knows the field. With the host's network it depends on the
    // release, so that is not decided here.
    if let Some(host_users) = spec.host_users.as_ref().filter(|host_users| !host_users.value) {
        let shared = [("hostPID", spec.host_pid), ("hostIPC", spec.host_ipc)]
            .into_iter()
            .find(|(_, value)| *value == Some(true));
        if let Some((shared, _)) = shared {
            return Err(refused(
                &document.place(host_users),
                format!("Pod `{name}` has hostUsers: false together with {shared}: true"),
                "the API server forbids the pair in every release: leave one of them out",
                "asks for a user namespace",
            ));
        }
    }
    let volumes = spec.volumes.unwrap_or_default();
    let containers: Vec<Container> = spec
        .containers
        .unwrap_or_default()
        .into_iter()
        .map(|container| Container {
            name: container.name,
            stdin: container.stdin.unwrap_or_default(),
            tty: container.tty.unwrap_or_default(),
            run_as: run_as(container.security_context.as_ref()),
            privileged: container
                .security_context
                .and_then(|context| context.privileged)
                .unwrap_or_default(),
            mounts: container
                .volume_mounts
                .unwrap_or_default()
                .into_iter()
                .map(|mount| mount.of(&volumes))
                .collect(),
        })
        .collect();
    if containers.is_empty() {
        return Err(refused(
            &beginning,
            format!("Pod `{name}` has no containers"),
            "add one below `containers:`",
            "this Pod",
        ));
    }
    let runtime_class = spec.runtime_class_name.filter(|class| !class.value.is_empty());
    let place = runtime_class
        .as_ref()
        .map_or(beginning, |class| document.place(class));
    Ok(Pod {
        name,
        annotations,
        host_users: spec.host_users.map(|host_users| host_users.value),
        host_network: spec.host_network.unwrap_or_default(),
        host_pid: spec.host_pid.unwrap_or_default(),
        host_ipc: spec.host_ipc.unwrap_or_default(),
        runtime_class: runtime_class.map(|class| class.value),
        restart_policy: spec.restart_policy.unwrap_or_default(),
        run_as: run_as(spec.security_context.as_ref()),
        containers,
        init_containers: spec
            .init_containers
            .unwrap_or_default()
            .into_iter()
            .map(|container| container.name)
            .collect(),
        place,
    })
}
