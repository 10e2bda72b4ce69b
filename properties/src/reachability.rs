//! Reachability: each refusal, each decision of a guard, and the outcomes that a model must be able to show. A
//! model in which these cannot happen proves nothing.

use shimproof_model::catalog::OciRuntimeKind;
use shimproof_model::guards::{
    Acceptance, Base, EndpointDecision, Guard, HostUsers, Introspect, Invocation, Mounts, OptionsSource,
    Owner, Pin, UsernsDecision,
};
use shimproof_model::{
    Call, Container, ContainerState, Delivered, Domain, Finite, InFlight, Node, Phase, Pod, Refusal,
    SandboxState, World,
};

use crate::machine::Taken;

/// Something that should be able to happen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reachability {
    /// Its name: `refused:ID`, `GUARD:DECISION`, or the name of an outcome.
    pub id: String,
    /// What it says.
    pub statement: String,
    what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Refusal(&'static str),
    Decision(Guard, usize),
    Outcome(Outcome),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    PodRuns,
    UsernsPodRuns,
    RuncUsernsRuns,
    SandboxedRuntimeRuns,
    OwnerApplied,
    SandboxReady,
    HandlerRefused,
    ContainerStartFails,
    PodFails,
    FallbackUsed,
    ShimInfoLoaded,
}

const OUTCOMES: &[(&str, &str, Outcome)] = &[
    ("pod-runs", "all containers of a pod run", Outcome::PodRuns),
    (
        "userns-pod-runs",
        "all containers of a pod with `hostUsers: false` run",
        Outcome::UsernsPodRuns,
    ),
    (
        "runc-userns-runs",
        "all containers of a pod run in a user namespace of its own, behind an OCI runtime of the host",
        Outcome::RuncUsernsRuns,
    ),
    (
        "sandboxed-runtime-runs",
        "all containers of a pod run under a shim with a runtime of its own, as gVisor and Kata have",
        Outcome::SandboxedRuntimeRuns,
    ),
    (
        "owner-applied",
        "a container runs whose pipes have the owner that containerd wrote",
        Outcome::OwnerApplied,
    ),
    ("sandbox-ready", "a sandbox runs", Outcome::SandboxReady),
    (
        "handler-refused",
        "the kubelet refuses a pod because of its runtime handler",
        Outcome::HandlerRefused,
    ),
    (
        "container-start-fails",
        "StartContainer fails while the sandbox runs",
        Outcome::ContainerStartFails,
    ),
    ("pod-fails", "a pod fails for good", Outcome::PodFails),
    (
        "fallback-used",
        "the runtime options travel in place of the task options",
        Outcome::FallbackUsed,
    ),
    (
        "shim-info-loaded",
        "a shim binary is asked -info without options before it is started (`loadShimInfo`)",
        Outcome::ShimInfoLoaded,
    ),
];

/// Something that no client reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreachable {
    /// The name of the reachability.
    pub id: &'static str,
    /// Why nothing reaches it.
    pub reason: &'static str,
    /// Where that can be read.
    pub source: &'static str,
}

/// What no client reaches. A test fails if one of these is reached.
pub const UNREACHABLE: &[Unreachable] = &[
    Unreachable {
        id: "refused:handlers-not-set",
        reason: "no pod is synced before CRI Status answered once, and the answer is stored as a list that is not nil",
        source: "kubernetes: pkg/kubelet/kubelet.go (syncLoopIteration, updateRuntimeUp), pkg/kubelet/kubelet_getters.go",
    },
    Unreachable {
        id: "GetOrCreateUserNamespaceMappings:refuse: no list of handlers",
        reason: "no pod is synced before CRI Status answered once, and the answer is stored as a list that is not nil",
        source: "kubernetes: pkg/kubelet/kubelet.go (syncLoopIteration, updateRuntimeUp), pkg/kubelet/kubelet_getters.go",
    },
    Unreachable {
        id: "refused:invalid-task-create-option",
        reason: "the CRI plugin writes containerd.runc.v1.Options and nothing else into task options of 2.x, and the \
                 type that its runtime's name asks for in 1.x",
        source: "client/task.go@v2.0.5 (getRuncOptions), task_opts_unix.go@v1.7.24",
    },
    Unreachable {
        id: "formatOptions:refused",
        reason: "the CRI plugin writes containerd.runc.v1.Options and nothing else into task options of 2.x, and the \
                 type that its runtime's name asks for in 1.x",
        source: "client/task.go@v2.0.5 (getRuncOptions), task_opts_unix.go@v1.7.24",
    },
    Unreachable {
        id: "getRuncOptions:a new containerd.linux.runc.CreateOptions",
        reason: "only helpers of the 1.x client start from it, and its CRI plugin calls none that sets an owner or an \
                 endpoint: no_pivot is written before, into options of its own",
        source: "pkg/cri/server/container_start.go@v1.7.34 (taskOpts), task_opts_unix.go@v1.7.34",
    },
    Unreachable {
        id: "the shim's -info:unknown",
        reason: "every row whose shim reads options on -info ends its rules with one for any type, and what those do \
                 is known",
        source: "model/catalog/shims.toml",
    },
    Unreachable {
        id: "refused:oci-runtime-cannot-join-userns",
        reason: "every OCI runtime of the catalogue joins a user namespace by path, as the specification asks; a \
                 sandboxed runtime that cannot is refused as cannot-join-userns",
        source: "model/catalog/oci-runtimes.toml, runtime-spec: config-linux.md (namespaces)",
    },
    Unreachable {
        id: "WithTaskAPIEndpoint:not written",
        reason: "only a sandbox whose shim gave an address has an endpoint, and the releases that know such sandboxes \
                 pass it on (v2.0.0-rc.0 and rc.1 know neither the helper nor a recorded endpoint of a shim)",
        source: "internal/cri/server/container_start.go@v2.0.0-rc.2",
    },
];

