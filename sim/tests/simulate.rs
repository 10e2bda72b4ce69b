//! Random runs repeat, refine, and find what the search finds.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use std::path::PathBuf;

use shimproof_model::Abstract;
use shimproof_model::catalog::Catalog;
use shimproof_model::trace::Compare;
use shimproof_scenario::{Design, Overrides, Scenario};
use shimproof_sim::{
    FaultKind, Parts, SimulateOptions, Simulation, Twins, render_simulation, replay_trace, simulate_any,
    simulate_scenario, simulate_twins, simulation_json,
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
    let known = [Scenario::load(&examples().join("containerd-11091-fixed")).unwrap()];
    let any = || {
        render_simulation(&simulate_any(
            Catalog::embedded(),
            None,
            &known,
            &options,
            &mut |_| (),
        ))
    };
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
    let found = simulate_any(Catalog::embedded(), None, &[], &runs(300), &mut |_| ());
    assert!(found.failure.is_none(), "{}", render_simulation(&found));
    // Most of what is drawn can be used.
    assert!(found.refused < 30, "{} refused", found.refused);
    assert!(
        found.coverage.refusals.len() > 20,
        "{:?}",
        found.coverage.refusals
    );
}

/// What a search finds to hold is asked of runs with more pods and more faults, and kept there.
#[test]
fn what_holds_of_a_scenario_holds_of_more_pods_and_faults() {
    let known: Vec<Scenario> = ["containerd-11091", "gvisor-gate-flip", "CVE-2025-47291"]
        .iter()
        .map(|name| Scenario::load(&examples().join(name)).unwrap())
        .collect();
    let catalog = Catalog::embedded();
    for design in ["nil-or-node", "v2.3.4"] {
        let row = Design::named(catalog, design).unwrap().containerd;
        let found = simulate_any(catalog, Some(&row), &known, &runs(150), &mut |_| ());
        assert!(found.failure.is_none(), "{}", render_simulation(&found));
    }
}

/// A scenario whose search has no fault to go on says that all is well; a run with faults finds out.
#[test]
fn what_only_a_fault_shows_is_found_by_a_variation() {
    let directory = tempfile::tempdir().unwrap();
    for entry in std::fs::read_dir(examples().join("runc-gate-flip")).unwrap() {
        let entry = entry.unwrap();
        let text = std::fs::read_to_string(entry.path()).unwrap();
        let text = text.replace("faults = 2", "faults = 0");
        std::fs::write(directory.path().join(entry.file_name()), text).unwrap();
    }
    let known = [Scenario::load(directory.path()).unwrap()];
    assert_eq!(known[0].file.verify.faults, 0);
    let catalog = Catalog::embedded();
    let found = simulate_any(catalog, None, &known, &runs(500), &mut |_| ());
    let failure = found.failure.expect("a gate flip does it");
    let FaultKind::Property(property) = failure.fault.kind else {
        panic!("{:?}", failure.fault)
    };
    assert_eq!(failure.trace.property, property);
    // The search met what the property speaks of, and found it to hold: what it has no case of is not asked.
    assert!(
        ["options-preserved", "options-agree"].contains(&property),
        "{property}"
    );
    // It is shrunk to one pod, and repeats from what the trace says.
    let setting = &failure.trace.setting;
    assert_eq!((setting.pods, setting.bytes), (Some(1), true));
    let overrides = Overrides {
        pods: setting.pods,
        faults: setting.faults,
        repeated: setting.repeated,
        ..Overrides::default()
    };
    let again = |scenario: &Scenario| {
        replay_trace(
            "kept",
            &failure.trace,
            scenario,
            catalog,
            &overrides,
            Compare::WholeStates,
        )
        .unwrap()
    };
    assert!(again(&known[0]).parts.is_none(), "{:?}", again(&known[0]).parts);
    // It is no run of a node where no gate is flipped.
    let other = Scenario::load(&examples().join("containerd-11091")).unwrap();
    assert!(matches!(again(&other).parts, Some(Parts::Step(_))));
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
