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
    assert_eq!(theirs["notes"].as_array().unwrap().len(), 3);
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
        ("one-minor", &["show", "releases", "1.31"]),
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

/// The arguments, with a directory for traces after them.
fn with_traces<'a>(arguments: &[&'a str], directory: &'a Path) -> Vec<&'a str> {
    [arguments, &["--trace-dir", directory.to_str().unwrap()]].concat()
}

fn files_of(directory: &Path) -> Vec<std::path::PathBuf> {
    let mut files: Vec<_> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
}

#[test]
fn a_random_run_repeats_byte_for_byte() {
    for arguments in [
        &["simulate", "containerd-11091", "--seed", "7", "--runs", "20"][..],
        &[
            "simulate",
            "containerd-11091-fixed",
            "--runs",
            "20",
            "--format",
            "json",
        ],
        &["simulate", "--seed", "3", "--runs", "20"],
        &[
            "simulate", "--runs", "20", "--design", "v2.0.1", "--format", "json",
        ],
    ] {
        let (one, other) = (shimproof(arguments), shimproof(arguments));
        assert_eq!(one.stdout, other.stdout, "{arguments:?}");
        assert!(
            !one.stdout.is_empty() && one.status.code() != Some(2),
            "{arguments:?}"
        );
        assert_eq!(one.status, other.status);
    }
}

