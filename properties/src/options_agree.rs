//! Property 6.

use shimproof_model::catalog::ShimField;
use shimproof_model::log::Fact;
use shimproof_model::trace::FailedClause;
use shimproof_model::{Channel, Delivered, Domain, Environment, Pod, Target, World, delivered};

use crate::options_accepted::delivery;
use crate::property::{About, Broken, Property, Since, broken, kept};

/// What the catalogue says of it.
const ABOUT: About = About {
    id: "options-agree",
    statement: "Create, the standard input of `start` and that of `-info` carry the same values of the operator's fields, where \
                the shim reads them.",
    formula: "G ∀ pod: in_flight(pod) = m on -info or Create, m′ on Create or start of the same shim, both read ⇒ \
              table ∖ fields(m) = table ∖ fields(m′)",
    why: "A shim that is asked about one OCI runtime and told to run another validates what it will not run: `exec: \"runc\": \
          executable file not found` on a node that has crun.",
    incidents: &["containerd#10249", "containerd#11169", "containerd#11442"],
    since: Since {
        text: "v2.0.0-rc.2, the first release that validates features, passes no options to `-info`; from rc.3 on it passes those \
               of the task, and from v2.0.3 on those of the runtime first. Create and `start` disagree for ordinary pods in the \
               window of 2024, and for pods with a user namespace from v2.0.1 to v2.0.4; from v2.0.5 on they agree.",
        sources: &[
            "https://github.com/containerd/containerd/issues/10249",
            "https://github.com/containerd/containerd/pull/10251",
            "https://github.com/containerd/containerd/pull/11442",
            "https://github.com/containerd/containerd/pull/11569",
        ],
        shown_by: &[
            broken("containerd-10249", "v2.0.0-rc.2"),
            kept("containerd-10249", "v2.0.0"),
            broken("containerd-11169", "v2.0.3"),
            kept("containerd-11169", "v2.0.5"),
            broken("runc-window", "release/2.0@952ad6b3a"),
            kept("runc-window", "v2.0.1"),
        ],
    },
    scenarios: &["containerd-10249", "containerd-11169", "runc-window"],
};

/// `options-agree`.
pub fn property<D: Domain>() -> Property<D> {
    Property {
        id: ABOUT.id,
        about: ABOUT,
        broken: |world, env, pod, rests_on| {
            let table = pod.recorded_table(world)?;
            let (_, message, delivery) = delivery(world, env, pod, rests_on)?;
            if delivery.outcome == Delivered::NotRead {
                return None;
            }
            let (channel, other) = compared_with(world, env, pod, rests_on)?;
            let (here, there) = (D::lost(message.options, table), D::lost(other, table));
            let differ: Vec<&str> = here
                .iter()
                .filter(|key| !there.contains(key))
                .chain(there.iter().filter(|key| !here.contains(key)))
                .map(String::as_str)
                .collect();
            (!differ.is_empty()).then(|| Broken {
                what: format!(
                    "{} and {} do not carry the same {}",
                    message.channel.as_str(),
                    channel.as_str(),
                    differ.join(", ")
                ),
                clause: FailedClause::new(
                    "table ∖ fields(m) = table ∖ fields(m′)",
                    [
                        ("m.channel", message.channel.as_str().to_owned()),
                        ("table ∖ fields(m)", set(&here)),
                        ("m′.channel", channel.as_str().to_owned()),
                        ("table ∖ fields(m′)", set(&there)),
                    ],
                ),
            })
        },
        antecedent: |world, env, pod| {
            pod.recorded_table(world)
                .is_some_and(|table| !D::preserves(None, table))
                && delivery(world, env, pod, &mut |_| ())
                    .is_some_and(|(_, _, delivery)| delivery.outcome != Delivered::NotRead)
                && compared_with(world, env, pod, &mut |_| ()).is_some()
        },
        between: None,
    }
}

/// What the shim reads on another channel for the same task: with `-info`, the options that Create will carry; with
/// Create, those that the sandbox's process was started with, which are those of the sandbox's record.
///
/// The rows of 1.3 and 1.4 that put `no_pivot` into the task options of a sandbox start it with those instead; they
/// are left out.
fn compared_with<'p, D: Domain>(
    world: &World<D>,
    env: &'p Environment<D>,
    pod: &'p Pod<D>,
    rests_on: &mut dyn FnMut(Fact),
) -> Option<(Channel, Option<&'p D::Any>)> {
    let message = pod.to_shim()?;
    match message.channel {
        Channel::Start => None,
        Channel::Info => Some((Channel::Create, pod.options_of_create(world, env))),
        Channel::Create => {
            let sandbox = pod.sandbox.as_ref()?;
            let no_pivot = world.configurations[usize::from(sandbox.configuration)].no_pivot;
            if message.target == Target::Sandbox || no_pivot {
                return None;
            }
            let shim = sandbox.shim?;
            rests_on(Fact::Shim(shim, ShimField::StartReads));
            rests_on(Fact::Shim(shim, ShimField::StartRules));
            let framing = world.containerd[usize::from(sandbox.containerd)].row.start_stdin;
            let options = sandbox.options.as_ref();
            let read = delivered::<D>(
                world.shim(shim),
                Channel::Start,
                Target::Sandbox,
                options,
                framing,
            );
            (read.outcome != Delivered::NotRead && !read.misframed).then_some((Channel::Start, options))
        }
    }
}

fn set(keys: &[String]) -> String {
    if keys.is_empty() {
        "∅".to_owned()
    } else {
        keys.join(", ")
    }
}
