//! `shimproof verify`.

use std::num::NonZero;
use std::path::{Component, Path, PathBuf};

use shimproof_model::catalog::Catalog;
use shimproof_model::world::Containerd;
use shimproof_properties::Engine;
use shimproof_reports::{
    Coverage, Detail, Question, Styles, Survey, Verdict, Verification, VerifyError, ask, coverage_text,
    find_mutant, run_suite, suite_json, suite_text, survey, under_designs_json, under_designs_text,
    unexercised, unexercised_text, verification_text, verifications_json, verify, verify_mutant,
    verify_under_designs, with_builtin_scenarios,
};
use shimproof_scenario::{Design, Overrides, Scenario, suggest};
use shimproof_search::{Limits, PackedOptions, available_memory};

use crate::args::{self, Format, Vacuity};
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::mutants;
use crate::output::{Output, write_file};
use crate::progress::{ProgressLine, stop_on_ctrl_c};
use crate::reproducer;

pub fn run(arguments: &args::Verify, output: Output) -> Result<ExitCode, Failure> {
    // What can be wrong with the request is found before anything is searched.
    ask(&arguments.property, false)?;
    let catalog = Catalog::embedded();
    let designs: Vec<Design> = arguments
        .design
        .iter()
        .map(|design| Design::find(catalog, design))
        .collect::<Result<_, _>>()?;
    if let Some(directory) = &arguments.trace_dir {
        check_writable(directory)?;
    }
    if let Some(directory) = &arguments.reproducer {
        reproducer::check_empty(directory)?;
        if designs.len() > 1 {
            return Err(Failure::Request {
                what: "one node runs one release of containerd at a time".to_owned(),
                help: "give `--reproducer` with one `--design`".to_owned(),
            });
        }
    }
    let engine = engine(arguments)?;
    let limits = Limits {
        max_states: arguments.max_states,
        max_depth: arguments.max_depth,
        max_time: arguments.max_time,
        max_memory: arguments.memory.or_else(most_of_free_memory),
        stop: Some(stop_on_ctrl_c()),
    };
    if arguments.mutants.is_some() {
        return mutants::run(arguments, output, &limits);
    }
    match &arguments.scenario {
        Some(path) => with_scenario(path, |scenario| {
            one(arguments, output, scenario, &designs, engine, &limits)
        }),
        None if arguments.suite => under_designs(arguments, output, designs, engine, &limits),
        None if !designs.is_empty() => over_the_catalogue(arguments, output, &designs, &limits),
        None => suite(arguments, output, engine, &limits),
    }
}

/// Hands the scenario of a path, or else the built-in one of that name, to `use_it`.
pub fn with_scenario<T>(path: &Path, use_it: impl Fn(&Scenario) -> Result<T, Failure>) -> Result<T, Failure> {
    if !path.exists() && path.components().count() == 1 {
        let name = path.to_string_lossy();
        return with_builtin_scenarios(|scenarios| {
            let found = scenarios.iter().find(|scenario| scenario.file.name == name);
            use_it(found.ok_or_else(|| unknown_scenario(&name, scenarios))?)
        })?;
    }
    use_it(&Scenario::load(path)?)
}

/// What the command line changes of a scenario.
pub fn overrides(design: Option<&str>, pods: Option<u32>, faults: Option<u32>) -> Result<Overrides, Failure> {
    let find = |name| Design::find(Catalog::embedded(), name);
    Ok(Overrides {
        design: design.map(find).transpose()?.map(|design| design.containerd),
        pods,
        faults,
        ..Overrides::default()
    })
}

/// No built-in scenario has the name, with those that are like it.
pub fn unknown_scenario(name: &str, scenarios: &[Scenario]) -> Failure {
    Failure::UnknownScenario {
        name: name.to_owned(),
        help: suggest(name, scenarios.iter().map(|scenario| scenario.file.name.as_str())),
    }
}

/// What a trace in `directory` is to name as the path of its scenario: none for a built-in scenario, else the path
/// from there.
pub fn path_for_traces(scenario: &Path, directory: &Path) -> Option<String> {
    let absolute = |path: &Path| std::fs::canonicalize(path).ok();
    // Where there is no such path, it was the name of a built-in scenario.
    let (to, from) = (absolute(scenario)?, absolute(directory)?);
    let common = to.components().zip(from.components()).take_while(|(a, b)| a == b);
    let common = common.count();
    let up = from.components().skip(common).map(|_| Component::ParentDir);
    let path: PathBuf = up.chain(to.components().skip(common)).collect();
    Some(path.to_string_lossy().into_owned())
}

