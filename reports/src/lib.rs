//! What people look at, keep and act on: verdicts, traces, comparisons, the catalogue as text and JSON.
//!
//! Everything here is a consumer of what the search found; nothing looks into the engine.

mod builtin;
pub mod catalogue;
mod comparison;
mod comparison_text;
mod coverage;
mod coverage_text;
pub mod diagram;
mod fate;
mod itf;
mod json;
mod rests_on;
pub mod state_graph;
mod style;
mod suite;
mod sweep;
mod trace_format;
mod trace_text;
mod verification;
mod verification_text;
mod xml;

pub use builtin::{BuiltinError, FOUNDING_CASE, with_builtin_scenarios};
pub use comparison::{Change, Comparison, Row, compare};
pub use comparison_text::comparison_text;
pub use coverage::{Coverage, Unexercised, unexercised};
pub use coverage_text::{coverage_text, unexercised_text};
pub use fate::{FatalRefusal, Fate};
pub use itf::itf;
pub use json::{comparison_json, suite_json, verifications_json};
pub use rests_on::RestsOn;
pub use style::Styles;
pub use suite::{Deviation, SuiteReport, run_suite};
pub use sweep::{Sweep, sweep};
pub use trace_format::TraceFormat;
pub use trace_text::trace_text;
pub use verification::{
    PropertyResult, Question, Verdict, Verification, VerifyError, ask, property_ids, unknown_property, verify,
};
pub use verification_text::{suite_text, verification_text};
