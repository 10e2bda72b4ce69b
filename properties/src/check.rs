//! Decides properties on a machine.

use std::sync::Arc;
use std::time::Duration;

use shimproof_model::log::Fact;
use shimproof_model::{Domain, Node};
use shimproof_search as search;
use shimproof_search::{Answer, Bound, Limits, Observer, Path};

use crate::machine::{Machine, Taken};
use crate::property::Property;
use crate::reachability::{self, Reachability};

/// Which engine searches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Ours: exact, breadth first, with shortest traces.
    Exact,
    /// Stateright's depth-first search: verdicts and counts, no traces.
    Stateright,
}

impl Engine {
    /// Its name on the command line and in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Stateright => "stateright",
        }
    }
}

/// What a search found out.
#[derive(Clone, Debug)]
pub struct Findings<D: Domain> {
    /// Of each property, in the order in which they were asked, then of each reachability.
    pub findings: Vec<Finding<D>>,
    /// Distinct states.
    pub states: u64,
    /// Steps between them.
    pub transitions: u64,
    /// Levels of the search; none for an engine that has none.
    pub depth: Option<u32>,
    /// What cut the search short.
    pub bound: Option<Bound>,
    /// How long it took.
    pub duration: Duration,
    /// The facts that the explored steps rest on.
    pub facts: Vec<Fact>,
    /// Whether a message reaches a shim of which it is not known what it does with it. Then nothing holds.
    pub unknown: bool,
}

/// What was found out about one property.
#[derive(Clone, Debug)]
pub struct Finding<D: Domain> {
    /// The property.
    pub id: String,
    /// The verdict.
    pub answer: Answer,
    /// A shortest path to the state or step that decides it; none from an engine that gives no traces.
    pub path: Option<Path<Node<D>, Taken<D>>>,
}

/// Why a search could not be done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct CheckError(pub String);

/// Decides properties on a machine, and which of the reachabilities can happen.
///
/// # Errors
/// [`CheckError`] if a function of the model panicked; it names the steps that led there.
pub fn check<D: Domain>(
    machine: &Arc<Machine<D>>,
    properties: &[Property<D>],
    reachabilities: &[Reachability],
    engine: Engine,
    limits: &Limits,
    observer: &mut dyn Observer,
) -> Result<Findings<D>, CheckError> {
    let wanted = properties.len() + reachabilities.len();
    // A shim whose behaviour is not known leaves the properties open, not held.
    let unknowns = reachability::unknown_deliveries();
    let reachabilities = || reachabilities.iter().chain(&unknowns);
    let ids = properties
        .iter()
        .map(|p| p.id.to_owned())
        .chain(reachabilities().map(|r| r.id.clone()));
    let asked: Vec<search::Property<Machine<D>>> = properties
        .iter()
        .map(always)
        .chain(reachabilities().map(reachable))
        .collect();
    let mut found: Findings<D> = match engine {
        Engine::Exact => {
            let outcome = search::breadth_first(&**machine, &asked, limits, observer)
                .map_err(|error| CheckError(error.to_string()))?;
            Findings {
                findings: ids
                    .zip(outcome.verdicts)
                    .map(|(id, verdict)| Finding {
                        id,
                        answer: verdict.answer(),
                        path: verdict.path().cloned(),
                    })
                    .collect(),
                states: outcome.states,
                transitions: outcome.transitions,
                depth: Some(outcome.depth),
                bound: outcome.bound,
                duration: outcome.duration,
                facts: machine.facts(),
                unknown: false,
            }
        }
        Engine::Stateright => {
            let outcome = search::stateright_depth_first(Arc::clone(machine), asked.into(), limits)
                .map_err(|error| CheckError(error.to_string()))?;
            Findings {
                findings: ids
                    .zip(outcome.answers)
                    .map(|(id, answer)| Finding {
                        id,
                        answer,
                        path: None,
                    })
                    .collect(),
                states: outcome.states,
                transitions: outcome.transitions,
                depth: None,
                bound: outcome.bound,
                duration: outcome.duration,
                facts: machine.facts(),
                unknown: false,
            }
        }
    };
    let unknown = found
        .findings
        .split_off(wanted)
        .iter()
        .any(|finding| finding.answer == Answer::Reached);
    for finding in &mut found.findings {
        if unknown && matches!(finding.answer, Answer::Holds { .. }) {
            finding.answer = Answer::Unknown;
        }
    }
    found.unknown = unknown;
    Ok(found)
}

fn always<D: Domain>(property: &Property<D>) -> search::Property<Machine<D>> {
    // Each closure has its own: a property is made of functions only, and is copied for free.
    let (condition, antecedent) = (*property, *property);
    search::Property::always(property.id, move |machine: &Machine<D>, node: &Node<D>| {
        let rests_on = &mut |fact| machine.rests_on(fact);
        condition
            .broken_by(machine.world(), &node.environment, &node.pods, rests_on)
            .is_none()
    })
    .with_antecedent(move |machine, node| {
        antecedent.speaks_of(machine.world(), &node.environment, &node.pods)
    })
}

fn reachable<D: Domain>(reachability: &Reachability) -> search::Property<Machine<D>> {
    let reachability = reachability.clone();
    search::Property::reachable_step(
        reachability.id.clone(),
        move |machine: &Machine<D>, _, taken: &Taken<D>, after: &Node<D>| {
            reachability.reached(machine.world(), taken, after)
        },
    )
}
