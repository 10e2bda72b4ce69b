//! What a user sees when a scenario cannot be used: which file, where, and how to mend it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};
use shimproof_scenario::{Scenario, ScenarioError, Which};

const SCENARIO: &str = r#"name = "test"
title = "a test"

[kubernetes]
version = "1.33.0"

[containerd]
version = "v2.0.1"
config = "config.toml"

[pod]
manifest = "pod.yaml"
runtime-class = "runtimeclass.yaml"
"#;
const CONFIG: &str = "version = 3

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runsc]
  runtime_type = 'io.containerd.runsc.v1'
";
const POD: &str = "apiVersion: v1
kind: Pod
metadata:
  name: test
spec:
  runtimeClassName: gvisor
  containers:
  - name: app
    image: busybox
";
const CLASS: &str = "apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata:
  name: gvisor
handler: runsc
";

/// All scenarios of this file live below one directory, which is the working one: their paths, and so the
/// wrapping of lines, are the same on every machine.
static ROOT: LazyLock<tempfile::TempDir> = LazyLock::new(|| {
    let root = tempfile::tempdir().unwrap();
    std::env::set_current_dir(root.path()).unwrap();
    root
});
static COUNT: AtomicUsize = AtomicUsize::new(100);

struct Directory(PathBuf);

impl Directory {
    fn new() -> Self {
        LazyLock::force(&ROOT);
        let directory = Self(PathBuf::from(format!(
            "d{}",
            COUNT.fetch_add(1, Ordering::Relaxed)
        )));
        fs::create_dir(&directory.0).unwrap();
        for (name, text) in [
            ("scenario.toml", SCENARIO),
            ("config.toml", CONFIG),
            ("pod.yaml", POD),
            ("runtimeclass.yaml", CLASS),
        ] {
            directory.write(name, text);
        }
        directory
    }

    fn path(&self) -> &Path {
        &self.0
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path().join(name), text).unwrap();
    }

    fn edit(&self, name: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path().join(name)).unwrap();
        assert!(text.contains(from));
        self.write(name, &text.replace(from, to));
    }

    fn run(&self) -> Result<(), ScenarioError> {
        let scenario = Scenario::load(self.path())?;
        let loaded = scenario.containerd_config(Which::Before, &common::v2_0())?;
        scenario.check_handlers(&common::config(loaded))
    }

    fn report(&self) -> String {
        let error = self.run().unwrap_err();
        assert!(error.code().is_some());
        let mut text = String::new();
        let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
            .with_width(90)
            .with_links(false);
        handler.render_report(&mut text, &error).unwrap();
        text.replace(&format!("{}/", self.path().display()), "")
    }
}

fn after(name: &str, from: &str, to: &str) -> String {
    let directory = Directory::new();
    directory.edit(name, from, to);
    directory.report()
}

#[test]
fn the_scenario_that_the_others_break_is_usable() {
    Directory::new().run().unwrap();
}

#[test]
fn scenario_file() {
    insta::assert_snapshot!(
        "unknown_key",
        after("scenario.toml", "manifest", "manifst = \"x\"\nmanifest")
    );
    insta::assert_snapshot!(
        "unknown_section",
        after("scenario.toml", "[pod]", "[verfy]\npods = 1\n[pod]")
    );
    insta::assert_snapshot!(
        "unknown_budget",
        after(
            "scenario.toml",
            "[pod]",
            "[verify]\nbudget = { shim-crsh = 1 }\n[pod]"
        )
    );
    insta::assert_snapshot!("missing_key", after("scenario.toml", "version = \"1.33.0\"", ""));
    insta::assert_snapshot!("wrong_type", after("scenario.toml", "\"1.33.0\"", "1.33"));
    insta::assert_snapshot!(
        "unknown_stage",
        after(
            "scenario.toml",
            "[pod]",
            "[expect]\nstage = \"shim-creat\"\n[pod]"
        )
    );
    insta::assert_snapshot!(
        "unknown_defect",
        after(
            "scenario.toml",
            "[pod]",
            "[expect]\ndefects = [\"option-lots:X\"]\n[pod]"
        )
    );
    insta::assert_snapshot!(
        "unknown_verdict",
        after(
            "scenario.toml",
            "[pod]",
            "[expect]\nverdicts = { a = \"hold\" }\n[pod]"
        )
    );
    insta::assert_snapshot!(
        "image_user",
        after("scenario.toml", "[pod]", "[pod]\nimage-user = \"nginx\"")
    );
    insta::assert_snapshot!(
        "oci_runtime",
        after(
            "scenario.toml",
            "[pod]",
            "[oci-runtimes.runc]\nname = \"runc\"\n[pod]"
        )
    );
    insta::assert_snapshot!(
        "not_toml",
        after("scenario.toml", "name = \"test\"", "name = \"test")
    );
    insta::assert_snapshot!(
        "unknown_container",
        after("scenario.toml", "[pod]", "[pod]\ncontainer = \"ap\"")
    );
}

#[test]
fn missing_files() {
    insta::assert_snapshot!(
        "missing_manifest",
        after("scenario.toml", "pod.yaml", "pods.yaml")
    );
    insta::assert_snapshot!(
        "missing_import",
        after(
            "config.toml",
            "version = 3",
            "version = 3\nimports = ['conf.d/a.toml']"
        )
    );
    let directory = Directory::new();
    fs::remove_file(directory.path().join("scenario.toml")).unwrap();
    insta::assert_snapshot!("missing_scenario", directory.report());
}

