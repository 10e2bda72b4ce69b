//! `shimproof compare`.

use shimproof_model::catalog::Catalog;
use shimproof_properties::induction::{Induction, PROPERTIES, induct};
use shimproof_reports::regression::{
    Compared, Report, regression_html, regression_json, regression_junit, regression_markdown,
    regression_sarif,
};
use shimproof_reports::{
    Comparison, FOUNDING_CASE, Styles, Sweep, SweepChange, compare, comparison_page, comparison_text, follow,
    sweep, with_builtin_scenarios,
};
use shimproof_scenario::{Design, Scenario};
use shimproof_search::Limits;

use crate::args::{self, FailOn, ReportFormat};
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::output::{Output, write_file};
use crate::progress::{ProgressLine, stop_on_ctrl_c};
use crate::verify::{most_of_free_memory, with_scenario};

/// The designs of the founding case: before and after PR #11104.
const FOUNDING_DESIGNS: (&str, &str) = ("nil-check-missing-node", "nil-or-node");

pub fn run(arguments: &args::Compare, output: Output) -> Result<ExitCode, Failure> {
    let catalog = Catalog::embedded();
    let names = match (&arguments.before, &arguments.after) {
        (Some(before), Some(after)) => (before.as_str(), after.as_str()),
        _ => FOUNDING_DESIGNS,
    };
    let designs = (Design::find(catalog, names.0)?, Design::find(catalog, names.1)?);
    if let Some(number) = arguments.trace {
        return trace(arguments, output, (&designs.0, &designs.1), number);
    }
    if arguments.induction && arguments.format == ReportFormat::Text {
        return Err(Failure::Request {
            what: "the text report has no place for induction".to_owned(),
            help: format!(
                "`--format html` and the other formats have; `shimproof verify --induction --design {} --design {}` \
                 prints it",
                names.0, names.1
            ),
        });
    }
    let limits = Limits {
        stop: Some(stop_on_ctrl_c()),
        max_memory: most_of_free_memory(),
        ..Limits::default()
    };
    let over = |scenarios: &[&Scenario]| {
        compare(
            catalog,
            (&designs.0, &designs.1),
            scenarios,
            &limits,
            &mut ProgressLine::new(output),
        )
        .map_err(Failure::from)
    };
    let comparison = match (&arguments.scenario, arguments.before.is_some()) {
        (Some(path), _) => with_scenario(path, |scenario| over(&[scenario]))?,
        (None, true) => with_builtin_scenarios(|scenarios| over(&scenarios.iter().collect::<Vec<_>>()))??,
        (None, false) => with_builtin_scenarios(|scenarios| {
            let founding: Vec<&Scenario> = scenarios
                .iter()
                .filter(|s| s.file.name == FOUNDING_CASE)
                .collect();
            over(&founding)
        })??,
    };
    let sweep = (arguments.before.is_some() && arguments.scenario.is_none())
        .then(|| sweep(catalog, &designs.0.containerd, &designs.1.containerd));
    let inductions = if arguments.induction {
        inductions(catalog, &designs)?
    } else {
        Vec::new()
    };
    let scenario = arguments
        .scenario
        .as_ref()
        .map(|path| path.to_string_lossy().into_owned())
        .or_else(|| arguments.before.is_none().then(|| FOUNDING_CASE.to_owned()));
    let compared = Compared {
        designs: (&designs.0, &designs.1),
        comparison: &comparison,
        sweep: sweep.as_ref(),
        inductions: &inductions,
        scenario: scenario.as_deref(),
        command: &command(arguments),
    };
    let text = render(&compared, arguments, output)?;
    match &arguments.output {
        Some(path) => write_file(path, &text)?,
        None => output.document(&text),
    }
    Ok(exit_code(&comparison, sweep.as_ref(), arguments.fail_on))
}

