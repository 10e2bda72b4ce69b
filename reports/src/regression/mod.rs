//! The regression report: what changes between two designs, ready to be kept, attached or acted on.
//!
//! [`Report`] holds everything that a reader is told, in the order in which it is told; each format only sets it.
//! Nothing in it depends on when, where or how fast it was made: the same command gives the same bytes.

mod describe;
mod html;
mod json;
mod junit;
mod markdown;
mod place;
mod sarif;
mod story;

use serde::Serialize;

use shimproof_model::catalog::Catalog;
use shimproof_properties::induction::Induction;
use shimproof_scenario::Design;

use crate::comparison::{Change, Comparison};
use crate::sweep::{Sweep, SweepChange, Tally, follow};
use crate::verification::Verification;
use crate::verification_text::explored;

pub(crate) use describe::catalogue_digest;
use describe::{Catalogue, Difference, Proof, Side};
use story::{ClassStory, Story, of_class, of_scenarios};

pub use html::regression_html;
pub use json::regression_json;
pub use junit::regression_junit;
pub use markdown::{MOST_CHARACTERS, regression_markdown};
pub use place::Place;
pub use sarif::regression_sarif;

/// What a report is made of.
#[derive(Clone, Copy, Debug)]
pub struct Compared<'a> {
    /// The design before and the design after.
    pub designs: (&'a Design, &'a Design),
    /// The scenarios.
    pub comparison: &'a Comparison,
    /// The catalogue, unless one scenario was asked for.
    pub sweep: Option<&'a Sweep>,
    /// What induction says about either design; empty if it was not asked.
    pub inductions: &'a [Induction],
    /// The scenario that was asked for, as it was given.
    pub scenario: Option<&'a str>,
    /// The command that gives these bytes.
    pub command: &'a str,
}

/// A regression report.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    tool: &'static str,
    command: String,
    /// What is asked of `compare` to get there again: the designs, and the scenario.
    subject: String,
    catalogue: Catalogue,
    before: Side,
    after: Side,
    differences: Vec<Difference>,
    summary: Vec<Count>,
    sweep: Option<Swept>,
    scenarios: Vec<ScenarioLine>,
    properties: Vec<String>,
    stories: Vec<Story>,
    same: Vec<(String, String)>,
    proofs: Vec<Proof>,
    proof_command: String,
}

/// How many of something changed.
#[derive(Clone, Debug, Serialize)]
struct Count {
    what: String,
    regressed: usize,
    fixed: usize,
    /// Refused before, and refused in another way after; none where there is no such thing.
    changed: Option<usize>,
    unchanged: usize,
    unknown: Option<usize>,
}

impl Count {
    /// What one of them is called: runs of the catalogue are refused in another way, verdicts are not.
    fn one(&self) -> &'static str {
        if self.changed.is_some() {
            "combination"
        } else {
            "verdict"
        }
    }
}

/// The catalogue under both designs.
#[derive(Clone, Debug, Serialize)]
struct Swept {
    combinations: usize,
    left_out: usize,
    classes: Vec<ClassStory>,
    hypothetical_combinations: usize,
    hypothetical: Vec<ClassStory>,
    by_kubelet: Vec<Tally>,
    by_shim: Vec<Tally>,
}

/// One scenario under both designs.
#[derive(Clone, Debug, Serialize)]
struct ScenarioLine {
    name: String,
    title: String,
    /// Its components but containerd, which is what differs.
    components: Vec<String>,
    faults: String,
    changed: bool,
    /// One for each property of the report.
    cells: Vec<Cell>,
    before: Explored,
    after: Explored,
}

/// One verdict before and after.
#[derive(Clone, Debug, Serialize)]
struct Cell {
    property: String,
    /// None where the property is not asked of this scenario.
    change: Option<Change>,
    before: &'static str,
    after: &'static str,
}

/// What was explored.
#[derive(Clone, Debug, Serialize)]
struct Explored {
    engine: &'static str,
    states: u64,
    transitions: u64,
    depth: Option<u32>,
    bound: Option<String>,
    text: String,
    /// Facts that a verdict rests on and that are only inferred, or that a design proposes.
    rests_on: Vec<crate::rests_on::RestsOn>,
}

impl Report {
    /// The report of a comparison.
    pub fn new(catalog: &Catalog, compared: &Compared<'_>) -> Self {
        let Compared {
            designs: (before, after),
            comparison,
            sweep,
            ..
        } = *compared;
        let subject = match compared.scenario {
            Some(scenario) => format!("{} {} {scenario}", before.given, after.given),
            None => format!("{} {}", before.given, after.given),
        };
        let properties = properties(comparison);
        Self {
            tool: env!("CARGO_PKG_VERSION"),
            command: compared.command.to_owned(),
            catalogue: Catalogue::of(catalog),
            before: Side::of(before),
            after: Side::of(after),
            differences: describe::differences(comparison, before, after),
            summary: summary(comparison, sweep),
            sweep: sweep.map(|sweep| swept(catalog, compared, sweep, &subject)),
            scenarios: scenarios(comparison, &properties),
            properties,
            stories: of_scenarios(comparison),
            same: comparison.same.clone(),
            proofs: compared.inductions.iter().map(Proof::of).collect(),
            proof_command: format!(
                "shimproof verify --induction --design {} --design {}",
                before.given, after.given
            ),
            subject,
        }
    }

