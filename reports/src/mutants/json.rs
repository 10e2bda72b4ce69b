//! Mutants as JSON, as `schemas/mutants.schema.json` describes it.

use serde_json::{Value, json};

use super::fate::{Fate, Killer, MutantResult};
use super::run::{MutantReport, MutantRun};
use super::witness::Witness;

/// The version of the format.
const SCHEMA: u32 = 1;

/// A report as one document.
pub fn mutants_json(report: &MutantReport) -> Value {
    json!({
        "schema": SCHEMA,
        "properties": report.properties,
        "as_expected": report.as_expected(),
        "cut_short": report.cut_short(),
        "runs": report.runs.iter().map(run).collect::<Vec<_>>(),
        "witnesses": report.witnesses.iter().map(witness).collect::<Vec<_>>(),
    })
}

fn run(run: &MutantRun) -> Value {
    let unusable: Vec<Value> = run
        .unusable
        .iter()
        .map(|(scenario, why)| json!({ "scenario": scenario, "why": why }))
        .collect();
    json!({
        "base": run.base.name(),
        "scenarios": run.scenarios,
        "incidents": run.incidents,
        "nodes": run.nodes,
        "unusable": unusable,
        "mutants": run.results.iter().map(mutant).collect::<Vec<_>>(),
        "asked_against_the_list": run.asked_against_the_list,
        "stale": run.stale,
        "cut_short": run.cut_short,
        // Milliseconds are all that means anything.
        "seconds": (run.seconds * 1000.0).round() / 1000.0,
    })
}

fn mutant(result: &MutantResult) -> Value {
    let killed_by: Vec<Value> = result
        .killers
        .iter()
        .map(|(killer, place)| {
            let (kind, what) = match killer {
                Killer::Property(what) => ("property", what),
                Killer::Reachability(what) => ("reachability", what),
                Killer::Expectation(what) => ("expectation", what),
            };
            json!({ "kind": kind, "what": what, "where": place })
        })
        .collect();
    let closes: Vec<Value> = result
        .mends
        .iter()
        .map(|(property, place)| json!({ "property": property, "where": place }))
        .collect();
    let difference = result
        .difference
        .as_ref()
        .map(|(place, what)| json!({ "where": place, "what": what }));
    let (reason, source) = match &result.fate {
        Fate::CannotOccur { reason, source } => (Some(*reason), Some(*source)),
        _ => (None, None),
    };
    json!({
        "id": result.id,
        "subject": result.subject,
        "change": result.change,
        "fate": result.fate.as_str(),
        "unexplained": result.fate.is_unexplained(),
        "killed_by": killed_by,
        "closes": closes,
        "difference": difference,
        "places": result.places,
        "reason": reason,
        "source": source,
    })
}

fn witness(witness: &Witness) -> Value {
    let place = |place: &Option<(String, String)>| {
        place
            .as_ref()
            .map(|(who, place)| json!({ "who": who, "where": place }))
    };
    json!({
        "property": witness.property,
        "satisfied": place(&witness.satisfied),
        "violated": place(&witness.violated),
    })
}
