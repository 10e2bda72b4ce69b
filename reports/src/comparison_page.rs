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
/// How many lines a page has.
const PAGE: usize = 66;

/// The page.
pub fn comparison_page(comparison: &Comparison, sweep: &Sweep, styles: &Styles) -> String {
    let mut head = String::new();
    behaviours_text(&mut head, comparison, styles);
    let (before, after) = &comparison.given;
    if let Some(base) = &comparison.base_of_after {
        let _ = writeln!(
            head,
            "  ({after} is a change of {base}: `shimproof compare {base} {after}` tells what it does alone)"
        );
    }
    let mut tail = String::new();
    if !sweep.classes.is_empty() || !sweep.hypothetical.is_empty() {
        let _ = writeln!(
            tail,
            "\n  shimproof compare {before} {after} --trace NUMBER prints all places of a line, and both runs of one."
        );
    }
    let _ = writeln!(tail);
    scenarios(&mut tail, comparison, styles);
    let left = PAGE.saturating_sub(head.lines().count() + 1 + tail.lines().count());
    format!("{head}\n{}{tail}", sweep.text(left, styles))
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
        }
    }
    // The design under which the property is violated has the trace.
    let (before, after) = &comparison.given;
    for (change, told, design) in [
        (Change::Regressed, "regressed", after),
        (Change::Fixed, "was fixed", before),
    ] {
        // That of the first line; stable, so that the scenario is the one that is named first.
        let changed = comparison.rows.iter().filter(|row| row.change == change);
        if let Some(row) = changed.min_by_key(|row| row.property.as_str()) {
            let _ = writeln!(
                text,
                "  The trace of what {told}, here of the first line; so for any other property and scenario:\n       \
                 shimproof verify {} --design {design} --property {}",
                row.scenario, row.property
            );
        }
    }
}
