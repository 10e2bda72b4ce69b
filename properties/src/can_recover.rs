//! Property 15.

use shimproof_model::guards::{HandlerFeatures, UsernsDecision};
use shimproof_model::world::Client;
use shimproof_model::{Domain, Environment, InFlight, Phase, Pod, Refusal, Stage, World};

use crate::live::LiveProperty;
use crate::property::{About, PropertyKind, Since, broken, kept};

/// What the catalogue says of it.
const ABOUT: About = About {
    id: "can-recover",
    statement: "From every state in which a call of the CRI failed for a pod, some continuation within the faults that are left \
                runs it, refuses it before any call, or ends it.",
    formula: "AG ∀ pod: in_flight(pod) = error ⇒ EF (runs(pod) ∨ the kubelet refuses pod ∨ ended(pod))",
    why: "Where nothing helps any more, not even a restart or an upgrade that the scenario allows, somebody has to delete the pod \
          by hand.",
    incidents: &["containerd#11091", "containerd#10249"],
    since: Since {
        text: "For gVisor and an ordinary pod: up to v2.0.0, and from v2.0.1 on; in the window of 2024 only deleting the pod helps.",
        sources: &["https://github.com/containerd/containerd/pull/11104"],
        shown_by: &[
            kept("containerd-11091", "v2.0.0"),
            broken("containerd-11091", "release/2.0@952ad6b3a"),
            kept("containerd-11091", "v2.0.1"),
        ],
    },
    scenarios: &["containerd-10249", "containerd-10598"],
};

/// `can-recover`.
pub fn property<D: Domain>() -> LiveProperty<D> {
    LiveProperty {
        id: ABOUT.id,
        about: ABOUT,
        kind: PropertyKind::Possible,
        until_a_fault: false,
        not_of: |_| None,
        premise: |_, _, pod| matches!(pod.in_flight, Some(InFlight::Reply { result: Err(_), .. })),
        // A call that a fault ended fails too, and so does one to a sandbox that a fault ended.
        telling: Some(|_, _, pod| {
            matches!(
                pod.in_flight,
                Some(InFlight::Reply { result: Err(refusal), .. })
                    if refusal.stage() != Stage::Transport && refusal != Refusal::SandboxNotRunning
            )
        }),
        conclusion: |world, env, pod| {
            pod.runs(world.pod_spec(pod.spec).containers.len()) || refused(world, env, pod) || ended(pod)
        },
        explain: |world, counterexample| {
            let name = &world.pod_spec(world.pods[counterexample.pod]).name;
            let node = counterexample.stem.last_state();
            let refusal = node.pods[counterexample.pod]
                .refusal()
                .map_or_else(String::new, |refusal| format!(" ({})", refusal.id()));
            let left = match node.environment.faults.total {
                // The run may have spent on something else the fault that would have ended the pod.
                0 if world.faults.total > 0 && world.faults.pod_delete > 0 => {
                    "without a further fault, of which the deletion of the pod is one, nothing".to_owned()
                }
                0 => "without a further fault nothing".to_owned(),
                1 => "nothing, not even the one fault that is left,".to_owned(),
                left => format!("nothing, not even the {left} faults that are left,"),
            };
            format!("a call for the pod {name} fails{refusal}; {left} runs it, refuses it or ends it")
        },
    }
}

/// Whether the kubelet refuses the pod now, before any call.
fn refused<D: Domain>(world: &World<D>, env: &Environment<D>, pod: &Pod<D>) -> bool {
    if world.client == Client::Any || pod.in_flight.is_some() {
        return false;
    }
    let kubelet = &world.kubelets[usize::from(env.kubelet.row)];
    let spec = world.pod_spec(pod.spec);
    let Some(status) = env.kubelet.status else {
        return false;
    };
    let features: HandlerFeatures = status.handlers[usize::from(spec.handler)];
    let decision = kubelet
        .guard
        .decide((env.kubelet.gate, spec.host_users, features));
    matches!(
        decision,
        UsernsDecision::RefuseGate
            | UsernsDecision::RefuseNotSet
            | UsernsDecision::RefuseEmptyList
            | UsernsDecision::RefuseNotListed
            | UsernsDecision::RefuseWithoutUserns
    )
}

fn ended<D: Domain>(pod: &Pod<D>) -> bool {
    matches!(
        pod.phase,
        Phase::Failed | Phase::LeftAlone | Phase::Terminated | Phase::Deleted
    )
}
