//! The second opinion: Stateright's depth-first search.

use std::fmt::Debug;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use stateright::{Checker, Model};
use thiserror::Error;

use crate::as_stateright::{Step, distinct_initial_states};
use crate::error::guarded;
use crate::limits::Watch;
use crate::packed::resident_memory;
use crate::property::Condition;
use crate::{Activity, Answer, Bound, Kind, Limits, Property, TransitionSystem};

/// What Stateright found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DepthFirstOutcome {
    /// One answer for each property, in the order in which the properties were given.
    pub answers: Vec<Answer>,
    /// Distinct states, as told apart by Stateright's 64-bit fingerprints.
    pub states: u64,
    /// Steps generated, those to known states included; the same number as [`crate::Outcome::transitions`].
    pub transitions: u64,
    /// The limit that ended the search; none if the complete space was visited.
    pub bound: Option<Bound>,
    /// How long the search took.
    pub duration: Duration,
}

/// The system panicked under Stateright. [`crate::breadth_first`] gives the trace.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{activity}: panicked: {message}")]
pub struct DepthFirstError<State: Debug> {
    /// What was being asked.
    pub activity: Activity,
    /// The panic's message.
    pub message: String,
    /// The state that was being asked about, if there was one.
    pub state: Option<State>,
}

/// Searches `system` with Stateright's depth-first checker, on one thread, to compare its answers and numbers
/// of states with those of [`crate::breadth_first`].
///
/// Stateright decides which states are visited and which are the same; the properties are asked once in each
/// of them. Limits are honoured, if less exactly than by the other search: once one is reached, states offer
/// no step any more, and the outcome names the bound. With a depth limit, what is found depends on the order
/// of the search, since Stateright does not come back to a state by a shorter path.
///
/// # Errors
///
/// When the system panics.
pub fn stateright_depth_first<S>(
    system: Arc<S>,
    properties: Arc<[Property<S>]>,
    limits: &Limits,
) -> Result<DepthFirstOutcome, DepthFirstError<S::State>>
where
    S: TransitionSystem + Send + Sync + 'static,
    S::State: Send + Sync + 'static,
{
    let mut watch = Watch::start(limits);
    let initial = guarded(|| distinct_initial_states(&*system)).map_err(|message| DepthFirstError {
        activity: Activity::InitialStates,
        message,
        state: None,
    })?;
    let initial_states = initial.len() as u64;
    let bound = watch.look().err();
    let record = Arc::new(Mutex::new(Record {
        decided: vec![false; properties.len()],
        antecedents: vec![false; properties.len()],
        expanded: 0,
        max_states: limits.max_states.unwrap_or(u64::MAX),
        max_memory: limits.max_memory,
        memory_before: resident_memory().unwrap_or(u64::MAX),
        watch,
        bound,
        fault: None,
    }));
    let asked = Arc::clone(&properties);
    let model = RecordingModel {
        system,
        initial,
        properties,
        record: Arc::clone(&record),
    };

    let mut builder = model.checker().threads(1);
    if let Some(max_depth) = limits.max_depth {
        // The initial states are Stateright's level 1, and it looks at no state of the target's own level.
        builder = builder.target_max_depth(max_depth as usize + 1);
    }
    let checker = builder.spawn_dfs().join();

    let mut record = lock(&record);
    if let Some(fault) = record.fault.take() {
        return Err(fault);
    }
    let depth_bound = limits
        .max_depth
        .filter(|limit| checker.max_depth() > *limit as usize)
        .map(Bound::Depth);
    let bound = record.bound.or(depth_bound);
    let states = checker.unique_state_count() as u64;
    let transitions = checker.state_count() as u64 - initial_states;
    let answer = |(index, property): (usize, &Property<S>)| match (record.decided[index], property.kind()) {
        (true, Kind::Always) => Answer::Violated,
        (true, Kind::Reachable) => Answer::Reached,
        (false, _) if bound.is_some() => Answer::Unknown,
        (false, Kind::Always) => {
            let nothing_asked = if property.is_about_steps() {
                transitions == 0
            } else {
                states == 0
            };
            let premise_never_held = property.has_antecedent() && !record.antecedents[index];
            Answer::Holds {
                vacuous: nothing_asked || premise_never_held,
            }
        }
        (false, Kind::Reachable) => Answer::Unreached,
    };
    Ok(DepthFirstOutcome {
        answers: asked.iter().enumerate().map(answer).collect(),
        states,
        transitions,
        bound,
        duration: record.watch.elapsed(),
    })
}

