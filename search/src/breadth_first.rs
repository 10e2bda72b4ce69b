//! The search that gives verdicts and traces.

use crate::error::guarded;
use crate::limits::Watch;
use crate::property::{OnState, OnStep};
use crate::question::{Question, Role, questions};
use crate::state_table::{Sought, StateTable, Vacancy, bytes_with};
use crate::{
    Activity, Bound, ErrorOf, Finding, Kind, Limits, Observer, Outcome, OutcomeOf, Path, PathOf, Progress,
    Property, SearchError, TransitionSystem, Verdict, VerdictOf,
};

use std::time::Duration;

/// Visits every reachable state of `system`, nearest first, and answers `properties`.
///
/// States are stored whole and visited level by level, each level in the order in which its states were
/// found; so the path to the first state that decides a property is a shortest one, and the same one each
/// time. The search goes on after a violation: unless a limit ends it, the numbers in the outcome are those
/// of the complete space.
///
/// # Errors
///
/// When the system panics or does not repeat itself; see [`SearchError`].
pub fn breadth_first<S: TransitionSystem + ?Sized>(
    system: &S,
    properties: &[Property<S>],
    limits: &Limits,
    observer: &mut dyn Observer,
) -> Result<OutcomeOf<S>, ErrorOf<S>> {
    let mut search = Search::new(system, properties, limits.clone(), ());
    let bound = search.run(observer)?;
    search.outcome(bound)
}

/// Keeps what the search itself forgets: the steps.
pub(crate) trait Recorder<S: TransitionSystem + ?Sized> {
    /// The state that is being expanded offers a step to the state with this index. An error is the message
    /// of a panic of [`crate::FairSystem::process`].
    fn step(&mut self, system: &S, action: &S::Action, to: u32) -> Result<(), String>;

    /// All steps of the state have been recorded. States are expanded in the order of their indices.
    fn expanded(&mut self);

    /// The bytes that are taken once so many steps of the next state are recorded.
    fn bytes_with(&self, steps: usize) -> u64;

    /// The bytes that will be taken by what is done with the steps.
    fn bytes_later(&self, steps: usize) -> u64;
}

impl<S: TransitionSystem + ?Sized> Recorder<S> for () {
    fn step(&mut self, _: &S, _: &S::Action, _: u32) -> Result<(), String> {
        Ok(())
    }

    fn expanded(&mut self) {}

    fn bytes_with(&self, _: usize) -> u64 {
        0
    }

    fn bytes_later(&self, _: usize) -> u64 {
        0
    }
}

/// How often an observer hears of a long level.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(150);

/// What a search takes for itself, whatever it may take for states.
const FREE_MEMORY: u64 = 2 << 20;

/// The parent of an initial state.
const NO_PARENT: u32 = u32::MAX;

/// Why a search ends before the space does.
pub(crate) enum Halt<S: TransitionSystem + ?Sized> {
    Bound(Bound),
    Fault(Box<ErrorOf<S>>),
}

impl<S: TransitionSystem + ?Sized> From<Bound> for Halt<S> {
    fn from(bound: Bound) -> Self {
        Self::Bound(bound)
    }
}

impl<S: TransitionSystem + ?Sized> From<ErrorOf<S>> for Halt<S> {
    fn from(error: ErrorOf<S>) -> Self {
        Self::Fault(Box::new(error))
    }
}

/// Where a condition was decided.
enum Place<S: TransitionSystem + ?Sized> {
    State(u32),
    Step {
        from: u32,
        action: S::Action,
        to: S::State,
    },
}

