//! A stored trace, from its file.

use std::path::{Path, PathBuf};

use miette::{Diagnostic, NamedSource, SourceSpan};
use serde::Deserialize;
use shimproof_model::trace::{NamedAction, TRACE_VERSION, Trace};
use shimproof_scenario::suggest;
use thiserror::Error;

/// Why a trace cannot be read.
#[derive(Debug, Clone, Error, Diagnostic)]
pub enum TraceError {
    /// The file cannot be read.
    #[error("{} cannot be read: {error}", path.display())]
    #[diagnostic(
        code(trace::file),
        help("a trace is a file that `verify --trace-dir` or `simulate --trace-dir` wrote")
    )]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: String,
    },
    /// A directory has no trace below it.
    #[error("there is no trace below {}", path.display())]
    #[diagnostic(
        code(trace::none),
        help("`verify --trace-dir` and `simulate --trace-dir` write traces")
    )]
    None {
        /// The directory.
        path: PathBuf,
    },
    /// The text is no JSON, or no trace.
    #[error("{message}")]
    #[diagnostic(code(trace::format), help("schemas/trace.schema.json says what a trace has"))]
    Format {
        /// What the parser says.
        message: String,
        /// The file.
        #[source_code]
        source_code: NamedSource<String>,
        /// Where.
        #[label("here")]
        at: SourceSpan,
    },
    /// The format is of another release.
    #[error("{} is a trace of version {found}", path.display())]
    #[diagnostic(
        code(trace::version),
        help(
            "this release reads version {TRACE_VERSION}; record the trace anew, or take the release that wrote it"
        )
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: String,
    },
    /// Its scenario is not where it says.
    #[error("{} is of the scenario {scenario}, which is not there", path.display())]
    #[diagnostic(
        code(trace::scenario),
        help("the path is meant from the directory of the trace; `--scenario` names another one")
    )]
    Scenario {
        /// The file.
        path: PathBuf,
        /// The path of the scenario, from the trace's directory.
        scenario: String,
    },
    /// No action has that name.
    #[error("step {step} of {} takes an action `{name}`, which the machine does not have", path.display())]
    #[diagnostic(code(trace::action))]
    Action {
        /// The file.
        path: PathBuf,
        /// The step, from 1.
        step: usize,
        /// The name.
        name: String,
        /// The names most like it.
        #[help]
        help: String,
    },
}

/// The version by itself: a trace of another one need not have any other key.
#[derive(Deserialize)]
struct OfVersion {
    version: serde_json::Value,
}

/// Reads a stored trace.
///
/// # Errors
/// If the file cannot be read, is no trace, or is one of another version of the format or of the machine.
pub fn read_trace(path: &Path) -> Result<Trace, TraceError> {
    let text = std::fs::read_to_string(path).map_err(|error| TraceError::File {
        path: path.to_owned(),
        error: error.to_string(),
    })?;
    let format = |error: serde_json::Error| {
        let at = offset(&text, error.line(), error.column());
        let message = error.to_string();
        // The place is shown, not told.
        let message = message
            .rsplit_once(" at line ")
            .map_or(message.as_str(), |(message, _)| message);
        TraceError::Format {
            message: format!("this is no trace: {message}"),
            source_code: NamedSource::new(path.display().to_string(), text.clone()),
            at: at.into(),
        }
    };
    let of_version: OfVersion = serde_json::from_str(&text).map_err(format)?;
    if of_version.version != TRACE_VERSION {
        return Err(TraceError::Version {
            path: path.to_owned(),
            found: of_version.version.to_string(),
        });
    }
    let trace: Trace = serde_json::from_str(&text).map_err(format)?;
    for (number, step) in trace.all_steps().enumerate() {
        known(path, number + 1, &step.action)?;
    }
    if let Some(action) = &trace.panics_at {
        known(path, trace.steps.len() + 1, action)?;
    }
    Ok(trace)
}

fn known(path: &Path, step: usize, action: &NamedAction) -> Result<(), TraceError> {
    if NamedAction::NAMES.contains(&action.name.as_str()) {
        return Ok(());
    }
    Err(TraceError::Action {
        path: path.to_owned(),
        step,
        name: action.name.clone(),
        help: suggest(&action.name, NamedAction::NAMES),
    })
}

/// Where a line and a column, both from 1, are in the text.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    (before + column.saturating_sub(1)).min(text.len().saturating_sub(1))
}
