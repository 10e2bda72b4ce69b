//! One part of the states that were visited.

use super::hash::{PARTITION_BITS, PARTITIONS, StateHash};
use super::line::{Line, SLOTS, per_line};
use super::paged::Paged;
use super::system::{PackedState, first_word};

/// A state's name: the partition in the top bits, the place there below. Names are in the order in which
/// states are expanded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct StateId(u32);

const LOCAL_BITS: u32 = u32::BITS - PARTITION_BITS;
const LOCAL_MASK: u32 = (1 << LOCAL_BITS) - 1;

impl StateId {
    /// What an initial state has for a predecessor.
    pub(super) const NONE: Self = Self(u32::MAX);

    #[expect(clippy::cast_possible_truncation, reason = "there are few partitions")]
    pub(super) const fn new(partition: usize, local: u32) -> Self {
        Self((partition as u32) << LOCAL_BITS | local)
    }

    pub(super) const fn partition(self) -> usize {
        (self.0 >> LOCAL_BITS) as usize
    }

    pub(super) const fn local(self) -> u32 {
        self.0 & LOCAL_MASK
    }

    pub(super) const fn plus(self, offset: u32) -> Self {
        Self(self.0 + offset)
    }
}

/// Why a partition takes no more states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Full {
    /// Its share of the memory is used up.
    Memory,
    /// All its [`StateId`]s are.
    Names,
}

/// The states of one partition in the order of their arrival, the predecessor of each, and a table that finds
/// them.
///
/// The table is one of open addressing by cache lines: a state belongs into the line that its hash names, or
/// if that is full, into the next one. A slot is 4 bytes, and lines are 3/4 to 7/8 full, so that is 4.6 to 5.3
/// bytes a state, besides the state itself and 4 bytes for its predecessor.
#[derive(Debug)]
pub(super) struct Partition<State> {
    states: Paged<State, PAGE_BITS>,
    predecessors: Paged<StateId, PAGE_BITS>,
    lines: Paged<Line, LINE_PAGE_BITS>,
    /// The states of the level that is being expanded are `level.0..level.1`; those after it are the next
    /// level.
    level: (u32, u32),
    /// Bytes that it may use.
    share: u64,
}

const PAGE_BITS: u32 = 9;
const LINE_PAGE_BITS: u32 = 5;

/// How many times as fast a line comes after its neighbour as alone; about.
const WORTH_WARMING: usize = 6;

/// How many states are sought at a time, so that the processor fetches what they need side by side.
pub(super) const GROUP: usize = 16;

