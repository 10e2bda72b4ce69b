//! The report for systems that show findings beside code: a result for each regression, at the line of the design file
//! or of the catalogue that it comes from. What was fixed is no finding.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};
use serde_sarif::sarif::{
    ArtifactLocation, CodeFlow, Location, LogicalLocation, Message, MultiformatMessageString,
    PhysicalLocation, Region, ReportingDescriptor, Result as Finding, ResultKind, ResultLevel,
    Run as SarifRun, Sarif, ThreadFlow, ThreadFlowLocation, Tool, ToolComponent,
};

use shimproof_model::trace::{Trace, TraceStep};

use super::describe::Difference;
use super::junit::{POD_STARTS, regressed_in};
use super::story::Run;
use super::{Place, Report};
use crate::comparison::Change;
use crate::sweep::SweepChange;

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";
/// The key under which a result is known from one run to the next.
const FINGERPRINT: &str = "shimproof/v1";

/// The report as SARIF 2.1.0.
pub fn regression_sarif(report: &Report) -> Value {
    let mut results: Vec<Finding> = Vec::new();
    for class in report.sweep.iter().flat_map(|swept| &swept.classes) {
        if class.change != SweepChange::Regressed {
            continue;
        }
        let what = |id: &str| {
            let broken = class.newly_broken().into_iter().find(|(broken, _)| broken == id);
            broken.map_or_else(
                || "a pod that ran does not run".to_owned(),
                |(_, what)| what.clone(),
            )
        };
        for rule in regressed_in(class) {
            let text = format!(
                "{}. {} combinations of the catalogue go from “{}” to “{}”, for example {}. All of them, and both runs: {}",
                what(rule),
                class.combinations,
                class.before,
                class.after,
                class.combination,
                class.command
            );
            let name = format!("{rule}: {} → {}", class.before, class.after);
            results.push(finding(report, rule, &text, class.telling(), &name));
        }
    }
    for story in report
        .stories
        .iter()
        .filter(|story| story.change == Change::Regressed)
    {
        for (property, what) in &story.run.breaks {
            let text = format!(
                "{what}. In the scenario {} ({}), {property} holds under {} and is violated under {}, by {}. The trace: {}",
                story.scenario,
                story.title,
                report.before.name,
                report.after.name,
                story.run.length,
                story.command
            );
            let name = format!("{property}: {}", story.scenario);
            results.push(finding(report, property, &text, &story.run, &name));
        }
    }
    for line in &report.scenarios {
        for cell in line
            .cells
            .iter()
            .filter(|cell| cell.change == Some(Change::Unknown))
        {
            let text = format!(
                "In the scenario {}, {} is {} before and {} after: a search was cut short.",
                line.name, cell.property, cell.before, cell.after
            );
            let mut open = at_place(report, report.differences.first(), &cell.property, &text);
            open.kind = Some(ResultKind::Open);
            open.level = Some(ResultLevel::None);
            results.push(open);
        }
    }
    let rules = rules(&results);
    for result in &mut results {
        let index = rules
            .iter()
            .position(|rule| Some(&rule.id) == result.rule_id.as_ref());
        // There are some twenty rules.
        result.rule_index = index.and_then(|index| i64::try_from(index).ok());
    }
    let driver = ToolComponent::builder()
        .name("Shimproof")
        .semantic_version(report.tool.to_owned())
        .rules(rules)
        .build();
    let run = SarifRun::builder()
        .tool(Tool::builder().driver(driver).build())
        .column_kind(json!("unicodeCodePoints"))
        .results(results)
        .build();
    let document = Sarif::builder()
        .schema(SCHEMA.to_owned())
        .version(json!("2.1.0"))
        .runs(vec![run])
        .build();
    let mut document = serde_json::to_value(document).unwrap_or_default();
    document["runs"][0]["properties"] = json!({
        "command": report.command,
        "catalogueSha256": report.catalogue.sha256,
    });
    document
}

/// The rules of these results: properties, with what they say and why.
fn rules(results: &[Finding]) -> Vec<ReportingDescriptor> {
    let mut rules: Vec<ReportingDescriptor> = Vec::new();
    let catalogue = crate::kept_by::catalogue();
    let known = catalogue
        .iter()
        .map(|(about, ..)| (about.id, about.statement, about.why));
    let pod_starts = (
        POD_STARTS,
        "A pod that ran under the design before runs under the design after.",
        "An upgrade of containerd must not stop workloads.",
    );
    for (id, statement, why) in known.chain([pod_starts]) {
        if results.iter().any(|result| result.rule_id.as_deref() == Some(id)) {
            let text = |text: &str| MultiformatMessageString::builder().text(text).build();
            rules.push(
                ReportingDescriptor::builder()
                    .id(id)
                    .short_description(text(statement))
                    .full_description(text(&format!("{statement} {why}")))
                    .build(),
            );
        }
    }
    rules
}

