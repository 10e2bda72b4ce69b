//! One state of each orbit is enough.

use std::collections::HashSet;

use proptest::prelude::*;
use shimproof_search::examples::two_phase_commit::TwoPhaseCommit;
use shimproof_search::{
    Limits, PackedSystem, Property, SearchError, TransitionSystem, Verdict, packed_breadth_first,
};

use super::processes::{Processes, processes};
use super::{answers, lengths, options, search};

fn orbits(resource_managers: u8) -> u64 {
    let system = TwoPhaseCommit::new(resource_managers);
    let properties = TwoPhaseCommit::properties();
    let full = search(&system, &properties, &options(1, false), &Limits::default());
    let reduced = search(&system, &properties, &options(2, true), &Limits::default());
    assert_eq!(
        answers::<TwoPhaseCommit>(&reduced),
        answers::<TwoPhaseCommit>(&full)
    );
    assert_eq!(
        lengths::<TwoPhaseCommit>(&reduced),
        lengths::<TwoPhaseCommit>(&full)
    );
    for path in reduced.search.verdicts.iter().filter_map(Verdict::path) {
        path.replay(&system).unwrap();
    }
    reduced.search.states
}

/// Every image of a state under renaming, by brute force; four bits a resource manager.
fn images(state: u64, count: u32) -> HashSet<u64> {
    let mut images = HashSet::from([state]);
    loop {
        let mut more = HashSet::new();
        for image in &images {
            for shift in (0..4 * count.saturating_sub(1)).step_by(4) {
                let (low, high) = (image >> shift & 0xf, image >> (shift + 4) & 0xf);
                let rest = image & !(0xff << shift);
                more.insert(rest | low << (shift + 4) | high << shift);
            }
        }
        if more.is_subset(&images) {
            return images;
        }
        images.extend(more);
    }
}

fn orbits_by_brute_force(resource_managers: u8) -> u64 {
    let system = TwoPhaseCommit::new(resource_managers);
    let mut seen: HashSet<[u64; 1]> = HashSet::new();
    let mut todo = system.initial_states();
    let mut successors = Vec::new();
    while let Some(state) = todo.pop() {
        if seen.insert(state) {
            TransitionSystem::successors(&system, &state, &mut successors);
            todo.extend(successors.drain(..).map(|(_, successor)| successor));
        }
    }
    let mut count = 0;
    while let Some(state) = seen.iter().next().copied() {
        count += 1;
        for image in images(state[0], u32::from(resource_managers)) {
            assert!(seen.remove(&[image]), "the space is symmetric");
        }
    }
    count
}

#[test]
fn orbits_of_two_phase_commit() {
    for resource_managers in 1..=5 {
        assert_eq!(
            orbits(resource_managers),
            orbits_by_brute_force(resource_managers)
        );
    }
    assert_eq!(orbits(5), 314);
    assert_eq!(orbits(6), 553);
    assert_eq!(orbits(7), 920);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn verdicts_and_lengths_are_those_of_the_full_search(
        system in processes(), shared in 0_u64..3, local in 0_u64..4, threads in 1_usize..3,
    ) {
        let somewhere = move |state: &[u64; 2]| {
            state[0] == shared && Processes::locals(state).any(|other| other == local)
        };
        let properties = [
            Property::always("nobody there", move |_: &Processes, state: &[u64; 2]| !somewhere(state)),
            Property::reachable("somebody there", move |_: &Processes, state: &[u64; 2]| somewhere(state)),
            Property::always_step("nobody goes there", move |_: &Processes, from, _, to| {
                somewhere(from) || !somewhere(to)
            }),
            Property::always("true", |_: &Processes, _| true).with_antecedent(move |_, state| somewhere(state)),
        ];
        let full = search(&system, &properties, &options(1, false), &Limits::default());
        let reduced = search(&system, &properties, &options(threads, true), &Limits::default());
        prop_assert_eq!(answers::<Processes>(&reduced), answers::<Processes>(&full));
        prop_assert_eq!(lengths::<Processes>(&reduced), lengths::<Processes>(&full));
        prop_assert_eq!(reduced.search.depth, full.search.depth);
        for path in reduced.search.verdicts.iter().filter_map(Verdict::path) {
            prop_assert_eq!(path.replay(&system), Ok(()));
        }
        if let Verdict::Violated(path) = &reduced.search.verdicts[0] {
            prop_assert!(somewhere(path.last_state()));
        }

        // The canonical states of the full space, by brute force.
        let mut seen = HashSet::new();
        let mut todo = system.initial_states();
        let mut successors = Vec::new();
        while let Some(state) = todo.pop() {
            if seen.insert(state) {
                TransitionSystem::successors(&system, &state, &mut successors);
                todo.extend(successors.drain(..).map(|(_, successor)| successor));
            }
        }
        prop_assert_eq!(seen.len() as u64, full.search.states);
        let orbits: HashSet<[u64; 2]> = seen
            .into_iter()
            .map(|mut state| {
                system.canonical(&mut state);
                state
            })
            .collect();
        prop_assert_eq!(orbits.len() as u64, reduced.search.states);
    }
}

/// Sorting puts the one that aborts at one end. Whether a property of it comes true there or not, the search
/// must not answer.
#[test]
fn a_property_that_names_a_component_is_found_out() {
    let system = TwoPhaseCommit::new(3);
    for rm in 0..3 {
        let by_name = move |state: &[u64; 1]| state[0] == 0b11 << (4 * rm);
        let questions = [
            Property::reachable("by name", move |_: &TwoPhaseCommit, state: &[u64; 1]| {
                by_name(state)
            }),
            Property::always("by name", move |_: &TwoPhaseCommit, state: &[u64; 1]| {
                !by_name(state)
            }),
        ];
        for property in questions {
            let outcome = packed_breadth_first(
                &system,
                &[property],
                &options(1, true),
                &Limits::default(),
                &mut (),
            );
            match outcome {
                Err(SearchError::Asymmetric { property, path }) => {
                    assert_eq!(property, "by name");
                    assert_eq!(path.replay(&system), Ok(()));
                }
                other => panic!("{rm}: {other:?}"),
            }
        }
    }
}
