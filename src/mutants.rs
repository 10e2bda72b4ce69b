//! `shimproof verify --mutants`.

use shimproof_model::catalog::Catalog;
use shimproof_reports::{
    Base, MutantsOptions, Subjects, mutants, mutants_json, mutants_text, with_builtin_scenarios,
    with_incidents,
};
use shimproof_search::Limits;

use crate::args::{self, Format};
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::output::Output;
use crate::progress::MutantsLine;

/// The design that is mutated besides the scenarios' own releases: the newest one that has a name.
const NEWEST_DESIGN: &str = "introspect-all";

pub fn run(arguments: &args::Verify, output: Output, limits: &Limits) -> Result<ExitCode, Failure> {
    let bases: Vec<Base> = if arguments.design.is_empty() {
        vec![Base::OwnReleases, Base::Design(NEWEST_DESIGN.to_owned())]
    } else {
        arguments.design.iter().cloned().map(Base::Design).collect()
    };
    let options = MutantsOptions {
        limits,
        threads: std::thread::available_parallelism().map_or(1, usize::from),
        only: arguments.mutants.as_deref().filter(|only| !only.is_empty()),
    };
    let line = MutantsLine::new(output);
    let progress = |base: &Base, done, all| line.show(base.name(), done, all);
    let report = with_builtin_scenarios(|scenarios| {
        with_incidents(|incidents| {
            let subjects = Subjects { scenarios, incidents };
            mutants(Catalog::embedded(), subjects, &bases, options, &progress)
        })
    })???;
    drop(line);
    match arguments.format {
        Format::Text => output.document(&mutants_text(&report, &output.styles())),
        Format::Json => output.document(&format!("{:#}", mutants_json(&report))),
    }
    Ok(if report.cut_short() {
        ExitCode::BoundReached
    } else if report.as_expected() {
        ExitCode::Ok
    } else {
        ExitCode::Violated
    })
}
