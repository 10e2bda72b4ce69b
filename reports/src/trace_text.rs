//! A trace as a story.

use std::fmt::Write as _;

use shimproof_model::trace::{Change, FailedClause, Field, Trace, TraceStep};

use crate::style::{Styles, set};

/// What a run shows of a property.
#[derive(Clone, Copy, Debug)]
pub struct Found<'t> {
    /// The property.
    pub property: &'t str,
    /// What is wrong, in words.
    pub what: &'t str,
    /// The clause of the property that is false.
    pub clause: Option<&'t FailedClause>,
}

impl<'t> Found<'t> {
    /// What a trace was kept for.
    pub fn of(trace: &'t Trace) -> Self {
        Self {
            property: &trace.property,
            what: &trace.finding,
            clause: trace.clause.as_ref(),
        }
    }
}

/// How much of each state is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// The fields that a step changes.
    #[default]
    Changes,
    /// Every field.
    WholeStates,
}

/// The trace, step by step: who did what, what was sent to whom, which guard decided, what changed; then what
/// it breaks, for each property, by which clause, and what comes of it.
pub fn trace_text(trace: &Trace, findings: &[Found<'_>], detail: Detail, styles: &Styles) -> String {
    trace_text_after(trace, 0, findings, detail, styles)
}

/// [`trace_text`] without its first steps, which stand `above` already.
pub(crate) fn trace_text_after(
    trace: &Trace,
    above: usize,
    findings: &[Found<'_>],
    detail: Detail,
    styles: &Styles,
) -> String {
    let states = match detail {
        Detail::Changes => Vec::new(),
        Detail::WholeStates => trace.states(),
    };
    let after = |number: usize| states.get(number).map(Vec::as_slice);
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
    if let Some(start) = after(0).filter(|_| above == 0) {
        let _ = writeln!(text, "   0. {}", set(styles.name, "initially"));
        whole_state(&mut text, &[], start, &" ".repeat(width + 8), styles);
    }
    for (index, step) in trace.steps.iter().enumerate().skip(above) {
        step_text(&mut text, index + 1, step, after(index + 1), width, styles);
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
            step_text(
                &mut text,
                first + index,
                step,
                after(first + index),
                width,
                styles,
            );
        }
    }
    for found in findings {
        // Writing into a string does not fail.
        let _ = writeln!(text, "  ⇒ {}: {}", set(styles.bad, found.property), found.what);
        if let Some(clause) = found.clause {
            clause_text(&mut text, clause, styles);
        }
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

/// The clause that is false, and what its terms are.
fn clause_text(text: &mut String, clause: &FailedClause, styles: &Styles) {
    let _ = writeln!(text, "      {} {}", set(styles.dim, "false:"), clause.formula);
    for Field { field, value } in &clause.values {
        let _ = writeln!(text, "        {}", set(styles.dim, &format!("{field} = {value}")));
    }
}

/// A step: what it is, and below it what it does.
fn step_text(
    text: &mut String,
    number: usize,
    step: &TraceStep,
    after: Option<&[Field]>,
    width: usize,
    styles: &Styles,
) {
    let _ = writeln!(
        text,
        "  {number:>2}. {}  {}",
        set(styles.name, &format!("{:width$}", step.actor)),
        step.event
    );
    let indent = " ".repeat(width + 8);
    step_details(text, step, after, &indent, styles);
}

/// What a step does: the decisions of guards with their sources, the refusal, the fields that it changes (in the
/// whole state after it, if that is given), and the message that it sends.
pub(crate) fn step_details(
    text: &mut String,
    step: &TraceStep,
    after: Option<&[Field]>,
    indent: &str,
    styles: &Styles,
) {
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
    match after {
        Some(state) => whole_state(text, &step.changes, state, indent, styles),
        None => changes_text(text, &step.changes, indent),
    }
    if let Some(sent) = &step.sends {
        let _ = writeln!(text, "{indent}→ {}: {}", sent.to, sent.message);
    }
}

fn changes_text(text: &mut String, changes: &[Change], indent: &str) {
    // A record that begins says only what is in it.
    let begins = |before: &str, after: &str| before == "-" && matches!(after, "none" | "not pinned");
    for change in changes
        .iter()
        .filter(|change| !begins(&change.before, &change.after))
    {
        let _ = writeln!(
            text,
            "{indent}{}: {} → {}",
            change.field, change.before, change.after
        );
    }
}

/// Every field; one that was changed with its value before.
fn whole_state(text: &mut String, changes: &[Change], state: &[Field], indent: &str, styles: &Styles) {
    for Field { field, value } in state {
        let changed = changes.iter().find(|change| change.field == *field);
        let line = match changed {
            Some(change) => format!("{field}: {} → {value}", change.before),
            None => set(styles.dim, &format!("{field}: {value}")),
        };
        let _ = writeln!(text, "{indent}{line}");
    }
}
