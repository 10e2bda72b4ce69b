//! Every reachable state of a world as a vertex, every step as an edge.

use std::collections::HashMap;

use petgraph::graph::{DiGraph, NodeIndex};
use shimproof_model::abstraction::Abstract;
use shimproof_model::log::Quiet;
use shimproof_model::trace::{Field, NamedAction, fields};
use shimproof_model::{Action, Node, World};
use shimproof_properties::Property;

/// A reachable state.
#[derive(Clone, Debug)]
pub struct State {
    /// The state itself.
    pub node: Node<Abstract>,
    /// How it breaks the property that was asked about.
    pub broken: Option<String>,
    /// How many steps it is from the initial state, at least.
    pub depth: u32,
}

/// A step between two states.
#[derive(Clone, Debug)]
pub struct Transition {
    /// The action.
    pub action: Action<Abstract>,
    /// What it is called.
    pub label: String,
}

/// The reachable part of a world's state space.
#[derive(Debug)]
pub struct StateGraph<'a> {
    /// The world.
    pub world: &'a World<Abstract>,
    /// The property whose violations are marked.
    pub property: &'static str,
    /// States and steps. States are in the order in which a breadth-first search finds them, the initial one first.
    pub graph: DiGraph<State, Transition>,
}

/// Why there is no graph.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GraphError {
    /// The space is too large to be kept as a graph.
    #[error("there are more than {0} reachable states")]
    TooManyStates(usize),
}

impl<'a> StateGraph<'a> {
    /// Explores the whole space.
    ///
    /// # Errors
    /// [`GraphError::TooManyStates`] beyond `most` states.
    pub fn explore(
        world: &'a World<Abstract>,
        property: &Property<Abstract>,
        most: usize,
    ) -> Result<Self, GraphError> {
        let mut graph: DiGraph<State, Transition> = DiGraph::new();
        let mut index: HashMap<Node<Abstract>, NodeIndex> = HashMap::new();
        let state = |node: Node<Abstract>, depth| {
            let broken = node
                .pods
                .iter()
                .find_map(|pod| (property.broken)(world, &node.environment, pod, &mut |_| ()))
                .map(|broken| broken.what);
            State { node, broken, depth }
        };
        let initial = Node::initial(world, &mut Quiet);
        index.insert(initial.clone(), graph.add_node(state(initial, 0)));
        let mut next = 0;
        let mut actions = Vec::new();
        // Vertices are numbered in the order in which they are found, so this is a queue.
        while next < graph.node_count() {
            let from = NodeIndex::new(next);
            next += 1;
            actions.clear();
            graph[from].node.enabled(world, &mut actions);
            for action in &actions {
                let mut node = graph[from].node.clone();
                // A refusal is part of the state that it leads to.
                let _ = node.apply(world, *action, &mut Quiet);
                let to = if let Some(known) = index.get(&node) {
                    *known
                } else {
                    if graph.node_count() == most {
                        return Err(GraphError::TooManyStates(most));
                    }
                    let to = graph.add_node(state(node.clone(), graph[from].depth + 1));
                    index.insert(node, to);
                    to
                };
                let label = label(&NamedAction::of(*action));
                graph.add_edge(
                    from,
                    to,
                    Transition {
                        action: *action,
                        label,
                    },
                );
            }
        }
        Ok(Self {
            world,
            property: property.id,
            graph,
        })
    }

    /// The initial state.
    pub fn initial(&self) -> NodeIndex {
        NodeIndex::new(0)
    }

    /// The states that break the property.
    pub fn violations(&self) -> Vec<NodeIndex> {
        self.graph
            .node_indices()
            .filter(|index| self.graph[*index].broken.is_some())
            .collect()
    }

    /// The fields of a state.
    pub fn fields(&self, state: NodeIndex) -> Vec<Field> {
        fields(self.world, &self.graph[state].node)
    }
}

fn label(action: &NamedAction) -> String {
    let mut label = action.name.clone();
    if let Some(pod) = action.pod.filter(|pod| *pod > 0) {
        label = format!("{label} (pod {pod})");
    }
    label
}
