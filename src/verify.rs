//! `shimproof verify`.

use std::path::Path;

use shimproof_model::catalog::Catalog;
use shimproof_properties::Engine;
use shimproof_reports::{
    Question, Verdict, Verification, ask, run_suite, suite_json, suite_text, verification_text,
    verifications_json, verify, with_builtin_scenarios,
};
use shimproof_scenario::Scenario;
use shimproof_search::Limits;

use crate::args::{self, Format};
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::output::{Output, write_file};
use crate::progress::{ProgressLine, stop_on_ctrl_c};

pub fn run(arguments: &args::Verify, output: Output) -> Result<ExitCode, Failure> {
    // What can be wrong with the request is found before anything is searched.
    ask(&arguments.property, false)?;
    let catalog = Catalog::embedded();
    for design in &arguments.design {
        catalog.design_row(design)?;
    }
    if let Some(directory) = &arguments.trace_dir {
        check_writable(directory)?;
    }
    let limits = Limits {
        max_states: arguments.max_states,
        max_depth: arguments.max_depth,
        max_time: arguments.max_time,
        stop: Some(stop_on_ctrl_c()),
    };
    match &arguments.scenario {
        Some(path) => with_scenario(path, |scenario| one(arguments, output, scenario, &limits)),
        None => suite(arguments, output, &limits),
    }
}

/// Hands the scenario of a path, or else the built-in one of that name, to `use_it`.
pub fn with_scenario<T>(path: &Path, use_it: impl Fn(&Scenario) -> Result<T, Failure>) -> Result<T, Failure> {
    if !path.exists() && path.components().count() == 1 {
        let name = path.to_string_lossy();
        let found = with_builtin_scenarios(|scenarios| {
            scenarios
                .iter()
                .find(|scenario| scenario.file.name == name)
                .map(&use_it)
        })?;
        if let Some(result) = found {
            return result;
        }
    }
    use_it(&Scenario::load(path)?)
}

fn one(
    arguments: &args::Verify,
    output: Output,
    scenario: &Scenario,
    limits: &Limits,
) -> Result<ExitCode, Failure> {
    let designs: Vec<Option<&str>> = if arguments.design.is_empty() {
        vec![None]
    } else {
        arguments
            .design
            .iter()
            .map(|design| Some(design.as_str()))
            .collect()
    };
    let mut verifications = Vec::new();
    for design in designs {
        let question = Question {
            scenario,
            design,
            properties: &arguments.property,
            reachabilities: false,
            pods: arguments.pods,
            faults: arguments.faults,
            engine: engine(arguments.engine),
            limits,
        };
        verifications.push(verify(
            Catalog::embedded(),
            &question,
            &mut ProgressLine::new(output),
        )?);
    }
    write_traces(arguments, &verifications)?;
    match arguments.format {
        Format::Text => {
            let styles = output.styles();
            let texts: Vec<String> = verifications
                .iter()
                .map(|v| verification_text(v, &styles))
                .collect();
            output.document(&texts.join("\n"));
        }
        Format::Json => output.document(&format!("{:#}", verifications_json(&verifications))),
    }
    Ok(verifications.iter().map(exit_code).max().unwrap_or(ExitCode::Ok))
}

fn suite(arguments: &args::Verify, output: Output, limits: &Limits) -> Result<ExitCode, Failure> {
    let report = with_builtin_scenarios(|scenarios| {
        let mut progress = ProgressLine::new(output);
        run_suite(
            Catalog::embedded(),
            scenarios,
            engine(arguments.engine),
            limits,
            &mut progress,
        )
    })??;
    write_traces(arguments, &report.verifications)?;
    match arguments.format {
        Format::Text => output.document(&suite_text(&report, &output.styles())),
        Format::Json => output.document(&format!("{:#}", suite_json(&report))),
    }
    Ok(if report.cut_short() {
        ExitCode::BoundReached
    } else if report.as_expected() {
        ExitCode::Ok
    } else {
        ExitCode::Violated
    })
}

fn engine(engine: args::Engine) -> Engine {
    match engine {
        args::Engine::Exact => Engine::Exact,
        args::Engine::Stateright => Engine::Stateright,
    }
}

fn exit_code(verification: &Verification) -> ExitCode {
    let violated = verification
        .results
        .iter()
        .any(|result| result.verdict == Verdict::Violated && !result.information);
    if violated {
        ExitCode::Violated
    } else if verification.cut_short() || verification.results.iter().any(|r| r.verdict == Verdict::Unknown) {
        ExitCode::BoundReached
    } else {
        ExitCode::Ok
    }
}

pub fn check_writable(directory: &Path) -> Result<(), Failure> {
    let write = |error| Failure::Write {
        path: directory.to_owned(),
        error,
    };
    std::fs::create_dir_all(directory).map_err(write)?;
    let probe = directory.join(".shimproof");
    std::fs::write(&probe, "").map_err(write)?;
    std::fs::remove_file(&probe).map_err(write)
}

fn write_traces(arguments: &args::Verify, verifications: &[Verification]) -> Result<(), Failure> {
    let Some(directory) = &arguments.trace_dir else {
        return Ok(());
    };
    for verification in verifications {
        for result in &verification.results {
            let Some(trace) = &result.trace else { continue };
            let name = format!(
                "{}--{}--{}.json",
                verification.scenario, verification.design, result.property
            );
            let name: String = name
                .chars()
                .map(|c| {
                    if c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_') {
                        c
                    } else {
                        '_'
                    }
                })
                .collect();
            let text = serde_json::to_string_pretty(trace).map_err(|error| Failure::Output(error.into()))?;
            write_file(&directory.join(name), &format!("{text}\n"))?;
        }
    }
    Ok(())
}
