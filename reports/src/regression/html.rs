//! The report as one page that needs nothing else: it can be attached to an issue and opened from a disk.

use std::collections::BTreeMap;

use minijinja::value::Serde;
use minijinja::{Environment, context};

use super::Report;
use crate::diagram::STYLE;
use crate::page;
use crate::rests_on::RestsOn;

const TEMPLATE: &str = include_str!("report.html");
const CSS: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");

/// The report as HTML.
///
/// # Panics
/// If the template is wrong, which tests exclude.
#[expect(
    clippy::expect_used,
    reason = "the template is constant; what a report has is the same whatever it is about"
)]
pub fn regression_html(report: &Report) -> String {
    let style = format!("{}{CSS}{STYLE}{}", page::CSS, page::PRINT);
    let mut environment = Environment::new();
    environment
        .add_template("report.html", TEMPLATE)
        .expect("the template parses");
    let template = environment
        .get_template("report.html")
        .expect("it was just added");
    let signs = BTreeMap::from([
        ("holds", "✓"),
        ("violated", "✗"),
        ("reached", "✓"),
        ("unreached", "–"),
        ("unknown", "?"),
    ]);
    let page = template
        .render(context! {
            report => Serde(report),
            headline => report.headline(),
            regressions => report.regressions(),
            facts => Serde(facts(report)),
            signs => Serde(signs),
            policy => page::policy(&style, SCRIPT),
            style => style,
            script => SCRIPT,
        })
        .expect("every value of the template is one of a report");
    format!("{page}\n")
}

/// The unproven facts that verdicts under the design after rest on.
fn facts(report: &Report) -> Vec<&RestsOn> {
    let mut facts: Vec<&RestsOn> = Vec::new();
    for fact in report.scenarios.iter().flat_map(|line| &line.after.rests_on) {
        if !facts.contains(&fact) {
            facts.push(fact);
        }
    }
    facts
}
