//! Design files: what they mean, and what is said of those that mean nothing.

#![expect(clippy::unwrap_used, reason = "what a test cannot do fails it")]

use std::path::Path;

use miette::{GraphicalReportHandler, GraphicalTheme, Report};
use shimproof_model::Finite;
use shimproof_model::catalog::provenance::{Known, Row as _};
use shimproof_model::catalog::{Catalog, ContainerdField, IoOwnerGuard};
use shimproof_model::guards::{ContainerdGuards, OptionsState, Owner, RuntimeType};
use shimproof_model::{DecisionTable, UsernsMode};
use shimproof_scenario::{Design, DesignError, FORMS, PROPOSALS, Values, Yields, design_schema};

/// The design of a file, beside others that it may name.
fn load(files: &[(&str, &str)]) -> Result<Design, DesignError> {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(directory.path().join(name), text).unwrap();
    }
    Design::find(
        Catalog::embedded(),
        directory.path().join(files[0].0).to_str().unwrap(),
    )
}

/// A design that differs from v2.3.4 in one guard.
fn guard(text: &str) -> Result<Design, DesignError> {
    load(&[("fix.toml", &format!("base = \"v2.3.4\"\n[guards]\n{text}\n"))])
}

/// The diagnostic, without the directory of the test.
fn diagnostic(files: &[(&str, &str)]) -> String {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(directory.path().join(name), text).unwrap();
    }
    let given = directory.path().join(files[0].0);
    let error = match Design::find(Catalog::embedded(), given.to_str().unwrap()) {
        Ok(design) => panic!("{} was accepted", design.name),
        Err(DesignError::File(error)) => Report::new(*error),
        Err(error) => panic!("{error}"),
    };
    let mut text = String::new();
    GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
        .with_width(120)
        .render_report(&mut text, error.as_ref())
        .unwrap();
    text.replace(&format!("{}/", directory.path().display()), "")
}

fn of_guard(text: &str) -> String {
    diagnostic(&[("fix.toml", &format!("base = \"v2.3.4\"\n[guards]\n{text}\n"))])
}

#[test]
fn an_expression_that_says_what_a_release_does_is_its_table() {
    let release = Design::named(Catalog::embedded(), "v2.3.4").unwrap();
    for (text, same) in [
        ("io_owner.when = \"!(userns.mode in ['nil', 'NODE'])\"", true),
        (
            "io_owner.when = \"userns.mode != 'nil' && userns.mode != 'NODE'\"",
            true,
        ),
        ("io_owner.when = \"userns.mode != 'nil'\"", false),
        ("io_owner.when = \"userns.mode == 'POD'\"", false),
    ] {
        let design = guard(text).unwrap();
        let agrees = <(UsernsMode, RuntimeType, OptionsState)>::all().all(|input| {
            design.containerd.guards.io_owner.decide(input)
                == release.containerd.guards.io_owner.decide(input)
        });
        assert_eq!(agrees, same, "{text}");
    }
}

/// Every guard of a release can be written, and then decides what the release decides.
#[test]
fn every_guard_of_a_release_can_be_written_as_an_expression() {
    let text = r#"
base = "v2.0.1"
[guards]
io_owner.when = "!(userns.mode in ['nil', 'NODE'])"
task_options_base.decision = """
runtime.options.value == 'nil' ? 'fresh' : runtime.options.type_url == 'other' ? 'fail' : 'copy'"""
task_api_endpoint.decision = "task.options.base == 'fail' ? 'skip' : 'write'"
format_options.when = "task.options.type_url == 'containerd.runc.v1.Options'"
options_fallback.decision = "task.options.value == 'nil' ? 'runtime' : 'task'"
info_options.decision = "task.options.value == 'nil' ? 'runtime' : 'task'"
start.when = "!sandbox.in_store || shim.protocol_below_3"
introspect.when = "true"
pin_userns.when = "network.mode == 'POD'"
mounts.decision = "request.idmapped_mounts ? 'idmapped' : userns.mode == 'POD' ? 'own-idmapped' : 'plain'"
same_userns_config.when = "!request.userns_differs"
"#;
    let written = load(&[("release.toml", text)]).unwrap().containerd.guards;
    let release = ContainerdGuards::of(Catalog::embedded().design_row("v2.3.4").unwrap());
    same(&written.io_owner, &release.io_owner);
    // A message of another type without value: copying it gives a new one, as the release does.
    same(&written.task_options_base, &release.task_options_base);
    same(&written.task_api_endpoint, &release.task_api_endpoint);
    same(&written.format_options, &release.format_options);
    same(&written.options_fallback, &release.options_fallback);
    same(&written.info_options.unwrap(), &release.info_options.unwrap());
    same(&written.start, &release.start);
    same(&written.introspect, &release.introspect);
    same(&written.pin_userns, &release.pin_userns);
    same(&written.mounts, &release.mounts);
    same(&written.same_userns_config, &release.same_userns_config);
}

