//! What became of stored traces, in words and as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};
use shimproof_model::trace::{Differs, Divergence, DivergenceKind, NamedAction};

use super::{Parts, Replayed};

impl Parts {
    /// What is no longer as stored, in one line.
    pub fn what(&self) -> String {
        match self {
            Self::Finding { .. } => "every state is the stored one, but not what was found there".to_owned(),
            Self::Step(Divergence { step, kind, .. }) => match kind {
                DivergenceKind::Beginning(_) => {
                    "the node is another one before the first step: the scenario, the catalogue or the machine has \
                     changed"
                        .to_owned()
                }
                DivergenceKind::NotEnabled { action, .. } => {
                    format!("step {step} cannot happen: {}", told(action))
                }
                DivergenceKind::Refusal { .. } => format!("step {step} is not refused as it was"),
                DivergenceKind::Fields(_) => format!("step {step} leads to another state"),
                DivergenceKind::State => {
                    format!("step {step} leads to a state that differs in something that no field shows")
                }
                DivergenceKind::CycleOpen => {
                    format!("after step {step} the run is not back where its circle began")
                }
            },
        }
    }

    /// The step at which the runs part, from 1; none if all steps are as stored.
    pub fn step(&self) -> Option<usize> {
        match self {
            Self::Finding { .. } => None,
            Self::Step(divergence) => Some(divergence.step),
        }
    }

    fn differs(&self) -> Vec<Differs> {
        let one = |what: &str, stored: String, now: String| {
            vec![Differs {
                what: what.to_owned(),
                stored,
                now,
            }]
        };
        match self {
            Self::Finding { stored, now } => one("finding", stored.clone(), now.clone()),
            Self::Step(Divergence { kind, .. }) => match kind {
                DivergenceKind::Fields(fields) => fields.clone(),
                DivergenceKind::Refusal { stored, now } => {
                    let text =
                        |refusal: &Option<String>| refusal.clone().unwrap_or_else(|| "none".to_owned());
                    one("refusal", text(stored), text(now))
                }
                DivergenceKind::NotEnabled { action, enabled } => {
                    let can: Vec<String> = enabled.iter().map(told).collect();
                    let now = if can.is_empty() {
                        "nothing can happen".to_owned()
                    } else {
                        format!("can happen: {}", can.join("; "))
                    };
                    one("action", told(action), now)
                }
                DivergenceKind::Beginning(fields) => fields.clone(),
                DivergenceKind::State | DivergenceKind::CycleOpen => Vec::new(),
            },
        }
    }

    fn guards(&self) -> &[Differs] {
        match self {
            Self::Finding { .. } => &[],
            Self::Step(divergence) => &divergence.guards,
        }
    }
}

/// An action by its name, and what it is about.
fn told(action: &NamedAction) -> String {
    let mut text = action.name.clone();
    let numbers = [
        ("pod", action.pod),
        ("container", action.container),
        ("binary", action.binary),
    ];
    for (what, number) in numbers {
        if let Some(number) = number {
            // Writing into a string does not fail.
            let _ = write!(text, ", {what} {number}");
        }
    }
    for (what, options) in [("sandbox", &action.sandbox), ("container", &action.userns)] {
        if let Some(options) = options {
            let _ = write!(text, ", {what} configuration: {options}");
        }
    }
    text
}

/// What became of the traces, for people.
pub fn render_replays(replays: &[Replayed]) -> String {
    let mut text = String::new();
    for replay in replays {
        // Writing into a string does not fail.
        let _ = write(&mut text, replay);
    }
    let failing = replays.iter().filter(|replay| replay.parts.is_some()).count();
    if replays.len() > 1 {
        let _ = writeln!(
            text,
            "{} of {} traces reproduce",
            replays.len() - failing,
            replays.len()
        );
    }
    text
}

fn write(text: &mut String, replay: &Replayed) -> std::fmt::Result {
    let verdict = if replay.parts.is_some() {
        "does not reproduce"
    } else {
        "reproduces"
    };
    writeln!(
        text,
        "{}: {verdict}: {} on {} under {}, {} steps",
        replay.name, replay.property, replay.scenario, replay.design, replay.steps
    )?;
    let Some(parts) = &replay.parts else { return Ok(()) };
    writeln!(text, "  {}", parts.what())?;
    for (prefix, differs) in [("", parts.differs()), ("guard ", parts.guards().to_vec())] {
        for Differs { what, stored, now } in differs {
            writeln!(text, "  {prefix}{what}")?;
            writeln!(text, "    stored  {stored}")?;
            writeln!(text, "    now     {now}")?;
        }
    }
    Ok(())
}

/// What became of the traces, for programs.
pub fn replays_json(replays: &[Replayed]) -> Value {
    let list = |differs: &[Differs]| {
        differs
            .iter()
            .map(|differs| json!({ "what": differs.what, "stored": differs.stored, "now": differs.now }))
            .collect::<Vec<Value>>()
    };
    let replays: Vec<Value> = replays
        .iter()
        .map(|replay| {
            json!({
                "trace": replay.name,
                "scenario": replay.scenario,
                "design": replay.design,
                "property": replay.property,
                "steps": replay.steps,
                "reproduces": replay.parts.is_none(),
                "parts": replay.parts.as_ref().map(|parts| json!({
                    "step": parts.step(),
                    "what": parts.what(),
                    "differs": list(&parts.differs()),
                    "guards": list(parts.guards()),
                })),
            })
        })
        .collect();
    json!({ "schema": 1, "replays": replays })
}
