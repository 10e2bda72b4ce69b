//! Property 5.

use shimproof_model::catalog::{Rule, Scope, StartStdin};
use shimproof_model::trace::FailedClause;
use shimproof_model::world::Sandboxer;
use shimproof_model::{Channel, Delivered, Domain, Environment, Pod, Target, World, delivered};

use crate::options_accepted::delivery;
use crate::property::{About, Broken, Property, Since, broken, described, kept};

/// What the catalogue says of it.
const ABOUT: About = About {
    id: "options-in-force",
    statement: "What the operator set and containerd sends, the shim applies: with Create, or when it is started. It speaks of \
                the shim, not of the design.",
    formula: "G ∀ pod, key: in_flight(pod) = Create that the shim takes the options from ∧ key ∈ m ⇒ the shim applies key",
    why: "An option that a shim passes over is not reported by anyone: the pod runs, in the wrong cgroup or under another OCI \
          runtime.",
    incidents: &["runwasi#821"],
    since: Since {
        text: "A matter of the shim: every release of containerd from v1.7.0 on sends the table to runwasi, whose engines apply \
               SystemdCgroup from 0.6.0 on (SystemdCgroup only).",
        sources: &[
            "https://github.com/containerd/runwasi/issues/821",
            "https://github.com/containerd/runwasi/pull/864",
        ],
        shown_by: &[
            broken("runwasi-821", "v1.7.24"),
            broken("runwasi-821", "v2.3.4"),
            kept("runwasi-821-fixed", "v1.7.24"),
            kept("CVE-2025-47291", "v2.0.5"),
        ],
    },
    scenarios: &["runwasi-821", "runwasi-821-fixed", "CVE-2025-47291"],
};

/// `options-in-force`.
pub fn property<D: Domain>() -> Property<D> {
    Property {
        id: ABOUT.id,
        about: ABOUT,
        broken: |world, env, pod, rests_on| {
            let table = asked(world, pod)?;
            let (shim, message, delivery) = delivery(world, env, pod, rests_on)?;
            let row = world.shim(shim);
            let by_rule = delivery
                .rule
                .and_then(|rule| row.create.rules.get(usize::from(rule)));
            let sent = match delivery.outcome {
                // Nothing is known, or the call fails: that is another property's matter.
                Delivered::Unknown | Delivered::Rejected => return None,
                // What is never looked at was sent when the shim was started, if at all.
                Delivered::NotRead => pod.sandbox.as_ref()?.options.as_ref(),
                Delivered::Absent | Delivered::Applied | Delivered::Ignored | Delivered::Misread => {
                    message.options
                }
            };
            let lost = D::lost(sent, table);
            let passed_over: Vec<String> = D::lost(None, table)
                .into_iter()
                // `TypeUrl` says what the rest of the table is; by itself it asks for nothing.
                .filter(|key| key != "TypeUrl" && !lost.contains(key))
                .filter(|key| {
                    let applied = delivery.outcome == Delivered::Applied && applies(by_rule, key);
                    let in_force = applied || applied_at_start(world, env, pod, shim, key);
                    !in_force
                })
                .collect();
            (!passed_over.is_empty()).then(|| Broken {
                what: format!(
                    "the shim {} ({}) does not act upon {} of the handler's options table",
                    row.name,
                    row.id,
                    passed_over.join(", ")
                ),
                clause: FailedClause::new(
                    "the shim applies key",
                    [
                        ("key", passed_over.join(", ")),
                        ("m.options", described::<D>(sent)),
                        ("what the shim does with them", delivery.outcome.to_string()),
                    ],
                ),
            })
        },
        antecedent: |world, _, pod| asked(world, pod).is_some_and(|table| !D::preserves(None, table)),
        between: None,
    }
}

/// The handler's table, if the message in flight is the Create that the shim takes the options from. A shim that
/// looks at the first container's has it from the sandbox's; under the sandbox API there is none before the first
/// container's.
fn asked<'w, D: Domain>(world: &'w World<D>, pod: &Pod<D>) -> Option<&'w D::Table> {
    let message = pod
        .to_shim()
        .filter(|message| message.channel == Channel::Create)?;
    let sandbox = pod.sandbox.as_ref()?;
    let config = pod.recorded_handler_config(world)?;
    let scope = world.shim(sandbox.shim?).create.scope;
    let first = match config.sandboxer {
        Sandboxer::PodSandbox => Target::Sandbox,
        Sandboxer::Shim | Sandboxer::Remote => Target::Container(0),
    };
    let decides = match scope {
        Scope::EveryContainer => message.target != Target::Sandbox,
        Scope::FirstContainer | Scope::Never => message.target == first,
    };
    config.options.as_ref().filter(|_| decides)
}

fn applies(rule: Option<&Rule>, key: &str) -> bool {
    let listed = |keys: &Vec<String>| keys.iter().any(|other| other == key);
    rule.is_none_or(|rule| rule.applies.as_ref().is_none_or(listed))
}

/// Whether the shim took the key from the standard input of `start`, as runc's does `ShimCgroup`. What it got there
/// are the options of the sandbox's record.
fn applied_at_start<D: Domain>(
    world: &World<D>,
    env: &Environment<D>,
    pod: &Pod<D>,
    shim: u8,
    key: &str,
) -> bool {
    let Some(options) = pod.sandbox.as_ref().and_then(|sandbox| sandbox.options.as_ref()) else {
        return false;
    };
    let row = world.shim(shim);
    let framing: StartStdin = world.containerd[usize::from(env.containerd.row)].row.start_stdin;
    let delivery = delivered::<D>(row, Channel::Start, Target::Sandbox, Some(options), framing);
    let rule = delivery
        .rule
        .and_then(|rule| row.start.rules.get(usize::from(rule)));
    delivery.outcome == Delivered::Applied && rule.is_some_and(|rule| applies(Some(rule), key))
}
