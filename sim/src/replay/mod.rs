//! Stored traces, run again.
//!
//! A trace names its actions, never their places in a search, and keeps what each of them changed, so that it says
//! at which step a changed machine parts from it, and in what.

mod read;
mod render;

use shimproof_model::abstraction::Abstract;
use shimproof_model::catalog::Catalog;
use shimproof_model::log::Quiet;
use shimproof_model::trace::{Compare, Divergence, Replay, Trace, replay};
use shimproof_model::world::Client;
use shimproof_model::{Action, Node, World};
use shimproof_properties::reachability::Reachability;
use shimproof_properties::{
    Machine, Property, containerd_guards_itself, find_live, reachability, under_any_client,
};
use shimproof_scenario::{Overrides, Scenario, ScenarioError};
use shimproof_search::TransitionSystem as _;

pub use read::{TraceError, read_trace};
pub use render::{render_replays, replays_json};

use crate::simulate::{FaultKind, again};
use crate::wire::Wire;

/// What became of a stored trace.
#[derive(Clone, Debug)]
pub struct Replayed {
    /// What the caller calls it: its file.
    pub name: String,
    /// Its scenario.
    pub scenario: String,
    /// The containerd releases that it was run on.
    pub design: String,
    /// Its property.
    pub property: String,
    /// How many steps it has.
    pub steps: usize,
    /// What is no longer as stored; none if it reproduces.
    pub parts: Option<Parts>,
}

/// Where a second run parts from the stored one.
#[derive(Clone, Debug)]
pub enum Parts {
    /// In a step.
    Step(Divergence),
    /// Every state is the stored one, but what the trace was kept for is not there.
    Finding {
        /// What was found.
        stored: String,
        /// What is there now.
        now: String,
    },
}

/// Why a trace cannot be run again.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// Its scenario cannot be used.
    #[error(transparent)]
    Scenario(#[from] Box<ScenarioError>),
    /// Its property is not known.
    #[error("the trace {trace} is of the property `{property}`, which is not known")]
    UnknownProperty {
        /// The trace.
        trace: String,
        /// The property.
        property: String,
    },
}

/// What decides that a trace still shows what it was kept for.
enum Shows {
    /// The last state breaks a property.
    Breaks(Property<Abstract>),
    /// The last step reaches something.
    Reaches(Reachability),
    /// It goes on for ever, or ends where nothing can happen any more: what a property of whole runs is about. That is
    /// in the states.
    Goes,
    /// The last step in bytes is none of the abstraction, violates a property, or panics.
    InBytes,
}

/// Runs a trace again on a scenario, which stands for the one that it names. On another node than the trace was
/// recorded on, only what its steps do is compared.
///
/// # Errors
/// [`ReplayError`].
pub fn replay_trace(
    name: &str,
    trace: &Trace,
    scenario: &Scenario,
    catalog: &Catalog,
    overrides: &Overrides,
    compare: Compare,
) -> Result<Replayed, ReplayError> {
    let guards_itself = containerd_guards_itself();
    let of_any_client = trace.property == guards_itself.id;
    let shows = if trace.setting.bytes {
        Shows::InBytes
    } else if trace.property == guards_itself.id {
        Shows::Breaks(guards_itself)
    } else if let Some(property) = shimproof_properties::find(&trace.property) {
        Shows::Breaks(property)
    } else if find_live::<Abstract>(&trace.property).is_some() {
        Shows::Goes
    } else if let Some(reachability) = reachability::find(&trace.property) {
        Shows::Reaches(reachability)
    } else {
        return Err(ReplayError::UnknownProperty {
            trace: name.to_owned(),
            property: trace.property.clone(),
        });
    };
    let abstracted: World<Abstract> = scenario.world(catalog, overrides).map_err(Box::new)?;
    let parts = if let Shows::InBytes = shows {
        let wire: World<Wire> = scenario.world_in(catalog, overrides).map_err(Box::new)?;
        in_bytes(wire, abstracted.clone(), trace, compare)
    } else if of_any_client && abstracted.client != Client::Any {
        // Of the pods that it is asked of alone, the one that the trace is about is the one on which it runs again.
        let alone = under_any_client(&abstracted);
        let mut parts = alone
            .iter()
            .map(|world| in_the_abstract(&shows, world, trace, compare));
        let first = parts.next().flatten();
        if first.is_some() && parts.any(|parts| parts.is_none()) {
            None
        } else {
            first
        }
    } else {
        in_the_abstract(&shows, &abstracted, trace, compare)
    };
    let releases: Vec<&str> = abstracted
        .containerd
        .iter()
        .map(|release| release.version.as_str())
        .collect();
    Ok(Replayed {
        name: name.to_owned(),
        scenario: scenario.file.name.clone(),
        design: releases.join(" → "),
        property: trace.property.clone(),
        steps: trace.steps.len(),
        parts,
    })
}

