//! Runs a stored trace again, and says where it no longer is what was stored.

use crate::domain::Domain;
use crate::node::{Action, Node};
use crate::world::World;

use super::fields::fields;
use super::record::Recorder;
use super::{NamedAction, Trace, TraceStep, digest};

/// What a second run of a trace came to.
#[derive(Clone, Debug)]
pub struct Replay<D: Domain> {
    /// The actions that were taken, up to where the runs part.
    pub actions: Vec<Action<D>>,
    /// The state after the steps of the trace, without its aftermath; or where the runs part.
    pub end: Node<D>,
    /// Where the runs part; none if every state is the stored one.
    pub divergence: Option<Divergence>,
}

/// Where a second run parts from the stored one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// The step, from 1; 0 for the state at the beginning.
    pub step: usize,
    /// What is not as stored.
    pub kind: DivergenceKind,
    /// The decisions of guards that differ in this step, or in the last one before it.
    pub guards: Vec<Differs>,
}

/// What is not as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DivergenceKind {
    /// The node is another one before anything happens.
    Beginning(Vec<Differs>),
    /// The step's action cannot happen.
    NotEnabled {
        /// The action.
        action: NamedAction,
        /// What can happen instead to the same pod, or to the node.
        enabled: Vec<NamedAction>,
    },
    /// The step is refused otherwise, or not at all.
    Refusal {
        /// The stored refusal, by name and text.
        stored: Option<String>,
        /// The one that is given now.
        now: Option<String>,
    },
    /// The step changes other fields, or changes them otherwise.
    Fields(Vec<Differs>),
    /// The state differs in something that no field shows.
    State,
    /// The steps that were taken again and again no longer lead back to where they began.
    CycleOpen,
}

/// Something that has another value than the stored one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Differs {
    /// Its name.
    pub what: String,
    /// The stored value.
    pub stored: String,
    /// The value now.
    pub now: String,
}

/// How much of a state has to be as stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// Everything: the node is the one that the trace was recorded on.
    WholeStates,
    /// What steps change and how they are refused: the node is another one, such as that of another release.
    Steps,
}

/// Runs a stored trace again, its aftermath too.
pub fn replay<D: Domain>(world: &World<D>, trace: &Trace, compare: Compare) -> Replay<D> {
    let mut recorder = Recorder::start(world);
    let mut replay = Replay {
        actions: Vec::new(),
        end: recorder.node().clone(),
        divergence: None,
    };
    if compare == Compare::WholeStates && digest(world, recorder.node()) != trace.initial {
        replay.divergence = Some(Divergence {
            step: 0,
            kind: DivergenceKind::Beginning(at_the_beginning(world, recorder.node(), trace)),
            guards: Vec::new(),
        });
        return replay;
    }
    let mut guards = Vec::new();
    let mut before_cycle = String::new();
    let cycle = trace.cycle.as_ref().map_or(0, |cycle| cycle.steps.len());
    for (index, stored) in trace.all_steps().enumerate() {
        let diverges = |kind, guards| Divergence {
            step: index + 1,
            kind,
            guards,
        };
        let Some(action) = stored.action.enabled_in(world, recorder.node()) else {
            let kind = DivergenceKind::NotEnabled {
                action: stored.action.clone(),
                enabled: instead(world, recorder.node(), &stored.action),
            };
            replay.divergence = Some(diverges(kind, guards));
            return replay;
        };
        let now = recorder.step(action);
        replay.actions.push(action);
        if index < trace.steps.len() {
            replay.end = recorder.node().clone();
            before_cycle = digest(world, recorder.node());
        }
        let decided = decisions(stored, &now);
        if let Some(kind) = differs(stored, &now, compare) {
            replay.divergence = Some(diverges(kind, decided));
            return replay;
        }
        if cycle > 0
            && index + 1 == trace.steps.len() + cycle
            && digest(world, recorder.node()) != before_cycle
        {
            replay.divergence = Some(diverges(DivergenceKind::CycleOpen, decided));
            return replay;
        }
        if !decided.is_empty() {
            guards = decided;
        }
    }
    replay
}

