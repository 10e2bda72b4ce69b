//! A node: storage for one environment and its pods, and what can happen next.

use crate::containerd::start_containerd;
use crate::domain::Domain;
use crate::environment::{ContainerdState, Environment, Introspected, KubeletState};
use crate::fault::{self, EnvironmentAction};
use crate::guards::Network;
use crate::kubelet::next_status;
use crate::log::Log;
use crate::pod::{Container, ContainerState, InFlight, Phase, Pod, SandboxState};
use crate::refusal::Refusal;
use crate::step::{self, PodAction};
use crate::userns::Userns;
use crate::world::{Client, MAX_BINARIES, MAX_HANDLERS, World};

/// The state of a node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Node<D: Domain> {
    /// What the pods share.
    pub environment: Environment<D>,
    /// The pods.
    pub pods: Vec<Pod<D>>,
}

/// What can happen next on a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action<D: Domain> {
    /// To the node as a whole.
    Environment(EnvironmentAction),
    /// To one pod.
    Pod(u8, PodAction<D>),
}

impl<D: Domain> Action<D> {
    /// Whether the action takes from the budget of faults.
    pub fn is_fault(&self) -> bool {
        match self {
            Self::Environment(action) => fault::is_fault(*action),
            Self::Pod(_, action) => matches!(
                action,
                PodAction::RpcTimeout
                    | PodAction::ContainerExit(_)
                    | PodAction::ShimCrash
                    | PodAction::DeletePod
            ),
        }
    }
}

impl<D: Domain> Node<D> {
    /// The node when it has just started: containerd has loaded its first configuration and asked its
    /// handlers, the kubelet has not asked CRI Status yet.
    pub fn initial<L: Log>(world: &World<D>, log: &mut L) -> Self {
        let mut on_disk = [0; MAX_BINARIES];
        for (slot, binary) in on_disk.iter_mut().zip(&world.binaries) {
            *slot = binary
                .shipped
                .as_ref()
                .map_or(binary.rows[0], |shipped| shipped[0]);
        }
        let mut environment = Environment {
            kubelet: KubeletState {
                row: 0,
                gate: world.kubelets[0].gate,
                status: None,
            },
            containerd: ContainerdState {
                row: 0,
                configuration: 0,
                up: Ok(()),
                introspected: [Introspected::NotConfigured; MAX_HANDLERS],
            },
            on_disk,
            mappings: D::Mappings::default(),
            faults: world.faults,
        };
        start_containerd(world, &mut environment, log);
        Self {
            environment,
            pods: world.pods.iter().map(|spec| Pod::new(*spec)).collect(),
        }
    }

    /// Every action that can happen next, in an order that depends on the state only.
    pub fn enabled(&self, world: &World<D>, out: &mut Vec<Action<D>>) {
        let env = &self.environment;
        enabled_environment(world, env, |action| out.push(Action::Environment(action)));
        for (index, pod) in self.pods.iter().enumerate() {
            let index = u8::try_from(index).unwrap_or(u8::MAX);
            enabled_pod(world, env, pod, |action| out.push(Action::Pod(index, action)));
        }
    }

    /// Carries out an action that is enabled.
    ///
    /// # Errors
    /// The refusal that the step gave; the state is moved all the same.
    pub fn apply<L: Log>(&mut self, world: &World<D>, action: Action<D>, log: &mut L) -> Result<(), Refusal> {
        match action {
            Action::Environment(action) => {
                fault::step_environment(world, &mut self.environment, action, log);
                for pod in &mut self.pods {
                    fault::step_pod_after_environment(world, &self.environment, pod, action);
                }
                Ok(())
            }
            Action::Pod(index, action) => {
                let pod = &mut self.pods[usize::from(index)];
                step::step(world, &mut self.environment, pod, action, log)
            }
        }
    }
}

/// What can happen to the node as a whole.
pub fn enabled_environment<D: Domain>(
    world: &World<D>,
    env: &Environment<D>,
    mut push: impl FnMut(EnvironmentAction),
) {
    let kubelet = world.client == Client::Kubelet;
    if kubelet && env.containerd.up.is_ok() && next_status(world, env) != env.kubelet.status {
        push(EnvironmentAction::UpdateRuntimeUp);
    }
    let faults = &env.faults;
    if faults.total == 0 {
        return;
    }
    if faults.containerd_restart > 0 {
        push(EnvironmentAction::ContainerdRestart);
    }
    if faults.containerd_upgrade > 0 && usize::from(env.containerd.row) + 1 < world.containerd.len() {
        push(EnvironmentAction::ContainerdUpgrade);
    }
    if faults.config_change > 0 && usize::from(env.containerd.configuration) + 1 < world.configurations.len()
    {
        push(EnvironmentAction::ConfigChange);
    }
    if kubelet && faults.kubelet_restart > 0 {
        push(EnvironmentAction::KubeletRestart);
    }
    let row = &world.kubelets[usize::from(env.kubelet.row)].row;
    if kubelet && faults.gate_flip > 0 && !row.gate.is_empty() && !row.gate_locked {
        push(EnvironmentAction::GateFlip);
    }
    if kubelet && faults.kubelet_upgrade > 0 && usize::from(env.kubelet.row) + 1 < world.kubelets.len() {
        push(EnvironmentAction::KubeletUpgrade);
    }
    if faults.shim_upgrade > 0 {
        for (index, (binary, on_disk)) in world.binaries.iter().zip(env.on_disk).enumerate() {
            if fault::next_row(&binary.rows, on_disk).is_some() {
                push(EnvironmentAction::ShimUpgrade(
                    u8::try_from(index).unwrap_or(u8::MAX),
                ));
            }
        }
    }
}

