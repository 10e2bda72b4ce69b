//! Design files on the command line, and the report that compares two designs.

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

/// The first design file that docs/designs.md shows.
fn of_the_document() -> String {
    let text =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/designs.md")).unwrap();
    let block = text.split("```toml\n").nth(1).unwrap();
    block.split("```").next().unwrap().to_owned()
}

#[test]
fn the_fix_of_11091_is_ten_lines_and_fixes_it() {
    let file = of_the_document();
    assert!(file.lines().count() <= 10, "{file}");
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("my-fix.toml");
    std::fs::write(&path, file).unwrap();
    let fix = path.to_str().unwrap();
    let output = shimproof(&["compare", "nil-check-missing-node", fix, "containerd-11091"]);
    assert_eq!(output.status.code(), Some(0));
    let text = stdout(&output);
    assert!(text.contains("options-accepted"), "{text}");
    assert!(text.contains("fixed, 0 regressed"), "{text}");
    // `changed` fails on what is better too.
    let output = shimproof(&[
        "compare",
        "nil-check-missing-node",
        fix,
        "containerd-11091",
        "--fail-on",
        "changed",
    ]);
    assert_eq!(output.status.code(), Some(1));

    let verified = shimproof(&["verify", "containerd-11091", "--design", fix, "--format", "json"]);
    assert_eq!(verified.status.code(), Some(0));
    let document: Value = serde_json::from_str(&stdout(&verified)).unwrap();
    let accepted = document["results"].as_array().unwrap();
    let accepted = accepted
        .iter()
        .find(|result| result["property"] == "options-accepted")
        .unwrap();
    assert_eq!(accepted["verdict"], "holds");
    // What holds rests on what the file proposes.
    let rests_on = accepted["rests_on"].as_array().unwrap();
    assert!(
        rests_on.iter().any(|fact| {
            fact["known"] == "proposed"
                && fact["field"] == "io-owner-guard"
                && fact["row"] == "containerd my-fix"
        }),
        "{rests_on:?}"
    );
    let text = stdout(&shimproof(&["verify", "containerd-11091", "--design", fix]));
    assert!(
        text.contains("What holds rests on what the design proposes"),
        "{text}"
    );
    let shown = stdout(&shimproof(&["show", "designs", fix]));
    assert!(
        shown.contains("guard io_owner:") && shown.contains("in place of"),
        "{shown}"
    );
    let runs = shimproof(&["simulate", "containerd-11091", "--design", fix, "--runs", "20"]);
    assert_eq!(runs.status.code(), Some(0), "{}", stdout(&runs));
}

#[test]
fn a_design_file_that_cannot_be_used_ends_with_its_place() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("fix.toml");
    std::fs::write(
        &path,
        "base = \"v2.0.1\"\n[guards]\nio_owner.when = \"userns.mode = 'POD'\"\n",
    )
    .unwrap();
    let fix = path.to_str().unwrap();
    for arguments in [
        &["verify", "containerd-11091", "--design", fix][..],
        &["verify", "--design", fix],
        &["compare", "v2.0.1", fix],
        &["show", "designs", fix],
        &["simulate", "--design", fix, "--runs", "1"],
    ] {
        let output = shimproof(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty());
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(text.contains("fix.toml:3:30"), "{text}");
    }
    let missing = shimproof(&["verify", "containerd-11091", "--design", "no-such-design.toml"]);
    assert_eq!(missing.status.code(), Some(2));
}

#[test]
fn the_variables_are_listed() {
    let output = shimproof(&["show", "designs", "--variables"]);
    assert_eq!(output.status.code(), Some(0));
    insta::assert_snapshot!(stdout(&output));
    let json = shimproof(&["show", "designs", "--variables", "--format", "json"]);
    let document: Value = serde_json::from_str(&stdout(&json)).unwrap();
    assert_eq!(document.as_array().unwrap().len(), 11);
    assert_eq!(
        shimproof(&["show", "shims", "--variables"]).status.code(),
        Some(2)
    );
}

