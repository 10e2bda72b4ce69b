//! Where every bad run passes: states that lie on all of them, and the fewest transitions that cut them all.

use std::collections::BTreeMap;

use petgraph::algo::dominators::simple_fast;
use petgraph::algo::maximum_flow::ford_fulkerson;
use petgraph::graph::{DiGraph, EdgeIndex, NodeIndex};
use petgraph::visit::{Bfs, EdgeFiltered, EdgeRef};
use shimproof_model::log::Story;
use shimproof_model::trace::describe_action;

use super::explore::StateGraph;

/// Where every run to a violation passes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bottleneck {
    /// The states that lie on every such run (its common dominators), from the initial one on.
    pub states: Vec<NodeIndex>,
    /// What is decided on every such run: guard, inputs and decision.
    pub decisions: Vec<String>,
    /// The fewest transitions of which every such run takes one. Faults and what the operator does are taken
    /// into it only if nothing else cuts all runs: a guard cannot prevent them.
    pub transitions: Vec<GuardedTransition>,
}

/// A transition, with what was decided there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GuardedTransition {
    /// From which state.
    pub from: NodeIndex,
    /// To which state.
    pub to: NodeIndex,
    /// Who does what.
    pub event: String,
    /// What guards decided on the way.
    pub decisions: Vec<String>,
}

/// More than there are transitions.
const UNBOUNDED: u64 = 1 << 40;

impl Bottleneck {
    /// The bottleneck of a graph; none if no state breaks the property.
    pub fn of(states: &StateGraph<'_>) -> Option<Self> {
        let violations = states.violations();
        if violations.is_empty() {
            return None;
        }
        // A run is bad once it reaches its first violation: what comes after does not matter.
        let mut network: DiGraph<(), u64> = DiGraph::new();
        for _ in states.graph.node_indices() {
            network.add_node(());
        }
        let sink = network.add_node(());
        let mut transition_of: Vec<Option<EdgeIndex>> = Vec::new();
        for edge in states.graph.edge_references() {
            if states.graph[edge.source()].broken.is_some() {
                continue;
            }
            let capacity = if edge.weight().action.is_fault() {
                UNBOUNDED
            } else {
                1
            };
            network.add_edge(edge.source(), edge.target(), capacity);
            transition_of.push(Some(edge.id()));
        }
        for violation in &violations {
            network.add_edge(*violation, sink, UNBOUNDED);
            transition_of.push(None);
        }
        let dominators = simple_fast(&network, states.initial());
        let mut passed: Vec<NodeIndex> = dominators.strict_dominators(sink)?.collect();
        passed.reverse();
        let transitions = minimal_cut(&network, states.initial(), sink)
            .into_iter()
            .filter_map(|edge| transition_of[edge.index()])
            .map(|edge| guarded(states, edge))
            .collect();
        Some(Self {
            states: passed,
            decisions: indispensable(states),
            transitions,
        })
    }
}

/// The edges of a least cut, by the flow that fills it (Ford and Fulkerson, 1956): the cut nearest to the sink.
fn minimal_cut(network: &DiGraph<(), u64>, source: NodeIndex, sink: NodeIndex) -> Vec<EdgeIndex> {
    let (_, flow) = ford_fulkerson(network, source, sink);
    // Whatever still reaches the sink through unused capacity is on its side.
    let mut residual: DiGraph<(), ()> = DiGraph::new();
    for _ in network.node_indices() {
        residual.add_node(());
    }
    for edge in network.edge_references() {
        let used = flow[edge.id().index()];
        if used < *edge.weight() {
            residual.add_edge(edge.target(), edge.source(), ());
        }
        if used > 0 {
            residual.add_edge(edge.source(), edge.target(), ());
        }
    }
    let mut on_sink_side = vec![false; network.node_count()];
    let mut visit = Bfs::new(&residual, sink);
    while let Some(vertex) = visit.next(&residual) {
        on_sink_side[vertex.index()] = true;
    }
    network
        .edge_references()
        .filter(|edge| !on_sink_side[edge.source().index()] && on_sink_side[edge.target().index()])
        .map(|edge| edge.id())
        .collect()
}

/// The decisions without which no violation is reached.
fn indispensable(states: &StateGraph<'_>) -> Vec<String> {
    let mut edges_of: BTreeMap<String, Vec<bool>> = BTreeMap::new();
    for edge in states.graph.edge_indices() {
        for decision in guarded(states, edge).decisions {
            edges_of
                .entry(decision)
                .or_insert_with(|| vec![false; states.graph.edge_count()])[edge.index()] = true;
        }
    }
    edges_of.retain(|_, edges| !violation_without(states, edges));
    edges_of.into_keys().collect()
}

/// Whether a violation can be reached without taking any of those transitions.
fn violation_without(states: &StateGraph<'_>, barred: &[bool]) -> bool {
    let open = EdgeFiltered::from_fn(&states.graph, |edge| !barred[edge.id().index()]);
    let mut visit = Bfs::new(&open, states.initial());
    while let Some(vertex) = visit.next(&open) {
        if states.graph[vertex].broken.is_some() {
            return true;
        }
    }
    false
}

fn guarded(states: &StateGraph<'_>, edge: EdgeIndex) -> GuardedTransition {
    // The edge was taken from this graph.
    #[allow(clippy::unwrap_used)]
    let (from, to) = states.graph.edge_endpoints(edge).unwrap();
    let before = &states.graph[from].node;
    let action = states.graph[edge].action;
    let event = describe_action(states.world, before, action);
    let mut story = Story::default();
    // What is decided does not depend on how the step ends.
    let _ = before.clone().apply(states.world, action, &mut story);
    GuardedTransition {
        from,
        to,
        event: format!("{}: {}", event.actor, event.event),
        decisions: story
            .decisions
            .iter()
            .map(|decided| format!("{}: {} ⇒ {}", decided.guard, decided.inputs, decided.decision))
            .collect(),
    }
}