/// What can happen to one pod.
pub fn enabled_pod<D: Domain>(
    world: &World<D>,
    env: &Environment<D>,
    pod: &Pod<D>,
    mut push: impl FnMut(PodAction<D>),
) {
    let up = env.containerd.up.is_ok();
    match &pod.in_flight {
        // A message waits for containerd to be there; its reply does not.
        Some(InFlight::Reply { .. }) => push(PodAction::Deliver),
        Some(_) if up => push(PodAction::Deliver),
        Some(_) => {}
        None => match world.client {
            Client::Kubelet => enabled_kubelet(env, pod, &mut push),
            Client::Any if up => enabled_any_client(world, env, pod, &mut push),
            Client::Any => {}
        },
    }
    let faults = &env.faults;
    if faults.total == 0 {
        return;
    }
    let waits =
        matches!(&pod.in_flight, Some(message) if !matches!(message, InFlight::Reply { result: Err(_), .. }));
    if faults.rpc_timeout > 0 && waits {
        push(PodAction::RpcTimeout);
    }
    if faults.shim_crash > 0 && pod.sandbox.as_ref().is_some_and(|sandbox| sandbox.shim.is_some()) {
        push(PodAction::ShimCrash);
    }
    if faults.container_exit > 0 && pod.in_flight.is_none() {
        for (index, record) in pod.containers.iter().enumerate() {
            if matches!(
                record,
                Some(Container {
                    state: ContainerState::Running { .. },
                    ..
                })
            ) {
                push(PodAction::ContainerExit(u8::try_from(index).unwrap_or(u8::MAX)));
            }
        }
    }
    let deletable = matches!(
        pod.phase,
        Phase::Pending | Phase::Waiting | Phase::Settled | Phase::Failed | Phase::LeftAlone
    );
    let untouched = pod.phase == Phase::Pending && pod.sandbox.is_none() && pod.mapping.is_none();
    if faults.pod_delete > 0 && up && pod.in_flight.is_none() && deletable && !untouched {
        push(PodAction::DeletePod);
    }
}

/// The kubelet's worker of the pod. No pod is synced before CRI Status answered once.
fn enabled_kubelet<D: Domain>(env: &Environment<D>, pod: &Pod<D>, push: &mut impl FnMut(PodAction<D>)) {
    match pod.phase {
        Phase::Pending if env.kubelet.status.is_some() && env.containerd.up.is_ok() => {
            push(PodAction::SyncPod);
        }
        Phase::Waiting => push(PodAction::BackOffElapsed),
        Phase::Terminated => push(PodAction::SyncTerminatedPod),
        Phase::Failed if pod.mapping.is_some() => push(PodAction::SyncTerminatedPod),
        Phase::Deleted => push(PodAction::CreateAgain),
        Phase::Pending | Phase::Syncing { .. } | Phase::Settled | Phase::Failed | Phase::LeftAlone => {}
    }
}

/// Any client: it makes its calls in the order that a pod needs, with any options in any configuration.
fn enabled_any_client<D: Domain>(
    world: &World<D>,
    env: &Environment<D>,
    pod: &Pod<D>,
    push: &mut impl FnMut(PodAction<D>),
) {
    match pod.phase {
        Phase::Terminated => return push(PodAction::SyncTerminatedPod),
        Phase::Deleted => return push(PodAction::CreateAgain),
        _ => {}
    }
    // A client brings a mapping of its own; the first block that is free stands for it.
    let mapping = pod
        .mapping
        .unwrap_or_else(|| D::allocate(&mut env.mappings.clone()));
    let all = [
        Userns::Nil,
        Userns::Node,
        Userns::Pod(mapping),
        Userns::LinuxNil,
        Userns::NodeWithMappings,
        Userns::PodWithoutMappings,
        Userns::PodTwoLines,
        Userns::PodZeroLength,
        Userns::Container,
        Userns::Target,
    ];
    match &pod.sandbox {
        Some(sandbox) if sandbox.state == SandboxState::Ready => {
            for (index, record) in pod
                .containers
                .iter()
                .take(world.pod_spec(pod.spec).containers.len())
                .enumerate()
            {
                let container = u8::try_from(index).unwrap_or(u8::MAX);
                match record {
                    Some(Container {
                        state: ContainerState::Running { .. },
                        ..
                    }) => {}
                    Some(Container {
                        state: ContainerState::Created,
                        ..
                    }) => {
                        push(PodAction::CallStartContainer(container));
                    }
                    None
                    | Some(Container {
                        state: ContainerState::Exited,
                        ..
                    }) => {
                        for sandbox_userns in all {
                            for container_userns in all {
                                push(PodAction::CallCreateContainer {
                                    container,
                                    sandbox_userns,
                                    container_userns,
                                });
                            }
                        }
                    }
                }
            }
        }
        _ => {
            // The network is in the linux section: without one it is the pod's own.
            let has_network = |userns: &Userns<D::Mapping>| {
                *userns != Userns::LinuxNil || world.pod_spec(pod.spec).network == Network::Pod
            };
            for userns in all.into_iter().filter(has_network) {
                push(PodAction::CallRunPodSandbox(userns));
            }
        }
    }
}
