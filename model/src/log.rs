//! What a step tells whoever wants to know: which guards decided what, and which facts it rests on.

use crate::catalog::{ContainerdField, KubeletField, OciRuntimeField, ShimField};
use crate::finite::Finite;
use crate::guards::Guard;

/// A behaviour of a row that a step rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Fact {
    /// Of a containerd row: its number in the world, and the behaviour.
    Containerd(u8, ContainerdField),
    /// Of a kubelet row.
    Kubelet(u8, KubeletField),
    /// Of a shim row.
    Shim(u8, ShimField),
    /// Of an OCI runtime's row.
    OciRuntime(u8, OciRuntimeField),
}

/// The decision of a guard, for a reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// The guard.
    pub guard: Guard,
    /// Its inputs.
    pub inputs: String,
    /// What it decided.
    pub decision: String,
    /// The table, as the row names it.
    pub table: String,
    /// Where the function stands in the source.
    pub source: String,
}

/// A consumer of what steps tell. Every method does nothing unless it is implemented.
pub trait Log {
    /// A guard of the row with this number, containerd's or the kubelet's, was asked about the inputs with that number.
    /// Nothing else of its table decides the step.
    fn asked(&mut self, _guard: Guard, _row: u8, _input: usize) {}
    /// A guard took the decision with this number.
    fn guard(&mut self, _guard: Guard, _decision: usize, _decided: impl FnOnce() -> Decided) {}
    /// The step rests on a fact.
    fn rests_on(&mut self, _fact: Fact) {}
}

/// Nobody wants to know.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quiet;

impl Log for Quiet {}

/// Keeps every decision and every fact.
#[derive(Clone, Debug, Default)]
pub struct Story {
    /// The decisions, in order.
    pub decisions: Vec<Decided>,
    /// The facts, in order, each as often as it was used.
    pub facts: Vec<Fact>,
}

impl Log for Story {
    fn guard(&mut self, _guard: Guard, _decision: usize, decided: impl FnOnce() -> Decided) {
        self.decisions.push(decided());
    }
    fn rests_on(&mut self, fact: Fact) {
        self.facts.push(fact);
    }
}

/// The largest number of decisions that a guard can take.
pub const MAX_DECISIONS: usize = 8;

/// A set of decisions, each a guard with the number of its decision.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct DecisionSet(u128);

impl DecisionSet {
    /// Adds a decision.
    pub fn insert(&mut self, guard: Guard, decision: usize) {
        self.0 |= 1 << (guard.index() * MAX_DECISIONS + decision);
    }

    /// Whether the decision is in the set.
    pub fn contains(self, guard: Guard, decision: usize) -> bool {
        self.0 & 1 << (guard.index() * MAX_DECISIONS + decision) != 0
    }
}

/// Keeps which decisions were taken, and nothing else.
#[derive(Clone, Copy, Debug, Default)]
pub struct Decisions(pub DecisionSet);

impl Log for Decisions {
    fn guard(&mut self, guard: Guard, decision: usize, _decided: impl FnOnce() -> Decided) {
        self.0.insert(guard, decision);
    }
}
