//! `verify --mutants`: every mutant of a design against every property, reachability and expectation.
//!
//! A mutant is *killed* by a property if the property holds of the design in some scenario and is violated by the
//! mutant there; by a reachability if no scenario reaches it any more, or one reaches what no client should; by an
//! expectation if a scenario with an `[expect]` that the design meets does not meet it under the mutant. One that
//! is killed by nothing and makes a violated property hold *closes a hole*. What is left is equivalent, cannot
//! occur, or is a survivor that nothing explains.

mod effect;
mod excuses;
mod fate;
mod json;
mod run;
mod subject;
mod text;
mod witness;

pub use fate::{Fate, Killer, MutantResult};
pub use json::mutants_json;
pub use run::{MutantReport, MutantRun, MutantsOptions, Subjects, find_mutant, mutant_run, mutants};
pub use text::mutants_text;
pub use witness::Witness;

/// What is mutated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// Each scenario's own releases of containerd and the kubelet, all of them in the same way.
    OwnReleases,
    /// A design of containerd, in each scenario.
    Design(String),
}

impl Base {
    /// Its name in reports.
    pub fn name(&self) -> &str {
        match self {
            Self::OwnReleases => "the scenarios' own releases",
            Self::Design(name) => name,
        }
    }
}
