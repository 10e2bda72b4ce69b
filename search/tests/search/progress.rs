//! What observers hear.

use std::time::Duration;

use shimproof_search::examples::two_phase_commit::TwoPhaseCommit;
use shimproof_search::{Finding, Limits, Observer, Progress, TransitionSystem, breadth_first};

#[derive(Default)]
struct Listener {
    progress: Vec<Progress>,
    findings: Vec<(usize, String, u32)>,
}

impl Observer for Listener {
    fn progress(&mut self, progress: &Progress) {
        self.progress.push(*progress);
    }

    fn found(&mut self, finding: &Finding<'_>) {
        self.findings
            .push((finding.property, finding.id.to_owned(), finding.depth));
    }
}

#[test]
fn every_level_is_reported_and_every_finding_once() {
    let mut listener = Listener::default();
    let system = TwoPhaseCommit::new(3);
    let outcome = breadth_first(
        &system,
        &TwoPhaseCommit::properties(),
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
        (outcome.states, outcome.transitions, 0)
    );
    assert_eq!(
        listener.findings,
        [(1, "all abort".to_owned(), 4), (2, "all commit".to_owned(), 11)]
    );
}

/// One level of 200 states, each of which takes five milliseconds to expand.
struct Slow;

impl TransitionSystem for Slow {
    type State = u32;
    type Action = ();

    fn initial_states(&self) -> Vec<u32> {
        (0..200).collect()
    }

    fn successors(&self, _: &u32, _: &mut Vec<((), u32)>) {
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_long_level_is_reported_while_it_lasts() {
    let mut listener = Listener::default();
    breadth_first(&Slow, &[], &Limits::default(), &mut listener).unwrap();
    assert!(listener.progress.len() >= 4, "{:?}", listener.progress);
    assert!(listener.progress.is_sorted_by_key(|progress| progress.elapsed));
}