    /// What regressed, was fixed and changed, in one sentence.
    fn headline(&self) -> String {
        let of = |count: usize, one: &str, what: &str| match count {
            1 => format!("1 {one} {what}"),
            count => format!("{count} {one}s {what}"),
        };
        let mut parts = Vec::new();
        for count in &self.summary {
            if count.regressed > 0 {
                parts.push(of(count.regressed, count.one(), "regressed"));
            }
        }
        for count in &self.summary {
            let one = count.one();
            if count.fixed > 0 {
                parts.push(of(count.fixed, one, "fixed"));
            }
            if let Some(unknown) = count.unknown.filter(|unknown| *unknown > 0) {
                parts.push(of(unknown, one, "unknown"));
            }
            if let Some(changed) = count.changed.filter(|changed| *changed > 0) {
                parts.push(of(changed, one, "refused in another way"));
            }
        }
        if parts.is_empty() {
            "Nothing changes.".to_owned()
        } else {
            format!("{}.", parts.join(", "))
        }
    }

    /// How many things regressed.
    fn regressions(&self) -> usize {
        self.summary.iter().map(|count| count.regressed).sum()
    }
}

/// The properties that were asked of any scenario, in the order of the catalogue.
fn properties(comparison: &Comparison) -> Vec<String> {
    let mut properties: Vec<String> = Vec::new();
    let asked = |id: &str| comparison.rows.iter().any(|row| row.property == id);
    for (about, ..) in crate::kept_by::catalogue() {
        if asked(about.id) && !properties.iter().any(|known| known == about.id) {
            properties.push(about.id.to_owned());
        }
    }
    properties
}

fn summary(comparison: &Comparison, sweep: Option<&Sweep>) -> Vec<Count> {
    let mut summary = Vec::new();
    if let Some(sweep) = sweep {
        summary.push(Count {
            what: format!(
                "the catalogue: {} combinations of kubelet, shim, configuration and pod, one run without faults each",
                sweep.combinations
            ),
            regressed: sweep.count(SweepChange::Regressed),
            fixed: sweep.count(SweepChange::Fixed),
            changed: Some(sweep.count(SweepChange::Changed)),
            unchanged: sweep.unchanged,
            unknown: None,
        });
    }
    let count = |change| comparison.rows.iter().filter(|row| row.change == change).count();
    let searched = comparison.verifications.len() / 2;
    summary.push(Count {
        what: match searched {
            1 => "the scenario, searched with its faults: verdicts on properties".to_owned(),
            searched => {
                format!("{searched} built-in scenarios, searched with their faults: verdicts on properties")
            }
        },
        regressed: count(Change::Regressed),
        fixed: count(Change::Fixed),
        changed: None,
        unchanged: count(Change::Unchanged),
        unknown: Some(count(Change::Unknown)),
    });
    summary
}

fn swept(catalog: &Catalog, compared: &Compared<'_>, sweep: &Sweep, subject: &str) -> Swept {
    let (before, after) = (&compared.designs.0.containerd, &compared.designs.1.containerd);
    let story =
        |class: &crate::sweep::Class| of_class(class, &follow(catalog, before, after, class), subject);
    Swept {
        combinations: sweep.combinations,
        left_out: sweep.left_out,
        classes: sweep.classes.iter().map(story).collect(),
        hypothetical_combinations: sweep.hypothetical_combinations,
        hypothetical: sweep.hypothetical.iter().map(story).collect(),
        by_kubelet: sweep.by_kubelet.clone(),
        by_shim: sweep.by_shim.clone(),
    }
}

fn scenarios(comparison: &Comparison, properties: &[String]) -> Vec<ScenarioLine> {
    comparison
        .verifications
        .chunks_exact(2)
        .map(|pair| {
            let (old, new) = (&pair[0], &pair[1]);
            let cells: Vec<Cell> = properties
                .iter()
                .map(|property| {
                    let row = comparison
                        .rows
                        .iter()
                        .find(|row| row.scenario == old.scenario && row.property == *property);
                    Cell {
                        property: property.clone(),
                        change: row.map(|row| row.change),
                        before: row.map_or("", |row| row.before.as_str()),
                        after: row.map_or("", |row| row.after.as_str()),
                    }
                })
                .collect();
            ScenarioLine {
                name: old.scenario.clone(),
                title: old.title.clone(),
                components: old.components.iter().skip(1).cloned().collect(),
                faults: old.faults.clone(),
                changed: cells
                    .iter()
                    .any(|cell| cell.change.is_some_and(|change| change != Change::Unchanged)),
                cells,
                before: Explored::of(old),
                after: Explored::of(new),
            }
        })
        .collect()
}

impl Explored {
    fn of(verification: &Verification) -> Self {
        let mut rests_on = Vec::new();
        for fact in verification.results.iter().flat_map(|result| &result.rests_on) {
            if !rests_on.contains(fact) {
                rests_on.push(fact.clone());
            }
        }
        Self {
            engine: verification.engine.as_str(),
            states: verification.states,
            transitions: verification.transitions,
            depth: verification.depth,
            bound: verification.bound().map(str::to_owned),
            text: explored(verification),
            rests_on,
        }
    }
}

#[cfg(test)]
mod tests;
