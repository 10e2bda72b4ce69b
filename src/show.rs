//! `shimproof show`.

use shimproof_model::catalog::Catalog;
use shimproof_reports::catalogue::{Part, show};
use shimproof_reports::show_variables;

use crate::args::{self, Format};
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::output::Output;

pub fn run(arguments: &args::Show, output: Output) -> Result<ExitCode, Failure> {
    let part = match arguments.part {
        args::Part::Releases => Part::Releases,
        args::Part::Designs => Part::Designs,
        args::Part::Properties => Part::Properties,
        args::Part::Shims => Part::Shims,
    };
    let shown = if arguments.variables {
        if part != Part::Designs {
            return Err(Failure::OfDesignsOnly);
        }
        show_variables(&output.styles())
    } else {
        show(
            Catalog::embedded(),
            part,
            arguments.name.as_deref(),
            &output.styles(),
        )?
    };
    match arguments.format {
        Format::Text => output.document(&shown.text),
        Format::Json => output.document(&format!("{:#}", shown.json)),
    }
    Ok(ExitCode::Ok)
}
