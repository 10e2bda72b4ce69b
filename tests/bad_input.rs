//! Bad input: a diagnostic that names the place and the mend, exit code 2, nothing on standard output.

#![expect(clippy::unwrap_used, reason = "what a test cannot do fails it")]

use std::path::Path;

use assert_cmd::Command;

/// A copy of the founding case in which one file is changed.
fn changed(file: &str, change: impl Fn(&str) -> String) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/containerd-11091");
    for entry in std::fs::read_dir(source).unwrap() {
        let entry = entry.unwrap();
        let text = std::fs::read_to_string(entry.path()).unwrap();
        let text = if entry.file_name() == file {
            change(&text)
        } else {
            text
        };
        std::fs::write(directory.path().join(entry.file_name()), text).unwrap();
    }
    directory
}

fn diagnostic(directory: &Path, arguments: &[&str]) -> String {
    let output = Command::cargo_bin("shimproof")
        .unwrap()
        .current_dir(directory)
        .args(arguments)
        .output()
        .unwrap();
    assert_eq!(
        output.status.code(),
        Some(2),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.stdout.is_empty());
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(!text.contains("panicked"), "{text}");
    text
}

#[test]
fn files_of_a_scenario() {
    let cases: &[(&str, &str, &str, &str)] = &[
        ("missing-file", "scenario.toml", "\"pod.yaml\"", "\"pods.yaml\""),
        ("toml-syntax", "config.toml", "version = 3", "version = = 3"),
        ("yaml-syntax", "pod.yaml", "kind: Pod", "kind: [Pod"),
        (
            "yaml-list",
            "pod.yaml",
            "containers:\n",
            "containers: {}\n  initContainers:\n",
        ),
        ("name-is-a-number", "pod.yaml", "name: gvisor", "name: 5"),
        (
            "mistyped-option",
            "config.toml",
            "TypeUrl = \"io.containerd.runsc.v1.options\"",
            "TypeUrl = 7",
        ),
        ("unknown-key", "scenario.toml", "[kubernetes]", "[kubernets]"),
        (
            "unknown-handler",
            "runtimeclass.yaml",
            "handler: runsc",
            "handler: runcs",
        ),
        ("config-version-5", "config.toml", "version = 3", "version = 5"),
        (
            "host-pid",
            "pod.yaml",
            "spec:",
            "spec:\n  hostUsers: false\n  hostPID: true",
        ),
        (
            "unknown-release",
            "scenario.toml",
            "version = \"release/2.0@952ad6b3a\"",
            "version = \"v2.9.0\"",
        ),
        (
            "unknown-shim",
            "scenario.toml",
            "shim = \"runsc\"",
            "shim = \"runcs\"",
        ),
        (
            "unknown-shim-version",
            "scenario.toml",
            "version = \"release-20241118.0\"",
            "version = \"release-20991118.0\"",
        ),
        ("unknown-kubelet", "scenario.toml", "\"1.31.2\"", "\"1.37.0\""),
        (
            "unknown-link",
            "scenario.toml",
            "containerd.runc.v1.Options\"]",
            "containerd.runc.v2.Options\"]",
        ),
    ];
    for (name, file, from, to) in cases {
        let directory = changed(file, |text| {
            assert!(text.contains(from), "{file} has no {from}");
            text.replacen(from, to, 1)
        });
        insta::assert_snapshot!(*name, diagnostic(directory.path(), &["verify", "scenario.toml"]));
    }
}

#[test]
fn arguments() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (name, arguments) in [
        ("no-scenario", &["verify", "examples/containerd-11092"][..]),
        (
            "no-design",
            &["verify", "examples/containerd-11091", "--design", "nil-or-nodes"],
        ),
        (
            "no-property",
            &[
                "verify",
                "examples/containerd-11091",
                "--property",
                "options-acepted",
            ],
        ),
        ("pods-9", &["verify", "examples/containerd-11091", "--pods", "9"]),
        (
            "trace-dir",
            &[
                "verify",
                "examples/containerd-11091",
                "--trace-dir",
                "Cargo.toml/traces",
            ],
        ),
        ("one-design-only", &["compare", "v2.0.1"]),
        ("no-built-in", &["simulate", "containerd-11092"]),
        (
            "simulate-pods",
            &["simulate", "containerd-11091", "--pods", "500"],
        ),
        (
            "simulate-no-property",
            &["simulate", "containerd-11091", "--property", "options"],
        ),
        (
            "simulate-regressions",
            &["simulate", "containerd-11091", "--regressions", "Cargo.toml"],
        ),
        ("replay-no-file", &["replay", "no-such-trace.json"]),
        ("replay-no-traces", &["replay", "scenario/src"]),
        ("no-release", &["show", "releases", "v3.0.0"]),
        ("no-shim", &["show", "shims", "gvisor"]),
    ] {
        insta::assert_snapshot!(name, diagnostic(root, arguments));
    }
}

/// A trace of the founding case in which the first occurrence of something is changed.
fn changed_trace(directory: &Path, from: &str, to: &str) {
    let arguments = ["verify", "containerd-11091", "--property", "options-accepted"];
    let output = Command::cargo_bin("shimproof")
        .unwrap()
        .current_dir(directory)
        .args(arguments)
        .args(["--trace-dir", "."])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let entry = std::fs::read_dir(directory).unwrap().next().unwrap().unwrap();
    let text = std::fs::read_to_string(entry.path()).unwrap();
    assert!(text.contains(from), "{from}");
    std::fs::remove_file(entry.path()).unwrap();
    std::fs::write(directory.join("trace.json"), text.replacen(from, to, 1)).unwrap();
}

#[test]
fn traces() {
    for (name, from, to) in [
        ("trace-not-json", "\"scenario\": ", "\"scenario\" "),
        ("trace-cut-off", "\"aftermath\": [", "\"aftermath\": ["),
        ("trace-version", "\"version\": 1", "\"version\": 2"),
        ("trace-key", "\"finding\"", "\"findings\""),
        ("trace-scenario", "\"containerd-11091\"", "\"containerd-11092\""),
        ("trace-action", "\"sync-pod\"", "\"sync-pods\""),
        (
            "trace-property",
            "\"property\": \"options-accepted\"",
            "\"property\": \"options-acepted\"",
        ),
        (
            "trace-path",
            "\"design\"",
            "\"setting\": { \"path\": \"../nowhere\" }, \"design\"",
        ),
        (
            "trace-design",
            "\"design\"",
            "\"setting\": { \"design\": \"nil-or-nodes\" }, \"design\"",
        ),
    ] {
        let directory = tempfile::tempdir().unwrap();
        changed_trace(directory.path(), from, to);
        if name == "trace-cut-off" {
            let file = directory.path().join("trace.json");
            let text = std::fs::read_to_string(&file).unwrap();
            std::fs::write(file, &text[..text.len() / 2]).unwrap();
        }
        insta::assert_snapshot!(name, diagnostic(directory.path(), &["replay", "trace.json"]));
    }
}
