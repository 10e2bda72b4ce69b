//! A search that was cut short claims nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use shimproof_search::{
    Answer, Bound, Limits, Property, TransitionSystem, Verdict, breadth_first, stateright_depth_first,
};

use crate::graph::Graph;

/// 1 is violated or reached at once, 40 is not within the limits of the tests below.
fn properties() -> Arc<[Property<Graph>]> {
    Arc::new([
        Property::always("not 1", |_: &Graph, node: &u8| *node != 1),
        Property::reachable("1", |_: &Graph, node: &u8| *node == 1),
        Property::always("not 200", |_: &Graph, node: &u8| *node != 200),
        Property::reachable("200", |_: &Graph, node: &u8| *node == 200),
        Property::always_step("never to 200", |_: &Graph, _, _, node: &u8| *node != 200),
    ])
}

fn answers(limits: &Limits, bound: Option<Bound>, expected: [Answer; 5]) {
    let outcome = breadth_first(&Graph::chain(50), &properties(), limits, &mut ()).unwrap();
    assert_eq!(outcome.bound, bound);
    assert_eq!(outcome.is_complete(), bound.is_none());
    assert_eq!(
        outcome.verdicts.iter().map(Verdict::answer).collect::<Vec<_>>(),
        expected
    );

    let oracle = stateright_depth_first(Arc::new(Graph::chain(50)), properties(), limits).unwrap();
    assert_eq!(oracle.bound, bound);
    for (answer, expected) in oracle.answers.iter().zip(expected) {
        assert!(
            *answer == expected || *answer == Answer::Unknown,
            "{answer:?} instead of {expected:?}"
        );
    }
}

const COMPLETE: [Answer; 5] = [
    Answer::Violated,
    Answer::Reached,
    Answer::Holds { vacuous: false },
    Answer::Unreached,
    Answer::Holds { vacuous: false },
];
const CUT: [Answer; 5] = [
    Answer::Violated,
    Answer::Reached,
    Answer::Unknown,
    Answer::Unknown,
    Answer::Unknown,
];

#[test]
fn no_limit() {
    answers(&Limits::default(), None, COMPLETE);
}

#[test]
fn states() {
    let limit = |max_states| Limits {
        max_states: Some(max_states),
        ..Limits::default()
    };
    answers(&limit(51), None, COMPLETE);
    answers(&limit(50), Some(Bound::States(50)), CUT);
    answers(&limit(2), Some(Bound::States(2)), CUT);
    answers(&limit(0), Some(Bound::States(0)), [Answer::Unknown; 5]);
}

#[test]
fn depth() {
    let limit = |max_depth| Limits {
        max_depth: Some(max_depth),
        ..Limits::default()
    };
    answers(&limit(51), None, COMPLETE);
    answers(&limit(50), Some(Bound::Depth(50)), CUT);
    answers(&limit(2), Some(Bound::Depth(2)), CUT);
    answers(&limit(0), Some(Bound::Depth(0)), [Answer::Unknown; 5]);
}

#[test]
fn time() {
    let limit = |max_time| Limits {
        max_time: Some(max_time),
        ..Limits::default()
    };
    answers(&limit(Duration::from_secs(3600)), None, COMPLETE);
    answers(
        &limit(Duration::ZERO),
        Some(Bound::Time(Duration::ZERO)),
        [Answer::Unknown; 5],
    );
}

#[test]
fn stop() {
    let limit = |stop| Limits {
        stop: Some(Arc::new(AtomicBool::new(stop))),
        ..Limits::default()
    };
    answers(&limit(false), None, COMPLETE);
    answers(&limit(true), Some(Bound::Stopped), [Answer::Unknown; 5]);
}

/// One level of 10,000 states, each of which takes five milliseconds to expand: fifty seconds.
struct Slow;

impl TransitionSystem for Slow {
    type State = u32;
    type Action = ();

    fn initial_states(&self) -> Vec<u32> {
        (0..10_000).collect()
    }

    fn successors(&self, _: &u32, _: &mut Vec<((), u32)>) {
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn time_is_kept_within_a_level_of_slow_states() {
    let limits = Limits {
        max_time: Some(Duration::from_millis(100)),
        ..Limits::default()
    };
    let begin = Instant::now();
    let outcome = breadth_first(&Slow, &[], &limits, &mut ()).unwrap();
    assert_eq!(outcome.bound, Some(Bound::Time(Duration::from_millis(100))));
    let oracle = stateright_depth_first(Arc::new(Slow), Arc::new([]), &limits).unwrap();
    assert_eq!(oracle.bound, Some(Bound::Time(Duration::from_millis(100))));
    assert!(begin.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_stop_is_heard_within_a_level() {
    let stop = Arc::new(AtomicBool::new(false));
    let limits = Limits {
        stop: Some(Arc::clone(&stop)),
        ..Limits::default()
    };
    let outcome = std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(50));
            stop.store(true, Ordering::Relaxed);
        });
        breadth_first(&Slow, &[], &limits, &mut ()).unwrap()
    });
    assert_eq!(outcome.bound, Some(Bound::Stopped));
    assert!(outcome.duration < Duration::from_secs(10));
}

/// Counts for ever; a state has something on the heap.
struct Counter;

impl TransitionSystem for Counter {
    type State = Vec<u64>;
    type Action = ();

    fn initial_states(&self) -> Vec<Vec<u64>> {
        vec![vec![0; 100]]
    }

    fn successors(&self, state: &Vec<u64>, out: &mut Vec<((), Vec<u64>)>) {
        let mut next = state.clone();
        next[0] += 1;
        out.push(((), next));
    }

    fn heap_bytes(&self, state: &Vec<u64>) -> u64 {
        (state.capacity() * size_of::<u64>()) as u64
    }
}

#[test]
fn memory_is_a_limit_of_every_search() {
    let memory = 16 << 20;
    let limits = Limits {
        max_memory: Some(memory),
        ..Limits::default()
    };
    let counts = |limits: &Limits| breadth_first(&Counter, &[], limits, &mut ()).unwrap();
    let outcome = counts(&limits);
    assert_eq!(outcome.bound, Some(Bound::Memory(memory)));
    // A state takes 800 bytes on the heap, and some more in the tables.
    let of_a_state = memory / outcome.states;
    assert!((750..1100).contains(&of_a_state), "{of_a_state}");
    assert_eq!(
        counts(&limits).states,
        outcome.states,
        "the end is at the same place each time"
    );

    let stateright = stateright_depth_first(Arc::new(Counter), Arc::new([]), &limits).unwrap();
    assert_eq!(stateright.bound, Some(Bound::Memory(memory)));
}
