//! Against a naive enumeration, on random graphs of up to six nodes.
//!
//! A run visits some set of nodes again and again. The enumeration tries every set: is there a run that gets
//! there with a promise open, can it go round in it through all of its nodes, and is going round through all
//! of its steps fair?

use proptest::prelude::*;
use shimproof_search::{Lasso, Limits, LivenessProperty, LivenessVerdict, check_liveness};

use crate::graph::{Graph, graphs};

/// The nodes with the premise and with the conclusion, one bit each.
#[derive(Clone, Copy, Debug)]
struct Question {
    premise: u8,
    conclusion: u8,
}

fn has(set: u8, node: u8) -> bool {
    set >> node & 1 == 1
}

fn nodes(graph: &Graph) -> impl Iterator<Item = u8> + use<> {
    0..u8::try_from(graph.edges.len()).unwrap()
}

fn edges(graph: &Graph, node: u8) -> &[(u8, u8)] {
    &graph.edges[usize::from(node)]
}

/// Whether the process can change the state of the node.
fn can_act(graph: &Graph, node: u8, process: u8) -> bool {
    edges(graph, node)
        .iter()
        .any(|(action, to)| *action == process && *to != node)
}

/// For each node, the least number of steps to come there with a promise open.
fn distances_with_open_promise(graph: &Graph, question: Question) -> Vec<Option<usize>> {
    let mut distances: Vec<Option<usize>> = nodes(graph)
        .zip(graph.distances())
        .map(|(node, distance)| {
            distance.filter(|_| has(question.premise, node) && !has(question.conclusion, node))
        })
        .collect();
    loop {
        let before = distances.clone();
        for from in nodes(graph) {
            let Some(distance) = before[usize::from(from)] else {
                continue;
            };
            for &(_, to) in edges(graph, from)
                .iter()
                .filter(|(_, to)| !has(question.conclusion, *to))
            {
                let known = &mut distances[usize::from(to)];
                *known = Some(known.map_or(distance + 1, |known: usize| known.min(distance + 1)));
            }
        }
        if before == distances {
            return distances;
        }
    }
}

/// Whether every node of the set can be reached from every other without leaving it.
fn is_connected(graph: &Graph, set: u8) -> bool {
    nodes(graph).filter(|node| has(set, *node)).all(|start| {
        let mut reached = 1_u8 << start;
        loop {
            let before = reached;
            for node in nodes(graph).filter(|node| has(before, *node)) {
                for &(_, to) in edges(graph, node).iter().filter(|(_, to)| has(set, *to)) {
                    reached |= 1 << to;
                }
            }
            if reached == before {
                return reached == set;
            }
        }
    })
}

fn is_fair(graph: &Graph, set: u8) -> bool {
    (1..4).all(|process| {
        nodes(graph).filter(|node| has(set, *node)).any(|node| {
            !can_act(graph, node, process)
                || edges(graph, node)
                    .iter()
                    .any(|(action, to)| *action == process && *to != node && has(set, *to))
        })
    })
}

/// The least number of steps to a cycle on which the promise is broken.
fn shortest_stem(graph: &Graph, question: Question) -> Option<usize> {
    let distances = distances_with_open_promise(graph, question);
    let distance = |node: u8| distances[usize::from(node)];
    (1_u8..1 << graph.edges.len())
        .filter(|set| nodes(graph).all(|node| !has(*set, node) || distance(node).is_some()))
        .filter(|set| is_connected(graph, *set) && is_fair(graph, *set))
        .filter_map(|set| {
            nodes(graph)
                .filter(|node| has(set, *node))
                .filter_map(distance)
                .min()
        })
        .min()
}

/// Whether going round these steps for ever is a fair run without the conclusion. No steps: whether staying
/// is.
fn is_fair_cycle(graph: &Graph, question: Question, start: u8, cycle: &[(u8, u8)]) -> bool {
    let mut at = start;
    let mut acted = 0_u8;
    let mut unable = 0_u8;
    let mut look = |node: u8| {
        for process in (0..4).filter(|process| !can_act(graph, node, *process)) {
            unable |= 1 << process;
        }
    };
    look(start);
    for &(action, to) in cycle {
        if !edges(graph, at).contains(&(action, to)) || has(question.conclusion, to) {
            return false;
        }
        if at != to {
            acted |= 1 << action;
        }
        at = to;
        look(at);
    }
    at == start && (acted | unable) >> 1 == 0b111
}

/// Whether some fair cycle from `start` has fewer steps than `limit`.
fn has_shorter_cycle(graph: &Graph, question: Question, start: u8, limit: usize) -> bool {
    fn extend(graph: &Graph, question: Question, start: u8, cycle: &mut Vec<(u8, u8)>, left: usize) -> bool {
        if is_fair_cycle(graph, question, start, cycle) {
            return true;
        }
        if left == 0 {
            return false;
        }
        let at = cycle.last().map_or(start, |(_, to)| *to);
        edges(graph, at).to_vec().into_iter().any(|edge| {
            cycle.push(edge);
            let found = extend(graph, question, start, cycle, left - 1);
            cycle.pop();
            found
        })
    }
    limit > 0 && extend(graph, question, start, &mut Vec::new(), limit - 1)
}

