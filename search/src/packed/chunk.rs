//! A stretch of states that one thread expands, and the steps that they offer.

use super::buckets::Buckets;
use super::partition::StateId;
use super::recent::Recent;
use super::system::PackedSystem;
use super::work::Stop;

/// States next to each other in one partition.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    /// The first of them.
    pub(super) first: StateId,
    pub(super) count: u32,
    /// How many states of the chunk come before it.
    pub(super) offset: u32,
}

/// The most states of a chunk.
pub(super) const MAX_SOURCES: usize = 1 << 18;

/// Where a step comes from: the state that offers it, and the kind of the action.
#[derive(Clone, Copy, Debug)]
pub(super) struct Origin {
    pub(super) source: StateId,
    pub(super) kind: u8,
}

/// A panic of the system during the expansion of a chunk.
pub(super) struct ExpansionFault<S: PackedSystem> {
    pub(super) message: String,
    pub(super) offset: u32,
    pub(super) during: During<S>,
}

/// What the system was asked when it panicked.
pub(super) enum During<S: PackedSystem> {
    Successors,
    Canonical,
    /// A question about steps, by its number.
    Question(usize, S::Action, S::State),
    /// A question about states, by its number, of the state to which a step leads.
    StateQuestion(usize, S::Action, S::State),
}

pub(super) struct Chunk<S: PackedSystem> {
    pub(super) spans: Vec<Span>,
    pub(super) buckets: Buckets<S::State>,
    pub(super) recent: Recent<S::State>,
    /// With symmetry: successors as the system offers them, before each is replaced by its canonical form.
    pub(super) real_recent: Recent<S::State>,
    pub(super) scratch: S::Scratch,
    /// The steps of the state that is being expanded.
    pub(super) offered: Vec<(S::Action, S::State)>,
    /// For each question about steps, the offset of the first state with a step that answers it.
    pub(super) answers: Vec<Option<u32>>,
    /// Why it was not expanded to its end.
    pub(super) stopped: Option<Stop>,
    pub(super) fault: Option<ExpansionFault<S>>,
    /// A question, by its number, that a state and its canonical form answer differently; and the offset of a
    /// state with a step there.
    pub(super) asymmetry: Option<(usize, u32)>,
    pub(super) counts: Counts,
    /// Steps in the buckets.
    pub(super) steps: u64,
}

/// What a chunk has counted since the search began.
#[derive(Debug)]
pub(super) struct Counts {
    pub(super) expanded: u64,
    pub(super) terminal: u64,
    pub(super) transitions: u64,
    /// For each kind of action.
    pub(super) kinds: Box<[KindCounts; MAX_KINDS]>,
}

/// What was counted of one kind of action.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct KindCounts {
    /// How many states offered it, and how many steps it was.
    pub(super) enabled: u64,
    pub(super) fired: u64,
    /// The latest state that offered it; states are counted from one.
    latest: u64,
}

/// Kinds are numbered in a byte.
const MAX_KINDS: usize = 256;

impl Default for Counts {
    fn default() -> Self {
        Self {
            expanded: 0,
            terminal: 0,
            transitions: 0,
            kinds: Box::new([KindCounts::default(); MAX_KINDS]),
        }
    }
}

impl Counts {
    /// The steps that are counted from now on are those of the next state, which has so many.
    #[inline]
    pub(super) const fn next_state(&mut self, steps: usize) {
        self.expanded += 1;
        self.transitions += steps as u64;
        self.terminal += (steps == 0) as u64;
    }

    /// Counts a step; its kind as a byte.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "there are at most 256 kinds")]
    pub(super) fn step(&mut self, kind: usize) -> u8 {
        let kind = kind as u8;
        let counts = &mut self.kinds[usize::from(kind)];
        counts.fired += 1;
        counts.enabled += u64::from(counts.latest != self.expanded);
        counts.latest = self.expanded;
        kind
    }
}

impl<S: PackedSystem> Chunk<S> {
    pub(super) fn new(questions: usize) -> Self {
        Self {
            spans: Vec::new(),
            buckets: Buckets::new(),
            recent: Recent::new(),
            real_recent: Recent::new(),
            scratch: S::Scratch::default(),
            offered: Vec::new(),
            answers: vec![None; questions],
            stopped: None,
            fault: None,
            asymmetry: None,
            counts: Counts::default(),
            steps: 0,
        }
    }

    /// Makes room for about this many steps; gives room back that is far too large. `stored` is any state that
    /// is stored.
    pub(super) fn prepare(&mut self, steps: usize, stored: S::State, symmetry: bool) {
        self.steps = 0;
        self.buckets.prepare(steps);
        self.recent.prepare(steps, stored);
        if symmetry {
            self.real_recent.prepare(steps, stored);
        }
    }

    /// Empties the buckets and gives their room back.
    pub(super) fn rest(&mut self) {
        self.steps = 0;
        self.buckets.prepare(0);
    }

    /// The state at an offset.
    pub(super) fn source(&self, offset: u32) -> StateId {
        let after = self.spans.partition_point(|span| span.offset <= offset);
        let span = self.spans[after - 1];
        span.first.plus(offset - span.offset)
    }

    /// The bytes that it uses.
    pub(super) fn bytes(&self) -> u64 {
        let spans = self.spans.capacity() * size_of::<Span>();
        self.buckets.bytes() + (spans + self.recent.bytes() + self.real_recent.bytes()) as u64
    }
}
