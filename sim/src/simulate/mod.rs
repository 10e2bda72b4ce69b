//! Random runs on real bytes, each step held against the abstraction.
//!
//! A run is a list of actions. With a scenario, its node is the same in each run, and chance decides in which order
//! things happen and which faults of its budget strike when; every property is asked. Without one, chance also
//! draws the node, in one of two ways:
//!
//! * a scenario that is known, with other numbers of pods and faults. Asked are the properties that an exhaustive
//!   search of the scenario as it is finds to hold, under the design that is tested;
//! * a node of its own, written down as files and read like any scenario ([`AnyNode`]): releases, shims, handlers with
//!   option tables, pods. It may lie outside of what any design promises, so that refinement and the absence of
//!   panics are all that is asked.
//!
//! # What it does not promise
//!
//! A run that shows nothing proves nothing; [`Coverage`] says what was met. Owners of pipes
//! that the operator himself set are not drawn, since the abstraction does not tell them apart; nor is a shim binary that is replaced by one of another shim, which no scenario can say.

mod any_node;
mod coverage;
mod known;
mod lockstep;
mod random;
mod regressions;
mod relation;
mod render;
mod run;
mod shrink;
mod subject;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use shimproof_model::abstraction::Abstract;
use shimproof_model::catalog::Catalog;
use shimproof_model::trace::{NamedAction, Trace, record_with_aftermath};
use shimproof_model::world::Containerd;
use shimproof_model::{Action, World};
use shimproof_properties::all;
use shimproof_scenario::{Overrides, Scenario, ScenarioError};

pub use any_node::AnyNode;
pub use coverage::Coverage;
pub use lockstep::{Fault, FaultKind, Twins};
pub use regressions::{RegressionsError, append_regression, read_regressions};
pub use relation::{Abstraction, Owner};
pub use render::{render_simulation, simulation_json};

use known::Known;
use lockstep::Checked;
use random::Random;
use subject::{Drawn, OfScenario, Subject, Told};

use crate::wire::Wire;

/// The most pods of a run: the machine numbers pods, and blocks of host ids, with a byte.
pub const MOST_PODS: u8 = 250;

/// What random runs are asked to do.
#[derive(Clone, Debug)]
pub struct SimulateOptions {
    /// The seed of the first run; each further run has the next number.
    pub seed: u64,
    /// How many runs; without a number, until the time is up.
    pub runs: Option<u64>,
    /// How long; runs that have begun are ended.
    pub time: Option<Duration>,
    /// Seeds that are tried before, such as those that once showed a fault.
    pub first: Vec<u64>,
    /// Properties by name; all of them, if empty.
    pub properties: Vec<String>,
    /// Raised by whoever wants the runs to stop.
    pub stop: Option<Arc<AtomicBool>>,
}

impl Default for SimulateOptions {
    fn default() -> Self {
        Self {
            seed: 0,
            runs: Some(1000),
            time: None,
            first: Vec::new(),
            properties: Vec::new(),
            stop: None,
        }
    }
}

/// What random runs have shown.
#[derive(Clone, Debug)]
pub struct Simulation {
    /// The scenario; none for nodes that chance drew.
    pub scenario: Option<String>,
    /// The design, or the scenario's own releases; none for any release.
    pub design: Option<String>,
    /// How many runs there were.
    pub runs: u64,
    /// How many nodes were drawn whose files cannot be used; there is no run on them.
    pub refused: u64,
    /// How many steps they took.
    pub steps: u64,
    /// The first fault; the runs end with it.
    pub failure: Option<Failure>,
    /// What the runs met.
    pub coverage: Coverage,
    /// How long it took.
    pub duration: Duration,
}

/// A fault, and the shortest run that was found to show it.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The seed that shows it again.
    pub seed: u64,
    /// What is wrong.
    pub fault: Fault,
    /// How many steps the run had when chance found it.
    pub found_after: usize,
    /// The run.
    pub trace: Trace,
    /// The files of the node, if chance drew it: a scenario, which the trace names as a directory beside it.
    pub files: BTreeMap<String, String>,
}

/// How far random runs have come.
#[derive(Clone, Copy, Debug)]
pub struct RandomProgress {
    /// Runs that have ended.
    pub runs: u64,
    /// Their steps.
    pub steps: u64,
    /// Decisions of guards that were met.
    pub decisions: usize,
    /// Refusals that were met.
    pub refusals: usize,
    /// Rows of the catalogue that were met.
    pub rows: usize,
    /// Since the beginning.
    pub elapsed: Duration,
}

/// Runs the node of a scenario, with another design if `overrides` has one.
///
/// # Errors
/// If the scenario cannot be used.
pub fn simulate_scenario(
    scenario: &Scenario,
    catalog: &Catalog,
    overrides: &Overrides,
    options: &SimulateOptions,
    progress: &mut dyn FnMut(RandomProgress),
) -> Result<Simulation, Box<ScenarioError>> {
    // What is wrong with the scenario is said before anything is run.
    let world: World<Wire> = scenario.world_in(catalog, overrides)?;
    let releases: Vec<&str> = world
        .containerd
        .iter()
        .map(|release| release.version.as_str())
        .collect();
    let design = releases.join(" → ");
    let subject = OfScenario {
        scenario,
        catalog,
        overrides: overrides.clone(),
    };
    let mut simulation = simulate(options, progress, |_| {
        (subject.clone(), checked::<Abstract>(&options.properties))
    });
    simulation.name(Some(&scenario.file.name), Some(&design));
    Ok(simulation)
}

