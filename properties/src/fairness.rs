//! Who takes the steps of a node, and is obliged to.

use shimproof_model::{Action, Domain, EnvironmentAction, PodAction};
use shimproof_search::FairSystem;

use crate::machine::{Machine, Taken};

/// Who takes steps of its own accord, and does not idle for ever while it could go on.
///
/// For one pod the kubelet's worker, containerd's handler of its request and the shim that the request has come to take
/// turns: a pod has at most one message in flight, and its worker waits for the reply. At most one of the three can take
/// a step in any state, and it stays able to until it does. Weak fairness of their union is then that of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Process {
    /// The kubelet's loop that asks CRI Status.
    StatusLoop,
    /// The worker of a pod, and whoever has its message.
    Pod(u8),
}

impl<D: Domain> FairSystem for Machine<D> {
    type Process = Process;

    fn process(&self, taken: &Taken<D>) -> Option<Process> {
        process(taken.action)
    }
}

/// Faults are nobody's duty, and so are what a user does and the calls of a client that is no kubelet.
pub(crate) fn process<D: Domain>(action: Action<D>) -> Option<Process> {
    match action {
        action if action.is_fault() => None,
        Action::Environment(EnvironmentAction::UpdateRuntimeUp) => Some(Process::StatusLoop),
        Action::Environment(_) => None,
        Action::Pod(pod, action) => match action {
            PodAction::SyncPod
            | PodAction::BackOffElapsed
            | PodAction::Deliver
            | PodAction::SyncTerminatedPod => Some(Process::Pod(pod)),
            PodAction::CreateAgain
            | PodAction::CallRunPodSandbox(_)
            | PodAction::CallCreateContainer { .. }
            | PodAction::CallStartContainer(_)
            | PodAction::RpcTimeout
            | PodAction::ContainerExit(_)
            | PodAction::ShimCrash
            | PodAction::DeletePod => None,
        },
    }
}