pub(crate) struct Search<'a, S: TransitionSystem + ?Sized, R> {
    system: &'a S,
    properties: &'a [Property<S>],
    limits: Limits,
    pub(crate) watch: Watch,
    pub(crate) recorder: R,
    pub(crate) states: StateTable<S::State>,
    /// For each successor of the state that is being expanded; kept for its memory.
    sought: Vec<Sought>,
    /// For each state, the state from which it was first reached.
    parents: Vec<u32>,
    /// What states have on the heap.
    heap_bytes: u64,
    state_questions: Vec<Question<'a, OnState<S>>>,
    step_questions: Vec<Question<'a, OnStep<S>>>,
    /// For each property, where its condition was decided.
    places: Vec<Option<Place<S>>>,
    /// For each property, whether its antecedent came true.
    antecedents: Vec<bool>,
    /// The level whose states are being expanded.
    level: u32,
    /// The deepest level that holds a state.
    depth: u32,
    initial_states: u64,
    terminal_states: u64,
    transitions: u64,
}

impl<'a, S: TransitionSystem + ?Sized, R: Recorder<S>> Search<'a, S, R> {
    pub(crate) fn new(system: &'a S, properties: &'a [Property<S>], limits: Limits, recorder: R) -> Self {
        let (state_questions, step_questions) = questions(properties);
        Self {
            system,
            properties,
            watch: Watch::start(&limits),
            limits,
            recorder,
            states: StateTable::new(),
            sought: Vec::new(),
            parents: Vec::new(),
            heap_bytes: 0,
            state_questions,
            step_questions,
            places: properties.iter().map(|_| None).collect(),
            antecedents: vec![false; properties.len()],
            level: 0,
            depth: 0,
            initial_states: 0,
            terminal_states: 0,
            transitions: 0,
        }
    }

    /// Explores until the space or a limit ends it.
    pub(crate) fn run(&mut self, observer: &mut dyn Observer) -> Result<Option<Bound>, ErrorOf<S>> {
        match self.explore(observer) {
            Ok(()) => Ok(None),
            Err(Halt::Bound(bound)) => Ok(Some(bound)),
            Err(Halt::Fault(error)) => Err(*error),
        }
    }

    fn explore(&mut self, observer: &mut dyn Observer) -> Result<(), Halt<S>> {
        let system = self.system;
        let initial = guarded(|| system.initial_states()).map_err(|message| SearchError::Panicked {
            activity: Activity::InitialStates,
            message,
            path: None,
        })?;
        for state in initial {
            if let Err(vacancy) = self.states.find(self.states.seek(&state), &state) {
                self.admit(vacancy, state, NO_PARENT, observer)?;
                self.initial_states += 1;
            }
        }

        let mut successors = Vec::new();
        let mut expanded = 0;
        let mut reported = Duration::ZERO;
        // States are stored in the order of their discovery, so a level is a range of indices and there is no
        // queue.
        while expanded < self.states.len() {
            self.level += 1;
            let level_end = self.states.len();
            while expanded < level_end {
                let now = self.watch.look()?;
                if now.saturating_sub(reported) >= PROGRESS_INTERVAL {
                    reported = now;
                    observer.progress(&self.progress(expanded, now));
                }
                self.expand(expanded, &mut successors, observer)?;
                expanded += 1;
            }
            observer.progress(&self.progress(expanded, self.watch.elapsed()));
        }
        Ok(())
    }

    fn progress(&self, expanded: usize, elapsed: Duration) -> Progress {
        Progress {
            depth: self.level,
            states: self.states.len() as u64,
            transitions: self.transitions,
            queue: (self.states.len() - expanded) as u64,
            memory: self.bytes_with(0),
            elapsed,
        }
    }

