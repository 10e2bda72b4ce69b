//! What a search tells while it runs.

use std::time::Duration;

/// How far a search is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The level whose states are being expanded; the initial states are level 1.
    pub depth: u32,
    /// Distinct states so far.
    pub states: u64,
    /// Steps so far, those to known states included.
    pub transitions: u64,
    /// Distinct states that are still to be expanded.
    pub queue: u64,
    /// Bytes that states, predecessors, tables and buffers take; what states have on the heap is not in it.
    pub memory: u64,
    /// Time since the start.
    pub elapsed: Duration,
}

/// A property was decided by a counterexample or a witness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finding<'a> {
    /// The place of the property in the list that was given to the search.
    pub property: usize,
    /// [`crate::Property::id`].
    pub id: &'a str,
    /// The number of states on the path.
    pub depth: u32,
}

/// Listens to a search. `()` is the observer that ignores everything.
pub trait Observer {
    /// Called at the end of each level, and within a level at least every 200 ms or so.
    fn progress(&mut self, progress: &Progress);

    /// Called when a property is decided by a counterexample or a witness, in the order in which these are
    /// found.
    fn found(&mut self, finding: &Finding<'_>) {
        let _ = finding;
    }
}

impl Observer for () {
    fn progress(&mut self, _: &Progress) {}
}
