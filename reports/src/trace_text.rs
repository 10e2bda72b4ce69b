//! A trace as a story.

use std::fmt::Write as _;

use shimproof_model::trace::{Trace, TraceStep};

use crate::style::{Styles, set};

/// The trace, step by step: who did what, what was sent to whom, which guard decided, what changed; then what
/// it breaks, for each property by name, and what comes of it.
pub fn trace_text(trace: &Trace, findings: &[(&str, &str)], styles: &Styles) -> String {
    trace_text_after(trace, 0, findings, styles)
}

/// [`trace_text`] without its first steps, which stand `above` already.
pub(crate) fn trace_text_after(
    trace: &Trace,
    above: usize,
    findings: &[(&str, &str)],
    styles: &Styles,
) -> String {
    let mut text = String::new();
    let width = trace
        .steps
        .iter()
        .chain(&trace.aftermath)
        .chain(trace.cycle.iter().flat_map(|cycle| &cycle.steps))
        .map(|step| step.actor.len())
        .max()
        .unwrap_or_default();
    if above > 0 {
        let last = if above == 1 {
            String::new()
        } else {
            format!(" to {above}")
        };
        let _ = writeln!(text, "  {}", set(styles.dim, &format!("1{last} as above")));
    }
    for (index, step) in trace.steps.iter().enumerate().skip(above) {
        step_text(&mut text, index + 1, step, width, styles);
    }
    if let Some(cycle) = &trace.cycle {
        let first = trace.steps.len() + 1;
        let _ = writeln!(
            text,
            "  {}",
            set(
                styles.bad,
                &if cycle.steps.is_empty() {
                    "Nothing happens any more.".to_owned()
                } else {
                    format!(
                        "From here on, again and again: {first} to {}.",
                        trace.steps.len() + cycle.steps.len()
                    )
                }
            )
        );
        for (index, step) in cycle.steps.iter().enumerate() {
            step_text(&mut text, first + index, step, width, styles);
        }
    }
    for (property, finding) in findings {
        // Writing into a string does not fail.
        let _ = writeln!(text, "  ⇒ {}: {finding}", set(styles.bad, property));
    }
    let refusal = trace
        .aftermath
        .iter()
        .find_map(|step| Some((step, step.refusal.as_ref()?)));
    if let Some((step, refusal)) = refusal {
        let _ = writeln!(
            text,
            "  What comes of it: {} refuses at {}, and the client gets\n    {}",
            step.actor,
            refusal.stage,
            set(styles.bad, &refusal.error)
        );
    }
    text
}

fn step_text(text: &mut String, number: usize, step: &TraceStep, width: usize, styles: &Styles) {
    let _ = writeln!(
        text,
        "  {number:>2}. {}  {}",
        set(styles.name, &format!("{:width$}", step.actor)),
        step.event
    );
    let indent = " ".repeat(width + 8);
    for guard in &step.guards {
        let _ = writeln!(
            text,
            "{indent}{}: {} ⇒ {}",
            guard.guard, guard.inputs, guard.decision
        );
        let _ = writeln!(
            text,
            "{indent}{}",
            set(styles.dim, &format!("  [{}; {}]", guard.table, guard.source))
        );
    }
    if let Some(refusal) = &step.refusal {
        let _ = writeln!(
            text,
            "{indent}{} at {}: {}",
            set(styles.bad, "refused"),
            refusal.stage,
            refusal.error
        );
    }
    // A record that begins says only what is in it.
    let begins = |before: &str, after: &str| before == "-" && matches!(after, "none" | "not pinned");
    for change in step
        .changes
        .iter()
        .filter(|change| !begins(&change.before, &change.after))
    {
        let _ = writeln!(
            text,
            "{indent}{}: {} → {}",
            change.field, change.before, change.after
        );
    }
    if let Some(sent) = &step.sends {
        let _ = writeln!(text, "{indent}→ {}: {}", sent.to, sent.message);
    }
}
