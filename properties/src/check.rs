//! Decides properties on a machine.

use std::sync::Arc;
use std::time::Duration;

use shimproof_model::log::Fact;
use shimproof_model::packing::PackingError;
use shimproof_model::trace::NamedAction;
use shimproof_model::{Abstract, Domain, Node};
use shimproof_search as search;
use shimproof_search::{ActionCoverage, Answer, Bound, Limits, Observer, PackedOptions, Path, SearchError};

use crate::machine::{FactSet, Machine, Taken};
use crate::packed_machine::{self, GuardCoverage};
use crate::property::Property;
use crate::reachability::{self, Reachability};

/// Which engine searches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Ours, over packed states: exact, breadth first, with shortest traces.
    Exact(PackedOptions),
    /// Ours, over whole nodes: what the packed one is tested against.
    Plain,
    /// Stateright's depth-first search: verdicts and counts, no traces.
    Stateright,
}

impl Engine {
    /// Its name on the command line and in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exact(_) => "exact",
            Self::Plain => "plain",
            Self::Stateright => "stateright",
        }
    }
}

impl Default for Engine {
    /// The packed one, with symmetry, on one thread.
    fn default() -> Self {
        Self::Exact(PackedOptions {
            symmetry: true,
            ..PackedOptions::default()
        })
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
    /// The facts that the explored steps rest on, and the properties that are not violated.
    pub facts: Vec<Fact>,
    /// What of the machine was exercised; only from [`Engine::Exact`].
    pub covered: Option<Covered>,
    /// Whether a message reaches a shim of which it is not known what it does with it. Then nothing holds.
    pub unknown: bool,
}

/// What of the machine a search exercised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Covered {
    /// Each kind of action.
    pub actions: Vec<ActionCoverage>,
    /// Each decision that a guard took.
    pub guards: Vec<GuardCoverage>,
    /// The most bytes that states, tables and buffers took at a time.
    pub peak_memory: u64,
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
pub enum CheckError {
    /// The states of the world do not pack.
    #[error(transparent)]
    Packing(#[from] PackingError),
    /// A function of the model failed, or did not do what it did before.
    #[error("{message}{}", run(path.as_deref()))]
    Model {
        /// What happened.
        message: String,
        /// The run that led there.
        path: Option<Box<Path<Node<Abstract>, Taken<Abstract>>>>,
    },
    /// Too many questions for one search.
    #[error("{properties} properties and {reachabilities} reachabilities are more than one search decides")]
    TooManyQuestions {
        /// How many properties were given.
        properties: usize,
        /// How many reachabilities.
        reachabilities: usize,
    },
}

/// The run that led to a fault, for a reader.
fn run(path: Option<&Path<Node<Abstract>, Taken<Abstract>>>) -> String {
    let Some(path) = path else { return String::new() };
    let mut text = format!("\nafter {} steps:", path.len());
    for taken in path.actions() {
        let NamedAction { name, pod, .. } = NamedAction::of(taken.action);
        text.push_str("\n  ");
        text.push_str(&name);
        if let Some(pod) = pod {
            text.push_str(" of pod ");
            text.push_str(&pod.to_string());
        }
    }
    text + &format!("\nin the state\n{:#?}", path.last_state())
}

impl From<SearchError<Node<Abstract>, Taken<Abstract>>> for CheckError {
    fn from(error: SearchError<Node<Abstract>, Taken<Abstract>>) -> Self {
        let message = error.to_string();
        let path = match error {
            SearchError::Panicked { path, .. } => path,
            SearchError::Unrepeatable { path } | SearchError::Asymmetric { path, .. } => Some(path),
        };
        Self::Model {
            message,
            path: path.map(Box::new),
        }
    }
}

/// Decides properties on a machine, and which of the reachabilities can happen.
///
/// # Errors
/// [`CheckError`] if the states do not pack, or if a function of the model panicked; it names the steps that led
/// there.
pub fn check(
    machine: &Arc<Machine<Abstract>>,
    properties: &[Property<Abstract>],
    reachabilities: &[Reachability],
    engine: Engine,
    limits: &Limits,
    observer: &mut dyn Observer,
) -> Result<Findings<Abstract>, CheckError> {
    let wanted = properties.len() + reachabilities.len();
    // A shim whose behaviour is not known leaves the properties open, not held.
    let reachabilities: Vec<Reachability> = reachabilities
        .iter()
        .cloned()
        .chain(reachability::unknown_deliveries())
        .collect();
    let mut found = match engine {
        Engine::Exact(options) => {
            packed_machine::search(machine, properties, &reachabilities, &options, limits, observer)?
        }
        Engine::Plain => plain(machine, properties, &reachabilities, limits, observer)?,
        Engine::Stateright => stateright(machine, properties, &reachabilities, limits)?,
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

/// The names of what is asked, in the order in which it is asked.
pub(crate) fn ids<'p, D: Domain>(
    properties: &'p [Property<D>],
    reachabilities: &'p [Reachability],
) -> impl Iterator<Item = String> + 'p {
    let properties = properties.iter().map(|property| property.id.to_owned());
    properties.chain(reachabilities.iter().map(|reachability| reachability.id.clone()))
}

fn asked<D: Domain>(
    properties: &[Property<D>],
    reachabilities: &[Reachability],
    facts: &[Arc<FactSet>],
) -> Vec<search::Property<Machine<D>>> {
    let properties = properties.iter().zip(facts);
    let properties = properties.map(|(property, facts)| always(property, Arc::clone(facts)));
    properties.chain(reachabilities.iter().map(reachable)).collect()
}

/// A set for what each property rests on.
pub(crate) fn fact_sets<D: Domain>(machine: &Machine<D>, properties: &[Property<D>]) -> Vec<Arc<FactSet>> {
    let empty = || Arc::new(FactSet::new(machine.world()));
    properties.iter().map(|_| empty()).collect()
}

/// What the answers rest on. A violation rests on its trace, and how much else was asked until it was found is
/// of no account.
pub(crate) fn facts<D: Domain>(
    machine: &Machine<D>,
    answers: impl Iterator<Item = Answer>,
    facts: &[Arc<FactSet>],
) -> Vec<Fact> {
    let of_properties = answers
        .zip(facts)
        .filter(|(answer, _)| *answer != Answer::Violated);
    machine.facts_and(of_properties.map(|(_, facts)| &**facts))
}

fn plain(
    machine: &Machine<Abstract>,
    properties: &[Property<Abstract>],
    reachabilities: &[Reachability],
    limits: &Limits,
    observer: &mut dyn Observer,
) -> Result<Findings<Abstract>, CheckError> {
    let sets = fact_sets(machine, properties);
    let asked = asked(properties, reachabilities, &sets);
    let outcome = search::breadth_first(machine, &asked, limits, observer)?;
    let facts = facts(
        machine,
        outcome.verdicts.iter().map(search::Verdict::answer),
        &sets,
    );
    Ok(Findings {
        findings: ids(properties, reachabilities)
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
        facts,
        covered: None,
        unknown: false,
    })
}

fn stateright(
    machine: &Arc<Machine<Abstract>>,
    properties: &[Property<Abstract>],
    reachabilities: &[Reachability],
    limits: &Limits,
) -> Result<Findings<Abstract>, CheckError> {
    let sets = fact_sets(machine, properties);
    let asked = asked(properties, reachabilities, &sets).into();
    let outcome = search::stateright_depth_first(Arc::clone(machine), asked, limits).map_err(|error| {
        CheckError::Model {
            message: error.to_string(),
            path: None,
        }
    })?;
    let facts = facts(machine, outcome.answers.iter().copied(), &sets);
    Ok(Findings {
        findings: ids(properties, reachabilities)
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
        facts,
        covered: None,
        unknown: false,
    })
}

fn always<D: Domain>(property: &Property<D>, facts: Arc<FactSet>) -> search::Property<Machine<D>> {
    // Each closure has its own: a property is made of functions only, and is copied for free.
    let (condition, antecedent) = (*property, *property);
    search::Property::always(property.id, move |machine: &Machine<D>, node: &Node<D>| {
        let rests_on = &mut |fact| facts.insert(fact);
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