fn same<I: Finite, O: Copy + PartialEq + std::fmt::Debug>(
    one: &DecisionTable<I, O>,
    two: &DecisionTable<I, O>,
) {
    for input in I::all() {
        assert_eq!(one.decide(input), two.decide(input), "{}: {input:?}", one.name());
    }
}

#[test]
fn the_proposals_decide_by_type() {
    let owner = |name: &str, options| {
        let design = Design::named(Catalog::embedded(), name).unwrap();
        let input = (UsernsMode::Pod, RuntimeType::RuncV2, options);
        design.containerd.guards.io_owner.decide(input) == Owner::Written
    };
    assert_eq!(PROPOSALS.len(), 4);
    assert!(owner("builtin-shim-only", OptionsState::Other));
    assert!(!owner("type-checked", OptionsState::Absent));
    assert!(owner("type-checked", OptionsState::Runc));
    assert!(owner("type-checked-or-runc-v2", OptionsState::Absent));
    assert!(!owner("type-checked-or-runc-v2", OptionsState::Other));
    // `builtin-shim-only` does not look at NODE.
    let builtin = Design::named(Catalog::embedded(), "builtin-shim-only").unwrap();
    let node = (UsernsMode::Node, RuntimeType::RuncV2, OptionsState::Runc);
    assert_eq!(builtin.containerd.guards.io_owner.decide(node), Owner::Written);
}

#[test]
fn a_behaviour_is_replaced_and_known_as_proposed() {
    let design = load(&[(
        "fix.toml",
        "base = \"v2.0.1\"\n[behaviour]\nio-owner-guard = \"unless-nil\"\ncompare-userns = false\n",
    )])
    .unwrap();
    let row = &design.containerd.row;
    assert_eq!((design.name.as_str(), row.id.as_str()), ("fix", "fix"));
    assert_eq!(row.io_owner_guard, IoOwnerGuard::UnlessNil);
    assert_eq!(row.known("io-owner-guard"), Known::Proposed);
    let base = Catalog::embedded().design_row("v2.0.1").unwrap();
    assert_eq!(row.known("pin-userns"), base.known("pin-userns"));
    let node = (UsernsMode::Node, RuntimeType::Other, OptionsState::Absent);
    assert_eq!(design.containerd.guards.io_owner.decide(node), Owner::Written);
    let fields: Vec<_> = design.changes.iter().map(|change| change.field).collect();
    assert_eq!(
        fields,
        [ContainerdField::IoOwnerGuard, ContainerdField::CompareUserns]
    );
}

#[test]
fn a_base_can_be_a_file_whose_guards_hold_on_until_they_are_replaced() {
    let first = "base = \"v2.0.1\"\n[behaviour]\npin-userns = \"none\"\n[guards]\nio_owner.when = \"userns.mode == 'POD'\"\n";
    let inherits = "base = \"first.toml\"\n[behaviour]\ncompare-userns = false\n";
    let design = load(&[("second.toml", inherits), ("first.toml", first)]).unwrap();
    let node = (UsernsMode::Container, RuntimeType::Other, OptionsState::Absent);
    assert_eq!(design.containerd.guards.io_owner.decide(node), Owner::NotWritten);
    assert_eq!(design.changes.len(), 3);
    assert_eq!(design.containerd.row.known("pin-userns"), Known::Proposed);
    let replaces = "base = \"first.toml\"\n[behaviour]\nio-owner-guard = \"unless-nil\"\n";
    let design = load(&[("second.toml", replaces), ("first.toml", first)]).unwrap();
    assert_eq!(design.containerd.guards.io_owner.decide(node), Owner::Written);
    assert_eq!(
        design
            .changes
            .iter()
            .filter(|change| change.guard.is_some())
            .count(),
        0
    );
}

