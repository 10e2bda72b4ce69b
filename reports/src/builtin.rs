//! The built-in scenarios: the files under `examples/`, which are part of the binary.

use std::path::Path;

use include_dir::{Dir, include_dir};
use shimproof_scenario::{Scenario, ScenarioError};

static EXAMPLES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../examples");

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
    EXAMPLES.extract(directory.path())?;
    let mut names: Vec<&Path> = EXAMPLES.dirs().map(Dir::path).collect();
    names.sort();
    let scenarios = names
        .into_iter()
        .filter(|name| directory.path().join(name).join("scenario.toml").is_file())
        .map(|name| Scenario::load(&directory.path().join(name)).map_err(Box::new))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(use_them(&scenarios))
}
