//! A comparison as text.

use std::fmt::Write as _;

use shimproof_model::catalog::provenance::Known;
use shimproof_model::trace::TraceStep;

use crate::comparison::{Change, Comparison};
use crate::style::{Styles, set};
use crate::trace_text::{Detail, trace_text_after};
use crate::verification::{PropertyResult, Verdict, Verification};
use crate::verification_text::{explored, findings, in_common, length, stories, violated_already};

/// The regression report: how the designs differ, what was fixed and what regressed, with the shortest traces.
pub fn comparison_text(comparison: &Comparison, styles: &Styles) -> String {
    let mut text = String::new();
    // Writing into a string does not fail.
    behaviours_text(&mut text, comparison, styles);
    let mut scenarios: Vec<&str> = Vec::new();
    for row in &comparison.rows {
        if !scenarios.contains(&row.scenario.as_str()) {
            scenarios.push(&row.scenario);
        }
    }
    let single = scenarios.len() == 1;
    for scenario in scenarios {
        let Some((old, new)) = comparison.of_scenario(scenario) else {
            continue;
        };
        let changed = comparison
            .rows
            .iter()
            .any(|row| row.scenario == scenario && row.change != Change::Unchanged);
        if single || changed {
            scenario_text(&mut text, comparison, old, new, styles);
        }
    }
    let count = |change| comparison.rows.iter().filter(|row| row.change == change).count();
    let _ = writeln!(text);
    let _ = writeln!(
        text,
        "{} fixed, {} regressed, {} unchanged{}",
        count(Change::Fixed),
        count(Change::Regressed),
        count(Change::Unchanged),
        match count(Change::Unknown) {
            0 => String::new(),
            unknown => format!(", {unknown} unknown"),
        }
    );
    text
}

/// The designs, and what they do differently.
pub(crate) fn behaviours_text(text: &mut String, comparison: &Comparison, styles: &Styles) {
    let (before, after) = (&comparison.before, &comparison.after);
    // Writing into a string does not fail.
    let _ = writeln!(
        text,
        "Regression report: {} → {}",
        set(styles.name, before),
        set(styles.name, after)
    );
    let _ = writeln!(text);
    if comparison.behaviours.is_empty() {
        let _ = writeln!(
            text,
            "The two designs behave alike in everything that the catalogue knows."
        );
    } else {
        let _ = writeln!(text, "What the designs do differently:");
        for (key, was, is) in &comparison.behaviours {
            let _ = writeln!(text, "  {key}: {was} → {is}");
        }
    }
}

fn scenario_text(
    text: &mut String,
    comparison: &Comparison,
    old: &Verification,
    new: &Verification,
    styles: &Styles,
) {
    let _ = writeln!(text);
    let _ = writeln!(text, "{}: {}", set(styles.name, &old.scenario), old.title);
    // The first component is containerd, which is what differs.
    for component in old.components.iter().skip(1) {
        let _ = writeln!(text, "  {component}");
    }
    let _ = writeln!(text, "  faults: {}", old.faults);
    let _ = writeln!(text);
    let rows: Vec<_> = comparison
        .rows
        .iter()
        .filter(|row| row.scenario == old.scenario)
        .collect();
    let property = rows
        .iter()
        .map(|row| row.property.len())
        .max()
        .unwrap_or_default();
    let before = comparison.before.len().max("violated".len());
    let after = comparison.after.len().max("violated".len());
    let _ = writeln!(
        text,
        "  {:property$}  {:before$}  {:after$}",
        "", comparison.before, comparison.after
    );
    for row in rows {
        let style = match row.change {
            Change::Fixed => styles.good,
            Change::Regressed => styles.bad,
            Change::Unchanged => styles.dim,
            Change::Unknown => styles.open,
        };
        let _ = writeln!(
            text,
            "  {:property$}  {:before$}  {:after$}  {}",
            row.property,
            row.before.as_str(),
            row.after.as_str(),
            set(style, row.change.as_str())
        );
    }
    changed_stories(text, old, new, styles);
    changed_stories(text, new, old, styles);
    let _ = writeln!(text);
    for verification in [old, new] {
        let _ = writeln!(
            text,
            "  {}",
            set(
                styles.dim,
                &format!("{}: {}", verification.design, explored(verification))
            )
        );
    }
    let rests_on = new.results.iter().find(|result| !result.rests_on.is_empty());
    for (known, what) in [
        (
            Known::Proposed,
            "What holds after rests on what the design proposes:",
        ),
        (
            Known::Inferred,
            "What holds after rests on facts that are only inferred:",
        ),
    ] {
        let told = rests_on
            .iter()
            .flat_map(|result| &result.rests_on)
            .filter(|fact| fact.known == known);
        for (index, fact) in told.enumerate() {
            if index == 0 {
                let _ = writeln!(text, "  {what}");
            }
            let _ = writeln!(text, "    {}: {}", fact.row, fact.field);
        }
    }
}

/// The traces of what one design violates and the other does not.
fn changed_stories(text: &mut String, violating: &Verification, other: &Verification, styles: &Styles) {
    let changed = |result: &&PropertyResult| {
        let verdict = other
            .results
            .iter()
            .find(|o| o.property == result.property)
            .map(|o| o.verdict);
        result.verdict == Verdict::Violated && verdict != Some(Verdict::Violated)
    };
    let results: Vec<&PropertyResult> = violating.results.iter().filter(changed).collect();
    let mut told: Vec<&[TraceStep]> = Vec::new();
    for story in stories(&results) {
        let Some(trace) = &story[0].trace else { continue };
        // Under any client it goes as it went under the kubelet.
        if story[0].information && violated_already(violating) {
            continue;
        }
        let names: Vec<&str> = story.iter().map(|result| result.property.as_str()).collect();
        let _ = writeln!(text);
        let _ = writeln!(
            text,
            "Under {}, {} {} violated by {}:",
            set(styles.name, &violating.design),
            set(styles.name, &names.join(", ")),
            if names.len() == 1 { "is" } else { "are" },
            length(trace)
        );
        let above = told.iter().map(|other| in_common(other, &trace.steps)).max();
        let above = above.unwrap_or_default();
        text.push_str(&trace_text_after(
            trace,
            above,
            &findings(&story),
            Detail::Changes,
            styles,
        ));
        told.push(&trace.steps);
    }
}
