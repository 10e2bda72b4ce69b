//! `shimproof simulate`.

use std::fmt::Write as _;

use shimproof_model::catalog::Catalog;
use shimproof_reports::{ask, with_builtin_scenarios};
use shimproof_scenario::{Design, Overrides};
use shimproof_sim::{
    MOST_PODS, SimulateOptions, Simulation, append_regression, read_regressions, render_simulation,
    simulate_any, simulate_scenario, simulation_json,
};

use crate::args::{self, Format};
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::output::{Output, write_file};
use crate::progress::{RunsLine, stop_on_ctrl_c};
use crate::verify::{check_writable, design_for_traces, path_for_traces, with_scenario};

/// How many runs there are if neither their number nor a time is given.
const RUNS: u64 = 1000;

/// What seeds of nodes that chance draws are kept under; no scenario has a name with a star.
const ANY_NODE: &str = "*";

pub fn run(arguments: &args::Simulate, output: Output) -> Result<ExitCode, Failure> {
    ask(&arguments.property, false)?;
    let catalog = Catalog::embedded();
    let design = match &arguments.design {
        Some(name) => Some(Design::find(catalog, name)?.containerd),
        None => None,
    };
    if let Some(directory) = &arguments.trace_dir {
        check_writable(directory)?;
    }
    let options = SimulateOptions {
        seed: arguments.seed,
        runs: arguments
            .runs
            .or_else(|| arguments.time.is_none().then_some(RUNS)),
        time: arguments.time,
        first: Vec::new(),
        properties: arguments.property.clone(),
        stop: Some(stop_on_ctrl_c()),
    };
    let overrides = Overrides {
        design,
        pods: arguments.pods,
        faults: arguments.faults,
        repeated: None,
        most_pods: Some(MOST_PODS),
        ..Overrides::default()
    };
    let simulation = if let Some(path) = &arguments.scenario {
        with_scenario(path, |scenario| {
            let options = with_regressions(arguments, &options, &scenario.file.name)?;
            let line = RunsLine::new(output);
            simulate_scenario(scenario, catalog, &overrides, &options, &mut |progress| {
                line.show(progress);
            })
            .map_err(|error| Failure::from(*error))
        })?
    } else {
        let options = with_regressions(arguments, &options, ANY_NODE)?;
        let line = RunsLine::new(output);
        with_builtin_scenarios(|known| {
            simulate_any(
                catalog,
                overrides.design.as_ref(),
                known,
                &options,
                &mut |progress| line.show(progress),
            )
        })?
    };
    keep(arguments, &simulation)?;
    match arguments.format {
        Format::Text => output.document(&render_simulation(&simulation)),
        Format::Json => output.document(&format!("{:#}", simulation_json(&simulation))),
    }
    Ok(match simulation.failure {
        None => ExitCode::Ok,
        Some(_) => ExitCode::Violated,
    })
}

/// What seeds are kept under: they mean something only for the same scenario, design and budget.
fn subject(arguments: &args::Simulate, scenario: &str) -> String {
    let mut subject = scenario.to_owned();
    let numbers = [("pods", arguments.pods), ("faults", arguments.faults)];
    if let Some(design) = &arguments.design {
        subject.push_str(" --design ");
        subject.push_str(design);
    }
    for (name, number) in numbers {
        if let Some(number) = number {
            // Writing into a string does not fail.
            let _ = write!(subject, " --{name} {number}");
        }
    }
    subject
}

fn with_regressions(
    arguments: &args::Simulate,
    options: &SimulateOptions,
    scenario: &str,
) -> Result<SimulateOptions, Failure> {
    let first = match &arguments.regressions {
        Some(path) => read_regressions(path, &subject(arguments, scenario))?,
        None => Vec::new(),
    };
    Ok(SimulateOptions {
        first,
        ..options.clone()
    })
}

/// Writes down what failed, where that is asked for.
fn keep(arguments: &args::Simulate, simulation: &Simulation) -> Result<(), Failure> {
    let Some(failure) = &simulation.failure else {
        return Ok(());
    };
    let scenario = simulation.scenario.as_deref().unwrap_or(ANY_NODE);
    if let Some(path) = &arguments.regressions {
        let what = failure.fault.kind.id();
        append_regression(path, &subject(arguments, scenario), failure.seed, what)?;
    }
    if let Some(directory) = &arguments.trace_dir {
        let name = simulation.scenario.as_deref().unwrap_or("any-node");
        let path = directory.join(format!(
            "{name}--{}--{}.json",
            failure.fault.kind.id(),
            failure.seed
        ));
        let mut trace = failure.trace.clone();
        if let Some(design) = &mut trace.setting.design {
            design_for_traces(design, arguments.design.as_slice(), directory);
        }
        if failure.files.is_empty() {
            let scenario = arguments.scenario.as_deref();
            trace.setting.path = scenario.and_then(|scenario| path_for_traces(scenario, directory));
        } else if let Some(own) = &trace.setting.path {
            let own = directory.join(own);
            check_writable(&own)?;
            for (name, text) in &failure.files {
                write_file(&own.join(name), text)?;
            }
        }
        let text = serde_json::to_string_pretty(&trace).map_err(|error| Failure::Output(error.into()))?;
        write_file(&path, &format!("{text}\n"))?;
    }
    Ok(())
}
