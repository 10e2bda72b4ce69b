//! Every recorded incident loads, under what its release makes of its configuration.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use std::fs;
use std::path::PathBuf;

use shimproof_scenario::{Outcome, Scenario, Which};

fn incidents() -> Vec<PathBuf> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/incidents");
    let mut found: Vec<PathBuf> = fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    found
}

#[test]
fn every_incident_loads_and_its_pod_has_a_handler() {
    let found = incidents();
    assert!(found.len() >= 21, "{}", found.len());
    for directory in found {
        let name = directory.file_name().unwrap().to_string_lossy().into_owned();
        let scenario = Scenario::load(&directory)
            .unwrap_or_else(|error| panic!("{name}: {:?}", miette::Report::new(error)));
        assert_eq!(scenario.file.name, name);
        assert!(scenario.file.expect.is_some());
        let loading = common::of_release(&scenario.file.containerd.version);
        let config = common::config(scenario.containerd_config(Which::Before, &loading).unwrap());
        assert_eq!(config.check_plugins(), Ok(()), "{name}");
        config
            .sandbox_runtime(scenario.runtime_handler(&scenario.pod), scenario.pod.workload())
            .unwrap();
        assert_eq!(
            Scenario::load(&directory.join("scenario.toml")).unwrap().file,
            scenario.file
        );
    }
}

#[test]
fn the_founding_incident() {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/incidents/containerd-11091");
    let scenario = Scenario::load(&directory).unwrap();
    assert_eq!(
        scenario.file.expect.as_ref().unwrap().outcome,
        Some(Outcome::Rejected)
    );
    assert_eq!(scenario.runtime_handler(&scenario.pod), "runsc");
    assert_eq!(
        (scenario.pod.host_users, scenario.container().name.as_str()),
        (None, "app")
    );
    assert_eq!((scenario.file.verify.pods, scenario.file.verify.faults), (1, 2));
    let config = common::config(scenario.containerd_config(Which::After, &common::v2_0()).unwrap());
    assert_eq!(config.handlers["runsc"].runtime_type, "io.containerd.runsc.v1");
    assert_eq!(config.default_runtime_name, "runc");
}
