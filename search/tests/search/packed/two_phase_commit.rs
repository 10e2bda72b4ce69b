//! Known numbers, agreement with the other searches and with Stateright, on any number of threads.

use std::sync::Arc;

use shimproof_search::examples::two_phase_commit::{Action, TwoPhaseCommit, UnpackedTwoPhaseCommit};
use shimproof_search::{Answer, Limits, Path, Property, Verdict, breadth_first, stateright_depth_first};

use super::{answers, lengths, options, search};

fn known_numbers(resource_managers: u8, states: u64, generated: u64, depth: u32) {
    let system = TwoPhaseCommit::new(resource_managers);
    let properties: Arc<[Property<_>]> = TwoPhaseCommit::properties().into();
    let outcome = search(&system, &properties, &options(2, false), &Limits::default());
    let found = &outcome.search;
    assert!(found.is_complete());
    assert_eq!(
        (
            found.states,
            found.transitions + found.initial_states,
            found.depth
        ),
        (states, generated, depth)
    );
    let expected = [Answer::Holds { vacuous: false }, Answer::Reached, Answer::Reached];
    assert_eq!(answers::<TwoPhaseCommit>(&outcome), expected);
    let n = usize::from(resource_managers);
    assert_eq!(
        lengths::<TwoPhaseCommit>(&outcome),
        [None, Some(n), Some(3 * n + 1)]
    );
    for path in found.verdicts.iter().filter_map(Verdict::path) {
        path.replay(&system).unwrap();
    }

    let oracle = stateright_depth_first(Arc::new(system), properties, &Limits::default()).unwrap();
    assert_eq!((oracle.states, oracle.transitions), (states, found.transitions));
    assert_eq!(oracle.answers, expected);
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
fn both_forms_of_the_state_are_the_same_protocol() {
    let limits = Limits::default();
    let packed = breadth_first(
        &TwoPhaseCommit::new(5),
        &TwoPhaseCommit::properties(),
        &limits,
        &mut (),
    )
    .unwrap();
    let unpacked = breadth_first(
        &UnpackedTwoPhaseCommit::new(5),
        &UnpackedTwoPhaseCommit::properties(),
        &limits,
        &mut (),
    )
    .unwrap();
    assert_eq!(
        (
            packed.states,
            packed.transitions,
            packed.terminal_states,
            packed.depth
        ),
        (
            unpacked.states,
            unpacked.transitions,
            unpacked.terminal_states,
            unpacked.depth
        )
    );
    let actions = |path: &Path<_, Action>| path.actions().copied().collect::<Vec<_>>();
    for (packed, unpacked) in packed.verdicts.iter().zip(&unpacked.verdicts) {
        assert_eq!(
            packed.path().map(actions),
            unpacked
                .path()
                .map(|path| path.actions().copied().collect::<Vec<_>>())
        );
    }
}

/// Paths, counts and coverage; with properties that fail at states and at steps.
#[test]
fn the_outcome_does_not_depend_on_the_number_of_threads() {
    let system = TwoPhaseCommit::new(6);
    let mut properties = TwoPhaseCommit::properties();
    properties.push(Property::always_step("no third is told", |_, _, action, _| {
        *action != Action::RMRcvCommitMsg(3)
    }));
    properties.push(Property::always("nobody prepares late", |_, state: &[u64; 1]| {
        state[0] & 0xf_ffff != 0x5_5555
    }));
    for symmetry in [false, true] {
        let one = search(
            &system,
            &properties[..3],
            &options(1, symmetry),
            &Limits::default(),
        );
        for threads in [2, 4] {
            let many = search(
                &system,
                &properties[..3],
                &options(threads, symmetry),
                &Limits::default(),
            );
            assert_eq!(one.search, many.search);
            assert_eq!(one.coverage, many.coverage);
        }
    }
    let one = search(&system, &properties, &options(1, false), &Limits::default());
    assert_eq!(one.search.verdicts[3].answer(), Answer::Violated);
    assert_eq!(one.search.verdicts[4].answer(), Answer::Violated);
    for threads in [1, 2, 4] {
        for repeat in 0..20 {
            let again = search(&system, &properties, &options(threads, false), &Limits::default());
            assert_eq!(one.search, again.search, "{threads} threads, repeat {repeat}");
            assert_eq!(one.coverage, again.coverage, "{threads} threads, repeat {repeat}");
        }
    }
}
