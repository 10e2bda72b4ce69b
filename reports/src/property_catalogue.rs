//! The properties, and which designs keep them, as text and JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};
use shimproof_model::catalog::Catalog;
use shimproof_properties::reachability::{self, Reachability};
use shimproof_properties::{About, PropertyKind};

use crate::asked::unknown_property;
use crate::catalogue::Shown;
use crate::kept_by::{KeptBy, Overall, catalogue, kept_by};
use crate::style::{Styles, set};
use crate::verification::{Verdict, VerifyError};

/// All of them, with the table of designs.
pub(crate) fn properties(catalog: &Catalog, styles: &Styles) -> Result<Shown, VerifyError> {
    let all = catalogue();
    let abouts: Vec<About> = all.iter().map(|(about, ..)| *about).collect();
    let width = abouts
        .iter()
        .map(|about| about.id.len())
        .max()
        .unwrap_or_default();
    let mut text = String::new();
    let headings = [
        ("Always", PropertyKind::Always, false),
        ("Leads to", PropertyKind::LeadsTo, false),
        ("Possible", PropertyKind::Possible, false),
        ("Policies", PropertyKind::Always, true),
    ];
    for (heading, kind, policy) in headings {
        // Writing into a string does not fail.
        let _ = writeln!(text, "{}", set(styles.name, heading));
        for (about, ..) in all.iter().filter(|entry| (entry.1, entry.2) == (kind, policy)) {
            let _ = writeln!(text, "  {:width$}  {}", about.id, about.statement);
        }
        let _ = writeln!(text);
    }
    let kept = kept_by(catalog, &abouts)?;
    table(&mut text, &abouts, &kept, width, styles);
    let _ = writeln!(text, "\n{}", set(styles.name, "Reachable"));
    let reachabilities = reachability::all();
    for reachability in &reachabilities {
        let unreachable = match reachability::unreachable(&reachability.id) {
            Some(entry) => format!(
                "  {}",
                set(styles.dim, &format!("no client reaches it: {}", entry.reason))
            ),
            None => String::new(),
        };
        let _ = writeln!(text, "  {}{unreachable}", reachability.id);
    }
    let entry = |(index, (about, kind, policy)): (usize, &(About, PropertyKind, bool))| {
        json!({
            "id": about.id, "statement": about.statement, "kind": kind.as_str(), "policy": policy,
            "designs": designs_json(&kept, index),
        })
    };
    let reachable =
        |reachability: &Reachability| json!({ "id": reachability.id, "statement": reachability.statement });
    let json = json!({
        "properties": all.iter().enumerate().map(entry).collect::<Vec<_>>(),
        "run": run_json(&kept),
        "reachable": reachabilities.iter().map(reachable).collect::<Vec<_>>(),
    });
    Ok(Shown { text, json })
}

/// One of them.
pub(crate) fn property(catalog: &Catalog, name: &str, styles: &Styles) -> Result<Shown, VerifyError> {
    let known = catalogue().into_iter().find(|(about, ..)| about.id == name);
    let Some((about, kind, policy)) = known else {
        let reachability = reachability::find(name).ok_or_else(|| unknown_property(name))?;
        return Ok(of_reachability(&reachability, styles));
    };
    let kept = kept_by(catalog, &[about])?;
    let mut text = format!(
        "{}\n  {}\n  formula: {}\n  why: {}\n  incidents: {}\n  since: {} ({})\n\n",
        set(styles.name, about.id),
        about.statement,
        about.formula,
        about.why,
        about.incidents.join(", "),
        about.since.text,
        about.since.sources.join(", "),
    );
    let width = kept.designs.iter().map(String::len).max().unwrap_or_default();
    for (design, verdicts) in kept.designs.iter().zip(&kept.verdicts[0]) {
        let overall = Overall::of(verdicts);
        let violated: Vec<&str> = verdicts
            .iter()
            .filter(|one| one.verdict == Verdict::Violated)
            .map(|one| one.scenario)
            .collect();
        let places = if violated.is_empty() {
            String::new()
        } else {
            format!(" in {}", violated.join(", "))
        };
        let shown = set(style(overall, styles), overall.as_str());
        let _ = writeln!(text, "  {design:width$}  {shown}{places}");
    }
    was_run(&mut text, &kept, styles);
    let shown_by: Vec<Value> = about
        .since
        .shown_by
        .iter()
        .map(|shown| json!({ "scenario": shown.scenario, "design": shown.design, "holds": shown.holds }))
        .collect();
    let json = json!({
        "id": about.id, "statement": about.statement, "kind": kind.as_str(), "policy": policy,
        "formula": about.formula, "why": about.why, "incidents": about.incidents,
        "since": { "text": about.since.text, "sources": about.since.sources, "shown_by": shown_by },
        "designs": designs_json(&kept, 0), "run": run_json(&kept),
    });
    Ok(Shown { text, json })
}

