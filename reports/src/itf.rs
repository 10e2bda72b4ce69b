//! Traces in the Informal Trace Format, which Apalache, Quint and their viewers read
//! (Apalache, ADR-015: <https://apalache-mc.org/docs/adr/015adr-trace.html>).

use serde_json::{Map, Value, json};
use shimproof_model::trace::Trace;

/// The variable that names the step to a state, as Quint's simulator and model-based testing tools call it.
const ACTION: &str = "mbt::actionTaken";

/// The trace as an ITF document. The states are those of the run, then of its aftermath; every variable is a
/// string, as traces print it. For a trace that ends in a cycle, `loop` is the index of its first state.
pub fn itf(trace: &Trace) -> Value {
    let names: Vec<&str> = trace.start.iter().map(|field| field.field.as_str()).collect();
    let steps: Vec<_> = trace.all_steps().collect();
    let states: Vec<Value> = trace
        .states()
        .iter()
        .enumerate()
        .map(|(index, fields)| {
            let mut state = Map::new();
            state.insert("#meta".into(), json!({ "index": index }));
            let action = index.checked_sub(1).map_or("init".to_owned(), |step| {
                let step = steps[step];
                format!("{}: {}", step.actor, step.event)
            });
            state.insert(ACTION.into(), action.into());
            for field in fields {
                state.insert(field.field.clone(), field.value.clone().into());
            }
            Value::Object(state)
        })
        .collect();
    let vars: Vec<&str> = std::iter::once(ACTION).chain(names).collect();
    let mut document = json!({
        "#meta": {
            "format": "ITF",
            "format-description": "https://apalache-mc.org/docs/adr/015adr-trace.html",
            "description": trace.finding,
            "scenario": trace.scenario,
            "design": trace.design,
            "property": trace.property,
            "violated-in-state": trace.steps.len().to_string(),
        },
        "vars": vars,
        "states": states,
    });
    if trace.cycle.as_ref().is_some_and(|cycle| !cycle.steps.is_empty()) {
        document["loop"] = trace.steps.len().into();
    }
    document
}
