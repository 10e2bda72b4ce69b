//! The machine over packed states.
//!
//! A step reads the environment and at most one pod, and there are far fewer pairs of these than states. So steps
//! are not carried out again for each state: a [`Memo`] keeps what a pair leads to, and the successors of a state
//! are put together from words.

mod action_kind;
mod guard_counts;
mod judgement;
mod memo;
mod search;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use shimproof_model::packing::{MAX_WORDS, Misfit, Packing};
use shimproof_model::world::MAX_PODS;
use shimproof_model::{Abstract, Action, Node};
use shimproof_search::{PackedSystem, Path};

use crate::check::fact_sets;
use crate::machine::{FactSet, Machine, Taken};
use crate::property::Property;
use crate::reachability::Reachability;

pub use action_kind::ACTION_KINDS;
pub use guard_counts::{GuardCounts, GuardCoverage};
pub use memo::Memo;
pub(crate) use search::{search, unpacked_error};

/// Does something with as many words for a state as a packing has: `$words` is their number in `$body`.
macro_rules! with_words {
    ($packing:expr, $words:ident => $body:expr) => {
        $crate::packed_machine::with_words!(@ $packing, $words => $body; 1 2 3 4 5 6)
    };
    (@ $packing:expr, $words:ident => $body:expr; $($number:literal)+) => {
        match $packing.words() {
            $($number => {
                const $words: usize = $number;
                $body
            })+
            // A packing has at most `MAX_WORDS` words, and the list goes as far.
            words => Err(PackingError::Pods { pods: words }.into()),
        }
    };
}
pub(crate) use with_words;

/// The machine over one world, with states of so many words.
#[derive(Debug)]
pub struct PackedMachine<const W: usize> {
    machine: Arc<Machine<Abstract>>,
    packing: Packing,
    /// What is asked of every state.
    properties: Vec<Property<Abstract>>,
    /// Of which steps are asked whether they reach them.
    reachabilities: Vec<Reachability>,
    /// What each property rests on.
    facts: Vec<Arc<FactSet>>,
    guards: Arc<GuardCounts>,
    /// No two machines of a process have the same.
    number: u64,
}

/// A step of a packed machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PackedStep {
    /// The action.
    pub taken: Taken<Abstract>,
    /// Its place in [`ACTION_KINDS`].
    kind: u8,
    /// What the step reaches, of the reachabilities that are asked.
    reached: Reached,
}

/// A set of reachabilities, by their numbers in the question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reached([u64; Reached::MAX / 64]);

impl Reached {
    /// The most reachabilities that a search asks for.
    pub(crate) const MAX: usize = 256;

    /// Those for which `reached` is true.
    fn of(asked: &[Reachability], reached: impl Fn(&Reachability) -> bool) -> Self {
        let mut set = Self::default();
        for number in (0..asked.len()).filter(|number| reached(&asked[*number])) {
            set.0[number / 64] |= 1 << (number % 64);
        }
        set
    }

    fn and(mut self, other: Self) -> Self {
        for (word, more) in self.0.iter_mut().zip(other.0) {
            *word |= more;
        }
        self
    }

    #[inline]
    fn contains(&self, number: usize) -> bool {
        self.0[number / 64] & 1 << (number % 64) != 0
    }
}

impl<const W: usize> PackedMachine<W> {
    /// The packed machine over the world of `machine`, to be asked for `properties` and `reachabilities`.
    ///
    /// # Panics
    /// If `packing` has not `W` words.
    pub fn new(
        machine: Arc<Machine<Abstract>>,
        packing: Packing,
        properties: Vec<Property<Abstract>>,
        reachabilities: Vec<Reachability>,
    ) -> Self {
        static MACHINES: AtomicU64 = AtomicU64::new(1);
        assert_eq!(packing.words(), W, "the words of a state");
        Self {
            facts: fact_sets(&machine, &properties),
            machine,
            packing,
            properties,
            reachabilities,
            guards: Arc::default(),
            number: MACHINES.fetch_add(1, Ordering::Relaxed),
        }
    }

    /// The machine itself.
    pub fn machine(&self) -> &Machine<Abstract> {
        &self.machine
    }

