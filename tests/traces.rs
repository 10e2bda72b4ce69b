//! Traces, graphs and reproducers on the command line, and what `docs/traces.md` says of them.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::path::{Path, PathBuf};
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn shimproof(arguments: &[&str]) -> Output {
    Command::cargo_bin("shimproof")
        .unwrap()
        .current_dir(root())
        .args(arguments)
        .output()
        .unwrap()
}

/// What the command prints, with the exit code that is expected.
fn printed(arguments: &[&str], code: i32) -> String {
    let output = shimproof(arguments);
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {told}");
    String::from_utf8(output.stdout).unwrap()
}

/// The first block of a document that is fenced as `language`.
fn block(document: &str, language: &str) -> String {
    let text = std::fs::read_to_string(root().join(document)).unwrap();
    let (_, rest) = text.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("```").unwrap().0.to_owned()
}

fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    found.sort();
    found
}

#[test]
fn the_story_and_the_diagram_of_the_document_are_what_the_commands_give() {
    let first = block("docs/traces.md", "sh");
    let arguments: Vec<&str> = first.split_whitespace().skip(4).collect();
    let story = printed(&arguments, 1);
    assert!(story.contains(&block("docs/traces.md", "text")), "{story}");

    let kept = tempfile::tempdir().unwrap();
    let into = kept.path().to_str().unwrap();
    let mut drawing = arguments.clone();
    drawing.extend(["--trace-dir", into, "--trace-format", "mermaid"]);
    printed(&drawing, 1);
    let drawn = std::fs::read_to_string(&files(kept.path())[0]).unwrap();
    assert_eq!(drawn, block("docs/traces.md", "mermaid"));
}

