//! The command as people and scripts use it.

#![expect(clippy::unwrap_used, reason = "what a test cannot do fails it")]

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;

fn shimproof(arguments: &[&str]) -> Output {
    Command::cargo_bin("shimproof")
        .unwrap()
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(arguments)
        .output()
        .unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn validate(document: &Value) {
    let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    let read = |name: &str| -> Value {
        serde_json::from_str(&std::fs::read_to_string(schemas.join(name)).unwrap()).unwrap()
    };
    let registry = jsonschema::Registry::new()
        .add("urn:shimproof:schema:trace:1", read("trace.schema.json"))
        .unwrap()
        .prepare()
        .unwrap();
    let validator = jsonschema::options()
        .with_registry(&registry)
        .build(&read("verify.schema.json"))
        .unwrap();
    let errors: Vec<String> = validator
        .iter_errors(document)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
}

#[test]
fn compare_without_arguments_is_the_founding_case() {
    let output = shimproof(&["compare"]);
    assert_eq!(output.status.code(), Some(0));
    insta::assert_snapshot!(stdout(&output));
}

#[test]
fn the_founding_case_is_violated_before_and_holds_after() {
    let scenario = "examples/containerd-11091";
    let before = shimproof(&["verify", scenario, "--design", "nil-check-missing-node"]);
    assert_eq!(before.status.code(), Some(1));
    let text = stdout(&before);
    assert!(text.contains("options-accepted"), "{text}");
    insta::assert_snapshot!(text);
    let after = shimproof(&["verify", scenario, "--design", "nil-or-node"]);
    assert_eq!(after.status.code(), Some(0));
    insta::assert_snapshot!(stdout(&after));
}

#[test]
fn the_trace_of_the_founding_case_ends_in_the_text_of_the_report() {
    let id = "refused:create-rejected";
    let output = shimproof(&["verify", "examples/containerd-11091", "--property", id]);
    assert_eq!(output.status.code(), Some(0));
    assert!(
        stdout(&output).contains(
            "failed to create containerd task: failed to create shim task: unsupported option type \
             \"containerd.runc.v1.Options\""
        ),
        "{}",
        stdout(&output)
    );
}

#[test]
fn json_is_as_its_schema_says() {
    for design in ["nil-check-missing-node", "nil-or-node"] {
        let output = shimproof(&[
            "verify",
            "examples/containerd-11091",
            "--design",
            design,
            "--format",
            "json",
        ]);
        validate(&serde_json::from_str(&stdout(&output)).unwrap());
    }
    let output = shimproof(&["verify", "--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    validate(&serde_json::from_str(&stdout(&output)).unwrap());
}

#[test]
fn both_engines_agree() {
    let json = |engine: &str| -> Value {
        let output = shimproof(&[
            "verify",
            "examples/containerd-11091",
            "--engine",
            engine,
            "--format",
            "json",
        ]);
        serde_json::from_str(&stdout(&output)).unwrap()
    };
    let (ours, theirs) = (json("exact"), json("stateright"));
    let pairs = ours["results"]
        .as_array()
        .unwrap()
        .iter()
        .zip(theirs["results"].as_array().unwrap());
    // Of endless runs Stateright decides nothing, and says so.
    assert_eq!(theirs["notes"].as_array().unwrap().len(), 2);
    for (ours, theirs) in pairs {
        for key in ["property", "verdict", "vacuous", "states", "transitions"] {
            assert_eq!(ours[key], theirs[key]);
        }
    }
}

#[test]
fn what_needs_a_search_of_its_own_has_its_own_numbers() {
    let output = shimproof(&["verify", "examples/containerd-11091", "--format", "json"]);
    let document: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let of = |id: &str| {
        let results = document["results"].as_array().unwrap();
        results
            .iter()
            .find(|result| result["property"] == id)
            .unwrap_or_else(|| panic!("no {id}"))
    };
    assert_ne!(
        of("containerd-guards-itself")["states"],
        of("options-accepted")["states"]
    );
    assert_eq!(
        of("requested-pod-runs")["states"],
        of("options-accepted")["states"]
    );
    assert_eq!(of("requested-pod-runs")["kind"], "leads-to");
    assert_eq!(of("can-recover")["kind"], "possible");
    let run = &of("requested-pod-runs")["trace"];
    let cycle = run["cycle"]["steps"].as_array().unwrap();
    // A circle comes back to where it began.
    let last = |steps: &Value| steps.as_array().unwrap().last().unwrap()["digest"].clone();
    assert_eq!(cycle.last().unwrap()["digest"], last(&run["steps"]));
}

#[test]
fn what_only_another_client_breaks_is_told_and_does_not_count() {
    let scenario = "examples/containerd-11091-gate-off";
    let output = shimproof(&["verify", scenario]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    assert!(stdout(&output).contains("containerd-guards-itself  violated"));
    let asked = shimproof(&["verify", scenario, "--property", "containerd-guards-itself"]);
    assert_eq!(asked.status.code(), Some(1));
    let policy = shimproof(&["verify", scenario, "--property", "owner-needs-userns"]);
    assert_eq!(policy.status.code(), Some(0));
}

#[test]
fn two_runs_print_the_same_bytes() {
    for arguments in [
        &["verify"][..],
        &["compare"],
        &["show", "releases"],
        &["show", "properties", "pipe-openable"],
        &["verify", "examples/containerd-11091"],
    ] {
        assert_eq!(
            shimproof(arguments).stdout,
            shimproof(arguments).stdout,
            "{arguments:?}"
        );
    }
}

#[test]
fn a_built_in_scenario_has_a_name() {
    let by_name = Command::cargo_bin("shimproof")
        .unwrap()
        .current_dir(std::env::temp_dir())
        .args(["verify", "containerd-11091"])
        .output()
        .unwrap();
    assert_eq!(
        by_name.stdout,
        shimproof(&["verify", "examples/containerd-11091"]).stdout
    );
}

#[test]
fn traces_are_kept_where_one_asks() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("traces");
    let output = shimproof(&[
        "verify",
        "examples/containerd-11091",
        "--trace-dir",
        path.to_str().unwrap(),
    ]);
    assert_eq!(output.status.code(), Some(1));
    let names: Vec<_> = std::fs::read_dir(&path)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert!(
        names
            .iter()
            .any(|name| name.to_string_lossy().ends_with("--options-accepted.json")),
        "{names:?}"
    );
    let trace = std::fs::read_to_string(path.join(&names[0])).unwrap();
    assert!(serde_json::from_str::<Value>(&trace).unwrap()["steps"].is_array());
}

#[test]
fn a_search_that_is_cut_short_says_unknown() {
    for limit in [["--max-states", "50"], ["--max-depth", "3"], ["--max-time", "0"]] {
        let output = shimproof(
            &[
                &["verify", "examples/containerd-11091", "--design", "nil-or-node"],
                &limit[..],
            ]
            .concat(),
        );
        assert_eq!(output.status.code(), Some(3), "{limit:?}");
        assert!(!stdout(&output).contains("holds"), "{}", stdout(&output));
    }
}

#[test]
fn comparisons_say_what_regressed_by_their_exit_code() {
    let worse = shimproof(&[
        "compare",
        "nil-or-node",
        "nil-check-missing-node",
        "examples/containerd-11091",
    ]);
    assert_eq!(worse.status.code(), Some(1));
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("report.txt");
    let output = shimproof(&["compare", "v2.0.4", "v2.0.5", "--output", file.to_str().unwrap()]);
    assert!(matches!(output.status.code(), Some(0 | 1)));
    assert!(output.stdout.is_empty());
    assert!(
        std::fs::read_to_string(&file)
            .unwrap()
            .contains("task-options-base: fresh → copy-of-runtime-options")
    );
}

#[test]
fn the_catalogue_can_be_read() {
    for (name, arguments) in [
        ("releases", &["show", "releases"][..]),
        ("one-release", &["show", "releases", "v2.0.3"]),
        ("designs", &["show", "designs"]),
        ("one-design", &["show", "designs", "nil-or-node"]),
        ("properties", &["show", "properties"]),
        ("one-property", &["show", "properties", "options-accepted"]),
        ("one-shim", &["show", "shims", "runsc-20260601"]),
    ] {
        let output = shimproof(arguments);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        insta::assert_snapshot!(format!("show-{name}"), stdout(&output));
        let json = shimproof(&[arguments, &["--format", "json"]].concat());
        assert!(serde_json::from_str::<Value>(&stdout(&json)).is_ok());
    }
}

#[test]
fn predictions_are_those_of_the_reports() {
    let output = shimproof(&[
        "predict",
        "--score",
        "tests/incidents",
        "tests/incidents-more",
        "examples",
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    assert!(stdout(&output).contains(", 0 do not"));
}

#[test]
fn a_prediction_says_what_happens_and_why() {
    let output = shimproof(&["predict", "tests/incidents/containerd-11091"]);
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(stdout(&output));
    let json = shimproof(&["predict", "tests/incidents/containerd-11091", "--format", "json"]);
    let document: Value = serde_json::from_str(&stdout(&json)).unwrap();
    assert_eq!(document["schema"], 1);
    assert_eq!(document["stage"], "shim-create");
    let started = shimproof(&["predict", "tests/incidents/containerd-11091--fixed"]);
    assert_eq!(started.status.code(), Some(0));
}
