//! Where visited states are kept.

use std::hash::{Hash, Hasher};

use rustc_hash::FxHasher;

/// A set of states that remembers the order of their arrival.
///
/// States are stored whole, once, in a vector; an open-addressing table of indices finds them. That is 8
/// bytes per slot at a load of 3/8 to 3/4, on top of the state.
#[derive(Debug)]
pub(crate) struct StateTable<State> {
    states: Vec<State>,
    slots: Vec<Slot>,
}

/// 32 bits of the state's hash and its index, so that growth and most mismatches need not look at the state.
#[derive(Clone, Copy, Debug)]
struct Slot {
    hash: u32,
    index: u32,
}

impl Slot {
    const VACANT: Self = Self {
        hash: 0,
        index: u32::MAX,
    };

    const fn is_vacant(self) -> bool {
        self.index == u32::MAX
    }
}

/// What a first look said about a state.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sought {
    hash: u32,
    /// What is where the state would be. Not compared yet: a branch on it would wait for it.
    slot: Slot,
}

/// The right to add one state, of which it is known that the table does not have it, before any other is
/// added.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vacancy {
    slot: usize,
    hash: u32,
}

impl<State: Eq + Hash> StateTable<State> {
    /// The number of states that fit: slots are found by 32 bits of hash and at most 3/4 of them are used.
    pub(crate) const CAPACITY: u64 = 3 << 30;

    const INITIAL_SLOTS: usize = 1024;

    pub(crate) fn new() -> Self {
        Self {
            states: Vec::new(),
            slots: vec![Slot::VACANT; Self::INITIAL_SLOTS],
        }
    }

    pub(crate) const fn len(&self) -> usize {
        self.states.len()
    }

    /// The bytes that it takes at the most while so many states are added, without what states have on the heap.
    pub(crate) fn bytes_with(&self, more: usize) -> u64 {
        // Old slots are kept until the new ones are filled.
        let slots = if self.states.len() + more > self.slots.len() / 4 * 3 {
            self.slots.len() * 3
        } else {
            self.slots.len()
        };
        bytes_with(&self.states, more) + (slots * size_of::<Slot>()) as u64
    }

    pub(crate) fn get(&self, index: u32) -> &State {
        &self.states[index as usize]
    }

    /// Looks at where `state` would be, without waiting for what is there.
    ///
    /// Most of the time of a search goes into fetching slots from memory. If all successors of a state are
    /// sought before any is found, the processor fetches their slots side by side.
    pub(crate) fn seek(&self, state: &State) -> Sought {
        let hash = hash(state);
        let slot = self.slots[hash as usize & (self.slots.len() - 1)];
        Sought { hash, slot }
    }

    /// The index of the `state` that was sought, or the right to add it. Others may have been added in
    /// between.
    pub(crate) fn find(&self, sought: Sought, state: &State) -> Result<u32, Vacancy> {
        let Sought { hash, slot } = sought;
        // States never change their index, so what was seen is still true.
        if self.is_in(slot, hash, state) {
            return Ok(slot.index);
        }
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let slot = self.slots[at];
            if slot.is_vacant() {
                return Err(Vacancy { slot: at, hash });
            }
            if self.is_in(slot, hash, state) {
                return Ok(slot.index);
            }
            at = (at + 1) & mask;
        }
    }

    fn is_in(&self, slot: Slot, hash: u32, state: &State) -> bool {
        slot.hash == hash && !slot.is_vacant() && self.states[slot.index as usize] == *state
    }

    /// Adds the state for which `find` gave `vacancy`, and returns its index. Callers keep to `CAPACITY`.
    pub(crate) fn add(&mut self, vacancy: Vacancy, state: State) -> u32 {
        // `CAPACITY` is below `u32::MAX`, so the index fits and is never that of a vacant slot.
        #[expect(clippy::cast_possible_truncation)]
        let index = self.states.len() as u32;
        self.slots[vacancy.slot] = Slot {
            hash: vacancy.hash,
            index,
        };
        self.states.push(state);
        if self.states.len() > self.slots.len() / 4 * 3 {
            self.grow();
        }
        index
    }

    fn grow(&mut self) {
        let size = self.slots.len() * 2;
        let old = std::mem::replace(&mut self.slots, vec![Slot::VACANT; size]);
        let mask = size - 1;
        for slot in old.into_iter().filter(|slot| !slot.is_vacant()) {
            let mut at = slot.hash as usize & mask;
            while !self.slots[at].is_vacant() {
                at = (at + 1) & mask;
            }
            self.slots[at] = slot;
        }
    }
}

/// The bytes of a vector with so many more elements: when it is full it doubles.
pub(crate) fn bytes_with<T>(vector: &Vec<T>, more: usize) -> u64 {
    let needed = vector.len() + more;
    let capacity = if needed > vector.capacity() {
        needed.max(vector.capacity() * 2)
    } else {
        vector.capacity()
    };
    (capacity * size_of::<T>()) as u64
}

fn hash<T: Hash>(value: &T) -> u32 {
    let mut hasher = FxHasher::default();
    value.hash(&mut hasher);
    let hash = hasher.finish();
    // Fx mixes upwards only; linear probing needs every bit of the low half mixed too (the constant is 2^64 /
    // phi).
    ((hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    /// A state whose hash says little about it.
    #[derive(Clone, Debug, PartialEq, Eq)]
    struct Clashing(u32);

    impl Hash for Clashing {
        fn hash<H: Hasher>(&self, state: &mut H) {
            (self.0 % 7).hash(state);
        }
    }

    proptest! {
        #[test]
        fn agrees_with_the_standard_map(values in prop::collection::vec(0_u32..600, 0..3000)) {
            let mut table = StateTable::new();
            let mut expected: HashMap<u32, u32> = HashMap::new();
            for value in values {
                let next = u32::try_from(expected.len()).unwrap();
                let index = match table.find(table.seek(&Clashing(value)), &Clashing(value)) {
                    Ok(index) => index,
                    Err(vacancy) => table.add(vacancy, Clashing(value)),
                };
                prop_assert_eq!(index, *expected.entry(value).or_insert(next));
                prop_assert_eq!(table.get(index), &Clashing(value));
            }
            prop_assert_eq!(table.len(), expected.len());
        }
    }

    #[test]
    fn keeps_all_states_while_it_grows() {
        let mut table = StateTable::new();
        for value in 0..100_000_u64 {
            let vacancy = table.find(table.seek(&value), &value).unwrap_err();
            table.add(vacancy, value);
        }
        for value in 0..100_000_u64 {
            assert_eq!(u64::from(table.find(table.seek(&value), &value).unwrap()), value);
        }
    }
}