#[test]
fn what_was_found_once_is_found_again() {
    let told = printed(&["replay", "tests/traces"], 0);
    assert!(!told.is_empty());
    let schema = std::fs::read_to_string(root().join("schemas/trace.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    for file in files(&root().join("tests/traces")) {
        let trace: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        if let Err(error) = schema.validate(&trace) {
            panic!("{}: {error}", file.display());
        }
    }
}

#[test]
fn whole_states_are_printed_on_request() {
    let ask = [
        "verify",
        "containerd-11091",
        "--design",
        "nil-check-missing-node",
        "--property",
        "options-accepted",
    ];
    let field = "containerd.configuration: config.toml";
    assert!(!printed(&ask, 1).contains(field));
    let full = printed(&[&ask[..], &["--full"]].concat(), 1);
    // At the beginning and after each of ten steps.
    assert_eq!(full.matches(field).count(), 11, "{full}");
    assert!(full.contains("pod.phase: a sync is due → syncing"), "{full}");

    let kept = tempfile::tempdir().unwrap();
    let into = kept.path().to_str().unwrap();
    printed(&[&ask[..], &["--trace-dir", into]].concat(), 1);
    assert!(!printed(&["replay", into], 0).contains(field));
    assert!(printed(&["replay", into, "--full"], 0).contains(field));
}

#[test]
fn the_clause_that_is_false_is_kept_with_its_values() {
    let kept = tempfile::tempdir().unwrap();
    let into = kept.path().to_str().unwrap();
    let ask = ["verify", "CVE-2025-47291", "--property", "options-preserved"];
    printed(&[&ask[..], &["--trace-dir", into]].concat(), 1);
    let trace = std::fs::read_to_string(&files(kept.path())[0]).unwrap();
    let trace: Value = serde_json::from_str(&trace).unwrap();
    assert_eq!(trace["clause"]["formula"], "table(sandbox) ⊆ fields(m.options)");
    let values = trace["clause"]["values"].as_array().unwrap();
    let table = values
        .iter()
        .find(|value| value["field"] == "table(sandbox)")
        .unwrap();
    assert!(
        table["value"].as_str().unwrap().contains("SystemdCgroup"),
        "{trace}"
    );
}

#[test]
fn a_reproducer_is_a_scenario_and_says_what_to_type() {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("some/where");
    let into = directory.to_str().unwrap();
    let ask = [
        "verify",
        "gvisor-kubelet-upgrade",
        "--property",
        "options-accepted",
        "--reproducer",
    ];
    printed(&[&ask[..], &[into]].concat(), 1);
    assert_eq!(files(place.path()).len(), 1, "nothing is left beside it");
    let readme = std::fs::read_to_string(directory.join("README.md")).unwrap();
    for part in [
        "| kubelet | 1.33.2 | UserNamespacesSupport on; what is upgraded to |",
        "# put kubelet 1.33.2 in place of the one that is installed",
        "systemctl restart kubelet",
        "crictl runp --runtime runsc crictl/pod-1.json",
        "shimproof verify . --property options-accepted",
        "can't unmarshal type \"containerd.runc.v1.Options\"",
    ] {
        assert!(readme.contains(part), "{part} is missing:\n{readme}");
    }
    // The pod of 1.29 runs, without the user namespace that it asks for.
    printed(&["predict", into], 1);
    let verified = printed(&["verify", into, "--property", "options-accepted"], 1);
    assert!(
        verified.contains("options-accepted is violated by these"),
        "{verified}"
    );
    printed(&["predict", "--score", into], 0);

    // What is there stays as it is.
    let before = readme;
    let again = shimproof(&[&ask[..], &[into]].concat());
    assert_eq!(again.status.code(), Some(2));
    assert!(
        String::from_utf8(again.stderr)
            .unwrap()
            .contains("has something in it")
    );
    assert_eq!(
        std::fs::read_to_string(directory.join("README.md")).unwrap(),
        before
    );
}

#[test]
fn the_requests_of_any_client_are_exactly_those_of_the_counterexample() {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("any");
    let into = directory.to_str().unwrap();
    printed(
        &[
            "verify",
            "any-client-gvisor",
            "--property",
            "options-accepted",
            "--reproducer",
            into,
        ],
        1,
    );
    let config = |name: &str| -> Value {
        let text = std::fs::read_to_string(directory.join("crictl").join(name)).unwrap();
        let config: Value = serde_json::from_str(&text).unwrap();
        config["linux"]["security_context"]["namespace_options"]["userns_options"].clone()
    };
    // An ordinary sandbox, and a container with a user namespace: each configuration of the second request has one.
    assert_eq!(config("container-1.json")["mode"], 0);
    assert!(config("container-1.json")["uids"][0]["length"].is_u64());
    let readme = std::fs::read_to_string(directory.join("README.md")).unwrap();
    assert!(readme.contains("about a client that is no kubelet"), "{readme}");
    assert!(!readme.contains("kubectl"), "{readme}");
    printed(&["verify", into, "--property", "options-accepted"], 1);
}

#[test]
fn what_nobody_can_install_has_no_reproducer() {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join("reproducer");
    let into = directory.to_str().unwrap();
    for (arguments, code, part) in [
        (&["joins-userns-admitted"][..], 2, "a shim that was made up"),
        (
            &["gvisor-userns-admitted", "--design", "type-checked"],
            2,
            "is a proposal",
        ),
        (
            &["containerd-11091", "--design", "v2.3.4", "--design", "v2.0.0"],
            2,
            "one release of containerd at a time",
        ),
        (
            &["containerd-11091-fixed", "--property", "options-accepted"],
            0,
            "nothing to reproduce",
        ),
    ] {
        let output = shimproof(&[&["verify"], arguments, &["--reproducer", into]].concat());
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {told}");
        assert!(told.contains(part), "{arguments:?}: {told}");
        assert!(files(place.path()).is_empty(), "{arguments:?}");
    }
}

#[test]
fn graphs_are_documents_that_others_read() {
    let founding = [
        "graph",
        "examples/containerd-11091",
        "--design",
        "nil-check-missing-node",
    ];
    let graph = |more: &[&str]| printed(&[&founding[..], more].concat(), 0);
    assert!(graph(&["--faults", "0"]).contains("The fewest transitions that cut off every such run: 1"));
    let dot = graph(&["--by", "outcome", "--format", "dot"]);
    assert!(
        dot.starts_with("digraph") && dot.trim_end().ends_with('}'),
        "{dot}"
    );
    for format in ["graphml", "svg"] {
        let document = graph(&["--by", "outcome", "--format", format]);
        let parsed = roxmltree::Document::parse(&document).unwrap();
        let name = parsed.root_element().tag_name().name();
        assert_eq!(name, format, "{document}");
    }
    for (arguments, part) in [
        (&["--by", "outcom"][..], "no field is called `outcom`"),
        (&["--format", "svg"], "a picture of"),
        (&["--max-states", "10"], "give fewer faults"),
        (&["--property", "options-acepted"], "options-accepted"),
    ] {
        let output = shimproof(&[&founding[..], arguments].concat());
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {told}");
        assert!(told.contains(part), "{arguments:?}: {told}");
    }
}
