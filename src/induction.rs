//! `shimproof verify --induction`.

use shimproof_model::catalog::Catalog;
use shimproof_model::world::Containerd;
use shimproof_properties::induction::{Induction, InductionError, PROPERTIES, Verdict, induct};
use shimproof_reports::{ask, induction_text, inductions_json};
use shimproof_scenario::Design;

use crate::args::{self, Format};
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::output::Output;

/// The most states that are tried, if no other number is given.
const MOST: u64 = 100_000_000;

pub fn run(arguments: &args::Verify, output: Output) -> Result<ExitCode, Failure> {
    // What can be wrong with the request is found before anything is tried.
    ask(&arguments.property, false)?;
    let properties = properties(&arguments.property)?;
    let designs = designs(&arguments.design)?;
    let most = arguments.max_states.unwrap_or(MOST);
    let mut tried = 0;
    let mut inductions = Vec::new();
    for design in &designs {
        for property in &properties {
            let induction = induct(Catalog::embedded(), design, property, most.saturating_sub(tried))?;
            tried += induction.tried;
            inductions.push(induction);
        }
    }
    match arguments.format {
        Format::Text => output.document(&induction_text(&inductions, &output.styles())),
        Format::Json => output.document(&format!("{:#}", inductions_json(&inductions))),
    }
    Ok(inductions.iter().map(exit_code).max().unwrap_or(ExitCode::Ok))
}

fn properties(given: &[String]) -> Result<Vec<&str>, InductionError> {
    if given.is_empty() {
        return Ok(PROPERTIES.to_vec());
    }
    given
        .iter()
        .map(|given| {
            PROPERTIES
                .contains(&given.as_str())
                .then_some(given.as_str())
                .ok_or_else(|| InductionError::NoSuchProperty { given: given.clone() })
        })
        .collect()
}

/// The designs that were named, or all that have a name.
fn designs(given: &[String]) -> Result<Vec<Containerd>, Failure> {
    let catalog = Catalog::embedded();
    let named = catalog.designs().iter().map(|design| design.name.clone());
    let names: Vec<String> = if given.is_empty() {
        named.collect()
    } else {
        given.to_vec()
    };
    names
        .into_iter()
        .map(|name| Ok(Design::find(catalog, &name)?.containerd))
        .collect()
}

fn exit_code(induction: &Induction) -> ExitCode {
    match induction.verdict {
        Verdict::Proved => ExitCode::Ok,
        Verdict::NotInductive(_) => ExitCode::Violated,
        Verdict::BoundReached => ExitCode::BoundReached,
    }
}