    fn expand(
        &mut self,
        index: usize,
        successors: &mut Vec<(S::Action, S::State)>,
        observer: &mut dyn Observer,
    ) -> Result<(), Halt<S>> {
        // The table's capacity is below `u32::MAX`.
        #[expect(clippy::cast_possible_truncation)]
        let index = index as u32;
        successors.clear();
        let (system, state) = (self.system, self.states.get(index));
        if let Err(message) = guarded(|| system.successors(state, successors)) {
            return Err(self.panicked(Activity::Successors, message, index, None).into());
        }
        if let Some(max_memory) = self.limits.max_memory
            && self.bytes_with(successors.len()) + self.recorder.bytes_later(successors.len())
                > max_memory.saturating_add(FREE_MEMORY)
        {
            return Err(Bound::Memory(max_memory).into());
        }
        if successors.is_empty() {
            self.terminal_states += 1;
        }
        self.sought.clear();
        self.sought.extend(
            successors
                .iter()
                .map(|(_, successor)| self.states.seek(successor)),
        );
        for (position, (action, successor)) in successors.drain(..).enumerate() {
            self.transitions += 1;
            if !self.step_questions.is_empty() {
                self.ask_about_step(index, &action, &successor, observer)?;
            }
            let to = match self.states.find(self.sought[position], &successor) {
                Ok(known) => known,
                Err(vacancy) => self.admit(vacancy, successor, index, observer)?,
            };
            if let Err(message) = self.recorder.step(self.system, &action, to) {
                let step = Some((action, self.states.get(to).clone()));
                return Err(self.panicked(Activity::Process, message, index, step).into());
            }
        }
        self.recorder.expanded();
        Ok(())
    }

    /// The bytes that are taken once the steps of the next state are stored, if it has so many.
    fn bytes_with(&self, steps: usize) -> u64 {
        self.states.bytes_with(steps)
            + bytes_with(&self.parents, steps)
            + self.heap_bytes
            + self.recorder.bytes_with(steps)
    }

    /// Stores a new state and asks about it, if the limits let it in.
    fn admit(
        &mut self,
        vacancy: Vacancy,
        state: S::State,
        parent: u32,
        observer: &mut dyn Observer,
    ) -> Result<u32, Halt<S>> {
        if let Some(max_depth) = self.limits.max_depth
            && self.level >= max_depth
        {
            return Err(Bound::Depth(max_depth).into());
        }
        let capacity = StateTable::<S::State>::CAPACITY;
        let max_states = self
            .limits
            .max_states
            .map_or(capacity, |max_states| max_states.min(capacity));
        if self.states.len() as u64 >= max_states {
            return Err(Bound::States(max_states).into());
        }
        self.heap_bytes += self.system.heap_bytes(&state);
        let index = self.states.add(vacancy, state);
        self.parents.push(parent);
        self.depth = self.level + 1;
        self.ask_about_state(index, observer)?;
        Ok(index)
    }

    fn ask_about_state(&mut self, index: u32, observer: &mut dyn Observer) -> Result<(), ErrorOf<S>> {
        let mut next = 0;
        while let Some(&Question {
            property,
            role,
            wanted,
            function,
        }) = self.state_questions.get(next)
        {
            let (system, state) = (self.system, self.states.get(index));
            match guarded(|| function(system, state)) {
                Ok(answer) if answer == wanted => {
                    self.state_questions.remove(next);
                    self.answered(property, role, || Place::State(index), self.level + 1, observer);
                }
                Ok(_) => next += 1,
                Err(message) => {
                    return Err(self.panicked(
                        role.activity(self.properties[property].id()),
                        message,
                        index,
                        None,
                    ));
                }
            }
        }
        Ok(())
    }

    fn ask_about_step(
        &mut self,
        from: u32,
        action: &S::Action,
        to: &S::State,
        observer: &mut dyn Observer,
    ) -> Result<(), ErrorOf<S>> {
        let mut next = 0;
        while let Some(&Question {
            property,
            role,
            wanted,
            function,
        }) = self.step_questions.get(next)
        {
            let (system, state) = (self.system, self.states.get(from));
            match guarded(|| function(system, state, action, to)) {
                Ok(answer) if answer == wanted => {
                    self.step_questions.remove(next);
                    let place = || Place::Step {
                        from,
                        action: action.clone(),
                        to: to.clone(),
                    };
                    self.answered(property, role, place, self.level + 1, observer);
                }
                Ok(_) => next += 1,
                Err(message) => {
                    let step = Some((action.clone(), to.clone()));
                    return Err(self.panicked(
                        role.activity(self.properties[property].id()),
                        message,
                        from,
                        step,
                    ));
                }
            }
        }
        Ok(())
    }

