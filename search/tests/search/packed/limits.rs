//! A search that was cut short claims nothing, and ends soon.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use shimproof_search::examples::two_phase_commit::TwoPhaseCommit;
use shimproof_search::{
    Answer, Bound, Finding, Limits, Observer, PackedOptions, PackedSystem, Progress, Property, Verdict,
    packed_breadth_first,
};

use super::{answers, options, search};

const CUT: [Answer; 3] = [Answer::Unknown, Answer::Reached, Answer::Unknown];

#[test]
fn memory() {
    let system = TwoPhaseCommit::new(7);
    let properties = TwoPhaseCommit::properties();
    let bounded = |threads, memory| {
        let options = PackedOptions {
            memory: Some(memory),
            ..options(threads, false)
        };
        search(&system, &properties, &options, &Limits::default())
    };
    let whole = bounded(1, 64 << 20);
    assert_eq!((whole.search.bound, whole.search.states), (None, 296_448));
    let mut states = 0;
    for memory in [0, 10, 1 << 10, 1 << 20, 2 << 20, 4 << 20] {
        let outcome = bounded(1, memory);
        assert_eq!(outcome.search.bound, Some(Bound::Memory(memory)));
        assert!(outcome.search.states < 296_448);
        assert!(outcome.search.states >= states);
        states = outcome.search.states;
        assert!(
            outcome
                .search
                .verdicts
                .iter()
                .all(|verdict| { matches!(verdict, Verdict::Unknown | Verdict::Reached(_)) })
        );
        for threads in [2, 4] {
            let again = bounded(threads, memory);
            assert_eq!(
                (&again.search, &again.coverage),
                (&outcome.search, &outcome.coverage)
            );
        }
    }
    // At least half of what was allowed was put to use.
    assert!(states > 4 << 20 >> 6, "{states}");
}

#[test]
fn states_and_levels() {
    let system = TwoPhaseCommit::new(7);
    for threads in [1, 2] {
        let limits = Limits {
            max_states: Some(100_000),
            ..Limits::default()
        };
        let outcome = search(
            &system,
            &TwoPhaseCommit::properties(),
            &options(threads, false),
            &limits,
        );
        assert_eq!(outcome.search.bound, Some(Bound::States(100_000)));
        assert_eq!(outcome.search.states, 100_000);
        assert_eq!(answers::<TwoPhaseCommit>(&outcome), CUT);

        let limits = Limits {
            max_depth: Some(12),
            ..Limits::default()
        };
        let outcome = search(
            &system,
            &TwoPhaseCommit::properties(),
            &options(threads, false),
            &limits,
        );
        assert_eq!(outcome.search.bound, Some(Bound::Depth(12)));
        assert_eq!(outcome.search.depth, 12);
        assert_eq!(answers::<TwoPhaseCommit>(&outcome), CUT);
    }
}

#[test]
fn time_and_a_stop_from_the_start() {
    let system = TwoPhaseCommit::new(7);
    let now = Limits {
        max_time: Some(Duration::ZERO),
        ..Limits::default()
    };
    let stopped = Limits {
        stop: Some(Arc::new(AtomicBool::new(true))),
        ..Limits::default()
    };
    for (limits, bound) in [(now, Bound::Time(Duration::ZERO)), (stopped, Bound::Stopped)] {
        let outcome = search(
            &system,
            &TwoPhaseCommit::properties(),
            &options(2, false),
            &limits,
        );
        assert_eq!(outcome.search.bound, Some(bound));
        assert_eq!(answers::<TwoPhaseCommit>(&outcome), [Answer::Unknown; 3]);
    }
}

/// Levels of 10,000 states, each of which takes five milliseconds to expand.
struct Slow;

impl PackedSystem for Slow {
    type State = [u64; 1];
    type Action = ();
    type Scratch = ();

    const ACTION_KINDS: &'static [&'static str] = &["wait"];

    fn action_kind((): &()) -> usize {
        0
    }

    fn initial(&self, emit: &mut dyn FnMut(&[u64; 1])) {
        (0..10_000).for_each(|state| emit(&[state]));
    }

    fn successors(&self, state: &[u64; 1], (): &mut (), emit: &mut impl FnMut((), &[u64; 1])) {
        std::thread::sleep(Duration::from_millis(5));
        emit((), &[state[0] + 10_000]);
    }
}

#[derive(Default)]
struct Listener {
    progress: Vec<Progress>,
    findings: Vec<(usize, u32)>,
}

impl Observer for Listener {
    fn progress(&mut self, progress: &Progress) {
        self.progress.push(*progress);
    }

    fn found(&mut self, finding: &Finding<'_>) {
        self.findings.push((finding.property, finding.depth));
    }
}

#[test]
fn time_is_kept_and_progress_told_within_a_level_of_slow_states() {
    for threads in [1, 3] {
        let limits = Limits {
            max_time: Some(Duration::from_secs(1)),
            ..Limits::default()
        };
        let begin = Instant::now();
        let mut listener = Listener::default();
        let outcome =
            packed_breadth_first(&Slow, &[], &options(threads, false), &limits, &mut listener).unwrap();
        assert_eq!(outcome.search.bound, Some(Bound::Time(Duration::from_secs(1))));
        assert!(begin.elapsed() < Duration::from_secs(5));
        assert!(listener.progress.len() >= 3, "{:?}", listener.progress);
        assert!(listener.progress.is_sorted_by_key(|progress| progress.elapsed));
    }
}

#[test]
fn a_stop_is_heard_within_a_level() {
    let stop = Arc::new(AtomicBool::new(false));
    let limits = Limits {
        stop: Some(Arc::clone(&stop)),
        ..Limits::default()
    };
    let begin = Instant::now();
    let outcome = std::thread::scope(|scope| {
        scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(100));
            stop.store(true, Ordering::Relaxed);
        });
        search(&Slow, &[], &options(2, false), &limits)
    });
    assert_eq!(outcome.search.bound, Some(Bound::Stopped));
    assert!(begin.elapsed() < Duration::from_secs(1));
}

#[test]
fn every_level_is_reported_and_every_finding_once() {
    let mut listener = Listener::default();
    let system = TwoPhaseCommit::new(3);
    let properties: Vec<Property<TwoPhaseCommit>> = TwoPhaseCommit::properties();
    let outcome = packed_breadth_first(
        &system,
        &properties,
        &options(1, false),
        &Limits::default(),
        &mut listener,
    )
    .unwrap();
    let mut levels: Vec<u32> = listener.progress.iter().map(|progress| progress.depth).collect();
    levels.dedup();
    assert_eq!(levels, (1..=11).collect::<Vec<_>>());
    let last = listener.progress.last().unwrap();
    assert_eq!(
        (last.states, last.transitions, last.queue),
        (outcome.search.states, outcome.search.transitions, 0)
    );
    assert!((1..=outcome.peak_memory).contains(&last.memory), "{last:?}");
    assert_eq!(listener.findings, [(1, 4), (2, 11)]);
}
