//! Stateright's Explorer over a scenario: states as fields, actions as events, the path as a sequence diagram.

use std::fmt::{self, Write as _};
use std::hash::{Hash, Hasher};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use shimproof_model::abstraction::Abstract;
use shimproof_model::log::Quiet;
use shimproof_model::trace::{describe_action, describe_message, fields, record, record_step};
use shimproof_model::{Action, Node, World};
use shimproof_properties::{Property, all, policies_of};
use stateright::{Model, Path};

use crate::diagram::{Sequence, svg};
use crate::style::Styles;
use crate::trace_text::step_details;

/// A scenario as the Explorer wants it.
#[derive(Debug)]
pub struct Scenario {
    world: Arc<World<Abstract>>,
    /// Its name, as traces carry it.
    name: String,
    design: String,
    properties: Vec<Property<Abstract>>,
}

/// An address on which nobody else listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Address(SocketAddr);

/// Why an address cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("{address} cannot be listened on: {error}")]
pub struct AddressError {
    /// The address.
    pub address: SocketAddr,
    /// What the system said.
    pub error: std::io::Error,
}

impl Address {
    /// The address, with a free port if it says 0. Stateright panics where it cannot listen, so that is tried first.
    ///
    /// # Errors
    /// [`AddressError`] if the address cannot be listened on.
    pub fn free(address: SocketAddr) -> Result<Self, AddressError> {
        TcpListener::bind(address)
            .and_then(|listener| listener.local_addr())
            .map(Self)
            .map_err(|error| AddressError { address, error })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Scenario {
    /// The machine over a world, with every property of single states that verification asks of it.
    pub fn new(world: World<Abstract>, name: impl Into<String>, design: impl Into<String>) -> Self {
        let mut properties = all();
        properties.extend(policies_of(&world));
        // Stateright's conditions are functions without captures: there is one for each number.
        properties.truncate(CONDITIONS.len());
        Self {
            world: Arc::new(world),
            name: name.into(),
            design: design.into(),
            properties,
        }
    }

    /// Serves the Explorer for as long as the process runs.
    pub fn serve(self, address: Address) {
        self.checker().serve(address.0);
    }

    fn shown(&self, node: Node<Abstract>) -> State {
        State {
            node,
            world: Arc::clone(&self.world),
        }
    }

    /// The properties that a node breaks, and how.
    fn broken(&self, node: &Node<Abstract>) -> impl Iterator<Item = (&'static str, String)> {
        self.properties.iter().filter_map(|property| {
            let broken = property.broken_by(&self.world, &node.environment, &node.pods, &mut |_| ())?;
            Some((property.id, broken.what))
        })
    }
}

macro_rules! numbered {
    ($($number:literal),+) => {
        /// Whether the property of that number holds of a state.
        const CONDITIONS: &[fn(&Scenario, &State) -> bool] = &[$(|model, state| kept(model, state, $number)),+];
    };
}
numbered!(
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23
);

fn kept(model: &Scenario, state: &State, number: usize) -> bool {
    let Node {
        environment, pods, ..
    } = &state.node;
    let holds = |property: &Property<Abstract>| {
        property
            .broken_by(&model.world, environment, pods, &mut |_| ())
            .is_none()
    };
    model.properties.get(number).is_none_or(holds)
}

/// A state, with the world that gives its fields their names.
#[derive(Clone)]
pub struct State {
    node: Node<Abstract>,
    world: Arc<World<Abstract>>,
}

impl PartialEq for State {
    fn eq(&self, other: &Self) -> bool {
        self.node == other.node
    }
}

impl Hash for State {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.node.hash(state);
    }
}

/// What the Explorer prints of a state.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for field in fields(&self.world, &self.node) {
            writeln!(f, "{}: {}", field.field, field.value)?;
        }
        for (index, pod) in self.node.pods.iter().enumerate() {
            if let Some(sent) = describe_message(&self.world, &self.node.environment, pod) {
                writeln!(f, "pod {index}, in flight → {}: {}", sent.to, sent.message)?;
            }
        }
        let left = self.node.environment.faults.total;
        writeln!(f, "faults left: {left}")
    }
}

/// An action, with what it does in the state where it is offered.
#[derive(Clone, PartialEq)]
pub struct Offered {
    action: Action<Abstract>,
    words: String,
}

/// What the Explorer prints of an action.
impl fmt::Debug for Offered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl Model for Scenario {
    type State = State;
    type Action = Offered;

