//! Random runs on real bytes, each step held against the abstraction.
//!
//! A run is a list of actions. With a scenario, its node is the same in each run, and chance decides in which order
//! things happen and which faults of its budget strike when; every property is asked. Without one, chance also
//! draws the node: releases, shims, handlers with option tables, pods. There `type-as-configured` is asked, and only
//! where every release writes no owner of pipes, `no_pivot` is not set and no shim runs sandboxes; anywhere else refinement and the absence
//! of panics are all that is asked.
//!
//! # What it does not promise
//!
//! A run that shows nothing proves nothing; [`Coverage`] says what was met. The machine numbers pods with a byte,
//! and the abstraction's record of host ids has 16 blocks: a node that is drawn has at most 200 pods, of which at
//! most 16 ask for a user namespace. Options that the operator himself set to an owner of pipes, to `NoPivotRoot`
//! or to a zero value are not drawn, since the abstraction does not tell them apart.

mod arbitrary;
mod coverage;
mod lockstep;
mod random;
mod regressions;
mod relation;
mod render;
mod run;
mod shrink;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use shimproof_model::abstraction::Abstract;
use shimproof_model::catalog::Catalog;
use shimproof_model::guards::{self, ContainerdGuards, OptionsState, RuntimeType};
use shimproof_model::trace::{Trace, record_with_aftermath};
use shimproof_model::world::{Containerd, Sandboxer};
use shimproof_model::{Finite as _, UsernsMode};
use shimproof_properties::{all, find};
use shimproof_scenario::{Overrides, Scenario, ScenarioError};

pub use coverage::Coverage;
pub use lockstep::{Fault, FaultKind, Twins};
pub use regressions::{RegressionsError, append_regression, read_regressions};
pub use relation::{Abstraction, Owner};
pub use render::{render_simulation, simulation_json};

use lockstep::Checked;
use random::Random;

/// The one property that is asked of nodes that chance draws.
const OF_ANY_NODE: &str = "type-as-configured";

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
}

/// How far random runs have come.
#[derive(Clone, Copy, Debug)]
pub struct RandomProgress {
    /// Runs that have ended.
    pub runs: u64,
    /// Their steps.
    pub steps: u64,
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
    let twins: Twins<Abstract> = Twins {
        wire: scenario.world_in(catalog, overrides)?,
        abstracted: scenario.world_in(catalog, overrides)?,
    };
    let releases: Vec<&str> = twins
        .wire
        .containerd
        .iter()
        .map(|release| release.version.as_str())
        .collect();
    let design = releases.join(" → ");
    let mut simulation = simulate_twins(&twins, options, progress);
    simulation.name(Some(&scenario.file.name), Some(&design));
    Ok(simulation)
}

/// Runs nodes that chance draws; with a design, each of them runs it.
pub fn simulate_any(
    catalog: &Catalog,
    design: Option<&Containerd>,
    options: &SimulateOptions,
    progress: &mut dyn FnMut(RandomProgress),
) -> Simulation {
    let mut simulation = simulate(options, progress, |random| {
        let twins = arbitrary::twins(catalog, design, random);
        let quiet = twins
            .wire
            .configurations
            .iter()
            .all(|configuration| !configuration.no_pivot)
            && twins
                .wire
                .containerd
                .iter()
                .all(|release| writes_no_owner(&release.guards))
            && twins
                .wire
                .configurations
                .iter()
                .flat_map(|c| c.handlers.iter().flatten().flatten())
                .all(|handler| handler.sandboxer == Sandboxer::PodSandbox);
        let mut checked = checked::<Abstract>(options);
        checked.retain(|(property, _)| quiet && property.id == OF_ANY_NODE);
        (twins, checked)
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
    simulate(options, progress, |_| (twins.clone(), checked(options)))
}

fn checked<A: Abstraction>(options: &SimulateOptions) -> Vec<Checked<A>> {
    if options.properties.is_empty() {
        return all().into_iter().zip(all()).collect();
    }
    let both = options.properties.iter().filter_map(|id| find(id).zip(find(id)));
    both.collect()
}

fn simulate<A: Abstraction>(
    options: &SimulateOptions,
    progress: &mut dyn FnMut(RandomProgress),
    mut draw: impl FnMut(&mut Random) -> (Twins<A>, Vec<Checked<A>>),
) -> Simulation {
    let begin = Instant::now();
    let mut simulation = Simulation {
        scenario: None,
        design: None,
        runs: 0,
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
        let (mut twins, checked) = draw(&mut random);
        let found = run::random(&twins, &checked, &mut random, &mut simulation.coverage);
        simulation.coverage.end_run(&twins.wire);
        simulation.runs += 1;
        simulation.steps += u64::try_from(found.actions.len()).unwrap_or(u64::MAX);
        if let Some(fault) = found.fault.clone() {
            let found_after = found.actions.len();
            let shortest = shrink::shrink(&mut twins, &checked, found, fault.kind);
            let fault = shortest.fault.clone().unwrap_or(fault);
            simulation.failure = Some(Failure {
                seed,
                trace: trace(&twins, &shortest, &fault),
                fault,
                found_after,
            });
            break;
        }
        progress(RandomProgress {
            runs: simulation.runs,
            steps: simulation.steps,
            elapsed: begin.elapsed(),
        });
    }
    simulation.duration = begin.elapsed();
    simulation
}

/// Whether no combination of inputs leads to an owner of the pipes.
fn writes_no_owner(of: &ContainerdGuards) -> bool {
    <(UsernsMode, RuntimeType, OptionsState)>::all()
        .all(|input| of.io_owner.decide(input) == guards::Owner::NotWritten)
}

fn trace<A: Abstraction>(twins: &Twins<A>, run: &run::Run, fault: &Fault) -> Trace {
    // The last step of a run that panics cannot be recorded.
    let recorded = match fault.kind {
        FaultKind::Panic => run.actions.len().saturating_sub(1),
        FaultKind::Property(_) | FaultKind::Refinement => run.actions.len(),
    };
    let (trace, _) = record_with_aftermath(&twins.wire, &run.actions[..recorded]);
    Trace {
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
            failure.trace.scenario =
                scenario.map_or_else(|| format!("drawn from seed {}", failure.seed), str::to_owned);
            design
                .unwrap_or("any release")
                .clone_into(&mut failure.trace.design);
        }
    }
}
