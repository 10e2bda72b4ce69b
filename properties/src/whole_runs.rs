//! The machine as a system whose steps are all kept, for properties of whole runs.

use std::cell::RefCell;
use std::sync::Arc;

use rustc_hash::FxHashMap;
use shimproof_model::{Abstract, Node, World};
use shimproof_search::{FairSystem, LivenessError, LivenessErrorOf, Path, TransitionSystem};

use crate::check::CheckError;
use crate::fairness::{self, Process};
use crate::live::OfPod;
use crate::machine::{Machine, Taken};
use crate::packed_machine::{
    EnvironmentWords, Memo, PackedMachine, PackedStep, environment_of, unpacked_error,
};

/// A system that whole runs are searched in.
pub(crate) trait Runs: FairSystem<Process = Process> {
    /// Whether a predicate is true of a pod in a state: by its number in the question.
    fn is(&self, state: &Self::State, pod: usize, predicate: usize) -> bool;

    /// The faults that are left in a state.
    fn faults_left(&self, state: &Self::State) -> u8;

    /// The node of a state.
    fn node(&self, state: &Self::State) -> Node<Abstract>;

    /// What was taken in a step.
    fn taken(&self, action: &Self::Action) -> Taken<Abstract>;

    /// The error, for a reader.
    fn error(&self, error: LivenessErrorOf<Self>) -> CheckError;

    /// The run, with nodes for states.
    fn path(&self, path: &Path<Self::State, Self::Action>) -> Path<Node<Abstract>, Taken<Abstract>> {
        Path {
            initial: self.node(&path.initial),
            steps: self.steps(&path.steps),
        }
    }

    /// The steps, with nodes for states.
    fn steps(&self, steps: &[(Self::Action, Self::State)]) -> Vec<(Taken<Abstract>, Node<Abstract>)> {
        let unpacked = |(action, state): &_| (self.taken(action), self.node(state));
        steps.iter().map(unpacked).collect()
    }
}

/// Whole nodes for states: what packed ones are tested against.
pub(crate) struct NodeRuns {
    pub(crate) machine: Arc<Machine<Abstract>>,
    pub(crate) predicates: Vec<OfPod<Abstract>>,
}

impl TransitionSystem for NodeRuns {
    type State = Node<Abstract>;
    type Action = Taken<Abstract>;

    fn initial_states(&self) -> Vec<Node<Abstract>> {
        self.machine.initial_states()
    }

    fn successors(&self, node: &Node<Abstract>, out: &mut Vec<(Taken<Abstract>, Node<Abstract>)>) {
        self.machine.successors(node, out);
    }

    fn heap_bytes(&self, node: &Node<Abstract>) -> u64 {
        self.machine.heap_bytes(node)
    }
}

impl FairSystem for NodeRuns {
    type Process = Process;

    fn process(&self, taken: &Taken<Abstract>) -> Option<Process> {
        self.machine.process(taken)
    }
}

impl Runs for NodeRuns {
    fn is(&self, node: &Node<Abstract>, pod: usize, predicate: usize) -> bool {
        self.predicates[predicate](self.machine.world(), &node.environment, &node.pods[pod])
    }

    fn faults_left(&self, node: &Node<Abstract>) -> u8 {
        node.environment.faults.total
    }

    fn node(&self, node: &Node<Abstract>) -> Node<Abstract> {
        node.clone()
    }

    fn taken(&self, taken: &Taken<Abstract>) -> Taken<Abstract> {
        *taken
    }

    fn error(&self, error: LivenessErrorOf<Self>) -> CheckError {
        match error {
            LivenessError::Search(error) => error.into(),
            LivenessError::TooManyProcesses => without_run(&error),
        }
    }
}

fn without_run(error: &dyn std::error::Error) -> CheckError {
    CheckError::Model {
        message: error.to_string(),
        path: None,
    }
}

/// What the predicates say of a pod, one bit each.
type Truth = u16;

/// The most predicates that are asked at a time.
pub(crate) const MAX_PREDICATES: usize = Truth::BITS as usize;

/// Words for states. Steps and predicates are worked out once for each pair of an environment and a pod, of which
/// there are far fewer than states.
pub(crate) struct PackedRuns<const W: usize> {
    packed: PackedMachine<W>,
    predicates: Vec<OfPod<Abstract>>,
    memo: RefCell<Memo>,
    truths: RefCell<FxHashMap<(EnvironmentWords, u64, u8), Truth>>,
    faults: RefCell<FxHashMap<EnvironmentWords, u8>>,
}

/// Some 32 MiB.
const MAX_TRUTHS: usize = 1 << 19;

impl<const W: usize> PackedRuns<W> {
    pub(crate) fn new(packed: PackedMachine<W>, predicates: Vec<OfPod<Abstract>>) -> Self {
        assert!(predicates.len() <= MAX_PREDICATES, "a truth has a bit for each");
        Self {
            packed,
            predicates,
            memo: RefCell::default(),
            truths: RefCell::default(),
            faults: RefCell::default(),
        }
    }

    fn world(&self) -> &World<Abstract> {
        self.packed.machine().world()
    }

    fn truth(&self, state: &[u64; W], pod: usize) -> Truth {
        let first = self.packed.packing().environment_words();
        let key = (
            environment_of(state, first),
            state[first + pod],
            self.world().pods[pod],
        );
        if let Some(known) = self.truths.borrow().get(&key) {
            return *known;
        }
        let node = self.packed.node(state);
        let is = |predicate: &OfPod<Abstract>| predicate(self.world(), &node.environment, &node.pods[pod]);
        let truth = (0..).zip(&self.predicates);
        let truth = truth.fold(0, |truth, (bit, predicate)| {
            truth | Truth::from(is(predicate)) << bit
        });
        let mut truths = self.truths.borrow_mut();
        if truths.len() >= MAX_TRUTHS {
            truths.clear();
        }
        truths.insert(key, truth);
        truth
    }
}

impl<const W: usize> TransitionSystem for PackedRuns<W> {
    type State = [u64; W];
    type Action = PackedStep;

    fn initial_states(&self) -> Vec<[u64; W]> {
        self.packed.initial_states()
    }

    fn successors(&self, state: &[u64; W], out: &mut Vec<(PackedStep, [u64; W])>) {
        let memo = &mut *self.memo.borrow_mut();
        self.packed
            .emit(state, memo, &mut |step, next| out.push((step, *next)));
    }
}

impl<const W: usize> FairSystem for PackedRuns<W> {
    type Process = Process;

    fn process(&self, step: &PackedStep) -> Option<Process> {
        fairness::process(step.taken.action)
    }
}

impl<const W: usize> Runs for PackedRuns<W> {
    fn is(&self, state: &[u64; W], pod: usize, predicate: usize) -> bool {
        self.truth(state, pod) >> predicate & 1 != 0
    }

    fn faults_left(&self, state: &[u64; W]) -> u8 {
        let words = environment_of(state, self.packed.packing().environment_words());
        let mut faults = self.faults.borrow_mut();
        if faults.len() >= MAX_TRUTHS {
            faults.clear();
        }
        let left = || self.packed.packing().unpack_environment(&words).faults.total;
        *faults.entry(words).or_insert_with(left)
    }

    fn node(&self, state: &[u64; W]) -> Node<Abstract> {
        self.packed.node(state)
    }

    fn taken(&self, step: &PackedStep) -> Taken<Abstract> {
        step.taken
    }

    fn error(&self, error: LivenessErrorOf<Self>) -> CheckError {
        match error {
            LivenessError::Search(error) => unpacked_error(&self.packed, error),
            LivenessError::TooManyProcesses => without_run(&error),
        }
    }
}