impl<State: PackedState> Partition<State> {
    /// An empty one, that may use its share of `memory` bytes.
    pub(super) const fn new(memory: u64) -> Self {
        Self {
            states: Paged::new(),
            predecessors: Paged::new(),
            lines: Paged::new(),
            level: (0, 0),
            share: memory / PARTITIONS as u64,
        }
    }

    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "`reserve` keeps it below `LOCAL_MASK`"
    )]
    pub(super) const fn len(&self) -> u32 {
        self.states.len() as u32
    }

    #[inline]
    pub(super) fn state(&self, local: u32) -> &State {
        self.states.get(local as usize)
    }

    /// Neighbours, in one slice or several.
    pub(super) fn states(&self, from: u32, count: u32) -> impl Iterator<Item = &[State]> {
        self.states.slices(from as usize, count as usize)
    }

    pub(super) fn predecessor(&self, local: u32) -> StateId {
        *self.predecessors.get(local as usize)
    }

    /// The bytes that it uses.
    pub(super) fn bytes(&self) -> u64 {
        Self::bytes_of(self.states.capacity(), self.lines.capacity())
    }

    const fn bytes_of(states: usize, lines: usize) -> u64 {
        (states * (size_of::<State>() + size_of::<StateId>()) + lines * size_of::<Line>()) as u64
    }

    /// The first state of the level that is being expanded, and the number of its states.
    pub(super) const fn level(&self) -> (u32, u32) {
        (self.level.0, self.level.1 - self.level.0)
    }

    /// The next level becomes the one to expand.
    pub(super) const fn next_level(&mut self) {
        self.level = (self.level.1, self.len());
    }

    /// Makes room for [`GROUP`] more states.
    #[inline]
    pub(super) fn reserve(&mut self) -> Result<(), Full> {
        let needed = self.states.len() + GROUP;
        if needed > self.states.capacity() || needed * 8 > self.lines.len() * SLOTS * 7 {
            self.grow(needed)?;
        }
        Ok(())
    }

    #[cold]
    fn grow(&mut self, needed: usize) -> Result<(), Full> {
        if needed >= LOCAL_MASK as usize {
            return Err(Full::Names);
        }
        let lines = if needed * 8 > self.lines.len() * SLOTS * 7 {
            (needed * 4 / 3).div_ceil(SLOTS)
        } else {
            self.lines.len()
        };
        let capacities = (self.states.capacity_for(needed), self.lines.capacity_for(lines));
        if Self::bytes_of(capacities.0, capacities.1) > self.share {
            return Err(Full::Memory);
        }
        let reserved =
            self.states.reserve(needed) && self.predecessors.reserve(needed) && self.lines.reserve(lines);
        if !reserved {
            return Err(Full::Memory);
        }
        if lines > self.lines.len() {
            self.rehash(lines);
        }
        Ok(())
    }

    /// The states themselves say where they belong.
    fn rehash(&mut self, lines: usize) {
        self.lines.fill(lines, Line::EMPTY);
        let mut local = 0;
        for states in self.states.slices(0, self.states.len()) {
            for state in states {
                let hash = StateHash::of(state);
                let mut at = hash.place(lines);
                while !self.lines.get_mut(at).add(hash.tag(), local) {
                    at = next(at, lines);
                }
                local += 1;
            }
        }
    }

    /// Has the whole partition fetched, if so many states will be sought in it soon that most of it is needed:
    /// neighbours come much faster than places here and there.
    pub(super) fn warm(&self, sought: usize) {
        let lines = self.lines.len() + self.states.len() / per_line::<State>();
        if sought * WORTH_WARMING < lines {
            return;
        }
        let mut touched = 0;
        for lines in self.lines.slices(0, self.lines.len()) {
            touched = lines.iter().fold(touched, |touched, line| touched ^ line.touch());
        }
        for states in self.states.slices(0, self.states.len()) {
            let each = states.iter().step_by(per_line::<State>());
            touched = each.fold(touched, |touched, state| touched ^ first_word(state));
        }
        std::hint::black_box(touched);
    }

    /// Adds those of up to [`GROUP`] states that are new, in their order. For each of them, `admit` is asked
    /// first, with its position in the group: for its predecessor, or for why it must stay out. `stored` hears
    /// of it afterwards. There must be room.
    #[inline]
    pub(super) fn insert<E>(
        &mut self,
        group: &[State],
        mut admit: impl FnMut(usize) -> Result<StateId, E>,
        mut stored: impl FnMut(u32, &State),
    ) -> Result<(), E> {
        let size = self.lines.len();
        let mut tags = [0; GROUP];
        let mut places = [0; GROUP];
        let mut touched = 0;
        // First all lines, then all states that they name: each round of fetches overlaps, since nothing
        // waits for one.
        for ((state, tag), place) in group.iter().zip(&mut tags).zip(&mut places) {
            let hash = StateHash::of(state);
            *tag = hash.tag();
            *place = hash.place(size);
            touched ^= self.lines.get(*place).touch();
        }
        std::hint::black_box(touched);
        let mut known = [false; GROUP];
        for (index, state) in group.iter().enumerate() {
            // Most often the first candidate is the state or there is none. The state that is looked at in vain
            // then is the first one, which is at hand.
            let local = self.lines.get(places[index]).first_candidate(tags[index]);
            known[index] = local < self.len() && self.state(local) == state;
        }
        for (index, state) in group.iter().enumerate() {
            if known[index] || self.find(state, tags[index], &mut places[index]) {
                continue;
            }
            let predecessor = admit(index)?;
            let local = self.len();
            // `find` stops at a line with a vacancy.
            self.lines.get_mut(places[index]).add(tags[index], local);
            self.states.push(*state);
            self.predecessors.push(predecessor);
            stored(local, state);
        }
        Ok(())
    }

    /// Whether the state is there. If not, `place` becomes that of the line that has room for it.
    #[inline]
    fn find(&self, state: &State, tag: u8, place: &mut usize) -> bool {
        loop {
            let line = self.lines.get(*place);
            if line
                .candidates(tag)
                .any(|local| local < self.len() && self.state(local) == state)
            {
                return true;
            }
            if !line.is_full() {
                return false;
            }
            *place = next(*place, self.lines.len());
        }
    }
}

#[inline]
const fn next(at: usize, size: usize) -> usize {
    if at + 1 == size { 0 } else { at + 1 }
}
