//! Property 2, the headline.

use shimproof_model::catalog::StartStdin;
use shimproof_model::log::Fact;
use shimproof_model::trace::FailedClause;
use shimproof_model::{Delivered, Delivery, Domain, Environment, Pod, ToShim, World, delivered};

use crate::property::{About, Broken, Property, Since, about_message, broken, kept};

/// What the catalogue says of it.
const ABOUT: About = About {
    id: "options-accepted",
    statement: "No option message in flight to a shim is one that the shim rejects on that channel.",
    formula: "G ∀ pod: in_flight(pod) = m to a shim s ⇒ delivered(s, m.channel, m.options) ≠ rejected",
    why: "A container whose options its shim refuses does not start, whatever the pod asked for.",
    incidents: &["containerd#11091", "gvisor#6414", "rust-extensions#377"],
    since: Since {
        text: "For gVisor and an ordinary pod it was kept up to v2.0.0, and is again from v2.0.1 on. For gVisor and a pod with a \
               user namespace v2.2.7 and v2.3.4, which ask every handler for its features, broke it: a sandbox that survives an \
               upgrade of the kubelet, or a pod in the host's network, gets there.",
        sources: &[
            "https://github.com/containerd/containerd/pull/11104",
            "https://github.com/containerd/containerd/pull/13504",
            "https://github.com/containerd/containerd/pull/13778",
        ],
        shown_by: &[
            kept("containerd-11091", "v2.0.0"),
            broken("containerd-11091", "release/2.0@952ad6b3a"),
            kept("containerd-11091", "v2.0.1"),
            kept("gvisor-host-network", "v2.3.3"),
            broken("gvisor-host-network", "v2.3.4"),
        ],
    },
    scenarios: &["gvisor-host-network", "gvisor-kubelet-upgrade"],
};

/// `options-accepted`.
pub fn property<D: Domain>() -> Property<D> {
    Property {
        id: ABOUT.id,
        about: ABOUT,
        broken: |world, env, pod, rests_on| {
            let (shim, message, delivery) = delivery(world, env, pod, rests_on)?;
            (delivery.outcome == Delivered::Rejected).then(|| {
                let what = match message.options {
                    Some(options) => D::type_url(options).as_str(),
                    None => "the message",
                };
                let row = world.shim(shim);
                Broken {
                    what: format!(
                        "the shim {} ({}) rejects {what} on {}",
                        row.name,
                        row.id,
                        message.channel.as_str()
                    ),
                    clause: FailedClause::new(
                        "delivered(s, m.channel, m.options) ≠ rejected",
                        about_message::<D>(row, &message),
                    ),
                }
            })
        },
        antecedent: |_, _, pod| pod.to_shim().is_some(),
        between: None,
    }
}

/// The shim that the message in flight goes to, the message, and what becomes of it.
pub(crate) fn delivery<'p, D: Domain>(
    world: &World<D>,
    env: &Environment<D>,
    pod: &'p Pod<D>,
    rests_on: &mut dyn FnMut(Fact),
) -> Option<(u8, ToShim<'p, D>, Delivery)> {
    use shimproof_model::Channel;
    use shimproof_model::catalog::ShimField;
    let message = pod.to_shim()?;
    let shim = pod.receiving_shim(world, env)?;
    rests_on(Fact::Shim(
        shim,
        match message.channel {
            Channel::Create => ShimField::CreateRules,
            Channel::Start => ShimField::StartRules,
            Channel::Info => ShimField::InfoRules,
        },
    ));
    let framing: StartStdin = world.containerd[usize::from(env.containerd.row)].row.start_stdin;
    let delivery = delivered::<D>(
        world.shim(shim),
        message.channel,
        message.target,
        message.options,
        framing,
    );
    Some((shim, message, delivery))
}
