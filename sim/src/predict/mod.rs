//! One run without faults, on real bytes: what becomes of a pod on a node.

mod cgroups;
mod defects;
mod error_text;
mod event;
mod neighbours;
mod on_wire;
mod owner;
mod pipes;
mod prediction;
mod provenance;
mod render;
mod request;
mod run;
mod stand_in;
mod startup;
mod why;

use miette::Diagnostic;
use shimproof_model::catalog::{Catalog, OciRuntimeField};
use shimproof_model::log::Fact;
use shimproof_model::{StartFailure, World};
use shimproof_scenario::{Outcome, Overrides, Scenario, ScenarioError, Target};
use thiserror::Error;

pub(crate) use event::code as grpc_code;
pub use event::{Code, Event, Reason};
pub use neighbours::{Neighbour, neighbours};
pub use prediction::{Prediction, Step};
pub use prediction::{outcome_name, stage_name, target_name};
pub use render::{render_neighbours, render_text};
pub use request::{Options, Request, RequestValue};

use crate::wire::Wire;
use run::{End, Run, target};

/// Why there is no prediction.
#[derive(Clone, Debug, Error, Diagnostic)]
pub enum PredictError {
    /// The scenario cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Scenario(#[from] ScenarioError),
    /// The machine went on for longer than any pod without faults needs.
    #[error("after {steps} steps `{scenario}` has neither a running container nor a refusal")]
    #[diagnostic(
        code(sim::no_end),
        help("this is a fault of the machine, not of the scenario: please report it with the scenario")
    )]
    NoEnd {
        /// The scenario.
        scenario: String,
        /// How many steps were taken.
        steps: usize,
    },
}

/// What becomes of the pod of a scenario: the kubelet starts it, and nothing else happens on the node.
///
/// # Errors
/// If the scenario cannot be used.
pub fn predict(scenario: &Scenario, catalog: &Catalog) -> Result<Prediction, PredictError> {
    predict_with(scenario, catalog, &Overrides::default())
}

/// The same, with another release or design of containerd if `overrides` has one.
///
/// # Errors
/// As [`predict`].
pub fn predict_with(
    scenario: &Scenario,
    catalog: &Catalog,
    overrides: &Overrides,
) -> Result<Prediction, PredictError> {
    let world = world_of_prediction(scenario, catalog, overrides)?;
    predict_in(scenario, catalog, world)
}

/// The world in which a prediction is made: one pod, and no faults.
///
/// # Errors
/// If the scenario cannot be used.
pub fn world_of_prediction(
    scenario: &Scenario,
    catalog: &Catalog,
    overrides: &Overrides,
) -> Result<World<Wire>, PredictError> {
    let overrides = Overrides {
        pods: Some(1),
        faults: Some(0),
        missing_handlers: true,
        ..overrides.clone()
    };
    Ok(scenario.world_in(catalog, &overrides)?)
}

/// What becomes of the pod in a world that is not quite the scenario's own: one with other decision tables.
///
/// # Errors
/// As [`predict`].
pub fn predict_in(
    scenario: &Scenario,
    catalog: &Catalog,
    world: World<Wire>,
) -> Result<Prediction, PredictError> {
    let mut run = Run::of(scenario, world)?;
    if startup::panics(scenario, &run.world)? {
        run.end = End::Down(StartFailure::IntrospectionPanic);
    }
    let mut facts = run.story.facts.clone();
    if let Some(refused) = cgroups::refused_path(scenario, &run) {
        facts.push(Fact::OciRuntime(
            refused.oci_runtime,
            OciRuntimeField::CgroupfsPathText,
        ));
        let text = error_text::of_cgroup(scenario, &run, &refused);
        run.cut(refused.sent, End::CgroupRefused(refused.task, text));
    }
    let mut prediction = Prediction {
        schema: 1,
        scenario: scenario.file.name.clone(),
        outcome: Outcome::Rejected,
        target: None,
        stage: None,
        error: None,
        code: None,
        event: None,
        defects: Vec::new(),
        provenance: shimproof_model::catalog::provenance::Known::Executed,
        requests: request::requests(&run),
        title: scenario.file.title.clone(),
        steps: run.steps(),
        because: Vec::new(),
        weakest: Vec::new(),
    };
    match &run.end {
        End::Runs => {
            let found = defects::defects(scenario, catalog, &run, &mut facts)?;
            prediction.outcome = if found.is_empty() {
                Outcome::Started
            } else {
                Outcome::Misconfigured
            };
            prediction.defects = found;
        }
        End::Down(failure) => {
            prediction.target = Some(Target::Sandbox);
            prediction.stage = Some(shimproof_scenario::Stage::ContainerdConfig);
            prediction.error = Some(error_text::of_daemon(&run.world, *failure));
        }
        End::Refused(refused) => {
            let text = error_text::of_refusal(scenario, &run, refused);
            prediction.target = Some(target(refused.task));
            prediction.stage = event::stage(refused.refusal);
            prediction.code = event::code(refused.refusal, &run.world);
            prediction.event = event::event(refused, &run.world, &text);
            prediction.error = Some(text);
            facts.extend(provenance::of_text(&run.world, refused.refusal));
        }
        End::CgroupRefused(task, text) => {
            prediction.target = Some(target(*task));
            prediction.stage = Some(shimproof_scenario::Stage::OciCreate);
            prediction.code = Some(Code::Unknown);
            prediction.event = Some(event::of_task(*task, prediction.code, text));
            prediction.error = Some(text.clone());
        }
    }
    prediction.because = why::because(scenario, &run, &prediction.defects);
    (prediction.provenance, prediction.weakest) = provenance::weakest(&run.world, &facts);
    Ok(prediction)
}
