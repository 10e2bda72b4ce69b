//! Predictions against what was observed.

use std::fs;
use std::path::{Path, PathBuf};

use miette::Diagnostic;
use shimproof_model::catalog::Catalog;
use shimproof_scenario::{Expect, Scenario};
use thiserror::Error;

use crate::predict::{PredictError, Prediction, Request, outcome_name, predict, stage_name, target_name};

/// How deep below a directory scenarios are looked for.
const DEPTH: usize = 8;

/// Why a directory cannot be scored.
#[derive(Clone, Debug, Error, Diagnostic)]
pub enum ScoreError {
    /// The directory cannot be read.
    #[error("{path} cannot be read: {why}")]
    #[diagnostic(code(sim::unreadable_directory))]
    Unreadable {
        /// The directory.
        path: String,
        /// What the operating system says.
        why: String,
    },
    /// There is nothing to score.
    #[error("no scenario.toml below {path}")]
    #[diagnostic(
        code(sim::no_scenarios),
        help("a scenario is a directory with a scenario.toml")
    )]
    Empty {
        /// The directory.
        path: String,
    },
}

/// A scenario with its prediction.
#[derive(Clone, Debug)]
pub struct Scored {
    /// The directory of the scenario.
    pub path: PathBuf,
    /// What is predicted, or why nothing is.
    pub prediction: Result<Prediction, PredictError>,
    /// How that compares with `[expect]`.
    pub agreement: Agreement,
}

/// How a prediction compares with what was observed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// In everything that `[expect]` says.
    Agrees,
    /// Not in these points, each in words.
    Differs(Vec<String>),
    /// The scenario expects nothing.
    NothingExpected,
    /// The scenario cannot be used.
    Unusable,
}

/// Predicts each scenario below a directory and compares it with its `[expect]`. One that cannot be used does not
/// keep the others from being compared.
///
/// # Errors
/// If the directory cannot be read, or if there is no scenario in it.
pub fn score(directory: &Path, catalog: &Catalog) -> Result<Vec<Scored>, ScoreError> {
    let paths = scenarios_below(directory)?;
    if paths.is_empty() {
        return Err(ScoreError::Empty {
            path: directory.display().to_string(),
        });
    }
    Ok(paths.into_iter().map(|path| score_one(path, catalog)).collect())
}

fn score_one(path: PathBuf, catalog: &Catalog) -> Scored {
    let scored = Scenario::load(&path)
        .map_err(PredictError::from)
        .and_then(|scenario| {
            let prediction = predict(&scenario, catalog)?;
            let expect = scenario.file.expect.as_ref();
            let agreement = expect.map_or(Agreement::NothingExpected, |expect| compare(expect, &prediction));
            Ok((prediction, agreement))
        });
    match scored {
        Ok((prediction, agreement)) => Scored {
            path,
            prediction: Ok(prediction),
            agreement,
        },
        Err(error) => Scored {
            path,
            prediction: Err(error),
            agreement: Agreement::Unusable,
        },
    }
}

/// The directories below one that hold a `scenario.toml`, itself among them, sorted by path.
///
/// # Errors
/// If a directory cannot be read.
pub fn scenarios_below(directory: &Path) -> Result<Vec<PathBuf>, ScoreError> {
    let mut found = Vec::new();
    look(directory, DEPTH, &mut found)?;
    found.sort();
    Ok(found)
}

fn look(directory: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<(), ScoreError> {
    if directory.join("scenario.toml").is_file() {
        found.push(directory.to_owned());
    }
    if depth == 0 {
        return Ok(());
    }
    let unreadable = |error: std::io::Error| ScoreError::Unreadable {
        path: directory.display().to_string(),
        why: error.to_string(),
    };
    for entry in fs::read_dir(directory).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        // A link could lead back up.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            look(&entry.path(), depth - 1, found)?;
        }
    }
    Ok(())
}

