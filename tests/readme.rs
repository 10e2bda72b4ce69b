//! What the README and the documents show is what the command does.

#![expect(clippy::unwrap_used, reason = "what a test cannot do fails it")]

use std::path::Path;

use assert_cmd::Command;

/// The blocks of a Markdown text that are fenced as `language`.
fn blocks(text: &str, language: &str) -> Vec<Vec<String>> {
    let mut blocks = Vec::new();
    let mut block: Option<Vec<String>> = None;
    for line in text.lines() {
        match &mut block {
            Some(lines) if line == "```" => {
                blocks.push(std::mem::take(lines));
                block = None;
            }
            Some(lines) => lines.push(line.to_owned()),
            None if line == format!("```{language}") => block = Some(Vec::new()),
            None => {}
        }
    }
    blocks
}

fn read(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

fn run(line: &str) -> std::process::Output {
    let arguments = line.strip_prefix("cargo run --release -- ").unwrap();
    // What is written goes elsewhere.
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("target")).unwrap();
    let elsewhere = format!("--output {}/", directory.path().display());
    let arguments = arguments.replace("--output ", &elsewhere);
    Command::cargo_bin("shimproof")
        .unwrap()
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(arguments.split_whitespace())
        .output()
        .unwrap()
}

#[test]
fn every_command_line_works() {
    let mut lines = 0;
    // What continuous integration runs as a step of its own is not run here as well.
    let steps = read(".ci/run");
    let is_a_step = |line: &str| steps.lines().any(|step| step == format!("step {line}"));
    // A reproducer is written into a directory that is new or empty.
    let reproducer = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/reproducer");
    if reproducer.exists() {
        std::fs::remove_dir_all(reproducer).unwrap();
    }
    for document in [
        "README.md",
        "CONTRIBUTING.md",
        "docs/scenarios.md",
        "docs/model.md",
        "docs/designs.md",
        "docs/soundness.md",
        "docs/simulation.md",
        "docs/traces.md",
        "docs/ci.md",
        "docs/mutants.md",
        "docs/reports.md",
    ] {
        for line in blocks(&read(document), "sh").concat() {
            if line.starts_with("cargo run --release -- ") && !is_a_step(&line) {
                let code = run(&line).status.code();
                assert!(
                    matches!(code, Some(0 | 1)),
                    "{document}: `{line}` ends with {code:?}"
                );
                lines += 1;
            }
        }
    }
    assert!(lines >= 10);
}

#[test]
fn the_output_in_the_readme_is_the_output_of_its_first_command() {
    let readme = read("README.md");
    let first = blocks(&readme, "sh")[0][0].clone();
    let output = String::from_utf8(run(&first).stdout).unwrap();
    let mut rest = output.lines();
    for line in &blocks(&readme, "text")[0] {
        if line.trim() != "[…]" {
            assert!(
                rest.any(|printed| printed == line),
                "not printed, or not in this order: {line}"
            );
        }
    }
}

#[test]
fn the_scenario_in_the_documents_is_a_scenario() {
    let text = blocks(&read("docs/scenarios.md"), "toml").concat().join("\n");
    let directory = tempfile::tempdir().unwrap();
    let founding = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/containerd-11091");
    for name in ["config.toml", "pod.yaml", "runtimeclass.yaml"] {
        std::fs::copy(founding.join(name), directory.path().join(name)).unwrap();
    }
    std::fs::copy(
        founding.join("config.toml"),
        directory.path().join("config-2.toml"),
    )
    .unwrap();
    let kubelet = "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n";
    std::fs::write(directory.path().join("kubelet.yaml"), kubelet).unwrap();
    std::fs::write(directory.path().join("scenario.toml"), text).unwrap();
    let output = Command::cargo_bin("shimproof")
        .unwrap()
        .arg("verify")
        .arg(directory.path())
        .output()
        .unwrap();
    assert_eq!(
        output.status.code(),
        Some(1),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
