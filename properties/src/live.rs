//! Properties of whole runs: what must come about, and what must stay possible.

use std::sync::Arc;
use std::time::Duration;

use shimproof_model::{Domain, Environment, Node, Pod, World};
use shimproof_search::{
    Answer, Bound, Lasso, Limits, LivenessProperty, LivenessVerdict, LivenessVerdictOf, Observer, Path,
    check_liveness,
};

use crate::check::CheckError;
use crate::machine::{Machine, Taken};
use crate::property::{About, PropertyKind};

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
        crate::requested_pod_runs::property(),
        crate::can_recover::property(),
    ]
}

/// The property of whole runs of that name.
pub fn find_live<D: Domain>(id: &str) -> Option<LiveProperty<D>> {
    live().into_iter().find(|property| property.id == id)
}

/// Decides properties of whole runs. `unknown` says that a message reaches a shim of which it is not known what it does
/// with it; then nothing holds.
///
/// # Errors
/// [`CheckError`] if a function of the model panicked.
pub fn check_live<D: Domain>(
    machine: &Arc<Machine<D>>,
    properties: &[LiveProperty<D>],
    unknown: bool,
    limits: &Limits,
    observer: &mut dyn Observer,
) -> Result<LiveFindings<D>, CheckError> {
    let asked: Vec<(usize, usize, LivenessProperty<Machine<D>>)> = properties
        .iter()
        .enumerate()
        .flat_map(|(index, property)| {
            of_each_pod(machine.world(), property)
                .into_iter()
                .map(move |(pod, promise)| (index, pod, promise))
        })
        .collect();
    let (places, promises): (Vec<(usize, usize)>, Vec<_>) = asked
        .into_iter()
        .map(|(index, pod, promise)| ((index, pod), promise))
        .unzip();
    let outcome =
        check_liveness(&**machine, &promises, limits, observer).map_err(|error| CheckError::Model {
            message: error.to_string(),
            path: None,
        })?;
    let mut findings: Vec<LiveFinding<D>> = properties
        .iter()
        .map(|property| LiveFinding {
            id: property.id,
            answer: Answer::Holds { vacuous: true },
            counterexample: None,
        })
        .collect();
    for ((index, pod), verdict) in places.into_iter().zip(outcome.verdicts) {
        let world = machine.world();
        findings[index].add(pod, verdict, |found| {
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
fn of_each_pod<D: Domain>(
    world: &World<D>,
    property: &LiveProperty<D>,
) -> Vec<(usize, LivenessProperty<Machine<D>>)> {
    let LiveProperty {
        id,
        kind,
        premise,
        conclusion,
        telling,
        ..
    } = *property;
    let pods = 0..world.pods.len();
    pods.flat_map(|pod| {
        let premises: Vec<OfPod<D>> = telling.into_iter().chain([premise]).collect();
        let left: Vec<Option<u8>> = if property.until_a_fault {
            (0..=world.faults.total).map(Some).collect()
        } else {
            vec![None]
        };
        let each = left
            .into_iter()
            .flat_map(move |left| premises.clone().into_iter().map(move |premise| (left, premise)));
        each.map(move |(left, premise)| {
            let promised = move |machine: &Machine<D>, node: &Node<D>| {
                left.is_none_or(|left| node.environment.faults.total == left)
                    && premise(machine.world(), &node.environment, &node.pods[pod])
            };
            let kept = move |machine: &Machine<D>, node: &Node<D>| {
                left.is_some_and(|left| node.environment.faults.total < left)
                    || conclusion(machine.world(), &node.environment, &node.pods[pod])
            };
            let promise = match kind {
                PropertyKind::Possible => LivenessProperty::recoverable(id, promised, kept),
                _ => LivenessProperty::leads_to(id, promised, kept),
            };
            (pod, promise)
        })
    })
    .collect()
}

impl<D: Domain> LiveFinding<D> {
    /// A counterexample outweighs what is not known, and that outweighs what holds; of counterexamples one that starts
    /// from a telling state is kept, and then the one with the shortest stem.
    fn add(
        &mut self,
        pod: usize,
        verdict: LivenessVerdictOf<Machine<D>>,
        tells: impl Fn(&Counterexample<D>) -> bool,
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
                    stem,
                    promised_at,
                    cycle: Some(cycle),
                },
                tells,
            ),
            LivenessVerdict::Unrecoverable(path) => self.keep_better(
                Counterexample {
                    pod,
                    promised_at: path.len(),
                    stem: path,
                    cycle: None,
                },
                tells,
            ),
        }
    }

    fn keep_better(&mut self, found: Counterexample<D>, tells: impl Fn(&Counterexample<D>) -> bool) {
        self.answer = Answer::Violated;
        let rank = |one: &Counterexample<D>| (!tells(one), one.stem.len());
        let better = self
            .counterexample
            .as_ref()
            .is_none_or(|kept| rank(&found) < rank(kept));
        if better {
            self.counterexample = Some(found);
        }
    }
}
