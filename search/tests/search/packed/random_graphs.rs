//! Against brute force, and against the plain search, on random graphs.

use proptest::prelude::*;
use shimproof_search::{Answer, Bound, Limits, Path, Property, Verdict, breadth_first};

use super::{PackedGraph, Words, answers, lengths, node, options, search};
use crate::graph::{Graph, graphs};

fn properties(target: u8, label: u8) -> Vec<Property<PackedGraph>> {
    vec![
        Property::always("not the target", move |_: &PackedGraph, state: &Words| {
            node(state) != target
        }),
        Property::reachable("the target", move |_: &PackedGraph, state: &Words| {
            node(state) == target
        }),
        Property::always("small", |_: &PackedGraph, state: &Words| node(state) < 100)
            .with_antecedent(move |_, state| node(state) == target),
        Property::always_step("not the label", move |_: &PackedGraph, _, action: &u8, _| {
            *action != label
        }),
        Property::reachable_step("to the target", move |_: &PackedGraph, _, action: &u8, to| {
            *action == label && node(to) == target
        }),
        Property::always("small too", |_: &PackedGraph, state: &Words| node(state) < 100)
            .with_step_antecedent(move |_, _, action, _| *action == label),
    ]
}

/// The length of a shortest path to a node with a property.
fn nearest(graph: &Graph, wanted: impl Fn(u8) -> bool) -> Option<usize> {
    let nodes = (0_u8..).zip(graph.distances()).filter(|(node, _)| wanted(*node));
    nodes.filter_map(|(_, distance)| distance).min()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn verdicts_counts_and_shortest_paths_are_those_of_brute_force(
        graph in graphs(9), target in 0_u8..9, label in 0_u8..3, threads in 1_usize..4,
    ) {
        let properties = properties(target, label);
        let system = PackedGraph(graph.clone());
        let outcome = search(&system, &properties, &options(threads, false), &Limits::default());
        let distances = graph.distances();
        let reached: Vec<usize> = (0..distances.len()).filter(|node| distances[*node].is_some()).collect();
        let edges = |node: &usize| &graph.edges[*node];
        prop_assert!(outcome.search.is_complete());
        prop_assert_eq!(outcome.search.states, reached.len() as u64);
        prop_assert_eq!(outcome.search.transitions, reached.iter().map(|node| edges(node).len() as u64).sum::<u64>());
        let terminal = reached.iter().filter(|node| edges(node).is_empty()).count() as u64;
        prop_assert_eq!(outcome.search.terminal_states, terminal);
        let depth = distances.iter().flatten().max().map_or(0, |distance| distance + 1);
        prop_assert_eq!(outcome.search.depth as usize, depth);

        let state = nearest(&graph, |node| node == target);
        let from = |wanted: &dyn Fn(&(u8, u8)) -> bool| {
            nearest(&graph, |node| graph.edges[usize::from(node)].iter().any(wanted)).map(|length| length + 1)
        };
        let step = from(&|(action, _)| *action == label);
        let step_to = from(&|(action, to)| *action == label && *to == target);
        prop_assert_eq!(lengths::<PackedGraph>(&outcome), [state, state, None, step, step_to, None]);
        for path in outcome.search.verdicts.iter().filter_map(Verdict::path) {
            prop_assert_eq!(path.replay(&system), Ok(()));
        }
        if let Some(path) = outcome.search.verdicts[4].path() {
            prop_assert_eq!(node(path.last_state()), target);
        }
        // Vacuity, kinds of places and all else: as the plain search says.
        let plain = breadth_first(&system, &properties, &Limits::default(), &mut ()).unwrap();
        prop_assert_eq!(answers::<PackedGraph>(&outcome), plain.verdicts.iter().map(Verdict::answer).collect::<Vec<_>>());
        prop_assert_eq!(outcome.search.initial_states, plain.initial_states);

        // What was covered, by counting.
        for (kind, covered) in (0_u8..).zip(&outcome.coverage.actions) {
            let of_kind = |node: &usize| edges(node).iter().filter(|(action, _)| *action == kind).count() as u64;
            prop_assert_eq!(covered.fired, reached.iter().map(of_kind).sum::<u64>());
            prop_assert_eq!(covered.enabled, reached.iter().filter(|node| of_kind(node) > 0).count() as u64);
        }
        let discoveries: u64 = outcome.coverage.actions.iter().map(|action| action.discoveries).sum();
        prop_assert_eq!(discoveries + outcome.search.initial_states, outcome.search.states);
    }

    #[test]
    fn limits_are_exact_and_claim_nothing(
        graph in graphs(9), target in 0_u8..9, max_depth in 0_u32..6, max_states in 0_u64..10, threads in 1_usize..3,
    ) {
        let properties =
            [Property::always("not the target", move |_: &PackedGraph, state: &Words| node(state) != target)];
        let system = PackedGraph(graph.clone());
        let distances: Vec<usize> = graph.distances().iter().flatten().copied().collect();
        let nearest = nearest(&graph, |node| node == target);

        let limits = Limits { max_depth: Some(max_depth), ..Limits::default() };
        let outcome = search(&system, &properties, &options(threads, false), &limits);
        let fits = distances.iter().all(|distance| *distance < max_depth as usize);
        prop_assert_eq!(outcome.search.bound, (!fits).then_some(Bound::Depth(max_depth)));
        let expected = match nearest {
            Some(distance) if distance < max_depth as usize => Answer::Violated,
            _ if fits => Answer::Holds { vacuous: graph.initial.is_empty() },
            _ => Answer::Unknown,
        };
        prop_assert_eq!(outcome.search.verdicts[0].answer(), expected);
        prop_assert_eq!(outcome.search.verdicts[0].path().map(Path::len), nearest.filter(|_| expected == Answer::Violated));

        let limits = Limits { max_states: Some(max_states), ..Limits::default() };
        let outcome = search(&system, &properties, &options(threads, false), &limits);
        let reached = distances.len() as u64;
        prop_assert_eq!(outcome.search.states, reached.min(max_states));
        prop_assert_eq!(outcome.search.bound, (reached > max_states).then_some(Bound::States(max_states)));
        if reached > max_states {
            prop_assert!(matches!(outcome.search.verdicts[0].answer(), Answer::Unknown | Answer::Violated));
        }
    }
}
