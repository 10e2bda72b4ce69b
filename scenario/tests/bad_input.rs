//! Input that no node has: too large, too deep, in circles, out of range. Each ends in a diagnostic, or in what
//! containerd would read.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use std::fs;
use std::path::Path;

use miette::Diagnostic as _;
use shimproof_scenario::{
    Loaded, ScenarioError, ScenarioFile, Snippet, load_containerd_config_text, read_kubelet_config,
    read_kubernetes,
};

fn code(error: &ScenarioError) -> String {
    assert!(!format!("{:?}", miette::Report::new(error.clone())).is_empty());
    error.code().unwrap().to_string()
}

fn load(path: &Path) -> Result<Loaded, ScenarioError> {
    load_containerd_config_text(&Snippet::read(path, "a test")?, &common::v2_0())
}

#[test]
fn a_file_of_100_megabytes_is_not_read() {
    let directory = tempfile::tempdir().unwrap();
    let large = directory.path().join("large.toml");
    // Sparse: nothing is written, and reading ends at the bound.
    fs::File::create(&large).unwrap().set_len(100 << 20).unwrap();
    assert_eq!(code(&load(&large).unwrap_err()), "scenario::file_too_large");
    let first = directory.path().join("config.toml");
    fs::write(&first, "version = 3\nimports = ['large.toml']\n").unwrap();
    assert_eq!(code(&load(&first).unwrap_err()), "scenario::file_too_large");
}

#[test]
fn imports_in_a_circle_end() {
    let directory = tempfile::tempdir().unwrap();
    let first = directory.path().join("config.toml");
    let second = directory.path().join("second.toml");
    fs::write(
        &first,
        "version = 3\nimports = ['second.toml', './config.toml', '*.toml']\n",
    )
    .unwrap();
    fs::write(
        &second,
        "version = 3\nimports = ['x/../config.toml', 'second.toml']\n",
    )
    .unwrap();
    assert!(load(&first).is_ok());
}

#[test]
fn imports_that_never_end_are_cut_off() {
    let directory = tempfile::tempdir().unwrap();
    for number in 0..300 {
        let text = format!("version = 3\nimports = ['{}.toml']\n", number + 1);
        fs::write(directory.path().join(format!("{number}.toml")), text).unwrap();
    }
    let error = load(&directory.path().join("0.toml")).unwrap_err();
    assert_eq!(code(&error), "scenario::too_many_imports");
}

#[test]
fn a_handler_that_stands_twice_is_told() {
    let handler =
        "[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runsc]\n  runtime_type = 'a.b.v1'\n";
    let source = Snippet::new("config.toml", format!("version = 3\n{handler}{handler}"));
    let error = load_containerd_config_text(&source, &common::v2_0()).unwrap_err();
    assert_eq!(code(&error), "scenario::syntax");
    assert!(error.to_string().contains("duplicate key"), "{error}");
}

#[test]
fn yaml_as_deep_as_its_bytes_allow() {
    let flow = format!("kind: {}", "[".repeat(1 << 20));
    let block: String = (0..1000).fold(String::new(), |text, depth| text + &" ".repeat(depth) + "- a:\n");
    let keys = format!("{}1", "? ".repeat(100_000));
    for text in [flow, block, keys] {
        let source = Snippet::new("pod.yaml", text);
        assert_eq!(code(&read_kubernetes(&source).unwrap_err()), "scenario::syntax");
        assert_eq!(
            code(&read_kubelet_config(&source).unwrap_err()),
            "scenario::syntax"
        );
    }
}

#[test]
fn ids_out_of_range_are_told() {
    for id in ["-1", "4294967296", "18446744073709551616", "1e3", "root"] {
        let text = format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec:\n  containers:\n  - name: b\n    securityContext:\n      \
             runAsUser: {id}\n"
        );
        let error = read_kubernetes(&Snippet::new("pod.yaml", text)).unwrap_err();
        // Numbers are read, and then judged as the API server does.
        let number = id.parse::<i64>().is_ok();
        let expected = if number {
            "scenario::bad_value"
        } else {
            "scenario::syntax"
        };
        assert_eq!(code(&error), expected, "{id}");
        let text = format!(
            "name = 'a'\n[kubernetes]\nversion = '1.33'\n[containerd]\nversion = 'v2.0.1'\n[pod]\nmanifest = 'a'\nimage-user = \
             '{id}:0'\n"
        );
        let error = ScenarioFile::parse(&Snippet::new("scenario.toml", text)).unwrap_err();
        assert_eq!(code(&error), "scenario::bad_value", "{id}");
    }
}

#[test]
fn a_pod_gets_whole_blocks_of_ids() {
    let read = |ids: &str| {
        let text = format!("kind: KubeletConfiguration\nuserNamespaces: {{idsPerPod: {ids}}}\n");
        read_kubelet_config(&Snippet::new("kubelet.yaml", text))
    };
    assert_eq!(read("131072").unwrap().ids_per_pod, Some(131_072));
    for ids in ["0", "1", "65535", "65537", "4294967296", "18446744073709551615"] {
        let error = read(ids).unwrap_err();
        assert_eq!(code(&error), "scenario::bad_value", "{ids}");
        assert!(error.to_string().contains(ids), "{error}");
    }
    assert_eq!(code(&read("-65536").unwrap_err()), "scenario::syntax");
}
