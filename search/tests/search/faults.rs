//! A faulty system ends the search with an error that shows where, not with a verdict.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use shimproof_search::{
    Activity, Limits, Path, Property, ReplayError, SearchError, TransitionSystem, breadth_first,
    stateright_depth_first,
};

use crate::graph::Graph;

/// Counts to nine; panics where it is told to.
#[derive(Clone, Copy, Default)]
struct Fragile {
    initial: bool,
    successors_of: Option<u8>,
}

impl TransitionSystem for Fragile {
    type State = u8;
    type Action = char;

    fn initial_states(&self) -> Vec<u8> {
        assert!(!self.initial, "no beginning");
        vec![0]
    }

    fn successors(&self, state: &u8, out: &mut Vec<(char, u8)>) {
        if *state < 9 {
            out.push(('+', state + 1));
        }
        assert!(self.successors_of != Some(*state), "no way on from {state}");
    }
}

fn path(last: u8) -> Path<u8, char> {
    Path {
        initial: 0,
        steps: (1..=last).map(|state| ('+', state)).collect(),
    }
}

fn assert_error(
    system: Fragile,
    property: impl Fn() -> Property<Fragile>,
    activity: Activity,
    message: &str,
    path: Option<Path<u8, char>>,
) {
    let error = breadth_first(&system, &[property()], &Limits::default(), &mut ()).unwrap_err();
    let expected = SearchError::Panicked {
        activity: activity.clone(),
        message: message.to_owned(),
        path,
    };
    assert_eq!(error, expected);
    let oracle =
        stateright_depth_first(Arc::new(system), Arc::new([property()]), &Limits::default()).unwrap_err();
    assert_eq!((oracle.activity, oracle.message.as_str()), (activity, message));
}

#[test]
fn panics_come_with_a_trace() {
    let sound = || Property::always("true", |_, _| true);
    let fragile = |successors_of| Fragile {
        successors_of: Some(successors_of),
        ..Fragile::default()
    };
    let no_beginning = Fragile {
        initial: true,
        ..Fragile::default()
    };
    assert_error(no_beginning, sound, Activity::InitialStates, "no beginning", None);
    assert_error(
        fragile(3),
        sound,
        Activity::Successors,
        "no way on from 3",
        Some(path(3)),
    );
    assert_error(
        fragile(0),
        sound,
        Activity::Successors,
        "no way on from 0",
        Some(path(0)),
    );

    let condition = || {
        Property::always("p", |_, state| {
            assert!(*state != 4, "four");
            true
        })
    };
    assert_error(
        Fragile::default(),
        condition,
        Activity::Condition("p".into()),
        "four",
        Some(path(4)),
    );
    let antecedent = || {
        Property::always("p", |_, _| true).with_antecedent(|_, state| {
            assert!(*state != 5, "five");
            false
        })
    };
    assert_error(
        Fragile::default(),
        antecedent,
        Activity::Antecedent("p".into()),
        "five",
        Some(path(5)),
    );
    let step = || {
        Property::reachable_step("p", |_, _, _, to| {
            assert!(*to != 6, "six");
            false
        })
    };
    assert_error(
        Fragile::default(),
        step,
        Activity::Condition("p".into()),
        "six",
        Some(path(6)),
    );
}

/// Offers its only step once; asked again, does not, or panics when it has.
#[derive(Default)]
struct Forgetful {
    asked: AtomicU32,
    panics: bool,
}

impl TransitionSystem for Forgetful {
    type State = u8;
    type Action = ();

    fn initial_states(&self) -> Vec<u8> {
        vec![0]
    }

    fn successors(&self, state: &u8, out: &mut Vec<((), u8)>) {
        if *state == 0 {
            let again = self.asked.fetch_add(1, Ordering::Relaxed) > 0;
            if !again || self.panics {
                out.push(((), 1));
            }
            assert!(!(again && self.panics), "not again");
        }
    }
}

#[test]
fn a_system_that_does_not_repeat_itself_is_found_out() {
    for panics in [false, true] {
        let property = Property::always("not 1", |_: &Forgetful, state: &u8| *state != 1);
        let system = Forgetful {
            panics,
            ..Forgetful::default()
        };
        let error = breadth_first(&system, &[property], &Limits::default(), &mut ()).unwrap_err();
        assert_eq!(
            error,
            SearchError::Unrepeatable {
                path: Path::starting_at(0)
            }
        );
    }
}

#[test]
fn replay_names_the_first_step_that_does_not_apply() {
    let graph = Graph {
        initial: vec![0],
        edges: vec![vec![(7, 1)], vec![(8, 0)]],
    };
    let replay = |initial, steps: &[(u8, u8)]| {
        Path {
            initial,
            steps: steps.to_vec(),
        }
        .replay(&graph)
    };
    assert_eq!(replay(0, &[(7, 1), (8, 0), (7, 1)]), Ok(()));
    assert_eq!(replay(1, &[]), Err(ReplayError::NotInitial));
    assert_eq!(
        replay(0, &[(7, 1), (7, 1)]),
        Err(ReplayError::NotOffered {
            step: 2,
            action: "7".into()
        })
    );
    assert_eq!(
        replay(0, &[(7, 0)]),
        Err(ReplayError::OtherState {
            step: 1,
            action: "7".into()
        })
    );
}
