//! Random runs repeat, refine, and find what the search finds.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use std::path::PathBuf;

use shimproof_model::Abstract;
use shimproof_model::catalog::Catalog;
use shimproof_scenario::{Design, Overrides, Scenario};
use shimproof_sim::{
    FaultKind, SimulateOptions, Simulation, Twins, render_simulation, simulate_any, simulate_scenario,
    simulate_twins, simulation_json,
};

fn examples() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../examples")
}

fn runs(runs: u64) -> SimulateOptions {
    SimulateOptions {
        runs: Some(runs),
        ..SimulateOptions::default()
    }
}

fn simulate(scenario: &str, design: Option<&str>, options: &SimulateOptions) -> Simulation {
    let catalog = Catalog::embedded();
    let scenario = Scenario::load(&examples().join(scenario)).unwrap();
    let design = design.map(|name| Design::named(catalog, name).unwrap().containerd);
    let overrides = Overrides {
        design,
        ..Overrides::default()
    };
    simulate_scenario(&scenario, catalog, &overrides, options, &mut |_| ()).unwrap()
}

#[test]
fn one_seed_gives_one_report() {
    let options = SimulateOptions { seed: 7, ..runs(50) };
    let report = || {
        let found = simulate("containerd-11091", None, &options);
        (render_simulation(&found), simulation_json(&found).to_string())
    };
    assert_eq!(report(), report());
    let any = || render_simulation(&simulate_any(Catalog::embedded(), None, &options, &mut |_| ()));
    assert_eq!(any(), any());
}

#[test]
fn the_founding_case_is_found_and_shrunk() {
    let found = simulate("containerd-11091", None, &runs(200));
    let failure = found
        .failure
        .expect("the window sends gVisor what it does not take");
    assert!(
        matches!(failure.fault.kind, FaultKind::Property(_)),
        "{:?}",
        failure.fault
    );
    assert!(failure.trace.steps.len() <= 12, "{}", failure.trace.steps.len());
    // The seed by itself shows the same.
    let again = simulate(
        "containerd-11091",
        None,
        &SimulateOptions {
            seed: failure.seed,
            ..runs(1)
        },
    );
    assert_eq!(again.failure.unwrap().trace, failure.trace);
}

#[test]
fn its_fix_shows_nothing() {
    let found = simulate("containerd-11091", Some("nil-or-node"), &runs(200));
    assert!(found.failure.is_none(), "{}", render_simulation(&found));
}

/// With no property asked, only steps that are none of the abstraction are a fault.
#[test]
fn every_step_of_every_example_is_a_step_of_the_abstraction() {
    let options = SimulateOptions {
        properties: vec!["none".to_owned()],
        ..runs(20)
    };
    for entry in std::fs::read_dir(examples()).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let found = simulate(&name, None, &options);
        assert!(found.failure.is_none(), "{name}: {}", render_simulation(&found));
        assert_eq!(found.runs, 20);
    }
}

#[test]
fn every_step_on_any_node_is_a_step_of_the_abstraction() {
    let found = simulate_any(Catalog::embedded(), None, &runs(300), &mut |_| ());
    assert!(found.failure.is_none(), "{}", render_simulation(&found));
}

/// A table that is said to lose a key which its message carries.
#[test]
fn a_wrong_abstraction_is_caught() {
    let catalog = Catalog::embedded();
    let scenario = Scenario::load(&examples().join("CVE-2025-47291")).unwrap();
    let mut twins: Twins<Abstract> = Twins {
        wire: scenario.world_in(catalog, &Overrides::default()).unwrap(),
        abstracted: scenario.world(catalog, &Overrides::default()).unwrap(),
    };
    let tables = twins
        .abstracted
        .configurations
        .iter_mut()
        .flat_map(|configuration| configuration.handlers.iter_mut().flatten().flatten())
        .filter_map(|handler| handler.options.as_mut());
    for table in tables {
        table.keys = shimproof_model::abstraction::Keys::NONE;
    }
    let options = SimulateOptions {
        properties: vec!["none".to_owned()],
        ..runs(100)
    };
    let found = simulate_twins(&twins, &options, &mut |_| ());
    let failure = found.failure.expect("the abstraction is wrong");
    assert_eq!(failure.fault.kind, FaultKind::Refinement);
}
