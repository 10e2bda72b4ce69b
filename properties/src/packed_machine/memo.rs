//! What an environment leads to, and what an environment and a pod lead to.

use std::sync::Arc;

use rustc_hash::FxHashMap;
use shimproof_model::log::DecisionSet;
use shimproof_model::packing::Packing;
use shimproof_model::{
    Abstract, Action, Environment, EnvironmentAction, Pod, PodAction, Refusal, enabled_environment,
    enabled_pod, step, step_environment, step_pod_after_environment,
};

use super::guard_counts::GuardCounts;
use super::{EnvironmentWords, PackedMachine, Reached, action_kind, fault};
use crate::machine::Taken;
use crate::reachability::Reachability;

/// The steps that were carried out so far, by what they started from. When it has grown too large it forgets, and
/// begins again.
#[derive(Debug, Default)]
pub struct Memo {
    environment_numbers: FxHashMap<EnvironmentWords, u32>,
    environments: Vec<EnvironmentEntry>,
    environment_steps: Vec<EnvironmentStep>,
    /// By word, and by environment and place.
    pod_numbers: FxHashMap<(u64, u64), u32>,
    pods: Vec<PodEntry>,
    pod_steps: Vec<PodStep>,
    /// What becomes of a pod in each of the steps of an environment.
    images: Vec<Image>,
    /// How many states were expanded.
    expanded: u64,
    counts: Option<Arc<GuardCounts>>,
}

/// A stretch of steps.
#[derive(Clone, Copy, Debug)]
struct Entry {
    first: u32,
    end: u32,
    /// How many states had it.
    states: u64,
}

#[derive(Clone, Copy, Debug)]
struct EnvironmentEntry {
    words: EnvironmentWords,
    steps: Entry,
}

#[derive(Clone, Copy, Debug)]
struct PodEntry {
    steps: Entry,
    first_image: u32,
}

/// A step of the node as a whole.
#[derive(Clone, Copy, Debug)]
pub(super) struct EnvironmentStep {
    pub(super) action: EnvironmentAction,
    pub(super) kind: u8,
    pub(super) decisions: DecisionSet,
    pub(super) reached: Reached,
    pub(super) environment: EnvironmentWords,
}

/// What becomes of a pod in a step of the node as a whole.
#[derive(Clone, Copy, Debug)]
pub(super) struct Image {
    pub(super) pod: u64,
    pub(super) reached: Reached,
}

/// A step of one pod.
#[derive(Clone, Copy, Debug)]
pub(super) struct PodStep {
    pub(super) action: PodAction<Abstract>,
    pub(super) kind: u8,
    pub(super) refusal: Option<Refusal>,
    pub(super) decisions: DecisionSet,
    pub(super) reached: Reached,
    pub(super) environment: EnvironmentWords,
    pub(super) pod: u64,
}

/// Some 32 MiB, with their tables.
const MAX_STEPS: usize = 1 << 18;

impl Memo {
    /// To be called before each state.
    #[inline]
    pub(super) fn begin(&mut self, counts: &Arc<GuardCounts>) {
        if self.pod_steps.len() + self.images.len() > MAX_STEPS {
            self.forget();
        }
        if self.expanded == 0 {
            self.counts = Some(Arc::clone(counts));
        }
        self.expanded += 1;
    }

    #[cold]
    fn forget(&mut self) {
        self.hand_over();
        self.environment_numbers.clear();
        self.environments.clear();
        self.environment_steps.clear();
        self.pod_numbers.clear();
        self.pods.clear();
        self.pod_steps.clear();
        self.images.clear();
    }

    fn hand_over(&self) {
        let Some(counts) = &self.counts else { return };
        let of_environments = self.environments.iter().flat_map(|entry| {
            let steps = &self.environment_steps[range(entry.steps)];
            steps.iter().map(|step| (&step.decisions, entry.steps.states))
        });
        let of_pods = self.pods.iter().flat_map(|pod| {
            let steps = &self.pod_steps[range(pod.steps)];
            steps.iter().map(|step| (&step.decisions, pod.steps.states))
        });
        counts.add(of_environments.chain(of_pods));
    }

    #[inline]
    pub(super) fn environment_steps(&self, environment: u32) -> &[EnvironmentStep] {
        &self.environment_steps[range(self.environments[environment as usize].steps)]
    }

    #[inline]
    pub(super) fn pod_steps(&self, pod: u32) -> &[PodStep] {
        &self.pod_steps[range(self.pods[pod as usize].steps)]
    }

    /// What becomes of the pod in a step of its environment, by the number of the step.
    #[inline]
    pub(super) fn image(&self, pod: u32, step: usize) -> Image {
        self.images[self.pods[pod as usize].first_image as usize + step]
    }

    /// The number of an environment.
    #[inline]
    pub(super) fn environment<const W: usize>(
        &mut self,
        system: &PackedMachine<W>,
        words: EnvironmentWords,
    ) -> u32 {
        let number = match self.environment_numbers.get(&words) {
            Some(number) => *number,
            None => self.add_environment(system, words),
        };
        self.environments[number as usize].steps.states += 1;
        number
    }