#[test]
fn containerd_configuration() {
    insta::assert_snapshot!("version_5", after("config.toml", "version = 3", "version = 5"));
    insta::assert_snapshot!(
        "negative_version",
        after("config.toml", "version = 3", "version = -1")
    );
    insta::assert_snapshot!(
        "config_not_toml",
        after("config.toml", "runtime_type =", "runtime_type")
    );
    insta::assert_snapshot!(
        "config_wrong_type",
        after("config.toml", "'io.containerd.runsc.v1'", "7")
    );
    insta::assert_snapshot!(
        "config_options",
        after("config.toml", "runtime_type", "options = 'x'\n  runtime_type")
    );
    insta::assert_snapshot!(
        "config_deep",
        after(
            "config.toml",
            "version = 3",
            &format!("a = {}{}", "[".repeat(5000), "]".repeat(5000))
        )
    );
}

#[test]
fn pods() {
    insta::assert_snapshot!("not_yaml", after("pod.yaml", "  containers:", "  containers: ["));
    insta::assert_snapshot!(
        "pod_wrong_type",
        after("pod.yaml", "  containers:", "  hostUsers: 7\n  containers:")
    );
    insta::assert_snapshot!(
        "contradiction",
        after(
            "pod.yaml",
            "  containers:",
            "  hostUsers: false\n  hostPID: true\n  containers:"
        )
    );
    insta::assert_snapshot!(
        "no_containers",
        after(
            "pod.yaml",
            "  containers:\n  - name: app\n    image: busybox\n",
            "  containers: []\n"
        )
    );
    insta::assert_snapshot!("no_pod", after("pod.yaml", "kind: Pod", "kind: Deployment"));
    insta::assert_snapshot!(
        "two_pods",
        after(
            "pod.yaml",
            "apiVersion: v1\n",
            &format!("{POD}---\napiVersion: v1\n")
        )
    );
    insta::assert_snapshot!(
        "missing_runtime_class",
        after("scenario.toml", "runtime-class = \"runtimeclass.yaml\"\n", "")
    );
    insta::assert_snapshot!("other_runtime_class", after("pod.yaml", "gvisor", "kata"));
    insta::assert_snapshot!("unknown_handler", after("runtimeclass.yaml", "runsc", "runcs"));
    insta::assert_snapshot!("no_kubelet_config", {
        after(
            "scenario.toml",
            "version = \"1.33.0\"",
            "version = \"1.33.0\"\nkubelet-config = \"pod.yaml\"",
        )
    });
}

#[test]
fn hostile_files_end_in_a_diagnostic() {
    let deep = after(
        "pod.yaml",
        "image: busybox",
        &format!("image: {}", "[".repeat(100_000)),
    );
    assert!(deep.contains("not usable YAML"), "{deep}");
    let nested: String = (0..2000).fold(String::new(), |text, depth| text + &" ".repeat(depth) + "a:\n");
    let directory = Directory::new();
    directory.write("pod.yaml", &nested);
    assert!(directory.report().contains("too deep or too large"));
    let mut bomb = "a: &a [x,x,x,x,x,x,x,x,x]\n".to_owned();
    for (last, name) in ('a'..='y').zip('b'..='z') {
        let aliases = vec![format!("*{last}"); 9].join(",");
        writeln!(bomb, "{name}: &{name} [{aliases}]").unwrap();
    }
    directory.write("pod.yaml", &bomb);
    assert!(directory.report().contains("too deep or too large"));
    directory.write("pod.yaml", &"#".repeat((4 << 20) + 1));
    assert!(matches!(directory.run(), Err(ScenarioError::TooLarge { .. })));
    fs::write(directory.path().join("pod.yaml"), [0xff, 0xfe, 0x00]).unwrap();
    assert!(matches!(directory.run(), Err(ScenarioError::Unreadable { .. })));
    let keys = vec!["a"; 100_000].join(".");
    let directory = Directory::new();
    directory.write("config.toml", &format!("{keys} = 1"));
    assert!(matches!(directory.run(), Err(ScenarioError::Syntax { .. })));
}

#[test]
fn what_host_network_means_is_left_to_the_kubelet() {
    let directory = Directory::new();
    directory.edit(
        "pod.yaml",
        "  containers:",
        "  hostUsers: false\n  hostNetwork: true\n  containers:",
    );
    directory.run().unwrap();
}

#[test]
fn what_the_api_server_refuses() {
    for (name, from, to) in [
        ("quoted_host_users", "spec:", "spec:\n  hostUsers: \"false\""),
        ("quoted_tty", "  - name: app", "  - name: app\n    tty: 'true'"),
        (
            "user_below_zero",
            "spec:",
            "spec:\n  securityContext:\n    runAsUser: -1",
        ),
        (
            "user_above_all",
            "    image: busybox",
            "    securityContext:\n      runAsUser: 2147483648",
        ),
        ("no_name", "  name: test", "  labels: {}"),
        (
            "container_twice",
            "  - name: app",
            "  - name: app\n    image: x\n  - name: app",
        ),
    ] {
        insta::assert_snapshot!(name, after("pod.yaml", from, to));
    }
    // The greatest user that it takes.
    let directory = Directory::new();
    directory.edit(
        "pod.yaml",
        "spec:",
        "spec:\n  hostUsers: false\n  securityContext:\n    runAsUser: 2147483647",
    );
    directory.run().unwrap();
}
