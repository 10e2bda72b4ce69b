//! Verifications as text.

use std::fmt::Write as _;

use shimproof_model::catalog::provenance::Known;
use shimproof_model::trace::{Trace, TraceStep};

use crate::fate::Fate;
use crate::further::OwnSearch;
use crate::rests_on::RestsOn;
use crate::style::{Styles, set};
use crate::suite::{SuiteReport, verdict_text};
use crate::trace_text::{Detail, Found, trace_text_after};
use crate::verification::{PropertyResult, Verdict, Verification};

/// One scenario under one design: its verdicts, what they rest on, and the traces of what is violated.
pub fn verification_text(verification: &Verification, detail: Detail, styles: &Styles) -> String {
    let mut text = String::new();
    // Writing into a string does not fail.
    let _ = writeln!(
        text,
        "{}: {}",
        set(styles.name, &verification.scenario),
        verification.title
    );
    for component in &verification.components {
        let _ = writeln!(text, "  {component}");
    }
    let _ = writeln!(text, "  faults: {}", verification.faults);
    let _ = writeln!(text);
    let width = verification
        .results
        .iter()
        .map(|result| result.property.len())
        .max()
        .unwrap_or_default();
    for result in &verification.results {
        let _ = writeln!(
            text,
            "{:width$}  {}",
            result.property,
            verdict_line(result, styles)
        );
        if result.verdict == Verdict::Violated {
            let _ = writeln!(text, "{:width$}  {}", "", set(styles.dim, &result.statement));
        }
    }
    let mut told: Vec<&RestsOn> = Vec::new();
    for rests_on in verification.results.iter().flat_map(|result| &result.rests_on) {
        if !told.contains(&rests_on) {
            told.push(rests_on);
        }
    }
    for (known, what) in [
        (
            Known::Proposed,
            "What holds rests on what the design proposes, and no release does:",
        ),
        (
            Known::Inferred,
            "What holds rests on facts that are only inferred, neither read in the source nor executed:",
        ),
    ] {
        let told: Vec<&&RestsOn> = told.iter().filter(|fact| fact.known == known).collect();
        if !told.is_empty() {
            let _ = writeln!(text);
            let _ = writeln!(text, "{what}");
        }
        for rests_on in told {
            let _ = writeln!(text, "  {}: {}", rests_on.row, rests_on.field);
        }
    }
    let _ = writeln!(text);
    fate_text(&mut text, &verification.fate, styles);
    let results: Vec<&PropertyResult> = verification.results.iter().collect();
    let mut told: Vec<&[TraceStep]> = Vec::new();
    for story in stories(&results) {
        let Some(trace) = &story[0].trace else { continue };
        // Under any client it goes as it went under the kubelet.
        if story[0].information && violated_already(verification) {
            continue;
        }
        let names: Vec<&str> = story.iter().map(|result| result.property.as_str()).collect();
        let _ = writeln!(text);
        let _ = writeln!(
            text,
            "{} {} {} by {}:",
            set(styles.name, &names.join(", ")),
            if names.len() == 1 { "is" } else { "are" },
            story[0].verdict.as_str(),
            length(trace)
        );
        let above = told.iter().map(|other| in_common(other, &trace.steps)).max();
        text.push_str(&trace_text_after(
            trace,
            above.unwrap_or_default(),
            &findings(&story),
            detail,
            styles,
        ));
        told.push(&trace.steps);
    }
    let _ = writeln!(text);
    let _ = writeln!(text, "{}", set(styles.dim, &explored(verification)));
    let mut told: Vec<String> = Vec::new();
    for result in &verification.results {
        let line = result.search.as_ref().map(explored_by_its_own);
        if let Some(line) = line.filter(|line| !told.contains(line)) {
            let _ = writeln!(text, "{}", set(styles.dim, &line));
            told.push(line);
        }
    }
    for note in &verification.notes {
        let _ = writeln!(text, "{}", set(styles.open, note));
    }
    text
}

/// Whether the scenario's own client violates what `containerd-guards-itself` asks of any.
pub(crate) fn violated_already(verification: &Verification) -> bool {
    let mut results = verification.results.iter();
    results.any(|result| result.property == "options-accepted" && result.verdict == Verdict::Violated)
}

/// How many steps two traces have in common from their start.
pub(crate) fn in_common(one: &[TraceStep], other: &[TraceStep]) -> usize {
    one.iter().zip(other).take_while(|(a, b)| a == b).count()
}

/// How long the trace is, as the words before it say.
pub(crate) fn length(trace: &Trace) -> String {
    let steps = trace.steps.len();
    match &trace.cycle {
        None => format!("these {steps} steps, and by no fewer"),
        Some(cycle) if cycle.steps.is_empty() => {
            format!("these {steps} steps, after which nothing happens any more")
        }
        Some(cycle) => format!(
            "these {steps} steps, and then {} again and again",
            cycle.steps.len()
        ),
    }
}

fn explored_by_its_own(search: &OwnSearch) -> String {
    let end = match &search.bound {
        None => "every reachable state".to_owned(),
        Some(bound) => format!("cut short: {bound}"),
    };
    format!(
        "{end} {}: {} states, {} steps between them",
        search.what, search.states, search.transitions
    )
}

/// What becomes of the pods: also where nothing is violated, this says what keeps it so.
fn fate_text(text: &mut String, fate: &Fate, styles: &Styles) {
    let runs = match fate.runs {
        Some(true) => "can run",
        Some(false) => "never runs, in no reachable state",
        None => "was not seen running before the search was cut short",
    };
    let _ = writeln!(
        text,
        "The pod {}{}",
        set(styles.name, runs),
        if fate.refusals.is_empty() {
            "."
        } else {
            ". It can be refused"
        }
    );
    for refusal in &fate.refusals {
        let _ = writeln!(
            text,
            "  at {}, after {} steps{}: {}",
            refusal.stage,
            refusal.steps,
            if refusal.faults > 0 { " with a fault" } else { "" },
            refusal.error
        );
    }
}