#[test]
fn diagnostics_point_at_the_character() {
    insta::assert_snapshot!("cel-typo", of_guard("io_owner.when = \"userns.mode = 'POD'\""));
    insta::assert_snapshot!("cel-ends-early", of_guard("io_owner.when = \"userns.mode ==\""));
    insta::assert_snapshot!(
        "unknown-variable",
        of_guard("io_owner.when = \"userns.mode == 'POD' && runtime.option.type_url == ''\"")
    );
    insta::assert_snapshot!(
        "type-error",
        of_guard("io_owner.when = \"userns.mode == 'POD' && runtime.type\"")
    );
    insta::assert_snapshot!("not-a-word", of_guard("io_owner.when = \"userns.mode == 'Pod'\""));
    insta::assert_snapshot!(
        "no-value-for-a-combination",
        of_guard("io_owner.when = \"{'POD': true, 'NODE': false}[userns.mode]\"")
    );
    insta::assert_snapshot!(
        "an-unknown-type",
        of_guard("io_owner.when = \"runtime.options.type_url == 'runtimeoptions.v1.Options'\"")
    );
    insta::assert_snapshot!(
        "no-decision",
        of_guard("task_options_base.decision = \"runtime.options.type_url == '' ? 'fresh' : 'clone'\"")
    );
    insta::assert_snapshot!(
        "cannot-be-done",
        of_guard("task_options_base.decision = \"'copy'\"")
    );
    insta::assert_snapshot!(
        "unknown-base",
        diagnostic(&[("fix.toml", "base = \"nil-or-nod\"\n")])
    );
    insta::assert_snapshot!(
        "uncovered-base",
        diagnostic(&[("fix.toml", "base = \"v2.9.0\"\n")])
    );
    insta::assert_snapshot!(
        "missing-base-file",
        diagnostic(&[("fix.toml", "base = \"other.toml\"\n")])
    );
    insta::assert_snapshot!(
        "cyclic-base",
        diagnostic(&[
            ("a.toml", "base = \"b.toml\"\n"),
            ("b.toml", "base = \"c.toml\"\n"),
            ("c.toml", "title = \"c\"\nbase = \"b.toml\"\n"),
        ])
    );
    insta::assert_snapshot!(
        "unknown-behaviour",
        diagnostic(&[(
            "fix.toml",
            "base = \"v2.0.1\"\n[behaviour]\npin-usernss = \"none\"\n"
        )])
    );
    insta::assert_snapshot!(
        "unknown-behaviour-value",
        diagnostic(&[(
            "fix.toml",
            "base = \"v2.0.1\"\n[behaviour]\npin-userns = \"non\"\n"
        )])
    );
    insta::assert_snapshot!(
        "twice",
        diagnostic(&[(
            "fix.toml",
            "base = \"v2.0.1\"\n[behaviour]\nio-owner-guard = \"never\"\n[guards]\nio_owner.when = \"true\"\n"
        )])
    );
    insta::assert_snapshot!(
        "taken-name",
        diagnostic(&[("nil-or-node.toml", "base = \"v2.0.1\"\n")])
    );
    insta::assert_snapshot!(
        "unknown-guard",
        diagnostic(&[(
            "fix.toml",
            "base = \"v2.0.1\"\n[guards]\nio_owners.when = \"true\"\n"
        )])
    );
}

