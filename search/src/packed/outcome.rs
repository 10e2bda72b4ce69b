//! What a packed search brings home.

use super::coverage::Coverage;
use crate::{Outcome, TransitionSystem};

/// What a packed search found, and what of the system it exercised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedOutcome<State, Action> {
    /// As every search brings it. With symmetry on, states, transitions and terminal states are counted of
    /// one state of each orbit.
    pub search: Outcome<State, Action>,
    /// How often each kind of action was enabled, was taken and led to a new state.
    pub coverage: Coverage,
    /// The most bytes that states, predecessors, tables and buffers took at a time.
    pub peak_memory: u64,
}

/// The [`PackedOutcome`] of a system.
pub type PackedOutcomeOf<S> = PackedOutcome<<S as TransitionSystem>::State, <S as TransitionSystem>::Action>;
