//! `shimproof verify --induction` as people and scripts use it.

#![expect(clippy::unwrap_used, reason = "what a test cannot do fails it")]

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;

fn induction(arguments: &[&str]) -> Output {
    Command::cargo_bin("shimproof")
        .unwrap()
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(["verify", "--induction"])
        .args(arguments)
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

/// Times differ from run to run.
fn without_time(text: &str) -> String {
    let (rest, last) = text.trim_end().rsplit_once('\n').unwrap();
    let (states, _) = last.split_once(" states tried in all").unwrap();
    format!("{rest}\n{states} states tried in all\n")
}

#[test]
fn the_window_is_not_inductive_and_the_report_says_how() {
    let output = induction(&[
        "--design",
        "nil-check-missing-node",
        "--property",
        "options-accepted",
    ]);
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(without_time(&stdout(&output)));
}

#[test]
fn what_is_proved_names_its_assumptions_and_what_is_inferred() {
    let output = induction(&["--design", "before-10906", "--property", "owner-only-if-applied"]);
    assert_eq!(output.status.code(), Some(0));
    let text = stdout(&output);
    for part in [
        "proved for any number of pods and faults, if upgrades-inside, known-shims, configuration-accepted",
        "It rests on behaviours that are only inferred:",
        "joins-userns-by-path of shim",
        "handle StartContainer (",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
}

#[test]
fn json_is_as_its_schema_says() {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/induction.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(schema).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let output = induction(&["--design", "v2.0.0", "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let document: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&document)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    let verdict = |index: usize| document["results"][index]["verdict"].as_str().unwrap();
    assert_eq!(
        [verdict(0), verdict(1), verdict(2)],
        ["not inductive", "not inductive", "proved"]
    );
    assert_eq!(document["results"][0]["proved_under"][0][0], "podsandbox");
}

#[test]
fn a_bound_that_is_reached_leaves_the_question_open() {
    let output = induction(&[
        "--design",
        "v1.7.20",
        "--property",
        "type-as-configured",
        "--max-states",
        "1000",
    ]);
    assert_eq!(output.status.code(), Some(3));
    assert!(stdout(&output).contains("unknown"));
}

#[test]
fn bad_questions_are_diagnosed() {
    for (arguments, part) in [
        (&["--design", "nil-or-nod"][..], "there are nil-or-node"),
        (
            &["--property", "userns-honoured"],
            "induction is about type-as-configured",
        ),
        (&["--property", "options-acepted"], "options-accepted"),
        (&["examples/containerd-11091"], "cannot be used with"),
        (&["--pods", "2"], "--pods"),
        (&["--trace-dir", "traces"], "cannot be used with"),
    ] {
        let output = induction(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains(part), "{arguments:?}: {text}");
        assert!(output.stdout.is_empty());
    }
}
