//! `shimproof compare`.

use shimproof_model::catalog::Catalog;
use shimproof_reports::{
    Comparison, FOUNDING_CASE, compare, comparison_json, comparison_text, with_builtin_scenarios,
};
use shimproof_scenario::Scenario;
use shimproof_search::Limits;

use crate::args::{self, Format};
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::output::{Output, write_file};
use crate::progress::{ProgressLine, stop_on_ctrl_c};
use crate::verify::with_scenario;

/// The designs of the founding case: before and after PR #11104.
const FOUNDING_DESIGNS: (&str, &str) = ("nil-check-missing-node", "nil-or-node");

pub fn run(arguments: &args::Compare, output: Output) -> Result<ExitCode, Failure> {
    let catalog = Catalog::embedded();
    let designs = match (&arguments.before, &arguments.after) {
        (Some(before), Some(after)) => (before.as_str(), after.as_str()),
        _ => FOUNDING_DESIGNS,
    };
    catalog.design_row(designs.0)?;
    catalog.design_row(designs.1)?;
    let limits = Limits {
        stop: Some(stop_on_ctrl_c()),
        ..Limits::default()
    };
    let over = |scenarios: &[&Scenario]| {
        compare(
            catalog,
            designs,
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
    let text = render(&comparison, arguments, output);
    match &arguments.output {
        Some(path) => write_file(path, &text)?,
        None => output.document(&text),
    }
    Ok(if comparison.regressions() > 0 {
        ExitCode::Violated
    } else if comparison
        .verifications
        .iter()
        .any(|verification| verification.bound.is_some())
    {
        ExitCode::BoundReached
    } else {
        ExitCode::Ok
    })
}

fn render(comparison: &Comparison, arguments: &args::Compare, output: Output) -> String {
    match arguments.format {
        Format::Text if arguments.output.is_some() => {
            comparison_text(comparison, &shimproof_reports::Styles::plain())
        }
        Format::Text => comparison_text(comparison, &output.styles()),
        Format::Json => format!("{:#}\n", comparison_json(comparison)),
    }
}
