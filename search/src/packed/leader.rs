//! The thread that leads the search.

use std::sync::RwLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, Scope};
use std::time::Duration;

use super::answers::Place;
use super::buckets::step_bytes;
use super::chunk::{Chunk, MAX_SOURCES};
use super::frontier::Frontier;
use super::halt::Halt;
use super::hash::PARTITIONS;
use super::options::PackedOptions;
use super::outcome::PackedOutcomeOf;
use super::partition::StateId;
use super::system::PackedSystem;
use super::team::{Leader, Team};
use super::work::{Plan, Shard, Shared, Task, read, write};
use crate::error::guarded;
use crate::limits::Watch;
use crate::question::questions;
use crate::{Activity, Bound, ErrorOf, Limits, Observer, Progress, Property, SearchError, TransitionSystem};

/// Visits every reachable state of `system`, nearest first, and answers `properties`; as
/// [`crate::breadth_first`], for states that are words, on several threads.
///
/// Whole states are kept. Verdicts, counts and paths are the same whatever the number of threads; paths are
/// as short as those of the other search, if not always the same among several shortest ones.
///
/// Limits and [`PackedOptions::memory`] are honoured within a level. All but those of time end the search at
/// the same place each time.
///
/// # Errors
///
/// When the system panics, does not repeat itself, or is not as symmetric as it says; see [`SearchError`].
pub fn packed_breadth_first<S: PackedSystem>(
    system: &S,
    properties: &[Property<S>],
    options: &PackedOptions,
    limits: &Limits,
    observer: &mut dyn Observer,
) -> Result<PackedOutcomeOf<S>, ErrorOf<S>> {
    let memory = options.memory.into_iter().chain(limits.max_memory).min();
    let options = &PackedOptions { memory, ..*options };
    let shared = shared(system, properties, options);
    let team = Team::default();
    thread::scope(|scope| {
        let _dismissal = Leader(&team);
        let mut search = Search {
            shared: &shared,
            team: &team,
            scope,
            helpers: options.threads.get() - 1,
            properties,
            limits,
            memory: options.memory.unwrap_or(u64::MAX),
            watch: Watch::start(limits),
            places: properties.iter().map(|_| None).collect(),
            antecedents: vec![false; properties.len()],
            totals: Totals::default(),
            counted: vec![(0, 0); PARTITIONS],
            reported: Duration::ZERO,
            slow: false,
        };
        let bound = match search.explore(observer) {
            Ok(()) => None,
            Err(Halt::Bound(bound)) => Some(bound),
            Err(Halt::Fault(error)) => return Err(*error),
        };
        search.outcome(bound)
    })
}

/// How many chunks a batch has: more than threads, so that a slow one is not waited for.
const CHUNKS: usize = 4;
/// The fewest states of a chunk.
const MIN_SOURCES: usize = 8;
/// Steps of a batch, at first.
const MIN_STEPS: u64 = 1 << 17;
/// Rounds with fewer steps are not worth a call to other threads, unless they last.
const STEPS_WORTH_A_CALL: u64 = 1 << 13;
const TIME_WORTH_A_CALL: Duration = Duration::from_millis(2);
/// How often an observer hears of a long level.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(150);

fn shared<'a, S: PackedSystem>(
    system: &'a S,
    properties: &'a [Property<S>],
    options: &PackedOptions,
) -> Shared<'a, S> {
    let (state_questions, step_questions) = questions(properties);
    // An eighth is for buckets; see `steps_of_batch`.
    let memory = options.memory.map_or(u64::MAX, |memory| memory / 8 * 7);
    let shards = || RwLock::new(Shard::new(memory, state_questions.len()));
    let chunks = || RwLock::new(Chunk::new(step_questions.len()));
    Shared {
        system,
        symmetry: options.symmetry,
        shards: (0..PARTITIONS).map(|_| shards()).collect(),
        chunks: (0..CHUNKS).map(|_| chunks()).collect(),
        plan: RwLock::new(Plan {
            task: Task::Expand,
            chunks: 0,
            targets: (0..PARTITIONS).collect(),
            state_questions: vec![true; state_questions.len()],
            step_questions: vec![true; step_questions.len()],
            allowance: 0,
            max_steps: u64::MAX,
        }),
        next: AtomicUsize::new(0),
        answered: AtomicBool::new(false),
        halted: AtomicBool::new(false),
        state_questions,
        step_questions,
    }
}

#[derive(Default)]
pub(super) struct Totals {
    /// The level whose states are being expanded.
    pub(super) level: u32,
    /// The deepest level that holds a state.
    pub(super) depth: u32,
    pub(super) initial_states: u64,
    pub(super) states: u64,
    expanded: u64,
    transitions: u64,
    /// Steps that were put into buckets: not those that lead to a state met a moment ago.
    passed_on: u64,
    /// States of the level that are still to be expanded.
    queue: u64,
    /// What tables take, and what all takes.
    stored_bytes: u64,
    memory: u64,
    pub(super) peak_memory: u64,
}

