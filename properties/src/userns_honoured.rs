//! Property 10.

use shimproof_model::guards::HostUsers;
use shimproof_model::{Container, ContainerState, Domain};

use crate::property::{Broken, Property};

/// `userns-honoured`.
pub fn property<D: Domain>() -> Property<D> {
    Property {
        id: "userns-honoured",
        statement: "A running container of a pod with `hostUsers: false` is in a user namespace of the pod's own.",
        formula: "G ∀ pod, c: pod.hostUsers = false ∧ running(c) ⇒ in_userns(c)",
        why: "A pod that asked for a user namespace and does not get one runs without it, and nothing says so.",
        incidents: &["kubernetes#116707"],
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
    }
}
