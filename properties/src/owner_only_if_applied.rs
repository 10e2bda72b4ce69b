//! Property 7.

use shimproof_model::catalog::{Pipes, ShimField};
use shimproof_model::log::Fact;
use shimproof_model::{Channel, Domain};

use crate::property::{Broken, Property};

/// `owner-only-if-applied`.
pub fn property<D: Domain>() -> Property<D> {
    Property {
        id: "owner-only-if-applied",
        statement: "An owner of stdio pipes is written only for a shim that applies it to the pipes that it makes on the \
                    host.",
        formula: "G ∀ pod: in_flight(pod) = Create with io_uid ⇒ shim.applies_io_owner ∧ shim.pipes = host",
        why: "An owner that nobody applies has no use, and carries a message type to shims that may not take it.",
        incidents: &["containerd#11091", "nerdbox#225"],
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
            })
        },
        antecedent: |_, _, pod| {
            pod.to_shim().is_some_and(|message| {
                message.channel == Channel::Create && message.options.and_then(D::io_owner).is_some()
            })
        },
    }
}