    fn answered(
        &mut self,
        property: usize,
        role: Role,
        place: impl FnOnce() -> Place<S>,
        depth: u32,
        observer: &mut dyn Observer,
    ) {
        match role {
            Role::Condition => {
                self.places[property] = Some(place());
                observer.found(&Finding {
                    property,
                    id: self.properties[property].id(),
                    depth,
                });
            }
            Role::Antecedent => self.antecedents[property] = true,
        }
    }

    pub(crate) fn panicked(
        &self,
        activity: Activity,
        message: String,
        index: u32,
        step: Option<(S::Action, S::State)>,
    ) -> ErrorOf<S> {
        match self.path_to(index) {
            Ok(mut path) => {
                path.steps.extend(step);
                SearchError::Panicked {
                    activity,
                    message,
                    path: Some(path),
                }
            }
            // A system that does not repeat itself has the deeper fault.
            Err(error) => error,
        }
    }

    /// The run by which the state was first reached. Actions are not stored, but found again.
    pub(crate) fn path_to(&self, index: u32) -> Result<PathOf<S>, ErrorOf<S>> {
        let mut indices = vec![index];
        let mut at = index;
        while self.parents[at as usize] != NO_PARENT {
            at = self.parents[at as usize];
            indices.push(at);
        }
        indices.reverse();

        let mut path = Path::starting_at(self.states.get(at).clone());
        let mut offered = Vec::new();
        for pair in indices.windows(2) {
            let (from, to) = (self.states.get(pair[0]), self.states.get(pair[1]));
            offered.clear();
            let system = self.system;
            // A panic is as unrepeatable as a missing step: the state was expanded without one before.
            let repeated = guarded(|| system.successors(from, &mut offered)).is_ok();
            match offered.drain(..).find(|(_, successor)| successor == to) {
                Some(step) if repeated => path.steps.push(step),
                _ => return Err(SearchError::Unrepeatable { path }),
            }
        }
        Ok(path)
    }

    /// For each state, the least number of steps from an initial state to it.
    pub(crate) fn distances(&self) -> Vec<u32> {
        let mut distances: Vec<u32> = Vec::with_capacity(self.parents.len());
        for &parent in &self.parents {
            // A parent is stored before its children.
            distances.push(if parent == NO_PARENT {
                0
            } else {
                distances[parent as usize] + 1
            });
        }
        distances
    }

    pub(crate) fn outcome(&self, bound: Option<Bound>) -> Result<OutcomeOf<S>, ErrorOf<S>> {
        let duration = self.watch.elapsed();
        let verdicts = (0..self.properties.len())
            .map(|property| self.verdict(property, bound.is_none()))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Outcome {
            verdicts,
            states: self.states.len() as u64,
            initial_states: self.initial_states,
            terminal_states: self.terminal_states,
            transitions: self.transitions,
            depth: self.depth,
            bound,
            duration,
        })
    }

    fn verdict(&self, index: usize, complete: bool) -> Result<VerdictOf<S>, ErrorOf<S>> {
        let property = &self.properties[index];
        let path = match &self.places[index] {
            Some(Place::State(state)) => Some(self.path_to(*state)?),
            Some(Place::Step { from, action, to }) => {
                let mut path = self.path_to(*from)?;
                path.steps.push((action.clone(), to.clone()));
                Some(path)
            }
            None => None,
        };
        Ok(match (path, property.kind()) {
            (Some(path), Kind::Always) => Verdict::Violated(path),
            (Some(path), Kind::Reachable) => Verdict::Reached(path),
            (None, _) if !complete => Verdict::Unknown,
            (None, Kind::Always) => {
                let nothing_asked = if property.is_about_steps() {
                    self.transitions == 0
                } else {
                    self.states.len() == 0
                };
                let premise_never_held = property.has_antecedent() && !self.antecedents[index];
                Verdict::Holds {
                    vacuous: nothing_asked || premise_never_held,
                }
            }
            (None, Kind::Reachable) => Verdict::Unreached,
        })
    }
}
