//! Many scenarios under many designs.

use std::fmt::Write as _;

use shimproof_model::catalog::Catalog;
use shimproof_properties::Engine;
use shimproof_scenario::{Design, Scenario};
use shimproof_search::{Limits, Observer};

use crate::style::{Styles, set};
use crate::verification::{Question, Verdict, Verification, VerifyError, verify};
use crate::verification_text::lines;

/// What came of scenarios under designs.
#[derive(Clone, Debug, Default)]
pub struct UnderDesigns {
    /// The names of the designs, as they were given.
    pub designs: Vec<String>,
    /// By scenario, and for each of them by design.
    pub verifications: Vec<Verification>,
    /// What cannot be combined, and why.
    pub unusable: Vec<Unusable>,
    /// For each design, what came of its scenarios.
    pub counts: Vec<Counts>,
    /// Whether it was stopped before all were searched.
    pub stopped: bool,
}

/// A scenario that cannot be used under a design.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Unusable {
    /// The scenario.
    pub scenario: String,
    /// The design.
    pub design: String,
    /// Why.
    pub reason: String,
}

/// How many scenarios came out how under a design.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All that were searched.
    pub searched: usize,
    /// Some property is violated.
    pub violated: usize,
    /// None is, but something is not known.
    pub unknown: usize,
}

/// Verifies every scenario under every design. A scenario whose configuration or components do not fit a design is left
/// out, and named.
///
/// # Errors
/// [`VerifyError`] if a design is not known, or a function of the model failed.
pub fn verify_under_designs(
    catalog: &Catalog,
    scenarios: &[Scenario],
    designs: &[Design],
    properties: &[String],
    engine: Engine,
    limits: &Limits,
    observer: &mut dyn Observer,
) -> Result<UnderDesigns, VerifyError> {
    let mut report = UnderDesigns {
        designs: designs.iter().map(|design| design.name.clone()).collect(),
        counts: vec![Counts::default(); designs.len()],
        ..UnderDesigns::default()
    };
    for scenario in scenarios {
        for (design, counts) in designs.iter().zip(&mut report.counts) {
            if limits.is_stopped() {
                report.stopped = true;
                return Ok(report);
            }
            let question = Question {
                scenario,
                design: Some(&design.containerd),
                properties,
                reachabilities: false,
                pods: None,
                faults: None,
                engine,
                limits,
            };
            let verification = match verify(catalog, &question, observer) {
                Ok(verification) => verification,
                Err(VerifyError::Scenario(error)) => {
                    report.unusable.push(Unusable {
                        scenario: scenario.file.name.clone(),
                        design: design.name.clone(),
                        reason: error.to_string(),
                    });
                    continue;
                }
                Err(error) => return Err(error),
            };
            let any = |verdict| {
                let of = |result: &&crate::PropertyResult| !result.information && result.verdict == verdict;
                verification.results.iter().any(|result| of(&result))
            };
            counts.searched += 1;
            if any(Verdict::Violated) {
                counts.violated += 1;
            } else if verification.cut_short() || any(Verdict::Unknown) {
                counts.unknown += 1;
            }
            report.verifications.push(verification);
        }
    }
    Ok(report)
}

/// A line for each search, what could not be combined, and what came of each design.
pub fn under_designs_text(report: &UnderDesigns, styles: &Styles) -> String {
    let mut text = lines(&report.verifications, styles);
    let _ = writeln!(text);
    for Unusable {
        scenario,
        design,
        reason,
    } in &report.unusable
    {
        let left_out = set(styles.open, "left out:");
        let _ = writeln!(text, "{left_out} {scenario} under {design}: {reason}");
    }
    for (design, counts) in report.designs.iter().zip(&report.counts) {
        let Counts {
            searched,
            violated,
            unknown,
        } = counts;
        let held = searched - violated - unknown;
        let _ = writeln!(
            text,
            "{}: of {searched} scenarios all properties hold in {held}, some are violated in {violated}, not known in {unknown}",
            set(styles.name, design)
        );
    }
    if report.stopped {
        let _ = writeln!(text, "{}", set(styles.open, "stopped before the end"));
    }
    let states: u64 = report.verifications.iter().map(|one| one.states).sum();
    let _ = writeln!(
        text,
        "{} searches, {states} states in all",
        report.verifications.len()
    );
    text
}
