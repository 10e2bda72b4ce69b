//! Properties of whole runs: what must come about, and what must stay possible.

use std::sync::Arc;
use std::time::Duration;

use shimproof_model::packing::{Packing, PackingError};
use shimproof_model::{Abstract, Domain, Environment, Node, Pod, World};
use shimproof_search::{
    Answer, Bound, Lasso, Limits, LivenessProperty, LivenessVerdict, LivenessVerdictOf, Observer, Path,
    check_liveness,
};

use crate::check::{CheckError, Engine};
use crate::machine::{Machine, Taken};
use crate::packed_machine::{PackedMachine, with_words};
use crate::property::{About, PropertyKind};
use crate::whole_runs::{NodeRuns, PackedRuns, Runs};

/// A property of whole runs. It is asked of each pod.
#[derive(Clone, Copy, Debug)]
pub struct LiveProperty<D: Domain> {
    /// Its name.
    pub id: &'static str,
    /// What the catalogue says of it.
    pub about: About,
    /// [`PropertyKind::LeadsTo`] or [`PropertyKind::Possible`].
    pub kind: PropertyKind,
    /// Whether a fault releases from the promise.
    pub until_a_fault: bool,
    /// Why it cannot be asked of a world, if it cannot.
    pub not_of: fn(&World<D>) -> Option<&'static str>,
    /// Where the promise is made.
    pub premise: OfPod<D>,
    /// Which of these states a counterexample starts from, if one can: the others say less about what is wrong.
    pub telling: Option<OfPod<D>>,
    /// Where it is kept.
    pub conclusion: OfPod<D>,
    /// What a run that breaks it shows.
    pub explain: fn(&World<D>, &Counterexample<D>) -> String,
}

/// A predicate on the state of a pod.
pub type OfPod<D> = fn(&World<D>, &Environment<D>, &Pod<D>) -> bool;

/// A run that breaks a property.
#[derive(Clone, Debug)]
pub struct Counterexample<D: Domain> {
    /// The pod that it is about, by its place.
    pub pod: usize,
    /// The run up to where it turns in a circle, or to the state from which there is no way.
    pub stem: Path<Node<D>, Taken<D>>,
    /// Which state of the stem makes the promise.
    pub promised_at: usize,
    /// The steps that are taken again and again; none if the property is about what stays possible. Empty if nothing
    /// happens any more.
    pub cycle: Option<Vec<(Taken<D>, Node<D>)>>,
}

/// What was found out about one property.
#[derive(Clone, Debug)]
pub struct LiveFinding<D: Domain> {
    /// The property.
    pub id: &'static str,
    /// The verdict.
    pub answer: Answer,
    /// A run that breaks it, with the shortest stem.
    pub counterexample: Option<Counterexample<D>>,
}

/// What a search found out.
#[derive(Clone, Debug)]
pub struct LiveFindings<D: Domain> {
    /// Of each property, in the order in which they were asked.
    pub findings: Vec<LiveFinding<D>>,
    /// Distinct states.
    pub states: u64,
    /// Steps between them.
    pub transitions: u64,
    /// Levels of the search.
    pub depth: u32,
    /// What cut the search short.
    pub bound: Option<Bound>,
    /// How long it took.
    pub duration: Duration,
}

/// Every property of whole runs, in the order of the catalogue.
pub fn live<D: Domain>() -> Vec<LiveProperty<D>> {
    vec![
        crate::ordinary_pod_requested::property(),
        crate::requested_pod_runs::property(),
        crate::can_recover::property(),
    ]
}

/// The property of whole runs of that name.
pub fn find_live<D: Domain>(id: &str) -> Option<LiveProperty<D>> {
    live().into_iter().find(|property| property.id == id)
}

/// Decides properties of whole runs. `unknown` says that a message reaches a shim of which it is not known what it does
/// with it; then nothing holds. States are packed if `engine` packs them; no symmetry is used.
///
/// # Errors
/// [`CheckError`] if the states do not pack, or if a function of the model panicked; it names the steps that led there.
pub fn check_live(
    machine: &Arc<Machine<Abstract>>,
    properties: &[LiveProperty<Abstract>],
    unknown: bool,
    engine: Engine,
    limits: &Limits,
    observer: &mut dyn Observer,
) -> Result<LiveFindings<Abstract>, CheckError> {
    let Predicates { all, of } = Predicates::of(properties);
    let machine = Arc::clone(machine);
    let Engine::Exact(options) = engine else {
        let runs = NodeRuns {
            machine: Arc::clone(&machine),
            predicates: all,
        };
        return decide(&runs, machine.world(), properties, &of, unknown, limits, observer);
    };
    let limits = &Limits {
        max_memory: options.memory.into_iter().chain(limits.max_memory).min(),
        ..limits.clone()
    };
    let packing = Packing::new(machine.world())?;
    with_words!(packing, WORDS => {
        let packed = PackedMachine::<WORDS>::new(Arc::clone(&machine), packing, Vec::new(), Vec::new());
        let runs = PackedRuns::new(packed, all);
        decide(&runs, machine.world(), properties, &of, unknown, limits, observer)
    })
}

/// The predicates of properties, by number.
struct Predicates {
    all: Vec<OfPod<Abstract>>,
    of: Vec<Numbers>,
}

/// The numbers of the predicates of one property.
struct Numbers {
    /// The telling states first, if some are.
    premises: Vec<usize>,
    conclusion: usize,
}