#[test]
fn the_report_of_the_reopened_hole_is_a_page_that_can_be_followed() {
    let output = shimproof(&["compare", "v2.3.3", "v2.3.4"]);
    assert_eq!(output.status.code(), Some(1));
    let text = stdout(&output);
    assert!(
        text.contains("introspection: runc-v2-only → every-handler"),
        "{text}"
    );
    assert!(
        text.lines().count() <= 66,
        "more than a page: {}",
        text.lines().count()
    );
    // The search finds the kubelet's upgrade, and the host's network; the sweep finds the latter.
    assert!(
        text.contains("gvisor-kubelet-upgrade") && text.contains("gvisor-host-network"),
        "{text}"
    );
    let number = text
        .lines()
        .find(|line| line.contains("regressed") && line.contains("create-rejected at shim-create"))
        .and_then(|line| line.trim().strip_prefix('#')?.split(' ').next())
        .unwrap()
        .to_owned();
    let followed = shimproof(&["compare", "v2.3.3", "v2.3.4", "--trace", &number]);
    assert_eq!(followed.status.code(), Some(0));
    let followed = stdout(&followed);
    assert!(
        followed.contains("Under v2.3.3") && followed.contains("Under v2.3.4"),
        "{followed}"
    );
    assert!(
        followed.contains("can't unmarshal type \"containerd.runc.v1.Options\""),
        "{followed}"
    );
    assert_eq!(
        shimproof(&["compare", "v2.3.3", "v2.3.4", "--trace", "9999"])
            .status
            .code(),
        Some(2)
    );
    // The command of a line prints the trace of that line.
    let command = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("shimproof verify "))
        .unwrap();
    let arguments: Vec<&str> = std::iter::once("verify")
        .chain(command.split_whitespace())
        .collect();
    let verified = shimproof(&arguments);
    assert_eq!(verified.status.code(), Some(1));
    assert!(stdout(&verified).contains("  ⇒ "), "{}", stdout(&verified));
}

/// The fix of #11091 takes the owner from ordinary pods, and youki gives pipes to nobody: seen with real components.
#[test]
fn the_fix_of_11091_fixes_gvisor_and_regresses_pipes_under_youki() {
    let schema =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/compare.schema.json"));
    let schema: Value = serde_json::from_str(&schema.unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let json = |arguments: &[&str]| -> Value {
        let document = serde_json::from_str(&stdout(&shimproof(arguments))).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&document)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{arguments:?}: {errors:?}");
        document
    };
    json(&["compare", "--format", "json"]);
    let document = json(&[
        "compare",
        "nil-check-missing-node",
        "nil-or-node",
        "--format",
        "json",
    ]);
    let classes = document["sweep"]["classes"].as_array().unwrap();
    let class = |change: &str, before: &str, after: &str| {
        classes
            .iter()
            .find(|class| {
                class["change"] == change
                    && class["before"].as_str().unwrap().contains(before)
                    && class["after"].as_str().unwrap().contains(after)
            })
            .unwrap()["where"]
            .to_string()
    };
    let fixed = class("fixed", "create-rejected at shim-create", "runs");
    assert!(
        fixed.contains("runsc") && fixed.contains("ordinary pod"),
        "{fixed}"
    );
    let regressed = class("regressed", "runs", "runs, violates pipe-openable");
    assert!(
        regressed.contains("ordinary pod, uid 1000") && regressed.contains("youki"),
        "{regressed}"
    );
    let verdicts = document["rows"].as_array().unwrap();
    let verdict = |change: &str, property: &str| {
        verdicts
            .iter()
            .any(|row| row["change"] == change && row["property"] == property)
    };
    assert!(verdict("fixed", "options-accepted") && verdict("regressed", "pipe-openable"));
}

/// The cells of the first table of docs/designs.md that has a row for `type-as-configured`: by property, in the order of designs.
fn verdicts_of_the_document(text: &str) -> Vec<(String, Vec<String>)> {
    text.lines()
        .filter(|line| line.starts_with("| `"))
        .filter_map(|line| {
            let mut cells = line.trim_matches('|').split('|').map(str::trim);
            let property = cells.next()?.trim_matches('`').to_owned();
            let verdicts: Vec<String> = cells.map(str::to_owned).collect();
            (verdicts.len() == PROPOSALS.len() + 1).then_some((property, verdicts))
        })
        .collect()
}

/// The proposals, in the order of the table.
const PROPOSALS: [&str; 4] = [
    "builtin-shim-only",
    "type-checked",
    "type-checked-or-runc-v2",
    "owner-or-refuse",
];

/// A text without its line breaks.
fn in_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A number as the document writes it.
fn written(number: u64) -> String {
    if number < 1000 {
        number.to_string()
    } else {
        format!("{},{:03}", number / 1000, number % 1000)
    }
}

