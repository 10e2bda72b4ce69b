//! What can be searched.

use std::fmt::Debug;
use std::hash::Hash;

use crate::{Outcome, Path, SearchError, Verdict};

/// A finite transition system: initial states, and the steps that each state offers.
///
/// Both functions must be functions: the same answer, in the same order, each time they are asked. The search
/// repeats them to build traces, and reports [`SearchError::Unrepeatable`] when an answer changes.
pub trait TransitionSystem {
    /// A whole state. Equality must mean "the same state": whatever has no influence on the future, or has no
    /// meaningful order, must be absent or in a canonical form, or the search visits one state several times.
    type State: Clone + Eq + Hash + Debug;

    /// What a step is called. Two steps of one state may have equal actions and different successors.
    type Action: Clone + PartialEq + Debug;

    /// The states in which the system can start, in a fixed order. Equal ones are visited once.
    fn initial_states(&self) -> Vec<Self::State>;

    /// Pushes every enabled action with its successor onto `out`, in an order that depends on `state` only.
    ///
    /// `out` is empty when the search calls this. A state for which nothing is pushed is terminal.
    fn successors(&self, state: &Self::State, out: &mut Vec<(Self::Action, Self::State)>);

    /// The bytes that a state has on the heap, for [`crate::Limits::max_memory`].
    fn heap_bytes(&self, state: &Self::State) -> u64 {
        let _ = state;
        0
    }
}

/// The [`Path`] of a system.
pub type PathOf<S> = Path<<S as TransitionSystem>::State, <S as TransitionSystem>::Action>;

/// The [`Verdict`] on a property of a system.
pub type VerdictOf<S> = Verdict<<S as TransitionSystem>::State, <S as TransitionSystem>::Action>;

/// The [`Outcome`] of a search of a system.
pub type OutcomeOf<S> = Outcome<<S as TransitionSystem>::State, <S as TransitionSystem>::Action>;

/// The [`SearchError`] of a system.
pub type ErrorOf<S> = SearchError<<S as TransitionSystem>::State, <S as TransitionSystem>::Action>;