fn of_reachability(reachability: &Reachability, styles: &Styles) -> Shown {
    let mut text = format!(
        "{}\n  {}\n",
        set(styles.name, &reachability.id),
        reachability.statement
    );
    let unreachable = reachability::unreachable(&reachability.id);
    if let Some(entry) = unreachable {
        let _ = writeln!(
            text,
            "  No client reaches it: {} ({})",
            entry.reason, entry.source
        );
    }
    let json = json!({
        "id": reachability.id, "statement": reachability.statement, "kind": PropertyKind::Reachable.as_str(),
        "unreachable": unreachable.map(|entry| json!({ "reason": entry.reason, "source": entry.source })),
    });
    Shown { text, json }
}

fn table(text: &mut String, abouts: &[About], kept: &KeptBy, width: usize, styles: &Styles) {
    let _ = writeln!(text, "{}", set(styles.name, "Named designs"));
    for (number, design) in kept.designs.iter().enumerate() {
        let _ = writeln!(text, "  {}  {design}", number + 1);
    }
    let _ = write!(text, "\n  {:width$}", "");
    for number in 1..=kept.designs.len() {
        let _ = write!(text, "  {number:<8}");
    }
    let _ = writeln!(text);
    for (about, designs) in abouts.iter().zip(&kept.verdicts) {
        let _ = write!(text, "  {:width$}", about.id);
        for (number, verdicts) in designs.iter().enumerate() {
            let overall = Overall::of(verdicts);
            let last = number + 1 == designs.len();
            let cell = if last {
                overall.as_str().to_owned()
            } else {
                format!("{:<8}", overall.as_str())
            };
            let _ = write!(text, "  {}", set(style(overall, styles), &cell));
        }
        let _ = writeln!(text);
    }
    was_run(text, kept, styles);
}

fn was_run(text: &mut String, kept: &KeptBy, styles: &Styles) {
    let said = format!(
        "Violated in one scenario is violated; vacuous: no scenario has what the property speaks of. Each design was run \
         over the founding case and the scenarios of the property{}: {}. {} verifications, {} states in all.",
        if kept.verdicts.len() == 1 {
            ""
        } else {
            " in question"
        },
        kept.scenarios.join(", "),
        kept.verifications,
        kept.states
    );
    let _ = writeln!(text, "\n{}", set(styles.dim, &said));
}

fn style(overall: Overall, styles: &Styles) -> anstyle::Style {
    match overall {
        Overall::Holds => styles.good,
        Overall::Violated => styles.bad,
        Overall::Vacuous | Overall::Unknown => styles.open,
    }
}

fn designs_json(kept: &KeptBy, property: usize) -> Value {
    let designs: Vec<Value> = kept
        .designs
        .iter()
        .zip(&kept.verdicts[property])
        .map(|(design, verdicts)| {
            json!({ "design": design, "verdict": Overall::of(verdicts).as_str(), "scenarios": verdicts })
        })
        .collect();
    json!(designs)
}

fn run_json(kept: &KeptBy) -> Value {
    json!({
        "designs": kept.designs, "scenarios": kept.scenarios, "verifications": kept.verifications,
        "states": kept.states,
    })
}
