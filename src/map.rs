//! `shimproof map`.

use shimproof_model::catalog::Catalog;
use shimproof_reports::map::{compatibility_map, map_html};

use crate::args::{self, MapFormat};
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::output::{Output, write_file};
use crate::progress::releases_done;

pub fn run(arguments: &args::Map, output: Output) -> Result<ExitCode, Failure> {
    let map = compatibility_map(Catalog::embedded(), releases_done(output));
    let text = match arguments.format {
        MapFormat::Html => map_html(&map, "shimproof map"),
        MapFormat::Json => {
            let json = serde_json::to_string(&map).map_err(|error| Failure::Render(error.to_string()))?;
            format!("{json}\n")
        }
    };
    match &arguments.output {
        Some(file) => {
            write_file(file, &text)?;
            output.note(&format!(
                "{}: {} combinations, {} different runs, {} KiB",
                file.display(),
                map.combinations(),
                map.stories(),
                text.len() >> 10
            ));
        }
        None => output.document(&text),
    }
    Ok(ExitCode::Ok)
}
