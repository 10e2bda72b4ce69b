//! The run: the node is driven until the container that is looked at runs, or something refuses it.

use shimproof_model::catalog::StartStdin;
use shimproof_model::guards::Guard;
use shimproof_model::log::Story;
use shimproof_model::world::{Budget, Client, World};
use shimproof_model::{
    Action, Channel, Container, ContainerState, Delivery, InFlight, Node, Pod, PodAction, Refusal,
    StartFailure, Target, delivered,
};
use shimproof_scenario::Scenario;

use super::PredictError;
use super::owner::RealUsers;
use super::prediction::Step;
use crate::wire::{Any, Wire};

/// No pod of two containers needs as many steps.
const LIMIT: usize = 200;

/// A run that has ended.
#[derive(Debug)]
pub(super) struct Run {
    pub world: World<Wire>,
    pub node: Node<Wire>,
    /// The container that is looked at: its number in the pod.
    pub container: u8,
    pub sent: Vec<Sent>,
    pub story: Story,
    pub end: End,
}

/// A message that was delivered.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub message: InFlight<Wire>,
    /// Which shim's row answers it, and what becomes of the options.
    pub shim: Option<u8>,
    pub delivery: Option<Delivery>,
    /// The message in words.
    pub what: String,
    /// How many decisions had been taken when it was sent.
    pub decisions: usize,
}

/// How a run ends.
#[derive(Clone, Debug)]
pub(super) enum End {
    /// The container runs.
    Runs,
    /// containerd does not come up.
    Down(StartFailure),
    /// The pod or the container is refused.
    Refused(Box<Refused>),
    /// The OCI runtime refuses the cgroup, in these words; the machine does not know of cgroups.
    CgroupRefused(Target, String),
}

/// A refusal, with the state that it was given in.
#[derive(Clone, Debug)]
pub(super) struct Refused {
    pub refusal: Refusal,
    /// Which task it is about.
    pub task: Target,
    pub before: Node<Wire>,
}

/// What a scenario calls the task.
pub(super) fn target(task: Target) -> shimproof_scenario::Target {
    match task {
        Target::Sandbox => shimproof_scenario::Target::Sandbox,
        Target::Container(_) => shimproof_scenario::Target::Container,
    }
}

impl Run {
    /// Runs the scenario's pod.
    pub fn of(scenario: &Scenario, mut world: World<Wire>) -> Result<Self, PredictError> {
        world.client = Client::Kubelet;
        world.faults = Budget::NONE;
        world.pods.truncate(1);
        let users = RealUsers::of(scenario, &world);
        let mut story = Story::default();
        let node = Node::initial(&world, &mut story);
        let name = &scenario.container().name;
        let containers = &world.pod_spec(0).containers;
        let container = containers
            .iter()
            .position(|container| &container.name == name)
            .unwrap_or_default();
        let mut run = Self {
            container: u8::try_from(container).unwrap_or_default(),
            end: End::Runs,
            sent: Vec::new(),
            world,
            node,
            story,
        };
        for _ in 0..LIMIT {
            if let Some(end) = run.step(&users) {
                run.end = end;
                return Ok(run);
            }
        }
        Err(PredictError::NoEnd {
            scenario: scenario.file.name.clone(),
            steps: LIMIT,
        })
    }

    fn step(&mut self, users: &RealUsers) -> Option<End> {
        if let Err(failure) = self.node.environment.containerd.up {
            return Some(End::Down(failure));
        }
        // Without faults the kubelet's status loop comes first, and then a pod has one thing to do.
        let mut enabled = Vec::new();
        self.node.enabled(&self.world, &mut enabled);
        let action = *enabled.first()?;
        if matches!(action, Action::Pod(_, PodAction::Deliver)) {
            self.record();
        }
        let before = self.node.clone();
        let refusal = self.node.apply(&self.world, action, &mut self.story).err();
        users.write_into(&mut self.node.pods[0]);
        if let Some(refusal) = refusal {
            let task = about(&before.pods[0]);
            if self.concerns(task) {
                return Some(End::Refused(Box::new(Refused {
                    refusal,
                    task,
                    before,
                })));
            }
        }
        let container = &self.pod().containers[usize::from(self.container)];
        matches!(
            container,
            Some(Container {
                state: ContainerState::Running { .. },
                ..
            })
        )
        .then_some(End::Runs)
    }

