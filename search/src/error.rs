//! When a system cannot be searched.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use thiserror::Error;

use crate::Path;

/// What was being asked of a system when it panicked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Activity {
    /// [`crate::TransitionSystem::initial_states`].
    InitialStates,
    /// [`crate::TransitionSystem::successors`].
    Successors,
    /// The condition of the property with this id.
    Condition(String),
    /// The antecedent of the property with this id.
    Antecedent(String),
    /// [`crate::FairSystem::process`].
    Process,
    /// [`crate::PackedSystem::canonical`].
    Canonical,
}

impl fmt::Display for Activity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InitialStates => f.write_str("the list of initial states"),
            Self::Successors => f.write_str("the successors of a state"),
            Self::Condition(id) => write!(f, "the condition of property `{id}`"),
            Self::Antecedent(id) => write!(f, "the antecedent of property `{id}`"),
            Self::Process => f.write_str("the process of a step"),
            Self::Canonical => f.write_str("the canonical form of a state"),
        }
    }
}

/// A fault of the system under search. It says nothing about the properties.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SearchError<State, Action> {
    /// The system panicked.
    #[error("{activity}: panicked: {message}")]
    Panicked {
        /// What was being asked.
        activity: Activity,
        /// The panic's message.
        message: String,
        /// A shortest run to the state (of a condition on steps: the step) that was being asked about; none
        /// where no state was involved.
        path: Option<Path<State, Action>>,
    },
    /// The system offered a step at first and did not offer it when asked again about the same state.
    #[error("a state offered other steps when asked again: `successors` must depend on the state only")]
    Unrepeatable {
        /// A run to the state whose steps have changed.
        path: Path<State, Action>,
    },
    /// A state and its image under renaming of interchangeable components answer a property differently, so
    /// that a search of one state of each orbit would prove nothing.
    #[error("property `{property}` depends on which of several interchangeable components is which")]
    Asymmetric {
        /// The id of the property.
        property: String,
        /// A run to the one or the other, or to a state with a step there.
        path: Path<State, Action>,
    },
}

/// Runs a function of the system; the message of its panic, if it panics.
pub(crate) fn guarded<T>(function: impl FnOnce() -> T) -> Result<T, String> {
    // Unwind safety: whatever the function was changing is dropped by the caller, which gives up the search.
    catch_unwind(AssertUnwindSafe(function)).map_err(|payload| message(payload.as_ref()))
}

fn message(payload: &(dyn Any + Send)) -> String {
    payload
        .downcast_ref::<&str>()
        .map(ToString::to_string)
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "(no message)".to_owned())
}
