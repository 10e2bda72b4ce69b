//! Small systems, each made for one way to get liveness wrong.

use std::collections::BTreeSet;

use shimproof_search::examples::two_phase_commit::{
    Action, Representation, ResourceManager, State, TwoPhaseCommit,
};
use shimproof_search::{
    Activity, Bound, FairSystem, Finding, Limits, LivenessError, LivenessProperty, LivenessVerdict,
    MAX_PROCESSES, Observer, Path, Progress, SearchError, TransitionSystem, check_liveness,
};

use crate::graph::Graph;

/// Does 0 lead to `goal`? Edges with action 0 are nobody's, those with another action belong to that process.
fn leads_to(edges: &[&[(u8, u8)]], goal: u8) -> LivenessVerdict<u8, u8> {
    let graph = Graph {
        initial: vec![0],
        edges: edges.iter().map(|edges| edges.to_vec()).collect(),
    };
    let property = LivenessProperty::leads_to(
        "0 ~> goal",
        |_: &Graph, node| *node == 0,
        move |_, node| *node == goal,
    );
    check_liveness(&graph, &[property], &Limits::default(), &mut ())
        .unwrap()
        .verdicts
        .remove(0)
}

const HOLDS: LivenessVerdict<u8, u8> = LivenessVerdict::Holds { vacuous: false };

#[track_caller]
fn assert_lasso(verdict: &LivenessVerdict<u8, u8>, stem: &[u8], cycle: &[(u8, u8)]) {
    let LivenessVerdict::Violated(lasso) = verdict else {
        panic!("{verdict:?}")
    };
    assert_eq!(lasso.stem.states().copied().collect::<Vec<_>>(), stem);
    assert_eq!(lasso.cycle, cycle);
}

#[test]
fn a_process_that_can_go_on_does() {
    assert_eq!(leads_to(&[&[(1, 1)], &[]], 1), HOLDS);
    assert_lasso(&leads_to(&[&[(0, 1)], &[]], 1), &[0], &[]);
}

#[test]
fn a_run_that_ends_without_the_conclusion_is_a_violation() {
    assert_lasso(&leads_to(&[&[(1, 1)], &[], &[]], 2), &[0, 1], &[]);
}

#[test]
fn two_processes_that_undo_each_other_never_arrive() {
    // Stateright does not see this: it does not look at cycles.
    assert_lasso(
        &leads_to(&[&[(1, 1)], &[(2, 0)], &[]], 2),
        &[0],
        &[(1, 1), (2, 0)],
    );
}

#[test]
fn a_cycle_that_starves_a_process_is_no_violation() {
    assert_eq!(leads_to(&[&[(1, 1), (2, 2)], &[(1, 0), (2, 2)], &[]], 2), HOLDS);
}

#[test]
fn a_process_that_is_disabled_now_and_then_may_be_starved_by_weak_fairness() {
    assert_lasso(
        &leads_to(&[&[(1, 1), (2, 2)], &[(1, 0)], &[]], 2),
        &[0],
        &[(1, 1), (1, 0)],
    );
}

#[test]
fn steps_that_change_nothing_do_not_count_as_going_on() {
    // Process 2 could go round in 0, but that is no step; process 1 has to take its own.
    assert_eq!(leads_to(&[&[(2, 0), (1, 1)], &[]], 1), HOLDS);
    // Nor is a process enabled that can only do nothing.
    assert_lasso(&leads_to(&[&[(2, 0), (0, 1)], &[]], 1), &[0], &[]);
}

#[test]
fn a_fair_cycle_through_the_conclusion_is_no_violation() {
    // All three together are a fair component, but with the conclusion in it; 0 and 1 alone starve process 2.
    assert_eq!(
        leads_to(&[&[(1, 1), (2, 2)], &[(1, 0), (2, 2)], &[(1, 0)]], 2),
        HOLDS
    );
}

