//! Property 10.

use shimproof_model::guards::HostUsers;
use shimproof_model::trace::FailedClause;
use shimproof_model::{Container, ContainerState, Domain};

use crate::property::{About, Broken, Property, Since, broken, kept};

/// What the catalogue says of it.
const ABOUT: About = About {
    id: "userns-honoured",
    statement: "A running container of a pod with `hostUsers: false` is in a user namespace of the pod's own.",
    formula: "G ∀ pod, c: pod.hostUsers = false ∧ running(c) ⇒ in_userns(c)",
    why: "A pod that asked for a user namespace and does not get one runs without it, and nothing says so.",
    incidents: &["kubernetes#116707"],
    since: Since {
        text: "containerd creates the namespace from v1.7.0 on; before, the CRI plugin passes over the field. From v1.7.1 on a \
               kubelet that asks for id-mapped mounts is refused instead, until v2.0.0. A kubelet of 1.25 to 1.29 with its gate off \
               drops what the pod asked for, under any release.",
        sources: &[
            "https://github.com/kubernetes/kubernetes/issues/116707",
            "pkg/cri/sbserver/podsandbox/sandbox_run_linux.go@v1.7.0",
            "https://github.com/kubernetes/kubernetes/pull/123216",
        ],
        shown_by: &[
            broken("kubernetes-116707", "v1.6.8"),
            kept("kubernetes-116707", "v1.7.0"),
        ],
    },
    scenarios: &["kubernetes-116707", "containerd-10598"],
};

/// `userns-honoured`.
pub fn property<D: Domain>() -> Property<D> {
    Property {
        id: ABOUT.id,
        about: ABOUT,
        broken: |world, _, pod, _| {
            let spec = world.pod_spec(pod.spec);
            if spec.host_users != HostUsers::False {
                return None;
            }
            let outside = |container: &Option<Container<D>>| {
                matches!(
                    container,
                    Some(Container {
                        state: ContainerState::Running { in_userns: false, .. },
                        ..
                    })
                )
            };
            let index = pod.containers.iter().position(outside)?;
            let name = spec
                .containers
                .get(index)
                .map_or("?", |container| container.name.as_str());
            Some(Broken {
                what: format!("container {name} runs in no user namespace of the pod's own"),
                clause: FailedClause::new(
                    "in_userns(c)",
                    [("c", name.to_owned()), ("in_userns(c)", "false".to_owned())],
                ),
            })
        },
        antecedent: |world, _, pod| {
            world.pod_spec(pod.spec).host_users == HostUsers::False
                && pod
                    .containers
                    .iter()
                    .flatten()
                    .any(|container| matches!(container.state, ContainerState::Running { .. }))
        },
        between: None,
    }
}