    /// The number of a pod in an environment.
    #[inline]
    pub(super) fn pod<const W: usize>(
        &mut self,
        system: &PackedMachine<W>,
        environment: u32,
        place: usize,
        word: u64,
    ) -> u32 {
        let spec = system.machine.world().pods[place];
        let number = match self.pod_numbers.get(&key(environment, spec, word)) {
            Some(number) => *number,
            None => self.add_pod(system, environment, place, word),
        };
        self.pods[number as usize].steps.states += 1;
        number
    }

    #[cold]
    fn add_environment<const W: usize>(&mut self, system: &PackedMachine<W>, words: EnvironmentWords) -> u32 {
        let world = system.machine.world();
        let env = system.packing.unpack_environment(&words);
        let first = number(self.environment_steps.len());
        let mut steps = Vec::new();
        enabled_environment(world, &env, |action| steps.push(action));
        for action in steps {
            let mut next = env.clone();
            let mut log = system.machine.log();
            step_environment(world, &mut next, action, &mut log);
            let taken = Taken::<Abstract> {
                action: Action::Environment(action),
                refusal: None,
                decisions: log.decisions.0,
            };
            self.environment_steps.push(EnvironmentStep {
                action,
                kind: action_kind::of_environment(action),
                decisions: taken.decisions,
                reached: Reached::of(&system.reachabilities, |asked| asked.by_step(&taken)),
                environment: environment_words(&system.packing, &next),
            });
        }
        let new = number(self.environments.len());
        let end = number(self.environment_steps.len());
        let steps = Entry {
            first,
            end,
            states: 0,
        };
        self.environments.push(EnvironmentEntry { words, steps });
        self.environment_numbers.insert(words, new);
        new
    }

    #[cold]
    fn add_pod<const W: usize>(
        &mut self,
        system: &PackedMachine<W>,
        environment: u32,
        place: usize,
        word: u64,
    ) -> u32 {
        let (world, packing) = (system.machine.world(), &system.packing);
        let env = packing.unpack_environment(&self.environments[environment as usize].words);
        let pod = packing.unpack_pod(place, word);
        let first = number(self.pod_steps.len());
        let mut actions = Vec::new();
        enabled_pod(world, &env, &pod, |action| actions.push(action));
        for action in actions {
            let (mut next_env, mut next_pod) = (env.clone(), pod.clone());
            let mut log = system.machine.log();
            let refusal = step(world, &mut next_env, &mut next_pod, action, &mut log).err();
            let taken = Taken {
                action: Action::Pod(0, action),
                refusal,
                decisions: log.decisions.0,
            };
            // Whatever the other pods show, they showed before.
            let reached = |asked: &Reachability| asked.by_step(&taken) || asked.in_pod(world, &next_pod);
            self.pod_steps.push(PodStep {
                action,
                kind: action_kind::of_pod(action, pod.in_flight.as_ref()),
                refusal,
                decisions: taken.decisions,
                reached: Reached::of(&system.reachabilities, reached),
                environment: environment_words(packing, &next_env),
                pod: pod_word(packing, &next_pod),
            });
        }
        let end = number(self.pod_steps.len());
        let first_image = number(self.images.len());
        for index in range(self.environments[environment as usize].steps) {
            let step = self.environment_steps[index];
            let after: Environment<Abstract> = packing.unpack_environment(&step.environment);
            let mut image = pod.clone();
            step_pod_after_environment(world, &after, &mut image, step.action);
            self.images.push(Image {
                pod: pod_word(packing, &image),
                reached: Reached::of(&system.reachabilities, |asked| asked.in_pod(world, &image)),
            });
        }
        let new = number(self.pods.len());
        let steps = Entry {
            first,
            end,
            states: 0,
        };
        self.pods.push(PodEntry { steps, first_image });
        self.pod_numbers.insert(key(environment, pod.spec, word), new);
        new
    }
}

impl Drop for Memo {
    /// A path of the search is found again with a fresh memo for each of its states, and these steps do not count.
    fn drop(&mut self) {
        if self.expanded > 1 {
            self.hand_over();
        }
    }
}

#[inline]
fn key(environment: u32, spec: u8, word: u64) -> (u64, u64) {
    (word, u64::from(environment) << 8 | u64::from(spec))
}

#[inline]
fn range(entry: Entry) -> std::ops::Range<usize> {
    entry.first as usize..entry.end as usize
}

/// A memo forgets long before it has so many steps.
#[inline]
fn number(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn environment_words(packing: &Packing, env: &Environment<Abstract>) -> EnvironmentWords {
    let mut words = EnvironmentWords::default();
    if let Err(misfit) = packing.pack_environment(env, &mut words) {
        fault(misfit);
    }
    words
}

fn pod_word(packing: &Packing, pod: &Pod<Abstract>) -> u64 {
    packing.pack_pod(pod).unwrap_or_else(|misfit| fault(misfit))
}
