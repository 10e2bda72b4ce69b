//! The workflow in `docs/ci.md` does what the document says.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
#![cfg(unix)]

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use assert_cmd::cargo::cargo_bin;
use serde::Deserialize;

#[derive(Deserialize)]
struct Workflow {
    permissions: BTreeMap<String, String>,
    env: BTreeMap<String, String>,
    jobs: BTreeMap<String, Job>,
}

#[derive(Deserialize)]
struct Job {
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    name: Option<String>,
    run: Option<String>,
    uses: Option<String>,
}

fn workflow() -> Workflow {
    let text = include_str!("../docs/ci.md");
    let (_, rest) = text.split_once("```yaml\n").unwrap();
    serde_saphyr::from_str(rest.split_once("```").unwrap().0).unwrap()
}

/// Runs the step that compares, as a runner's shell does, and returns its exit code and the code that it hands on.
fn compare(before: &str, after: &str, place: &Path) -> (Option<i32>, String) {
    let workflow = workflow();
    let steps = &workflow.jobs["compare"].steps;
    let step = steps
        .iter()
        .find(|step| step.name.as_deref() == Some("Compare"))
        .unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let binary = cargo_bin("shimproof");
    let path = format!("{}:/usr/bin:/bin", binary.parent().unwrap().display());
    let designs = place.join("designs");
    if !designs.exists() {
        std::os::unix::fs::symlink(root.join("designs"), designs).unwrap();
    }
    let handed_on = place.join("output");
    std::fs::write(&handed_on, "").unwrap();
    let code = Command::new("bash")
        .args(["--noprofile", "--norc", "-eo", "pipefail", "-c"])
        .arg(step.run.as_ref().unwrap())
        .current_dir(place)
        .env("PATH", path)
        .env("BEFORE", before)
        .env("AFTER", after)
        .env("GITHUB_OUTPUT", &handed_on)
        .env("GITHUB_STEP_SUMMARY", place.join("summary.md"))
        .output()
        .unwrap()
        .status
        .code();
    (code, std::fs::read_to_string(handed_on).unwrap())
}

#[test]
fn the_workflow_may_do_what_it_does_and_no_more() {
    let workflow = workflow();
    let permissions: Vec<(&str, &str)> = workflow
        .permissions
        .iter()
        .map(|(what, how)| (what.as_str(), how.as_str()))
        .collect();
    assert_eq!(
        permissions,
        [
            ("contents", "read"),
            ("pull-requests", "write"),
            ("security-events", "write")
        ]
    );
    for step in &workflow.jobs["compare"].steps {
        assert!(step.run.is_some() != step.uses.is_some(), "{:?}", step.name);
        // What comes from a pull request is never part of a script.
        let script = step.run.as_deref().unwrap_or_default();
        assert!(!script.contains("github.event"), "{script}");
    }
}

#[test]
fn the_reports_are_written_whatever_comes_out() {
    let workflow = workflow();
    let place = tempfile::tempdir().unwrap();
    let (code, handed_on) = compare(&workflow.env["BEFORE"], &workflow.env["AFTER"], place.path());
    assert_eq!(code, Some(0));
    assert!(handed_on.starts_with("code="), "{handed_on}");
    for report in [
        "report.md",
        "report.html",
        "junit.xml",
        "shimproof.sarif",
        "summary.md",
    ] {
        let text = std::fs::read_to_string(place.path().join(report)).unwrap();
        assert!(!text.is_empty(), "{report}");
    }
    // Going back to the founding case is a regression: the reports are there, and the last step fails.
    let place = tempfile::tempdir().unwrap();
    assert_eq!(
        compare("nil-or-node", "nil-check-missing-node", place.path()),
        (Some(0), "code=1\n".to_owned())
    );
    assert!(place.path().join("shimproof.sarif").exists());
    // A design that cannot be used ends the step at once.
    let place = tempfile::tempdir().unwrap();
    let (code, handed_on) = compare("v2.3.4", "designs/missing.toml", place.path());
    assert_eq!((code, handed_on.as_str()), (Some(2), "code=2\n"));
}
