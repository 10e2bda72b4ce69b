//! The order in which a level is expanded.

use super::chunk::Span;
use super::hash::PARTITIONS;
use super::partition::StateId;

/// The states of a level, in the order in which they are expanded: some of each partition, and again some of
/// each.
///
/// A partition holds its states in the order of their discovery, so this is nearly the order in which one
/// sequential search would have found them. It keeps states together that have successors in common, which
/// [`super::recent::Recent`] makes use of.
#[derive(Debug)]
pub(super) struct Frontier {
    /// For each partition with states of the level: the first, and their number.
    runs: Vec<(StateId, u32)>,
    /// How many turns each partition has.
    turns: u64,
    /// The next to be taken: of which turn, from which run, and how many of that were taken in this turn.
    turn: u64,
    run: usize,
    taken: u32,
}

/// States of a turn, of all partitions together.
const TURN: u64 = 4 * PARTITIONS as u64;

impl Frontier {
    /// There must be a run, and none may be empty.
    pub(super) fn new(runs: Vec<(StateId, u32)>) -> Self {
        let mut frontier = Self {
            runs,
            turns: 1,
            turn: 0,
            run: 0,
            taken: 0,
        };
        frontier.turns = frontier.len().div_ceil(TURN).max(1);
        frontier
    }

    /// A state of the level.
    pub(super) fn first(&self) -> StateId {
        self.runs[0].0
    }

    /// How many states the level has.
    pub(super) fn len(&self) -> u64 {
        self.runs.iter().map(|(_, count)| u64::from(*count)).sum()
    }

    /// Takes the next `count` states; fewer when the level ends.
    pub(super) fn take(&mut self, count: u32, spans: &mut Vec<Span>) {
        spans.clear();
        let mut offset = 0;
        while offset < count && self.turn < self.turns {
            let (first, length) = self.runs[self.run];
            let begin = self.share(length, self.turn);
            let left = self.share(length, self.turn + 1) - begin - self.taken;
            let taken = left.min(count - offset);
            if taken > 0 {
                spans.push(Span {
                    first: first.plus(begin + self.taken),
                    count: taken,
                    offset,
                });
            }
            offset += taken;
            self.taken += taken;
            if taken == left {
                self.taken = 0;
                self.run += 1;
                if self.run == self.runs.len() {
                    self.run = 0;
                    self.turn += 1;
                }
            }
        }
    }

    /// How many states of a run come before a turn.
    #[expect(clippy::cast_possible_truncation, reason = "at most `length`")]
    fn share(&self, length: u32, turn: u64) -> u32 {
        (u64::from(length) * turn / self.turns) as u32
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn every_state_is_taken_once(
            lengths in prop::collection::vec(1_u32..5_000, 1..6),
            counts in prop::collection::vec(1_u32..3_000, 1..40),
        ) {
            let runs = lengths.iter().enumerate();
            let mut frontier = Frontier::new(runs.map(|(number, length)| (StateId::new(number, 7), *length)).collect());
            let mut left = frontier.len();
            prop_assert_eq!(left, u64::from(lengths.iter().sum::<u32>()));
            let mut seen = HashSet::new();
            let mut spans = Vec::new();
            for count in counts.into_iter().cycle() {
                if left == 0 {
                    break;
                }
                frontier.take(count, &mut spans);
                let mut offset = 0;
                for span in &spans {
                    prop_assert_eq!(span.offset, offset);
                    offset += span.count;
                    for step in 0..span.count {
                        let state = span.first.plus(step);
                        prop_assert!((7..7 + lengths[state.partition()]).contains(&state.local()));
                        prop_assert!(seen.insert((state.partition(), state.local())));
                    }
                }
                prop_assert_eq!(u64::from(offset), left.min(u64::from(count)));
                left -= u64::from(offset);
            }
            frontier.take(1, &mut spans);
            prop_assert!(spans.is_empty());
        }
    }
}
