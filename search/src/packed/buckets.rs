//! Steps, sorted by the partition that they lead into.

use super::chunk::Origin;
use super::hash::{PARTITIONS, StateHash};
use super::partition::{GROUP, StateId};
use super::system::PackedState;

/// A bucket of steps for each partition, in blocks of one array, so that buckets grow without moving.
#[derive(Debug)]
pub(super) struct Buckets<State> {
    states: Vec<State>,
    sources: Vec<StateId>,
    kinds: Vec<u8>,
    /// Where the next step of each partition goes. At the beginning of a block: into a new block.
    cursors: Vec<usize>,
    /// The first block of each partition, and for each block, the next one of its partition.
    first: Vec<u32>,
    chain: Vec<u32>,
}

/// Some steps into one partition.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group<'a, State> {
    pub(super) states: &'a [State],
    pub(super) sources: &'a [StateId],
    pub(super) kinds: &'a [u8],
}

/// Steps of a block.
const BLOCK: usize = 4 * GROUP;
const NO_BLOCK: u32 = u32::MAX;

/// The bytes of a step in a bucket.
pub(super) const fn step_bytes<State>() -> usize {
    size_of::<State>() + size_of::<StateId>() + 1
}

impl<State: PackedState> Buckets<State> {
    pub(super) fn new() -> Self {
        Self {
            states: Vec::new(),
            sources: Vec::new(),
            kinds: Vec::new(),
            cursors: vec![0; PARTITIONS],
            first: vec![NO_BLOCK; PARTITIONS],
            chain: Vec::new(),
        }
    }

    /// Empties the buckets, with room for about `steps`; gives room back that is far too large.
    pub(super) fn prepare(&mut self, steps: usize) {
        let room = if steps == 0 {
            0
        } else {
            steps + PARTITIONS * BLOCK / 2
        };
        self.states.clear();
        self.sources.clear();
        self.kinds.clear();
        self.chain.clear();
        self.cursors.fill(0);
        self.first.fill(NO_BLOCK);
        if self.states.capacity() / 2 > room {
            self.states.shrink_to(room);
            self.sources.shrink_to(room);
            self.kinds.shrink_to(room);
        } else if self.states.capacity() < room {
            self.states.reserve_exact(room);
            self.sources.reserve_exact(room);
            self.kinds.reserve_exact(room);
        }
    }

    #[inline]
    pub(super) fn push(&mut self, hash: StateHash, state: State, origin: Origin) {
        let partition = hash.partition();
        let mut at = self.cursors[partition];
        if at.is_multiple_of(BLOCK) {
            at = self.add_block(partition, state, origin);
        }
        self.states[at] = state;
        self.sources[at] = origin.source;
        self.kinds[at] = origin.kind;
        self.cursors[partition] = at + 1;
    }

    /// Where the block begins. It is filled with what is at hand.
    #[cold]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a chunk's steps are bounded far below"
    )]
    fn add_block(&mut self, partition: usize, state: State, origin: Origin) -> usize {
        let block = self.chain.len() as u32;
        let full = self.cursors[partition];
        if full == 0 {
            self.first[partition] = block;
        } else {
            self.chain[full / BLOCK - 1] = block;
        }
        self.chain.push(NO_BLOCK);
        let at = self.states.len();
        self.grow(at + BLOCK);
        self.states.resize(at + BLOCK, state);
        self.sources.resize(at + BLOCK, origin.source);
        self.kinds.resize(at + BLOCK, origin.kind);
        at
    }

    /// By an eighth, where `Vec` would double.
    fn grow(&mut self, len: usize) {
        if len > self.states.capacity() {
            let more = (len / 8).max(16 * BLOCK);
            self.states.reserve_exact(more);
            self.sources.reserve_exact(more);
            self.kinds.reserve_exact(more);
        }
    }

    /// The steps into a partition, in their order, up to [`GROUP`] at a time.
    pub(super) fn groups(&self, partition: usize) -> impl Iterator<Item = Group<'_, State>> {
        let end = self.cursors[partition];
        let first = Some(self.first[partition]).filter(|first| *first != NO_BLOCK);
        let blocks = std::iter::successors(first, |block| {
            Some(self.chain[*block as usize]).filter(|next| *next != NO_BLOCK)
        });
        blocks.flat_map(move |block| {
            let from = block as usize * BLOCK;
            // Only the last block is not full, and it is where the cursor is.
            let to = if (from + 1..=from + BLOCK).contains(&end) {
                end
            } else {
                from + BLOCK
            };
            (from..to).step_by(GROUP).map(move |from| {
                let range = from..to.min(from + GROUP);
                Group {
                    states: &self.states[range.clone()],
                    sources: &self.sources[range.clone()],
                    kinds: &self.kinds[range],
                }
            })
        })
    }

    /// The bytes that they use.
    pub(super) const fn bytes(&self) -> u64 {
        (self.states.capacity() * step_bytes::<State>() + 4 * self.chain.capacity()) as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_come_out_in_their_order() {
        let mut buckets = Buckets::new();
        for round in [10_u64, 50_000, 3] {
            buckets.prepare(usize::try_from(round).unwrap() / 2);
            for number in 0..round {
                let origin = Origin {
                    source: StateId::new(0, u32::try_from(number).unwrap()),
                    kind: 7,
                };
                buckets.push(StateHash::of(&[number]), [number], origin);
            }
            let mut found = 0;
            for partition in 0..PARTITIONS {
                let mut latest = None;
                for group in buckets.groups(partition) {
                    assert!(group.kinds.iter().all(|kind| *kind == 7));
                    for (state, source) in group.states.iter().zip(group.sources) {
                        assert_eq!(StateHash::of(state).partition(), partition);
                        assert_eq!(u64::from(source.local()), state[0]);
                        assert!(latest < Some(state[0]));
                        latest = Some(state[0]);
                        found += 1;
                    }
                }
            }
            assert_eq!(found, round);
        }
        buckets.prepare(0);
        assert_eq!(buckets.states.capacity(), 0);
    }
}
