//! A state graph folded: states that agree on what one looks at are one.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::EdgeRef;
use shimproof_model::trace::Field;

use super::explore::StateGraph;

/// What stands for the fields that say what became of each pod.
pub const OUTCOME: &str = "outcome";

/// States that agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Class {
    /// On what they agree.
    pub fields: Vec<Field>,
    /// How many they are.
    pub states: usize,
    /// How the first of them breaks the property.
    pub broken: Option<String>,
    /// How near the nearest of them is to the initial state, in steps.
    pub depth: u32,
    /// Whether the initial state is one of them.
    pub initial: bool,
}

/// Steps between two classes, by what they are called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The names, with how many steps have them.
    pub labels: BTreeMap<String, usize>,
}

/// A folded graph.
#[derive(Debug)]
pub struct Quotient {
    /// Classes and the steps between them; steps inside a class are not shown.
    pub graph: DiGraph<Class, Step>,
    /// The property whose violations are marked.
    pub property: &'static str,
}

impl Quotient {
    /// Folds a graph by the values of fields: a name, the beginning of names up to a dot or space, or
    /// [`OUTCOME`]. Without names every state is a class of its own. States that break the property are never
    /// folded with states that do not.
    ///
    /// # Errors
    /// The name that no field has.
    pub fn of(states: &StateGraph<'_>, by: &[String]) -> Result<Self, String> {
        let names = states.fields(states.initial());
        for wanted in by {
            if !names.iter().any(|field| selects(wanted, &field.field)) {
                return Err(wanted.clone());
            }
        }
        let mut graph: DiGraph<Class, Step> = DiGraph::new();
        let mut classes: BTreeMap<(bool, Vec<String>), NodeIndex> = BTreeMap::new();
        let mut class_of = Vec::with_capacity(states.graph.node_count());
        for index in states.graph.node_indices() {
            let state = &states.graph[index];
            let fields: Vec<Field> = states
                .fields(index)
                .into_iter()
                .filter(|field| by.is_empty() || by.iter().any(|wanted| selects(wanted, &field.field)))
                .collect();
            let mut key: Vec<String> = fields.iter().map(|field| field.value.clone()).collect();
            if by.is_empty() {
                // Two states may print alike and differ.
                key.push(index.index().to_string());
            }
            let class = match classes.entry((state.broken.is_some(), key)) {
                Entry::Occupied(known) => *known.get(),
                Entry::Vacant(new) => *new.insert(graph.add_node(Class {
                    fields,
                    states: 0,
                    broken: state.broken.clone(),
                    depth: state.depth,
                    initial: index == states.initial(),
                })),
            };
            graph[class].states += 1;
            class_of.push(class);
        }
        for edge in states.graph.edge_references() {
            let (from, to) = (class_of[edge.source().index()], class_of[edge.target().index()]);
            if from == to {
                continue;
            }
            let step = match graph.find_edge(from, to) {
                Some(step) => step,
                None => graph.add_edge(
                    from,
                    to,
                    Step {
                        labels: BTreeMap::new(),
                    },
                ),
            };
            *graph[step].labels.entry(edge.weight().label.clone()).or_default() += 1;
        }
        Ok(Self {
            graph,
            property: states.property,
        })
    }
}

fn selects(wanted: &str, field: &str) -> bool {
    if wanted == OUTCOME {
        let last = field.split_once('.').map_or("", |(_, rest)| rest);
        return field.starts_with("pod")
            && (last == "phase" || last == "sandbox" || last.starts_with("container "));
    }
    field
        .strip_prefix(wanted)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', ' ']))
}

impl Class {
    /// What tells it from others, in lines.
    pub fn lines(&self) -> Vec<String> {
        self.fields
            .iter()
            .map(|field| format!("{}: {}", field.field, field.value))
            .collect()
    }
}

impl Step {
    /// Its names in one line.
    pub fn label(&self) -> String {
        self.labels.keys().cloned().collect::<Vec<_>>().join(", ")
    }
}
