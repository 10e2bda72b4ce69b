//! The adapter as Stateright's own checkers and Explorer see it.

use std::sync::Arc;

use shimproof_search::examples::two_phase_commit::TwoPhaseCommit;
use shimproof_search::{AsStaterightModel, MAX_STATERIGHT_PROPERTIES, Property, TooManyProperties};
use stateright::{Checker, Model};

use crate::graph::Graph;

#[test]
fn stateright_decides_the_properties_itself() {
    let properties = TwoPhaseCommit::properties();
    let model = AsStaterightModel::new(Arc::new(TwoPhaseCommit::new(3)), properties.into()).unwrap();
    let checker = model.checker().spawn_dfs().join();
    assert_eq!(checker.unique_state_count(), 288);
    checker.assert_no_discovery("consistent");
    checker.assert_any_discovery("all commit");
    checker.assert_any_discovery("all abort");
}

#[test]
fn each_property_has_a_condition_of_its_own() {
    let count = u8::try_from(MAX_STATERIGHT_PROPERTIES).unwrap();
    let properties: Vec<Property<Graph>> = (0..count)
        .map(|number| Property::reachable(number.to_string(), move |_: &Graph, node: &u8| *node == number))
        .collect();
    let model = AsStaterightModel::new(Arc::new(Graph::chain(count / 2)), properties.into()).unwrap();
    let checker = model.checker().spawn_dfs().join();
    let mut found: Vec<u8> = checker
        .discoveries()
        .into_iter()
        .map(|(name, path)| {
            let number = name.parse().unwrap();
            assert_eq!(*path.last_state(), number);
            number
        })
        .collect();
    found.sort_unstable();
    assert_eq!(found, (0..=count / 2).collect::<Vec<_>>());
}

#[test]
fn step_properties_are_shown_at_the_state_that_offers_the_step() {
    let properties: Vec<Property<Graph>> = vec![
        Property::always_step("never to 3", |_: &Graph, _, _, to: &u8| *to != 3),
        Property::reachable_step("to 4", |_: &Graph, _, _, to: &u8| *to == 4),
        Property::reachable_step("to 9", |_: &Graph, _, _, to: &u8| *to == 9),
    ];
    let model = AsStaterightModel::new(Arc::new(Graph::chain(5)), properties.into()).unwrap();
    let checker = model.checker().spawn_dfs().join();
    assert_eq!(*checker.assert_any_discovery("never to 3").last_state(), 2);
    assert_eq!(*checker.assert_any_discovery("to 4").last_state(), 3);
    checker.assert_no_discovery("to 9");
}

#[test]
fn too_many_properties_are_refused() {
    let given = MAX_STATERIGHT_PROPERTIES + 1;
    let properties: Vec<Property<Graph>> = (0..given)
        .map(|_| Property::always("true", |_, _| true))
        .collect();
    let error = AsStaterightModel::new(Arc::new(Graph::chain(1)), properties.into()).unwrap_err();
    assert_eq!(error, TooManyProperties { given });
}

#[test]
fn stateright_explores_everything_even_if_nothing_is_asked() {
    let model = AsStaterightModel::new(Arc::new(Graph::chain(5)), Arc::from([])).unwrap();
    assert_eq!(model.checker().spawn_bfs().join().unique_state_count(), 6);
}
