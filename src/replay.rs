//! `shimproof replay`.

use std::path::{Path, PathBuf};

use shimproof_model::catalog::Catalog;
use shimproof_model::trace::{Compare, Trace};
use shimproof_reports::{Found, TraceFormat, trace_text, with_builtin_scenarios};
use shimproof_scenario::{Design, Overrides, Scenario};
use shimproof_sim::{
    MOST_PODS, Replayed, TraceError, read_trace, render_replays, replay_trace, replays_json,
};

use crate::args::{self, Format};
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::output::Output;
use crate::verify::{detail, unknown_scenario, with_scenario};

pub fn run(arguments: &args::Replay, output: Output) -> Result<ExitCode, Failure> {
    let mut traces = Vec::new();
    for path in &arguments.traces {
        for file in files(path)? {
            let trace = read_trace(&file)?;
            traces.push((file, trace));
        }
    }
    // What can be wrong with a design is found before anything is run.
    if let Some(design) = &arguments.design {
        Design::find(Catalog::embedded(), design)?;
    }
    let replays = match &arguments.scenario {
        Some(scenario) => with_scenario(scenario, |scenario| {
            traces
                .iter()
                .map(|(file, trace)| one(arguments, file, trace, scenario))
                .collect::<Result<Vec<_>, _>>()
        })?,
        None => with_builtin_scenarios(|scenarios| {
            traces
                .iter()
                .map(|(file, trace)| {
                    let Some(path) = &trace.setting.path else {
                        let own = |scenario: &&Scenario| scenario.file.name == trace.scenario;
                        let scenario = scenarios.iter().find(own);
                        let scenario =
                            scenario.ok_or_else(|| unknown_scenario(&trace.scenario, scenarios))?;
                        return one(arguments, file, trace, scenario);
                    };
                    let directory = file.parent().unwrap_or(Path::new(""));
                    let directory = directory.join(path);
                    if !directory.exists() {
                        return Err(TraceError::Scenario {
                            path: file.clone(),
                            scenario: path.clone(),
                        }
                        .into());
                    }
                    one(arguments, file, trace, &Scenario::load(&directory)?)
                })
                .collect::<Result<Vec<_>, _>>()
        })??,
    };
    match arguments.format {
        Format::Text => {
            let stories = traces.iter().filter(|_| arguments.full).map(|(file, trace)| {
                let styles = output.styles();
                let story = trace_text(trace, &[Found::of(trace)], detail(true), &styles);
                format!("\n{}\n{story}", file.display())
            });
            output.document(&(render_replays(&replays) + &stories.collect::<String>()));
        }
        Format::Json => output.document(&format!("{:#}", replays_json(&replays))),
    }
    Ok(if replays.iter().all(|replay| replay.parts.is_none()) {
        ExitCode::Ok
    } else {
        ExitCode::Violated
    })
}

fn one(
    arguments: &args::Replay,
    file: &Path,
    trace: &Trace,
    scenario: &Scenario,
) -> Result<Replayed, Failure> {
    let catalog = Catalog::embedded();
    let design = arguments.design.as_ref().or(trace.setting.design.as_ref());
    let design = match design {
        Some(name) => {
            // A trace names a design file from where it stands itself.
            let beside = file.parent().unwrap_or(Path::new("")).join(name);
            let own = arguments.design.is_none() && beside.is_file();
            let name = if own {
                beside.to_string_lossy()
            } else {
                name.into()
            };
            Some(Design::find(catalog, &name)?.containerd)
        }
        None => None,
    };
    let overrides = Overrides {
        design,
        pods: trace.setting.pods,
        faults: trace.setting.faults,
        repeated: trace.setting.repeated,
        most_pods: Some(MOST_PODS),
        ..Overrides::default()
    };
    let elsewhere = arguments.design.is_some() || arguments.scenario.is_some();
    let compare = if elsewhere {
        Compare::Steps
    } else {
        Compare::WholeStates
    };
    let name = file.display().to_string();
    Ok(replay_trace(
        &name, trace, scenario, catalog, &overrides, compare,
    )?)
}

/// The traces that a path stands for: itself, or every JSON file below it, in the order of their names.
fn files(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    below(path, &mut found)?;
    if found.is_empty() {
        return Err(TraceError::None {
            path: path.to_owned(),
        }
        .into());
    }
    Ok(found)
}

fn below(directory: &Path, found: &mut Vec<PathBuf>) -> Result<(), Failure> {
    let unreadable = |error: std::io::Error| TraceError::File {
        path: directory.to_owned(),
        error: error.to_string(),
    };
    let mut entries = std::fs::read_dir(directory)
        .map_err(unreadable)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<PathBuf>, _>>()
        .map_err(unreadable)?;
    entries.sort();
    for entry in entries {
        if entry.is_dir() {
            below(&entry, found)?;
        } else if is_trace(&entry) {
            found.push(entry);
        }
    }
    Ok(())
}

/// JSON, but not of the Informal Trace Format, which lies beside traces when it was asked for.
fn is_trace(file: &Path) -> bool {
    let name = file.file_name().map(|name| name.to_string_lossy());
    name.is_some_and(|name| name.ends_with(".json") && !name.ends_with(TraceFormat::Itf.extension()))
}