    /// Whether a refusal of that task keeps the container from running: another container's does not.
    fn concerns(&self, task: Target) -> bool {
        task == Target::Sandbox || task == Target::Container(self.container)
    }

    fn record(&mut self) {
        let env = &self.node.environment;
        let pod = &self.node.pods[0];
        let Some(message) = pod.in_flight.clone() else {
            return;
        };
        let shim = pod.receiving_shim(&self.world, env);
        let delivery = pod.to_shim().zip(shim).map(|(to_shim, shim)| {
            let framing = match to_shim.channel {
                Channel::Start => {
                    self.world.containerd[usize::from(env.containerd.row)]
                        .row
                        .start_stdin
                }
                Channel::Create | Channel::Info => StartStdin::RawAny,
            };
            let row = self.world.shim(shim);
            delivered::<Wire>(row, to_shim.channel, to_shim.target, to_shim.options, framing)
        });
        let what = shimproof_model::trace::describe_message(&self.world, env, pod)
            .map_or_else(String::new, |sent| format!("→ {}: {}", sent.to, sent.message));
        let decisions = self.story.decisions.len();
        self.sent.push(Sent {
            message,
            shim,
            delivery,
            what,
            decisions,
        });
    }

    /// Ends the run at a message, with what the shim decides on it.
    pub fn cut(&mut self, sent: usize, end: End) {
        let from = self.sent[sent].decisions;
        let later = &self.story.decisions[from..];
        let shim = later
            .iter()
            .position(|decided| decided.guard == Guard::ShimCreate);
        self.story
            .decisions
            .truncate(from + shim.map_or(0, |shim| shim + 1));
        self.sent.truncate(sent + 1);
        self.end = end;
    }

    /// The pod.
    pub fn pod(&self) -> &Pod<Wire> {
        &self.node.pods[0]
    }

    /// The messages to a shim about a task, on a channel.
    pub fn to_shim(&self, channel: Channel, task: Target) -> impl Iterator<Item = (&Sent, Option<&Any>)> {
        self.sent.iter().filter_map(move |sent| {
            let (on, target, options) = sent.to_shim()?;
            (on == channel && target == task).then_some((sent, options))
        })
    }

    /// The steps in words: what was decided up to each message, and after the last one.
    pub fn steps(&self) -> Vec<Step> {
        let decisions = &self.story.decisions;
        let mut from = 0;
        let mut steps: Vec<Step> = Vec::new();
        for sent in &self.sent {
            let decided = decisions[from..sent.decisions].to_vec();
            from = sent.decisions;
            steps.push(Step {
                what: sent.what.clone(),
                decided,
            });
        }
        steps.push(Step {
            what: String::new(),
            decided: decisions[from..].to_vec(),
        });
        steps
    }
}

impl Sent {
    /// The channel, the task and the options, if it goes to a shim and its channel carries options.
    pub fn to_shim(&self) -> Option<(Channel, Target, Option<&Any>)> {
        match &self.message {
            InFlight::ShimStart { target, options, .. } => Some((Channel::Start, *target, options.as_ref())),
            InFlight::Info { target, options, .. } => Some((Channel::Info, *target, options.as_ref())),
            InFlight::Create { target, options, .. } => Some((Channel::Create, *target, options.as_ref())),
            _ => None,
        }
    }
}

/// Which task the message in flight is about; without one the kubelet is at the pod's sandbox.
fn about(pod: &Pod<Wire>) -> Target {
    use shimproof_model::Call;
    match pod.call() {
        None | Some(Call::RunPodSandbox) => Target::Sandbox,
        Some(Call::CreateContainer(container) | Call::StartContainer(container)) => {
            Target::Container(container)
        }
    }
}
