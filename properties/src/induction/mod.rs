//! Induction over the number of pods and of faults.
//!
//! A step reads and writes the environment and at most one pod, by the signature of [`shimproof_model::step`].
//! So one pod with its environment stands for any number of them, if the invariant speaks of one pod and its
//! environment, and if it holds whatever other pods make of the environment. It is checked that the invariant
//! holds initially, that no step of the machine loses a clause, from any state that satisfies all of them, and
//! the property is one of its clauses. `docs/soundness.md` has the argument.
//!
//! A step that loses a clause is no counterexample: the state before it may be out of reach.

mod action;
mod assumption;
mod calls;
mod cases;
mod check;
mod clause;
mod confirm;
mod containers;
mod draw;
mod facts;
mod field;
mod images;
mod interruption;
mod messages;
mod node;
mod prove;
mod shims;
mod step;
mod sync;
mod tape;

#[cfg(test)]
mod support_tests;

pub use assumption::Assumption;
pub use clause::{Clause, Clauses};
pub use confirm::Confirmation;
pub use facts::Inferred;
pub use prove::{Induction, InductionError, NotInductive, PROPERTIES, StepReport, Verdict, induct, prove};
pub use step::Step;
