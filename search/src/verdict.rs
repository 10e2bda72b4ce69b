//! Answers.

use crate::Path;

/// What the search found out about one property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict<State, Action> {
    /// An `always` condition was true everywhere, in the complete space.
    Holds {
        /// Nothing was asked in earnest: the antecedent never came true, or there was no state (of a property
        /// of steps: no step) at all.
        vacuous: bool,
    },
    /// An `always` condition was false at the end of this path. No shorter path leads to such a place.
    Violated(Path<State, Action>),
    /// A `reachable` condition was true at the end of this path. No shorter path leads to such a place.
    Reached(Path<State, Action>),
    /// A `reachable` condition was true nowhere in the complete space.
    Unreached,
    /// A limit ended the search before the property was decided.
    Unknown,
}

/// A [`Verdict`] without its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// See [`Verdict::Holds`].
    Holds {
        /// See [`Verdict::Holds`].
        vacuous: bool,
    },
    /// See [`Verdict::Violated`].
    Violated,
    /// See [`Verdict::Reached`].
    Reached,
    /// See [`Verdict::Unreached`].
    Unreached,
    /// See [`Verdict::Unknown`].
    Unknown,
}

impl<State, Action> Verdict<State, Action> {
    /// The verdict without its path.
    pub const fn answer(&self) -> Answer {
        match self {
            Self::Holds { vacuous } => Answer::Holds { vacuous: *vacuous },
            Self::Violated(_) => Answer::Violated,
            Self::Reached(_) => Answer::Reached,
            Self::Unreached => Answer::Unreached,
            Self::Unknown => Answer::Unknown,
        }
    }

    /// The counterexample or witness, if the verdict has one.
    pub const fn path(&self) -> Option<&Path<State, Action>> {
        match self {
            Self::Violated(path) | Self::Reached(path) => Some(path),
            Self::Holds { .. } | Self::Unreached | Self::Unknown => None,
        }
    }
}
