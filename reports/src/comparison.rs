//! What changes between two designs.

use serde::Serialize;

use shimproof_model::catalog::{Catalog, ContainerdRow};
use shimproof_properties::{Engine, PropertyKind};
use shimproof_scenario::Scenario;
use shimproof_search::{Limits, Observer};

use crate::verification::{Question, Verdict, Verification, VerifyError, verify};

/// What changed for one property in one scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// It was violated, and holds.
    Fixed,
    /// It held, and is violated.
    Regressed,
    /// Both verdicts are the same.
    Unchanged,
    /// A verdict is missing: a search was cut short.
    Unknown,
}

impl Change {
    /// Its name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::Regressed => "regressed",
            Self::Unchanged => "unchanged",
            Self::Unknown => "unknown",
        }
    }
}

/// One property in one scenario under both designs.
#[derive(Clone, Debug)]
pub struct Row {
    /// The scenario.
    pub scenario: String,
    /// The property.
    pub property: String,
    /// Its verdict before.
    pub before: Verdict,
    /// Its verdict after.
    pub after: Verdict,
    /// What changed.
    pub change: Change,
}

/// What changes between two designs.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The design before.
    pub before: String,
    /// The design after.
    pub after: String,
    /// Behaviours of the catalogue in which the two differ: key, before, after.
    pub behaviours: Vec<(String, String, String)>,
    /// One for each property and scenario.
    pub rows: Vec<Row>,
    /// The verifications, for each scenario before and after.
    pub verifications: Vec<Verification>,
}

impl Comparison {
    /// How many properties held and are violated.
    pub fn regressions(&self) -> usize {
        self.rows
            .iter()
            .filter(|row| row.change == Change::Regressed)
            .count()
    }

    /// The verifications of a scenario, before and after.
    pub fn of_scenario(&self, scenario: &str) -> Option<(&Verification, &Verification)> {
        let mut found = self
            .verifications
            .iter()
            .filter(|verification| verification.scenario == scenario);
        Some((found.next()?, found.next()?))
    }
}

/// Compares two designs over scenarios.
///
/// # Errors
/// [`VerifyError`] if a design or a scenario cannot be used.
pub fn compare(
    catalog: &Catalog,
    (before, after): (&str, &str),
    scenarios: &[&Scenario],
    limits: &Limits,
    observer: &mut dyn Observer,
) -> Result<Comparison, VerifyError> {
    let behaviours = differences(catalog.design_row(before)?, catalog.design_row(after)?);
    let mut comparison = Comparison {
        before: before.to_owned(),
        after: after.to_owned(),
        behaviours,
        rows: Vec::new(),
        verifications: Vec::new(),
    };
    for scenario in scenarios {
        let mut under = |design: &str| {
            let question = Question {
                scenario,
                design: Some(design),
                properties: &[],
                reachabilities: false,
                pods: None,
                faults: None,
                engine: Engine::default(),
                limits,
            };
            verify(catalog, &question, observer)
        };
        let (old, new) = (under(before)?, under(after)?);
        for (was, is) in old
            .results
            .iter()
            .zip(&new.results)
            .filter(|(was, _)| was.kind == PropertyKind::Always)
        {
            let change = match (was.verdict, is.verdict) {
                (Verdict::Unknown, _) | (_, Verdict::Unknown) => Change::Unknown,
                (Verdict::Violated, Verdict::Holds) => Change::Fixed,
                (Verdict::Holds, Verdict::Violated) => Change::Regressed,
                _ => Change::Unchanged,
            };
            comparison.rows.push(Row {
                scenario: old.scenario.clone(),
                property: was.property.clone(),
                before: was.verdict,
                after: is.verdict,
                change,
            });
        }
        comparison.verifications.extend([old, new]);
    }
    Ok(comparison)
}

/// The behaviours in which two rows differ.
fn differences(before: &ContainerdRow, after: &ContainerdRow) -> Vec<(String, String, String)> {
    let after = crate::catalogue::containerd_behaviours(after);
    crate::catalogue::containerd_behaviours(before)
        .into_iter()
        .zip(after)
        .filter(|((_, was), (_, is))| was != is)
        .map(|((key, was), (_, is))| (key.to_owned(), was, is))
        .collect()
}
