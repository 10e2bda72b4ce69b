//! Messages and events in words.

use crate::domain::Domain;
use crate::environment::Environment;
use crate::fault::EnvironmentAction;
use crate::node::{Action, Node};
use crate::pod::{Call, InFlight, Pod, Target};
use crate::step::PodAction;
use crate::world::{Client, World};

use super::Sent;

/// A shim binary that containerd executes and waits for.
const SHIM_BINARY: &str = "shim binary";

/// What is done, by whom, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Who does it.
    pub actor: String,
    /// What it is.
    pub event: String,
}

/// The message in flight: to whom it goes, and what it says.
pub fn describe_message<D: Domain>(world: &World<D>, env: &Environment<D>, pod: &Pod<D>) -> Option<Sent> {
    let message = pod.in_flight.as_ref()?;
    let spec = world.pod_spec(pod.spec);
    let container = |index: u8| {
        spec.containers
            .get(usize::from(index))
            .map_or("?", |c| c.name.as_str())
    };
    let task = |target: &Target| match target {
        Target::Sandbox => "the sandbox".to_owned(),
        Target::Container(index) => format!("container {}", container(*index)),
    };
    let options = |options: &Option<D::Any>| {
        options
            .as_ref()
            .map_or_else(|| "no options".to_owned(), D::describe)
    };
    let binary = pod
        .shim_on_disk(world, env)
        .map_or("the shim", |shim| world.shim(shim).binary.as_str());
    let client = client(world);
    let outcome = |target: Target, result: &Result<(), crate::Refusal>| match result {
        Ok(()) => "ok".to_owned(),
        Err(refusal) => format!("error: {}", refusal.text(target, world, env, pod)),
    };
    let (to, message) = match message {
        InFlight::RunPodSandbox { userns } => ("CRI plugin", format!("RunPodSandbox, {userns}")),
        InFlight::CreateContainer {
            container: index,
            sandbox_userns,
            container_userns,
            idmapped_mounts,
        } => {
            let mounts = if *idmapped_mounts {
                ", mounts with mappings"
            } else {
                ""
            };
            (
                "CRI plugin",
                format!(
                    "CreateContainer {}, container configuration: {container_userns}{mounts}; sandbox configuration: \
                     {sandbox_userns}",
                    container(*index)
                ),
            )
        }
        InFlight::StartContainer { container: index } => {
            ("CRI plugin", format!("StartContainer {}", container(*index)))
        }
        InFlight::LoadShimInfo { .. } => (SHIM_BINARY, format!("`{binary} -info` with no options")),
        InFlight::ShimStart {
            target, options: any, ..
        } => (
            SHIM_BINARY,
            format!(
                "`{binary} start` for {}, standard input: {}",
                task(target),
                options(any)
            ),
        ),
        InFlight::Info {
            target, options: any, ..
        } => (
            SHIM_BINARY,
            format!(
                "`{binary} -info` for {}, standard input: {}",
                task(target),
                options(any)
            ),
        ),
        InFlight::Create {
            target, options: any, ..
        } => (
            "shim",
            format!("Create {}, options: {}", task(target), options(any)),
        ),
        InFlight::CreateSandbox => ("shim", "CreateSandbox and StartSandbox".to_owned()),
        InFlight::ShimReply { target, result } => (
            "containerd",
            match result {
                Ok(()) => format!("reply to Create {}: ok", task(target)),
                Err(refusal) => {
                    format!(
                        "reply to Create {}: error: {}",
                        task(target),
                        refusal.reason(world, env, pod)
                    )
                }
            },
        ),
        InFlight::Reply { call, result } => {
            let (name, target) = match call {
                Call::RunPodSandbox => ("RunPodSandbox".to_owned(), Target::Sandbox),
                Call::CreateContainer(index) => (
                    format!("CreateContainer {}", container(*index)),
                    Target::Container(*index),
                ),
                Call::StartContainer(index) => (
                    format!("StartContainer {}", container(*index)),
                    Target::Container(*index),
                ),
            };
            (client, format!("reply to {name}: {}", outcome(target, result)))
        }
    };
    Some(Sent {
        to: to.to_owned(),
        message,
    })
}

fn client<D: Domain>(world: &World<D>) -> &'static str {
    match world.client {
        Client::Kubelet => "kubelet",
        Client::Any => "client",
    }
}

