//! States that were met a moment ago.

use super::hash::StateHash;
use super::system::PackedState;

/// A small, exact memory of states that were passed on, one for each place that a hash can name.
///
/// Neighbours in the order of the search have successors in common: of two-phase commit with nine resource
/// managers, half of the steps to another state lead to one that this remembers. They need not be passed on
/// again: the step before them, which was passed on, is the one that counts if the state is new.
///
/// Each chunk has its own. Chunks of a number are expanded in their order, by whatever thread, so what is
/// passed on does not depend on threads.
#[derive(Debug)]
pub(super) struct Recent<State> {
    states: Vec<State>,
}

/// Fits into the second level of the cache, with room for other things.
const MAX_BYTES: usize = 1 << 18;
const MIN_PLACES: usize = 64;

impl<State: PackedState> Recent<State> {
    pub(super) const fn new() -> Self {
        Self { states: Vec::new() }
    }

    /// Makes it as large as this many steps have use for; it does not shrink. When it grows, it forgets.
    ///
    /// `stored` is a state that the search has stored already, so that nothing is lost if it is taken for
    /// met. It fills the places of other states too, where it is never looked for.
    pub(super) fn prepare(&mut self, steps: usize, stored: State) {
        let most = MAX_BYTES / size_of::<State>().max(1);
        let places = steps.clamp(MIN_PLACES, most);
        if places > 2 * self.states.len() {
            self.states.clear();
            self.states.reserve_exact(places);
            self.states.resize(places, stored);
        }
    }

    /// Whether the state is remembered; from now on, it is.
    #[inline]
    pub(super) fn meet(&mut self, state: &State, hash: StateHash) -> bool {
        let place = hash.place(self.states.len());
        let remembered = &mut self.states[place];
        let met = remembered == state;
        *remembered = *state;
        met
    }

    /// The bytes that it uses.
    pub(super) const fn bytes(&self) -> usize {
        self.states.capacity() * size_of::<State>()
    }
}
