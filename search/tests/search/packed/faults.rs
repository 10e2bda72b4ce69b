//! Panics of a system come with what it was asked and with the trace, whatever the number of threads.

use std::sync::atomic::{AtomicU32, Ordering};

use shimproof_search::{Activity, Limits, PackedSystem, Path, Property, SearchError, packed_breadth_first};

use super::options;

/// A full binary tree of 2^16 leaves, so that many threads are at work.
#[derive(Default)]
struct Fragile {
    initial: bool,
    successors_of: Option<u64>,
    canonical_of: Option<u64>,
}

const LAST: u64 = 1 << 17;

impl PackedSystem for Fragile {
    type State = [u64; 1];
    type Action = u64;
    type Scratch = ();

    const ACTION_KINDS: &'static [&'static str] = &["left", "right"];

    fn action_kind(action: &u64) -> usize {
        usize::try_from(*action).unwrap()
    }

    fn initial(&self, emit: &mut dyn FnMut(&[u64; 1])) {
        assert!(!self.initial, "no beginning");
        emit(&[1]);
    }

    fn successors(&self, state: &[u64; 1], (): &mut (), emit: &mut impl FnMut(u64, &[u64; 1])) {
        assert!(
            self.successors_of != Some(state[0]),
            "no way on from {}",
            state[0]
        );
        for action in [0, 1] {
            if 2 * state[0] + action < LAST {
                emit(action, &[2 * state[0] + action]);
            }
        }
    }

    fn canonical(&self, state: &mut [u64; 1]) {
        assert!(self.canonical_of != Some(state[0]), "no form for {}", state[0]);
    }
}

/// The only run to a state.
fn path(to: u64) -> Path<[u64; 1], u64> {
    let mut path = Path::starting_at([1]);
    for shift in (0..to.ilog2()).rev() {
        path.steps.push((to >> shift & 1, [to >> shift]));
    }
    path
}

fn assert_error(
    system: &Fragile,
    properties: &[Property<Fragile>],
    expected: &(Activity, &str, Option<u64>),
) {
    for threads in [1, 2, 4] {
        let error = packed_breadth_first(
            system,
            properties,
            &options(threads, system.canonical_of.is_some()),
            &Limits::default(),
            &mut (),
        )
        .unwrap_err();
        let (activity, message, to) = expected.clone();
        let expected = SearchError::Panicked {
            activity,
            message: message.to_owned(),
            path: to.map(path),
        };
        assert_eq!(error, expected, "{threads} threads");
    }
}

#[test]
fn panics_come_with_a_trace() {
    let no_beginning = Fragile {
        initial: true,
        ..Fragile::default()
    };
    assert_error(
        &no_beginning,
        &[],
        &(Activity::InitialStates, "no beginning", None),
    );
    for state in [1, 77, 99_999] {
        let fragile = Fragile {
            successors_of: Some(state),
            ..Fragile::default()
        };
        let message = format!("no way on from {state}");
        assert_error(&fragile, &[], &(Activity::Successors, &message, Some(state)));
    }
    let fragile = Fragile {
        canonical_of: Some(5000),
        ..Fragile::default()
    };
    assert_error(
        &fragile,
        &[],
        &(Activity::Canonical, "no form for 5000", Some(2500)),
    );

    let sound = Fragile::default();
    let condition = Property::always("p", |_, state: &[u64; 1]| {
        assert!(state[0] != 70_000, "state");
        true
    });
    assert_error(
        &sound,
        &[condition],
        &(Activity::Condition("p".into()), "state", Some(70_000)),
    );
    let antecedent = Property::always("p", |_, _| true).with_antecedent(|_, state: &[u64; 1]| {
        assert!(state[0] != 70_001, "antecedent");
        false
    });
    assert_error(
        &sound,
        &[antecedent],
        &(Activity::Antecedent("p".into()), "antecedent", Some(70_001)),
    );
    let step = Property::reachable_step("p", |_, _, _, to: &[u64; 1]| {
        assert!(to[0] != 70_002, "step");
        false
    });
    assert_error(
        &sound,
        &[step],
        &(Activity::Condition("p".into()), "step", Some(70_002)),
    );
}

/// Offers its only step once.
#[derive(Default)]
struct Forgetful {
    asked: AtomicU32,
}

impl PackedSystem for Forgetful {
    type State = [u64; 1];
    type Action = ();
    type Scratch = ();

    const ACTION_KINDS: &'static [&'static str] = &["once"];

    fn action_kind((): &()) -> usize {
        0
    }

    fn initial(&self, emit: &mut dyn FnMut(&[u64; 1])) {
        emit(&[0]);
    }

    fn successors(&self, state: &[u64; 1], (): &mut (), emit: &mut impl FnMut((), &[u64; 1])) {
        if state[0] == 0 && self.asked.fetch_add(1, Ordering::Relaxed) == 0 {
            emit((), &[1]);
        }
    }
}

#[test]
fn a_system_that_does_not_repeat_itself_is_found_out() {
    let property = Property::always("not 1", |_: &Forgetful, state: &[u64; 1]| state[0] != 1);
    let error = packed_breadth_first(
        &Forgetful::default(),
        &[property],
        &options(1, false),
        &Limits::default(),
        &mut (),
    )
    .unwrap_err();
    assert_eq!(
        error,
        SearchError::Unrepeatable {
            path: Path::starting_at([0])
        }
    );
}
