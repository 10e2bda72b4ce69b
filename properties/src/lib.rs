//! What must hold of the machine, one property a file.
//!
//! A property is a predicate over the environment and one pod, generic over the domain of values, so that
//! exhaustive search and concrete runs share it. [`Machine`] is the machine of `shimproof-model` as a transition
//! system; [`check`] decides a list of properties on it.

mod check;
mod machine;
mod options_accepted;
mod options_preserved;
mod owner_only_if_applied;
mod packed_machine;
mod property;
pub mod reachability;
mod type_as_configured;
mod userns_honoured;

pub use check::{CheckError, Covered, Engine, Finding, Findings, check};
pub use machine::{Machine, Taken};
pub use packed_machine::{ACTION_KINDS, GuardCoverage, PackedMachine, PackedStep};
pub use property::{Broken, Property, PropertyKind, all, find};
