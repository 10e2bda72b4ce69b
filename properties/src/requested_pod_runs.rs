//! Property 14.

use shimproof_model::world::Client;
use shimproof_model::{Domain, InFlight, Node, Phase, Refusal};

use crate::live::{Counterexample, LiveProperty};
use crate::property::{About, PropertyKind, Since, broken, kept};

/// What the catalogue says of it.
const ABOUT: About = About {
    id: "requested-pod-runs",
    statement: "Once RunPodSandbox was sent for a pod and no fault happens after it, its containers run at some time.",
    formula: "∀ pod: RunPodSandbox(pod) sent ∧ no fault after it ⤳ runs(pod), under weak fairness of the kubelet's worker of \
              each pod, its status loop, containerd's handler of each request, and each shim",
    why: "A pod that the node has taken on and that never runs is a crash loop for its user, whoever refuses it.",
    incidents: &["containerd#11091", "containerd#12986", "containerd#10249"],
    since: Since {
        text: "For gVisor and an ordinary pod: up to v2.0.0, and from v2.0.1 on. For gVisor and a pod with a user namespace in its \
               own network no release keeps it that admits the pod, as the sandbox cannot join the pinned namespace.",
        sources: &[
            "https://github.com/containerd/containerd/pull/11104",
            "internal/cri/server/podsandbox/sandbox_run_linux.go@v2.0.1",
        ],
        shown_by: &[
            kept("containerd-11091", "v2.0.0"),
            broken("containerd-11091", "release/2.0@952ad6b3a"),
            kept("containerd-11091", "v2.0.1"),
            broken("gvisor-userns-admitted", "v2.3.4"),
        ],
    },
    scenarios: &["gvisor-userns-admitted", "containerd-10598"],
};

/// `requested-pod-runs`.
pub fn property<D: Domain>() -> LiveProperty<D> {
    LiveProperty {
        id: ABOUT.id,
        about: ABOUT,
        kind: PropertyKind::LeadsTo,
        until_a_fault: true,
        not_of: |world| {
            (world.client == Client::Any)
                .then_some("the client is any, and nobody is obliged to start a container")
        },
        premise: |_, _, pod| matches!(pod.in_flight, Some(InFlight::RunPodSandbox { .. })),
        telling: None,
        conclusion: |world, _, pod| pod.runs(world.pod_spec(pod.spec).containers.len()),
        explain,
    }
}

/// What keeps the pod from running: the last refusal of the run, and whether it is about an option.
fn explain<D: Domain>(world: &shimproof_model::World<D>, counterexample: &Counterexample<D>) -> String {
    let Counterexample { pod, stem, cycle, .. } = counterexample;
    let name = &world.pod_spec(world.pods[*pod]).name;
    let ends = match cycle {
        Some(cycle) if !cycle.is_empty() => "is tried again and again, and never runs",
        _ if stem.last_state().pods[*pod].phase == Phase::Failed => "fails for good",
        _ => "is left as it is, and never runs",
    };
    let last = last_refusal(counterexample);
    let cause = match last {
        None => "nothing is refused".to_owned(),
        Some((before, refusal)) => {
            let of = if is_about_options(before, *pod, refusal) {
                "an option is the cause"
            } else {
                "what the node can do is the cause, not an option"
            };
            format!("{of}: {} at {}", refusal.id(), refusal.stage())
        }
    };
    format!("the pod {name} {ends}; {cause}")
}

/// The last refusal that is not of the connection, with the state in which it was given.
fn last_refusal<D: Domain>(counterexample: &Counterexample<D>) -> Option<(&Node<D>, Refusal)> {
    let Counterexample { stem, cycle, .. } = counterexample;
    let steps = stem.steps.iter().chain(cycle.iter().flatten());
    let before = std::iter::once(&stem.initial).chain(steps.clone().map(|(_, state)| state));
    before
        .zip(steps)
        .filter_map(|(before, (taken, _))| Some((before, taken.refusal?)))
        .last()
}

/// Whether the refusal is about a message of options, or comes of an OCI runtime that the recorded options do not name.
fn is_about_options<D: Domain>(before: &Node<D>, pod: usize, refusal: Refusal) -> bool {
    let not_selected = |oci_runtime: u8| {
        let sandbox = before.pods[pod].sandbox.as_ref();
        sandbox.is_some_and(|sandbox| D::oci_runtime(sandbox.options.as_ref()) != oci_runtime)
    };
    match refusal {
        Refusal::Rejected { .. }
        | Refusal::StartMisframed { .. }
        | Refusal::CannotCopyRuntimeOptions { .. }
        | Refusal::InvalidTaskCreateOption => true,
        Refusal::InfoRuntimeMissing { oci_runtime }
        | Refusal::OciRuntimeMissing { oci_runtime }
        | Refusal::OciRuntimeCannotJoinUserns { oci_runtime }
        | Refusal::SandboxWithoutUserns { oci_runtime }
        | Refusal::IdmapUnsupported {
            oci_runtime: Some(oci_runtime),
        } => not_selected(oci_runtime),
        _ => false,
    }
}