#[test]
fn the_state_that_makes_the_promise_may_keep_it() {
    assert_eq!(leads_to(&[&[(1, 1)], &[]], 0), HOLDS);
}

#[test]
fn joins_do_not_hide_a_run() {
    // 3 is reached by 1, the conclusion, and by 2, past it. Stateright's answer depends on the order of the
    // steps.
    for first in [1, 2] {
        let verdict = leads_to(&[&[(0, first), (1, 3 - first)], &[(1, 3)], &[(1, 3)], &[]], 1);
        assert_lasso(&verdict, &[0, 2, 3], &[]);
    }
}

#[test]
fn a_cycle_serves_every_process_that_waits() {
    // Process 1 goes round 0 -> 1 -> 0, and processes 2 and 3 have rounds of their own that must be gone too.
    let round = leads_to(
        &[
            &[(1, 1), (2, 2), (3, 3)],
            &[(1, 0), (2, 2), (3, 3)],
            &[(1, 0), (2, 1), (3, 0)],
            &[(1, 0), (2, 0), (3, 0)],
            &[],
        ],
        4,
    );
    let LivenessVerdict::Violated(lasso) = round else {
        panic!("{round:?}")
    };
    let processes: BTreeSet<u8> = lasso.cycle.iter().map(|(action, _)| *action).collect();
    assert_eq!((lasso.cycle.len(), processes), (3, BTreeSet::from([1, 2, 3])));
}

#[test]
fn a_premise_that_is_never_true_is_vacuous() {
    let graph = Graph::chain(3);
    let properties = [
        LivenessProperty::leads_to("leads to", |_: &Graph, node| *node == 9, |_, _| false),
        LivenessProperty::recoverable("recoverable", |_: &Graph, node| *node == 9, |_, _| false),
    ];
    let outcome = check_liveness(&graph, &properties, &Limits::default(), &mut ()).unwrap();
    assert_eq!(
        outcome.verdicts,
        [
            LivenessVerdict::Holds { vacuous: true },
            LivenessVerdict::Holds { vacuous: true }
        ]
    );
    assert_eq!((outcome.states, outcome.transitions, outcome.depth), (4, 3, 4));
}

#[test]
fn recovery_is_about_what_is_possible_not_about_what_is_fair() {
    // From 0 nobody has to go to 1, but somebody can; from 2 nobody can.
    let graph = Graph {
        initial: vec![0],
        edges: vec![vec![(0, 1), (0, 3)], vec![(0, 0)], vec![], vec![(1, 2)]],
    };
    let property = |premise: fn(u8) -> bool| {
        LivenessProperty::recoverable(
            "to 1",
            move |_: &Graph, node| premise(*node),
            |_, node| *node == 1,
        )
    };
    let properties = [property(|node| node < 2), property(|_| true)];
    let outcome = check_liveness(&graph, &properties, &Limits::default(), &mut ()).unwrap();
    assert_eq!(outcome.verdicts[0], HOLDS);
    // 3 is the nearest state from which 1 is lost.
    let expected = Path {
        initial: 0,
        steps: vec![(0, 3)],
    };
    assert_eq!(outcome.verdicts[1], LivenessVerdict::Unrecoverable(expected));
}

/// Two-phase commit, in which the resource managers go on while they can, and the transaction manager if it
/// is told to.
struct Protocol {
    system: TwoPhaseCommit,
    manager_goes_on: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Process {
    Manager,
    Resource(u8),
}

impl TransitionSystem for Protocol {
    type State = State;
    type Action = Action;

    fn initial_states(&self) -> Vec<State> {
        self.system.initial_states()
    }

    fn successors(&self, state: &State, out: &mut Vec<(Action, State)>) {
        self.system.successors(state, out);
    }
}

impl FairSystem for Protocol {
    type Process = Process;