/// The fields in which the node is another one before anything happens.
fn at_the_beginning<D: Domain>(world: &World<D>, node: &Node<D>, trace: &Trace) -> Vec<Differs> {
    let now = fields(world, node);
    let missing = || "no such field".to_owned();
    let value = |of: &[super::Field], name: &str| {
        of.iter()
            .find(|field| field.field == name)
            .map_or_else(missing, |field| field.value.clone())
    };
    let mut names: Vec<&String> = trace.start.iter().map(|field| &field.field).collect();
    names.extend(now.iter().map(|field| &field.field).filter(|name| {
        let known = |field: &super::Field| field.field == **name;
        !trace.start.iter().any(known)
    }));
    names
        .into_iter()
        .map(|name| Differs {
            what: name.clone(),
            stored: value(&trace.start, name),
            now: value(&now, name),
        })
        .filter(|differs| differs.stored != differs.now)
        .collect()
}

/// What can happen to what the action was about.
fn instead<D: Domain>(world: &World<D>, node: &Node<D>, wanted: &NamedAction) -> Vec<NamedAction> {
    let mut enabled = Vec::new();
    node.enabled(world, &mut enabled);
    let named = enabled.into_iter().map(NamedAction::of);
    named.filter(|action| action.pod == wanted.pod).collect()
}

fn differs(stored: &TraceStep, now: &TraceStep, compare: Compare) -> Option<DivergenceKind> {
    let refused = |step: &TraceStep| {
        let refusal = step.refusal.as_ref()?;
        Some(format!("{} at {}: {}", refusal.id, refusal.stage, refusal.error))
    };
    if stored.refusal != now.refusal {
        return Some(DivergenceKind::Refusal {
            stored: refused(stored),
            now: refused(now),
        });
    }
    let changed: Vec<Differs> = stored
        .changes
        .iter()
        .filter(|change| !now.changes.contains(change))
        .map(|change| {
            let other = now.changes.iter().find(|other| other.field == change.field);
            Differs {
                what: change.field.clone(),
                stored: format!("{} → {}", change.before, change.after),
                now: other.map_or_else(
                    || "not changed".to_owned(),
                    |other| format!("{} → {}", other.before, other.after),
                ),
            }
        })
        .collect();
    let only_now = now.changes.iter().filter(|change| {
        let stored = &stored.changes;
        !stored.iter().any(|other| other.field == change.field)
    });
    let changed: Vec<Differs> = changed
        .into_iter()
        .chain(only_now.map(|change| Differs {
            what: change.field.clone(),
            stored: "not changed".to_owned(),
            now: format!("{} → {}", change.before, change.after),
        }))
        .collect();
    if !changed.is_empty() {
        return Some(DivergenceKind::Fields(changed));
    }
    (compare == Compare::WholeStates && stored.digest != now.digest).then_some(DivergenceKind::State)
}

/// The decisions that are others, with the inputs that led to them.
fn decisions(stored: &TraceStep, now: &TraceStep) -> Vec<Differs> {
    let told = |guard: &super::GuardDecision| format!("{} ⇒ {}", guard.inputs, guard.decision);
    let nothing = || "not asked".to_owned();
    let mut differ: Vec<Differs> = stored
        .guards
        .iter()
        .filter_map(|guard| {
            let other = now.guards.iter().find(|other| other.guard == guard.guard);
            let same = other.is_some_and(|other| other.decision == guard.decision);
            (!same).then(|| Differs {
                what: guard.guard.clone(),
                stored: told(guard),
                now: other.map_or_else(nothing, told),
            })
        })
        .collect();
    let asked_now = now
        .guards
        .iter()
        .filter(|guard| !stored.guards.iter().any(|other| other.guard == guard.guard));
    differ.extend(asked_now.map(|guard| Differs {
        what: guard.guard.clone(),
        stored: nothing(),
        now: told(guard),
    }));
    differ
}
