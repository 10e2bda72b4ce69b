//! Inductions as JSON, as `schemas/induction.schema.json` describes it.

use serde_json::{Value, json};
use shimproof_properties::induction::{Assumption, Clause, Confirmation, Induction, Step, Verdict};

/// Inductions as one document.
pub fn inductions_json(inductions: &[Induction]) -> Value {
    let tried: u64 = inductions.iter().map(|induction| induction.tried).sum();
    let always = [
        Assumption::UpgradesInside,
        Assumption::KnownShims,
        Assumption::ConfigurationAccepted,
    ];
    let assumptions: Vec<Value> = always
        .iter()
        .chain(Assumption::FURTHER)
        .map(|assumption| json!({ "id": assumption.id(), "statement": assumption.statement() }))
        .collect();
    let clauses: Vec<Value> = Clause::ALL
        .iter()
        .map(|clause| json!({ "id": clause.id(), "statement": clause.statement() }))
        .collect();
    let results: Vec<Value> = inductions.iter().map(result).collect();
    json!({
        "schema": 1,
        "tried": tried,
        "assumptions": assumptions,
        "clauses": clauses,
        "results": results,
    })
}

fn result(induction: &Induction) -> Value {
    let ids = |assumptions: &[Assumption]| -> Vec<&str> { assumptions.iter().map(|a| a.id()).collect() };
    let proved_under: Vec<Vec<&str>> = induction.proved_under.iter().map(|set| ids(set)).collect();
    // Milliseconds are all that means anything.
    let seconds = (induction.duration.as_secs_f64() * 1000.0).round() / 1000.0;
    let (verdict, loss) = match &induction.verdict {
        Verdict::Proved => ("proved", Value::Null),
        Verdict::BoundReached => ("unknown", Value::Null),
        Verdict::NotInductive(loss) => (
            "not inductive",
            json!({
                "step": loss.step.map(Step::id),
                "clause": loss.clause.id(),
                "what": loss.what,
                "before": fields(&loss.before),
                "after": fields(&loss.after),
            }),
        ),
    };
    let steps: Vec<Value> = induction
        .steps
        .iter()
        .map(|report| {
            let support: Vec<&str> = report.support.iter().map(|field| field.as_str()).collect();
            json!({ "step": report.step.map(Step::id), "support": support, "tried": report.tried })
        })
        .collect();
    let inferred: Vec<Value> = induction
        .inferred
        .iter()
        .map(|fact| json!({ "row": fact.row, "field": fact.field, "known": "inferred" }))
        .collect();
    json!({
        "design": induction.design,
        "property": induction.property,
        "verdict": verdict,
        "assumptions": ids(&induction.assumptions),
        "proved_under": proved_under,
        "rests_on": inferred,
        "loss": loss,
        "confirmation": confirmation(induction.confirmation.as_ref()),
        "steps": steps,
        "tried": induction.tried,
        "seconds": seconds,
    })
}

fn fields(fields: &[(String, String)]) -> Vec<Value> {
    fields
        .iter()
        .map(|(name, value)| json!({ "field": name, "value": value }))
        .collect()
}

fn confirmation(confirmation: Option<&Confirmation>) -> Value {
    match confirmation {
        None => Value::Null,
        Some(Confirmation::NotFound { nodes }) => json!({ "violated": false, "nodes": nodes }),
        Some(Confirmation::Violated {
            shims,
            client,
            host_users,
            steps,
        }) => json!({
            "violated": true, "shims": shims, "client": client, "hostUsers": host_users, "steps": steps,
        }),
    }
}