fn one(
    arguments: &args::Verify,
    output: Output,
    scenario: &Scenario,
    given: &[Design],
    engine: Engine,
    limits: &Limits,
) -> Result<ExitCode, Failure> {
    let designs: Vec<Option<&Containerd>> = if given.is_empty() {
        vec![None]
    } else {
        given.iter().map(|design| Some(&design.containerd)).collect()
    };
    let mutant = arguments
        .mutant
        .as_ref()
        .map(|id| find_mutant(Catalog::embedded(), id))
        .transpose()?;
    let mut verifications = Vec::new();
    let mut progress = ProgressLine::new(output);
    for design in designs {
        let question = Question {
            scenario,
            design,
            properties: &arguments.property,
            reachabilities: false,
            pods: arguments.pods,
            faults: arguments.faults,
            engine,
            limits,
        };
        let catalog = Catalog::embedded();
        verifications.push(match &mutant {
            None => verify(catalog, &question, &mut progress)?,
            Some(mutant) => verify_mutant(catalog, &question, mutant, &mut progress)?,
        });
    }
    progress.finish();
    write_traces(arguments, &verifications)?;
    if let (Some(directory), Some(verification)) = (&arguments.reproducer, verifications.first()) {
        let design = given.first().map(|design| &design.containerd);
        reproducer::write(directory, scenario, design, verification, output)?;
    }
    match arguments.format {
        Format::Text => {
            let styles = output.styles();
            let texts: Vec<String> = verifications
                .iter()
                .map(|v| {
                    verification_text(v, detail(arguments.full), &styles)
                        + &exercised(arguments, std::slice::from_ref(v), &styles)
                })
                .collect();
            output.document(&texts.join("\n"));
        }
        Format::Json => output.document(&format!("{:#}", verifications_json(&verifications))),
    }
    let vacuous = verifications
        .iter()
        .any(|v| fails_as_vacuous(arguments, std::slice::from_ref(v)));
    let codes = verifications.iter().map(exit_code);
    Ok(codes
        .chain(vacuous.then_some(ExitCode::Violated))
        .max()
        .unwrap_or(ExitCode::Ok))
}

/// How much of each state of a trace is printed.
pub fn detail(full: bool) -> Detail {
    if full {
        Detail::WholeStates
    } else {
        Detail::Changes
    }
}

/// What was exercised, and what was not, as far as one wants to know.
fn exercised(arguments: &args::Verify, verifications: &[Verification], styles: &Styles) -> String {
    let mut text = String::new();
    if arguments.vacuity != Vacuity::Ignore {
        text += &unexercised_text(&unexercised(verifications), styles);
    }
    if arguments.coverage
        && let Some(coverage) = Coverage::of_all(verifications)
    {
        text.push('\n');
        text += &coverage_text(&coverage, styles);
    }
    text
}

fn fails_as_vacuous(arguments: &args::Verify, verifications: &[Verification]) -> bool {
    arguments.vacuity == Vacuity::Error && !unexercised(verifications).is_empty()
}

/// What designs hold over the whole catalogue.
fn over_the_catalogue(
    arguments: &args::Verify,
    output: Output,
    designs: &[Design],
    limits: &Limits,
) -> Result<ExitCode, Failure> {
    let surveys = designs
        .iter()
        .map(|design| {
            survey(
                Catalog::embedded(),
                &design.containerd,
                limits,
                &mut ProgressLine::new(output),
            )
        })
        .collect::<Result<Vec<Survey>, _>>()
        .map_err(VerifyError::from)?;
    match arguments.format {
        Format::Text => {
            let styles = output.styles();
            let texts: Vec<String> = surveys.iter().map(|survey| survey.text(&styles)).collect();
            output.document(&texts.join("\n"));
        }
        Format::Json => output.document(&format!("{:#}", serde_json::json!(surveys))),
    }
    Ok(if surveys.iter().any(|survey| !survey.holds()) {
        ExitCode::Violated
    } else if surveys.iter().any(Survey::open) {
        ExitCode::BoundReached
    } else {
        ExitCode::Ok
    })
}

