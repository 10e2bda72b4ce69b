//! A line of the cache, as a bucket of a hash table.

/// Slots of a line.
pub(super) const SLOTS: usize = 16;

/// Sixteen slots, each a tag of one byte and a number of three. They are used from the first on; a vacant one
/// has the tag 0.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(super) struct Line {
    tags: [u64; 2],
    numbers: [[u8; 3]; SLOTS],
}

const LOW_BITS: u64 = 0x0101_0101_0101_0101;
const HIGH_BITS: u64 = 0x8080_8080_8080_8080;

/// How many items begin in a line of the cache, if they lie side by side.
pub(super) const fn per_line<T>() -> usize {
    match size_of::<T>() {
        0 => size_of::<Line>(),
        size if size > size_of::<Line>() => 1,
        size => size_of::<Line>() / size,
    }
}

impl Line {
    pub(super) const EMPTY: Self = Self {
        tags: [0; 2],
        numbers: [[0; 3]; SLOTS],
    };

    /// Has the line fetched from memory.
    #[inline]
    pub(super) const fn touch(&self) -> u64 {
        self.tags[0]
    }

    /// The numbers whose tag is this one, in the order of their arrival; perhaps others among them.
    #[inline]
    pub(super) fn candidates(&self, tag: u8) -> impl Iterator<Item = u32> {
        let mut matches = [
            zero_bytes(self.tags[0] ^ (LOW_BITS * u64::from(tag))),
            zero_bytes(self.tags[1] ^ (LOW_BITS * u64::from(tag))),
        ];
        std::iter::from_fn(move || {
            let half = usize::from(matches[0] == 0);
            if matches[half] == 0 {
                return None;
            }
            let slot = 8 * half + (matches[half].trailing_zeros() / 8) as usize;
            matches[half] &= matches[half] - 1;
            Some(self.number(slot))
        })
    }

    /// The first candidate, without a branch that would wait for the line. 0 if there is none.
    #[inline]
    pub(super) fn first_candidate(&self, tag: u8) -> u32 {
        let low = zero_bytes(self.tags[0] ^ (LOW_BITS * u64::from(tag))).trailing_zeros() / 8;
        let high = zero_bytes(self.tags[1] ^ (LOW_BITS * u64::from(tag))).trailing_zeros() / 8;
        let slot = low + if low == 8 { high } else { 0 };
        let found = u32::from(slot < 16);
        self.number(slot as usize % SLOTS) * found
    }

    #[inline]
    fn number(&self, slot: usize) -> u32 {
        let [a, b, c] = self.numbers[slot];
        u32::from_le_bytes([a, b, c, 0])
    }

    #[inline]
    pub(super) const fn is_full(&self) -> bool {
        self.tags[1] >> 56 != 0
    }

    /// Puts a number below 2^24 and its tag, not 0, into the first vacant slot. Whether there was one.
    #[inline]
    pub(super) fn add(&mut self, tag: u8, number: u32) -> bool {
        if self.is_full() {
            return false;
        }
        let half = usize::from(self.tags[0] >> 56 != 0);
        // The lowest of the zero bytes is exact, others may be false.
        let shift = zero_bytes(self.tags[half]).trailing_zeros() & !7;
        self.tags[half] |= u64::from(tag) << shift;
        let [a, b, c, _] = number.to_le_bytes();
        self.numbers[8 * half + (shift / 8) as usize] = [a, b, c];
        true
    }
}

/// The high bit of each byte that is zero, and perhaps, above one of them, of some that are not. See Warren,
/// "Hacker's Delight", 6-1.
#[inline]
const fn zero_bytes(word: u64) -> u64 {
    word.wrapping_sub(LOW_BITS) & !word & HIGH_BITS
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_was_added_is_a_candidate(slots in prop::collection::vec((1_u8.., 0_u32..1 << 24), 0..20), tag in 1_u8..) {
            let mut line = Line::EMPTY;
            for (index, (tag, number)) in slots.iter().enumerate() {
                prop_assert_eq!(line.is_full(), index >= SLOTS);
                prop_assert_eq!(line.add(*tag, *number), index < SLOTS);
            }
            let candidates: Vec<u32> = line.candidates(tag).collect();
            let expected: Vec<u32> =
                slots.iter().take(SLOTS).filter(|slot| slot.0 == tag).map(|slot| slot.1).collect();
            let mut rest = candidates.iter();
            prop_assert!(expected.iter().all(|number| rest.any(|candidate| candidate == number)));
            prop_assert_eq!(line.first_candidate(tag), candidates.first().copied().unwrap_or(0));
        }
    }
}
