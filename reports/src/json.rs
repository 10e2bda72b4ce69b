//! Verifications and comparisons as JSON, as the schemas under `schemas/` describe it.

use serde::Serialize;
use serde_json::{Value, json};
use shimproof_model::trace::Trace;

use crate::comparison::{Change, Comparison};
use crate::coverage::unexercised;
use crate::further::OwnSearch;
use crate::rests_on::RestsOn;
use crate::suite::SuiteReport;
use crate::sweep::{Sweep, SweepChange};
use crate::under_designs::UnderDesigns;
use crate::verification::{PropertyResult, Verdict, Verification};

/// The version of the format.
const SCHEMA: u32 = 1;

#[derive(Serialize)]
struct ResultJson<'a> {
    design: &'a str,
    scenario: &'a str,
    property: &'a str,
    kind: &'static str,
    verdict: &'static str,
    vacuous: bool,
    rests_on: &'a [RestsOn],
    states: u64,
    transitions: u64,
    depth: Option<u32>,
    seconds: f64,
    bound: Option<&'a str>,
    /// What was searched for this result alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    search: Option<&'a str>,
    trace: Option<&'a Trace>,
}

/// Verifications as one document.
pub fn verifications_json(verifications: &[Verification]) -> Value {
    let engine = verifications
        .first()
        .map_or("exact", |verification| verification.engine.as_str());
    let notes: Vec<&String> = verifications
        .iter()
        .flat_map(|verification| &verification.notes)
        .collect();
    let mut document =
        json!({ "schema": SCHEMA, "engine": engine, "results": results(verifications), "notes": notes });
    let coverage: Vec<Value> = verifications.iter().filter_map(coverage).collect();
    if !coverage.is_empty() {
        document["coverage"] = coverage.into();
    }
    document
}

fn coverage(verification: &Verification) -> Option<Value> {
    let coverage = verification.coverage.as_ref()?;
    let unexercised = unexercised(std::slice::from_ref(verification));
    Some(json!({
        "scenario": verification.scenario,
        "design": verification.design,
        "actions": coverage.actions,
        "guards": coverage.guards,
        "never_enabled": unexercised.never_enabled,
        "vacuous": unexercised.vacuous,
        "peak_memory": coverage.peak_memory,
    }))
}

/// The suite as one document.
pub fn suite_json(report: &SuiteReport) -> Value {
    let mut document = verifications_json(&report.verifications);
    let deviations: Vec<Value> = report
        .deviations
        .iter()
        .map(|deviation| {
            json!({
                "scenario": deviation.scenario, "design": deviation.design, "property": deviation.property,
                "expected": deviation.expected, "found": deviation.found,
            })
        })
        .collect();
    document["suite"] = json!({
        "as_expected": report.as_expected(),
        "deviations": deviations,
        "unreached": report.unreached,
        "reached_against_the_list": report.reached_against_the_list,
    });
    document
}

/// Scenarios under designs, as one document.
pub fn under_designs_json(report: &UnderDesigns) -> Value {
    let mut document = verifications_json(&report.verifications);
    document["unusable"] = json!(report.unusable);
    document
}

/// A number of the search that decided the result: its own, or else the verification's.
fn own<'r, T>(result: &'r PropertyResult, of_all: T, of_own: impl FnOnce(&'r OwnSearch) -> T) -> T {
    result.search.as_ref().map_or(of_all, of_own)
}

fn results(verifications: &[Verification]) -> Value {
    let results: Vec<ResultJson<'_>> = verifications
        .iter()
        .flat_map(|verification| {
            verification.results.iter().map(|result| ResultJson {
                design: &verification.design,
                scenario: &verification.scenario,
                property: &result.property,
                kind: result.kind.as_str(),
                // Of a reachability, `holds` says that it was reached.
                verdict: match result.verdict {
                    Verdict::Reached => "holds",
                    other => other.as_str(),
                },
                vacuous: result.vacuous,
                rests_on: &result.rests_on,
                states: own(result, verification.states, |search| search.states),
                transitions: own(result, verification.transitions, |search| search.transitions),
                depth: own(result, verification.depth, |search| search.depth),
                // Milliseconds are all that means anything, and keep documents short.
                seconds: (own(result, verification.seconds, |search| search.seconds) * 1000.0).round()
                    / 1000.0,
                bound: own(result, verification.bound.as_deref(), |search| {
                    search.bound.as_deref()
                }),
                search: result.search.as_ref().map(|search| search.what.as_str()),
                trace: result.trace.as_ref(),
            })
        })
        .collect();
    json!(results)
}

/// A comparison as one document.
pub fn comparison_json(comparison: &Comparison) -> Value {
    let rows: Vec<Value> = comparison
        .rows
        .iter()
        .map(|row| {
            json!({
                "scenario": row.scenario, "property": row.property, "change": row.change,
                "before": row.before, "after": row.after,
            })
        })
        .collect();
    let behaviours: Vec<Value> = comparison
        .behaviours
        .iter()
        .map(|(key, before, after)| json!({ "key": key, "before": before, "after": after }))
        .collect();
    let same: Vec<Value> = comparison
        .same
        .iter()
        .map(|(scenario, other)| json!({ "scenario": scenario, "other": other }))
        .collect();
    let mut searched = results(&comparison.verifications);
    // A report is the same whenever it is made.
    for result in searched.as_array_mut().into_iter().flatten() {
        if let Some(result) = result.as_object_mut() {
            result.remove("seconds");
        }
    }
    json!({
        "schema": SCHEMA,
        "before": comparison.before,
        "after": comparison.after,
        "behaviours": behaviours,
        "rows": rows,
        "same": same,
        "results": searched,
    })
}

/// A comparison over the scenarios and the catalogue as one document. Traces are those of verdicts that changed.
pub fn comparison_page_json(comparison: &Comparison, sweep: &Sweep) -> Value {
    let mut document = comparison_json(comparison);
    let changed = |result: &Value| {
        comparison.rows.iter().any(|row| {
            row.change != Change::Unchanged
                && result["scenario"] == row.scenario.as_str()
                && result["property"] == row.property.as_str()
        })
    };
    if let Some(results) = document["results"].as_array_mut() {
        results.retain(changed);
    }
    document["sweep"] = json!({
        "combinations": sweep.combinations,
        "regressed": sweep.count(SweepChange::Regressed),
        "fixed": sweep.count(SweepChange::Fixed),
        "changed": sweep.count(SweepChange::Changed),
        "unchanged": sweep.unchanged,
        "left_out": sweep.left_out,
        "classes": sweep.classes,
        "hypothetical": { "combinations": sweep.hypothetical_combinations, "classes": sweep.hypothetical },
    });
    document
}