#[test]
fn random_runs_end_when_their_time_is_up() {
    let output = shimproof(&[
        "simulate",
        "containerd-11091-fixed",
        "--time",
        "0.2",
        "--format",
        "json",
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let document: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert!(document["runs"].as_u64().unwrap() >= 1, "{document}");
    assert_eq!(document["failure"], Value::Null);
}

#[test]
fn a_seed_that_failed_is_kept_and_tried_first() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("regressions.txt");
    let run = |seed: &str, runs: &str| {
        let arguments = ["simulate", "containerd-11091", "--seed", seed, "--runs", runs];
        let kept = ["--regressions", file.to_str().unwrap(), "--format", "json"];
        let output = shimproof(&[&arguments[..], &kept].concat());
        let document: Value = serde_json::from_str(&stdout(&output)).unwrap();
        (output.status.code(), document)
    };
    let (code, first) = run("40", "50");
    assert_eq!(code, Some(1));
    let seed = first["failure"]["seed"].as_u64().unwrap();
    let kept = std::fs::read_to_string(&file).unwrap();
    assert!(kept.contains(&format!("{seed} containerd-11091 # ")), "{kept}");
    // No run of its own is asked for: what fails is the seed that was kept.
    let (code, again) = run("1000", "0");
    assert_eq!(code, Some(1));
    assert_eq!(again["failure"]["seed"], first["failure"]["seed"]);
    assert_eq!(again["failure"]["trace"], first["failure"]["trace"]);
    assert_eq!(std::fs::read_to_string(&file).unwrap(), kept);
}

#[test]
fn hundreds_of_pods_run() {
    let output = shimproof(&[
        "simulate",
        "runc-window",
        "--pods",
        "200",
        "--runs",
        "2",
        "--design",
        "v2.3.4",
        "--format",
        "json",
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    let document: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert!(document["steps"].as_u64().unwrap() > 2000, "{document}");
}

#[test]
fn a_kept_trace_reproduces() {
    let directory = tempfile::tempdir().unwrap();
    let traces = directory.path();
    // Of a search, with numbers of its own and another design; of a run; of a built-in scenario and of a path.
    for (arguments, code) in [
        (&["verify", "containerd-11091"][..], 1),
        (
            &[
                "verify",
                "examples/CVE-2025-47291",
                "--pods",
                "2",
                "--faults",
                "1",
            ],
            1,
        ),
        (
            &[
                "verify",
                "gvisor-gate-flip",
                "--design",
                "v2.0.5",
                "--property",
                "refused:info-flag-unknown",
            ],
            0,
        ),
        (
            &["simulate", "containerd-11091", "--pods", "3", "--runs", "50"],
            1,
        ),
        // Of a design file, of any client, of an endless run.
        (
            &[
                "verify",
                "containerd-11091-fixed",
                "--design",
                "designs/type-checked.toml",
                "--property",
                "pod-runs",
            ],
            0,
        ),
        (
            &[
                "verify",
                "any-client-gvisor",
                "--property",
                "containerd-guards-itself",
            ],
            1,
        ),
    ] {
        let output = shimproof(&with_traces(arguments, traces));
        assert_eq!(
            output.status.code(),
            Some(code),
            "{arguments:?}: {}",
            stderr(&output)
        );
    }
    let kept = files_of(traces).len();
    assert!(kept >= 6, "{kept}");
    let output = shimproof(&["replay", traces.to_str().unwrap()]);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}{}",
        stdout(&output),
        stderr(&output)
    );
    assert!(
        stdout(&output).ends_with(&format!("{kept} of {kept} traces reproduce\n")),
        "{}",
        stdout(&output)
    );
    let json = shimproof(&["replay", traces.to_str().unwrap(), "--format", "json"]);
    let document: Value = serde_json::from_str(&stdout(&json)).unwrap();
    let replays = document["replays"].as_array().unwrap();
    assert_eq!(replays.len(), kept);
    assert!(replays.iter().all(|replay| replay["reproduces"] == true));
}

/// The headline trace of the founding case, where it was written.
fn founding_trace(directory: &Path) -> std::path::PathBuf {
    let arguments = ["verify", "containerd-11091", "--property", "options-accepted"];
    assert_eq!(
        shimproof(&with_traces(&arguments, directory)).status.code(),
        Some(1)
    );
    files_of(directory).remove(0)
}

/// The founding trace ends at the guard that the fix has changed.
#[test]
fn under_the_fix_a_trace_parts_at_the_guard_that_was_mended() {
    let directory = tempfile::tempdir().unwrap();
    let trace = founding_trace(directory.path());
    let output = Command::cargo_bin("shimproof")
        .unwrap()
        .current_dir(directory.path())
        .args(["replay", trace.file_name().unwrap().to_str().unwrap()])
        .args(["--design", "nil-or-node"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    insta::assert_snapshot!(stdout(&output));
}

#[test]
fn a_trace_that_was_changed_does_not_reproduce() {
    let directory = tempfile::tempdir().unwrap();
    let trace = founding_trace(directory.path());
    let stored: Value = serde_json::from_str(&std::fs::read_to_string(&trace).unwrap()).unwrap();
    let last = stored["steps"].as_array().unwrap().len() - 1;
    let check = |change: &dyn Fn(&mut Value), told: &str| {
        let mut changed = stored.clone();
        change(&mut changed);
        std::fs::write(&trace, changed.to_string()).unwrap();
        let output = shimproof(&["replay", trace.to_str().unwrap()]);
        assert_eq!(output.status.code(), Some(1), "{told}: {}", stderr(&output));
        assert!(stdout(&output).contains(told), "{told}: {}", stdout(&output));
    };
    check(
        &|trace| trace["initial"] = "0000000000000000".into(),
        "the node is another one before the first step",
    );
    check(
        &|trace| trace["steps"][last]["digest"] = "0000000000000000".into(),
        "leads to a state that differs in something that no field shows",
    );
    check(
        &|trace| trace["steps"][1]["changes"][0]["after"] = "settled".into(),
        "step 2 leads to another state",
    );
    check(
        &|trace| trace["steps"][1]["action"]["name"] = "rpc-timeout".into(),
        "step 2 cannot happen: rpc-timeout, pod 0",
    );
    check(
        &|trace| {
            trace["steps"].as_array_mut().unwrap().truncate(2);
            trace["aftermath"] = serde_json::json!([]);
        },
        "every state is the stored one, but not what was found there",
    );
}

#[test]
fn the_mutants_of_a_guard_are_all_explained_and_as_their_schema_says() {
    let output = shimproof(&["verify", "--mutants=sameUsernsConfig", "--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let document: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/mutants.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(schema).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&document)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{errors:?}");
    for run in document["runs"].as_array().unwrap() {
        let mutants = run["mutants"].as_array().unwrap();
        assert!(!mutants.is_empty());
        for mutant in mutants {
            assert_ne!(mutant["fate"], "survives", "{mutant}");
        }
    }
}

#[test]
fn a_scenario_can_be_verified_under_a_mutant() {
    let arguments = [
        "verify",
        "containerd-11091-fixed",
        "--property",
        "options-accepted",
    ];
    assert_eq!(shimproof(&arguments).status.code(), Some(0));
    let mutant = ["--mutant", "containerd.io-owner-guard=unless-nil"];
    let output = shimproof(&[&arguments[..], &mutant[..]].concat());
    assert_eq!(output.status.code(), Some(1), "{}", stdout(&output));
}

#[test]
fn an_unknown_mutant_is_told_with_the_nearest() {
    let output = shimproof(&[
        "verify",
        "containerd-11091",
        "--mutant",
        "containerd.io-owner-guard=unless",
    ]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("containerd.io-owner-guard=unless-nil"),
        "{}",
        stderr(&output)
    );
    let output = shimproof(&["verify", "--mutants=sameUsernsConfi"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("sameUsernsConfig"),
        "{}",
        stderr(&output)
    );
}
