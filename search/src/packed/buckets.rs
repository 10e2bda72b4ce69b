//! Steps, sorted by the partition that they lead into.

use super::chunk::Origin;
use super::hash::{PARTITIONS, StateHash};
use super::line::per_line;
use super::partition::{GROUP, StateId};
use super::system::{PackedState, first_word};

/// A bucket of steps for each partition, in blocks of one array, so that buckets grow without moving.
#[derive(Debug)]
pub(super) struct Buckets<State> {
    blocks: Vec<Block<State>>,
    /// For each block, the next one of its partition.
    chain: Vec<u32>,
    /// For each partition, where its next step goes. At the beginning of a block: into a new block.
    cursors: Box<[usize; PARTITIONS]>,
    /// For each partition, its first block, and how many steps it has.
    first: Vec<u32>,
    lengths: Vec<u32>,
}

/// Steps into one partition, side by side, so that a step is written to few places.
#[derive(Clone, Copy, Debug)]
struct Block<State> {
    states: [State; BLOCK],
    sources: [StateId; BLOCK],
    kinds: [u8; BLOCK],
}

impl<State: PackedState> Block<State> {
    /// Has the block fetched from memory.
    #[inline]
    fn touch(&self) {
        let states = self.states.iter().step_by(per_line::<State>());
        let touched = states.fold(0, |touched, state| touched ^ first_word(state));
        let sources = self.sources.iter().step_by(per_line::<StateId>());
        let touched = sources.fold(touched, |touched, source| touched ^ u64::from(source.local()));
        std::hint::black_box(touched);
    }
}

/// Some steps into one partition.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group<'a, State> {
    pub(super) states: &'a [State],
    pub(super) sources: &'a [StateId],
    pub(super) kinds: &'a [u8],
}

/// Steps of a block.
const BLOCK: usize = 2 * GROUP;
const NO_BLOCK: u32 = u32::MAX;

/// The bytes of a step in a bucket.
pub(super) const fn step_bytes<State>() -> usize {
    (size_of::<Block<State>>() + size_of::<u32>()).div_ceil(BLOCK)
}

impl<State: PackedState> Buckets<State> {
    pub(super) fn new() -> Self {
        Self {
            blocks: Vec::new(),
            chain: Vec::new(),
            cursors: Box::new([0; PARTITIONS]),
            first: vec![NO_BLOCK; PARTITIONS],
            lengths: vec![0; PARTITIONS],
        }
    }

    /// Empties the buckets, with room for about `steps`; gives room back that is far too large.
    pub(super) fn prepare(&mut self, steps: usize) {
        let room = if steps == 0 {
            0
        } else {
            steps / BLOCK + PARTITIONS.min(steps)
        };
        self.blocks.clear();
        self.chain.clear();
        self.cursors.fill(0);
        self.first.fill(NO_BLOCK);
        self.lengths.fill(0);
        if self.blocks.capacity() / 2 > room {
            self.blocks.shrink_to(room);
            self.chain.shrink_to(room);
        } else if self.blocks.capacity() < room {
            self.blocks.reserve_exact(room);
            self.chain.reserve_exact(room);
        }
    }

    #[inline]
    pub(super) fn push(&mut self, hash: StateHash, state: State, origin: Origin) {
        let partition = hash.partition();
        let mut at = self.cursors[partition];
        if at.is_multiple_of(BLOCK) {
            at = self.add_block(partition, state, origin);
        }
        let block = &mut self.blocks[at / BLOCK];
        block.states[at % BLOCK] = state;
        block.sources[at % BLOCK] = origin.source;
        block.kinds[at % BLOCK] = origin.kind;
        self.cursors[partition] = at + 1;
    }

    /// Where the block begins. It is filled with what is at hand.
    #[cold]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a chunk's steps are bounded far below"
    )]
    fn add_block(&mut self, partition: usize, state: State, origin: Origin) -> usize {
        let block = self.blocks.len();
        let full = self.cursors[partition];
        if full == 0 {
            self.first[partition] = block as u32;
        } else {
            self.chain[full / BLOCK - 1] = block as u32;
        }
        self.lengths[partition] += BLOCK as u32;
        if block == self.blocks.capacity() {
            // By an eighth, where `Vec` would double.
            let more = (block / 8).max(16);
            self.blocks.reserve_exact(more);
            self.chain.reserve_exact(more);
        }
        self.chain.push(NO_BLOCK);
        self.blocks.push(Block {
            states: [state; BLOCK],
            sources: [origin.source; BLOCK],
            kinds: [origin.kind; BLOCK],
        });
        block * BLOCK
    }

    /// How many steps lead into a partition; a block more at most.
    pub(super) fn about(&self, partition: usize) -> usize {
        self.lengths[partition] as usize
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
            let used = if (from + 1..=from + BLOCK).contains(&end) {
                end - from
            } else {
                BLOCK
            };
            // The next block is somewhere else; while this one is read, it is on its way.
            if let Some(next) = self.blocks.get(self.chain[block as usize] as usize) {
                next.touch();
            }
            let block = &self.blocks[block as usize];
            (0..used).step_by(GROUP).map(move |from| {
                let range = from..used.min(from + GROUP);
                Group {
                    states: &block.states[range.clone()],
                    sources: &block.sources[range.clone()],
                    kinds: &block.kinds[range],
                }
            })
        })
    }

    /// The bytes that they use.
    pub(super) const fn bytes(&self) -> u64 {
        (self.blocks.capacity() * (size_of::<Block<State>>() + size_of::<u32>())) as u64
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
        assert_eq!(buckets.blocks.capacity(), 0);
    }
}
