//! The machine as a transition system.

use std::sync::atomic::{AtomicU64, Ordering};

use shimproof_model::guards::Guard;
use shimproof_model::log::{Decided, DecisionSet, Decisions, Fact, Log};
use shimproof_model::{Action, Domain, Finite, Node, Pod, Refusal, World};
use shimproof_search::TransitionSystem;

/// The machine over one world.
#[derive(Debug)]
pub struct Machine<D: Domain> {
    world: World<D>,
    facts: FactSet,
}

/// An action that was taken, with what it met on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Taken<D: Domain> {
    /// The action.
    pub action: Action<D>,
    /// The refusal that the step gave.
    pub refusal: Option<Refusal>,
    /// The decisions that guards took.
    pub decisions: DecisionSet,
}

impl<D: Domain> Machine<D> {
    /// The machine over a world.
    pub fn new(world: World<D>) -> Self {
        let facts = FactSet::new(&world);
        Self { world, facts }
    }

    /// The world.
    pub fn world(&self) -> &World<D> {
        &self.world
    }

    /// The facts that the steps explored so far rest on, in the order of the catalogue.
    pub fn facts(&self) -> Vec<Fact> {
        self.facts_and(std::iter::empty())
    }

    /// The facts that the steps explored so far rest on, and some more, in the order of the catalogue.
    pub(crate) fn facts_and<'f>(&self, more: impl Iterator<Item = &'f FactSet>) -> Vec<Fact> {
        let all = FactSet::new(&self.world);
        all.add(&self.facts);
        for facts in more {
            all.add(facts);
        }
        all.all()
    }

    /// What a search keeps of a step.
    pub(crate) fn log(&self) -> SearchLog<'_> {
        SearchLog::new(&self.facts)
    }
}

impl<D: Domain> TransitionSystem for Machine<D> {
    type State = Node<D>;
    type Action = Taken<D>;

    fn initial_states(&self) -> Vec<Node<D>> {
        vec![Node::initial(&self.world, &mut self.log())]
    }

    fn successors(&self, node: &Node<D>, out: &mut Vec<(Taken<D>, Node<D>)>) {
        let mut actions = Vec::new();
        node.enabled(&self.world, &mut actions);
        for action in actions {
            let mut next = node.clone();
            let mut log = self.log();
            let refusal = next.apply(&self.world, action, &mut log).err();
            out.push((
                Taken {
                    action,
                    refusal,
                    decisions: log.decisions.0,
                },
                next,
            ));
        }
    }

    fn heap_bytes(&self, node: &Node<D>) -> u64 {
        // What an allocator keeps beside it.
        const OVERHEAD: usize = 16;
        (node.pods.capacity() * size_of::<Pod<D>>() + OVERHEAD) as u64
    }
}

/// What a search keeps of a step.
#[derive(Debug)]
pub(crate) struct SearchLog<'a> {
    facts: &'a FactSet,
    pub(crate) decisions: Decisions,
}

impl<'a> SearchLog<'a> {
    fn new(facts: &'a FactSet) -> Self {
        Self {
            facts,
            decisions: Decisions::default(),
        }
    }
}

impl Log for SearchLog<'_> {
    fn guard(&mut self, guard: Guard, decision: usize, decided: impl FnOnce() -> Decided) {
        self.decisions.guard(guard, decision, decided);
    }

    fn rests_on(&mut self, fact: Fact) {
        self.facts.insert(fact);
    }
}

/// A set of facts, one word for each row of the world.
#[derive(Debug)]
pub(crate) struct FactSet {
    words: Vec<AtomicU64>,
    kubelets: usize,
    shims: usize,
    oci_runtimes: usize,
}

impl FactSet {
    pub(crate) fn new<D: Domain>(world: &World<D>) -> Self {
        let kubelets = world.containerd.len();
        let shims = kubelets + world.kubelets.len();
        let oci_runtimes = shims + world.shims.len();
        let rows = oci_runtimes + world.oci_runtimes.len();
        Self {
            words: (0..rows).map(|_| AtomicU64::new(0)).collect(),
            kubelets,
            shims,
            oci_runtimes,
        }
    }

    pub(crate) fn insert(&self, fact: Fact) {
        let (row, field) = match fact {
            Fact::Containerd(row, field) => (usize::from(row), field.index()),
            Fact::Kubelet(row, field) => (self.kubelets + usize::from(row), field.index()),
            Fact::Shim(row, field) => (self.shims + usize::from(row), field.index()),
            Fact::OciRuntime(row, field) => (self.oci_runtimes + usize::from(row), field.index()),
        };
        let word = &self.words[row];
        let bit = 1 << field;
        // Most steps use facts that are known already: a read is cheaper than a write.
        if word.load(Ordering::Relaxed) & bit == 0 {
            word.fetch_or(bit, Ordering::Relaxed);
        }
    }

    /// Adds those of another set of the same world.
    fn add(&self, other: &Self) {
        for (word, more) in self.words.iter().zip(&other.words) {
            word.fetch_or(more.load(Ordering::Relaxed), Ordering::Relaxed);
        }
    }

    fn all(&self) -> Vec<Fact> {
        let mut facts = Vec::new();
        for (index, word) in self.words.iter().enumerate() {
            let bits = word.load(Ordering::Relaxed);
            let set = |field: &usize| bits & 1 << field != 0;
            let row = |first: usize| u8::try_from(index - first).unwrap_or(u8::MAX);
            for field in (0..64).filter(set) {
                facts.extend(if index < self.kubelets {
                    Finite::from_index(field).map(|field| Fact::Containerd(row(0), field))
                } else if index < self.shims {
                    Finite::from_index(field).map(|field| Fact::Kubelet(row(self.kubelets), field))
                } else if index < self.oci_runtimes {
                    Finite::from_index(field).map(|field| Fact::Shim(row(self.shims), field))
                } else {
                    Finite::from_index(field).map(|field| Fact::OciRuntime(row(self.oci_runtimes), field))
                });
            }
        }
        facts
    }
}