    fn init_states(&self) -> Vec<State> {
        vec![self.shown(Node::initial(&self.world, &mut Quiet))]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Offered>) {
        let mut enabled = Vec::new();
        state.node.enabled(&self.world, &mut enabled);
        let several = state.node.pods.len() > 1;
        actions.extend(enabled.into_iter().map(|action| {
            let event = describe_action(&self.world, &state.node, action);
            let pod = match action {
                Action::Pod(pod, _) if several => format!("pod {pod}, "),
                _ => String::new(),
            };
            Offered {
                action,
                words: format!("{pod}{}: {}", event.actor, event.event),
            }
        }));
    }

    fn next_state(&self, state: &State, action: Offered) -> Option<State> {
        let mut node = state.node.clone();
        // A refusal is part of the state that it leads to.
        let _ = node.apply(&self.world, action.action, &mut Quiet);
        Some(self.shown(node))
    }

    /// What guards decide, what is refused, which fields change, what is sent, and what that breaks.
    fn format_step(&self, state: &State, action: Offered) -> Option<String> {
        let (step, after) = record_step(&self.world, &state.node, action.action);
        let mut text = String::new();
        step_details(&mut text, &step, None, "", &Styles::plain());
        for (property, what) in self.broken(&after) {
            // Writing into a string does not fail.
            let _ = writeln!(text, "✗ {property}: {what}");
        }
        // An empty text would make the Explorer show the whole state.
        Some(if text.is_empty() {
            "no field changes".to_owned()
        } else {
            text
        })
    }

    fn as_svg(&self, path: Path<State, Offered>) -> Option<String> {
        let offered = path.into_actions();
        let actions: Vec<Action<Abstract>> = offered.into_iter().map(|offered| offered.action).collect();
        let (mut trace, node) = record(&self.world, &actions);
        trace.scenario.clone_from(&self.name);
        trace.design.clone_from(&self.design);
        if let Some((property, what)) = self.broken(&node).next() {
            property.clone_into(&mut trace.property);
            trace.finding = what;
        }
        (!actions.is_empty()).then(|| svg(&Sequence::of(&trace)))
    }

    fn properties(&self) -> Vec<stateright::Property<Self>> {
        self.properties
            .iter()
            .zip(CONDITIONS)
            .map(|(property, condition)| stateright::Property::always(property.id, *condition))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use shimproof_model::catalog::Catalog;
    use shimproof_properties::policies;
    use shimproof_scenario::Overrides;
    use stateright::Checker as _;

    use super::*;
    use crate::{FOUNDING_CASE, with_builtin_scenarios};

    fn founding_case() -> Scenario {
        with_builtin_scenarios(|scenarios| {
            let founding = scenarios
                .iter()
                .find(|scenario| scenario.file.name == FOUNDING_CASE);
            let world = founding
                .unwrap()
                .world(Catalog::embedded(), &Overrides::default());
            Scenario::new(world.unwrap(), FOUNDING_CASE, "as it was")
        })
        .unwrap()
    }

    #[test]
    fn every_property_has_a_condition() {
        let asked = all::<Abstract>().len() + policies::<Abstract>().len();
        assert!(asked <= CONDITIONS.len());
    }

    #[test]
    fn the_checker_behind_it_finds_what_a_search_finds() {
        let checker = founding_case().checker().spawn_bfs().join();
        assert!(checker.discovery("options-accepted").is_some());
        assert!(checker.discovery("never-misread").is_none());
        let path = checker.discovery("options-accepted").unwrap();
        let drawn = checker.model().as_svg(path).unwrap();
        assert!(
            drawn.contains("✗ type-as-configured: containerd sends"),
            "{drawn}"
        );
    }

    #[test]
    fn a_path_that_breaks_nothing_is_drawn_without_a_violation() {
        let model = founding_case();
        let initial = model.init_states().remove(0);
        let mut actions = Vec::new();
        model.actions(&initial, &mut actions);
        let words: Vec<&str> = actions.iter().map(|action| action.words.as_str()).collect();
        assert!(
            words.contains(&"kubelet: asks CRI Status and stores the answer"),
            "{words:?}"
        );
        let status = actions
            .into_iter()
            .find(|action| action.words.contains("CRI Status"))
            .unwrap();
        let step = model.format_step(&initial, status.clone()).unwrap();
        assert!(step.contains(" → "), "{step}");
        let path = Path::from_actions(&model, initial, [&status]).unwrap();
        let drawn = model.as_svg(path).unwrap();
        assert!(
            !drawn.contains('✗') && drawn.contains("asks CRI Status"),
            "{drawn}"
        );
    }
}
