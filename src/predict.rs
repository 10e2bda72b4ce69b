//! `shimproof predict`.

use std::fmt::Write as _;
use std::path::PathBuf;

use shimproof_model::catalog::Catalog;
use shimproof_scenario::{Outcome, Scenario};
use shimproof_sim::{Agreement, Prediction, neighbours, predict, render_neighbours, render_text, score};

use crate::args::{self, Format};
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::output::Output;
use crate::verify::with_scenario;

pub fn run(arguments: &args::Predict, output: Output) -> Result<ExitCode, Failure> {
    let catalog = Catalog::embedded();
    if !arguments.score.is_empty() {
        return scored(&arguments.score, catalog, output);
    }
    let mut predictions = Vec::new();
    let mut texts = Vec::new();
    for path in &arguments.scenarios {
        let (prediction, text) = with_scenario(path, |scenario| one(scenario, catalog, arguments.format))?;
        predictions.push(prediction);
        texts.push(text);
    }
    match arguments.format {
        Format::Text => output.document(&texts.join("\n")),
        Format::Json => {
            let json = match predictions.as_slice() {
                [one] => serde_json::to_string_pretty(one),
                many => serde_json::to_string_pretty(many),
            };
            output.document(&json.map_err(|error| Failure::Output(error.into()))?);
        }
    }
    let started = predictions
        .iter()
        .all(|prediction| prediction.outcome == Outcome::Started);
    Ok(if started { ExitCode::Ok } else { ExitCode::Violated })
}

/// The prediction, and its text if that is asked for: to find what would change it takes more runs.
fn one(scenario: &Scenario, catalog: &Catalog, format: Format) -> Result<(Prediction, String), Failure> {
    let prediction = predict(scenario, catalog)?;
    let text = match format {
        Format::Text => {
            let neighbours = neighbours(scenario, catalog, &prediction);
            format!("{}{}", render_text(&prediction), render_neighbours(&neighbours))
        }
        Format::Json => String::new(),
    };
    Ok((prediction, text))
}

/// Each scenario below the directories, and where the prediction is not what it expects.
fn scored(directories: &[PathBuf], catalog: &Catalog, output: Output) -> Result<ExitCode, Failure> {
    let mut text = String::new();
    let mut code = ExitCode::Ok;
    let (mut agree, mut differ) = (0, 0);
    for directory in directories {
        for scored in score(directory, catalog)? {
            let path = scored.path.display();
            // Writing into a string does not fail.
            let _ = match (&scored.agreement, &scored.prediction) {
                (Agreement::Agrees, _) => {
                    agree += 1;
                    writeln!(text, "agrees    {path}")
                }
                (Agreement::Differs(points), _) => {
                    differ += 1;
                    code = code.max(ExitCode::Violated);
                    writeln!(
                        text,
                        "differs   {path}\n            {}",
                        points.join("\n            ")
                    )
                }
                (Agreement::NothingExpected, _) => writeln!(text, "          {path}: nothing is expected"),
                (Agreement::Unusable, Err(error)) => {
                    code = code.max(ExitCode::UnusableInput);
                    writeln!(text, "unusable  {path}: {error}")
                }
                (Agreement::Unusable, Ok(_)) => writeln!(text, "unusable  {path}"),
            };
        }
    }
    let _ = writeln!(text, "{agree} agree, {differ} do not");
    output.document(&text);
    Ok(code)
}
