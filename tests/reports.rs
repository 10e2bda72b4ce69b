//! Reports as files: each format, what cannot be written, and that the same command gives the same bytes.

#![expect(clippy::unwrap_used, reason = "what a test cannot do fails it")]

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use serde_json::Value;

/// A comparison backwards, so that something regresses, in one scenario.
const BACKWARDS: [&str; 4] = [
    "compare",
    "nil-or-node",
    "nil-check-missing-node",
    "containerd-11091",
];

fn shimproof(arguments: &[&str]) -> Output {
    Command::cargo_bin("shimproof")
        .unwrap()
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(arguments)
        .output()
        .unwrap()
}

fn stdout(arguments: &[&str]) -> String {
    String::from_utf8(shimproof(arguments).stdout).unwrap()
}

fn json(path: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn assert_valid(schema: &str, document: &Value) {
    let validator = jsonschema::validator_for(&json(schema)).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

#[test]
fn json_and_sarif_follow_their_schemas() {
    let comparison =
        serde_json::from_str(&stdout(&[&BACKWARDS[..], &["--format", "json"]].concat())).unwrap();
    assert_valid("schemas/compare.schema.json", &comparison);
    assert!(
        comparison["results"]
            .as_array()
            .unwrap()
            .iter()
            .all(|result| result.get("seconds").is_none())
    );
    let sarif: Value =
        serde_json::from_str(&stdout(&[&BACKWARDS[..], &["--format", "sarif"]].concat())).unwrap();
    assert_valid("tests/fixtures/sarif-schema-2.1.0.json", &sarif);
    assert!(!sarif["runs"][0]["results"].as_array().unwrap().is_empty());
    // The schema can say no.
    let mut wrong = sarif.clone();
    wrong["runs"][0]["results"][0]["level"] = "terrible".into();
    assert!(
        !jsonschema::validator_for(&json("tests/fixtures/sarif-schema-2.1.0.json"))
            .unwrap()
            .is_valid(&wrong)
    );
}

/// What a report of a design file points at is the line of that file.
#[test]
fn a_finding_is_at_the_line_of_the_design_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("my fix.toml");
    std::fs::write(
        &file,
        "base = \"v2.0.1\"\ntitle = \"An owner for everyone\"\nsources = []\n\n[guards]\nio_owner.when = \"true\"\n",
    )
    .unwrap();
    let output = Command::cargo_bin("shimproof")
        .unwrap()
        .current_dir(directory.path())
        .args([
            "compare",
            "v2.0.1",
            "my fix.toml",
            "containerd-11091",
            "--format",
            "sarif",
        ])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let sarif: Value = serde_json::from_slice(&output.stdout).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert!(!results.is_empty());
    for result in results {
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "my%20fix.toml");
        assert_eq!(place["region"]["startLine"], 6);
        assert!(
            result["message"]["text"]
                .as_str()
                .unwrap()
                .contains("shimproof verify containerd-11091")
        );
        let flow = &result["codeFlows"][0]["threadFlows"][0]["locations"];
        assert!(flow.as_array().unwrap().len() > 5);
    }
}

#[test]
fn a_report_is_written_whole_or_not_at_all() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("report.html");
    let name = file.to_str().unwrap();
    let written = shimproof(&["compare", "--format", "html", "--output", name]);
    assert_eq!(written.status.code(), Some(0));
    let text = std::fs::read_to_string(&file).unwrap();
    assert_eq!(
        text,
        stdout(&["compare", "--format", "html"]),
        "the file is what is printed"
    );
    assert!(text.ends_with("</html>\n") || text.ends_with("</html>"));
    assert!(
        !text.contains(directory.path().to_str().unwrap()),
        "where it stands is no part of it"
    );

    let missing = directory.path().join("missing/report.html");
    let refused = shimproof(&[
        "compare",
        "--format",
        "html",
        "--output",
        missing.to_str().unwrap(),
    ]);
    assert_eq!(refused.status.code(), Some(2));
    let diagnostic = String::from_utf8(refused.stderr).unwrap();
    assert!(diagnostic.contains("cannot be written"), "{diagnostic}");
    let refused = shimproof(&[
        "compare",
        "--format",
        "html",
        "--output",
        directory.path().to_str().unwrap(),
    ]);
    assert_eq!(refused.status.code(), Some(2));
    let left: Vec<_> = std::fs::read_dir(directory.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "nothing half written: {left:?}");
}

#[test]
fn the_same_command_gives_the_same_bytes() {
    for format in ["html", "markdown", "junit", "sarif", "json"] {
        let arguments = [&BACKWARDS[..], &["--format", format]].concat();
        let first = shimproof(&arguments);
        assert_eq!(first.status.code(), Some(1), "{format}");
        assert_eq!(first.stdout, shimproof(&arguments).stdout, "{format}");
    }
}

#[test]
fn one_line_of_the_catalogue_is_text_or_json() {
    let refused = shimproof(&["compare", "v2.3.3", "v2.3.4", "--trace", "1", "--format", "html"]);
    assert_eq!(refused.status.code(), Some(2));
    let diagnostic = String::from_utf8(refused.stderr).unwrap();
    assert!(
        diagnostic.contains("prints text or JSON, not html"),
        "{diagnostic}"
    );
}

#[test]
fn induction_is_part_of_a_report_that_asks_for_it() {
    let text = stdout(&["compare", "--induction", "--format", "markdown"]);
    assert!(
        text.contains("Induction, nil-or-node, options-accepted"),
        "{text}"
    );
    assert!(!text.contains("was not asked"));
    assert!(text.contains("shimproof compare --induction --format markdown"));
    let refused = shimproof(&["compare", "--induction"]);
    assert_eq!(refused.status.code(), Some(2));
    let diagnostic = String::from_utf8(refused.stderr).unwrap();
    assert!(diagnostic.contains("no place for induction"), "{diagnostic}");
}
