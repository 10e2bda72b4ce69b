//! The steps of the machine.

use shimproof_model::abstraction::Abstract;
use shimproof_model::{EnvironmentAction, PodAction};
#[cfg(test)]
use shimproof_model::{InFlight, Pod};

/// An action of the machine; a message that is handled is one for each kind of message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// The CRI plugin handles `RunPodSandbox`.
    RunPodSandbox,
    /// The CRI plugin handles `CreateContainer`.
    CreateContainer,
    /// The CRI plugin handles `StartContainer`.
    StartContainer,
    /// The shim binary answers `-info` without options.
    LoadShimInfo,
    /// The shim binary answers `start`.
    ShimStart,
    /// The shim binary answers `-info`.
    Info,
    /// The shim handles `Create`.
    Create,
    /// The shim handles `CreateSandbox`.
    CreateSandbox,
    /// containerd handles the shim's reply.
    ShimReply,
    /// The client handles a reply.
    Reply,
    /// The kubelet syncs the pod.
    SyncPod,
    /// A client calls `RunPodSandbox`.
    CallRunPodSandbox,
    /// A client calls `CreateContainer`.
    CallCreateContainer,
    /// A client calls `StartContainer`.
    CallStartContainer,
    /// The pod's back-off has passed.
    BackOffElapsed,
    /// The kubelet frees what a terminated pod had.
    SyncTerminatedPod,
    /// The pod is created again.
    CreateAgain,
    /// The kubelet asks CRI Status.
    UpdateRuntimeUp,
    /// containerd restarts.
    ContainerdRestart,
    /// containerd is upgraded inside the design.
    ContainerdUpgrade,
    /// The configuration is changed.
    ConfigChange,
    /// The kubelet restarts.
    KubeletRestart,
    /// The kubelet's gate is flipped.
    GateFlip,
    /// The kubelet is upgraded.
    KubeletUpgrade,
    /// A shim binary is replaced.
    ShimUpgrade,
    /// The client's deadline passes.
    RpcTimeout,
    /// A container's process ends.
    ContainerExit,
    /// The process that serves the sandbox ends.
    ShimCrash,
    /// The pod is deleted.
    DeletePod,
}

/// What is applied to a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Environment(EnvironmentAction),
    Pod(PodAction<Abstract>),
}

impl Step {
    /// Every step, in the order of a request, then what happens to the node.
    pub const ALL: [Self; 29] = [
        Self::RunPodSandbox,
        Self::CreateContainer,
        Self::StartContainer,
        Self::LoadShimInfo,
        Self::ShimStart,
        Self::Info,
        Self::Create,
        Self::CreateSandbox,
        Self::ShimReply,
        Self::Reply,
        Self::SyncPod,
        Self::CallRunPodSandbox,
        Self::CallCreateContainer,
        Self::CallStartContainer,
        Self::BackOffElapsed,
        Self::SyncTerminatedPod,
        Self::CreateAgain,
        Self::UpdateRuntimeUp,
        Self::ContainerdRestart,
        Self::ContainerdUpgrade,
        Self::ConfigChange,
        Self::KubeletRestart,
        Self::GateFlip,
        Self::KubeletUpgrade,
        Self::ShimUpgrade,
        Self::RpcTimeout,
        Self::ContainerExit,
        Self::ShimCrash,
        Self::DeletePod,
    ];

    /// Its name in reports.
    pub fn id(self) -> &'static str {
        match self {
            Self::RunPodSandbox => "handle RunPodSandbox",
            Self::CreateContainer => "handle CreateContainer",
            Self::StartContainer => "handle StartContainer",
            Self::LoadShimInfo => "answer -info without options",
            Self::ShimStart => "answer start",
            Self::Info => "answer -info",
            Self::Create => "handle Create",
            Self::CreateSandbox => "handle CreateSandbox",
            Self::ShimReply => "handle the shim's reply",
            Self::Reply => "handle the reply of a call",
            Self::SyncPod => "SyncPod",
            Self::CallRunPodSandbox => "call RunPodSandbox",
            Self::CallCreateContainer => "call CreateContainer",
            Self::CallStartContainer => "call StartContainer",
            Self::BackOffElapsed => "back-off elapsed",
            Self::SyncTerminatedPod => "SyncTerminatedPod",
            Self::CreateAgain => "create the pod again",
            Self::UpdateRuntimeUp => "ask CRI Status",
            Self::ContainerdRestart => "containerd restart",
            Self::ContainerdUpgrade => "containerd upgrade",
            Self::ConfigChange => "configuration change",
            Self::KubeletRestart => "kubelet restart",
            Self::GateFlip => "gate flip",
            Self::KubeletUpgrade => "kubelet upgrade",
            Self::ShimUpgrade => "shim upgrade",
            Self::RpcTimeout => "deadline of a call",
            Self::ContainerExit => "container exit",
            Self::ShimCrash => "shim crash",
            Self::DeletePod => "pod deletion",
        }
    }

    /// The step that an action is in a state of the pod. Total, so that no action of the machine is left out.
    #[cfg(test)]
    pub(super) fn of(pod: &Pod<Abstract>, act: Act) -> Self {
        match act {
            Act::Environment(action) => match action {
                EnvironmentAction::UpdateRuntimeUp => Self::UpdateRuntimeUp,
                EnvironmentAction::ContainerdRestart => Self::ContainerdRestart,
                EnvironmentAction::ContainerdUpgrade => Self::ContainerdUpgrade,
                EnvironmentAction::ConfigChange => Self::ConfigChange,
                EnvironmentAction::KubeletRestart => Self::KubeletRestart,
                EnvironmentAction::GateFlip => Self::GateFlip,
                EnvironmentAction::KubeletUpgrade => Self::KubeletUpgrade,
                EnvironmentAction::ShimUpgrade(_) => Self::ShimUpgrade,
            },
            Act::Pod(action) => match action {
                PodAction::SyncPod => Self::SyncPod,
                PodAction::BackOffElapsed => Self::BackOffElapsed,
                PodAction::CallRunPodSandbox(_) => Self::CallRunPodSandbox,
                PodAction::CallCreateContainer { .. } => Self::CallCreateContainer,
                PodAction::CallStartContainer(_) => Self::CallStartContainer,
                PodAction::SyncTerminatedPod => Self::SyncTerminatedPod,
                PodAction::CreateAgain => Self::CreateAgain,
                PodAction::RpcTimeout => Self::RpcTimeout,
                PodAction::ContainerExit(_) => Self::ContainerExit,
                PodAction::ShimCrash => Self::ShimCrash,
                PodAction::DeletePod => Self::DeletePod,
                PodAction::Deliver => match pod.in_flight {
                    Some(InFlight::RunPodSandbox { .. }) => Self::RunPodSandbox,
                    Some(InFlight::CreateContainer { .. }) => Self::CreateContainer,
                    Some(InFlight::StartContainer { .. }) => Self::StartContainer,
                    Some(InFlight::LoadShimInfo { .. }) => Self::LoadShimInfo,
                    Some(InFlight::ShimStart { .. }) => Self::ShimStart,
                    Some(InFlight::Info { .. }) => Self::Info,
                    Some(InFlight::Create { .. }) => Self::Create,
                    Some(InFlight::CreateSandbox) => Self::CreateSandbox,
                    Some(InFlight::ShimReply { .. }) => Self::ShimReply,
                    Some(InFlight::Reply { .. }) | None => Self::Reply,
                },
            },
        }
    }
}