fn exit_code(comparison: &Comparison, sweep: Option<&Sweep>, fail_on: FailOn) -> ExitCode {
    let swept = |change| sweep.map_or(0, |sweep| sweep.count(change));
    let failed = match fail_on {
        FailOn::Regressed => comparison.regressions() + swept(SweepChange::Regressed),
        FailOn::Changed => {
            comparison.changes()
                + swept(SweepChange::Regressed)
                + swept(SweepChange::Fixed)
                + swept(SweepChange::Changed)
        }
    };
    if failed > 0 {
        ExitCode::Violated
    } else if comparison
        .verifications
        .iter()
        .any(|verification| verification.bound.is_some())
    {
        ExitCode::BoundReached
    } else {
        ExitCode::Ok
    }
}

/// The most states that induction tries for a property.
const MOST_TRIED: u64 = 100_000_000;

fn inductions(catalog: &Catalog, designs: &(Design, Design)) -> Result<Vec<Induction>, Failure> {
    let mut inductions = Vec::new();
    for design in [&designs.0, &designs.1] {
        for property in PROPERTIES {
            inductions.push(induct(catalog, &design.containerd, property, MOST_TRIED)?);
        }
    }
    Ok(inductions)
}

/// The command that prints the same report. Where it was written to is no part of it.
fn command(arguments: &args::Compare) -> String {
    let scenario = arguments.scenario.as_ref().map(|path| path.to_string_lossy());
    let mut words: Vec<&str> = vec!["shimproof", "compare"];
    words.extend(arguments.before.as_deref());
    words.extend(arguments.after.as_deref());
    words.extend(scenario.as_deref());
    if arguments.induction {
        words.push("--induction");
    }
    words.extend(["--format", arguments.format.as_str()]);
    words.join(" ")
}

fn render(compared: &Compared<'_>, arguments: &args::Compare, output: Output) -> Result<String, Failure> {
    if arguments.format == ReportFormat::Text {
        let styles = styles(arguments, output);
        return Ok(match compared.sweep {
            Some(sweep) => comparison_page(compared.comparison, sweep, &styles),
            None => comparison_text(compared.comparison, &styles),
        });
    }
    let report = Report::new(Catalog::embedded(), compared);
    Ok(match arguments.format {
        ReportFormat::Text | ReportFormat::Json => format!("{:#}\n", regression_json(&report, compared)),
        ReportFormat::Markdown => regression_markdown(&report),
        ReportFormat::Html => regression_html(&report),
        ReportFormat::Junit => {
            regression_junit(&report).map_err(|error| Failure::Render(error.to_string()))?
        }
        ReportFormat::Sarif => format!("{:#}\n", regression_sarif(&report)),
    })
}

fn styles(arguments: &args::Compare, output: Output) -> Styles {
    if arguments.output.is_some() {
        Styles::plain()
    } else {
        output.styles()
    }
}

/// One line of the report over the catalogue, in full.
fn trace(
    arguments: &args::Compare,
    output: Output,
    (before, after): (&Design, &Design),
    number: usize,
) -> Result<ExitCode, Failure> {
    let catalog = Catalog::embedded();
    let sweep = sweep(catalog, &before.containerd, &after.containerd);
    let Some(class) = sweep.class(number) else {
        return Err(Failure::NoSuchLine {
            number,
            lines: sweep.classes.len() + sweep.hypothetical.len(),
        });
    };
    let followed = follow(catalog, &before.containerd, &after.containerd, class);
    let styles = styles(arguments, output);
    let text = match arguments.format {
        ReportFormat::Text => format!("{}\n{}", class.text(&styles), followed.text(&styles)),
        ReportFormat::Json => {
            let traces: Vec<_> = followed.runs.iter().map(|(trace, _)| trace).collect();
            let document = serde_json::json!({
                "class": class, "combination": followed.combination, "traces": traces,
            });
            format!("{document:#}\n")
        }
        other => {
            return Err(Failure::Request {
                what: format!("`--trace` prints text or JSON, not {}", other.as_str()),
                help: format!(
                    "`--format {}` without `--trace` has this trace too",
                    other.as_str()
                ),
            });
        }
    };
    match &arguments.output {
        Some(path) => write_file(path, &text)?,
        None => output.document(&text),
    }
    Ok(ExitCode::Ok)
}
