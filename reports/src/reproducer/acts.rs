//! A run as what somebody outside containerd does: calls of the CRI, and faults.

use shimproof_model::Userns;
use shimproof_model::abstraction::Abstract;
use shimproof_model::log::Quiet;
use shimproof_model::trace::{describe_action, describe_message};
use shimproof_model::{Action, Domain, EnvironmentAction, InFlight, Node, Pod, PodAction, World};

/// The user-namespace options of a request.
pub(super) type Options = Userns<<Abstract as Domain>::Mapping>;

/// Something that somebody outside containerd does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// The client calls the CRI.
    Call {
        /// For which pod.
        pod: usize,
        /// What it asks for.
        request: Request,
    },
    /// A fault, or what the operator does.
    Fault {
        /// To which pod; none for what happens to the whole node.
        pod: Option<usize>,
        /// What it is.
        fault: Fault,
        /// What happened last before it.
        after: String,
        /// The message that is on its way meanwhile.
        meanwhile: Option<String>,
    },
}

/// A call of the CRI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Request {
    RunPodSandbox(Options),
    CreateContainer {
        container: usize,
        sandbox: Options,
        userns: Options,
        idmapped_mounts: bool,
    },
    StartContainer(usize),
}

/// What happens to the node or to a pod, with what one has to know to do it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    ContainerdRestart,
    /// To that release.
    ContainerdUpgrade(String),
    ConfigChange,
    KubeletRestart,
    GateFlip {
        gate: String,
        on: bool,
    },
    /// To that release.
    KubeletUpgrade(String),
    ShimUpgrade {
        binary: String,
        version: String,
    },
    RpcTimeout,
    /// Of the container of that number.
    ContainerExit(usize),
    ShimCrash,
    DeletePod,
    CreateAgain,
}

impl Fault {
    /// Whether it is about the kubelet alone, so that another client does not notice.
    pub fn is_of_kubelet(&self) -> bool {
        matches!(
            self,
            Self::KubeletRestart | Self::GateFlip { .. } | Self::KubeletUpgrade(_)
        )
    }
}

/// What is done in a run.
pub(super) fn acts(world: &World<Abstract>, actions: &[Action<Abstract>]) -> Vec<Act> {
    let mut node = Node::initial(world, &mut Quiet);
    let mut last = "nothing has happened yet".to_owned();
    let mut acts = Vec::new();
    for action in actions {
        let fault = fault(world, &node, *action);
        let event = describe_action(world, &node, *action);
        let before = node.clone();
        // Refusals are part of the run.
        let _ = node.apply(world, *action, &mut Quiet);
        let pod = match action {
            Action::Pod(pod, _) => Some(usize::from(*pod)),
            Action::Environment(_) => None,
        };
        if let Some(fault) = fault {
            let mut on_their_way = before
                .pods
                .iter()
                .filter_map(|pod| describe_message(world, &before.environment, pod));
            acts.push(Act::Fault {
                pod,
                fault,
                after: last.clone(),
                meanwhile: on_their_way
                    .next()
                    .map(|sent| format!("{} (to the {})", sent.message, sent.to)),
            });
        } else if let Some(pod) = pod
            && let Some(request) = request(&node.pods[pod])
            && node.pods[pod].in_flight != before.pods[pod].in_flight
        {
            acts.push(Act::Call { pod, request });
        }
        last = format!("{} {}", event.actor, event.event);
    }
    acts
}

fn request(pod: &Pod<Abstract>) -> Option<Request> {
    Some(match pod.in_flight.as_ref()? {
        InFlight::RunPodSandbox { userns } => Request::RunPodSandbox(*userns),
        InFlight::CreateContainer {
            container,
            sandbox_userns,
            container_userns,
            idmapped_mounts,
        } => Request::CreateContainer {
            container: usize::from(*container),
            sandbox: *sandbox_userns,
            userns: *container_userns,
            idmapped_mounts: *idmapped_mounts,
        },
        InFlight::StartContainer { container } => Request::StartContainer(usize::from(*container)),
        _ => return None,
    })
}

fn fault(world: &World<Abstract>, node: &Node<Abstract>, action: Action<Abstract>) -> Option<Fault> {
    let env = &node.environment;
    let next = |row: u8| usize::from(row) + 1;
    Some(match action {
        Action::Environment(action) => match action {
            EnvironmentAction::UpdateRuntimeUp => return None,
            EnvironmentAction::ContainerdRestart => Fault::ContainerdRestart,
            EnvironmentAction::ContainerdUpgrade => {
                Fault::ContainerdUpgrade(world.containerd[next(env.containerd.row)].version.clone())
            }
            EnvironmentAction::ConfigChange => Fault::ConfigChange,
            EnvironmentAction::KubeletRestart => Fault::KubeletRestart,
            EnvironmentAction::GateFlip => Fault::GateFlip {
                gate: world.kubelets[usize::from(env.kubelet.row)].row.gate.clone(),
                on: !env.kubelet.gate,
            },
            EnvironmentAction::KubeletUpgrade => {
                Fault::KubeletUpgrade(world.kubelets[next(env.kubelet.row)].version.clone())
            }
            EnvironmentAction::ShimUpgrade(index) => {
                let binary = &world.binaries[usize::from(index)];
                let on_disk = env.on_disk[usize::from(index)];
                let position = binary.rows.iter().position(|row| *row == on_disk);
                let version = binary.versions.get(position.unwrap_or_default() + 1);
                Fault::ShimUpgrade {
                    binary: binary.name.clone(),
                    version: version.cloned().unwrap_or_default(),
                }
            }
        },
        Action::Pod(_, action) => match action {
            PodAction::RpcTimeout => Fault::RpcTimeout,
            PodAction::ContainerExit(container) => Fault::ContainerExit(usize::from(container)),
            PodAction::ShimCrash => Fault::ShimCrash,
            PodAction::DeletePod => Fault::DeletePod,
            PodAction::CreateAgain => Fault::CreateAgain,
            PodAction::SyncPod
            | PodAction::BackOffElapsed
            | PodAction::Deliver
            | PodAction::CallRunPodSandbox(_)
            | PodAction::CallCreateContainer { .. }
            | PodAction::CallStartContainer(_)
            | PodAction::SyncTerminatedPod => return None,
        },
    })
}
