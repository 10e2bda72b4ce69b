//! What containerd declares of user namespaces in the host's network.

use shimproof_model::catalog::{ContainerdField, CriUserns, KubeletField, PinUserns};
use shimproof_model::guards::{HandlerFeatures, HostUsers, Network};
use shimproof_model::log::Fact;
use shimproof_model::trace::FailedClause;
use shimproof_model::{Domain, Environment, Phase, Pod, World};

use crate::property::{About, Broken, Property, Since, broken, kept};

/// What the catalogue says of it.
const ABOUT: About = About {
    id: "host-network-declared",
    statement: "A kubelet that asks for the feature turns away no pod with a user namespace in the host's network for want of it, if \
                the containerd on the node runs such pods.",
    formula: "G ∀ pod: hostUsers = false ∧ hostNetwork ∧ kubelet asks for the feature ∧ userns(handler(pod)) ∧ turned_away(pod) ⇒ \
              declares(containerd) ∨ ¬runs_in_host_network(containerd)",
    why: "The kubelet fails the pod for good, and says that the node lacks a feature that it has.",
    incidents: &[],
    since: Since {
        text: "v2.3.4 declares it in CRI Status. v2.3.0 to v2.3.3 run such pods, as they pin no namespace in the host's network, and \
               declare nothing; a kubelet of 1.36 turns them away there.",
        sources: &[
            "https://github.com/containerd/containerd/pull/13914",
            "https://github.com/containerd/containerd/pull/12518",
            "internal/cri/server/service.go@v2.3.4 (UserNamespacesHostNetwork)",
            "internal/cri/server/podsandbox/sandbox_run_linux.go@v2.3.3",
        ],
        shown_by: &[
            broken("host-network-not-declared", "v2.3.3"),
            kept("host-network-not-declared", "v2.3.4"),
            kept("gvisor-host-network-1.36", "v2.2.6"),
        ],
    },
    scenarios: &["host-network-not-declared", "gvisor-host-network-1.36"],
};

/// `host-network-declared`.
pub fn property<D: Domain>() -> Property<D> {
    Property {
        id: ABOUT.id,
        about: ABOUT,
        broken: |world, env, pod, rests_on| {
            if !asks_for_it(world, env, pod) || pod.phase != Phase::Failed || pod.sandbox.is_some() {
                return None;
            }
            // A handler without user namespaces is refused with the feature as well.
            let handler = usize::from(world.pod_spec(pod.spec).handler);
            if env.kubelet.status?.handlers[handler] != HandlerFeatures::WithUserns {
                return None;
            }
            let row = &world.containerd[usize::from(env.containerd.row)].row;
            for field in [
                ContainerdField::UsernsHostNetworkFeature,
                ContainerdField::CriUserns,
                ContainerdField::PinUserns,
            ] {
                rests_on(Fact::Containerd(env.containerd.row, field));
            }
            rests_on(Fact::Kubelet(
                env.kubelet.row,
                KubeletField::HostNetworkFeatureCheck,
            ));
            // Where it is declared, a pod that failed was turned away by a kubelet that asked another release, or failed
            // otherwise.
            let runs = row.cri_userns == CriUserns::Created && row.pin_userns != PinUserns::Always;
            (runs && !row.userns_host_network_feature).then(|| Broken {
                what: format!(
                    "the kubelet turns the pod away, as containerd {} does not declare that it runs user namespaces in the host's \
                     network, which it does",
                    row.id
                ),
                clause: FailedClause::new(
                    "declares(containerd) ∨ ¬runs_in_host_network(containerd)",
                    [
                        ("declares(containerd)", "false".to_owned()),
                        ("runs_in_host_network(containerd)", "true".to_owned()),
                    ],
                ),
            })
        },
        antecedent: |world, env, pod| asks_for_it(world, env, pod),
        between: None,
    }
}

/// Whether the kubelet asks for the feature before it takes the pod on.
fn asks_for_it<D: Domain>(world: &World<D>, env: &Environment<D>, pod: &Pod<D>) -> bool {
    let kubelet = &world.kubelets[usize::from(env.kubelet.row)];
    let spec = world.pod_spec(pod.spec);
    kubelet.row.host_network_feature_check
        && kubelet.host_network_gate
        && spec.host_users == HostUsers::False
        && spec.network == Network::Node
}
