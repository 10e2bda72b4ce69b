//! The suite: every built-in scenario against the verdicts that it expects, and every reachability reached
//! somewhere.

use shimproof_model::catalog::Catalog;
use shimproof_properties::Engine;
use shimproof_properties::reachability;
use shimproof_scenario::{Design, Scenario};
use shimproof_search::{Limits, Observer};

use crate::verification::{Question, Verdict, Verification, VerifyError, verify};

/// What came of the suite.
#[derive(Clone, Debug)]
pub struct SuiteReport {
    /// Each scenario under its own releases, and under each design that it has expectations for.
    pub verifications: Vec<Verification>,
    /// Where an answer is not the expected one.
    pub deviations: Vec<Deviation>,
    /// Reachabilities that no scenario reaches and that are not on the list of unreachable ones.
    pub unreached: Vec<String>,
    /// Reachabilities on that list that some scenario reaches.
    pub reached_against_the_list: Vec<String>,
    /// Whether it was stopped before all were searched. What no scenario reaches is not known then.
    pub stopped: bool,
}

/// An answer that is not the expected one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deviation {
    /// The scenario.
    pub scenario: String,
    /// The design.
    pub design: String,
    /// The property.
    pub property: String,
    /// What the scenario expects.
    pub expected: String,
    /// What the search found.
    pub found: String,
}

impl SuiteReport {
    /// Whether everything is as expected.
    pub fn as_expected(&self) -> bool {
        self.deviations.is_empty() && self.unreached.is_empty() && self.reached_against_the_list.is_empty()
    }

    /// Whether a search was cut short.
    pub fn cut_short(&self) -> bool {
        self.stopped || self.verifications.iter().any(Verification::cut_short)
    }
}

/// Runs the suite.
///
/// # Errors
/// [`VerifyError`] if a scenario cannot be used.
pub fn run_suite(
    catalog: &Catalog,
    scenarios: &[Scenario],
    engine: Engine,
    limits: &Limits,
    observer: &mut dyn Observer,
) -> Result<SuiteReport, VerifyError> {
    let mut report = SuiteReport {
        verifications: Vec::new(),
        deviations: Vec::new(),
        unreached: Vec::new(),
        reached_against_the_list: Vec::new(),
        stopped: false,
    };
    for scenario in scenarios {
        let expect = scenario.file.expect.clone().unwrap_or_default();
        let designs = expect
            .designs
            .iter()
            .map(|(name, expectation)| (Some(name.as_str()), &expectation.verdicts));
        for (design, verdicts) in std::iter::once((None, &expect.verdicts)).chain(designs) {
            if limits.is_stopped() {
                report.stopped = true;
                return Ok(report);
            }
            let found = design.map(|name| Design::named(catalog, name)).transpose()?;
            let question = Question {
                scenario,
                design: found.as_ref().map(|design| &design.containerd),
                properties: &[],
                reachabilities: true,
                pods: None,
                faults: None,
                engine,
                limits,
            };
            let verification = verify(catalog, &question, observer)?;
            let mut expected: Vec<(String, String)> = verdicts
                .iter()
                .map(|(property, verdict)| (property.clone(), verdict.to_string()))
                .collect();
            if design.is_none() {
                expected.extend(
                    expect
                        .reachable
                        .iter()
                        .map(|id| (id.clone(), "reached".to_owned())),
                );
                expected.extend(
                    expect
                        .unreachable
                        .iter()
                        .map(|id| (id.clone(), "unreached".to_owned())),
                );
            }
            report.deviations.extend(deviations(&verification, expected));
            report.verifications.push(verification);
        }
    }
    let reached = |id: &str| {
        report
            .verifications
            .iter()
            .flat_map(|verification| &verification.results)
            .any(|result| result.property == id && result.verdict == Verdict::Reached)
    };
    for reachability in reachability::all() {
        let listed = reachability::unreachable(&reachability.id).is_some();
        match (listed, reached(&reachability.id)) {
            (false, false) => report.unreached.push(reachability.id),
            (true, true) => report.reached_against_the_list.push(reachability.id),
            _ => {}
        }
    }
    Ok(report)
}

fn deviations(verification: &Verification, expected: Vec<(String, String)>) -> Vec<Deviation> {
    expected
        .into_iter()
        .filter_map(|(property, expected)| {
            let result = verification
                .results
                .iter()
                .find(|result| result.property == property);
            let found = result.map_or_else(
                || "no such property".to_owned(),
                |result| verdict_text(result.verdict, result.vacuous),
            );
            // Whether a `holds` is vacuous is compared only where the scenario says that it is.
            let agrees = found == expected || (expected == "holds" && found == "holds (vacuous)");
            (!agrees).then(|| Deviation {
                scenario: verification.scenario.clone(),
                design: verification.design.clone(),
                property,
                expected,
                found,
            })
        })
        .collect()
}

/// A verdict as expectations write it.
pub(crate) fn verdict_text(verdict: Verdict, vacuous: bool) -> String {
    if vacuous {
        format!("{} (vacuous)", verdict.as_str())
    } else {
        verdict.as_str().to_owned()
    }
}
