//! Kinds of actions, for the report of what was covered.

use shimproof_model::{Abstract, EnvironmentAction, InFlight, PodAction};

/// The kinds, as traces name actions; a delivery with the message that is delivered.
pub const ACTION_KINDS: &[&str] = &[
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
    "call-run-pod-sandbox",
    "call-create-container",
    "call-start-container",
    "sync-terminated-pod",
    "create-again",
    "rpc-timeout",
    "container-exit",
    "shim-crash",
    "delete-pod",
    "deliver RunPodSandbox",
    "deliver CreateContainer",
    "deliver StartContainer",
    "deliver -info without options",
    "deliver start",
    "deliver -info",
    "deliver Create",
    "deliver CreateSandbox",
    "deliver the shim's reply",
    "deliver the reply",
];

pub(super) const fn of_environment(action: EnvironmentAction) -> u8 {
    match action {
        EnvironmentAction::UpdateRuntimeUp => 0,
        EnvironmentAction::ContainerdRestart => 1,
        EnvironmentAction::ContainerdUpgrade => 2,
        EnvironmentAction::ConfigChange => 3,
        EnvironmentAction::KubeletRestart => 4,
        EnvironmentAction::GateFlip => 5,
        EnvironmentAction::KubeletUpgrade => 6,
        EnvironmentAction::ShimUpgrade(_) => 7,
    }
}

pub(super) const fn of_pod(action: PodAction<Abstract>, in_flight: Option<&InFlight<Abstract>>) -> u8 {
    match action {
        PodAction::SyncPod => 8,
        PodAction::BackOffElapsed => 9,
        PodAction::CallRunPodSandbox(_) => 10,
        PodAction::CallCreateContainer { .. } => 11,
        PodAction::CallStartContainer(_) => 12,
        PodAction::SyncTerminatedPod => 13,
        PodAction::CreateAgain => 14,
        PodAction::RpcTimeout => 15,
        PodAction::ContainerExit(_) => 16,
        PodAction::ShimCrash => 17,
        PodAction::DeletePod => 18,
        PodAction::Deliver => match in_flight {
            Some(InFlight::RunPodSandbox { .. }) => 19,
            Some(InFlight::CreateContainer { .. }) => 20,
            Some(InFlight::StartContainer { .. }) => 21,
            Some(InFlight::LoadShimInfo { .. }) => 22,
            Some(InFlight::ShimStart { .. }) => 23,
            Some(InFlight::Info { .. }) => 24,
            Some(InFlight::Create { .. }) => 25,
            Some(InFlight::CreateSandbox) => 26,
            Some(InFlight::ShimReply { .. }) => 27,
            Some(InFlight::Reply { .. }) | None => 28,
        },
    }
}
