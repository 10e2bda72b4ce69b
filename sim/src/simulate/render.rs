//! What random runs have shown, in words and as JSON. Neither says how long it took, so that both are the same for
//! the same seed.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::{Coverage, Simulation};

impl Simulation {
    /// What was run, in words: the scenario and the design.
    pub fn subject(&self) -> String {
        let scenario = self.scenario.as_deref().unwrap_or("any node");
        let design = self.design.as_deref().unwrap_or("any release");
        format!("{scenario} under {design}")
    }
}

/// The report for people.
pub fn render_simulation(simulation: &Simulation) -> String {
    let mut text = String::new();
    // Writing into a string does not fail.
    let _ = write(&mut text, simulation);
    text
}

fn write(text: &mut String, simulation: &Simulation) -> std::fmt::Result {
    writeln!(
        text,
        "{}: {} runs, {} steps",
        simulation.subject(),
        simulation.runs,
        simulation.steps
    )?;
    if simulation.refused > 0 {
        writeln!(
            text,
            "{} more nodes were drawn whose files no release can use",
            simulation.refused
        )?;
    }
    match &simulation.failure {
        None => writeln!(text, "no run shows a fault")?,
        Some(failure) => {
            let steps = failure.trace.steps.len();
            writeln!(text, "{} fails: {}", failure.fault.kind.id(), failure.fault.what)?;
            writeln!(
                text,
                "found after {} steps, shrunk to {steps}; `--seed {} --runs 1` repeats it",
                failure.found_after, failure.seed
            )?;
            for (number, step) in failure.trace.steps.iter().enumerate() {
                writeln!(text, "{:>4}  {}: {}", number + 1, step.actor, step.event)?;
                if let Some(sent) = &step.sends {
                    writeln!(text, "        → {}: {}", sent.to, sent.message)?;
                }
                if let Some(refusal) = &step.refusal {
                    writeln!(text, "        refused ({}): {}", refusal.id, refusal.error)?;
                }
            }
            for step in &failure.trace.aftermath {
                writeln!(text, "   …  {}: {}", step.actor, step.event)?;
                if let Some(refusal) = &step.refusal {
                    writeln!(text, "        refused ({}): {}", refusal.id, refusal.error)?;
                }
            }
        }
    }
    let Coverage {
        decisions,
        decisions_in_all,
        refusals,
        refusals_in_all,
        rows,
        pairs_of_actions,
        ..
    } = &simulation.coverage;
    writeln!(
        text,
        "met: {} of {decisions_in_all} decisions of guards, {} of {refusals_in_all} refusals, {} rows of the catalogue, \
         {pairs_of_actions} pairs of actions",
        decisions.len(),
        refusals.len(),
        rows.len(),
    )
}

/// The report for programs.
pub fn simulation_json(simulation: &Simulation) -> Value {
    json!({
        "schema": 1,
        "scenario": simulation.scenario,
        "design": simulation.design,
        "runs": simulation.runs,
        "steps": simulation.steps,
        "refused": simulation.refused,
        "failure": simulation.failure.as_ref().map(|failure| json!({
            "seed": failure.seed,
            "property": failure.fault.kind.id(),
            "finding": failure.fault.what,
            "found-after": failure.found_after,
            "trace": failure.trace,
            "files": failure.files,
        })),
        "coverage": simulation.coverage,
    })
}
