//! Property 11.

use shimproof_model::trace::FailedClause;
use shimproof_model::{Container, ContainerState, Domain, Pod};

use crate::property::{About, Between, Broken, Property, Since, broken, kept};

/// What the catalogue says of it.
const ABOUT: About = About {
    id: "mappings-disjoint",
    statement: "No two pods share ids of the host.",
    formula: "G ∀ pod ≠ pod′: blocks(pod) ∩ blocks(pod′) = ∅",
    why: "Two pods with the same ids are to the host one user: what one of them opens outside of its container, the other may.",
    incidents: &["KEP-127"],
    since: Since {
        text: "The kubelet gives every pod a block of its own from 1.25 on, and frees it when the pod has ended. containerd compares \
               the mappings of no two pods, in any release: under a client that is no kubelet nothing keeps this.",
        sources: &[
            "kubernetes: pkg/kubelet/userns/userns_manager.go",
            "internal/cri/server/podsandbox/sandbox_run_linux.go@v2.0.1",
        ],
        shown_by: &[
            kept("containerd-10598-fixed", "v2.0.1"),
            kept("containerd-10598-fixed", "v2.3.4"),
            broken("any-client-two-pods", "v2.0.1"),
            broken("any-client-two-pods", "v2.3.4"),
        ],
    },
    scenarios: &["containerd-10598-fixed", "any-client-two-pods"],
};

/// `mappings-disjoint`.
pub fn property<D: Domain>() -> Property<D> {
    Property {
        id: ABOUT.id,
        about: ABOUT,
        // One pod shares nothing with itself.
        broken: |_, _, _, _| None,
        antecedent: |_, _, _| false,
        between: Some(Between {
            broken: |world, one, other| {
                let shared = blocks(one).any(|block| blocks(other).any(|taken| taken == block));
                shared.then(|| Broken {
                    what: format!(
                        "the pods {} and {} have the same ids of the host",
                        world.pod_spec(one.spec).name,
                        world.pod_spec(other.spec).name
                    ),
                    clause: FailedClause::new(
                        "blocks(pod) ∩ blocks(pod′) = ∅",
                        [
                            ("blocks(pod)", all_blocks(one)),
                            ("blocks(pod′)", all_blocks(other)),
                        ],
                    ),
                })
            },
            antecedent: |_, one, other| blocks(one).next().is_some() && blocks(other).next().is_some(),
        }),
    }
}

fn all_blocks<D: Domain>(pod: &Pod<D>) -> String {
    let mut all: Vec<String> = blocks(pod).map(|block| format!("{block:?}")).collect();
    all.dedup();
    all.join(", ")
}

/// The blocks of ids that a pod has: the kubelet's record, its sandbox, and its containers that run.
fn blocks<D: Domain>(pod: &Pod<D>) -> impl Iterator<Item = D::Mapping> {
    let running = |container: &Container<D>| matches!(container.state, ContainerState::Running { .. });
    let of_containers = pod
        .containers
        .iter()
        .flatten()
        .filter(move |container| running(container))
        .filter_map(|container| container.userns.mapping());
    let of_sandbox = pod.sandbox.as_ref().and_then(|sandbox| sandbox.userns.mapping());
    pod.mapping.into_iter().chain(of_sandbox).chain(of_containers)
}