/// Compares a prediction with what was observed. What `expect` leaves out is not compared; the error is compared
/// as a part of the text, defects as a set.
pub fn compare(expect: &Expect, prediction: &Prediction) -> Agreement {
    let mut differences = Vec::new();
    let mut differ = |what: &str, expected: Option<String>, predicted: String| {
        if let Some(expected) = expected.filter(|expected| *expected != predicted) {
            differences.push(format!("{what}: expected {expected}, predicted {predicted}"));
        }
    };
    let none = || "none".to_owned();
    differ(
        "outcome",
        expect.outcome.map(|outcome| outcome_name(outcome).to_owned()),
        outcome_name(prediction.outcome).to_owned(),
    );
    differ(
        "target",
        expect.target.map(|target| target_name(target).to_owned()),
        prediction
            .target
            .map_or_else(none, |target| target_name(target).to_owned()),
    );
    differ(
        "stage",
        expect.stage.map(|stage| stage_name(stage).to_owned()),
        prediction
            .stage
            .map_or_else(none, |stage| stage_name(stage).to_owned()),
    );
    let list = |defects: &[shimproof_scenario::Defect]| {
        let mut names: Vec<String> = defects.iter().map(ToString::to_string).collect();
        names.sort();
        names.dedup();
        format!("[{}]", names.join(", "))
    };
    differ(
        "defects",
        expect.defects.as_deref().map(list),
        list(&prediction.defects),
    );
    if let Some(part) = &expect.error {
        let text = prediction.error.as_deref().unwrap_or_default();
        if !text.contains(part.as_str()) {
            differences.push(format!("error: expected {part:?} in {text:?}"));
        }
    }
    if let Some(whole) = &expect.whole_error {
        let text = without_ids(prediction.error.as_deref().unwrap_or_default());
        if text != *whole {
            differences.push(format!("error: expected {whole:?}, predicted {text:?}"));
        }
    }
    if let Some(requests) = &expect.shim_requests {
        let asked = prediction.requests.iter().filter(|request| request.is_to_shim());
        let asked: Vec<&Request> = asked.collect();
        if asked.len() != requests.len()
            || !asked
                .iter()
                .zip(requests)
                .all(|(request, told)| request.is_told_as(told))
        {
            let asked: Vec<String> = asked.into_iter().map(Request::told).collect();
            differences.push(format!(
                "requests to the shim: expected {}, predicted {}",
                requests.join(", "),
                asked.join(", ")
            ));
        }
    }
    if expect.outcome.is_none()
        && expect.shim_requests.is_none()
        && expect.target.is_none()
        && expect.stage.is_none()
        && expect.error.is_none()
        && expect.whole_error.is_none()
        && expect.defects.is_none()
    {
        return Agreement::NothingExpected;
    }
    if differences.is_empty() {
        Agreement::Agrees
    } else {
        Agreement::Differs(differences)
    }
}

/// A text in which `<id>` stands for each id: 64 hexadecimal digits.
fn without_ids(text: &str) -> String {
    const ID: usize = 64;
    let mut told = String::with_capacity(text.len());
    let mut digits = String::new();
    let flush = |told: &mut String, digits: &mut String| {
        told.push_str(if digits.len() == ID { "<id>" } else { digits });
        digits.clear();
    };
    for letter in text.chars() {
        if matches!(letter, '0'..='9' | 'a'..='f') {
            digits.push(letter);
        } else {
            flush(&mut told, &mut digits);
            told.push(letter);
        }
    }
    flush(&mut told, &mut digits);
    told
}

#[cfg(test)]
mod tests {
    use shimproof_scenario::{Defect, Outcome, Stage};

    use super::*;

    fn predicted() -> Prediction {
        let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/incidents/containerd-11091");
        predict(&Scenario::load(&directory).unwrap(), Catalog::embedded()).unwrap()
    }

    #[test]
    fn what_is_left_out_is_not_compared() {
        let prediction = predicted();
        assert_eq!(
            compare(&Expect::default(), &prediction),
            Agreement::NothingExpected
        );
        let expect = Expect {
            outcome: Some(Outcome::Rejected),
            ..Expect::default()
        };
        assert_eq!(compare(&expect, &prediction), Agreement::Agrees);
    }

    #[test]
    fn each_difference_is_told() {
        let expect = Expect {
            outcome: Some(Outcome::Misconfigured),
            stage: Some(Stage::OciCreate),
            error: Some("no such text".to_owned()),
            defects: Some(vec![Defect::PipeNotOpenable]),
            ..Expect::default()
        };
        let Agreement::Differs(differences) = compare(&expect, &predicted()) else {
            panic!("it differs")
        };
        let told = differences.join("\n");
        for part in [
            "outcome: expected misconfigured, predicted rejected",
            "stage: expected oci-create, predicted shim-create",
            "defects: expected [pipe-not-openable], predicted []",
            "error: expected \"no such text\"",
        ] {
            assert!(told.contains(part), "{told}");
        }
    }

    #[test]
    fn defects_are_a_set() {
        let mut prediction = predicted();
        let (lost, pipe) = (Defect::OptionLost("Root".to_owned()), Defect::PipeNotOpenable);
        prediction.defects = vec![pipe.clone(), lost.clone()];
        let expect = Expect {
            defects: Some(vec![lost.clone(), pipe, lost]),
            ..Expect::default()
        };
        assert_eq!(compare(&expect, &prediction), Agreement::Agrees);
    }

    #[test]
    fn an_unusable_scenario_does_not_hide_the_others() {
        let scored = score_one(PathBuf::from("/nowhere/at/all"), Catalog::embedded());
        assert_eq!(scored.agreement, Agreement::Unusable);
        assert!(matches!(scored.prediction, Err(PredictError::Scenario(_))));
    }

    #[test]
    fn a_directory_without_scenarios_is_told() {
        let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src");
        assert!(matches!(
            score(&directory, Catalog::embedded()),
            Err(ScoreError::Empty { .. })
        ));
        assert!(matches!(
            score(&directory.join("nowhere"), Catalog::embedded()),
            Err(ScoreError::Unreadable { .. })
        ));
    }
}
