//! What a search brings home.

use std::time::Duration;

use crate::{Bound, Verdict};

/// What a search found, and how much it looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome<State, Action> {
    /// One verdict for each property, in the order in which the properties were given.
    pub verdicts: Vec<Verdict<State, Action>>,
    /// Distinct states.
    pub states: u64,
    /// How many of them are initial.
    pub initial_states: u64,
    /// How many of them were expanded and offer no step.
    pub terminal_states: u64,
    /// Steps generated, those to known states and to the same state included. TLC and Stateright report this
    /// number plus that of the initial states as "states generated".
    pub transitions: u64,
    /// Levels that hold a state: the number of states on a longest shortest path. TLC's "depth".
    pub depth: u32,
    /// The limit that ended the search; none if the complete space was visited.
    pub bound: Option<Bound>,
    /// How long the search took.
    pub duration: Duration,
}

impl<State, Action> Outcome<State, Action> {
    /// Whether every reachable state was visited and expanded.
    pub const fn is_complete(&self) -> bool {
        self.bound.is_none()
    }
}
