//! `shimproof explore`.

use std::path::Path;

use shimproof_model::catalog::Catalog;
use shimproof_reports::explorer::{self, Address};
use shimproof_reports::{FOUNDING_CASE, design_name};
use shimproof_scenario::Scenario;

use crate::args;
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::output::Output;
use crate::verify::{overrides, with_scenario};

pub fn run(arguments: &args::Explore, output: Output) -> Result<ExitCode, Failure> {
    let catalog = Catalog::embedded();
    let overrides = overrides(arguments.design.as_deref(), arguments.pods, arguments.faults)?;
    let path = arguments
        .scenario
        .as_deref()
        .unwrap_or_else(|| Path::new(FOUNDING_CASE));
    let explored = with_scenario(path, |scenario: &Scenario| {
        let world = scenario.world(catalog, &overrides)?;
        let design = design_name(&world);
        Ok(explorer::Scenario::new(world, &scenario.file.name, design))
    })?;
    let address = Address::free(arguments.address)?;
    if !arguments.address.ip().is_loopback() {
        Output::warning(&format!(
            "{} is not an address of this machine alone, and the Explorer asks for no password",
            arguments.address.ip()
        ));
    }
    output.document(&format!("http://{address}/ until Ctrl-C"));
    explored.serve(address);
    Ok(ExitCode::Ok)
}