#[test]
fn the_verdicts_of_the_document_are_those_of_the_survey() {
    let text =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/designs.md")).unwrap();
    let designs = ["v2.3.4"].into_iter().chain(PROPOSALS);
    let surveys: Vec<Value> = designs
        .map(|design| {
            let output = shimproof(&["verify", "--design", design, "--format", "json"]);
            let document: Value = serde_json::from_str(&stdout(&output)).unwrap();
            document[0].clone()
        })
        .collect();
    let rows = verdicts_of_the_document(&text);
    assert_eq!(rows.len(), 6, "{rows:?}");
    for (property, verdicts) in rows {
        for (verdict, survey) in verdicts.iter().zip(&surveys) {
            let asked: Vec<&Value> = ["any_client", "kubelets"]
                .iter()
                .flat_map(|part| survey[part].as_array().unwrap())
                .filter(|of| of["property"] == property.as_str())
                .collect();
            assert!(!asked.is_empty(), "{property}");
            let holds = asked.iter().all(|of| of["violated"] == 0 && of["open"] == 0);
            let expected = if holds { "holds" } else { "violated" };
            assert_eq!(
                verdict.split(' ').next(),
                Some(expected),
                "{property} of {}",
                survey["design"]
            );
        }
    }
    let count = |part: &str| -> u64 {
        let places = surveys[0][part].as_array().unwrap();
        places
            .iter()
            .map(|place| place["combinations"].as_u64().unwrap())
            .sum()
    };
    let (handlers, wrong, misframed) = (
        surveys[0]["handlers"].as_u64().unwrap(),
        count("incompatible"),
        count("misframed"),
    );
    let text = in_one_line(&text);
    for told in [
        format!("goes over {handlers} handlers"),
        format!("{wrong} are wrong by themselves, and in {misframed} the shim reads"),
        format!("The other {} are searched", handlers - wrong - misframed),
    ] {
        assert!(text.contains(&told), "docs/designs.md does not say: {told}");
    }
}

#[test]
fn the_costs_of_the_document_are_those_of_the_comparison() {
    let text =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/designs.md")).unwrap();
    let text = in_one_line(&text);
    for design in PROPOSALS {
        let output = shimproof(&["compare", "v2.3.4", design, "--format", "json"]);
        let document: Value = serde_json::from_str(&stdout(&output)).unwrap();
        let all = document["sweep"]["combinations"].as_u64().unwrap();
        let told = format!("out of {} combinations", written(all));
        assert!(text.contains(&told), "docs/designs.md does not say: {told}");
        // What started and does not, and what runs without its pipes.
        let classes = document["sweep"]["classes"].as_array().unwrap();
        let sum = |is: &dyn Fn(&str, &str) -> bool| -> u64 {
            classes
                .iter()
                .filter(|class| {
                    is(
                        class["before"].as_str().unwrap(),
                        class["after"].as_str().unwrap(),
                    )
                })
                .map(|class| class["combinations"].as_u64().unwrap())
                .sum()
        };
        let stopped = sum(&|before, after| before.starts_with("runs") && !after.starts_with("runs"));
        let pipes = sum(&|before, after| {
            after.starts_with("runs") && after.contains("pipe-openable") && !before.contains("pipe-openable")
        });
        let said = text
            .split(" * `")
            .find(|item| item.starts_with(&format!("{design}`: ")))
            .unwrap();
        let (expected_stopped, expected_pipes) = match design {
            "builtin-shim-only" => (said.contains("ran and do not"), said.contains("loses its owner")),
            "type-checked" => {
                assert!(said.contains(&format!("{pipes} combinations with")), "{said}");
                (!said.contains("no pod that started stops starting"), true)
            }
            "type-checked-or-runc-v2" => {
                assert!(
                    said.contains(&format!("for the absolute path only ({pipes})")),
                    "{said}"
                );
                (false, true)
            }
            _ => {
                let more = stopped - 120;
                assert!(
                    said.contains(&format!("{more} more are of systemd-shim")),
                    "{said}"
                );
                (said.contains("do not start"), false)
            }
        };
        assert_eq!(
            (stopped > 0, pipes > 0),
            (expected_stopped, expected_pipes),
            "{design}"
        );
        let rows = document["rows"].as_array().unwrap();
        let regressed: Vec<&Value> = rows
            .iter()
            .filter(|row| row["change"] == "regressed")
            .map(|row| &row["property"])
            .collect();
        assert!(
            regressed.iter().all(|property| *property == "no-leaked-shim"),
            "{design}: {regressed:?}"
        );
    }
}
