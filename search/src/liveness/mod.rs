//! What must happen in the end, and what must stay possible.

mod components;
mod graph;
mod leads_to;
mod property;
mod recoverable;

use std::hash::Hash;
use std::time::{Duration, Instant};

use std::fmt::Debug;
use thiserror::Error;

use crate::{Bound, Finding, Limits, Observer, Path, SearchError, TransitionSystem};
use graph::StepGraph;

pub use property::{LivenessKind, LivenessProperty};

/// A system whose steps are taken by processes that do not idle for ever while they could go on.
///
/// A process is treated with weak fairness: in an infinite run it either changes the state again and again,
/// or is again and again unable to. A step that leaves the state as it is counts for nothing. This is
/// `WF_vars(A)` of TLA+, with `A` the disjunction of the steps of one process.
pub trait FairSystem: TransitionSystem {
    /// Who takes steps. There may be up to [`MAX_PROCESSES`] of them.
    type Process: Clone + Eq + Hash + Debug;

    /// Who takes this step; none if nobody is obliged to, as with a crash or a request of a user. Depends on
    /// the action only.
    fn process(&self, action: &Self::Action) -> Option<Self::Process>;
}

/// The most processes that [`check_liveness`] tells apart.
pub const MAX_PROCESSES: usize = 64;

/// What was found out about one [`LivenessProperty`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LivenessVerdict<State, Action> {
    /// True of the complete space.
    Holds {
        /// The premise was true of no state.
        vacuous: bool,
    },
    /// A fair run on which what should happen never does.
    Violated(Lasso<State, Action>),
    /// A shortest path to a state from which what should stay possible is not.
    Unrecoverable(Path<State, Action>),
    /// A limit ended the search and no counterexample lies in what it had expanded.
    Unknown,
}

/// An infinite run: the stem, then the cycle for ever.
///
/// No run that violates the property gets on its way with a shorter stem. Among the fair cycles through the
/// last state of this stem, the cycle is a shortest if there are at most about four million pairs of a state
/// of it and a set of processes to look at, and otherwise one that was put together from short pieces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lasso<State, Action> {
    /// How the run comes to the cycle.
    pub stem: Path<State, Action>,
    /// Which of the states of the stem, counted from zero, makes the promise that is not kept: the premise is
    /// true there, and from there on the conclusion is false for ever.
    pub promised_at: usize,
    /// The steps from the last state of the stem back to it. Empty if nothing happens any more there: no
    /// process can change the state, and nobody else has to.
    pub cycle: Vec<(Action, State)>,
}

/// What a search for liveness found, and how much it looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LivenessOutcome<State, Action> {
    /// One verdict for each property, in the order in which the properties were given.
    pub verdicts: Vec<LivenessVerdict<State, Action>>,
    /// Distinct states.
    pub states: u64,
    /// Steps; see [`crate::Outcome::transitions`].
    pub transitions: u64,
    /// Levels; see [`crate::Outcome::depth`].
    pub depth: u32,
    /// The limit that ended the search; none if the complete space was visited.
    pub bound: Option<Bound>,
    /// How long the search took.
    pub duration: Duration,
}

/// Why there is no outcome.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum LivenessError<State, Action> {
    /// The system is at fault.
    #[error(transparent)]
    Search(#[from] SearchError<State, Action>),
    /// There are more than [`MAX_PROCESSES`] processes.
    #[error("the system has more than {MAX_PROCESSES} processes")]
    TooManyProcesses,
}

/// The [`LivenessVerdict`] on a property of a system.
pub type LivenessVerdictOf<S> =
    LivenessVerdict<<S as TransitionSystem>::State, <S as TransitionSystem>::Action>;

/// The [`LivenessOutcome`] of a system.
pub type LivenessOutcomeOf<S> =
    LivenessOutcome<<S as TransitionSystem>::State, <S as TransitionSystem>::Action>;

/// The [`LivenessError`] of a system.
pub type LivenessErrorOf<S> = LivenessError<<S as TransitionSystem>::State, <S as TransitionSystem>::Action>;

/// Explores `system` as [`crate::breadth_first`] does, keeps every step, and answers `properties`.
///
/// The limits are on the exploration and, but for those on states and levels, on what follows. What a limit left unexpanded is held to be able to do anything: it
/// never serves as part of a counterexample, and nothing holds without it.
///
/// # Errors
///
/// When the system panics, does not repeat itself, or has too many processes.
pub fn check_liveness<S: FairSystem + ?Sized>(
    system: &S,
    properties: &[LivenessProperty<S>],
    limits: &Limits,
    observer: &mut dyn Observer,
) -> Result<LivenessOutcomeOf<S>, LivenessErrorOf<S>> {
    let started = Instant::now();
    let mut graph = StepGraph::explore(system, limits, observer)?;
    let mut verdicts = Vec::with_capacity(properties.len());
    for (index, property) in properties.iter().enumerate() {
        let verdict = graph.verdict(property)?;
        let depth = match &verdict {
            LivenessVerdict::Violated(lasso) => Some(lasso.stem.len() + 1),
            LivenessVerdict::Unrecoverable(path) => Some(path.len() + 1),
            LivenessVerdict::Holds { .. } | LivenessVerdict::Unknown => None,
        };
        if let Some(depth) = depth {
            let depth = u32::try_from(depth).unwrap_or(u32::MAX);
            observer.found(&Finding {
                property: index,
                id: property.id(),
                depth,
            });
        }
        verdicts.push(verdict);
    }
    let explored = graph.outcome()?;
    Ok(LivenessOutcome {
        verdicts,
        states: explored.states,
        transitions: explored.transitions,
        depth: explored.depth,
        bound: explored.bound,
        duration: started.elapsed(),
    })
}
