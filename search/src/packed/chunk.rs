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
pub(super) const MAX_SOURCES: usize = 1 << 16;

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
#[derive(Debug, Default)]
pub(super) struct Counts {
    pub(super) expanded: u64,
    pub(super) terminal: u64,
    pub(super) transitions: u64,
    /// For each kind, how many states offered it, and how many steps it was.
    pub(super) enabled: Vec<u64>,
    pub(super) fired: Vec<u64>,
    /// For each kind, the latest state that offered it; states are counted from one.
    latest: Vec<u64>,
}

impl Counts {
    /// The state whose steps are counted is the next one.
    #[inline]
    pub(super) const fn next_state(&mut self) {
        self.expanded += 1;
    }

    #[inline]
    pub(super) fn step(&mut self, kind: usize) {
        self.fired[kind] += 1;
        if self.latest[kind] != self.expanded {
            self.latest[kind] = self.expanded;
            self.enabled[kind] += 1;
        }
    }
}

impl<S: PackedSystem> Chunk<S> {
    pub(super) fn new(questions: usize) -> Self {
        let kinds = S::ACTION_KINDS.len();
        Self {
            spans: Vec::new(),
            buckets: Buckets::new(),
            recent: Recent::new(),
            real_recent: Recent::new(),
            scratch: S::Scratch::default(),
            answers: vec![None; questions],
            stopped: None,
            fault: None,
            asymmetry: None,
            counts: Counts {
                enabled: vec![0; kinds],
                fired: vec![0; kinds],
                latest: vec![0; kinds],
                ..Counts::default()
            },
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
