//! The search of systems whose states are words: exact, on any number of threads, in little memory.
//!
//! The space is divided by the hash of its states into a fixed number of partitions. A level is expanded in
//! batches of two rounds: first, threads take stretches of states and sort the steps that these offer into a
//! bucket for each partition; then, threads take partitions and store from their buckets what is new. No two
//! threads touch a partition at a time, so nothing waits; buckets are read in the order of the states that
//! filled them, so what is stored, in what order and with what predecessor, does not depend on threads.

mod answers;
mod buckets;
mod chunk;
mod coverage;
mod expand;
mod frontier;
mod halt;
mod hash;
mod leader;
mod line;
mod options;
mod outcome;
mod paged;
mod partition;
mod recent;
mod system;
mod team;
mod trace;
mod work;

pub use coverage::{ActionCoverage, Coverage};
pub use leader::packed_breadth_first;
pub(crate) use options::resident_memory;
pub use options::{PackedOptions, available_memory};
pub use outcome::{PackedOutcome, PackedOutcomeOf};
pub use system::{PackedState, PackedSystem};