/// Every reachability: outcomes, refusals in the order of their stages, decisions in the order of the guards.
pub fn all() -> Vec<Reachability> {
    let outcomes = OUTCOMES.iter().map(|(id, statement, outcome)| Reachability {
        id: (*id).to_owned(),
        statement: (*statement).to_owned(),
        what: What::Outcome(*outcome),
    });
    let refusals = Refusal::IDS.iter().map(|id| Reachability {
        id: format!("refused:{id}"),
        statement: format!("a request is refused: {}", id.replace('-', " ")),
        what: What::Refusal(id),
    });
    let decisions = Guard::all().flat_map(|guard| {
        decisions_of(guard)
            .into_iter()
            .map(move |(number, name)| Reachability {
                id: format!("{guard}:{name}"),
                statement: format!("{guard} decides: {name}"),
                what: What::Decision(guard, number),
            })
    });
    outcomes.chain(refusals).chain(decisions).collect()
}

/// What a decision of a guard is called.
pub fn decision_name(guard: Guard, decision: usize) -> String {
    let found = decisions_of(guard)
        .into_iter()
        .find(|(number, _)| *number == decision);
    found.map_or_else(|| decision.to_string(), |(_, name)| name)
}

/// The reachability of that name.
pub fn find(id: &str) -> Option<Reachability> {
    all().into_iter().find(|reachability| reachability.id == id)
}

/// That a message reaches a shim of which the catalogue does not know what it does with it.
pub(crate) fn unknown_deliveries() -> Vec<Reachability> {
    let guards = [Guard::ShimCreate, Guard::ShimStart, Guard::ShimInfo];
    guards
        .into_iter()
        .filter_map(|guard| find(&format!("{guard}:{}", Delivered::Unknown)))
        .collect()
}

/// Why nothing reaches it, if it is on the list.
pub fn unreachable(id: &str) -> Option<&'static Unreachable> {
    UNREACHABLE.iter().find(|entry| entry.id == id)
}

fn names<O: Finite + std::fmt::Display>() -> Vec<(usize, String)> {
    O::all()
        .map(|decision| (decision.index(), decision.to_string()))
        .collect()
}

fn decisions_of(guard: Guard) -> Vec<(usize, String)> {
    match guard {
        Guard::GetOrCreateUserNamespaceMappings => names::<UsernsDecision>(),
        Guard::IntrospectRuntimeFeatures => names::<Introspect>(),
        Guard::PinUserNamespace => names::<Pin>(),
        Guard::WithMounts => names::<Mounts>(),
        Guard::SameUsernsConfig | Guard::FormatOptions => names::<Acceptance>(),
        Guard::UpdateContainerIoOwner => names::<Owner>(),
        // `Base::Fail` shows as the refusal `cannot-copy-runtime-options` too.
        Guard::GetRuncOptions => names::<Base>(),
        Guard::WithTaskApiEndpoint => names::<EndpointDecision>(),
        Guard::ShimManagerStart => names::<Invocation>(),
        // Between task and runtime options there is no third.
        Guard::OptionsFallback => names::<OptionsSource>().into_iter().take(2).collect(),
        Guard::ValidateRuntimeFeatures => names::<OptionsSource>(),
        Guard::ShimCreate | Guard::ShimStart | Guard::ShimInfo => names::<Delivered>(),
    }
}