fn check_lasso(graph: &Graph, question: Question, lasso: &Lasso<u8, u8>) -> Result<(), TestCaseError> {
    prop_assert_eq!(lasso.stem.replay(graph), Ok(()));
    let states: Vec<u8> = lasso.stem.states().copied().collect();
    prop_assert!(has(question.premise, states[lasso.promised_at]));
    prop_assert!(
        states[lasso.promised_at..]
            .iter()
            .all(|state| !has(question.conclusion, *state))
    );
    let start = *lasso.stem.last_state();
    prop_assert!(is_fair_cycle(graph, question, start, &lasso.cycle));
    Ok(())
}

/// Of the complete space: a limit can hide the state that a shorter cycle goes through.
fn check_minimal(graph: &Graph, question: Question, lasso: &Lasso<u8, u8>) -> Result<(), TestCaseError> {
    let start = *lasso.stem.last_state();
    if lasso.cycle.len() < 8 {
        prop_assert!(!has_shorter_cycle(graph, question, start, lasso.cycle.len()));
    }
    Ok(())
}

fn verdict(graph: &Graph, property: LivenessProperty<Graph>, limits: &Limits) -> LivenessVerdict<u8, u8> {
    check_liveness(graph, &[property], limits, &mut ())
        .unwrap()
        .verdicts
        .remove(0)
}

fn leads_to(question: Question) -> LivenessProperty<Graph> {
    LivenessProperty::leads_to(
        "leads to",
        move |_, node| has(question.premise, *node),
        move |_, node| has(question.conclusion, *node),
    )
}

fn recoverable(question: Question) -> LivenessProperty<Graph> {
    LivenessProperty::recoverable(
        "recoverable",
        move |_, node| has(question.premise, *node),
        move |_, node| has(question.conclusion, *node),
    )
}

fn premise_is_reachable(graph: &Graph, question: Question) -> bool {
    nodes(graph)
        .zip(graph.distances())
        .any(|(node, distance)| distance.is_some() && has(question.premise, node))
}

/// The distance of the nearest node with the premise from which no node with the conclusion can be reached.
fn nearest_lost(graph: &Graph, question: Question) -> Option<usize> {
    let can_recover = |node| {
        let from_there = Graph {
            initial: vec![node],
            edges: graph.edges.clone(),
        };
        nodes(graph)
            .zip(from_there.distances())
            .any(|(node, distance)| distance.is_some() && has(question.conclusion, node))
    };
    nodes(graph)
        .zip(graph.distances())
        .filter(|(node, _)| has(question.premise, *node) && !can_recover(*node))
        .filter_map(|(_, distance)| distance)
        .min()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6000))]

    #[test]
    fn leads_to_agrees(graph in graphs(6), premise: u8, conclusion in 0_u8..16) {
        let question = Question { premise, conclusion };
        match (verdict(&graph, leads_to(question), &Limits::default()), shortest_stem(&graph, question)) {
            (LivenessVerdict::Holds { vacuous }, None) => {
                prop_assert_eq!(vacuous, !premise_is_reachable(&graph, question));
            }
            (LivenessVerdict::Violated(lasso), Some(length)) => {
                prop_assert_eq!(lasso.stem.len(), length);
                check_lasso(&graph, question, &lasso)?;
                check_minimal(&graph, question, &lasso)?;
            }
            (verdict, stem) => prop_assert!(false, "{:?} against {:?}", verdict, stem),
        }
    }

    #[test]
    fn recoverable_agrees(graph in graphs(6), premise: u8, conclusion in 0_u8..16) {
        let question = Question { premise, conclusion };
        match (verdict(&graph, recoverable(question), &Limits::default()), nearest_lost(&graph, question)) {
            (LivenessVerdict::Holds { vacuous }, None) => {
                prop_assert_eq!(vacuous, !premise_is_reachable(&graph, question));
            }
            (LivenessVerdict::Unrecoverable(path), Some(length)) => {
                prop_assert_eq!(path.len(), length);
                prop_assert_eq!(path.replay(&graph), Ok(()));
            }
            (verdict, lost) => prop_assert!(false, "{:?} against {:?}", verdict, lost),
        }
    }

    #[test]
    fn what_a_limit_leaves_is_sound(
        graph in graphs(6), premise: u8, conclusion in 0_u8..16, max_states in 0_u64..7,
    ) {
        let question = Question { premise, conclusion };
        let limits = Limits { max_states: Some(max_states), ..Limits::default() };
        let complete = graph.distances().iter().flatten().count() as u64 <= max_states;
        match verdict(&graph, leads_to(question), &limits) {
            LivenessVerdict::Holds { .. } => {
                prop_assert!(complete && shortest_stem(&graph, question).is_none());
            }
            LivenessVerdict::Violated(lasso) => check_lasso(&graph, question, &lasso)?,
            LivenessVerdict::Unknown => prop_assert!(!complete),
            LivenessVerdict::Unrecoverable(_) => prop_assert!(false),
        }
        match verdict(&graph, recoverable(question), &limits) {
            LivenessVerdict::Holds { .. } => {
                prop_assert!(complete && nearest_lost(&graph, question).is_none());
            }
            LivenessVerdict::Unrecoverable(path) => {
                let from_there = Graph { initial: vec![*path.last_state()], edges: graph.edges.clone() };
                let end = Question { premise: 1 << path.last_state(), conclusion };
                prop_assert!(has(premise, *path.last_state()));
                prop_assert_eq!(nearest_lost(&from_there, end), Some(0));
            }
            LivenessVerdict::Unknown => prop_assert!(!complete),
            LivenessVerdict::Violated(_) => prop_assert!(false),
        }
    }
}
