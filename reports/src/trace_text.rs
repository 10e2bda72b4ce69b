//! A trace as a story.

use std::fmt::Write as _;

use shimproof_model::trace::{Trace, TraceStep};

use crate::style::{Styles, set};

/// The trace, step by step: who did what, what was sent to whom, which guard decided, what changed.
pub fn trace_text(trace: &Trace, styles: &Styles) -> String {
    let mut text = String::new();
    let width = trace.steps.iter().map(|step| step.actor.len()).max().unwrap_or_default();
    for (index, step) in trace.steps.iter().enumerate() {
        step_text(&mut text, index + 1, step, width, styles);
    }
    // Writing into a string does not fail.
    let _ = writeln!(text, "     ⇒ {}", set(styles.bad, &trace.finding));
    text
}

fn step_text(text: &mut String, number: usize, step: &TraceStep, width: usize, styles: &Styles) {
    let _ = writeln!(text, "  {number:>2}. {}  {}", set(styles.name, &format!("{:width$}", step.actor)), step.event);
    let indent = " ".repeat(width + 8);
    for guard in &step.guards {
        let _ = writeln!(text, "{indent}{}: {} ⇒ {}", guard.guard, guard.inputs, guard.decision);
        let _ = writeln!(text, "{indent}{}", set(styles.dim, &format!("  [{}; {}]", guard.table, guard.source)));
    }
    if let Some(refusal) = &step.refusal {
        let _ = writeln!(text, "{indent}{} at {}: {}", set(styles.bad, "refused"), refusal.stage, refusal.error);
    }
    for change in &step.changes {
        let _ = writeln!(text, "{indent}{}: {} → {}", change.field, change.before, change.after);
    }
    if let Some(sent) = &step.sends {
        let _ = writeln!(text, "{indent}→ {}: {}", sent.to, sent.message);
    }
}
