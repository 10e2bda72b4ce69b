//! `shimproof compare`.

use shimproof_model::catalog::Catalog;
use shimproof_reports::{
    Comparison, FOUNDING_CASE, Styles, Sweep, SweepChange, compare, comparison_json, comparison_page,
    comparison_page_json, comparison_text, follow, sweep, with_builtin_scenarios,
};
use shimproof_scenario::{Design, Scenario};
use shimproof_search::Limits;

use crate::args::{self, FailOn, Format};
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
    let text = render(&comparison, sweep.as_ref(), arguments, output);
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

fn render(
    comparison: &Comparison,
    sweep: Option<&Sweep>,
    arguments: &args::Compare,
    output: Output,
) -> String {
    let styles = styles(arguments, output);
    match (arguments.format, sweep) {
        (Format::Text, Some(sweep)) => comparison_page(comparison, sweep, &styles),
        (Format::Text, None) => comparison_text(comparison, &styles),
        (Format::Json, Some(sweep)) => format!("{:#}\n", comparison_page_json(comparison, sweep)),
        (Format::Json, None) => format!("{:#}\n", comparison_json(comparison)),
    }
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
        Format::Text => format!("{}\n{}", class.text(&styles), followed.text(&styles)),
        Format::Json => {
            let traces: Vec<_> = followed.runs.iter().map(|(trace, _)| trace).collect();
            let document = serde_json::json!({
                "class": class, "combination": followed.combination, "traces": traces,
            });
            format!("{document:#}\n")
        }
    };
    match &arguments.output {
        Some(path) => write_file(path, &text)?,
        None => output.document(&text),
    }
    Ok(ExitCode::Ok)
}
