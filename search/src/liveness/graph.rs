//! The reachable part of a system with all of its steps.

use std::cell::Cell;
use std::ops::Range;

use rustc_hash::FxHashMap;

use super::{
    FairSystem, LivenessError, LivenessErrorOf, LivenessKind, LivenessProperty, LivenessVerdict,
    LivenessVerdictOf, MAX_PROCESSES,
};
use crate::breadth_first::{Halt, Recorder, Search};
use crate::error::guarded;
use crate::property::OnState;
use crate::state_table::bytes_with;
use crate::{Activity, Bound, ErrorOf, Limits, Observer, OutcomeOf, PathOf, SearchError, TransitionSystem};

/// The steps of a system between its states, which are named by their indices in the search.
///
/// Steps of one state stand in the order in which the system offers them, so that a step's place gives its
/// action back.
pub(super) struct StepGraph<'a, S: FairSystem + ?Sized> {
    search: Search<'a, S, Steps<S>>,
    system: &'a S,
    bound: Option<Bound>,
    /// For each state, the processes that can change it, one bit each.
    enabled: Vec<u64>,
    /// The most bytes that looking for a cycle may take.
    pub(super) memory_of_walk: u64,
    /// How much was looked at since the last look at the clock.
    looked: Cell<u32>,
}

/// Of the limits on time and memory, exploration has a part; the rest is for the verdicts.
fn of_exploration(limits: &Limits) -> Limits {
    Limits {
        max_time: limits.max_time.map(|time| time * 2 / 3),
        max_memory: limits.max_memory.map(|memory| memory - memory / 4),
        ..limits.clone()
    }
}

/// The limit that was given, for that on the exploration.
fn as_given(bound: Bound, limits: &Limits) -> Bound {
    match bound {
        Bound::Time(time) => Bound::Time(limits.max_time.unwrap_or(time)),
        Bound::Memory(memory) => Bound::Memory(limits.max_memory.unwrap_or(memory)),
        other => other,
    }
}

/// What the verdict on a property takes for a state and for a step, at the most: distances, arrivals and
/// components, or predecessors, and a walk through a component.
const VERDICT_BYTES_OF_A_STATE: u64 = 200;
const VERDICT_BYTES_OF_A_STEP: u64 = 4;

/// Actions, with the states to which they lead.
type RetracedOf<S> = Vec<(<S as TransitionSystem>::Action, <S as TransitionSystem>::State)>;

/// The process of a step that nobody has to take.
const NOBODY: u8 = u8::MAX;

/// Steps by the state that offers them.
struct Steps<S: FairSystem + ?Sized> {
    /// For each expanded state, where its steps end in `to`; they begin where those of the state before end.
    ends: Vec<usize>,
    to: Vec<u32>,
    process: Vec<u8>,
    numbers: FxHashMap<S::Process, u8>,
    too_many_processes: bool,
}

impl<S: FairSystem + ?Sized> Recorder<S> for Steps<S> {
    fn step(&mut self, system: &S, action: &S::Action, to: u32) -> Result<(), String> {
        let number = match guarded(|| system.process(action))? {
            None => NOBODY,
            Some(process) => {
                let next = self.numbers.len();
                // Once they are too many the graph is thrown away, so that it does not matter that a number
                // is reused.
                let next = u8::try_from(next)
                    .ok()
                    .filter(|next| usize::from(*next) < MAX_PROCESSES);
                self.too_many_processes |= next.is_none() && !self.numbers.contains_key(&process);
                *self.numbers.entry(process).or_insert(next.unwrap_or(0))
            }
        };
        self.to.push(to);
        self.process.push(number);
        Ok(())
    }

    fn expanded(&mut self) {
        self.ends.push(self.to.len());
    }

    fn bytes_with(&self, steps: usize) -> u64 {
        bytes_with(&self.ends, 1) + bytes_with(&self.to, steps) + bytes_with(&self.process, steps)
    }

    fn bytes_later(&self, steps: usize) -> u64 {
        (self.ends.len() + steps) as u64 * VERDICT_BYTES_OF_A_STATE
            + (self.to.len() + steps) as u64 * VERDICT_BYTES_OF_A_STEP
    }
}

/// One step.
#[derive(Clone, Copy, Debug)]
pub(super) struct GraphStep {
    /// Its place among all steps.
    pub(super) place: usize,
    pub(super) from: u32,
    pub(super) to: u32,
    /// The bit of its process if it changes the state, else zero.
    pub(super) taken: u64,
}

impl<'a, S: FairSystem + ?Sized> StepGraph<'a, S> {
    pub(super) fn explore(
        system: &'a S,
        limits: &Limits,
        observer: &mut dyn Observer,
    ) -> Result<Self, LivenessErrorOf<S>> {
        let steps = Steps {
            ends: Vec::new(),
            to: Vec::new(),
            process: Vec::new(),
            numbers: FxHashMap::default(),
            too_many_processes: false,
        };
        let mut search = Search::new(system, &[], of_exploration(limits), steps);
        let bound = search.run(observer)?.map(|bound| as_given(bound, limits));
        search.watch.allow(limits.max_time);
        if search.recorder.too_many_processes {
            return Err(LivenessError::TooManyProcesses);
        }
        let mut graph = Self {
            search,
            system,
            bound,
            enabled: Vec::new(),
            memory_of_walk: limits.max_memory.map_or(u64::MAX, |memory| memory / 4),
            looked: Cell::new(0),
        };
        graph.enabled = graph
            .expanded_states()
            .map(|state| graph.steps(state).fold(0, |enabled, step| enabled | step.taken))
            .collect();
        Ok(graph)
    }

