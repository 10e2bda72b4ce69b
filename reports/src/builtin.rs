//! The built-in scenarios, the files under `examples/`, and the real reports under `tests/`, which are part of the binary.

use std::path::Path;

use include_dir::{Dir, include_dir};
use shimproof_scenario::{Scenario, ScenarioError};

static EXAMPLES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../examples");

static INCIDENTS: [Dir<'static>; 2] = [
    include_dir!("$CARGO_MANIFEST_DIR/../tests/incidents"),
    include_dir!("$CARGO_MANIFEST_DIR/../tests/incidents-more"),
];

/// The scenario of containerd issue #11091.
pub const FOUNDING_CASE: &str = "containerd-11091";

/// Why the built-in scenarios cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum BuiltinError {
    /// They are unpacked into a temporary directory.
    #[error("the built-in scenarios cannot be unpacked: {0}")]
    Unpack(#[from] std::io::Error),
    /// One of them is wrong.
    #[error(transparent)]
    Scenario(#[from] Box<ScenarioError>),
}

/// Reads the built-in scenarios in the order of their names and hands them to `use_them`. Their files are
/// unpacked for as long as that takes.
///
/// # Errors
/// [`BuiltinError`] if the temporary directory cannot be written.
pub fn with_builtin_scenarios<T>(use_them: impl FnOnce(&[Scenario]) -> T) -> Result<T, BuiltinError> {
    let directory = tempfile::tempdir()?;
    Ok(use_them(&unpack(&EXAMPLES, directory.path())?))
}

/// Reads the real reports with their observed outcomes, as [`with_builtin_scenarios`] does the scenarios.
///
/// # Errors
/// [`BuiltinError`] if the temporary directory cannot be written.
pub fn with_incidents<T>(use_them: impl FnOnce(&[Scenario]) -> T) -> Result<T, BuiltinError> {
    let directory = tempfile::tempdir()?;
    let mut incidents = Vec::new();
    for (number, files) in INCIDENTS.iter().enumerate() {
        let place = directory.path().join(number.to_string());
        std::fs::create_dir(&place)?;
        incidents.extend(unpack(files, &place)?);
    }
    Ok(use_them(&incidents))
}

/// Writes the files to a directory, and reads the scenarios among them.
fn unpack(files: &Dir<'static>, directory: &Path) -> Result<Vec<Scenario>, BuiltinError> {
    files.extract(directory)?;
    let mut names: Vec<&Path> = files.dirs().map(Dir::path).collect();
    names.sort();
    let scenarios = names
        .into_iter()
        .filter(|name| directory.join(name).join("scenario.toml").is_file())
        .map(|name| Scenario::load(&directory.join(name)).map_err(Box::new))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(scenarios)
}