/// The system as Stateright sees it, with one property that asks all of ours and never fails.
///
/// That property also keeps Stateright going: without any it would explore nothing, and it would end once all
/// are decided.
struct RecordingModel<S: TransitionSystem> {
    system: Arc<S>,
    initial: Vec<S::State>,
    properties: Arc<[Property<S>]>,
    record: Arc<Mutex<Record<S::State>>>,
}

struct Record<State: Debug> {
    decided: Vec<bool>,
    antecedents: Vec<bool>,
    expanded: u64,
    max_states: u64,
    max_memory: Option<u64>,
    /// What the process had when the search began.
    memory_before: u64,
    watch: Watch,
    bound: Option<Bound>,
    fault: Option<DepthFirstError<State>>,
}

impl<State: Debug> Record<State> {
    const fn is_over(&self) -> bool {
        self.bound.is_some() || self.fault.is_some()
    }

    /// The bound that is reached before one more state is expanded.
    fn bound(&mut self) -> Option<Bound> {
        const STATES_BETWEEN_LOOKS: u64 = 1024;

        if let Err(bound) = self.watch.look() {
            return Some(bound);
        }
        if self.expanded >= self.max_states {
            return Some(Bound::States(self.max_states));
        }
        let max_memory = self
            .max_memory
            .filter(|_| self.expanded.is_multiple_of(STATES_BETWEEN_LOOKS))?;
        let grown = resident_memory()?.saturating_sub(self.memory_before);
        (grown > max_memory).then_some(Bound::Memory(max_memory))
    }
}

/// Panics of the system are caught while the lock is held, so it cannot be poisoned.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<S: TransitionSystem> RecordingModel<S> {
    /// Asks, of every property that is not decided, the conditions and antecedents that `holds` can answer.
    fn ask(
        &self,
        record: &mut Record<S::State>,
        state: &S::State,
        holds: impl Fn(&Condition<S>) -> Option<bool>,
    ) {
        for (index, property) in self.properties.iter().enumerate() {
            if !record.decided[index] {
                let wanted = property.kind() == Kind::Reachable;
                match guarded(|| holds(&property.condition)) {
                    Ok(answer) => record.decided[index] = answer == Some(wanted),
                    Err(message) => {
                        let activity = Activity::Condition(property.id().to_owned());
                        record.fault = Some(DepthFirstError {
                            activity,
                            message,
                            state: Some(state.clone()),
                        });
                        return;
                    }
                }
            }
            if let Some(antecedent) = &property.antecedent
                && !record.antecedents[index]
            {
                match guarded(|| holds(antecedent)) {
                    Ok(answer) => record.antecedents[index] = answer == Some(true),
                    Err(message) => {
                        let activity = Activity::Antecedent(property.id().to_owned());
                        record.fault = Some(DepthFirstError {
                            activity,
                            message,
                            state: Some(state.clone()),
                        });
                        return;
                    }
                }
            }
        }
    }

    fn visit(&self, state: &S::State) {
        let mut record = lock(&self.record);
        if !record.is_over() {
            self.ask(&mut record, state, |condition| match condition {
                Condition::OnState(function) => Some(function(&self.system, state)),
                Condition::OnStep(_) => None,
            });
        }
    }
}

impl<S: TransitionSystem> Model for RecordingModel<S> {
    type State = S::State;
    type Action = Step<S>;

    fn init_states(&self) -> Vec<S::State> {
        self.initial.clone()
    }

    fn actions(&self, state: &S::State, actions: &mut Vec<Step<S>>) {
        let mut record = lock(&self.record);
        if record.is_over() {
            return;
        }
        record.bound = record.bound();
        if record.bound.is_some() {
            return;
        }
        record.expanded += 1;
        let mut successors = Vec::new();
        if let Err(message) = guarded(|| self.system.successors(state, &mut successors)) {
            let activity = Activity::Successors;
            record.fault = Some(DepthFirstError {
                activity,
                message,
                state: Some(state.clone()),
            });
            return;
        }
        for (action, successor) in successors {
            self.ask(&mut record, state, |condition| match condition {
                Condition::OnState(_) => None,
                Condition::OnStep(function) => Some(function(&self.system, state, &action, &successor)),
            });
            if record.is_over() {
                return;
            }
            actions.push(Step { action, successor });
        }
    }

    fn next_state(&self, _: &S::State, step: Step<S>) -> Option<S::State> {
        Some(step.successor)
    }

    fn properties(&self) -> Vec<stateright::Property<Self>> {
        vec![stateright::Property::always(
            "every state is explored",
            |model, state| {
                model.visit(state);
                true
            },
        )]
    }
}
