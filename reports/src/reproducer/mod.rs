//! A counterexample as files that run on a real node, and as a scenario.

mod acts;
mod commands;
mod crictl;
mod files;
mod readme;

use std::collections::BTreeMap;

use shimproof_model::abstraction::Abstract;
use shimproof_model::catalog::Catalog;
use shimproof_model::catalog::provenance::Row as _;
use shimproof_model::trace::{Compare, Trace, replay};
use shimproof_model::world::{Client, Containerd};
use shimproof_model::{Action, World};
use shimproof_properties::{containerd_guards_itself, under_any_client};
use shimproof_scenario::{Overrides, Scenario, ScenarioError};
use shimproof_sim::{PredictError, Prediction, predict};

use acts::{Act, acts};

/// Why there are no files for a counterexample.
#[derive(Debug, thiserror::Error)]
pub enum ReproducerError {
    /// The scenario cannot be used.
    #[error(transparent)]
    Scenario(#[from] Box<ScenarioError>),
    /// What was written down cannot be predicted.
    #[error(transparent)]
    Predict(Box<PredictError>),
    /// Nobody can install a component.
    #[error("{what}, so that nobody can run it")]
    NotReal {
        /// Which, and why.
        what: String,
    },
    /// The configuration is in more than one file.
    #[error("the configuration {file} imports others, which are not part of a scenario")]
    Imports {
        /// The file.
        file: String,
    },
    /// The trace is not one of this scenario.
    #[error("the trace does not run on the scenario any more: step {step} parts from it")]
    OtherTrace {
        /// The step, from 1.
        step: usize,
    },
}

impl From<PredictError> for ReproducerError {
    fn from(error: PredictError) -> Self {
        Self::Predict(Box::new(error))
    }
}

/// A counterexample as files.
#[derive(Clone, Debug)]
pub struct Reproducer {
    /// The files, by their path inside the directory.
    pub files: BTreeMap<String, String>,
    /// What becomes of the pod if nothing else happens on the node, as [`predict`] says for the files.
    pub prediction: Prediction,
    /// Whether the prediction is about the run of the counterexample: a kubelet's, without faults.
    pub predicted: bool,
}

/// What the files are made of.
struct Case<'a> {
    scenario: &'a Scenario,
    world: World<Abstract>,
    trace: &'a Trace,
    acts: Vec<Act>,
    /// Whether a kubelet calls, and nothing else happens.
    predicted: bool,
}

impl Reproducer {
    /// The files for a trace of a scenario, with the containerd that stands in for the scenario's own.
    ///
    /// # Errors
    /// [`ReproducerError`]; also for a shim or a design that nobody can install.
    pub fn of(
        catalog: &Catalog,
        scenario: &Scenario,
        design: Option<&Containerd>,
        trace: &Trace,
    ) -> Result<Self, ReproducerError> {
        let overrides = Overrides {
            design: design.cloned(),
            pods: trace.setting.pods,
            faults: trace.setting.faults,
            ..Overrides::default()
        };
        let mut world = scenario.world(catalog, &overrides).map_err(Box::new)?;
        all_are_real(&world)?;
        let mut found = actions(&world, trace);
        // Under any client it is asked of other worlds than the scenario's, with each kind of pod alone.
        if trace.property == containerd_guards_itself::<Abstract>().id && world.client != Client::Any {
            for alone in under_any_client(&world) {
                found = actions(&alone, trace);
                if found.is_ok() {
                    world = alone;
                    break;
                }
            }
        }
        let actions = found?;
        let acts = acts(&world, &actions);
        let predicted =
            world.client == Client::Kubelet && acts.iter().all(|act| matches!(act, Act::Call { .. }));
        let case = Case {
            scenario,
            world,
            trace,
            acts,
            predicted,
        };
        let mut files = files::of_node(&case, catalog, design.is_some())?;
        files.extend(crictl::files(&case));
        let prediction = predict(&Scenario::from_files(&files).map_err(Box::new)?, catalog)?;
        files::expect(&mut files, &case, &prediction);
        let readme = readme::readme(&case, catalog, &files, &prediction);
        files.insert("README.md".to_owned(), readme);
        Ok(Self {
            files,
            prediction,
            predicted: case.predicted,
        })
    }
}

/// The actions of a trace, all of it, with those of its cycle once.
fn actions(world: &World<Abstract>, trace: &Trace) -> Result<Vec<Action<Abstract>>, ReproducerError> {
    let replayed = replay(world, trace, Compare::Steps);
    match replayed.divergence {
        Some(divergence) => Err(ReproducerError::OtherTrace {
            step: divergence.step,
        }),
        None => Ok(replayed.actions),
    }
}

/// Whether each component is one that somebody has built.
fn all_are_real(world: &World<Abstract>) -> Result<(), ReproducerError> {
    if let Some(containerd) = world
        .containerd
        .iter()
        .find(|containerd| !containerd.row.proposed().is_empty())
    {
        return Err(ReproducerError::NotReal {
            what: format!("{} is a proposal, not a build of containerd", containerd.version),
        });
    }
    if let Some(shim) = world.shims.iter().find(|shim| shim.hypothetical) {
        return Err(ReproducerError::NotReal {
            what: format!("{} is a shim that was made up", shim.id),
        });
    }
    Ok(())
}
