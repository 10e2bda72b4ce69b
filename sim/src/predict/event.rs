//! What the kubelet makes of a refusal: the code, and the event that the user sees.

use serde::Serialize;
use shimproof_model::catalog::ErrorClass;
use shimproof_model::{Finite as _, Refusal, Target, World};
use shimproof_scenario::Stage;

use super::run::Refused;
use crate::wire::Wire;

/// A code of gRPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Code {
    /// The error has no class.
    Unknown,
    /// containerd or the shim does not have the method, or a version of it.
    Unimplemented,
    /// containerd is not there.
    Unavailable,
    /// The deadline passed.
    DeadlineExceeded,
    /// The shim says that it was given what it does not take.
    InvalidArgument,
    /// The shim says so of a type, or of anything else.
    NotFound,
}

impl Code {
    /// Its name, as it is printed in `rpc error: code = …`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unknown => "Unknown",
            Self::Unimplemented => "Unimplemented",
            Self::Unavailable => "Unavailable",
            Self::DeadlineExceeded => "DeadlineExceeded",
            Self::InvalidArgument => "InvalidArgument",
            Self::NotFound => "NotFound",
        }
    }
}

/// The reason of an event (pkg/kubelet/events/event.go).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub enum Reason {
    /// The sandbox was not made.
    FailedCreatePodSandBox,
    /// A container was not created or started.
    Failed,
    /// Admission: the pod asks for what the node does not declare.
    PodFeatureUnsupported,
}

impl Reason {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FailedCreatePodSandBox => "FailedCreatePodSandBox",
            Self::Failed => "Failed",
            Self::PodFeatureUnsupported => "PodFeatureUnsupported",
        }
    }
}

/// An event of the pod.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Event {
    /// Its reason.
    pub reason: Reason,
    /// Its message.
    pub message: String,
}

/// The stage of a refusal; none for a broken connection, which no run without faults meets.
pub(super) fn stage(refusal: Refusal) -> Option<Stage> {
    use shimproof_model::Stage as At;
    debug_assert_eq!(At::CARDINALITY, 11, "each stage of the machine has its name here");
    Some(match refusal.stage() {
        At::ContainerdConfig => Stage::ContainerdConfig,
        At::Kubelet => Stage::Kubelet,
        At::RunPodSandbox => Stage::RunPodSandbox,
        At::CreateContainer => Stage::CreateContainer,
        At::ClientTaskOptions => Stage::ClientTaskOptions,
        At::TasksService => Stage::TasksService,
        At::ShimStart => Stage::ShimStart,
        At::RuntimeFeatures => Stage::RuntimeFeatures,
        At::ShimCreate => Stage::ShimCreate,
        At::OciCreate => Stage::OciCreate,
        At::Transport => return None,
    })
}

/// The code of the CRI status; none if the kubelet refuses by itself. The class that an error has survives the way to
/// the client: `errgrpc.ToNative` and `ToGRPC` (core/runtime/v2/shim.go and
/// plugins/services/tasks/local.go@v2.0.1) keep it through wrapping.
pub(crate) fn code(refusal: Refusal, world: &World<Wire>) -> Option<Code> {
    match refusal {
        Refusal::SandboxApiMissing { .. } => Some(Code::Unimplemented),
        Refusal::Unavailable => Some(Code::Unavailable),
        Refusal::DeadlineExceeded => Some(Code::DeadlineExceeded),
        _ if refusal.stage() == shimproof_model::Stage::Kubelet => None,
        _ => Some(match refusal.class(world) {
            ErrorClass::Unknown => Code::Unknown,
            ErrorClass::InvalidArgument => Code::InvalidArgument,
            ErrorClass::NotImplemented => Code::Unimplemented,
            ErrorClass::NotFound => Code::NotFound,
        }),
    }
}

/// The event: that of a sandbox has the whole gRPC error (`kuberuntime_manager.go`), that of a container only its
/// description (`grpcstatus.ErrorMessage`, `kuberuntime_container.go`).
pub(super) fn event(refused: &Refused, world: &World<Wire>, text: &str) -> Option<Event> {
    match refused.refusal {
        // The API server refuses the pod: no kubelet ever sees it.
        Refusal::HostNetworkForbidden => None,
        Refusal::HostNetworkNotDeclared => Some(Event {
            reason: Reason::PodFeatureUnsupported,
            message: text.to_owned(),
        }),
        refusal => Some(of_task(refused.task, code(refusal, world), text)),
    }
}

/// The event when a task is not made.
pub(super) fn of_task(task: Target, code: Option<Code>, text: &str) -> Event {
    let (reason, message) = match (task, code) {
        (Target::Sandbox, Some(code)) => (
            Reason::FailedCreatePodSandBox,
            format!(
                "Failed to create pod sandbox: rpc error: code = {} desc = {text}",
                code.as_str()
            ),
        ),
        (Target::Sandbox, None) => (
            Reason::FailedCreatePodSandBox,
            format!("Failed to create pod sandbox: {text}"),
        ),
        (Target::Container(_), _) => (Reason::Failed, format!("Error: {text}")),
    };
    Event { reason, message }
}
