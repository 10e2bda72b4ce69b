//! Records a trace from the actions of a run.

use crate::domain::Domain;
use crate::log::{Decided, Quiet, Story};
use crate::node::{Action, Node};
use crate::pod::{Call, InFlight, Pod, Target};
use crate::refusal::Refusal;
use crate::step::PodAction;
use crate::world::World;

use super::fields::{Field, changes, fields};
use super::message::{describe_action, describe_message};
use super::{Cycle, GuardDecision, NamedAction, RefusalText, Trace, TraceStep, digest};

/// Writes down what happens, step by step.
pub(super) struct Recorder<'w, D: Domain> {
    world: &'w World<D>,
    node: Node<D>,
    story: Story,
    before: Vec<Field>,
}

impl<'w, D: Domain> Recorder<'w, D> {
    /// At the initial state.
    pub fn start(world: &'w World<D>) -> Self {
        let mut story = Story::default();
        let node = Node::initial(world, &mut story);
        Self {
            world,
            before: fields(world, &node),
            node,
            story,
        }
    }

    /// The state that was come to.
    pub fn node(&self) -> &Node<D> {
        &self.node
    }

    /// Takes a step, which must be enabled.
    pub fn step(&mut self, action: Action<D>) -> TraceStep {
        let told = self.told(action);
        let after = fields(self.world, &self.node);
        let step = TraceStep {
            changes: changes(&self.before, &after),
            digest: digest(self.world, &self.node),
            ..told
        };
        self.before = after;
        step
    }

    /// Takes a step, and says what happens but not which fields change.
    fn told(&mut self, action: Action<D>) -> TraceStep {
        let (world, node) = (self.world, &mut self.node);
        let event = describe_action(world, node, action);
        self.story.decisions.clear();
        let call = match action {
            Action::Pod(pod, _) => node.pods[usize::from(pod)].call(),
            Action::Environment(_) => None,
        };
        let in_flight = |node: &Node<D>| match action {
            Action::Pod(pod, _) => node.pods[usize::from(pod)].in_flight.clone(),
            Action::Environment(_) => None,
        };
        let before = in_flight(node);
        let refusal = node.apply(world, action, &mut self.story).err();
        // A fault may leave a message that was on its way before where it is.
        let sent = in_flight(node) != before;
        let pod = match action {
            Action::Pod(pod, _) => Some(&node.pods[usize::from(pod)]),
            Action::Environment(_) => None,
        };
        TraceStep {
            action: NamedAction::of(action),
            actor: event.actor,
            event: event.event,
            sends: pod
                .filter(|_| sent)
                .and_then(|pod| describe_message(world, &node.environment, pod)),
            guards: self.story.decisions.iter().map(guard_decision).collect(),
            refusal: refusal
                .zip(pod)
                .map(|(refusal, pod)| refusal_text(world, node, pod, call, refusal)),
            changes: Vec::new(),
            digest: String::new(),
        }
    }
}

/// The steps of `actions` from the initial state, without the fields that change and without digests, which cost the most: for
/// those who tell many runs. `seen` gets the state after each step.
pub fn tell<D: Domain>(
    world: &World<D>,
    actions: &[Action<D>],
    mut seen: impl FnMut(&Node<D>),
) -> Vec<TraceStep> {
    let mut story = Story::default();
    let mut recorder = Recorder {
        world,
        node: Node::initial(world, &mut story),
        story,
        before: Vec::new(),
    };
    let told = |action: &Action<D>| {
        let step = recorder.told(*action);
        seen(&recorder.node);
        step
    };
    actions.iter().map(told).collect()
}

/// Runs `actions` from the initial state and writes down what happens. The caller fills in the names of
/// scenario, design and property, and the setting.
pub fn record<D: Domain>(world: &World<D>, actions: &[Action<D>]) -> (Trace, Node<D>) {
    let mut recorder = Recorder::start(world);
    let initial = digest(world, recorder.node());
    let start = recorder.before.clone();
    let steps = actions.iter().map(|action| recorder.step(*action)).collect();
    let trace = Trace {
        initial,
        start,
        ..Trace::of_steps(steps)
    };
    (trace, recorder.node)
}

/// One step from any state, in which it must be enabled, and the state after it.
pub fn record_step<D: Domain>(world: &World<D>, node: &Node<D>, action: Action<D>) -> (TraceStep, Node<D>) {
    let mut recorder = Recorder {
        world,
        before: fields(world, node),
        node: node.clone(),
        story: Story::default(),
    };
    let step = recorder.step(action);
    (step, recorder.node)
}

/// [`record`] of an endless run: `stem`, and then `cycle` again and again.
pub fn record_lasso<D: Domain>(
    world: &World<D>,
    stem: &[Action<D>],
    cycle: &[Action<D>],
    promised_after: usize,
) -> Trace {
    let (mut trace, _) = record(world, &[stem, cycle].concat());
    trace.cycle = Some(Cycle {
        promised_after,
        steps: trace.steps.split_off(stem.len()),
    });
    trace
}

/// The most steps from a message to the reply of its call: `-info`, `start`, `-info`, Create, and two replies.
const MOST_STEPS_OF_A_CALL: usize = 8;

/// [`record`], and what comes of the call in which the run ended, if nothing else happens. Returns the state at
/// the end of `actions`.
pub fn record_with_aftermath<D: Domain>(world: &World<D>, actions: &[Action<D>]) -> (Trace, Node<D>) {
    let (_, end) = record(world, actions);
    let mut node = end.clone();
    let mut all = actions.to_vec();
    if let Some(Action::Pod(pod, _)) = actions.last() {
        let deliver = Action::Pod(*pod, PodAction::Deliver);
        let mut enabled = Vec::new();
        for _ in 0..MOST_STEPS_OF_A_CALL {
            enabled.clear();
            node.enabled(world, &mut enabled);
            let answered = matches!(
                node.pods[usize::from(*pod)].in_flight,
                None | Some(InFlight::Reply { .. })
            );
            if answered || !enabled.contains(&deliver) {
                break;
            }
            // A refusal is what the aftermath is to show; the next step takes it to the client.
            let _ = node.apply(world, deliver, &mut Quiet);
            all.push(deliver);
        }
    }
    let (mut trace, _) = record(world, &all);
    trace.aftermath = trace.steps.split_off(actions.len());
    (trace, end)
}

fn guard_decision(decided: &Decided) -> GuardDecision {
    GuardDecision {
        guard: decided.guard.to_string(),
        inputs: decided.inputs.clone(),
        decision: decided.decision.clone(),
        table: decided.table.clone(),
        source: decided.source.clone(),
    }
}

fn refusal_text<D: Domain>(
    world: &World<D>,
    node: &Node<D>,
    pod: &Pod<D>,
    call: Option<Call>,
    refusal: Refusal,
) -> RefusalText {
    let target = match call.or_else(|| pod.call()) {
        Some(Call::CreateContainer(container) | Call::StartContainer(container)) => {
            Target::Container(container)
        }
        Some(Call::RunPodSandbox) | None => Target::Sandbox,
    };
    RefusalText {
        id: refusal.id().to_owned(),
        stage: refusal.stage().to_string(),
        error: refusal.text(target, world, &node.environment, pod),
    }
}