/// Where the run parts from the stored one; none if it does not.
fn in_the_abstract(shows: &Shows, world: &World<Abstract>, trace: &Trace, compare: Compare) -> Option<Parts> {
    let Replay {
        actions,
        end,
        divergence,
    } = replay(world, trace, compare);
    let taken = &actions[..actions.len().min(trace.steps.len())];
    divergence
        .map(Parts::Step)
        .or_else(|| finding(shows, world, taken, &end, trace))
}

fn in_bytes(
    wire: World<Wire>,
    abstracted: World<Abstract>,
    trace: &Trace,
    compare: Compare,
) -> Option<Parts> {
    let Replay {
        mut actions,
        end,
        divergence,
    } = replay(&wire, trace, compare);
    // A step that is none of the abstraction is still a step in bytes.
    if let Some(divergence) = divergence {
        return Some(Parts::Step(divergence));
    }
    actions.truncate(trace.steps.len());
    if let Some(action) = &trace.panics_at {
        actions.extend(action.enabled_in(&wire, &end));
    }
    let fault = again(wire, abstracted, &actions, &trace.property);
    let shown = fault.as_ref().map(|fault| fault.kind.id());
    (shown != Some(trace.property.as_str())).then(|| Parts::Finding {
        stored: format!("{}: {}", trace.property, trace.finding),
        now: fault.map_or_else(
            || "nothing is wrong".to_owned(),
            |fault| match fault.kind {
                FaultKind::Property(id) => format!("{id}: {}", fault.what),
                kind => format!("{}: {}", kind.id(), fault.what),
            },
        ),
    })
}

fn finding(
    shows: &Shows,
    world: &World<Abstract>,
    taken: &[Action<Abstract>],
    end: &Node<Abstract>,
    trace: &Trace,
) -> Option<Parts> {
    let shown = match shows {
        Shows::Breaks(property) => property
            .broken_by(world, &end.environment, &end.pods, &mut |_| ())
            .is_some(),
        Shows::Reaches(reachability) => reached(reachability, world, taken),
        Shows::Goes | Shows::InBytes => true,
    };
    (!shown).then(|| Parts::Finding {
        stored: format!("{}: {}", trace.property, trace.finding),
        now: match shows {
            Shows::Breaks(_) => "the last state does not violate it",
            _ => "the last step does not reach it",
        }
        .to_owned(),
    })
}

/// Whether the last step reaches it.
fn reached(reachability: &Reachability, world: &World<Abstract>, taken: &[Action<Abstract>]) -> bool {
    let Some((last, before)) = taken.split_last() else {
        return false;
    };
    let machine = Machine::new(world.clone());
    let mut node = Node::initial(world, &mut Quiet);
    for action in before {
        // Refusals are part of the run.
        let _ = node.apply(world, *action, &mut Quiet);
    }
    let mut successors = Vec::new();
    machine.successors(&node, &mut successors);
    successors
        .iter()
        .any(|(step, after)| step.action == *last && reachability.reached(world, step, after))
}
