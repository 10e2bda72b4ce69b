//! Faults of Stateright 0.31.0 that this crate's search and adapter must not have.

use std::sync::Arc;
use std::time::Duration;

use shimproof_search::{
    Answer, Bound, Limits, Property, TransitionSystem, breadth_first, stateright_depth_first,
};

use crate::graph::Graph;

/// Stateright overwrites a counterexample with later, longer ones while another property is open.
#[test]
fn the_first_violation_is_kept_while_other_properties_are_open() {
    let properties = [
        Property::always("below 5", |_: &Graph, node: &u8| *node < 5),
        Property::reachable("200", |_: &Graph, node: &u8| *node == 200),
    ];
    let outcome = breadth_first(&Graph::chain(50), &properties, &Limits::default(), &mut ()).unwrap();
    assert_eq!(outcome.verdicts[0].path().unwrap().len(), 5);
    assert_eq!(outcome.verdicts[1].answer(), Answer::Unreached);
    assert_eq!(outcome.states, 51);
}

/// Stateright explores nothing when there are no properties, and ends when all of them are decided.
#[test]
fn everything_is_explored_with_no_property_and_after_the_last_decision() {
    let decided: Arc<[Property<Graph>]> = Arc::new([Property::always("false", |_: &Graph, _| false)]);
    for properties in [Arc::from([]), decided] {
        let outcome = breadth_first(&Graph::chain(50), &properties, &Limits::default(), &mut ()).unwrap();
        let oracle =
            stateright_depth_first(Arc::new(Graph::chain(50)), properties, &Limits::default()).unwrap();
        assert_eq!((outcome.states, oracle.states), (51, 51));
    }
}

/// Stateright's depth limit makes its depth-first search miss what is near: it meets 3 at the limit first, by
/// the long way.
#[test]
fn a_depth_limit_does_not_hide_what_is_near() {
    let graph = Graph {
        initial: vec![0],
        edges: vec![
            vec![(0, 3), (0, 1)],
            vec![(0, 2)],
            vec![(0, 3)],
            vec![(0, 4)],
            vec![(0, 5)],
            vec![],
        ],
    };
    let properties: Arc<[Property<Graph>]> =
        Arc::new([Property::always("not 5", |_: &Graph, node: &u8| *node != 5)]);
    let limits = Limits {
        max_depth: Some(4),
        ..Limits::default()
    };
    let outcome = breadth_first(&graph, &properties, &limits, &mut ()).unwrap();
    assert_eq!(outcome.verdicts[0].path().unwrap().len(), 3);
    let oracle = stateright_depth_first(Arc::new(graph), properties, &limits).unwrap();
    assert_ne!(oracle.answers[0], Answer::Holds { vacuous: false });
}

/// Counts for ever.
struct Endless;

impl TransitionSystem for Endless {
    type State = u64;
    type Action = ();

    fn initial_states(&self) -> Vec<u64> {
        vec![0]
    }

    fn successors(&self, state: &u64, out: &mut Vec<((), u64)>) {
        out.push(((), state + 1));
    }
}

/// Stateright ignores its timeout on one thread.
#[test]
fn time_is_kept_on_one_thread() {
    // The path that Stateright's search carries grows with each step, so the states are limited too.
    let limits = Limits {
        max_time: Some(Duration::from_millis(20)),
        max_states: Some(20_000),
        ..Limits::default()
    };
    let oracle = stateright_depth_first(Arc::new(Endless), Arc::new([]), &limits).unwrap();
    assert!(matches!(oracle.bound, Some(Bound::Time(_) | Bound::States(_))));
    let limits = Limits {
        max_time: Some(Duration::from_millis(20)),
        ..Limits::default()
    };
    let outcome = breadth_first(&Endless, &[], &limits, &mut ()).unwrap();
    assert_eq!(outcome.bound, limits.max_time.map(Bound::Time));
}