/// Results that the same steps decide, together: they share their story.
pub(crate) fn stories<'r>(results: &[&'r PropertyResult]) -> Vec<Vec<&'r PropertyResult>> {
    let mut stories: Vec<Vec<&PropertyResult>> = Vec::new();
    for result in results {
        let Some(trace) = &result.trace else { continue };
        let same = stories.iter_mut().find(|story| {
            story[0].kind == result.kind
                && story[0]
                    .trace
                    .as_ref()
                    .is_some_and(|other| other.steps == trace.steps && other.cycle == trace.cycle)
        });
        match same {
            Some(story) => story.push(result),
            None => stories.push(vec![result]),
        }
    }
    stories
}

/// What each of them finds.
pub(crate) fn findings<'r>(story: &[&'r PropertyResult]) -> Vec<Found<'r>> {
    let finding = |result: &&'r PropertyResult| result.trace.as_ref().map(Found::of);
    story.iter().filter_map(finding).collect()
}

fn verdict_line(result: &PropertyResult, styles: &Styles) -> String {
    let style = match result.verdict {
        Verdict::Holds | Verdict::Reached => styles.good,
        Verdict::Violated => styles.bad,
        Verdict::Unknown | Verdict::Unreached => styles.open,
    };
    let mut line = set(style, &verdict_text(result.verdict, result.vacuous));
    if let Some(trace) = &result.trace {
        let again = match &trace.cycle {
            Some(cycle) if !cycle.steps.is_empty() => format!(" and {} again and again", cycle.steps.len()),
            _ => String::new(),
        };
        let _ = write!(line, ", {} steps{again}: {}", trace.steps.len(), trace.finding);
    }
    if result.information {
        let _ = write!(line, " {}", set(styles.dim, "[for information]"));
    }
    line
}

/// What was explored, without the time that it took, so that two runs print the same.
pub(crate) fn explored(verification: &Verification) -> String {
    let how = match verification.depth {
        Some(depth) if verification.reduced => {
            format!("{depth} levels, breadth first, whole states, interchangeable pods counted once")
        }
        Some(depth) => format!("{depth} levels, breadth first, whole states"),
        None => "depth first, by Stateright".to_owned(),
    };
    let end = match &verification.bound {
        None => "every reachable state".to_owned(),
        Some(bound) => format!("cut short: {bound}"),
    };
    format!(
        "{end}: {} states, {} steps between them, {how}",
        verification.states, verification.transitions
    )
}

/// The suite: one line for each scenario and design, then what deviates.
pub fn suite_text(report: &SuiteReport, styles: &Styles) -> String {
    let mut text = lines(&report.verifications, styles);
    let _ = writeln!(text);
    for deviation in &report.deviations {
        let _ = writeln!(
            text,
            "{} {} under {}: {} is expected to be `{}`, and is `{}`",
            set(styles.bad, "not as expected:"),
            deviation.scenario,
            deviation.design,
            deviation.property,
            deviation.expected,
            deviation.found
        );
    }
    for id in &report.unreached {
        let _ = writeln!(text, "{} {id}", set(styles.bad, "reached by no scenario:"));
    }
    for id in &report.reached_against_the_list {
        let _ = writeln!(
            text,
            "{} {id}",
            set(
                styles.bad,
                "reached, though it is on the list of what no client reaches:"
            )
        );
    }
    let scenarios = report.verifications.len();
    let states: u64 = report
        .verifications
        .iter()
        .map(|verification| verification.states)
        .sum();
    let end = if report.stopped {
        "stopped before the end"
    } else if report.as_expected() {
        "all as expected"
    } else {
        "not all as expected"
    };
    let _ = writeln!(text, "{end}: {scenarios} searches, {states} states in all");
    text
}

/// A line for each search, under the title of its scenario.
pub(crate) fn lines(verifications: &[Verification], styles: &Styles) -> String {
    let mut text = String::new();
    let mut last = "";
    for verification in verifications {
        if verification.scenario != last {
            let _ = writeln!(
                text,
                "{}: {}",
                set(styles.name, &verification.scenario),
                verification.title
            );
            last = &verification.scenario;
        }
        let violated: Vec<&str> = verification
            .results
            .iter()
            .filter(|result| result.verdict == Verdict::Violated && !result.information)
            .map(|result| result.property.as_str())
            .collect();
        let verdict = if let Some(bound) = verification.bound() {
            set(styles.open, &format!("unknown: {bound}"))
        } else if verification
            .results
            .iter()
            .any(|result| result.verdict == Verdict::Unknown)
        {
            set(
                styles.open,
                "unknown: the catalogue does not know what the shim does with a message",
            )
        } else if violated.is_empty() {
            set(styles.good, "all properties hold")
        } else {
            format!("{} {}", set(styles.bad, "violated:"), violated.join(", "))
        };
        let never = match (verification.fate.runs, verification.fate.refusals.first()) {
            (Some(false), Some(refusal)) => {
                format!("; the pod never runs: {}: {}", refusal.stage, refusal.error)
            }
            (Some(false), None) => "; the pod never runs".to_owned(),
            _ => String::new(),
        };
        let told = |result: &&PropertyResult| result.information && result.verdict == Verdict::Violated;
        let besides = match verification.results.iter().find(told) {
            Some(result) if violated.is_empty() => format!("; {} is violated", result.property),
            _ => String::new(),
        };
        let _ = writeln!(
            text,
            "  {}: {verdict} ({} states){besides}{never}",
            verification.design, verification.states
        );
    }
    text
}
