//! Known numbers, and agreement with Stateright.

use std::sync::Arc;

use shimproof_search::examples::two_phase_commit::{Action, State, TwoPhaseCommit};
use shimproof_search::{
    Answer, Limits, Path, Property, TransitionSystem, Verdict, breadth_first, stateright_depth_first,
};

fn known_numbers(resource_managers: u8, states: u64, generated: u64, depth: u32) {
    let system = Arc::new(TwoPhaseCommit::new(resource_managers));
    let properties: Arc<[Property<_>]> = TwoPhaseCommit::properties().into();
    let limits = Limits::default();

    let outcome = breadth_first(&*system, &properties, &limits, &mut ()).unwrap();
    assert_eq!(
        (
            outcome.states,
            outcome.transitions + outcome.initial_states,
            outcome.depth
        ),
        (states, generated, depth)
    );
    assert!(outcome.is_complete());

    let oracle = stateright_depth_first(Arc::clone(&system), Arc::clone(&properties), &limits).unwrap();
    assert_eq!(
        (oracle.states, oracle.transitions, oracle.bound),
        (states, outcome.transitions, None)
    );
    let answers: Vec<Answer> = outcome.verdicts.iter().map(Verdict::answer).collect();
    assert_eq!(
        answers,
        [Answer::Holds { vacuous: false }, Answer::Reached, Answer::Reached]
    );
    assert_eq!(oracle.answers, answers);

    // Every manager aborts of itself, or prepares, is received and commits, with one commit in between.
    let lengths: Vec<_> = outcome
        .verdicts
        .iter()
        .map(|verdict| verdict.path().map(Path::len))
        .collect();
    let n = usize::from(resource_managers);
    assert_eq!(lengths, [None, Some(n), Some(3 * n + 1)]);
    for path in outcome.verdicts.iter().filter_map(Verdict::path) {
        path.replay(&*system).unwrap();
    }
}

#[test]
fn three_resource_managers() {
    known_numbers(3, 288, 1_146, 11);
}

#[test]
fn five_resource_managers() {
    known_numbers(5, 8_832, 58_146, 17);
}

#[test]
fn seven_resource_managers() {
    known_numbers(7, 296_448, 2_744_706, 23);
}

#[test]
fn the_same_search_twice_gives_the_same_outcome() {
    let system = TwoPhaseCommit::new(4);
    let properties = TwoPhaseCommit::properties();
    let search = || {
        let mut outcome = breadth_first(&system, &properties, &Limits::default(), &mut ()).unwrap();
        outcome.duration = std::time::Duration::ZERO;
        outcome
    };
    assert_eq!(search(), search());
}

#[test]
fn step_properties_see_both_states_and_the_action() {
    let system = Arc::new(TwoPhaseCommit::new(3));
    let last_prepares = |_: &TwoPhaseCommit, before: &State, action: &Action, after: &State| {
        *action == Action::RMPrepare(2) && before != after
    };
    let properties: Arc<[Property<TwoPhaseCommit>]> = Arc::new([
        Property::always_step("the manager decides once", |_, _, action, after: &State| {
            let mut later = Vec::new();
            TwoPhaseCommit::new(3).successors(after, &mut later);
            !matches!(action, Action::TMCommit) || later.iter().all(|(next, _)| *next != Action::TMAbort)
        }),
        Property::reachable_step("the last prepares", last_prepares),
        Property::always_step("the last never prepares", move |system, before, action, after| {
            !last_prepares(system, before, action, after)
        }),
        Property::reachable_step("a fourth prepares", |_, _, action, _| {
            *action == Action::RMPrepare(3)
        }),
    ]);
    let outcome = breadth_first(&*system, &properties, &Limits::default(), &mut ()).unwrap();
    let answers: Vec<Answer> = outcome.verdicts.iter().map(Verdict::answer).collect();
    let expected = [
        Answer::Holds { vacuous: false },
        Answer::Reached,
        Answer::Violated,
        Answer::Unreached,
    ];
    assert_eq!(answers, expected);
    for verdict in &outcome.verdicts[1..3] {
        assert_eq!(
            verdict.path().unwrap().actions().collect::<Vec<_>>(),
            [&Action::RMPrepare(2)]
        );
    }
    assert_eq!(
        stateright_depth_first(system, properties, &Limits::default())
            .unwrap()
            .answers,
        expected
    );
}