impl Predicates {
    fn of(properties: &[LiveProperty<Abstract>]) -> Self {
        let mut all: Vec<OfPod<Abstract>> = Vec::new();
        let mut add = |predicate| {
            all.push(predicate);
            all.len() - 1
        };
        let of = properties
            .iter()
            .map(|property| Numbers {
                premises: property
                    .telling
                    .into_iter()
                    .chain([property.premise])
                    .map(&mut add)
                    .collect(),
                conclusion: add(property.conclusion),
            })
            .collect();
        Self { all, of }
    }
}

fn decide<S: Runs + 'static>(
    runs: &S,
    world: &World<Abstract>,
    properties: &[LiveProperty<Abstract>],
    numbers: &[Numbers],
    unknown: bool,
    limits: &Limits,
    observer: &mut dyn Observer,
) -> Result<LiveFindings<Abstract>, CheckError> {
    let mut places = Vec::new();
    let mut promises = Vec::new();
    for (index, (property, numbers)) in properties.iter().zip(numbers).enumerate() {
        for (pod, promise) in of_each_pod(world, property, numbers) {
            places.push((index, pod));
            promises.push(promise);
        }
    }
    let outcome = check_liveness(runs, &promises, limits, observer).map_err(|error| runs.error(error))?;
    let mut findings: Vec<LiveFinding<Abstract>> = properties
        .iter()
        .map(|property| LiveFinding {
            id: property.id,
            answer: Answer::Holds { vacuous: true },
            counterexample: None,
        })
        .collect();
    for ((index, pod), verdict) in places.into_iter().zip(outcome.verdicts) {
        findings[index].add(runs, pod, verdict, |found| {
            let node = found.stem.states().nth(found.promised_at);
            properties[index].telling.is_none_or(|telling| {
                node.is_some_and(|node| telling(world, &node.environment, &node.pods[found.pod]))
            })
        });
    }
    for finding in &mut findings {
        if unknown && matches!(finding.answer, Answer::Holds { .. }) {
            finding.answer = Answer::Unknown;
        }
    }
    Ok(LiveFindings {
        findings,
        states: outcome.states,
        transitions: outcome.transitions,
        depth: outcome.depth,
        bound: outcome.bound,
        duration: outcome.duration,
    })
}

/// One promise for each pod; and where a fault releases from it, for each number of faults that are left when it is
/// made: fewer faults left later say that one happened.
fn of_each_pod<S: Runs + 'static>(
    world: &World<Abstract>,
    property: &LiveProperty<Abstract>,
    numbers: &Numbers,
) -> Vec<(usize, LivenessProperty<S>)> {
    let left: Vec<Option<u8>> = if property.until_a_fault {
        (0..=world.faults.total).map(Some).collect()
    } else {
        vec![None]
    };
    let (id, conclusion) = (property.id, numbers.conclusion);
    let mut promises = Vec::new();
    for pod in 0..world.pods.len() {
        for &left in &left {
            for &premise in &numbers.premises {
                let promised = move |runs: &S, state: &S::State| {
                    left.is_none_or(|left| runs.faults_left(state) == left) && runs.is(state, pod, premise)
                };
                let kept = move |runs: &S, state: &S::State| {
                    left.is_some_and(|left| runs.faults_left(state) < left) || runs.is(state, pod, conclusion)
                };
                let promise = match property.kind {
                    PropertyKind::Possible => LivenessProperty::recoverable(id, promised, kept),
                    _ => LivenessProperty::leads_to(id, promised, kept),
                };
                promises.push((pod, promise));
            }
        }
    }
    promises
}

impl LiveFinding<Abstract> {
    /// A counterexample outweighs what is not known, and that outweighs what holds; of counterexamples one that starts
    /// from a telling state is kept, and then the one with the shortest stem.
    fn add<S: Runs>(
        &mut self,
        runs: &S,
        pod: usize,
        verdict: LivenessVerdictOf<S>,
        tells: impl Fn(&Counterexample<Abstract>) -> bool,
    ) {
        match verdict {
            LivenessVerdict::Holds { vacuous } => {
                if let Answer::Holds { vacuous: all } = &mut self.answer {
                    *all &= vacuous;
                }
            }
            LivenessVerdict::Unknown => {
                if self.counterexample.is_none() {
                    self.answer = Answer::Unknown;
                }
            }
            LivenessVerdict::Violated(Lasso {
                stem,
                promised_at,
                cycle,
            }) => self.keep_better(
                Counterexample {
                    pod,
                    stem: runs.path(&stem),
                    promised_at,
                    cycle: Some(runs.steps(&cycle)),
                },
                tells,
            ),
            LivenessVerdict::Unrecoverable(path) => self.keep_better(
                Counterexample {
                    pod,
                    promised_at: path.len(),
                    stem: runs.path(&path),
                    cycle: None,
                },
                tells,
            ),
        }
    }

    fn keep_better(
        &mut self,
        found: Counterexample<Abstract>,
        tells: impl Fn(&Counterexample<Abstract>) -> bool,
    ) {
        self.answer = Answer::Violated;
        let rank = |one: &Counterexample<Abstract>| (!tells(one), one.stem.len());
        let better = self
            .counterexample
            .as_ref()
            .is_none_or(|kept| rank(&found) < rank(kept));
        if better {
            self.counterexample = Some(found);
        }
    }
}
