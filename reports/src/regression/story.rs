//! The traces of a report: how what regressed goes wrong, and how what was fixed went wrong.

use serde::Serialize;

use shimproof_model::trace::Trace;

use crate::comparison::{Change, Comparison};
use crate::diagram::{Sequence, embedded_svg, mermaid};
use crate::style::Styles;
use crate::sweep::{Class, Followed, Places, SweepChange};
use crate::trace_text::{Detail, Found, trace_text};
use crate::verification::{PropertyResult, Verdict, Verification};
use crate::verification_text::{findings, length, stories};

/// A run, in each form that a format may want.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Run {
    /// The design under which it happens.
    pub design: String,
    /// What it breaks: properties, each with what is wrong.
    pub breaks: Vec<(String, String)>,
    /// How long it is.
    pub length: String,
    /// How it ends.
    pub end: Option<String>,
    pub trace: Trace,
    /// Step by step, as the command prints it.
    pub text: String,
    pub svg: String,
    pub mermaid: String,
}

impl Run {
    fn of(trace: &Trace, breaks: &[Found<'_>], length: String, end: Option<String>) -> Self {
        let sequence = Sequence::of(trace);
        Self {
            design: trace.design.clone(),
            breaks: breaks
                .iter()
                .map(|found| (found.property.to_owned(), found.what.to_owned()))
                .collect(),
            length,
            end,
            text: trace_text(trace, breaks, Detail::Changes, &Styles::plain()),
            svg: embedded_svg(&sequence),
            mermaid: mermaid(&sequence),
            trace: trace.clone(),
        }
    }
}

/// Verdicts of one scenario that changed, and that the same steps decide.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Story {
    pub number: usize,
    pub change: Change,
    pub scenario: String,
    pub title: String,
    pub properties: Vec<String>,
    pub run: Run,
    /// The command that prints this trace.
    pub command: String,
}

/// All of them: regressions first, and of each kind those first that tell of another property, the shortest first.
pub(super) fn of_scenarios(comparison: &Comparison) -> Vec<Story> {
    let mut found: Vec<Story> = Vec::new();
    for pair in comparison.verifications.chunks_exact(2) {
        let (old, new) = (&pair[0], &pair[1]);
        let designs = &comparison.given;
        found.extend(told(comparison, Change::Regressed, new, &designs.1));
        found.extend(told(comparison, Change::Fixed, old, &designs.0));
    }
    found.sort_by_key(|story| (story.change == Change::Fixed, story.run.trace.steps.len()));
    let mut known: Vec<(Change, String)> = Vec::new();
    let mut first = Vec::new();
    let mut further = Vec::new();
    for story in found {
        let new: Vec<(Change, String)> = story
            .properties
            .iter()
            .map(|property| (story.change, property.clone()))
            .filter(|told| !known.contains(told))
            .collect();
        if new.is_empty() {
            further.push(story);
        } else {
            known.extend(new);
            first.push(story);
        }
    }
    first.extend(further);
    first.sort_by_key(|story| story.change == Change::Fixed);
    for (index, story) in first.iter_mut().enumerate() {
        story.number = index + 1;
    }
    first
}

fn told(comparison: &Comparison, change: Change, violating: &Verification, design: &str) -> Vec<Story> {
    let changed = |result: &&PropertyResult| {
        result.verdict == Verdict::Violated
            && comparison.rows.iter().any(|row| {
                row.change == change && row.scenario == violating.scenario && row.property == result.property
            })
    };
    let results: Vec<&PropertyResult> = violating.results.iter().filter(changed).collect();
    stories(&results)
        .into_iter()
        .filter_map(|story| {
            let trace = story[0].trace.as_ref()?;
            let properties: Vec<String> = story.iter().map(|result| result.property.clone()).collect();
            Some(Story {
                number: 0,
                change,
                scenario: violating.scenario.clone(),
                title: violating.title.clone(),
                command: format!(
                    "shimproof verify {} --design {design} --property {}",
                    violating.scenario,
                    properties.join(" --property ")
                ),
                properties,
                run: Run::of(trace, &findings(&story), length(trace), outcome(trace)),
            })
        })
        .collect()
}

/// What the client gets in the end, if it is an error.
fn outcome(trace: &Trace) -> Option<String> {
    let mut steps = trace.aftermath.iter().chain(trace.steps.last());
    let refusal = steps.find_map(|step| step.refusal.as_ref())?;
    Some(format!(
        "refused at {}: {}",
        refusal.stage,
        refusal.error.replace('\n', " ")
    ))
}

/// Combinations of the catalogue that changed alike.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ClassStory {
    pub number: usize,
    pub change: SweepChange,
    pub before: String,
    pub after: String,
    pub combinations: usize,
    pub places: Vec<Places>,
    /// One combination, for which the runs are told.
    pub combination: String,
    /// Before and after.
    pub runs: [Run; 2],
    /// The command that prints both, and every place.
    pub command: String,
}

impl ClassStory {
    /// The run that shows what is wrong: the one after of a regression, the one before of what was fixed.
    pub fn telling(&self) -> &Run {
        match self.change {
            SweepChange::Fixed => &self.runs[0],
            _ => &self.runs[1],
        }
    }

    /// What breaks after and did not before; empty where a pod only does not run any more.
    pub fn newly_broken(&self) -> Vec<&(String, String)> {
        let [before, after] = &self.runs;
        let known = |id: &String| before.breaks.iter().any(|(other, _)| other == id);
        after.breaks.iter().filter(|(id, _)| !known(id)).collect()
    }
}

pub(super) fn of_class(class: &Class, followed: &Followed, subject: &str) -> ClassStory {
    let run = |side: usize| {
        let (whole, breaks) = &followed.runs[side];
        let refusal = whole.steps.last().and_then(|step| step.refusal.as_ref());
        let end = match refusal {
            Some(refusal) => format!(
                "refused at {}: {}",
                refusal.stage,
                refusal.error.replace('\n', " ")
            ),
            None => "the pod runs".to_owned(),
        };
        let trace = followed.violations[side].as_ref().unwrap_or(whole);
        let breaks: Vec<Found<'_>> = breaks
            .iter()
            .map(|(property, what)| Found {
                property,
                what,
                clause: trace.clause.as_ref().filter(|_| trace.property == *property),
            })
            .collect();
        let steps = trace.steps.len();
        let length = match followed.violations[side] {
            Some(_) => format!("these {steps} steps"),
            None => format!("{steps} steps, to the end"),
        };
        Run::of(trace, &breaks, length, Some(end))
    };
    ClassStory {
        number: class.number,
        change: class.change,
        before: class.before.clone(),
        after: class.after.clone(),
        combinations: class.combinations,
        places: class.places.clone(),
        combination: followed.combination.clone(),
        runs: [run(0), run(1)],
        command: format!("shimproof compare {subject} --trace {}", class.number),
    }
}
