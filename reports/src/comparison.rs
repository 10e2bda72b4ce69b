//! What changes between two designs.

use std::fmt::Write as _;

use serde::Serialize;

use shimproof_model::catalog::Catalog;
use shimproof_properties::{Engine, PropertyKind};
use shimproof_scenario::{Design, Overrides, Scenario};
use shimproof_search::{Limits, Observer};

use crate::designs::behaviours_of;
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
    /// One verdict is missing, and the other is not: a search was cut short.
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
    /// What the two are asked for by, in the same order: a name, or the path of a file.
    pub given: (String, String),
    /// What the design after is a change of, where that is not the design before.
    pub base_of_after: Option<String>,
    /// Behaviours of the catalogue in which the two differ: key, before, after.
    pub behaviours: Vec<(String, String, String)>,
    /// One for each property and scenario.
    pub rows: Vec<Row>,
    /// The verifications, for each scenario before and after.
    pub verifications: Vec<Verification>,
    /// Scenarios that are the same as an earlier one once the design stands in for their own releases: the
    /// earlier one, and the other.
    pub same: Vec<(String, String)>,
}

impl Comparison {
    /// How many properties held and are violated.
    pub fn regressions(&self) -> usize {
        self.rows
            .iter()
            .filter(|row| row.change == Change::Regressed)
            .count()
    }

    /// How many verdicts are others.
    pub fn changes(&self) -> usize {
        self.rows.iter().filter(|row| row.before != row.after).count()
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
    (before, after): (&Design, &Design),
    scenarios: &[&Scenario],
    limits: &Limits,
    observer: &mut dyn Observer,
) -> Result<Comparison, VerifyError> {
    let mut comparison = Comparison {
        before: before.name.clone(),
        after: after.name.clone(),
        given: (before.given.clone(), after.given.clone()),
        base_of_after: base_of(catalog, before, after),
        behaviours: differences(before, after),
        rows: Vec::new(),
        verifications: Vec::new(),
        same: Vec::new(),
    };
    let mut known: Vec<(String, &str)> = Vec::new();
    for scenario in scenarios {
        // What the search sees of a scenario: two that differ in their own releases only are one here.
        let seen = worlds(catalog, scenario, [before, after])?;
        if let Some((_, first)) = known.iter().find(|(other, _)| *other == seen) {
            comparison
                .same
                .push(((*first).to_owned(), scenario.file.name.clone()));
            continue;
        }
        known.push((seen, &scenario.file.name));
        let mut under = |design: &Design| {
            let question = Question {
                scenario,
                design: Some(&design.containerd),
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
        // A policy is asked only of the designs that promise it.
        let both = old.results.iter().filter_map(|was| {
            let is = new.results.iter().find(|is| is.property == was.property)?;
            (was.kind != PropertyKind::Reachable).then_some((was, is))
        });
        for (was, is) in both {
            let change = match (was.verdict, is.verdict) {
                (was, is) if was == is => Change::Unchanged,
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

/// What `after` is a change of, if `before` behaves otherwise.
fn base_of(catalog: &Catalog, before: &Design, after: &Design) -> Option<String> {
    let base = after.base.as_ref().filter(|_| !after.changes.is_empty())?;
    let found = Design::find(catalog, base).ok()?;
    (!differences(before, &found).is_empty()).then(|| base.clone())
}

/// The worlds of a scenario under both designs, as text.
fn worlds(catalog: &Catalog, scenario: &Scenario, designs: [&Design; 2]) -> Result<String, VerifyError> {
    let mut text = String::new();
    for design in designs {
        let overrides = Overrides {
            design: Some(design.containerd.clone()),
            ..Overrides::default()
        };
        let world = scenario.world(catalog, &overrides).map_err(Box::new)?;
        // Writing into a string does not fail.
        let _ = write!(text, "{world:?}");
    }
    Ok(text)
}

/// The behaviours in which two designs differ.
fn differences(before: &Design, after: &Design) -> Vec<(String, String, String)> {
    behaviours_of(before)
        .into_iter()
        .zip(behaviours_of(after))
        .filter(|((_, was), (_, is))| was != is)
        .map(|((key, was), (_, is))| (key.to_owned(), was, is))
        .collect()
}