/// A search that is under way.
pub(super) struct Search<'scope, 'env, 'a, S: PackedSystem> {
    pub(super) shared: &'env Shared<'a, S>,
    team: &'env Team,
    scope: &'scope Scope<'scope, 'env>,
    /// How many threads are still to be started.
    helpers: usize,
    pub(super) properties: &'a [Property<S>],
    limits: &'env Limits,
    pub(super) memory: u64,
    pub(super) watch: Watch,
    /// For each property, where its condition was decided.
    pub(super) places: Vec<Option<Place>>,
    /// For each property, whether its antecedent came true.
    pub(super) antecedents: Vec<bool>,
    pub(super) totals: Totals,
    /// For each partition, the states and the bytes that are in the totals.
    counted: Vec<(u32, u64)>,
    reported: Duration,
    /// Whether the latest round took long for its steps.
    slow: bool,
}

impl<S: PackedSystem> Search<'_, '_, '_, S> {
    fn explore(&mut self, observer: &mut dyn Observer) -> Result<(), Halt<S>> {
        self.begin(observer)?;
        loop {
            let mut frontier = Vec::new();
            for (partition, shard) in self.shared.shards.iter().enumerate() {
                let mut shard = write(shard);
                shard.table.next_level();
                let (first, count) = shard.table.level();
                if count > 0 {
                    frontier.push((StateId::new(partition, first), count));
                }
            }
            if frontier.is_empty() {
                return Ok(());
            }
            self.totals.level += 1;
            let mut frontier = Frontier::new(frontier);
            self.totals.queue = frontier.len();
            let mut result = Ok(());
            while result.is_ok() && self.totals.queue > 0 {
                result = self.batch(&mut frontier, observer);
            }
            // Whatever a bound left undone, what was found is found.
            self.settle_states(observer);
            result?;
            observer.progress(&progress(&self.totals, self.watch.elapsed()));
        }
    }

    fn begin(&mut self, observer: &mut dyn Observer) -> Result<(), Halt<S>> {
        let initial = guarded(|| {
            let mut states = self.shared.system.initial_states();
            if self.shared.symmetry {
                for state in &mut states {
                    self.shared.system.canonical(state);
                }
            }
            states
        });
        let initial = initial.map_err(|message| SearchError::Panicked {
            activity: Activity::InitialStates,
            message,
            path: None,
        })?;
        let (mut allowance, bound) = self.allowance();
        for state in &initial {
            let plan = read(&self.shared.plan);
            self.shared.store_initial(state, &plan, &mut allowance);
        }
        self.count();
        self.totals.initial_states = self.totals.states;
        let result = self.check_shards(bound);
        self.settle_states(observer);
        result
    }

    /// How many states may still be stored, and the bound that forbids more.
    fn allowance(&self) -> (u64, Bound) {
        if let Some(max_depth) = self.limits.max_depth
            && self.totals.level >= max_depth
        {
            return (0, Bound::Depth(max_depth));
        }
        let max_states = self.limits.max_states.unwrap_or(u64::MAX);
        (max_states - self.totals.states, Bound::States(max_states))
    }

    /// Expands the next states of the level, and stores what is new.
    fn batch(&mut self, frontier: &mut Frontier, observer: &mut dyn Observer) -> Result<(), Halt<S>> {
        // How many steps of a state are passed on.
        let degree = self.totals.passed_on / self.totals.expanded.max(1) + 1;
        let wanted = usize::try_from(self.steps_of_batch() / degree).unwrap_or(usize::MAX);
        let left = usize::try_from(self.totals.queue).unwrap_or(usize::MAX);
        let sources = wanted.clamp(CHUNKS * MIN_SOURCES, CHUNKS * MAX_SOURCES).min(left);
        let of_chunk = sources.div_ceil(CHUNKS).max(MIN_SOURCES);
        let chunks = sources.div_ceil(of_chunk);
        let stored = self.shared.state(frontier.first());
        for (number, chunk) in self.shared.chunks[..chunks].iter().enumerate() {
            let count = of_chunk.min(sources - number * of_chunk);
            let mut chunk = write(chunk);
            frontier.take(u32::try_from(count).unwrap_or(u32::MAX), &mut chunk.spans);
            let expected = count.saturating_mul(usize::try_from(degree).unwrap_or(usize::MAX));
            chunk.prepare(expected.min(MAX_EXPECTED), stored, self.shared.symmetry);
        }
        for chunk in &self.shared.chunks[chunks..] {
            write(chunk).rest();
        }
        let (allowance, bound) = self.allowance();
        // Reached only where states have far more steps than those before them.
        let max_steps = self.memory / 8 / (CHUNKS * step_bytes::<S::State>()) as u64;
        {
            let mut plan = write(&self.shared.plan);
            plan.chunks = chunks;
            plan.max_steps = max_steps;
        }

        let began = self.watch.elapsed();
        let parallel = self.slow || sources as u64 * degree >= STEPS_WORTH_A_CALL;
        self.round(Task::Expand, parallel, observer);
        self.check_chunks(chunks)?;
        let steps = self.aim(chunks);
        self.totals.passed_on += steps;
        self.totals.transitions = self
            .shared
            .chunks
            .iter()
            .map(|chunk| read(chunk).counts.transitions)
            .sum();
        self.totals.expanded += sources as u64;
        self.settle_steps(chunks, observer);

        // As long as not even all steps together can use it up, the allowance need not be shared.
        if allowance == 0 || steps <= allowance {
            write(&self.shared.plan).allowance = if allowance == 0 { 0 } else { u64::MAX };
            self.round(Task::Store, parallel && steps >= STEPS_WORTH_A_CALL, observer);
        } else {
            self.store_alone(allowance);
        }
        self.slow = self.watch.elapsed().saturating_sub(began) > TIME_WORTH_A_CALL;
        self.totals.queue -= sources as u64;
        self.count();
        self.check_shards(bound)?;
        if self.totals.peak_memory > self.memory {
            return Err(Bound::Memory(self.memory).into());
        }
        Ok(())
    }

    /// Finds out into which partitions the steps of the batch lead, and how many steps there are.
    fn aim(&self, chunks: usize) -> u64 {
        let chunks: Vec<_> = self.shared.chunks[..chunks].iter().map(read).collect();
        let hit = |partition: &usize| chunks.iter().any(|chunk| chunk.buckets.about(*partition) > 0);
        let mut plan = write(&self.shared.plan);
        plan.targets.clear();
        plan.targets.extend((0..PARTITIONS).filter(hit));
        chunks.iter().map(|chunk| chunk.steps).sum()
    }

    /// How many steps are stored at a time. A large batch uses each line of a partition more often while it is
    /// in the cache; but buckets should cost little beside what states cost.
    fn steps_of_batch(&self) -> u64 {
        let each = step_bytes::<S::State>() as u64;
        let states = self.totals.states * (each + 6);
        (states / 6).max(MIN_STEPS * each).min(self.memory / 32) / each
    }

    /// Has all threads work on a task.
    fn round(&mut self, task: Task, parallel: bool, observer: &mut dyn Observer) {
        write(&self.shared.plan).task = task;
        self.shared.next.store(0, Ordering::Relaxed);
        let parallel = parallel && self.enlist();
        if parallel {
            self.team.call();
        }
        let (shared, team) = (self.shared, self.team);
        let mut look = || {
            let now = self.watch.look()?;
            if now.saturating_sub(self.reported) >= PROGRESS_INTERVAL {
                self.reported = now;
                observer.progress(&progress(&self.totals, now));
            }
            Ok(())
        };
        shared.work(&mut look);
        while parallel && !team.wait(PROGRESS_INTERVAL) {
            // What it says is heard by the helpers themselves.
            let _ = look();
        }
    }

    /// Starts threads that were not needed so far. Whether there are any.
    fn enlist(&mut self) -> bool {
        while self.helpers > 0 {
            self.helpers -= 1;
            let (shared, team) = (self.shared, self.team);
            let mut watch = self.watch.clone();
            team.enlist();
            let started = thread::Builder::new().spawn_scoped(self.scope, move || {
                team.help(|| shared.work(&mut || watch.look().map(drop)));
            });
            if started.is_err() {
                // Fewer threads do the same work.
                team.strike();
                self.helpers = 0;
            }
        }
        self.team.has_helpers()
    }

    /// Stores partition after partition, so that the last states that fit are the same ones each time.
    fn store_alone(&mut self, mut allowance: u64) {
        let plan = read(&self.shared.plan);
        for &partition in &plan.targets {
            let mut look = || self.watch.look().map(drop);
            let stopped = self.shared.store(partition, &plan, &mut allowance, &mut look);
            if stopped.is_some() || read(&self.shared.shards[partition]).fault.is_some() {
                return;
            }
        }
    }

    /// Adds up states and bytes.
    fn count(&mut self) {
        let mut states = self.totals.states;
        for &partition in &read(&self.shared.plan).targets {
            let shard = read(&self.shared.shards[partition]);
            let now = (shard.table.len(), shard.table.bytes());
            let before = std::mem::replace(&mut self.counted[partition], now);
            states += u64::from(now.0 - before.0);
            self.totals.stored_bytes += now.1 - before.1;
        }
        let chunks = self.shared.chunks.iter().map(|chunk| read(chunk).bytes());
        let bytes = self.totals.stored_bytes + chunks.sum::<u64>();
        if states > self.totals.states {
            self.totals.depth = self.totals.level + 1;
        }
        self.totals.states = states;
        self.totals.memory = bytes;
        self.totals.peak_memory = self.totals.peak_memory.max(bytes);
    }
}

/// A chunk that expects more does not know better.
const MAX_EXPECTED: usize = 1 << 22;

fn progress(totals: &Totals, elapsed: Duration) -> Progress {
    Progress {
        depth: totals.level,
        states: totals.states,
        transitions: totals.transitions,
        queue: totals.states - totals.expanded,
        memory: totals.memory,
        elapsed,
    }
}
