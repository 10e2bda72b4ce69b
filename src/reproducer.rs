//! `--reproducer`.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use shimproof_model::catalog::Catalog;
use shimproof_model::world::Containerd;
use shimproof_reports::{Reproducer, Verdict, Verification};
use shimproof_scenario::Scenario;

use crate::failure::Failure;
use crate::output::Output;

/// Refuses a directory that has something in it, before anything is searched.
pub fn check_empty(directory: &Path) -> Result<(), Failure> {
    let unusable = |error| Failure::Write {
        path: directory.to_owned(),
        error,
    };
    match fs::read_dir(directory) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(Failure::Request {
                what: format!("{} has something in it", directory.display()),
                help: "name a directory that is new or empty: a reproducer is written whole or not at all"
                    .to_owned(),
            }),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(unusable(error)),
    }
}

/// Writes the easiest counterexample of a verification: all of it, or nothing.
pub fn write(
    directory: &Path,
    scenario: &Scenario,
    design: Option<&Containerd>,
    verification: &Verification,
    output: Output,
) -> Result<(), Failure> {
    let Some(result) = verification.easiest_counterexample() else {
        output.note("nothing is violated, so that there is nothing to reproduce");
        return Ok(());
    };
    let Some(trace) = &result.trace else { return Ok(()) };
    let reproducer = Reproducer::of(Catalog::embedded(), scenario, design, trace)?;
    let write = |path: &Path| {
        let path = path.to_owned();
        move |error| Failure::Write { path, error }
    };
    let parent = parent(directory);
    fs::create_dir_all(&parent).map_err(write(&parent))?;
    let partial = tempfile::Builder::new()
        .prefix(".shimproof")
        .tempdir_in(&parent)
        .map_err(write(&parent))?;
    for (name, text) in &reproducer.files {
        let file = partial.path().join(name);
        if let Some(directory) = file.parent() {
            fs::create_dir_all(directory).map_err(write(directory))?;
        }
        fs::write(&file, text).map_err(write(&file))?;
    }
    readable(partial.path()).map_err(write(directory))?;
    // An empty directory gives way, one that was filled meanwhile does not.
    fs::rename(partial.path(), directory).map_err(write(directory))?;
    let others: Vec<&str> = verification
        .results
        .iter()
        .filter(|other| other.verdict == Verdict::Violated && other.property != result.property)
        .map(|other| other.property.as_str())
        .collect();
    let others = if others.is_empty() {
        String::new()
    } else {
        format!("; `--property` takes another one: {}", others.join(", "))
    };
    output.note(&format!(
        "{} has the counterexample of {}, begin with README.md{others}",
        directory.display(),
        result.property
    ));
    Ok(())
}

/// Temporary directories are closed to others.
#[cfg(unix)]
fn readable(directory: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(directory, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn readable(_: &Path) -> std::io::Result<()> {
    Ok(())
}

fn parent(directory: &Path) -> PathBuf {
    match directory.parent() {
        Some(parent) if parent != Path::new("") => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}
