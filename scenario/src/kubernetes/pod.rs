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
    /// Where the Pod begins.
    pub beginning: Place,
}

/// A container of a Pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// `name`.
    pub name: String,
    /// `image`, if there is one.
    pub image: Option<String>,
    /// `command`.
    pub command: Vec<String>,
    /// `args`.
    pub args: Vec<String>,
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
    name: Option<Spanned<String>>,
    generate_name: Option<Spanned<String>>,
    annotations: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    host_users: Option<Spanned<bool>>,
    host_network: Option<Spanned<bool>>,
    #[serde(rename = "hostPID")]
    host_pid: Option<Spanned<bool>>,
    #[serde(rename = "hostIPC")]
    host_ipc: Option<Spanned<bool>>,
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
    run_as_user: Option<Spanned<i64>>,
    run_as_group: Option<Spanned<i64>>,
    privileged: Option<Spanned<bool>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ContainerObject {
    name: Spanned<String>,
    image: Option<String>,
    command: Option<Vec<String>>,
    args: Option<Vec<String>>,
    stdin: Option<Spanned<bool>>,
    tty: Option<Spanned<bool>>,
    security_context: Option<SecurityContext>,
    volume_mounts: Option<Vec<VolumeMount>>,
}

#[derive(Deserialize)]
struct InitContainer {
    name: String,
}

/// The greatest user or group id that the API server takes (`IsValidUserID`,
/// staging/src/k8s.io/apimachinery/pkg/util/validation/validation.go).
const GREATEST_ID: i64 = i32::MAX as i64;

fn run_as(document: &Document<'_>, context: Option<&SecurityContext>) -> Result<RunAs, ScenarioError> {
    let id = |field: &str, written: Option<&Spanned<i64>>| {
        let Some(id) = document.plain(field, written)? else {
            return Ok(None);
        };
        match u32::try_from(id) {
            Ok(taken) if id <= GREATEST_ID => Ok(Some(taken)),
            _ => Err(ScenarioError::bad_value(
                &written.map_or_else(|| document.beginning(), |written| document.place(written)),
                format!("`{field}` is {id}"),
                format!("the API server takes 0 to {GREATEST_ID}"),
            )),
        }
    };
    let Some(context) = context else {
        return Ok(RunAs::default());
    };
    Ok(RunAs {
        user: id("runAsUser", context.run_as_user.as_ref())?,
        group: id("runAsGroup", context.run_as_group.as_ref())?,
    })
}

impl ContainerObject {
    fn read(self, document: &Document<'_>, volumes: &[Volume]) -> Result<Container, ScenarioError> {
        let context = self.security_context.as_ref();
        let flag =
            |field, value: Option<&Spanned<bool>>| Ok(document.plain(field, value)?.unwrap_or_default());
        Ok(Container {
            name: document.name("name", &self.name)?,
            image: self.image,
            command: self.command.unwrap_or_default(),
            args: self.args.unwrap_or_default(),
            stdin: flag("stdin", self.stdin.as_ref())?,
            tty: flag("tty", self.tty.as_ref())?,
            run_as: run_as(document, context)?,
            privileged: flag(
                "privileged",
                context.and_then(|context| context.privileged.as_ref()),
            )?,
            mounts: self
                .volume_mounts
                .unwrap_or_default()
                .into_iter()
                .map(|mount| mount.of(volumes))
                .collect(),
        })
    }
}

pub(super) fn read(document: &Document<'_>) -> Result<Pod, ScenarioError> {
    let object: Object = document.read()?;
    let metadata = object.metadata;
    let (name, annotations) = metadata.map_or_else(Default::default, |metadata| {
        (
            metadata.name.or(metadata.generate_name),
            metadata.annotations.unwrap_or_default(),
        )
    });
    let name = name.map(|name| document.name("name", &name)).transpose()?;
    let name = name.unwrap_or_default();
    let refused = |place: &Place, message: String, help: &str, label| ScenarioError::Pod {
        message,
        help: help.to_owned(),
        source_code: place.source(),
        at: place.span(),
        label,
    };
    let beginning = document.beginning();
    if name.is_empty() {
        return Err(refused(
            &beginning,
            "the Pod has no name".to_owned(),
            "the API server refuses it: add `name:` below `metadata:`",
            "this Pod",
        ));
    }
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
    let host_users = document.plain("hostUsers", spec.host_users.as_ref())?;
    let host_network = document.plain("hostNetwork", spec.host_network.as_ref())?;
    let host_pid = document.plain("hostPID", spec.host_pid.as_ref())?;
    let host_ipc = document.plain("hostIPC", spec.host_ipc.as_ref())?;
    if let Some(host_users) = spec.host_users.as_ref().filter(|host_users| !host_users.value) {
        let shared = [("hostPID", host_pid), ("hostIPC", host_ipc)]
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
    let written = spec.containers.unwrap_or_default();
    for (number, container) in written.iter().enumerate() {
        if written[..number]
            .iter()
            .any(|other| other.name.value == container.name.value)
        {
            return Err(refused(
                &document.place(&container.name),
                format!("Pod `{name}` has two containers `{}`", container.name.value),
                "the API server forbids it: give one of them another name",
                "the second one",
            ));
        }
    }
    let containers = written
        .into_iter()
        .map(|container| container.read(document, &volumes))
        .collect::<Result<Vec<_>, _>>()?;
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
        .map_or_else(|| beginning.clone(), |class| document.place(class));
    Ok(Pod {
        name,
        annotations,
        host_users,
        host_network: host_network.unwrap_or_default(),
        host_pid: host_pid.unwrap_or_default(),
        host_ipc: host_ipc.unwrap_or_default(),
        runtime_class: runtime_class
            .map(|class| document.name("runtimeClassName", &class))
            .transpose()?,
        restart_policy: spec.restart_policy.unwrap_or_default(),
        run_as: run_as(document, spec.security_context.as_ref())?,
        containers,
        init_containers: spec
            .init_containers
            .unwrap_or_default()
            .into_iter()
            .map(|container| container.name)
            .collect(),
        place,
        beginning,
    })
}
