//! Seeds that once showed a fault, in a file: one a line, what it was run on, and a comment.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use miette::Diagnostic;
use thiserror::Error;

/// Why the seeds cannot be kept.
#[derive(Clone, Debug, Error, Diagnostic)]
pub enum RegressionsError {
    /// The file cannot be read or written.
    #[error("{} cannot be used: {error}", path.display())]
    #[diagnostic(
        code(regressions::file),
        help("name a file that can be read and written, or a new one")
    )]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        error: String,
    },
    /// A line of the file is no entry.
    #[error("line {line} of {} is no entry: `{text}`", path.display())]
    #[diagnostic(
        code(regressions::line),
        help("an entry is a seed, a space, and what it was run on; `#` begins a comment")
    )]
    Line {
        /// The file.
        path: PathBuf,
        /// The number of the line, from 1.
        line: usize,
        /// The line.
        text: String,
    },
}

/// The seeds in the file that were run on `subject`; none if the file does not exist.
///
/// # Errors
/// If the file cannot be read, or has a line that is no entry.
pub fn read_regressions(path: &Path, subject: &str) -> Result<Vec<u64>, RegressionsError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unusable(path, &error)),
    };
    let mut seeds = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let entry = line.split('#').next().unwrap_or_default().trim();
        if entry.is_empty() {
            continue;
        }
        let parsed = entry
            .split_once(' ')
            .and_then(|(seed, subject)| Some((seed.parse::<u64>().ok()?, subject.trim())));
        let Some((seed, on)) = parsed else {
            return Err(RegressionsError::Line {
                path: path.to_owned(),
                line: number + 1,
                text: line.to_owned(),
            });
        };
        if on == subject && !seeds.contains(&seed) {
            seeds.push(seed);
        }
    }
    Ok(seeds)
}

/// Adds a seed, unless the file has it.
///
/// # Errors
/// As [`read_regressions`], or if the file cannot be written.
pub fn append_regression(path: &Path, subject: &str, seed: u64, what: &str) -> Result<(), RegressionsError> {
    if read_regressions(path, subject)?.contains(&seed) {
        return Ok(());
    }
    let mut text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            "# Seeds that once showed a fault; `shimproof simulate --regressions` tries them first.\n"
                .to_owned()
        }
        Err(error) => return Err(unusable(path, &error)),
    };
    if !text.ends_with('\n') {
        text.push('\n');
    }
    // Writing into a string does not fail.
    let _ = writeln!(text, "{seed} {subject} # {what}");
    std::fs::write(path, text).map_err(|error| unusable(path, &error))
}

fn unusable(path: &Path, error: &std::io::Error) -> RegressionsError {
    RegressionsError::File {
        path: path.to_owned(),
        error: error.to_string(),
    }
}
