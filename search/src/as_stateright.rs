//! A system of ours as a model of Stateright's.

use std::fmt;
use std::sync::Arc;

use rustc_hash::FxHashSet;
use stateright::Model;
use thiserror::Error;

use crate::property::Condition;
use crate::{Kind, Property, TransitionSystem};

/// The number of properties that [`AsStaterightModel`] can show.
///
/// A property of Stateright is a plain function without captures, so each place in the list needs a function
/// of its own.
pub const MAX_STATERIGHT_PROPERTIES: usize = 64;

/// A transition system, with properties, as a [`stateright::Model`]: for its Explorer and its checkers.
///
/// Stateright is also given a property that never fails and so is never discovered, because Stateright
/// explores nothing without properties and ends as soon as all are discovered. Mind that traces from
/// Stateright 0.31's own checkers are not shortest, and that it tells properties apart by name, so ids must
/// differ.
pub struct AsStaterightModel<S: TransitionSystem> {
    system: Arc<S>,
    properties: Arc<[Property<S>]>,
    names: Vec<&'static str>,
}

/// More properties were given than [`MAX_STATERIGHT_PROPERTIES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("Stateright can be given {MAX_STATERIGHT_PROPERTIES} properties at most, and there are {given}")]
pub struct TooManyProperties {
    /// How many there are.
    pub given: usize,
}

/// The name of the property that keeps Stateright going.
const KEEP_EXPLORING: &str = "every state is explored";

impl<S: TransitionSystem> AsStaterightModel<S> {
    /// Wraps a system and its properties.
    ///
    /// Stateright wants names that live for ever, so each call leaks the ids of the properties: a few bytes.
    ///
    /// # Errors
    ///
    /// When there are more than [`MAX_STATERIGHT_PROPERTIES`] properties.
    pub fn new(system: Arc<S>, properties: Arc<[Property<S>]>) -> Result<Self, TooManyProperties> {
        if properties.len() > MAX_STATERIGHT_PROPERTIES {
            return Err(TooManyProperties {
                given: properties.len(),
            });
        }
        let names = properties
            .iter()
            .map(|property| &*property.id().to_owned().leak())
            .collect();
        Ok(Self {
            system,
            properties,
            names,
        })
    }

    /// The system.
    pub fn system(&self) -> &S {
        &self.system
    }
}

impl<S: TransitionSystem> fmt::Debug for AsStaterightModel<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AsStaterightModel")
            .field("properties", &self.properties)
            .finish_non_exhaustive()
    }
}

/// An action with its successor: Stateright asks for them one after the other, a [`TransitionSystem`] gives
/// both at once.
pub struct Step<S: TransitionSystem> {
    /// The action.
    pub action: S::Action,
    /// Where it leads.
    pub successor: S::State,
}

// Derived, these would ask the same of `S` itself.
impl<S: TransitionSystem> Clone for Step<S> {
    fn clone(&self) -> Self {
        Self {
            action: self.action.clone(),
            successor: self.successor.clone(),
        }
    }
}

impl<S: TransitionSystem> PartialEq for Step<S> {
    fn eq(&self, other: &Self) -> bool {
        self.action == other.action && self.successor == other.successor
    }
}

impl<S: TransitionSystem> fmt::Debug for Step<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.action.fmt(f)
    }
}

impl<S: TransitionSystem> Model for AsStaterightModel<S> {
    type State = S::State;
    type Action = Step<S>;

    fn init_states(&self) -> Vec<S::State> {
        distinct_initial_states(&*self.system)
    }

    fn actions(&self, state: &S::State, actions: &mut Vec<Step<S>>) {
        let mut successors = Vec::new();
        self.system.successors(state, &mut successors);
        actions.extend(
            successors
                .into_iter()
                .map(|(action, successor)| Step { action, successor }),
        );
    }

    fn next_state(&self, _: &S::State, step: Step<S>) -> Option<S::State> {
        Some(step.successor)
    }

    fn properties(&self) -> Vec<stateright::Property<Self>> {
        self.properties
            .iter()
            .zip(&self.names)
            .zip(numbered_conditions())
            .map(|((property, name), condition)| match property.kind() {
                Kind::Always => stateright::Property::always(name, condition),
                Kind::Reachable => stateright::Property::sometimes(name, condition),
            })
            .chain([stateright::Property::always(KEEP_EXPLORING, |_, _| true)])
            .collect()
    }
}

impl<S: TransitionSystem> AsStaterightModel<S> {
    /// Whether the condition of property `NUMBER` is true of the state. One on steps is true if it is true of
    /// all steps that the state offers where all are wanted, of some where one is.
    fn condition<const NUMBER: usize>(&self, state: &S::State) -> bool {
        let property = &self.properties[NUMBER];
        let system = &*self.system;
        match &property.condition {
            Condition::OnState(function) => function(system, state),
            Condition::OnStep(function) => {
                let mut successors = Vec::new();
                system.successors(state, &mut successors);
                let mut answers = successors
                    .iter()
                    .map(|(action, successor)| function(system, state, action, successor));
                match property.kind() {
                    Kind::Always => answers.all(|answer| answer),
                    Kind::Reachable => answers.any(|answer| answer),
                }
            }
        }
    }
}

type StaterightCondition<S> = fn(&AsStaterightModel<S>, &<S as TransitionSystem>::State) -> bool;

/// The conditions of the properties by number, as functions without captures.
fn numbered_conditions<S: TransitionSystem>() -> [StaterightCondition<S>; MAX_STATERIGHT_PROPERTIES] {
    macro_rules! numbered {
        ($($number:literal)*) => { [$(AsStaterightModel::<S>::condition::<$number>),*] };
    }
    numbered![
        0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31
        32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63
    ]
}

/// The initial states, each once: Stateright expands an initial state as often as it is listed.
pub(crate) fn distinct_initial_states<S: TransitionSystem>(system: &S) -> Vec<S::State> {
    let mut seen = FxHashSet::default();
    let mut states = system.initial_states();
    states.retain(|state| seen.insert(state.clone()));
    states
}