    fn process(&self, action: &Action) -> Option<Process> {
        match action {
            Action::TMRcvPrepared(_) | Action::TMCommit | Action::TMAbort => {
                self.manager_goes_on.then_some(Process::Manager)
            }
            Action::RMPrepare(rm)
            | Action::RMChooseToAbort(rm)
            | Action::RMRcvCommitMsg(rm)
            | Action::RMRcvAbortMsg(rm) => Some(Process::Resource(*rm)),
        }
    }
}

/// That two-phase commit blocks is what it is known for.
#[test]
fn two_phase_commit_blocks_exactly_when_the_manager_may_stop() {
    let decides = || {
        LivenessProperty::leads_to(
            "the first decides",
            |_: &Protocol, _| true,
            |_, state: &State| {
                matches!(
                    state.resource_manager(0),
                    ResourceManager::Committed | ResourceManager::Aborted
                )
            },
        )
    };
    let check = |manager_goes_on| {
        let protocol = Protocol {
            system: TwoPhaseCommit::new(3),
            manager_goes_on,
        };
        check_liveness(&protocol, &[decides()], &Limits::default(), &mut ())
            .unwrap()
            .verdicts
            .remove(0)
    };
    assert_eq!(check(true), LivenessVerdict::Holds { vacuous: false });
    let LivenessVerdict::Violated(lasso) = check(false) else {
        panic!("it does not block")
    };
    assert!(lasso.cycle.is_empty());
    let blocked = lasso.stem.last_state();
    assert_eq!(blocked.resource_manager(0), ResourceManager::Prepared);
    // The others need not have prepared, but must have done what they can.
    assert_eq!(lasso.stem.len(), 3);
}

#[derive(Default)]
struct Listener(Vec<(usize, u32)>);

impl Observer for Listener {
    fn progress(&mut self, _: &Progress) {}

    fn found(&mut self, finding: &Finding<'_>) {
        self.0.push((finding.property, finding.depth));
    }
}

#[test]
fn findings_are_announced() {
    let properties = [
        LivenessProperty::leads_to("2 ~> 1", |_: &Graph, node| *node == 2, |_, node| *node == 1),
        LivenessProperty::leads_to("1 ~> 2", |_: &Graph, node| *node == 1, |_, node| *node == 2),
        LivenessProperty::recoverable("0", |_: &Graph, _| true, |_, node| *node == 0),
    ];
    let mut listener = Listener::default();
    let mut graph = Graph::chain(3);
    for edge in graph.edges.iter_mut().flatten() {
        edge.0 = 1;
    }
    check_liveness(&graph, &properties, &Limits::default(), &mut listener).unwrap();
    assert_eq!(listener.0, [(0, 4), (2, 2)]);
}

/// One step for each process, and a fault in the naming of one.
struct Crowd {
    processes: usize,
    unnamed: Option<usize>,
}

impl TransitionSystem for Crowd {
    type State = usize;
    type Action = usize;

    fn initial_states(&self) -> Vec<usize> {
        vec![0]
    }

    fn successors(&self, state: &usize, out: &mut Vec<(usize, usize)>) {
        if *state < self.processes {
            out.push((*state, state + 1));
        }
    }
}

impl FairSystem for Crowd {
    type Process = usize;

