//! One run without faults: whether the pod runs, where it is refused, and what it breaks on the way.

use shimproof_model::abstraction::Abstract;
use shimproof_model::log::Quiet;
use shimproof_model::{
    Action, ContainerState, EnvironmentAction, Node, Phase, PodAction, Refusal, StartFailure, World,
};
use shimproof_properties::Property;

/// The most steps of a run without faults, and more than enough.
const MOST_STEPS: usize = 64;

/// What becomes of a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Fate {
    Runs { in_userns: bool },
    Refused { stage: &'static str, id: &'static str },
}

/// What becomes of a pod, and which properties break on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Outcome {
    pub fate: Fate,
    /// A bit for each property, in the order of the list that was given.
    pub broken: u32,
}

/// What is asked only of options that arrive: a property, and the one whose violation keeps it from being asked. An
/// option that was lost and now arrives at a shim that does not act upon it was not in force before either.
const ASKED_ONLY_IF: [(&str, &str); 1] = [("options-in-force", "options-preserved")];

impl Outcome {
    /// Whether a property breaks that did not before, though it was asked then too.
    pub fn breaks_besides(self, before: Self, properties: &[Property<Abstract>]) -> bool {
        let broke = |id: &str| before.names(properties).any(|name| name == id);
        self.names(properties).any(|new| {
            !broke(new)
                && !ASKED_ONLY_IF
                    .iter()
                    .any(|(property, only_if)| *property == new && broke(only_if))
        })
    }

    pub fn runs(self) -> bool {
        matches!(self.fate, Fate::Runs { .. })
    }

    /// The properties that break, by name.
    pub fn names(self, properties: &[Property<Abstract>]) -> impl Iterator<Item = &'static str> {
        properties
            .iter()
            .enumerate()
            .filter(move |(number, _)| self.broken & (1 << number) != 0)
            .map(|(_, property)| property.id)
    }

    /// In words.
    pub fn text(self, properties: &[Property<Abstract>]) -> String {
        let fate = match self.fate {
            Fate::Runs { in_userns: true } => "runs in its user namespace".to_owned(),
            Fate::Runs { in_userns: false } => "runs".to_owned(),
            Fate::Refused { stage, id } => format!("{id} at {stage}"),
        };
        let broken: Vec<&str> = self.names(properties).collect();
        if broken.is_empty() {
            fate
        } else {
            format!("{fate}, violates {}", broken.join(", "))
        }
    }
}

/// The run: it ends when the pod runs, or at the first refusal. `taken` gets its actions.
pub(crate) fn run(
    world: &World<Abstract>,
    properties: &[Property<Abstract>],
    mut taken: impl FnMut(Action<Abstract>),
) -> Outcome {
    let mut node = Node::initial(world, &mut Quiet);
    let mut broken = 0;
    if let Err(failure) = node.environment.containerd.up {
        let id = match failure {
            StartFailure::ConfigRefused => "configuration-refused",
            StartFailure::IntrospectionPanic => "introspection-panic",
        };
        let stage = "containerd-config";
        return Outcome {
            fate: Fate::Refused { stage, id },
            broken,
        };
    }
    let mut step = Action::Environment(EnvironmentAction::UpdateRuntimeUp);
    for _ in 0..MOST_STEPS {
        taken(step);
        let result: Result<(), Refusal> = node.apply(world, step, &mut Quiet);
        for (number, property) in properties.iter().enumerate() {
            let found = (property.broken)(world, &node.environment, &node.pods[0], &mut |_| ());
            broken |= u32::from(found.is_some()) << number;
        }
        if let Err(refusal) = result {
            let (stage, id) = (refusal.stage().as_str(), refusal.id());
            return Outcome {
                fate: Fate::Refused { stage, id },
                broken,
            };
        }
        let pod = &node.pods[0];
        if pod.phase == Phase::Settled {
            break;
        }
        let action = if pod.in_flight.is_some() {
            PodAction::Deliver
        } else {
            PodAction::SyncPod
        };
        step = Action::Pod(0, action);
    }
    let in_userns = node.pods[0]
        .containers
        .iter()
        .flatten()
        .all(|container| matches!(container.state, ContainerState::Running { in_userns: true, .. }));
    Outcome {
        fate: Fate::Runs { in_userns },
        broken,
    }
}
