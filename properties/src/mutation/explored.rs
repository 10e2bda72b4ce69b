//! The reachable graph of a world, and where another world's differs from it.

use rustc_hash::FxHashMap;
use shimproof_model::log::Quiet;
use shimproof_model::{Action, Call, Domain, Node, Refusal, Target, World};

use super::asked::Asked;

/// A step of the graph.
#[derive(Debug)]
struct Edge<D: Domain> {
    action: Action<D>,
    refusal: Option<Refusal>,
    to: usize,
}

/// Every reachable state of a world, nearest first, with its steps.
#[derive(Debug)]
pub struct Explored<D: Domain> {
    states: Vec<Node<D>>,
    edges: Vec<Vec<Edge<D>>>,
    /// Through which step of which state each was found first.
    parents: Vec<Option<(usize, Action<D>)>>,
    asked: Asked,
}

/// Where two worlds part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference<D: Domain> {
    /// A shortest way to a state in which they differ; the last action is the one that differs, if both worlds
    /// offer it.
    pub actions: Vec<Action<D>>,
    /// What happens in the world that was explored.
    pub before: String,
    /// What happens in the other.
    pub after: String,
}

impl<D: Domain> Explored<D> {
    /// Explores a world.
    pub fn explore(world: &World<D>) -> Self {
        let mut asked = Asked::default();
        let initial = Node::initial(world, &mut asked);
        let mut numbers: FxHashMap<Node<D>, usize> = FxHashMap::default();
        numbers.insert(initial.clone(), 0);
        let mut explored = Self {
            states: vec![initial],
            edges: Vec::new(),
            parents: vec![None],
            asked,
        };
        let mut actions = Vec::new();
        while explored.edges.len() < explored.states.len() {
            let from = explored.edges.len();
            actions.clear();
            explored.states[from].enabled(world, &mut actions);
            let mut edges = Vec::with_capacity(actions.len());
            for action in actions.iter().copied() {
                let mut next = explored.states[from].clone();
                let refusal = next.apply(world, action, &mut explored.asked).err();
                let new = explored.states.len();
                let to = *numbers.entry(next).or_insert_with_key(|node| {
                    explored.states.push(node.clone());
                    explored.parents.push(Some((from, action)));
                    new
                });
                edges.push(Edge { action, refusal, to });
            }
            explored.edges.push(edges);
        }
        explored
    }

    /// Which guards were asked about which inputs on the way.
    pub fn asked(&self) -> &Asked {
        &self.asked
    }

    /// How many states there are.
    pub fn states(&self) -> usize {
        self.states.len()
    }

    /// Where `other` differs from `world`, the one that was explored: in its initial state, in the actions of a
    /// state, or in what comes of one. If they differ nowhere, both have the same reachable graph: by induction
    /// over its paths. Texts of refusals are compared as well if `texts` says so.
    pub fn first_difference(&self, world: &World<D>, other: &World<D>, texts: bool) -> Option<Difference<D>> {
        let initial = Node::initial(other, &mut Quiet);
        if initial != self.states[0] {
            return Some(Difference {
                actions: Vec::new(),
                before: "containerd starts".to_owned(),
                after: "containerd finds out something else when it starts".to_owned(),
            });
        }
        let mut actions = Vec::new();
        for (number, (state, edges)) in self.states.iter().zip(&self.edges).enumerate() {
            actions.clear();
            state.enabled(other, &mut actions);
            if !edges.iter().map(|edge| edge.action).eq(actions.iter().copied()) {
                return Some(Difference {
                    actions: self.way_to(number),
                    before: format!("{} actions are possible", edges.len()),
                    after: format!("{} actions are possible", actions.len()),
                });
            }
            for edge in edges {
                let mut next = state.clone();
                let refusal = next.apply(other, edge.action, &mut Quiet).err();
                let same_text = || {
                    let said = |world| text_of(world, state, edge.action, &next, refusal);
                    !texts || said(world) == said(other)
                };
                if refusal == edge.refusal && next == self.states[edge.to] && same_text() {
                    continue;
                }
                let mut way = self.way_to(number);
                way.push(edge.action);
                let told = |world, next: &Node<D>, refusal: Option<Refusal>| {
                    text_of(world, state, edge.action, next, refusal)
                        .map_or_else(|| "no refusal".to_owned(), |text| format!("refused: {text}"))
                };
                return Some(Difference {
                    actions: way,
                    before: told(world, &self.states[edge.to], edge.refusal),
                    after: told(other, &next, refusal),
                });
            }
        }
        None
    }

    fn way_to(&self, state: usize) -> Vec<Action<D>> {
        let mut way = Vec::new();
        let mut at = state;
        while let Some((from, action)) = self.parents[at] {
            way.push(action);
            at = from;
        }
        way.reverse();
        way
    }
}

/// What the client gets to read of a refusal.
fn text_of<D: Domain>(
    world: &World<D>,
    before: &Node<D>,
    action: Action<D>,
    after: &Node<D>,
    refusal: Option<Refusal>,
) -> Option<String> {
    let Action::Pod(pod, _) = action else { return None };
    let pod = usize::from(pod);
    let target = match before.pods[pod].call().or_else(|| after.pods[pod].call()) {
        Some(Call::CreateContainer(container) | Call::StartContainer(container)) => {
            Target::Container(container)
        }
        Some(Call::RunPodSandbox) | None => Target::Sandbox,
    };
    Some(refusal?.text(target, world, &after.environment, &after.pods[pod]))
}
