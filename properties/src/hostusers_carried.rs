//! What a kubelet says of user namespaces to the CRI.

use shimproof_model::catalog::KubeletField;
use shimproof_model::guards::HostUsers;
use shimproof_model::log::Fact;
use shimproof_model::trace::FailedClause;
use shimproof_model::world::Client;
use shimproof_model::{Domain, Environment, InFlight, Pod, UsernsMode, World};

use crate::property::{About, Broken, Property, Since, kept};

/// What the catalogue says of it.
const ABOUT: About = About {
    id: "hostusers-carried",
    statement: "A kubelet whose gate is on asks for mode POD for a pod with `hostUsers: false` and for mode NODE for any other; one \
                whose gate is off sends no user-namespace options.",
    formula: "G ∀ pod: in_flight(pod) = RunPodSandbox or CreateContainer of a kubelet ⇒ every mode in it = \
              (gate ? (pod.hostUsers = false ? POD : NODE) : nil)",
    why: "What containerd decides about user namespaces, mounts and the owner of pipes goes by this mode: #11091 is the difference \
          between nil and NODE.",
    incidents: &["containerd#11091"],
    since: Since {
        text: "Every kubelet that sends user-namespace options keeps it, from 1.25 on. What a pod with `hostUsers: false` loses where \
               the gate is off is what `userns-honoured` is about.",
        sources: &[
            "kubernetes: pkg/kubelet/userns_manager.go@v1.25.0 (GetOrCreateUserNamespaceMappings)",
            "kubernetes: pkg/kubelet/userns/userns_manager.go@v1.31.0 (GetOrCreateUserNamespaceMappings)",
        ],
        shown_by: &[
            kept("containerd-11091", "release/2.0@952ad6b3a"),
            kept("containerd-11091-gate-off", "v2.0.1"),
            kept("containerd-10598", "v2.0.1"),
        ],
    },
    scenarios: &[
        "containerd-11091",
        "containerd-11091-gate-off",
        "containerd-10598",
    ],
};

/// `hostusers-carried`.
pub fn property<D: Domain>() -> Property<D> {
    Property {
        id: ABOUT.id,
        about: ABOUT,
        broken: |world, env, pod, rests_on| {
            let modes = sent(world, pod)?;
            let asked = asked(world, env, pod);
            let mode = modes.into_iter().flatten().find(|mode| *mode != asked)?;
            rests_on(Fact::Kubelet(env.kubelet.row, KubeletField::UsernsOptions));
            let gate = if env.kubelet.gate { "on" } else { "off" };
            let host_users = world.pod_spec(pod.spec).host_users;
            Some(Broken {
                what: format!(
                    "the kubelet sends mode {mode} for a pod with hostUsers {host_users}, and its gate is {gate}"
                ),
                clause: FailedClause::new(
                    "mode = (gate ? (pod.hostUsers = false ? POD : NODE) : nil)",
                    [
                        ("mode", mode.to_string()),
                        ("gate", gate.to_owned()),
                        ("pod.hostUsers", host_users.to_string()),
                    ],
                ),
            })
        },
        antecedent: |world, _, pod| sent(world, pod).is_some(),
        between: None,
    }
}

/// The modes of the kubelet's request in flight. A kubelet that restarts takes its requests back, so that they are of the
/// gate that it has now.
fn sent<D: Domain>(world: &World<D>, pod: &Pod<D>) -> Option<[Option<UsernsMode>; 2]> {
    if world.client != Client::Kubelet {
        return None;
    }
    match pod.in_flight {
        Some(InFlight::RunPodSandbox { userns }) => Some([Some(userns.mode()), None]),
        Some(InFlight::CreateContainer {
            sandbox_userns,
            container_userns,
            ..
        }) => Some([Some(sandbox_userns.mode()), Some(container_userns.mode())]),
        _ => None,
    }
}

/// What the pod asks of a kubelet with this gate.
fn asked<D: Domain>(world: &World<D>, env: &Environment<D>, pod: &Pod<D>) -> UsernsMode {
    match (env.kubelet.gate, world.pod_spec(pod.spec).host_users) {
        (false, _) => UsernsMode::Nil,
        (true, HostUsers::False) => UsernsMode::Pod,
        (true, HostUsers::Unset | HostUsers::True) => UsernsMode::Node,
    }
}
