use std::sync::Arc;

use shimproof_model::{Abstract, World};
use shimproof_properties::reachability;
use shimproof_properties::{Engine, Findings, Machine, all, check};
use shimproof_search::{Answer, Limits};

use crate::random_world::random_world;
use crate::{packed, scenarios, world};

const MAX_STATES: u64 = 8_000;

fn find(world: &World<Abstract>, engine: Engine) -> Findings<Abstract> {
    let machine = Arc::new(Machine::new(world.clone()));
    let limits = Limits {
        max_states: Some(MAX_STATES),
        ..Limits::default()
    };
    let mut found = check(&machine, &all(), &reachability::all(), engine, &limits, &mut ()).unwrap();
    for finding in &found.findings {
        if let Some(path) = &finding.path {
            path.replay(&*machine).unwrap();
        }
    }
    found.facts.sort_unstable();
    found
}

fn answers(found: &Findings<Abstract>) -> Vec<(&str, Answer)> {
    found
        .findings
        .iter()
        .map(|finding| (finding.id.as_str(), finding.answer))
        .collect()
}

fn lengths(found: &Findings<Abstract>) -> Vec<Option<usize>> {
    found
        .findings
        .iter()
        .map(|finding| finding.path.as_ref().map(shimproof_search::Path::len))
        .collect()
}

/// Whether the space was small enough to be compared.
fn agrees(what: &str, world: &World<Abstract>) -> bool {
    let plain = find(world, Engine::Plain);
    if plain.bound.is_some() {
        return false;
    }
    let whole = find(world, packed(false, 2));
    assert_eq!(whole.bound, None, "{what}");
    assert_eq!(
        (plain.states, plain.transitions),
        (whole.states, whole.transitions),
        "{what}"
    );
    assert_eq!(plain.depth, whole.depth, "{what}");
    assert_eq!(answers(&plain), answers(&whole), "{what}");
    assert_eq!(lengths(&plain), lengths(&whole), "{what}");
    assert_eq!(plain.facts, whole.facts, "{what}");

    let reduced = find(world, packed(true, 1));
    assert!(reduced.states <= whole.states, "{what}");
    assert_eq!(answers(&plain), answers(&reduced), "{what}, with symmetry");
    assert_eq!(lengths(&plain), lengths(&reduced), "{what}, with symmetry");
    assert_eq!(plain.facts, reduced.facts, "{what}, with symmetry");

    let stateright = find(world, Engine::Stateright);
    assert_eq!(plain.states, stateright.states, "{what}");
    assert_eq!(plain.transitions, stateright.transitions, "{what}");
    assert_eq!(answers(&plain), answers(&stateright), "{what}");
    true
}

#[test]
fn engines_agree_on_every_built_in_scenario() {
    let mut compared = 0;
    for scenario in scenarios() {
        let name = &scenario.file.name;
        compared += u32::from(agrees(name, &world(&scenario, None, None)));
        compared += u32::from(agrees(
            &format!("{name} with two pods"),
            &world(&scenario, Some(2), Some(1)),
        ));
    }
    assert!(compared > 100, "only {compared} spaces were small enough");
}

#[test]
fn engines_agree_on_random_worlds() {
    let compared = (0..400)
        .filter(|seed| agrees(&format!("seed {seed}"), &random_world(*seed)))
        .count();
    assert!(compared > 250, "only {compared} spaces were small enough");
}
