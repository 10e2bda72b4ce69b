//! `shimproof compare`.

use shimproof_model::catalog::Catalog;
use shimproof_reports::{
    Comparison, FOUNDING_CASE, Styles, Sweep, compare, comparison_json, comparison_text, sweep,
    with_builtin_scenarios,
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
    let sweep = (arguments.before.is_some() && arguments.scenario.is_none())
        .then(|| {
            Ok::<_, Failure>(sweep(
                catalog,
                catalog.design_row(designs.0)?,
                catalog.design_row(designs.1)?,
            ))
        })
        .transpose()?;
    let text = render(&comparison, sweep.as_ref(), arguments, output);
    match &arguments.output {
        Some(path) => write_file(path, &text)?,
        None => output.document(&text),
    }
    let swept = sweep.as_ref().map_or(0, Sweep::regressions);
    Ok(if comparison.regressions() + swept > 0 {
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

fn render(
    comparison: &Comparison,
    sweep: Option<&Sweep>,
    arguments: &args::Compare,
    output: Output,
) -> String {
    let styles = if arguments.output.is_some() {
        Styles::plain()
    } else {
        output.styles()
    };
    match arguments.format {
        Format::Text => {
            let sweep = sweep
                .map(|sweep| format!("{}\n", sweep.text(&styles)))
                .unwrap_or_default();
            format!("{sweep}{}", comparison_text(comparison, &styles))
        }
        Format::Json => format!("{:#}\n", comparison_json(comparison)),
    }
}
