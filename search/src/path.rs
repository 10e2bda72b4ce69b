//! Runs of a system.

use std::fmt::Debug;

use thiserror::Error;

use crate::TransitionSystem;

/// A finite run: an initial state, and the steps taken from there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Path<State, Action> {
    /// Where the run starts.
    pub initial: State,
    /// Each action with the state that it led to.
    pub steps: Vec<(Action, State)>,
}

impl<State, Action> Path<State, Action> {
    /// The run that has not taken a step.
    pub const fn starting_at(initial: State) -> Self {
        Self {
            initial,
            steps: Vec::new(),
        }
    }

    /// The number of steps, one less than the number of states.
    pub const fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether no step was taken.
    pub const fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The state in which the run ends.
    pub fn last_state(&self) -> &State {
        self.steps.last().map_or(&self.initial, |(_, state)| state)
    }

    /// Every state, the initial one first.
    pub fn states(&self) -> impl Iterator<Item = &State> {
        std::iter::once(&self.initial).chain(self.steps.iter().map(|(_, state)| state))
    }

    /// Every action, in order.
    pub fn actions(&self) -> impl Iterator<Item = &Action> {
        self.steps.iter().map(|(action, _)| action)
    }

    /// Checks that `system` starts where the run starts and offers every step of it.
    ///
    /// # Errors
    ///
    /// Names the first place at which the run is not one of `system`'s.
    pub fn replay<S>(&self, system: &S) -> Result<(), ReplayError>
    where
        S: TransitionSystem<State = State, Action = Action> + ?Sized,
        State: Clone + Eq + std::hash::Hash + Debug,
        Action: Clone + PartialEq + Debug,
    {
        if !system.initial_states().contains(&self.initial) {
            return Err(ReplayError::NotInitial);
        }
        let mut offered = Vec::new();
        let mut at = &self.initial;
        for (position, step) in self.steps.iter().enumerate() {
            offered.clear();
            system.successors(at, &mut offered);
            if !offered.contains(step) {
                let action = format!("{:?}", step.0);
                let same_action = offered.iter().any(|(action, _)| *action == step.0);
                return Err(if same_action {
                    ReplayError::OtherState {
                        step: position + 1,
                        action,
                    }
                } else {
                    ReplayError::NotOffered {
                        step: position + 1,
                        action,
                    }
                });
            }
            at = &step.1;
        }
        Ok(())
    }
}

/// Why a [`Path`] is not a run of a system. Steps are counted from one.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ReplayError {
    /// The system does not start there.
    #[error("the first state of the trace is not an initial state")]
    NotInitial,
    /// The action is not enabled there.
    #[error("step {step}: `{action}` cannot be taken here")]
    NotOffered {
        /// Which step.
        step: usize,
        /// The action, as `Debug` shows it.
        action: String,
    },
    /// The action is enabled there, but leads somewhere else.
    #[error("step {step}: `{action}` leads to another state than the trace says")]
    OtherState {
        /// Which step.
        step: usize,
        /// The action, as `Debug` shows it.
        action: String,
    },
}
