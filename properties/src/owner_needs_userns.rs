//! The policy of the designs from `nil-or-node` on.

use shimproof_model::catalog::TaskApiEndpoint;
use shimproof_model::trace::FailedClause;
use shimproof_model::{
    Call, Channel, Domain, Environment, InFlight, Pod, Refusal, Target, UsernsMode, World,
};

use crate::property::{About, Broken, Property, Since, broken, kept};

/// What the catalogue says of it.
const ABOUT: About = About {
    id: "owner-needs-userns",
    statement: "An owner of pipes is written only for a container with a user namespace of its own, and for no other does \
                StartContainer fail because it cannot be written. A policy: asked of designs whose guard is that of v2.0.1, \
                and of others by name.",
    formula: "G ∀ pod, c: in_flight(pod) ∈ { Create for c with io_uid, refusal of StartContainer for c as the runtime options cannot \
              be copied and no endpoint has to be written } ⇒ mode(c) = POD",
    why: "It is what the comment in updateContainerIOOwner promises since #11104: whatever an owner does to a shim, it does not do \
          to an ordinary pod.",
    incidents: &["containerd#11091"],
    since: Since {
        text: "v2.0.1 and every release since; the window of 2024 writes an owner for mode NODE too.",
        sources: &[
            "https://github.com/containerd/containerd/pull/11104",
            "internal/cri/server/container_start_linux.go@v2.0.1",
        ],
        shown_by: &[
            broken("runc-window", "release/2.0@952ad6b3a"),
            kept("runc-window", "v2.0.1"),
            kept("containerd-10598", "v2.0.1"),
            kept("containerd-10598", "v2.3.4"),
        ],
    },
    scenarios: &["runc-window", "containerd-10598"],
};

/// `owner-needs-userns`.
pub fn property<D: Domain>() -> Property<D> {
    Property {
        id: ABOUT.id,
        about: ABOUT,
        broken: |world, env, pod, _| {
            let container = usize::from(with_owner(pod).or_else(|| refused_for_an_owner(world, env, pod))?);
            let mode =
                pod.containers[container].map_or(UsernsMode::LinuxNil, |container| container.userns.mode());
            let name = &world.pod_spec(pod.spec).containers[container].name;
            (mode != UsernsMode::Pod).then(|| Broken {
                what: format!(
                    "an owner of pipes is to be written for container {name}, whose options are of mode {mode}"
                ),
                clause: FailedClause::new(
                    "mode(c) = POD",
                    [("c", name.clone()), ("mode(c)", mode.to_string())],
                ),
            })
        },
        antecedent: |_, _, pod| with_owner(pod).is_some(),
        between: None,
    }
}

/// The container that is not started because no owner can be written into its options. An endpoint is written
/// before, and fails in the same way where it has to be written.
fn refused_for_an_owner<D: Domain>(world: &World<D>, env: &Environment<D>, pod: &Pod<D>) -> Option<u8> {
    let row = &world.containerd[usize::from(env.containerd.row)].row;
    let endpoint = row.task_api_endpoint != TaskApiEndpoint::CopyOrSkip
        && pod.sandbox.as_ref().is_some_and(|sandbox| sandbox.endpoint);
    match pod.in_flight {
        Some(InFlight::Reply {
            call: Call::StartContainer(container),
            result: Err(Refusal::CannotCopyRuntimeOptions { .. }),
        }) if !endpoint => Some(container),
        _ => None,
    }
}

fn with_owner<D: Domain>(pod: &Pod<D>) -> Option<u8> {
    let message = pod
        .to_shim()
        .filter(|message| message.channel == Channel::Create)?;
    match message.target {
        Target::Container(container) if D::io_owner(message.options?).is_some() => Some(container),
        _ => None,
    }
}