    /// How states are packed.
    pub fn packing(&self) -> &Packing {
        &self.packing
    }

    /// How often guards decided what, in the steps of all searches that have ended.
    pub fn guards(&self) -> Vec<GuardCoverage> {
        self.guards.all()
    }

    /// The node of a state.
    pub fn node(&self, state: &[u64; W]) -> Node<Abstract> {
        self.packing.unpack(state)
    }

    /// The run, with nodes for states.
    pub(crate) fn unpacked(
        &self,
        path: &Path<[u64; W], PackedStep>,
    ) -> Path<Node<Abstract>, Taken<Abstract>> {
        Path {
            initial: self.node(&path.initial),
            steps: path
                .steps
                .iter()
                .map(|(step, state)| (step.taken, self.node(state)))
                .collect(),
        }
    }
}

impl<const W: usize> PackedSystem for PackedMachine<W> {
    type State = [u64; W];
    type Action = PackedStep;
    type Scratch = Memo;

    const ACTION_KINDS: &'static [&'static str] = ACTION_KINDS;

    #[inline]
    fn action_kind(step: &PackedStep) -> usize {
        step.kind.into()
    }

    fn initial(&self, emit: &mut dyn FnMut(&[u64; W])) {
        let mut state = [0; W];
        let node = Node::initial(self.machine.world(), &mut self.machine.log());
        if let Err(misfit) = self.packing.pack(&node, &mut state) {
            fault(misfit);
        }
        emit(&state);
    }

    #[inline]
    fn successors(&self, state: &[u64; W], memo: &mut Memo, emit: &mut impl FnMut(PackedStep, &[u64; W])) {
        self.emit(state, memo, emit);
    }

    #[inline]
    fn canonical(&self, state: &mut [u64; W]) {
        self.packing.canonical(state);
    }
}

impl<const W: usize> PackedMachine<W> {
    /// Emits what a state leads to, in the order of the machine.
    #[inline]
    pub(crate) fn emit(
        &self,
        state: &[u64; W],
        memo: &mut Memo,
        emit: &mut impl FnMut(PackedStep, &[u64; W]),
    ) {
        let first = self.packing.environment_words();
        let env = environment_of(state, first);
        memo.begin(&self.guards);
        let environment = memo.environment(self, env);
        let mut pods = [0; MAX_PODS];
        for (place, word) in state[first..].iter().enumerate() {
            pods[place] = memo.pod(self, environment, place, *word);
        }
        let pods = &pods[..W - first];
        for (number, step) in memo.environment_steps(environment).iter().enumerate() {
            let mut next = *state;
            next[..first].copy_from_slice(&step.environment[..first]);
            let mut reached = step.reached;
            for (word, pod) in next[first..].iter_mut().zip(pods) {
                let image = memo.image(*pod, number);
                *word = image.pod;
                reached = reached.and(image.reached);
            }
            let taken = Taken {
                action: Action::Environment(step.action),
                refusal: None,
                decisions: step.decisions,
            };
            emit(
                PackedStep {
                    taken,
                    kind: step.kind,
                    reached,
                },
                &next,
            );
        }
        for (place, pod) in (0_u8..).zip(pods) {
            for step in memo.pod_steps(*pod) {
                let mut next = *state;
                next[..first].copy_from_slice(&step.environment[..first]);
                next[first + usize::from(place)] = step.pod;
                let taken = Taken {
                    action: Action::Pod(place, step.action),
                    refusal: step.refusal,
                    decisions: step.decisions,
                };
                emit(
                    PackedStep {
                        taken,
                        kind: step.kind,
                        reached: step.reached,
                    },
                    &next,
                );
            }
        }
    }
}

/// The words of an environment; unused ones are zero.
pub(crate) type EnvironmentWords = [u64; MAX_WORDS - MAX_PODS];

#[inline]
pub(crate) fn environment_of(state: &[u64], words: usize) -> EnvironmentWords {
    let mut env = EnvironmentWords::default();
    env[..words].copy_from_slice(&state[..words]);
    env
}

/// The machine came to a state that its world does not provide for. The search reports the panic with the run that
/// led to it.
#[cold]
fn fault(misfit: Misfit) -> ! {
    panic!("{misfit}")
}
