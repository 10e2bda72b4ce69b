//! Whatever the files say, the answer is a value or a diagnostic that can be rendered.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use proptest::prelude::*;
use shimproof_scenario::{
    Loaded, OptionsTable, ScenarioError, ScenarioFile, Snippet, Workload, load_containerd_config_text,
    read_kubelet_config, read_kubernetes,
};

fn rendered(error: ScenarioError) {
    assert!(!format!("{:?}", miette::Report::new(error)).is_empty());
}

/// Text that often parses: lines of real files, shuffled and cut.
fn lines(real: &'static str) -> impl Strategy<Value = String> {
    let line = prop_oneof![
        6 => proptest::sample::select(real.lines().collect::<Vec<_>>()).prop_map(str::to_owned),
        1 => "[ a-z=\\[\\]{}\"':.&*\\-]{0,20}",
    ];
    proptest::collection::vec(line, 0..30).prop_map(|lines| lines.join("\n"))
}

const CONFIGS: &str = concat!(
    include_str!("configs/v1-legacy.toml"),
    include_str!("configs/v2.toml"),
    include_str!("configs/v3.toml"),
    include_str!("configs/v4.toml")
);
const POD: &str = "apiVersion: v1\nkind: Pod\n---\nkind: RuntimeClass\nhandler: a\nkind: KubeletConfiguration\nmetadata:\n  name: a\nspec:\n  \
                   hostUsers: false\n  hostPID: true\n  containers:\n  - name: b\n    tty: true\n    volumeMounts:\n    - {name: a, \
                   mountPath: b}\n  volumes:\n  - name: a\n    emptyDir: {}\n  - &x\n  - *x\n";
const SCENARIO: &str = "name = 'a'\n[kubernetes]\nversion = '1.33'\n[containerd]\nversion = 'v2.0.1'\n[pod]\nmanifest = 'a'\n[expect]\n\
                        defects = ['option-lost:a']\n[verify]\nbudget = { shim-crash = 1 }\n[oci-runtimes.runc]\nabsent = true\n";

proptest! {
    #[test]
    fn configurations(text in prop_oneof![lines(CONFIGS), ".{0,200}"]) {
        for loading in [common::v1_2(), common::v1_3(), common::v1_7(), common::v2_0_rc(), common::v2_0(), common::v2_3()] {
            match load_containerd_config_text(&Snippet::new("none/config.toml", &text), &loading) {
                Err(error) => rendered(error),
                Ok(Loaded::Refused(refusal)) => prop_assert!(!refusal.text().is_empty()),
                Ok(Loaded::Config(config)) => {
                    // What the plugin accepts serves a pod without a class.
                    if config.check_plugins().is_ok() {
                        prop_assert!(config.sandbox_runtime("", Workload::Trusted).is_ok());
                    }
                    for handler in config.handlers.values() {
                        let read = handler.options.as_runc(config.keys);
                        if let OptionsTable::Keys(keys) = &handler.options {
                            prop_assert!(read.known.len() + read.unknown.len() + read.mistyped.len() <= keys.len());
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn kubernetes(text in prop_oneof![lines(POD), ".{0,200}"]) {
        let source = Snippet::new("pod.yaml", &text);
        read_kubernetes(&source).map_or_else(rendered, |_| ());
        read_kubelet_config(&source).map_or_else(rendered, |_| ());
    }

    #[test]
    fn scenarios(text in prop_oneof![lines(SCENARIO), ".{0,200}"]) {
        ScenarioFile::parse(&Snippet::new("scenario.toml", &text)).map_or_else(rendered, |_| ());
    }
}