    fn process(&self, action: &usize) -> Option<usize> {
        assert!(self.unnamed != Some(*action), "who?");
        Some(*action)
    }
}

#[test]
fn as_many_processes_as_there_is_room_for() {
    let check = |processes| {
        let last =
            LivenessProperty::leads_to("last", |_: &Crowd, _| true, move |_, state| *state == processes);
        check_liveness(
            &Crowd {
                processes,
                unnamed: None,
            },
            &[last],
            &Limits::default(),
            &mut (),
        )
    };
    assert_eq!(
        check(MAX_PROCESSES).unwrap().verdicts,
        [LivenessVerdict::Holds { vacuous: false }]
    );
    assert_eq!(
        check(MAX_PROCESSES + 1).unwrap_err(),
        LivenessError::TooManyProcesses
    );
}

#[test]
fn panics_come_with_a_trace() {
    let panicked = |activity, message: &str, last: usize| {
        let path = Path {
            initial: 0,
            steps: (0..last).map(|state| (state, state + 1)).collect(),
        };
        LivenessError::Search(SearchError::Panicked {
            activity,
            message: message.to_owned(),
            path: Some(path),
        })
    };
    let crowd = Crowd {
        processes: 5,
        unnamed: Some(3),
    };
    let error = check_liveness(&crowd, &[], &Limits::default(), &mut ()).unwrap_err();
    assert_eq!(error, panicked(Activity::Process, "who?", 4));

    let crowd = Crowd {
        processes: 5,
        unnamed: None,
    };
    let check = |property| check_liveness(&crowd, &[property], &Limits::default(), &mut ()).unwrap_err();
    let at_two = |_: &Crowd, state: &usize| {
        assert!(*state != 2, "two");
        true
    };
    let error = check(LivenessProperty::leads_to("p", at_two, |_, _| true));
    assert_eq!(error, panicked(Activity::Antecedent("p".into()), "two", 2));
    let error = check(LivenessProperty::recoverable("p", |_, _| true, at_two));
    assert_eq!(error, panicked(Activity::Condition("p".into()), "two", 2));
}

/// A walk over a square, with nothing on the way out.
struct Square(u32);

impl TransitionSystem for Square {
    type State = (u32, u32);
    type Action = u8;

    fn initial_states(&self) -> Vec<(u32, u32)> {
        vec![(0, 0)]
    }

    fn successors(&self, &(x, y): &(u32, u32), out: &mut Vec<(u8, (u32, u32))>) {
        out.push((0, ((x + 1) % self.0, y)));
        out.push((1, (x, (y + 1) % self.0)));
    }
}

impl FairSystem for Square {
    type Process = u8;

    fn process(&self, action: &u8) -> Option<u8> {
        Some(*action)
    }
}

fn promises() -> [LivenessProperty<Square>; 2] {
    [
        LivenessProperty::leads_to("nowhere", |_: &Square, _| true, |_, _| false),
        LivenessProperty::recoverable("corner", |_: &Square, _| true, |_, state| *state == (0, 0)),
    ]
}

#[test]
fn memory_is_a_limit_on_steps_and_on_what_is_done_with_them() {
    let decide = |memory| {
        let limits = Limits {
            max_memory: Some(memory),
            ..Limits::default()
        };
        check_liveness(&Square(300), &promises(), &limits, &mut ()).unwrap()
    };
    let cut = decide(16 << 20);
    assert_eq!(cut.bound, Some(Bound::Memory(16 << 20)));
    assert!(cut.states > 20_000, "{}", cut.states);
    assert_eq!(cut.verdicts[1], LivenessVerdict::Unknown);
    let whole = decide(256 << 20);
    assert_eq!((whole.bound, whole.states), (None, 90_000));
    assert_eq!(whole.verdicts[1], LivenessVerdict::Holds { vacuous: false });
}

/// Stops once everything is explored.
struct StopsAtTheEnd(std::sync::Arc<std::sync::atomic::AtomicBool>);

impl Observer for StopsAtTheEnd {
    fn progress(&mut self, progress: &Progress) {
        if progress.states == 90_000 && progress.queue == 0 {
            self.0.store(true, std::sync::atomic::Ordering::Relaxed);
        }
    }
}

#[test]
fn a_stop_after_the_exploration_leaves_verdicts_open() {
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let limits = Limits {
        stop: Some(std::sync::Arc::clone(&stop)),
        ..Limits::default()
    };
    let outcome = check_liveness(&Square(300), &promises(), &limits, &mut StopsAtTheEnd(stop)).unwrap();
    assert_eq!((outcome.bound, outcome.states), (Some(Bound::Stopped), 90_000));
    assert_eq!(
        outcome.verdicts,
        [LivenessVerdict::Unknown, LivenessVerdict::Unknown]
    );
}
