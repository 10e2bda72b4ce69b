//! The policy of the releases that go by what the sandbox's shim can do.

use shimproof_model::catalog::{ContainerdField, ShimField};
use shimproof_model::guards::Invocation;
use shimproof_model::log::Fact;
use shimproof_model::trace::FailedClause;
use shimproof_model::{Domain, InFlight, Pod, Server, Target, World};

use crate::property::{About, Broken, Property, Since, broken, kept};

/// What the catalogue says of it.
const ABOUT: About = About {
    id: "start-per-container",
    statement: "A container is served by a connection to its sandbox's shim only if that shim speaks version 3 of the task API and \
                the sandbox is in the store of containerd 2.x; for any other `<shim> start` is executed. A policy: asked of releases \
                that go by this, and of others by name.",
    formula: "G ∀ pod, c: in_flight(pod) ∈ { -info, Create } for c ∧ ¬started_for(c) ⇒ in_store(sandbox) ∧ \
              task_api(shim(sandbox)) ≥ 3",
    why: "A shim below version 3 may not serve several containers over one connection, and containerd cleans up after a container \
          through `shim delete`, which only a start of its own sets up.",
    incidents: &["containerd#11535", "containerd#11708"],
    since: Since {
        text: "1.x executes start for every container. v2.0.0 to v2.0.5 and the betas of v2.1.0 connect to the sandbox's shim, \
               whatever it is; v2.0.6 and v2.1.0-rc.1 execute start again where the policy asks for it.",
        sources: &[
            "https://github.com/containerd/containerd/pull/11793",
            "core/runtime/v2/shim_manager.go@v2.0.5 (Start)",
            "core/runtime/v2/shim_manager.go@v2.0.6 (Start)",
        ],
        shown_by: &[
            broken("gvisor-empty-table", "v2.0.5"),
            kept("gvisor-empty-table", "v2.0.6"),
        ],
    },
    scenarios: &["gvisor-empty-table", "upgrade-from-1.7"],
};

/// `start-per-container`.
pub fn property<D: Domain>() -> Property<D> {
    Property {
        id: ABOUT.id,
        about: ABOUT,
        broken: |world, env, pod, rests_on| {
            if !starts_container(pod) {
                return None;
            }
            let (in_store, below_3) = pod.invocation_asks(world)?;
            rests_on(Fact::Containerd(
                env.containerd.row,
                ContainerdField::StartForAppContainers,
            ));
            let shim = pod.process(Server::Sandbox)?;
            rests_on(Fact::Shim(shim, ShimField::Protocol));
            // The release that runs took the request on: one that restarts has none in flight.
            if pod.invocation(world, env) != Invocation::Connect || (in_store && !below_3) {
                return None;
            }
            let id = &world.shim(shim).id;
            let of = if in_store {
                "speaks no version 3 of the task API"
            } else {
                "serves a sandbox of an older release, which the sandbox store does not have"
            };
            Some(Broken {
                what: format!(
                    "containerd connects to {id} for a container, without a start of its own, though {id} {of}"
                ),
                clause: FailedClause::new(
                    "in_store(sandbox) ∧ task_api(shim(sandbox)) ≥ 3",
                    [
                        ("in_store(sandbox)", in_store.to_string()),
                        (
                            "task_api(shim(sandbox))",
                            if below_3 { "below 3" } else { "3" }.to_owned(),
                        ),
                    ],
                ),
            })
        },
        antecedent: |world: &World<D>, _, pod| starts_container(pod) && pod.invocation_asks(world).is_some(),
        between: None,
    }
}

/// Whether a request for a container is on its way to what serves it.
fn starts_container<D: Domain>(pod: &Pod<D>) -> bool {
    matches!(
        pod.in_flight,
        Some(InFlight::Info { target, .. } | InFlight::Create { target, .. }) if target != Target::Sandbox
    )
}
