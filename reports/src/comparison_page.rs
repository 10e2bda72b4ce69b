//! Two designs over everything that is known, on one page: the catalogue without faults, the built-in scenarios
//! with theirs. Every line names the command that prints its traces.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::comparison::{Change, Comparison, Row};
use crate::comparison_text::behaviours_text;
use crate::style::{Styles, set};
use crate::sweep::Sweep;

/// How many scenarios of a line are named before the rest is counted.
const NAMED: usize = 4;

/// The page.
pub fn comparison_page(comparison: &Comparison, sweep: &Sweep, styles: &Styles) -> String {
    let mut text = String::new();
    behaviours_text(&mut text, comparison, styles);
    let _ = writeln!(text);
    text.push_str(&sweep.text(styles));
    let (before, after) = &comparison.given;
    if !sweep.classes.is_empty() || !sweep.hypothetical.is_empty() {
        let _ = writeln!(text);
        let _ = writeln!(
            text,
            "  shimproof compare {before} {after} --trace NUMBER prints all places of a line, and both runs of one."
        );
    }
    let _ = writeln!(text);
    scenarios(&mut text, comparison, styles);
    text
}

fn scenarios(text: &mut String, comparison: &Comparison, styles: &Styles) {
    let count = |change| comparison.rows.iter().filter(|row| row.change == change).count();
    let searched = comparison.verifications.len() / 2;
    let same = match comparison.same.len() {
        0 => String::new(),
        same => format!(" ({same} more are the same under these designs)"),
    };
    let _ = writeln!(
        text,
        "Over {searched} built-in scenarios{same}, searched with their faults: {} verdicts regressed, {} fixed, {} unchanged{}",
        count(Change::Regressed),
        count(Change::Fixed),
        count(Change::Unchanged),
        match count(Change::Unknown) {
            0 => String::new(),
            unknown => format!(", {unknown} unknown"),
        }
    );
    for change in [Change::Regressed, Change::Fixed, Change::Unknown] {
        let mut by_property: BTreeMap<&str, Vec<&Row>> = BTreeMap::new();
        for row in comparison.rows.iter().filter(|row| row.change == change) {
            by_property.entry(&row.property).or_default().push(row);
        }
        for (property, rows) in by_property {
            let style = match change {
                Change::Regressed => styles.bad,
                Change::Fixed => styles.good,
                _ => styles.open,
            };
            let names: Vec<&str> = rows.iter().map(|row| row.scenario.as_str()).collect();
            let more = match names.len().saturating_sub(NAMED) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let _ = writeln!(
                text,
                "  {} {} ({}): {}{more}",
                set(style, change.as_str()),
                set(styles.name, property),
                rows.len(),
                names[..names.len().min(NAMED)].join(", ")
            );
            // The design under which the property is violated has the trace.
            let design = if change == Change::Fixed {
                &comparison.given.0
            } else {
                &comparison.given.1
            };
            let _ = writeln!(
                text,
                "       shimproof verify {} --design {design} --property {property}",
                names[0]
            );
        }
    }
}
