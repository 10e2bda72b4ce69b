//! The class that a shim gives its error, and the spelling that it reads a key in.

#![expect(clippy::unwrap_used, reason = "what a test cannot do fails it")]

use std::collections::BTreeMap;
use std::path::Path;

use shimproof_model::catalog::Catalog;
use shimproof_scenario::{Outcome, Scenario};
use shimproof_sim::{Code, Prediction, predict};

/// runwasi 0.6.0 with another release of containerd, and another key in its options table.
fn runwasi(containerd: &str, key: &str) -> Prediction {
    let directory =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/incidents-more/runwasi-864--other-key");
    let files: BTreeMap<String, String> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| {
            let entry = entry.unwrap();
            let text = std::fs::read_to_string(entry.path()).unwrap();
            let text = text
                .replace("v1.7.24", containerd)
                .replace("BinaryName = \"crun\"", key);
            (entry.file_name().into_string().unwrap(), text)
        })
        .collect();
    predict(&Scenario::from_files(&files).unwrap(), Catalog::embedded()).unwrap()
}

#[test]
fn an_invalid_argument_reaches_the_client_as_one() {
    let old = runwasi("v1.7.24", "BinaryName = \"crun\"");
    assert_eq!(old.code, Some(Code::InvalidArgument));
    let error = old.error.unwrap();
    // 1.x appends the class.
    assert!(
        error.ends_with("missing field `systemd_cgroup`: invalid argument"),
        "{error}"
    );
    let new = runwasi("v2.0.5", "BinaryName = \"crun\"");
    assert_eq!(new.code, Some(Code::InvalidArgument));
    assert!(
        new.error.unwrap().ends_with("missing field `systemd_cgroup`"),
        "2.x appends nothing"
    );
    let message = new.event.unwrap().message;
    assert!(
        message.starts_with("Failed to create pod sandbox: rpc error: code = InvalidArgument desc = "),
        "{message}"
    );
}

/// serde knows the field by its name and by its alias, and by nothing else.
#[test]
fn a_key_in_the_body_counts_as_it_is_spelt() {
    for (key, outcome) in [
        ("SystemdCgroup = true", Outcome::Started),
        ("systemd_cgroup = true", Outcome::Started),
        ("systemdCgroup = true", Outcome::Rejected),
        ("SYSTEMDCGROUP = true", Outcome::Rejected),
    ] {
        let prediction = runwasi("v1.7.24", key);
        assert_eq!(prediction.outcome, outcome, "{key}: {prediction:?}");
    }
}
