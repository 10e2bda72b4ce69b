//! A prediction for a reader: what becomes of the pod, and why.

use std::fmt::Write as _;

use shimproof_model::catalog::provenance::Known;
use shimproof_scenario::Outcome;

use super::Prediction;
use super::neighbours::Neighbour;
use super::prediction::{outcome_name, stage_name, target_name};

/// The prediction in words: the outcome, the error as the user sees it, then each message with the guards that
/// led to it and where they stand in the source.
pub fn render_text(prediction: &Prediction) -> String {
    let mut out = String::new();
    // Writing into a String does not fail.
    let _ = write(&mut out, prediction);
    out
}

/// What would change the outcome, in words; empty if no other release of a component does.
pub fn render_neighbours(neighbours: &[Neighbour]) -> String {
    let mut out = String::new();
    for neighbour in neighbours {
        let Neighbour {
            component,
            change,
            outcome,
        } = neighbour;
        // Writing into a String does not fail.
        let _ = writeln!(out, "  {component} {change}: {}", outcome_name(*outcome));
    }
    if out.is_empty() {
        out
    } else {
        format!("What would change it, everything else being equal\n{out}")
    }
}

fn write(out: &mut String, prediction: &Prediction) -> std::fmt::Result {
    let title = if prediction.title.is_empty() {
        String::new()
    } else {
        format!(": {}", prediction.title)
    };
    writeln!(out, "{}{title}", prediction.scenario)?;
    write!(out, "  {}", outcome_name(prediction.outcome))?;
    if let (Some(target), Some(stage)) = (prediction.target, prediction.stage) {
        write!(out, ": {}, at {}", target_name(target), stage_name(stage))?;
    }
    writeln!(out)?;
    if let Some(error) = &prediction.error {
        writeln!(out, "  error  {error}")?;
    }
    if let Some(event) = &prediction.event {
        writeln!(out, "  event  {}  {}", event.reason.as_str(), event.message)?;
    }
    for defect in &prediction.defects {
        writeln!(out, "  defect  {defect}")?;
    }
    if prediction.is_unknown() {
        writeln!(
            out,
            "  not known: the catalogue does not say what the shim does with one of these messages"
        )?;
    } else if prediction.outcome == Outcome::Started {
        writeln!(out, "  everything that was configured is in force")?;
    }
    if !prediction.because.is_empty() {
        writeln!(out, "\nWhy")?;
        for sentence in &prediction.because {
            writeln!(out, "  {sentence}")?;
        }
    }
    writeln!(out, "\nHow it comes to that")?;
    for step in &prediction.steps {
        for decided in &step.decided {
            writeln!(out, "      {}: {}", decided.guard, decided.decision)?;
            writeln!(out, "          given {}", decided.inputs)?;
            writeln!(out, "          by    {} ({})", decided.table, decided.source)?;
        }
        if !step.what.is_empty() {
            writeln!(out, "  {}", step.what)?;
        }
    }
    let known = match prediction.provenance {
        Known::Executed => "all of it was seen when real components were run",
        Known::Read => "each fact was read in the sources, or seen when real components were run",
        Known::Inferred => "some facts are only inferred",
        Known::Proposed => "some of it is no release's behaviour: a design proposes it",
    };
    writeln!(out, "\nWhat it rests on: {known}")?;
    for fact in &prediction.weakest {
        writeln!(out, "  inferred: {fact}")?;
    }
    Ok(())
}
