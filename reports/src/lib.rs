//! What people look at, keep and act on: verdicts, traces, comparisons, the catalogue as text and JSON.
//!
//! Everything here is a consumer of what the search found; nothing looks into the engine.

mod asked;
mod builtin;
pub mod catalogue;
mod comparison;
mod comparison_text;
mod fate;
mod further;
mod json;
mod kept_by;
mod property_catalogue;
mod rests_on;
mod style;
mod suite;
mod sweep;
mod trace_text;
mod verification;
mod verification_text;

pub use asked::{Asked, ask, property_ids, unknown_property};
pub use builtin::{BuiltinError, FOUNDING_CASE, with_builtin_scenarios};
pub use comparison::{Change, Comparison, Row, compare};
pub use comparison_text::comparison_text;
pub use fate::{FatalRefusal, Fate};
pub use further::OwnSearch;
pub use json::{comparison_json, suite_json, verifications_json};
pub use rests_on::RestsOn;
pub use style::Styles;
pub use suite::{Deviation, SuiteReport, run_suite};
pub use sweep::{Sweep, sweep};
pub use trace_text::trace_text;
pub use verification::{PropertyResult, Question, Verdict, Verification, VerifyError, verify};
pub use verification_text::{suite_text, verification_text};
