//! Systems whose states are a fixed number of words.

use std::fmt::Debug;
use std::hash::Hash;

use crate::TransitionSystem;

/// A state of a fixed number of words: `[u64; W]`, for any `W`.
///
/// Equal words are equal states: bits that mean nothing must be zero.
pub trait PackedState: Copy + Eq + Hash + Debug + Send + Sync + sealed::Sealed + 'static {
    /// The words.
    fn words(&self) -> &[u64];
}

impl<const W: usize> PackedState for [u64; W] {
    #[inline]
    fn words(&self) -> &[u64] {
        self
    }
}

/// A read of this has the state fetched from memory.
#[inline]
pub(super) fn first_word<State: PackedState>(state: &State) -> u64 {
    state.words().first().copied().unwrap_or(0)
}

mod sealed {
    /// The search counts on the layout of arrays.
    pub trait Sealed {}
    impl<const W: usize> Sealed for [u64; W] {}
}

/// A finite transition system whose states pack into a fixed number of words.
///
/// It is a [`TransitionSystem`] as well, so that properties, paths, the other searches and Stateright take it
/// as it is. What is said there holds here: all functions must be functions, with the same answer in the same
/// order each time they are asked.
///
/// # Symmetry
///
/// If the system has interchangeable components, [`PackedSystem::canonical`] names one state of each orbit.
/// With symmetry on, the search keeps that one only. Its verdicts are those of the whole space if every step
/// of a state is, renamed, a step of each of its images, and no condition of a property depends on which
/// component is which; a path is always a run of the real system, replayed from a real initial state.
pub trait PackedSystem: Sync {
    /// The state.
    type State: PackedState;

    /// What a step is called. Two steps of one state may have equal actions and different successors.
    type Action: Copy + PartialEq + Debug + Send + Sync;

    /// Room that `successors` may use as it likes, so that it need not allocate; one for each thread. What is
    /// left in it must not change an answer.
    type Scratch: Default + Send + Sync;

    /// The names of the kinds of actions, for the report of what was covered. At most 256.
    const ACTION_KINDS: &'static [&'static str];

    /// The kind of an action: an index into [`PackedSystem::ACTION_KINDS`].
    fn action_kind(action: &Self::Action) -> usize;

    /// Emits the states in which the system can start, in a fixed order. Equal ones are visited once.
    fn initial(&self, emit: &mut dyn FnMut(&Self::State));

    /// Emits every enabled action with its successor, in an order that depends on `state` only.
    fn successors(
        &self,
        state: &Self::State,
        scratch: &mut Self::Scratch,
        emit: &mut impl FnMut(Self::Action, &Self::State),
    );

    /// Replaces a state by the one that stands for all its images under renaming of interchangeable
    /// components: the same one for all of them. The default is that nothing is interchangeable.
    #[inline]
    fn canonical(&self, state: &mut Self::State) {
        let _ = state;
    }
}

impl<S: PackedSystem> TransitionSystem for S {
    type State = S::State;
    type Action = S::Action;

    fn initial_states(&self) -> Vec<S::State> {
        let mut states = Vec::new();
        self.initial(&mut |state| states.push(*state));
        states
    }

    fn successors(&self, state: &S::State, out: &mut Vec<(S::Action, S::State)>) {
        let mut scratch = S::Scratch::default();
        PackedSystem::successors(self, state, &mut scratch, &mut |action, successor| {
            out.push((action, *successor));
        });
    }
}
