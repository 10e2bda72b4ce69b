//! Recorded runs of a real client against a real containerd, validated as paths of the machine.
//!
//! A recording has what a client of the CRI sees: its calls and their replies. Whatever happens between a call
//! and its reply is hidden in it. [`validate`] looks for a path of the machine, any hidden steps in between, on
//! which exactly these calls are made and answered so. Where there is none, it gives the longest part of the
//! recording that the machine can take, and for each state there what the machine says instead, and why.
//!
//! This is validation of traces with hidden variables, as in Cirstea, Kuppe, Loillier, Merz: "Validating Traces
//! of Distributed Programs Against TLA+ Specifications" (SEFM 2024).

mod diagnosis;
mod recording;
mod search;
mod text;

pub use diagnosis::{Candidate, Instead, LongestPrefix, MatchedPath, Validation};
pub use recording::{CallObserved, Event, Recording, RecordingError, ReplyObserved};
pub use search::validate;