    pub(super) fn outcome(&self) -> Result<OutcomeOf<S>, ErrorOf<S>> {
        self.search.outcome(self.bound)
    }

    /// To be called for each state or step that is looked at: whether to go on.
    pub(super) fn look(&self) -> Result<(), Bound> {
        const CALLS_BETWEEN_LOOKS: u32 = 1 << 12;

        let looked = self.looked.get() + 1;
        if looked < CALLS_BETWEEN_LOOKS {
            self.looked.set(looked);
            return Ok(());
        }
        self.looked.set(0);
        self.search.watch.now()
    }

    /// The verdict is not known if a limit is reached on the way, which is then that of the outcome.
    pub(super) fn verdict(
        &mut self,
        property: &LivenessProperty<S>,
    ) -> Result<LivenessVerdictOf<S>, ErrorOf<S>> {
        match self.decide(property) {
            Ok(verdict) => Ok(verdict),
            Err(Halt::Bound(bound)) => {
                self.bound.get_or_insert(bound);
                Ok(LivenessVerdict::Unknown)
            }
            Err(Halt::Fault(error)) => Err(*error),
        }
    }

    fn decide(&self, property: &LivenessProperty<S>) -> Result<LivenessVerdictOf<S>, Halt<S>> {
        self.search.watch.now()?;
        let premise = self.truth(&property.premise, || {
            Activity::Antecedent(property.id().to_owned())
        })?;
        let conclusion = self.truth(&property.conclusion, || {
            Activity::Condition(property.id().to_owned())
        })?;
        match property.kind() {
            LivenessKind::LeadsTo => self.leads_to(&premise, &conclusion),
            LivenessKind::Recoverable => self.recoverable(&premise, &conclusion),
        }
    }

    /// Whether a condition is true, for each state.
    fn truth(&self, condition: &OnState<S>, activity: impl Fn() -> Activity) -> Result<Vec<bool>, Halt<S>> {
        self.states()
            .map(|index| {
                self.look()?;
                guarded(|| condition(self.system, self.search.states.get(index)))
                    .map_err(|message| self.search.panicked(activity(), message, index, None).into())
            })
            .collect()
    }

    /// All states, nearest first.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the table's capacity is below u32::MAX"
    )]
    pub(super) fn states(&self) -> Range<u32> {
        0..self.search.states.len() as u32
    }

    /// The states whose steps are known: the first ones, and all of them if no limit was reached.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the table's capacity is below u32::MAX"
    )]
    pub(super) fn expanded_states(&self) -> Range<u32> {
        0..self.search.recorder.ends.len() as u32
    }

    pub(super) fn is_expanded(&self, state: u32) -> bool {
        self.expanded_states().contains(&state)
    }

    pub(super) const fn is_complete(&self) -> bool {
        self.bound.is_none()
    }

    /// For each state, the least number of steps from an initial state to it.
    pub(super) fn distances(&self) -> Vec<u32> {
        self.search.distances()
    }

    /// The steps of an expanded state.
    pub(super) fn steps(&self, from: u32) -> impl Iterator<Item = GraphStep> + '_ {
        self.places(from).map(move |place| self.step(from, place))
    }

    /// Where the steps of an expanded state are.
    pub(super) fn places(&self, from: u32) -> Range<usize> {
        let from = from as usize;
        let ends = &self.search.recorder.ends;
        let start = if from == 0 { 0 } else { ends[from - 1] };
        start..ends[from]
    }

    pub(super) fn step(&self, from: u32, place: usize) -> GraphStep {
        let to = self.search.recorder.to[place];
        let process = self.search.recorder.process[place];
        let taken = if process == NOBODY || to == from {
            0
        } else {
            1 << process
        };
        GraphStep {
            place,
            from,
            to,
            taken,
        }
    }

    /// The processes that can change an expanded state.
    pub(super) fn enabled(&self, state: u32) -> u64 {
        self.enabled[state as usize]
    }

    pub(super) fn path_to(&self, state: u32) -> Result<PathOf<S>, ErrorOf<S>> {
        self.search.path_to(state)
    }

    /// The actions of these steps, with the states to which they lead.
    pub(super) fn retrace(&self, steps: &[GraphStep]) -> Result<RetracedOf<S>, ErrorOf<S>> {
        let mut retraced = Vec::with_capacity(steps.len());
        let mut offered = Vec::new();
        for step in steps {
            offered.clear();
            let (system, from) = (self.system, self.search.states.get(step.from));
            let repeated = guarded(|| system.successors(from, &mut offered)).is_ok();
            let place = step.place - self.places(step.from).start;
            match offered.drain(..).nth(place) {
                Some(same) if repeated && same.1 == *self.search.states.get(step.to) => retraced.push(same),
                _ => {
                    return Err(SearchError::Unrepeatable {
                        path: self.path_to(step.from)?,
                    });
                }
            }
        }
        Ok(retraced)
    }
}