/// Runs nodes that chance draws: variations of the scenarios that are known, and others. With a design, each of them
/// runs it.
pub fn simulate_any(
    catalog: &Catalog,
    design: Option<&Containerd>,
    known: &[Scenario],
    options: &SimulateOptions,
    progress: &mut dyn FnMut(RandomProgress),
) -> Simulation {
    let overrides = Overrides {
        design: design.cloned(),
        most_pods: Some(MOST_PODS),
        ..Overrides::default()
    };
    let mut known = Known::new(known, catalog, &overrides);
    let mut simulation = simulate(options, progress, |random| {
        if random.one_in(2)
            && let Some((subject, kept)) = known.vary(random)
        {
            return (Any::Known(subject), checked_of(&kept));
        }
        let name = format!("drawn-{}", random.next());
        let node = AnyNode::draw(catalog, design.map(|design| &design.row), name, random);
        let drawn = Drawn {
            node,
            catalog,
            overrides: overrides.clone(),
        };
        (Any::Drawn(drawn), Vec::new())
    });
    simulation.name(None, design.map(|design| design.version.as_str()));
    simulation
}

/// Runs one node in lockstep with what is said to be its abstraction.
pub fn simulate_twins<A: Abstraction>(
    twins: &Twins<A>,
    options: &SimulateOptions,
    progress: &mut dyn FnMut(RandomProgress),
) -> Simulation {
    simulate(options, progress, |_| {
        (twins.clone(), checked(&options.properties))
    })
}

/// A node that chance drew, in one way or the other.
#[derive(Clone, Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one of them at a time")]
enum Any<'s> {
    Known(OfScenario<'s>),
    Drawn(Drawn<'s>),
}

impl Subject<Abstract> for Any<'_> {
    fn twins(&self) -> Option<Twins<Abstract>> {
        match self {
            Self::Known(subject) => subject.twins(),
            Self::Drawn(subject) => subject.twins(),
        }
    }

    fn smaller(&self, used: &[u8]) -> Vec<(Self, Vec<u8>)> {
        match self {
            Self::Known(subject) => {
                let smaller = subject.smaller(used).into_iter();
                smaller
                    .map(|(subject, kept)| (Self::Known(subject), kept))
                    .collect()
            }
            Self::Drawn(subject) => {
                let smaller = subject.smaller(used).into_iter();
                smaller
                    .map(|(subject, kept)| (Self::Drawn(subject), kept))
                    .collect()
            }
        }
    }

    fn told(&self) -> Told {
        match self {
            Self::Known(subject) => subject.told(),
            Self::Drawn(subject) => subject.told(),
        }
    }
}

/// The properties of those names, all of them if there are none.
fn checked<A: Abstraction>(names: &[String]) -> Vec<Checked<A>> {
    let mut both: Vec<Checked<A>> = all().into_iter().zip(all()).collect();
    both.retain(|(property, _)| names.is_empty() || names.iter().any(|id| id == property.id));
    both
}

/// The properties of those names, and no others.
fn checked_of<A: Abstraction>(names: &[&str]) -> Vec<Checked<A>> {
    let mut both: Vec<Checked<A>> = all().into_iter().zip(all()).collect();
    both.retain(|(property, _)| names.contains(&property.id));
    both
}

fn simulate<A: Abstraction, S: Subject<A>>(
    options: &SimulateOptions,
    progress: &mut dyn FnMut(RandomProgress),
    mut draw: impl FnMut(&mut Random) -> (S, Vec<Checked<A>>),
) -> Simulation {
    let begin = Instant::now();
    let mut simulation = Simulation {
        scenario: None,
        design: None,
        runs: 0,
        refused: 0,
        steps: 0,
        failure: None,
        coverage: Coverage::new(),
        duration: Duration::ZERO,
    };
    let further = (0..options.runs.unwrap_or(u64::MAX)).map(|number| options.seed.wrapping_add(number));
    for seed in options.first.iter().copied().chain(further) {
        let stopped = options
            .stop
            .as_ref()
            .is_some_and(|stop| stop.load(Ordering::Relaxed));
        if stopped || options.time.is_some_and(|time| begin.elapsed() >= time) {
            break;
        }
        let mut random = Random::of(seed);
        let (mut subject, checked) = draw(&mut random);
        // A node that its loader refuses is none.
        let Some(mut twins) = subject.twins() else {
            simulation.refused += 1;
            continue;
        };
        let found = run::random(&twins, &checked, &mut random, &mut simulation.coverage);
        simulation.coverage.end_run(&twins.wire);
        simulation.runs += 1;
        simulation.steps += u64::try_from(found.actions.len()).unwrap_or(u64::MAX);
        if let Some(fault) = found.fault.clone() {
            let found_after = found.actions.len();
            let shortest = shrink::shrink(&mut subject, &mut twins, &checked, found, fault.kind);
            let fault = shortest.fault.clone().unwrap_or(fault);
            let told = subject.told();
            simulation.failure = Some(Failure {
                seed,
                trace: Trace {
                    scenario: told.scenario,
                    setting: told.setting,
                    ..trace(&twins, &shortest, &fault)
                },
                files: told.files,
                fault,
                found_after,
            });
            break;
        }
        progress(RandomProgress {
            runs: simulation.runs,
            steps: simulation.steps,
            decisions: simulation.coverage.decisions.len(),
            refusals: simulation.coverage.refusals.len(),
            rows: simulation.coverage.rows.len(),
            elapsed: begin.elapsed(),
        });
    }
    simulation.duration = begin.elapsed();
    simulation
}