/// What is wrong is said in one line, whatever it is; nothing panics and nothing is accepted.
#[test]
fn expressions_that_no_guard_can_use_are_refused() {
    for text in [
        "''",
        "''''",
        "userns.mode",
        "'POD'",
        "1",
        "1.5 == 1.5",
        "null == null",
        "b'x' == b'x'",
        "has(userns.mode)",
        "userns.mode.startsWith('P')",
        "size(userns.mode) == 3",
        "userns.mode < 'POD'",
        "userns.mode + 'x' == 'PODx'",
        "userns",
        "userns.mode.x == ''",
        "['POD'].exists(mode, mode == userns.mode)",
        "userns.mode == true",
        "userns.mode in 'POD'",
        "userns.mode in ['POD', 'PODS']",
        "runtime.type == runtime.options.type_url",
        "runtime.type == 'io.containerd.kata.v2'",
        "true ? 'x' : false",
        "1 / 0 == 1",
        "google.protobuf.Any{} == userns.mode",
        "\u{fc} == ''",
        "!userns.mode",
        "userns.mode == 'POD' ? 1 / 0 == 1 : true",
        "true && ",
        "[0][1] == 1",
    ] {
        let written = format!("io_owner.when = {}", toml::Value::String(text.to_owned()));
        match guard(&written) {
            Err(DesignError::File(_)) => {}
            Err(error) => panic!("{text}: {error}"),
            Ok(_) => panic!("{text} was accepted"),
        }
    }
    for deep in [
        "(".repeat(900),
        "!".repeat(2000),
        "[".repeat(900),
        "{1:".repeat(500),
        "-".repeat(2000),
    ] {
        assert!(guard(&format!("io_owner.when = \"{deep}\"")).is_err());
    }
    let long = vec!["true"; 3000].join(" && ");
    assert!(guard(&format!("io_owner.when = \"{long}\"")).is_err());
}

/// What libraries say of these would tell who wrote the file nothing, or the wrong thing.
#[test]
fn diagnostics_are_in_the_words_of_who_writes_the_file() {
    let deep = format!("io_owner.when = \"{}true{}\"", "(".repeat(97), ")".repeat(97));
    let long = format!("io_owner.when = \"{}\"", vec!["true"; 3000].join(" && "));
    for (text, told) in [
        (
            "io_owner.when = \"(userns.mode == 'POD'\"",
            "ends where it should go on",
        ),
        (deep.as_str(), "nested too deeply"),
        (long.as_str(), "at most 2048 characters"),
        ("io_owner = \"true\"", "write the expression as `when`"),
        ("mounts = \"plain\"", "write the expression as `decision`"),
        ("io_owner.when = true", "a text stands between quotes"),
    ] {
        let said = of_guard(text);
        assert!(said.contains(told), "{said}");
        assert!(
            !said.contains("struct ") && !said.contains("OtherError"),
            "{said}"
        );
        assert!(said.contains("fix.toml:3:"), "{said}");
    }
    let said = diagnostic(&[("fix.toml", "base = \"v2.3.4\"\ntitle = \"a\\u001b[31mb\"\n")]);
    assert!(
        said.contains("fix.toml:2:9") && said.contains("control character"),
        "{said}"
    );
}

#[test]
fn every_variable_and_guard_is_explained() {
    for form in FORMS {
        assert!(!form.variables.is_empty(), "{}", form.guard);
        for variable in form.variables {
            assert!(!variable.meaning.is_empty());
            if let Values::Words(words) = variable.values {
                assert!(words.len() > 1 && words.iter().all(|(_, meaning)| !meaning.is_empty()));
            }
        }
        if let Yields::Decision(words) = form.yields {
            assert!(words.len() > 1);
        }
    }
}

#[test]
fn the_published_schema_is_that_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/design.schema.json");
    let text = format!("{:#}\n", design_schema());
    if std::env::var_os("SHIMPROOF_UPDATE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).unwrap_or_default() == text,
        "schemas/design.schema.json is out of date: run this test with SHIMPROOF_UPDATE=1"
    );
}

#[test]
fn the_schema_takes_what_the_tool_takes() {
    let validator = jsonschema::validator_for(&design_schema()).unwrap();
    let valid = |text: &str| {
        let value: toml::Table = toml::from_str(text).unwrap();
        validator.is_valid(&serde_json::to_value(value).unwrap())
    };
    for (path, text) in PROPOSALS {
        assert!(valid(text), "{path}");
    }
    assert!(valid(
        "base = \"v2.0.1\"\n[behaviour]\npin-userns = \"none\"\nconfig-max-version = 3\n"
    ));
    for wrong in [
        "title = \"no base\"",
        "base = \"v2.0.1\"\n[behaviour]\npin-userns = \"non\"\n",
        "base = \"v2.0.1\"\n[behaviour]\nid = \"x\"\n",
        "base = \"v2.0.1\"\n[guards]\nio_owner.decision = \"x\"\n",
        "base = \"v2.0.1\"\n[guards]\nio_owners.when = \"x\"\n",
    ] {
        assert!(!valid(wrong), "{wrong}");
        assert!(load(&[("fix.toml", wrong)]).is_err(), "{wrong}");
    }
}