impl Reachability {
    /// Whether a step does it.
    pub fn reached<D: Domain>(&self, world: &World<D>, taken: &Taken<D>, after: &Node<D>) -> bool {
        self.by_step(taken) || self.in_node(world, after)
    }

    /// Whether the step by itself shows that it was reached.
    pub(crate) fn by_step<D: Domain>(&self, taken: &Taken<D>) -> bool {
        match self.what {
            What::Refusal(id) => taken.refusal.is_some_and(|refusal| refusal.id() == id),
            What::Decision(guard, number) => taken.decisions.contains(guard, number),
            What::Outcome(Outcome::HandlerRefused) => matches!(
                taken.refusal,
                Some(Refusal::HandlersEmpty | Refusal::HandlerNotListed | Refusal::HandlerWithoutUserns)
            ),
            What::Outcome(Outcome::FallbackUsed) => taken
                .decisions
                .contains(Guard::OptionsFallback, OptionsSource::Runtime.index()),
            What::Outcome(_) => false,
        }
    }

    /// Whether a node after a step shows that it was reached.
    fn in_node<D: Domain>(&self, world: &World<D>, after: &Node<D>) -> bool {
        after.pods.iter().any(|pod| self.in_pod(world, pod))
    }

    /// Whether a pod after a step shows that it was reached.
    pub(crate) fn in_pod<D: Domain>(&self, world: &World<D>, after: &Pod<D>) -> bool {
        match self.what {
            // Transport errors are no refusal of a step: they show on the way to the client.
            What::Refusal(id) => {
                matches!(&after.in_flight, Some(InFlight::Reply { result: Err(refusal), .. }) if refusal.id() == id)
            }
            What::Decision(..) => false,
            What::Outcome(outcome) => outcome_in_pod(world, outcome, after),
        }
    }
}

fn outcome_in_pod<D: Domain>(world: &World<D>, outcome: Outcome, pod: &Pod<D>) -> bool {
    let spec = world.pod_spec(pod.spec);
    let runs = || pod.runs(spec.containers.len());
    match outcome {
        Outcome::PodRuns => runs(),
        Outcome::UsernsPodRuns => runs() && spec.host_users == HostUsers::False,
        Outcome::RuncUsernsRuns => {
            runs()
                && running(pod).all(|(in_userns, shim)| {
                    in_userns && world.shim(shim).oci_runtime == OciRuntimeKind::FromOptions
                })
        }
        Outcome::SandboxedRuntimeRuns => {
            runs() && running(pod).all(|(_, shim)| world.shim(shim).oci_runtime == OciRuntimeKind::BuiltIn)
        }
        Outcome::OwnerApplied => pod.containers.iter().flatten().any(|container| {
            matches!(
                container,
                Container {
                    state: ContainerState::Running {
                        pipe_owner: Some(_),
                        ..
                    },
                    ..
                }
            )
        }),
        Outcome::SandboxReady => pod
            .sandbox
            .as_ref()
            .is_some_and(|sandbox| sandbox.state == SandboxState::Ready),
        Outcome::ContainerStartFails => matches!(
            pod.in_flight,
            Some(InFlight::Reply { call: Call::StartContainer(_), result: Err(refusal) })
                if !matches!(refusal, Refusal::Unavailable | Refusal::DeadlineExceeded | Refusal::ShimGone)
        ),
        Outcome::PodFails => pod.phase == Phase::Failed,
        Outcome::ShimInfoLoaded => matches!(pod.in_flight, Some(InFlight::LoadShimInfo { .. })),
        // The step by itself shows these.
        Outcome::HandlerRefused | Outcome::FallbackUsed => false,
    }
}

/// Of each container that runs: whether in a user namespace of the pod's own, and the shim that serves it.
fn running<D: Domain>(pod: &Pod<D>) -> impl Iterator<Item = (bool, u8)> {
    pod.containers
        .iter()
        .flatten()
        .filter_map(|container| match container.state {
            ContainerState::Running { in_userns, shim, .. } => Some((in_userns, shim)),
            ContainerState::Created | ContainerState::Exited => None,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_every_unreachable_one_exists() {
        let ids: Vec<String> = all().into_iter().map(|reachability| reachability.id).collect();
        for (index, id) in ids.iter().enumerate() {
            assert!(!ids[..index].contains(id), "{id} is there twice");
        }
        for entry in UNREACHABLE {
            assert!(ids.iter().any(|id| id == entry.id), "{} does not exist", entry.id);
        }
    }

    #[test]
    fn every_decision_fits_the_set() {
        for guard in Guard::all() {
            assert!(
                decisions_of(guard).len() <= shimproof_model::log::MAX_DECISIONS,
                "{guard}"
            );
        }
    }
}
