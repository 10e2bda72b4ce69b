//! What a kubelet does with pods that ask for no user namespace.

use shimproof_model::guards::HostUsers;
use shimproof_model::world::Client;
use shimproof_model::{Domain, Pod, World};

use crate::live::LiveProperty;
use crate::property::{About, PropertyKind, Since, broken, kept};

/// What the catalogue says of it.
const ABOUT: About = About {
    id: "ordinary-pod-requested",
    statement: "Once containerd is up, RunPodSandbox is sent for a pod that asks for no user namespace, unless a fault comes between.",
    formula: "∀ pod: up(containerd) ∧ hostUsers(pod) ≠ false ∧ pending(pod) ∧ no fault after it ⤳ RunPodSandbox(pod) sent, under \
              weak fairness of the kubelet's worker of each pod and its status loop",
    why: "What decides about user namespaces is asked for every pod of the node: a refusal there holds back pods that have nothing to \
          do with the feature.",
    incidents: &[],
    since: Since {
        text: "Kubelets up to 1.29 keep it. From 1.30 on a kubelet whose gate is off refuses a pod that sets the field at all, also to \
               `true`, which is what every pod there has.",
        sources: &[
            "https://github.com/kubernetes/kubernetes/pull/123216",
            "kubernetes: pkg/kubelet/userns/userns_manager.go@v1.31.2 (GetOrCreateUserNamespaceMappings)",
        ],
        shown_by: &[
            broken("hostusers-true-gate-off", "v2.0.5"),
            kept("hostusers-true-gate-off-1.29", "v2.0.5"),
            kept("containerd-11091", "v2.0.1"),
        ],
    },
    scenarios: &[
        "hostusers-true-gate-off",
        "hostusers-true-gate-off-1.29",
        "containerd-11091",
    ],
};

/// `ordinary-pod-requested`.
pub fn property<D: Domain>() -> LiveProperty<D> {
    LiveProperty {
        id: ABOUT.id,
        about: ABOUT,
        kind: PropertyKind::LeadsTo,
        until_a_fault: true,
        not_of: |world| {
            (world.client == Client::Any).then_some("the client is any, and no kubelet decides about pods")
        },
        premise: |world, env, pod| env.containerd.up.is_ok() && is_ordinary(world, pod) && pod.is_new(),
        telling: None,
        conclusion: |_, _, pod| !pod.is_new(),
        explain: |world, counterexample| {
            let name = &world.pod_spec(world.pods[counterexample.pod]).name;
            let steps = counterexample.stem.steps.iter();
            let last = steps.filter_map(|(taken, _)| taken.refusal).last();
            let cause = last.map_or_else(
                || "nothing is refused".to_owned(),
                |refusal| format!("the kubelet refuses it: {}", refusal.id()),
            );
            format!("no RunPodSandbox is sent for the pod {name}, which asks for no user namespace; {cause}")
        },
    }
}

fn is_ordinary<D: Domain>(world: &World<D>, pod: &Pod<D>) -> bool {
    world.pod_spec(pod.spec).host_users != HostUsers::False
}
