//! Actions by name.

use serde::{Deserialize, Serialize};

use crate::domain::Domain;
use crate::fault::EnvironmentAction;
use crate::node::{Action, Node};
use crate::step::PodAction;
use crate::userns::Userns;
use crate::world::World;

/// An action by name, so that a stored trace survives changes of the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct NamedAction {
    /// The name.
    pub name: String,
    /// The pod, counted from 0; none for an action of the node as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pod: Option<u8>,
    /// The container, counted from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container: Option<u8>,
    /// The shim binary, counted from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binary: Option<u8>,
    /// The options of the sandbox configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sandbox: Option<String>,
    /// The options of the container configuration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub userns: Option<String>,
}

impl NamedAction {
    /// The names of all actions.
    pub const NAMES: [&'static str; 20] = [
        "update-runtime-up",
        "containerd-restart",
        "containerd-upgrade",
        "config-change",
        "kubelet-restart",
        "gate-flip",
        "kubelet-upgrade",
        "shim-upgrade",
        "sync-pod",
        "back-off-elapsed",
        "deliver",
        "call-run-pod-sandbox",
        "call-create-container",
        "call-start-container",
        "sync-terminated-pod",
        "create-again",
        "rpc-timeout",
        "container-exit",
        "shim-crash",
        "delete-pod",
    ];

    /// The name of an action.
    pub fn of<D: Domain>(action: Action<D>) -> Self {
        match action {
            Action::Environment(action) => {
                let (name, binary) = match action {
                    EnvironmentAction::UpdateRuntimeUp => ("update-runtime-up", None),
                    EnvironmentAction::ContainerdRestart => ("containerd-restart", None),
                    EnvironmentAction::ContainerdUpgrade => ("containerd-upgrade", None),
                    EnvironmentAction::ConfigChange => ("config-change", None),
                    EnvironmentAction::KubeletRestart => ("kubelet-restart", None),
                    EnvironmentAction::GateFlip => ("gate-flip", None),
                    EnvironmentAction::KubeletUpgrade => ("kubelet-upgrade", None),
                    EnvironmentAction::ShimUpgrade(binary) => ("shim-upgrade", Some(binary)),
                };
                Self {
                    name: name.to_owned(),
                    binary,
                    ..Self::default()
                }
            }
            Action::Pod(pod, action) => Self {
                pod: Some(pod),
                ..Self::of_pod(action)
            },
        }
    }

    fn of_pod<D: Domain>(action: PodAction<D>) -> Self {
        let named = |name: &str| Self {
            name: name.to_owned(),
            ..Self::default()
        };
        let options = |userns: Userns<D::Mapping>| Some(userns.to_string());
        match action {
            PodAction::SyncPod => named("sync-pod"),
            PodAction::BackOffElapsed => named("back-off-elapsed"),
            PodAction::Deliver => named("deliver"),
            PodAction::CallRunPodSandbox(userns) => Self {
                sandbox: options(userns),
                ..named("call-run-pod-sandbox")
            },
            PodAction::CallCreateContainer {
                container,
                sandbox_userns,
                container_userns,
            } => Self {
                container: Some(container),
                sandbox: options(sandbox_userns),
                userns: options(container_userns),
                ..named("call-create-container")
            },
            PodAction::CallStartContainer(container) => Self {
                container: Some(container),
                ..named("call-start-container")
            },
            PodAction::SyncTerminatedPod => named("sync-terminated-pod"),
            PodAction::CreateAgain => named("create-again"),
            PodAction::RpcTimeout => named("rpc-timeout"),
            PodAction::ContainerExit(container) => Self {
                container: Some(container),
                ..named("container-exit")
            },
            PodAction::ShimCrash => named("shim-crash"),
            PodAction::DeletePod => named("delete-pod"),
        }
    }

    /// The action of that name that is enabled; none if it no longer applies.
    pub fn enabled_in<D: Domain>(&self, world: &World<D>, node: &Node<D>) -> Option<Action<D>> {
        let mut actions = Vec::new();
        node.enabled(world, &mut actions);
        actions.into_iter().find(|action| Self::of(*action) == *self)
    }
}
