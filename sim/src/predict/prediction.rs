//! What a prediction says, as `predict --format json` prints it.

use serde::{Serialize, Serializer};
use shimproof_model::Delivered;
use shimproof_model::catalog::provenance::Known;
use shimproof_model::log::Decided;
use shimproof_scenario::{Defect, Outcome, Stage, Target};

use super::event::{Code, Event};
use super::request::Request;

/// What becomes of a pod.
#[derive(Clone, Debug, Serialize)]
pub struct Prediction {
    /// The version of this form.
    pub schema: u32,
    /// The scenario.
    pub scenario: String,
    /// How the run ends.
    #[serde(serialize_with = "outcome")]
    pub outcome: Outcome,
    /// What is refused, if anything is.
    #[serde(serialize_with = "target")]
    pub target: Option<Target>,
    /// Where it is refused.
    #[serde(serialize_with = "stage")]
    pub stage: Option<Stage>,
    /// The message of the CRI status, without the prefix of gRPC; the kubelet's own words where no call is made.
    pub error: Option<String>,
    /// The code of the CRI status; none where no call is made.
    pub code: Option<Code>,
    /// What the kubelet records.
    pub event: Option<Event>,
    /// What is wrong with a pod that runs, sorted.
    #[serde(serialize_with = "defects")]
    pub defects: Vec<Defect>,
    /// How the weakest of the facts is known that the run rests on.
    pub provenance: Known,
    /// The messages on the way, in order.
    pub requests: Vec<Request>,
    /// The scenario's title.
    #[serde(skip)]
    pub title: String,
    /// What was decided before each message, and what the message said.
    #[serde(skip)]
    pub steps: Vec<Step>,
    /// Why it comes to that, a sentence each.
    #[serde(skip)]
    pub because: Vec<String>,
    /// The facts that are known as [`Self::provenance`] says: row and field, unless all are read or better.
    #[serde(skip)]
    pub weakest: Vec<String>,
}

impl Prediction {
    /// Whether a message reaches a shim of which the catalogue does not know what it does with it.
    pub fn is_unknown(&self) -> bool {
        self.requests
            .iter()
            .any(|request| request.delivered == Some(Delivered::Unknown.as_str()))
    }
}

/// A step of the run.
#[derive(Clone, Debug)]
pub struct Step {
    /// What happened.
    pub what: String,
    /// The guards that decided in it, with their sources.
    pub decided: Vec<Decided>,
}

/// The name of the outcome in scenario files and predictions.
pub fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Started => "started",
        Outcome::Misconfigured => "misconfigured",
        Outcome::Rejected => "rejected",
    }
}

/// The name of the target in scenario files and predictions.
pub fn target_name(target: Target) -> &'static str {
    match target {
        Target::Sandbox => "sandbox",
        Target::Container => "container",
    }
}

/// The name of the stage in scenario files and predictions.
pub fn stage_name(stage: Stage) -> &'static str {
    match stage {
        Stage::ContainerdConfig => "containerd-config",
        Stage::Kubelet => "kubelet",
        Stage::RunPodSandbox => "run-pod-sandbox",
        Stage::CreateContainer => "create-container",
        Stage::ClientTaskOptions => "client-task-options",
        Stage::TasksService => "tasks-service",
        Stage::ShimStart => "shim-start",
        Stage::RuntimeFeatures => "runtime-features",
        Stage::ShimCreate => "shim-create",
        Stage::OciCreate => "oci-create",
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn outcome<S: Serializer>(outcome: &Outcome, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(outcome_name(*outcome))
}

#[expect(
    clippy::ref_option,
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
fn target<S: Serializer>(target: &Option<Target>, to: S) -> Result<S::Ok, S::Error> {
    target.map(target_name).serialize(to)
}

#[expect(
    clippy::ref_option,
    clippy::trivially_copy_pass_by_ref,
    reason = "serde asks for a reference"
)]
fn stage<S: Serializer>(stage: &Option<Stage>, to: S) -> Result<S::Ok, S::Error> {
    stage.map(stage_name).serialize(to)
}

fn defects<S: Serializer>(defects: &[Defect], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(defects.iter().map(ToString::to_string))
}
