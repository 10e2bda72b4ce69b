//! The packed search against the plain one and against Stateright: for every built-in scenario and for random
//! worlds they agree on verdicts, states, steps and the lengths of traces, and symmetry changes no verdict.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod agreement;
mod coverage;
mod faults;
mod random_world;
mod symmetry;

use std::num::NonZero;
use std::path::{Path, PathBuf};

use shimproof_model::Abstract;
use shimproof_model::World;
use shimproof_model::catalog::Catalog;
use shimproof_properties::Engine;
use shimproof_scenario::{Overrides, Scenario};
use shimproof_search::PackedOptions;

/// The packed search on so many threads.
fn packed(symmetry: bool, threads: usize) -> Engine {
    Engine::Exact(PackedOptions {
        threads: NonZero::new(threads).unwrap(),
        symmetry,
        memory: None,
    })
}

fn scenarios() -> Vec<Scenario> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut found: Vec<PathBuf> = root
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("scenario.toml").is_file())
        .collect();
    found.sort();
    found.iter().map(|path| Scenario::load(path).unwrap()).collect()
}

fn world(scenario: &Scenario, pods: Option<u32>, faults: Option<u32>) -> World<Abstract> {
    let overrides = Overrides {
        design: None,
        faults,
        pods,
        ..Overrides::default()
    };
    scenario.world(Catalog::embedded(), &overrides).unwrap()
}
