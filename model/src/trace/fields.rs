//! A state as named fields, so that steps can be shown as what they change.

use serde::{Deserialize, Serialize};

use crate::domain::Domain;
use crate::environment::Introspected;
use crate::guards::HandlerFeatures;
use crate::node::Node;
use crate::pod::{ContainerState, LeftBehind, Phase, Pod, SandboxState};
use crate::world::World;

/// A field of a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Field {
    /// Its name.
    pub field: String,
    /// Its value.
    pub value: String,
}

/// A field that a step changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Change {
    /// Its name.
    pub field: String,
    /// Its value before the step.
    pub before: String,
    /// Its value after the step.
    pub after: String,
}

/// What stands where nothing is.
const NOTHING: &str = "-";

/// The fields of a state, always the same ones for a world and in the same order.
pub fn fields<D: Domain>(world: &World<D>, node: &Node<D>) -> Vec<Field> {
    let env = &node.environment;
    let mut fields: Vec<Field> = Vec::new();
    let mut push = |field: String, value: String| fields.push(Field { field, value });
    push(
        "kubelet.release".into(),
        world.kubelets[usize::from(env.kubelet.row)].version.clone(),
    );
    push(
        "kubelet.gate".into(),
        if env.kubelet.gate { "on" } else { "off" }.into(),
    );
    push(
        "containerd.release".into(),
        world.containerd[usize::from(env.containerd.row)].version.clone(),
    );
    push(
        "containerd.configuration".into(),
        world.configurations[usize::from(env.containerd.configuration)]
            .name
            .clone(),
    );
    push(
        "containerd.up".into(),
        match env.containerd.up {
            Ok(()) => "yes".into(),
            Err(failure) => format!("no: {failure:?}"),
        },
    );
    for (index, name) in world.handlers.iter().enumerate() {
        let name = if name.is_empty() { "default handler" } else { name };
        let introspected = match env.containerd.introspected[index] {
            Introspected::NotConfigured => "not configured".into(),
            Introspected::Without(why) => why.to_string(),
            Introspected::Features { userns } => format!("user_namespaces {userns}"),
        };
        push(format!("containerd.features.{name}"), introspected);
        let known = env
            .kubelet
            .status
            .map_or(HandlerFeatures::NotSet, |status| status.handlers[index]);
        push(format!("kubelet.handlers.{name}"), known.to_string());
    }
    for (binary, on_disk) in world.binaries.iter().zip(env.on_disk) {
        push(format!("on disk.{}", binary.name), world.shim(on_disk).id.clone());
    }
    for (index, pod) in node.pods.iter().enumerate() {
        let prefix = if node.pods.len() == 1 {
            "pod".to_owned()
        } else {
            format!("pod {index}")
        };
        pod_fields(world, pod, &prefix, &mut push);
    }
    fields
}

fn pod_fields<D: Domain>(
    world: &World<D>,
    pod: &Pod<D>,
    prefix: &str,
    push: &mut impl FnMut(String, String),
) {
    push(
        format!("{prefix}.phase"),
        match pod.phase {
            Phase::Pending => "a sync is due".into(),
            Phase::Syncing { .. } => "syncing".into(),
            Phase::Waiting => "waits for its back-off".into(),
            Phase::Settled => "settled".into(),
            Phase::Failed => "Failed".into(),
            Phase::LeftAlone => "left alone".into(),
            Phase::Terminated => "terminated".into(),
            Phase::Deleted => "deleted".into(),
        },
    );
    push(
        format!("{prefix}.mapping"),
        pod.mapping
            .map_or_else(|| NOTHING.into(), |mapping| format!("{mapping:?}")),
    );
    let sandbox = pod.sandbox.as_ref();
    let of = |value: Option<String>| value.unwrap_or_else(|| NOTHING.into());
    push(
        format!("{prefix}.sandbox"),
        of(sandbox.map(|sandbox| {
            match sandbox.state {
                SandboxState::Creating => "being created",
                SandboxState::Ready => "ready",
                SandboxState::NotReady => "not ready",
            }
            .into()
        })),
    );
    push(
        format!("{prefix}.sandbox.userns"),
        of(sandbox.map(|sandbox| sandbox.userns.to_string())),
    );
    let options = sandbox.map(|sandbox| {
        sandbox
            .options
            .as_ref()
            .map_or_else(|| "none".into(), D::describe)
    });
    push(format!("{prefix}.sandbox.runtime options"), of(options));
    push(
        format!("{prefix}.sandbox.user namespace"),
        of(sandbox.map(|sandbox| if sandbox.pinned { "pinned" } else { "not pinned" }.into())),
    );
    push(
        format!("{prefix}.sandbox.endpoint"),
        of(sandbox.map(|sandbox| if sandbox.endpoint { "valid" } else { "none" }.into())),
    );
    push(
        format!("{prefix}.sandbox.shim"),
        of(sandbox.map(|sandbox| {
            sandbox
                .shim
                .map_or_else(|| "none".into(), |shim| world.shim(shim).id.clone())
        })),
    );
    for (spec, container) in world.pod_spec(pod.spec).containers.iter().zip(&pod.containers) {
        let value = match container {
            None => NOTHING.into(),
            Some(container) => match container.state {
                ContainerState::Created => format!("created, {}", container.userns),
                ContainerState::Exited => match container.left_behind {
                    LeftBehind::Nothing => "exited",
                    LeftBehind::Entry => "exited, still in the list of shims",
                    LeftBehind::EntryAndProcess => "exited, still in the list of shims, and its shim runs",
                    LeftBehind::Process => "exited, and its shim runs, unknown to containerd",
                }
                .into(),
                ContainerState::Running {
                    in_userns,
                    pipe_owner,
                    ..
                } => {
                    let userns = if in_userns {
                        "in a user namespace of the pod"
                    } else {
                        "in the host's user namespace"
                    };
                    let owner = pipe_owner.map_or_else(String::new, |owner| {
                        format!(", pipes owned by {}", D::describe_id(owner))
                    });
                    format!("running {userns}{owner}")
                }
            },
        };
        push(format!("{prefix}.container {}", spec.name), value);
    }
}

/// The fields that differ.
pub(super) fn changes(before: &[Field], after: &[Field]) -> Vec<Change> {
    before
        .iter()
        .zip(after)
        .filter(|(before, after)| before.value != after.value)
        .map(|(before, after)| Change {
            field: before.field.clone(),
            before: before.value.clone(),
            after: after.value.clone(),
        })
        .collect()
}
