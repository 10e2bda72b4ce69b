//! Where a state belongs.

use super::system::PackedState;

/// The space is divided by hash, so that each part has one owner at a time and none waits for another. A
/// fixed number, so that the order of states does not depend on the number of threads.
pub(super) const PARTITIONS: usize = 1 << PARTITION_BITS;
pub(super) const PARTITION_BITS: u32 = 10;

/// The hash of a state. The top bits choose its partition, the next 32 its place there, the lowest its tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StateHash(u64);

impl StateHash {
    #[inline]
    pub(super) fn of<State: PackedState>(state: &State) -> Self {
        // A folded multiplication for each word, as in wyhash: the 128 bits of the product depend on all bits
        // of the word.
        let mut hash = 0;
        for word in state.words() {
            hash = fold(hash ^ word ^ 0x9e37_79b9_7f4a_7c15, 0xd6e8_feb8_6659_fd93);
        }
        // The fold leaves the top bits of small words poor; they choose the partition.
        Self(hash.wrapping_mul(0xe703_7ed1_a0b4_28db))
    }

    #[inline]
    pub(super) const fn partition(self) -> usize {
        (self.0 >> (u64::BITS - PARTITION_BITS)) as usize
    }

    /// A place among `slots`.
    #[inline]
    pub(super) const fn place(self, slots: usize) -> usize {
        let bits = self.0 << PARTITION_BITS >> 32;
        ((bits * slots as u64) >> 32) as usize
    }

    /// Eight bits that have no part in the place; never all zero.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the lowest bits are wanted")]
    pub(super) const fn tag(self) -> u8 {
        if self.0 as u8 == 0 { 1 } else { self.0 as u8 }
    }
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "both halves are taken")]
const fn fold(a: u64, b: u64) -> u64 {
    let product = a as u128 * b as u128;
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Consecutive numbers are what packed states look like.
    #[test]
    fn neighbours_are_spread_evenly() {
        for shift in [0, 7, 20, 40, 54] {
            let mut counts = [0_u32; PARTITIONS];
            let mut places = [0_u32; 64];
            for number in 0..1000 * PARTITIONS as u64 {
                let hash = StateHash::of(&[number << shift >> shift << shift]);
                counts[hash.partition()] += u32::from(number << shift >> shift == number);
                places[hash.place(64)] += 1;
            }
            let all: u32 = counts.iter().sum();
            if all == 1000 * u32::try_from(PARTITIONS).unwrap() {
                assert!(
                    counts.iter().all(|count| (850..1150).contains(count)),
                    "{counts:?}"
                );
            }
        }
    }
}
