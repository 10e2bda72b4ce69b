//! Against brute force and against Stateright, on random graphs.

use std::sync::Arc;

use proptest::prelude::*;
use shimproof_search::{Answer, Limits, Path, Property, Verdict, breadth_first, stateright_depth_first};

use crate::graph::{Graph, graphs};

fn properties(target: u8, label: u8) -> Vec<Property<Graph>> {
    vec![
        Property::always("not the target", move |_: &Graph, node: &u8| *node != target),
        Property::reachable("the target", move |_: &Graph, node: &u8| *node == target),
        Property::always("small", |_: &Graph, node: &u8| *node < 100)
            .with_antecedent(move |_, node| *node == target),
        Property::always_step("not the label", move |_: &Graph, _, action: &u8, _| {
            *action != label
        }),
        Property::reachable_step("the label to the target", move |_: &Graph, _, action: &u8, to| {
            *action == label && *to == target
        }),
        Property::always("small too", |_: &Graph, node: &u8| *node < 100)
            .with_step_antecedent(move |_, _, action, _| *action == label),
    ]
}

/// The length of a shortest path to a node, and to and through an edge, that satisfies a condition.
fn nearest_node(graph: &Graph, condition: impl Fn(u8) -> bool) -> Option<usize> {
    (0_u8..)
        .zip(graph.distances())
        .filter(|(node, _)| condition(*node))
        .filter_map(|(_, distance)| distance)
        .min()
}

fn nearest_edge(graph: &Graph, condition: impl Fn(u8, u8) -> bool) -> Option<usize> {
    let distances = graph.distances();
    let edges = graph
        .edges
        .iter()
        .zip(distances)
        .filter_map(|(edges, distance)| Some((edges, distance?)));
    edges
        .filter(|(edges, _)| edges.iter().any(|(action, to)| condition(*action, *to)))
        .map(|(_, distance)| distance + 1)
        .min()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn verdicts_counts_and_lengths_are_those_of_brute_force(graph in graphs(9), target in 0_u8..9, label in 0_u8..3) {
        let outcome = breadth_first(&graph, &properties(target, label), &Limits::default(), &mut ()).unwrap();
        let distances = graph.distances();
        let reached: Vec<usize> = (0..distances.len()).filter(|node| distances[*node].is_some()).collect();
        prop_assert!(outcome.is_complete());
        prop_assert_eq!(outcome.states, reached.len() as u64);
        prop_assert_eq!(outcome.transitions, reached.iter().map(|node| graph.edges[*node].len() as u64).sum::<u64>());
        let terminal = reached.iter().filter(|node| graph.edges[**node].is_empty()).count();
        prop_assert_eq!(outcome.terminal_states, terminal as u64);
        let depth = distances.iter().flatten().max().map_or(0, |distance| distance + 1);
        prop_assert_eq!(outcome.depth as usize, depth);

        let node = nearest_node(&graph, |node| node == target);
        let edge = nearest_edge(&graph, |action, _| action == label);
        let edge_to = nearest_edge(&graph, |action, to| action == label && to == target);
        let lengths: Vec<_> = outcome.verdicts.iter().map(|verdict| verdict.path().map(Path::len)).collect();
        prop_assert_eq!(lengths, [node, node, None, edge, edge_to, None]);
        for path in outcome.verdicts.iter().filter_map(Verdict::path) {
            prop_assert_eq!(path.replay(&graph), Ok(()));
        }
        let nothing = reached.is_empty();
        prop_assert_eq!(outcome.verdicts[2].answer(), Answer::Holds { vacuous: nothing || node.is_none() });
        prop_assert_eq!(outcome.verdicts[5].answer(), Answer::Holds { vacuous: nothing || edge.is_none() });
    }

    #[test]
    fn stateright_agrees(graph in graphs(9), target in 0_u8..9, label in 0_u8..3) {
        let properties: Arc<[Property<Graph>]> = properties(target, label).into();
        let ours = breadth_first(&graph, &properties, &Limits::default(), &mut ()).unwrap();
        let theirs = stateright_depth_first(Arc::new(graph), properties, &Limits::default()).unwrap();
        prop_assert_eq!(ours.states, theirs.states);
        prop_assert_eq!(ours.transitions, theirs.transitions);
        prop_assert_eq!(ours.verdicts.iter().map(Verdict::answer).collect::<Vec<_>>(), theirs.answers);
    }

    #[test]
    fn a_depth_limit_finds_what_is_near_and_claims_nothing_else(
        graph in graphs(9), target in 0_u8..9, max_depth in 0_u32..6,
    ) {
        let limits = Limits { max_depth: Some(max_depth), ..Limits::default() };
        let properties: Arc<[Property<Graph>]> =
            Arc::new([Property::always("not the target", move |_: &Graph, node: &u8| *node != target)]);
        let outcome = breadth_first(&graph, &properties, &limits, &mut ()).unwrap();
        let distances = graph.distances();
        let fits = distances.iter().flatten().all(|distance| *distance < max_depth as usize);
        prop_assert_eq!(outcome.is_complete(), fits);
        let near = nearest_node(&graph, |node| node == target).filter(|distance| *distance < max_depth as usize);
        let expected = match near {
            Some(_) => Answer::Violated,
            None if fits => Answer::Holds { vacuous: graph.initial.is_empty() },
            None => Answer::Unknown,
        };
        prop_assert_eq!(outcome.verdicts[0].answer(), expected);

        // Stateright may miss what is near (S6), but must not claim anything.
        let oracle = stateright_depth_first(Arc::new(graph), properties, &limits).unwrap();
        let violated = nearest_node_reachable(&outcome, oracle.answers[0], &distances, target);
        prop_assert!(violated, "{:?} against {:?}", oracle, outcome);
    }

    #[test]
    fn a_limit_of_states_is_exact(graph in graphs(9), max_states in 0_u64..10) {
        let limits = Limits { max_states: Some(max_states), ..Limits::default() };
        let reached = graph.distances().iter().flatten().count() as u64;
        let outcome = breadth_first(&graph, &[], &limits, &mut ()).unwrap();
        prop_assert_eq!(outcome.states, reached.min(max_states));
        prop_assert_eq!(outcome.is_complete(), reached <= max_states);
    }
}

/// Whether the oracle's answer is sound, given the whole truth.
fn nearest_node_reachable(
    outcome: &shimproof_search::Outcome<u8, u8>,
    answer: Answer,
    distances: &[Option<usize>],
    target: u8,
) -> bool {
    let reachable = distances.get(usize::from(target)).copied().flatten().is_some();
    match answer {
        Answer::Violated => reachable,
        Answer::Holds { .. } => !reachable && outcome.is_complete(),
        Answer::Unknown => true,
        Answer::Reached | Answer::Unreached => false,
    }
}
