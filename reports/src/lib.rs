//! What people look at, keep and act on: verdicts, traces, comparisons, the catalogue as text and JSON.
//!
//! Everything here is a consumer of what the search found; nothing looks into the engine.

mod asked;
mod builtin;
pub mod catalogue;
mod comparison;
mod comparison_page;
mod comparison_text;
mod coverage;
mod coverage_text;
mod designs;
pub mod diagram;
pub mod explorer;
mod fate;
mod further;
mod hash;
mod induction_json;
mod induction_text;
mod itf;
mod json;
mod kept_by;
pub mod map;
mod mutants;
mod page;
mod property_catalogue;
pub mod regression;
mod reproducer;
mod rests_on;
pub mod state_graph;
mod style;
mod suite;
mod survey;
mod sweep;
mod trace_format;
mod trace_text;
mod under_designs;
mod verification;
mod verification_text;
mod xml;

pub use asked::{Asked, ask, property_ids, unknown_property};
pub use builtin::{BuiltinError, FOUNDING_CASE, with_builtin_scenarios, with_incidents};
pub use comparison::{Change, Comparison, Row, compare};
pub use comparison_page::comparison_page;
pub use comparison_text::comparison_text;
pub use coverage::{Coverage, Unexercised, unexercised};
pub use coverage_text::{coverage_text, unexercised_text};
pub use designs::{show_design, show_designs, show_variables};
pub use fate::{FatalRefusal, Fate};
pub use further::OwnSearch;
pub use induction_json::inductions_json;
pub use induction_text::induction_text;
pub use itf::itf;
pub use json::{suite_json, under_designs_json, verifications_json};
pub use mutants::{
    Base, Fate as MutantFate, Killer, MutantReport, MutantResult, MutantRun, MutantsOptions, Subjects,
    Witness, find_mutant, mutant_run, mutants, mutants_json, mutants_text,
};
pub use reproducer::{Reproducer, ReproducerError};
pub use rests_on::RestsOn;
pub use style::Styles;
pub use suite::{Deviation, SuiteReport, run_suite};
pub use survey::{OfProperty, Survey, survey};
pub use sweep::{Class, Followed, Places, Sweep, SweepChange, Tally, follow, sweep};
pub use trace_format::TraceFormat;
pub use trace_text::{Detail, Found, trace_text};
pub use under_designs::{Counts, UnderDesigns, Unusable, under_designs_text, verify_under_designs};
pub use verification::{
    PropertyResult, Question, Verdict, Verification, VerifyError, design_name, verify, verify_mutant,
};
pub use verification_text::{suite_text, verification_text};
