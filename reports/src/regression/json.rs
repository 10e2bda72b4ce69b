//! The report for programs.

use serde_json::{Value, json};

use super::{Compared, Report};
use crate::json::{comparison_json, comparison_page_json};

/// The comparison as one document, with what it is about: the designs, the catalogue, what was explored, the command.
pub fn regression_json(report: &Report, compared: &Compared<'_>) -> Value {
    let mut document = match compared.sweep {
        Some(sweep) => comparison_page_json(compared.comparison, sweep),
        None => comparison_json(compared.comparison),
    };
    if let Some(sweep) = compared.sweep {
        document["sweep"]["by_kubelet"] = json!(sweep.by_kubelet);
        document["sweep"]["by_shim"] = json!(sweep.by_shim);
    }
    let side = |side: &super::describe::Side| {
        json!({
            "name": side.name, "given": side.given, "title": side.title, "base": side.base, "row": side.row,
            "releases": side.releases, "sources": side.sources,
        })
    };
    let explored: Vec<Value> = report
        .scenarios
        .iter()
        .flat_map(|line| {
            [(&compared.comparison.before, &line.before), (&compared.comparison.after, &line.after)].map(
                |(design, explored)| {
                    json!({
                        "scenario": line.name, "design": design, "engine": explored.engine, "states": explored.states,
                        "transitions": explored.transitions, "depth": explored.depth, "bound": explored.bound,
                        "faults": line.faults,
                    })
                },
            )
        })
        .collect();
    let proofs: Vec<Value> = report
        .proofs
        .iter()
        .map(|proof| {
            json!({
                "design": proof.design, "property": proof.property, "verdict": proof.verdict,
                "detail": proof.detail, "tried": proof.tried,
            })
        })
        .collect();
    let places: Vec<Value> = report
        .differences
        .iter()
        .map(|difference| {
            json!({
                "key": difference.key, "before": difference.before.text, "after": difference.after.text,
                "known": { "before": difference.before.known, "after": difference.after.known },
                "at": { "before": difference.before.place, "after": difference.after.place },
            })
        })
        .collect();
    document["behaviours"] = places.into();
    document["tool"] = json!({ "name": "shimproof", "version": report.tool, "command": report.command });
    document["catalogue"] = json!({ "sha256": report.catalogue.sha256 });
    document["designs"] = json!([side(&report.before), side(&report.after)]);
    document["explored"] = explored.into();
    document["induction"] = proofs.into();
    document
}
