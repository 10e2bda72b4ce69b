//! Hollow systems and hollow questions are called hollow.

use shimproof_search::examples::two_phase_commit::TwoPhaseCommit;
use shimproof_search::{Answer, Limits, Property};

use super::{PackedGraph, Words, answers, node, options, search};
use crate::graph::Graph;

#[test]
fn kinds_that_nothing_offers_are_named() {
    let graph = PackedGraph(Graph {
        initial: vec![0],
        edges: vec![vec![(1, 1), (1, 0)], vec![(3, 1)], vec![(2, 0)]],
    });
    let outcome = search(&graph, &[], &options(1, false), &Limits::default());
    let hollow: Vec<_> = outcome.coverage.never_enabled().collect();
    assert_eq!(hollow, ["zero", "two", "never"]);
    let counts: Vec<_> = outcome
        .coverage
        .actions
        .iter()
        .map(|action| (action.enabled, action.fired, action.discoveries))
        .collect();
    assert_eq!(counts, [(0, 0, 0), (1, 2, 1), (0, 0, 0), (1, 1, 0), (0, 0, 0)]);
}

#[test]
fn every_action_of_two_phase_commit_is_covered() {
    let outcome = search(
        &TwoPhaseCommit::new(4),
        &[],
        &options(2, false),
        &Limits::default(),
    );
    assert_eq!(outcome.coverage.never_enabled().count(), 0);
    let fired: u64 = outcome.coverage.actions.iter().map(|action| action.fired).sum();
    assert_eq!(fired, outcome.search.transitions);
    // Nobody to prepare, nobody to tell.
    let outcome = search(
        &TwoPhaseCommit::new(0),
        &[],
        &options(1, false),
        &Limits::default(),
    );
    let hollow: Vec<_> = outcome.coverage.never_enabled().collect();
    assert_eq!(
        hollow,
        [
            "TMRcvPrepared",
            "RMPrepare",
            "RMChooseToAbort",
            "RMRcvCommitMsg",
            "RMRcvAbortMsg"
        ]
    );
}

#[test]
fn hollow_questions() {
    let chain = PackedGraph(Graph::chain(5));
    let properties = [
        Property::always("42 implies nonsense", |_: &PackedGraph, _| true)
            .with_antecedent(|_, state: &Words| node(state) == 42),
        Property::always("no way back", |_: &PackedGraph, _| true)
            .with_step_antecedent(|_, from: &Words, _, to: &Words| node(to) < node(from)),
        Property::always("the end", |_: &PackedGraph, _| true)
            .with_antecedent(|_, state: &Words| node(state) == 5),
    ];
    let outcome = search(&chain, &properties, &options(1, false), &Limits::default());
    assert_eq!(
        answers::<PackedGraph>(&outcome),
        [
            Answer::Holds { vacuous: true },
            Answer::Holds { vacuous: true },
            Answer::Holds { vacuous: false }
        ]
    );
    let nothing = PackedGraph(Graph {
        initial: vec![],
        edges: vec![],
    });
    let outcome = search(&nothing, &properties[2..], &options(1, false), &Limits::default());
    assert_eq!(
        answers::<PackedGraph>(&outcome),
        [Answer::Holds { vacuous: true }]
    );
}
