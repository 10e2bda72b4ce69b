//! The report for systems that show tests: a test case for each property of each scenario, and for each property over
//! the catalogue. What regressed is a failure.

use quick_junit::{
    NonSuccessKind, Property, Report as Junit, SerializeError, TestCase, TestCaseStatus, TestSuite,
};

use super::story::{ClassStory, Story};
use super::{Report, ScenarioLine, Swept};
use crate::comparison::Change;
use crate::sweep::SweepChange;

/// What a combination regresses in if it breaks no further property: its pod ran, and does not.
pub(super) const POD_STARTS: &str = "pod-starts";

/// The report as JUnit XML.
///
/// # Errors
/// [`SerializeError`] if the document cannot be written, which is the case for no text that a report has.
pub fn regression_junit(report: &Report) -> Result<String, SerializeError> {
    let mut document = Junit::new(format!("shimproof compare {}", report.subject));
    if let Some(swept) = &report.sweep {
        document.add_test_suite(catalogue(report, swept));
    }
    for line in &report.scenarios {
        document.add_test_suite(scenario(report, line));
    }
    document.to_string()
}

fn suite(report: &Report, name: &str) -> TestSuite {
    let mut suite = TestSuite::new(name);
    suite.add_property(Property::new("command", report.command.as_str()));
    suite.add_property(Property::new("shimproof", report.tool));
    suite.add_property(Property::new(
        "catalogue-sha256",
        report.catalogue.sha256.as_str(),
    ));
    suite
}

fn catalogue(report: &Report, swept: &Swept) -> TestSuite {
    let mut suite = suite(report, "catalogue");
    let names = shimproof_properties::all::<shimproof_model::abstraction::Abstract>()
        .into_iter()
        .map(|property| property.id);
    for name in names.chain([POD_STARTS]) {
        let regressed: Vec<&ClassStory> = swept
            .classes
            .iter()
            .filter(|class| class.change == SweepChange::Regressed && regressed_in(class).contains(&name))
            .collect();
        let status = match regressed.as_slice() {
            [] => TestCaseStatus::success(),
            classes => {
                let combinations: usize = classes.iter().map(|class| class.combinations).sum();
                let text: Vec<String> = classes.iter().map(|class| class_text(class)).collect();
                failure(
                    name,
                    &format!("{combinations} combinations regressed"),
                    &text.join("\n"),
                )
            }
        };
        let mut case = TestCase::new(name, status);
        case.set_classname("catalogue");
        suite.add_test_case(case);
    }
    suite
}

/// In what a class regressed.
pub(super) fn regressed_in(class: &ClassStory) -> Vec<&str> {
    let broken: Vec<&str> = class
        .newly_broken()
        .into_iter()
        .map(|(id, _)| id.as_str())
        .collect();
    if broken.is_empty() {
        vec![POD_STARTS]
    } else {
        broken
    }
}

fn class_text(class: &ClassStory) -> String {
    let mut lines = vec![format!(
        "#{}, {} combinations: {} → {}",
        class.number, class.combinations, class.before, class.after
    )];
    for place in &class.places {
        lines.push(format!(
            "  {}; {}; {}; kubelet {}",
            place.pods.join(" or "),
            place.shims.join(", "),
            place.configurations.join(" or "),
            place.kubelets.join(" or ")
        ));
    }
    let run = class.telling();
    lines.push(format!("One of them: {}", class.combination));
    lines.push(run.text.trim_end().to_owned());
    lines.push(class.command.clone());
    lines.push(String::new());
    lines.join("\n")
}

fn scenario(report: &Report, line: &ScenarioLine) -> TestSuite {
    let mut suite = suite(report, &line.name);
    for cell in &line.cells {
        let Some(change) = cell.change else { continue };
        let status = match change {
            Change::Regressed => {
                let story = report.stories.iter().find(|story| {
                    story.change == Change::Regressed
                        && story.scenario == line.name
                        && story.properties.contains(&cell.property)
                });
                let message = format!("{} before, {} after", cell.before, cell.after);
                failure(
                    &cell.property,
                    &message,
                    &story.map(story_text).unwrap_or_default(),
                )
            }
            Change::Unknown => {
                let mut status = TestCaseStatus::skipped();
                status.set_message(format!("{} before, {} after", cell.before, cell.after));
                status
            }
            Change::Fixed | Change::Unchanged => TestCaseStatus::success(),
        };
        let mut case = TestCase::new(cell.property.as_str(), status);
        case.set_classname(line.name.as_str());
        case.set_system_out(format!("{} before, {} after", cell.before, cell.after));
        suite.add_test_case(case);
    }
    suite
}

fn story_text(story: &Story) -> String {
    format!("By {}:\n{}{}\n", story.run.length, story.run.text, story.command)
}

fn failure(property: &str, message: &str, text: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type(property);
    status.set_message(message);
    status.set_description(text);
    status
}
