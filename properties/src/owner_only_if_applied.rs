//! Property 7.

use shimproof_model::catalog::{Pipes, ShimField};
use shimproof_model::log::Fact;
use shimproof_model::trace::FailedClause;
use shimproof_model::{Channel, Domain};

use crate::property::{About, Broken, Property, Since, broken, kept};

/// What the catalogue says of it.
const ABOUT: About = About {
    id: "owner-only-if-applied",
    statement: "An owner of stdio pipes is written only for a shim that applies it to the pipes that it makes on the \
                host.",
    formula: "G ∀ pod: in_flight(pod) = Create with io_uid ⇒ shim.applies_io_owner ∧ shim.pipes = host",
    why: "An owner that nobody applies has no use, and carries a message type to shims that may not take it.",
    incidents: &["containerd#11091", "nerdbox#225"],
    since: Since {
        text: "No owner was written up to v2.0.0. In the window of 2024 every container of a kubelet with the gate got one, whatever \
               its shim; from v2.0.1 on ordinary containers get none. A pod with a user namespace under a shim that does not apply \
               it still gets one, in every release from v2.0.1 on.",
        sources: &[
            "https://github.com/containerd/containerd/pull/10906",
            "https://github.com/containerd/containerd/pull/11104",
        ],
        shown_by: &[
            kept("kata-ordinary", "v2.0.0"),
            broken("kata-ordinary", "release/2.0@952ad6b3a"),
            kept("kata-ordinary", "v2.0.1"),
            broken("joins-userns-admitted", "v2.3.4"),
        ],
    },
    scenarios: &["kata-ordinary", "joins-userns-admitted", "containerd-10598"],
};

/// `owner-only-if-applied`.
pub fn property<D: Domain>() -> Property<D> {
    Property {
        id: ABOUT.id,
        about: ABOUT,
        broken: |world, env, pod, rests_on| {
            let message = pod
                .to_shim()
                .filter(|message| message.channel == Channel::Create)?;
            D::io_owner(message.options?)?;
            let shim = pod.receiving_shim(world, env)?;
            rests_on(Fact::Shim(shim, ShimField::AppliesIoOwner));
            rests_on(Fact::Shim(shim, ShimField::Pipes));
            let row = world.shim(shim);
            (!(row.applies_io_owner && row.pipes == Pipes::Host)).then(|| Broken {
                what: format!(
                    "an owner of the container's pipes is sent to the shim {} ({}), which does not apply it",
                    row.name, row.id
                ),
                clause: if row.applies_io_owner {
                    FailedClause::new("shim.pipes = host", [("shim.pipes", row.pipes.to_string())])
                } else {
                    FailedClause::new(
                        "shim.applies_io_owner",
                        [("shim.applies_io_owner", row.applies_io_owner.to_string())],
                    )
                },
            })
        },
        antecedent: |_, _, pod| {
            pod.to_shim().is_some_and(|message| {
                message.channel == Channel::Create && message.options.and_then(D::io_owner).is_some()
            })
        },
        between: None,
    }
}