/// What an action does in a state.
pub fn describe_action<D: Domain>(world: &World<D>, node: &Node<D>, action: Action<D>) -> Event {
    let event = |actor: &str, event: String| Event {
        actor: actor.to_owned(),
        event,
    };
    let env = &node.environment;
    match action {
        Action::Environment(action) => {
            let next = |row: u8| usize::from(row) + 1;
            match action {
                EnvironmentAction::UpdateRuntimeUp => {
                    event("kubelet", "asks CRI Status and stores the answer".to_owned())
                }
                EnvironmentAction::ContainerdRestart => event("fault", "containerd restarts".to_owned()),
                EnvironmentAction::ContainerdUpgrade => event(
                    "operator",
                    format!(
                        "upgrades containerd to {}",
                        world.containerd[next(env.containerd.row)].version
                    ),
                ),
                EnvironmentAction::ConfigChange => event(
                    "operator",
                    format!(
                        "changes the configuration to {} and restarts containerd",
                        world.configurations[next(env.containerd.configuration)].name
                    ),
                ),
                EnvironmentAction::KubeletRestart => event("fault", "the kubelet restarts".to_owned()),
                EnvironmentAction::GateFlip => event(
                    "operator",
                    format!(
                        "turns {} {} and restarts the kubelet",
                        world.kubelets[usize::from(env.kubelet.row)].row.gate,
                        if env.kubelet.gate { "off" } else { "on" }
                    ),
                ),
                EnvironmentAction::KubeletUpgrade => event(
                    "operator",
                    format!(
                        "upgrades the kubelet to {}",
                        world.kubelets[next(env.kubelet.row)].version
                    ),
                ),
                EnvironmentAction::ShimUpgrade(index) => {
                    let binary = &world.binaries[usize::from(index)];
                    let position = binary
                        .rows
                        .iter()
                        .position(|row| *row == env.on_disk[usize::from(index)])
                        .unwrap_or_default();
                    let version = binary.versions.get(position + 1).map_or("", String::as_str);
                    event(
                        "operator",
                        format!("replaces the shim of {} by {version}", binary.name),
                    )
                }
            }
        }
        Action::Pod(index, action) => {
            let pod = &node.pods[usize::from(index)];
            describe_pod_action(world, env, pod, action)
        }
    }
}

fn describe_pod_action<D: Domain>(
    world: &World<D>,
    env: &Environment<D>,
    pod: &Pod<D>,
    action: PodAction<D>,
) -> Event {
    let spec = world.pod_spec(pod.spec);
    let container = |index: u8| {
        spec.containers
            .get(usize::from(index))
            .map_or("?", |c| c.name.as_str())
            .to_owned()
    };
    let event = |actor: &str, event: String| Event {
        actor: actor.to_owned(),
        event,
    };
    match action {
        PodAction::SyncPod => event("kubelet", format!("SyncPod {}", spec.name)),
        PodAction::BackOffElapsed => event("kubelet", "the back-off has passed".to_owned()),
        PodAction::Deliver => match describe_message(world, env, pod) {
            Some(sent) if sent.to == SHIM_BINARY => event(
                SHIM_BINARY,
                format!("runs {}; containerd goes on with its answer", sent.message),
            ),
            Some(sent) => event(&sent.to, format!("handles {}", sent.message)),
            None => event("kubelet", "nothing is in flight".to_owned()),
        },
        PodAction::CallRunPodSandbox(_) => event("client", "calls RunPodSandbox".to_owned()),
        PodAction::CallCreateContainer { container: index, .. } => {
            event("client", format!("calls CreateContainer {}", container(index)))
        }
        PodAction::CallStartContainer(index) => {
            event("client", format!("calls StartContainer {}", container(index)))
        }
        PodAction::SyncTerminatedPod => event("kubelet", format!("SyncTerminatedPod {}", spec.name)),
        PodAction::CreateAgain => event("operator", format!("creates the pod {} again", spec.name)),
        PodAction::RpcTimeout => event("fault", "the client's deadline passes".to_owned()),
        PodAction::ContainerExit(index) => event(
            "fault",
            format!("the process of container {} ends", container(index)),
        ),
        PodAction::ShimCrash => event("fault", "the shim of the pod ends".to_owned()),
        PodAction::DeletePod => event("operator", format!("deletes the pod {}", spec.name)),
    }
}
