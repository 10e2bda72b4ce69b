//! What threads do in a round: expand chunks, or store what was found.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::chunk::Chunk;
use super::hash::StateHash;
use super::partition::{Full, Partition, StateId};
use super::system::PackedSystem;
use crate::Bound;
use crate::error::guarded;
use crate::property::{OnState, OnStep};
use crate::question::Question;

/// One partition, with what was found out in it.
pub(super) struct Shard<S: PackedSystem> {
    pub(super) table: Partition<S::State>,
    /// For each question about states, the first state of the next level that answers it.
    pub(super) answers: Vec<Option<u32>>,
    /// For each kind of action, how many states were first reached by it.
    pub(super) discoveries: Vec<u64>,
    /// Why it could not take a state.
    pub(super) stopped: Option<Stop>,
    pub(super) fault: Option<QuestionFault>,
}

/// Why a round ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    Full(Full),
    /// No more new states may be stored.
    Allowance,
    /// Time is up, or the search was stopped.
    Bound(Bound),
}

/// A panic of a question about a state.
#[derive(Debug)]
pub(super) struct QuestionFault {
    pub(super) question: usize,
    pub(super) local: u32,
    pub(super) message: String,
}

/// What is to be done in a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Task {
    Expand,
    Store,
}

/// Set by the leader between rounds.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) task: Task,
    /// How many chunks there are in this batch.
    pub(super) chunks: usize,
    /// The partitions into which a step of this batch leads, ascending.
    pub(super) targets: Vec<usize>,
    /// Which questions are still open.
    pub(super) state_questions: Vec<bool>,
    pub(super) step_questions: Vec<bool>,
    /// How many new states each partition may take. Without end where a limit cannot be met in this batch.
    pub(super) allowance: u64,
    /// The most steps that a chunk may hold.
    pub(super) max_steps: u64,
}

/// Looked at before each state that is expanded, and now and then while states are stored.
pub(super) type Look<'a> = &'a mut dyn FnMut() -> Result<(), Bound>;

/// What all threads see.
pub(super) struct Shared<'a, S: PackedSystem> {
    pub(super) system: &'a S,
    pub(super) symmetry: bool,
    pub(super) state_questions: Vec<Question<'a, OnState<S>>>,
    pub(super) step_questions: Vec<Question<'a, OnStep<S>>>,
    pub(super) shards: Vec<RwLock<Shard<S>>>,
    pub(super) chunks: Vec<RwLock<Chunk<S>>>,
    pub(super) plan: RwLock<Plan>,
    /// The chunk or the partition that nobody has taken yet.
    pub(super) next: AtomicUsize,
    /// Some partition has an answer that the leader has not noted.
    pub(super) answered: AtomicBool,
    /// No further chunk or partition is taken.
    pub(super) halted: AtomicBool,
}

/// No lock is left by a panic: the system's functions run guarded inside.
pub(super) fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

/// As [`read`].
pub(super) fn write<T>(lock: &RwLock<T>) -> RwLockWriteGuard<'_, T> {
    lock.write().unwrap_or_else(PoisonError::into_inner)
}

impl<S: PackedSystem> Shared<'_, S> {
    /// One thread's part of a round.
    pub(super) fn work(&self, look: Look<'_>) {
        let plan = read(&self.plan);
        let jobs = match plan.task {
            Task::Expand => plan.chunks,
            Task::Store => plan.targets.len(),
        };
        loop {
            let job = self.next.fetch_add(1, Ordering::Relaxed);
            if job >= jobs || self.halted.load(Ordering::Relaxed) {
                return;
            }
            let stopped = match plan.task {
                Task::Expand => self.expand_chunk(job, &plan, look),
                Task::Store => {
                    let mut allowance = plan.allowance;
                    self.store(plan.targets[job], &plan, &mut allowance, look)
                }
            };
            // Only time ends a round: after anything else, which jobs were done must not depend on threads.
            if let Some(Stop::Bound(_)) = stopped {
                self.halted.store(true, Ordering::Relaxed);
            }
        }
    }

    /// Stores what leads into a partition. Why it ended early.
    pub(super) fn store(
        &self,
        partition: usize,
        plan: &Plan,
        allowance: &mut u64,
        look: Look<'_>,
    ) -> Option<Stop> {
        let mut shard = write(&self.shards[partition]);
        let mut asked = (0, 0);
        let result = guarded(|| {
            let chunks = &self.chunks[..plan.chunks];
            let sought = chunks
                .iter()
                .map(|chunk| read(chunk).buckets.about(partition))
                .sum();
            shard.table.warm(sought);
            for chunk in chunks {
                let chunk = read(chunk);
                for group in chunk.buckets.groups(partition) {
                    look().map_err(Stop::Bound)?;
                    let Shard {
                        table,
                        answers,
                        discoveries,
                        ..
                    } = &mut *shard;
                    table.reserve().map_err(Stop::Full)?;
                    table.insert(
                        group.states,
                        |position| {
                            *allowance = allowance.checked_sub(1).ok_or(Stop::Allowance)?;
                            discoveries[usize::from(group.kinds[position])] += 1;
                            Ok(group.sources[position])
                        },
                        |local, state| self.ask_about_state(plan, answers, local, state, &mut asked),
                    )?;
                }
            }
            Ok(())
        });
        shard.note(result, asked)
    }

    /// Stores an initial state, if it is new.
    pub(super) fn store_initial(&self, state: &S::State, plan: &Plan, allowance: &mut u64) {
        let mut shard = write(&self.shards[StateHash::of(state).partition()]);
        let mut asked = (0, 0);
        let result = guarded(|| {
            let Shard { table, answers, .. } = &mut *shard;
            table.reserve().map_err(Stop::Full)?;
            table.insert(
                &[*state],
                |_| {
                    *allowance = allowance.checked_sub(1).ok_or(Stop::Allowance)?;
                    Ok(StateId::NONE)
                },
                |local, state| self.ask_about_state(plan, answers, local, state, &mut asked),
            )
        });
        shard.note(result, asked);
    }

    /// `asked` is the question, and the state, in case of a panic.
    #[inline]
    fn ask_about_state(
        &self,
        plan: &Plan,
        answers: &mut [Option<u32>],
        local: u32,
        state: &S::State,
        asked: &mut (usize, u32),
    ) {
        for (index, question) in self.state_questions.iter().enumerate() {
            if plan.state_questions[index] && answers[index].is_none() {
                *asked = (index, local);
                if (question.function)(self.system, state) == question.wanted {
                    answers[index] = Some(local);
                    self.answered.store(true, Ordering::Relaxed);
                }
            }
        }
    }
}

impl<S: PackedSystem> Shard<S> {
    pub(super) fn new(memory: u64, questions: usize) -> Self {
        Self {
            table: Partition::new(memory),
            answers: vec![None; questions],
            discoveries: vec![0; S::ACTION_KINDS.len()],
            stopped: None,
            fault: None,
        }
    }

    fn note(&mut self, result: Result<Result<(), Stop>, String>, asked: (usize, u32)) -> Option<Stop> {
        match result {
            Ok(result) => self.stopped = result.err(),
            Err(message) => {
                let (question, local) = asked;
                self.fault = Some(QuestionFault {
                    question,
                    local,
                    message,
                });
            }
        }
        self.stopped
    }
}
