//! Budgets of a search, and what it tells of itself.

#![expect(clippy::unwrap_used, reason = "what a test cannot do fails it")]

use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// A space that no machine explores soon, and a property that is kept in it.
const LARGE: [&str; 8] = [
    "verify",
    "examples/containerd-10598-fixed",
    "--pods",
    "4",
    "--faults",
    "6",
    "--property",
    "options-accepted",
];

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_shimproof"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).args(arguments);
    command
}

fn run(arguments: &[&str]) -> Output {
    command(arguments).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_bound_leaves_unknown_what_was_not_found() {
    for (option, value, bound) in [
        ("--max-states", "1000", "1000 states"),
        ("--max-depth", "9", "9 levels"),
        ("--max-time", "0.3", "0.3 s"),
        ("--memory", "16MiB", "of memory"),
    ] {
        let output = run(&[LARGE.as_slice(), &[option, value, "--threads", "2"]].concat());
        assert_eq!(output.status.code(), Some(3), "{option}: {}", stderr(&output));
        let text = stdout(&output);
        assert!(
            text.contains("options-accepted") && text.contains("unknown"),
            "{text}"
        );
        assert!(text.contains("cut short") && text.contains(bound), "{text}");
        assert!(
            !text.contains("never enabled"),
            "nothing is known of what was not seen: {text}"
        );
    }
}

#[test]
fn values_that_make_no_sense_are_refused() {
    for (arguments, said) in [
        (["--threads", "0"], "--threads"),
        (["--memory", "10"], "10GiB"),
        (["--memory", "2GB"], "GiB"),
        (["--memory", "1KiB"], "8MiB"),
        (["--vacuity", "maybe"], "warn"),
    ] {
        let output = run(&[["verify", "examples/containerd-11091"].as_slice(), &arguments].concat());
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty());
        assert!(stderr(&output).contains(said), "{}", stderr(&output));
    }
    let both = [
        "verify",
        "examples/containerd-11091",
        "--engine",
        "stateright",
        "--threads",
        "2",
    ];
    let output = run(&both);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        stderr(&output).contains("--threads is for the exact engine"),
        "{}",
        stderr(&output)
    );
}

/// Whole runs are searched without symmetry and with every step kept; Stateright keeps what it likes.
#[test]
fn the_bound_on_memory_is_one_on_every_search() {
    let whole_runs: &[&str] = &["--property", "requested-pod-runs", "--property", "can-recover"];
    let peak = |arguments: &[&str]| -> u64 {
        let output = run(&[
            [
                "verify",
                "examples/containerd-11091",
                "--design",
                "nil-or-node",
                "--memory",
                "16MiB",
            ]
            .as_slice(),
            arguments,
        ]
        .concat());
        assert_eq!(
            output.status.code(),
            Some(3),
            "{arguments:?}: {}",
            stderr(&output)
        );
        let text = stdout(&output);
        assert!(text.contains("unknown") && text.contains("of memory"), "{text}");
        let told = stderr(&output);
        let (_, memory) = told.rsplit_once("at most ").unwrap();
        memory.split(' ').next().unwrap().parse().unwrap()
    };
    for arguments in [
        [&["--pods", "3", "--faults", "1"], whole_runs].concat(),
        vec!["--pods", "3", "--faults", "3", "--engine", "stateright"],
    ] {
        let peak = peak(&arguments);
        assert!(peak < 160, "{arguments:?}: {peak} MiB");
    }
}

#[cfg(unix)]
#[test]
fn ctrl_c_ends_in_a_second() {
    let text = interrupted(&LARGE);
    assert!(text.contains("the search was stopped"), "{text}");
}

/// Also where one command is many searches, and where nothing hears it.
#[cfg(unix)]
#[test]
fn ctrl_c_ends_many_searches_in_a_second() {
    let text = interrupted(&["verify"]);
    assert!(text.contains("stopped before the end"), "{text}");
    interrupted(&["verify", "--mutants"]);
}

/// Standard output of what is stopped soon after it began.
#[cfg(unix)]
fn interrupted(arguments: &[&str]) -> String {
    let mut child = command(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_millis(1500));
    let interrupted = Instant::now();
    let id = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &id])
            .status()
            .unwrap()
            .success()
    );
    let status = child.wait().unwrap();
    assert!(
        // A busy machine may take its time to start what ends it.
        interrupted.elapsed() < Duration::from_millis(1500),
        "{:?}",
        interrupted.elapsed()
    );
    assert_eq!(status.code(), Some(3));
    std::io::read_to_string(child.stdout.unwrap()).unwrap()
}