/// Every built-in scenario under designs.
fn under_designs(
    arguments: &args::Verify,
    output: Output,
    mut designs: Vec<Design>,
    engine: Engine,
    limits: &Limits,
) -> Result<ExitCode, Failure> {
    let catalog = Catalog::embedded();
    if designs.is_empty() {
        let named = catalog.designs().iter();
        designs = named
            .map(|design| Design::find(catalog, &design.name))
            .collect::<Result<_, _>>()?;
    }
    let report = with_builtin_scenarios(|scenarios| {
        let mut progress = ProgressLine::new(output);
        let asked = &arguments.property;
        let report = verify_under_designs(catalog, scenarios, &designs, asked, engine, limits, &mut progress);
        progress.finish();
        report
    })??;
    write_traces(arguments, &report.verifications)?;
    let text = |styles: &Styles| under_designs_text(&report, styles);
    let json = || under_designs_json(&report);
    print(arguments, output, &report.verifications, text, json);
    let vacuous = fails_as_vacuous(arguments, &report.verifications).then_some(ExitCode::Violated);
    let stopped = report.stopped.then_some(ExitCode::BoundReached);
    let codes = report.verifications.iter().map(exit_code);
    Ok(codes.chain(vacuous).chain(stopped).max().unwrap_or(ExitCode::Ok))
}

fn suite(
    arguments: &args::Verify,
    output: Output,
    engine: Engine,
    limits: &Limits,
) -> Result<ExitCode, Failure> {
    let report = with_builtin_scenarios(|scenarios| {
        let mut progress = ProgressLine::new(output);
        let report = run_suite(Catalog::embedded(), scenarios, engine, limits, &mut progress);
        progress.finish();
        report
    })??;
    write_traces(arguments, &report.verifications)?;
    let text = |styles: &Styles| suite_text(&report, styles);
    print(arguments, output, &report.verifications, text, || {
        suite_json(&report)
    });
    Ok(if report.cut_short() {
        ExitCode::BoundReached
    } else if report.as_expected() && !fails_as_vacuous(arguments, &report.verifications) {
        ExitCode::Ok
    } else {
        ExitCode::Violated
    })
}

/// Prints a report in the form that was asked for, with what was exercised below the text.
fn print(
    arguments: &args::Verify,
    output: Output,
    verifications: &[Verification],
    text: impl FnOnce(&Styles) -> String,
    json: impl FnOnce() -> serde_json::Value,
) {
    match arguments.format {
        Format::Text => {
            let styles = output.styles();
            output.document(&(text(&styles) + &exercised(arguments, verifications, &styles)));
        }
        Format::Json => output.document(&format!("{:#}", json())),
    }
}

/// The engine with its options.
fn engine(arguments: &args::Verify) -> Result<Engine, Failure> {
    if arguments.engine == args::Engine::Exact {
        return Ok(Engine::Exact(PackedOptions {
            threads: arguments.threads.unwrap_or_else(threads),
            symmetry: !arguments.no_symmetry,
            // The limits have it.
            memory: None,
        }));
    }
    let only_exact = [
        ("--threads", arguments.threads.is_some()),
        ("--no-symmetry", arguments.no_symmetry),
        ("--coverage", arguments.coverage),
        ("--vacuity error", arguments.vacuity == Vacuity::Error),
    ];
    match only_exact.into_iter().find(|(_, given)| *given) {
        Some((option, _)) => Err(Failure::OnlyExact { option }),
        None => Ok(Engine::Stateright),
    }
}

/// 80 % of what is free.
pub fn most_of_free_memory() -> Option<u64> {
    available_memory().map(|free| free / 5 * 4)
}

fn threads() -> NonZero<usize> {
    std::thread::available_parallelism().unwrap_or(NonZero::<usize>::MIN)
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

/// Puts the path of a design file, from where the trace stands, in the place of the name that it gives itself.
pub fn design_for_traces(design: &mut String, given: &[String], directory: &Path) {
    let of_file = |given: &&String| {
        let found = Design::find(Catalog::embedded(), given);
        Path::new(given).is_file() && found.is_ok_and(|found| found.containerd.version == *design)
    };
    if let Some(path) = given.iter().find(of_file)
        && let Some(path) = path_for_traces(Path::new(path), directory)
    {
        *design = path;
    }
}

fn write_traces(arguments: &args::Verify, verifications: &[Verification]) -> Result<(), Failure> {
    let Some(directory) = &arguments.trace_dir else {
        return Ok(());
    };
    for verification in verifications {
        for result in &verification.results {
            let Some(trace) = &result.trace else { continue };
            let mut trace = trace.clone();
            let scenario = arguments.scenario.as_deref();
            trace.setting.path = scenario.and_then(|scenario| path_for_traces(scenario, directory));
            if let Some(design) = &mut trace.setting.design {
                design_for_traces(design, &arguments.design, directory);
            }
            let name = format!(
                "{}--{}--{}",
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
            for format in &arguments.trace_format {
                let format = shimproof_reports::TraceFormat::from(*format);
                let file = format!("{name}{}", format.extension());
                write_file(
                    &directory.join(file),
                    &format.render(&trace, detail(arguments.full)),
                )?;
            }
        }
    }
    Ok(())
}