/// What a list of actions shows to be wrong with a property, or with the step in bytes.
pub(crate) fn again(
    wire: World<Wire>,
    abstracted: World<Abstract>,
    actions: &[Action<Wire>],
    property: &str,
) -> Option<Fault> {
    let mut checked: Vec<Checked<Abstract>> = all().into_iter().zip(all()).collect();
    checked.retain(|(known, _)| known.id == property);
    run::replay(&Twins { wire, abstracted }, &checked, actions).fault
}

fn trace<A: Abstraction>(twins: &Twins<A>, run: &run::Run, fault: &Fault) -> Trace {
    // The last step of a run that panics cannot be recorded.
    let recorded = match fault.kind {
        FaultKind::Panic => run.actions.len().saturating_sub(1),
        FaultKind::Property(_) | FaultKind::Refinement => run.actions.len(),
    };
    let (trace, _) = record_with_aftermath(&twins.wire, &run.actions[..recorded]);
    Trace {
        panics_at: run.actions.get(recorded).copied().map(NamedAction::of),
        property: fault.kind.id().to_owned(),
        finding: fault.what.clone(),
        ..trace
    }
}

impl Simulation {
    fn name(&mut self, scenario: Option<&str>, design: Option<&str>) {
        self.scenario = scenario.map(str::to_owned);
        self.design = design.map(str::to_owned);
        if let Some(failure) = &mut self.failure {
            design
                .unwrap_or("any release")
                .clone_into(&mut failure.trace.design);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A drawn node whose abstraction is said to be without any key of its tables.
    #[derive(Clone)]
    struct Planted<'c>(Drawn<'c>);

    impl Subject<Abstract> for Planted<'_> {
        fn twins(&self) -> Option<Twins<Abstract>> {
            let mut twins = self.0.twins()?;
            let configurations = twins.abstracted.configurations.iter_mut();
            let handlers =
                configurations.flat_map(|configuration| configuration.handlers.iter_mut().flatten());
            for table in handlers.flatten().filter_map(|handler| handler.options.as_mut()) {
                table.keys = shimproof_model::abstraction::Keys::NONE;
            }
            Some(twins)
        }

        fn smaller(&self, used: &[u8]) -> Vec<(Self, Vec<u8>)> {
            let smaller = self.0.smaller(used).into_iter();
            smaller.map(|(node, kept)| (Self(node), kept)).collect()
        }

        fn told(&self) -> Told {
            self.0.told()
        }
    }

    /// What is found on a drawn node is made small, and the files that are kept are the node that it was found on.
    #[test]
    fn a_wrong_abstraction_is_found_on_a_drawn_node_and_made_small() {
        let catalog = Catalog::embedded();
        let overrides = Overrides {
            most_pods: Some(MOST_PODS),
            ..Overrides::default()
        };
        let options = SimulateOptions {
            runs: Some(500),
            ..SimulateOptions::default()
        };
        let found = simulate(&options, &mut |_| (), |random| {
            let node = AnyNode::draw(catalog, None, "drawn".to_owned(), random);
            let overrides = overrides.clone();
            (
                Planted(Drawn {
                    node,
                    catalog,
                    overrides,
                }),
                Vec::new(),
            )
        });
        let failure = found.failure.expect("the abstraction is wrong");
        assert_eq!(failure.fault.kind, FaultKind::Refinement);
        assert!(failure.trace.steps.len() <= 8, "{}", failure.trace.steps.len());
        assert_eq!(failure.trace.setting.path.as_deref(), Some("drawn"));
        let scenario = Scenario::from_files(&failure.files).unwrap();
        let world: World<Wire> = scenario.world_in(catalog, &overrides).unwrap();
        assert_eq!((world.pods.len(), world.containerd.len()), (1, 1), "{world:?}");
        let again = shimproof_model::trace::replay(
            &world,
            &failure.trace,
            shimproof_model::trace::Compare::WholeStates,
        );
        assert!(again.divergence.is_none(), "{:?}", again.divergence);
        // With the abstraction that it has, the same run shows nothing.
        let abstracted = scenario.world(catalog, &overrides).unwrap();
        assert_eq!(super::again(world, abstracted, &again.actions, "none"), None);
    }
}
