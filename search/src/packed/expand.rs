//! The first round of a batch: from states to steps in buckets.

use super::chunk::{Chunk, During, ExpansionFault, Origin, Span};
use super::hash::StateHash;
use super::partition::{Full, StateId};
use super::system::{PackedSystem, first_word};
use super::work::{Look, Plan, Shared, Stop, read, write};
use crate::error::guarded;

/// While this many spans are expanded, as many more are on their way from memory.
const SPANS_AHEAD: usize = 4;

impl<S: PackedSystem> Shared<'_, S> {
    /// Expands the states of a chunk. Why it ended early.
    pub(super) fn expand_chunk(&self, job: usize, plan: &Plan, look: Look<'_>) -> Option<Stop> {
        let mut chunk = write(&self.chunks[job]);
        let mut offset = 0;
        let mut during = During::Successors;
        let spans = std::mem::take(&mut chunk.spans);
        let result = guarded(|| self.expand(&spans, &mut chunk, plan, look, &mut offset, &mut during));
        chunk.spans = spans;
        match result {
            Ok(result) => chunk.stopped = result.err(),
            Err(message) => {
                chunk.fault = Some(ExpansionFault {
                    message,
                    offset,
                    during,
                });
            }
        }
        chunk.stopped
    }

    fn expand(
        &self,
        spans: &[Span],
        chunk: &mut Chunk<S>,
        plan: &Plan,
        look: Look<'_>,
        at: &mut u32,
        during: &mut During<S>,
    ) -> Result<(), Stop> {
        let asks = plan.step_questions.contains(&true);
        for (index, span) in spans.iter().enumerate() {
            if index % SPANS_AHEAD == 0 {
                self.touch(spans.iter().skip(index + SPANS_AHEAD).take(SPANS_AHEAD));
            }
            let shard = read(&self.shards[span.first.partition()]);
            let states = shard.table.states(span.first.local(), span.count).flatten();
            for (number, state) in (0..).zip(states) {
                look().map_err(Stop::Bound)?;
                if chunk.steps > plan.max_steps {
                    return Err(Stop::Full(Full::Memory));
                }
                let offset = span.offset + number;
                *at = offset;
                *during = During::Successors;
                let Chunk {
                    offered,
                    scratch,
                    answers,
                    ..
                } = &mut *chunk;
                offered.clear();
                self.system.successors(state, scratch, &mut |action, successor| {
                    if asks {
                        self.ask_about_step(plan, answers, offset, (state, action, successor), during);
                    }
                    offered.push((action, *successor));
                });
                self.sort(state, span.first.plus(number), offset, chunk, plan, during);
            }
        }
        Ok(())
    }

    /// Puts the steps that a state offers into their buckets.
    #[inline]
    fn sort(
        &self,
        state: &S::State,
        source: StateId,
        offset: u32,
        chunk: &mut Chunk<S>,
        plan: &Plan,
        during: &mut During<S>,
    ) {
        let Chunk {
            offered,
            buckets,
            recent,
            real_recent,
            counts,
            asymmetry,
            steps,
            ..
        } = chunk;
        counts.next_state(offered.len());
        for &(action, real) in offered.iter() {
            let kind = counts.step(S::action_kind(&action));
            if real == *state {
                continue;
            }
            let mut successor = real;
            if self.symmetry {
                if real_recent.meet(&real, StateHash::of(&real)) {
                    continue;
                }
                *during = During::Canonical;
                self.system.canonical(&mut successor);
                if successor != real && asymmetry.is_none() {
                    let differs = self.differs(plan, action, &real, &successor, during);
                    *asymmetry = differs.map(|question| (question, offset));
                }
            }
            let hash = StateHash::of(&successor);
            if !recent.meet(&successor, hash) {
                buckets.push(hash, successor, Origin { source, kind });
                *steps += 1;
            }
        }
    }

    /// Has the first states of these spans fetched from memory.
    fn touch<'s>(&self, spans: impl Iterator<Item = &'s Span>) {
        let touched = spans.fold(0, |touched, span| {
            let shard = read(&self.shards[span.first.partition()]);
            touched ^ first_word(shard.table.state(span.first.local()))
        });
        std::hint::black_box(touched);
    }

    fn ask_about_step(
        &self,
        plan: &Plan,
        answers: &mut [Option<u32>],
        offset: u32,
        (from, action, to): (&S::State, S::Action, &S::State),
        during: &mut During<S>,
    ) {
        for (index, question) in self.step_questions.iter().enumerate() {
            if plan.step_questions[index] && answers[index].is_none() {
                *during = During::Question(index, action, *to);
                if (question.function)(self.system, from, &action, to) == question.wanted {
                    answers[index] = Some(offset);
                }
            }
        }
        *during = During::Successors;
    }

    /// A question that a state and its canonical form answer differently, which makes a search with symmetry
    /// unsound.
    #[cold]
    fn differs(
        &self,
        plan: &Plan,
        action: S::Action,
        real: &S::State,
        canonical: &S::State,
        during: &mut During<S>,
    ) -> Option<usize> {
        let differs = self
            .state_questions
            .iter()
            .enumerate()
            .position(|(index, question)| {
                *during = During::StateQuestion(index, action, *real);
                plan.state_questions[index]
                    && (question.function)(self.system, real) != (question.function)(self.system, canonical)
            });
        *during = During::Successors;
        differs
    }
}