#[test]
fn symmetry_changes_states_and_no_verdict() {
    let arguments = [
        "verify",
        "examples/containerd-11091",
        "--pods",
        "3",
        "--faults",
        "1",
        "--format",
        "json",
    ];
    let document = |more: &[&str]| -> Value {
        let output = run(&[arguments.as_slice(), more].concat());
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        serde_json::from_str(&stdout(&output)).unwrap()
    };
    let (reduced, whole) = (document(&[]), document(&["--no-symmetry"]));
    let states = |document: &Value| document["results"][0]["states"].as_u64().unwrap();
    assert!(
        states(&reduced) * 2 < states(&whole),
        "three pods have six orders"
    );
    let verdicts = |document: &Value| -> Vec<(Value, Value)> {
        let results = document["results"].as_array().unwrap();
        results
            .iter()
            .map(|result| (result["property"].clone(), result["verdict"].clone()))
            .collect()
    };
    assert_eq!(verdicts(&reduced), verdicts(&whole));
}

/// Whatever differs between two runs is time.
#[test]
fn two_processes_and_any_threads_say_the_same() {
    let said = |threads: &str| -> String {
        let arguments = [
            "verify",
            "examples/containerd-11091",
            "--pods",
            "2",
            "--coverage",
            "--threads",
            threads,
        ];
        let output = run(&[arguments.as_slice(), &["--format", "json"]].concat());
        assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
        let lines = stdout(&output);
        let timeless = lines
            .lines()
            .filter(|line| !line.trim_start().starts_with("\"seconds\""));
        timeless.collect::<Vec<_>>().join("\n")
    };
    let once = said("1");
    assert!(once.contains("\"digest\""), "traces are part of it");
    for threads in ["1", "2", "4"] {
        assert_eq!(once, said(threads), "{threads} threads");
    }
}

#[test]
fn every_scenario_runs_under_every_design_that_is_asked() {
    let limited = [
        "verify",
        "--suite",
        "--design",
        "nil-or-node",
        "--design",
        "introspect-all",
        "--max-states",
        "300",
    ];
    let output = run(&limited);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let text = stdout(&output);
    for words in [
        "containerd-11091: ",
        "nil-or-node: of ",
        "introspect-all: of ",
        "not known in ",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let alone = run(&["verify", "--suite", "examples/containerd-11091"]);
    assert_eq!(alone.status.code(), Some(2));
    let json = run(&[limited.as_slice(), &["--format", "json"]].concat());
    let document: Value = serde_json::from_str(&stdout(&json)).unwrap();
    assert!(document["unusable"].is_array());
    assert!(document["results"].as_array().unwrap().len() > 500);
}

#[test]
fn what_was_not_exercised_is_named() {
    let scenario = ["verify", "examples/containerd-11091", "--design", "nil-or-node"];
    let warned = run(&scenario);
    assert_eq!(warned.status.code(), Some(0));
    let text = stdout(&warned);
    assert!(text.contains("never enabled: deliver -info\n"), "{text}");
    assert!(text.contains("speaks of nothing that is reachable:"), "{text}");
    let failed = run(&[scenario.as_slice(), &["--vacuity", "error"]].concat());
    assert_eq!(failed.status.code(), Some(1));
    assert_eq!(stdout(&failed), text);
    let ignored = run(&[scenario.as_slice(), &["--vacuity", "ignore"]].concat());
    assert_eq!(ignored.status.code(), Some(0));
    assert!(!stdout(&ignored).contains("never enabled"));
}

#[test]
fn coverage_is_told_of_actions_and_guards() {
    let text = stdout(&run(&["verify", "examples/containerd-11091", "--coverage"]));
    for word in [
        "enabled in",
        "new states",
        "deliver Create ",
        "updateContainerIOOwner: an owner is written",
    ] {
        assert!(text.contains(word), "{word}: {text}");
    }
}

#[test]
fn a_last_line_tells_time_and_memory() {
    let output = run(&["verify", "examples/containerd-11091"]);
    let last = stderr(&output);
    assert!(last.contains(" states in ") && last.contains(" s"), "{last}");
    let quiet = run(&["verify", "examples/containerd-11091", "--quiet"]);
    assert!(quiet.stderr.is_empty());
}