fn finding(report: &Report, rule: &str, text: &str, run: &Run, name: &str) -> Finding {
    let mut found = at_place(report, decisive(report, &run.trace), rule, text);
    found.kind = Some(ResultKind::Fail);
    found.level = Some(ResultLevel::Error);
    found.partial_fingerprints = Some(BTreeMap::from([(FINGERPRINT.to_owned(), name.to_owned())]));
    found.code_flows = Some(vec![code_flow(&run.trace)]);
    found
}

fn at_place(report: &Report, difference: Option<&Difference>, rule: &str, text: &str) -> Finding {
    let describe = |difference: &Difference| {
        format!(
            "{}: {} → {}",
            difference.key, difference.before.text, difference.after.text
        )
    };
    let others: Vec<Location> = report
        .differences
        .iter()
        .filter(|other| difference.is_none_or(|own| own.key != other.key))
        .map(|other| located(&other.after.place, &describe(other)))
        .collect();
    let mut found = Finding::builder()
        .message(message(text))
        .rule_id(rule.to_owned())
        .build();
    found.locations = difference.map(|own| vec![located(&own.after.place, &describe(own))]);
    if !others.is_empty() {
        found.related_locations = Some(others);
    }
    found
}

/// The difference between the designs that decides in a run: that of a guard on the way, or else the first.
fn decisive<'r>(report: &'r Report, trace: &Trace) -> Option<&'r Difference> {
    let decided = |difference: &&Difference| {
        let mut guards = trace.all_steps().flat_map(|step| &step.guards);
        difference
            .function
            .is_some_and(|function| guards.any(|guard| guard.guard == function))
    };
    let differences = &report.differences;
    differences.iter().find(decided).or_else(|| differences.first())
}

fn message(text: &str) -> Message {
    Message::builder().text(text.to_owned()).build()
}

fn located(place: &Place, text: &str) -> Location {
    let line = i64::try_from(place.line).unwrap_or(1);
    let artifact = ArtifactLocation::builder().uri(uri(&place.file)).build();
    let physical = PhysicalLocation::builder()
        .artifact_location(artifact)
        .region(Region::builder().start_line(line).build())
        .build();
    Location::builder()
        .physical_location(physical)
        .message(message(text))
        .build()
}

/// A path as a URI reference: relative paths stay so, from the directory in which the command ran.
fn uri(path: &str) -> String {
    let path = path.replace('\\', "/");
    let mut uri = String::new();
    for byte in path.trim_start_matches("./").bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            // Anything else is a byte of a name.
            uri.push('%');
            uri.push_str(&crate::hash::hex(&[byte]));
        }
    }
    if uri.starts_with('/') {
        format!("file://{uri}")
    } else {
        uri
    }
}

/// The steps of the run, and what comes of it.
fn code_flow(trace: &Trace) -> CodeFlow {
    let locations: Vec<ThreadFlowLocation> = trace
        .all_steps()
        .map(|step| {
            let logical = LogicalLocation::builder().name(step.actor.clone()).build();
            let location = Location::builder()
                .logical_locations(vec![logical])
                .message(message(&step_text(step)))
                .build();
            ThreadFlowLocation::builder().location(location).build()
        })
        .collect();
    CodeFlow::builder()
        .thread_flows(vec![ThreadFlow::builder().locations(locations).build()])
        .build()
}

fn step_text(step: &TraceStep) -> String {
    let mut text = format!("{}: {}", step.actor, step.event);
    for guard in &step.guards {
        // Writing into a string does not fail.
        let _ = write!(
            text,
            "; {}: {} ⇒ {} ({})",
            guard.guard, guard.inputs, guard.decision, guard.source
        );
    }
    if let Some(refusal) = &step.refusal {
        let _ = write!(text, "; refused at {}: {}", refusal.stage, refusal.error);
    }
    if let Some(sent) = &step.sends {
        let _ = write!(text, "; → {}: {}", sent.to, sent.message);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_a_uri_reference() {
        assert_eq!(uri("./designs/my fix#2.toml"), "designs/my%20fix%232.toml");
        assert_eq!(uri("/home/a/b.toml"), "file:///home/a/b.toml");
        assert_eq!(
            uri("model/catalog/containerd.toml"),
            "model/catalog/containerd.toml"
        );
    }
}
