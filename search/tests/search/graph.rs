//! A system given by its edges.

use proptest::prelude::*;
use shimproof_search::{FairSystem, TransitionSystem};

/// Nodes are numbers; an edge is an action with its target.
#[derive(Clone, Debug)]
pub struct Graph {
    pub initial: Vec<u8>,
    pub edges: Vec<Vec<(u8, u8)>>,
}

impl Graph {
    /// `0 -> 1 -> … -> last`.
    pub fn chain(last: u8) -> Self {
        let edges = (0..=last)
            .map(|node| if node < last { vec![(0, node + 1)] } else { vec![] })
            .collect();
        Self {
            initial: vec![0],
            edges,
        }
    }

    /// For each node, the least number of steps to it, by relaxing every edge until nothing changes.
    pub fn distances(&self) -> Vec<Option<usize>> {
        let mut distances = vec![None; self.edges.len()];
        for &node in &self.initial {
            distances[usize::from(node)] = Some(0);
        }
        loop {
            let before = distances.clone();
            for (from, edges) in self.edges.iter().enumerate() {
                let Some(distance) = before[from] else { continue };
                for &(_, to) in edges {
                    let known = &mut distances[usize::from(to)];
                    *known = Some(known.map_or(distance + 1, |known: usize| known.min(distance + 1)));
                }
            }
            if distances == before {
                return distances;
            }
        }
    }
}

impl TransitionSystem for Graph {
    type State = u8;
    type Action = u8;

    fn initial_states(&self) -> Vec<u8> {
        self.initial.clone()
    }

    fn successors(&self, state: &u8, out: &mut Vec<(u8, u8)>) {
        out.extend_from_slice(&self.edges[usize::from(*state)]);
    }
}

/// The action is the process that takes the step; nobody has to take steps with action 0.
impl FairSystem for Graph {
    type Process = u8;

    fn process(&self, action: &u8) -> Option<u8> {
        (*action != 0).then_some(*action)
    }
}

/// Graphs of up to `max_nodes` nodes, with self loops, joins, unreachable nodes and repeated initial nodes.
pub fn graphs(max_nodes: u8) -> impl Strategy<Value = Graph> {
    (1..=max_nodes).prop_flat_map(|nodes| {
        let edges = prop::collection::vec(
            prop::collection::vec((0_u8..4, 0..nodes), 0..4),
            usize::from(nodes),
        );
        let initial = prop::collection::vec(0..nodes, 0..4);
        (initial, edges).prop_map(|(initial, edges)| Graph { initial, edges })
    })
}
