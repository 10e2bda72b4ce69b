//! Traces: how a run came to a state, in a form that can be kept.
//!
//! A trace stores actions by name and the digest of each state, never indices into a search: states are
//! recomputed when it is recorded or replayed.

mod action;
mod digest;
mod fields;
mod message;
mod record;
mod replay;

use serde::{Deserialize, Serialize};

pub use action::NamedAction;
pub use digest::digest;
pub use fields::{Change, Field, fields};
pub use message::{Event, describe_action, describe_message};
pub use record::{record, record_lasso, record_step, record_with_aftermath, tell};
pub use replay::{Compare, Differs, Divergence, DivergenceKind, Replay, replay};

/// The version of the format that this release writes.
pub const TRACE_VERSION: u32 = 1;

/// How a run came to the state that decides a property.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Trace {
    /// The version of the format.
    pub version: u32,
    /// The scenario.
    pub scenario: String,
    /// What else it was run on; a trace that says nothing ran the scenario as it is.
    #[serde(default, skip_serializing_if = "Setting::is_default")]
    pub setting: Setting,
    /// The design.
    pub design: String,
    /// The property.
    pub property: String,
    /// What the last state breaks, or what the last step does.
    pub finding: String,
    /// The clause of the property that the last state makes false; none where a property speaks of whole runs or of steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clause: Option<FailedClause>,
    /// The digest of the initial state.
    pub initial: String,
    /// The fields of the initial state: with what the steps change, every state of the run.
    pub start: Vec<Field>,
    /// The steps up to there.
    pub steps: Vec<TraceStep>,
    /// What comes of it, if nothing else happens: the steps until the client has its answer.
    pub aftermath: Vec<TraceStep>,
    /// The action after the last step, if a function of the machine panicked in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub panics_at: Option<NamedAction>,
    /// Of an endless run: how it goes on after [`Self::steps`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cycle: Option<Cycle>,
}

impl Trace {
    /// The steps of a run that shows nothing in particular: without names, digests and fields.
    pub fn of_steps(steps: Vec<TraceStep>) -> Self {
        Self {
            version: TRACE_VERSION,
            scenario: String::new(),
            setting: Setting::default(),
            design: String::new(),
            property: String::new(),
            finding: String::new(),
            clause: None,
            initial: String::new(),
            start: Vec::new(),
            steps,
            aftermath: Vec::new(),
            panics_at: None,
            cycle: None,
        }
    }
}

/// A clause of a property's formula that is false, and what its terms are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct FailedClause {
    /// The clause, as the formula of the property has it.
    pub formula: String,
    /// Its terms, with their values.
    pub values: Vec<Field>,
}

impl FailedClause {
    /// The clause with the values of its terms.
    pub fn new(formula: &str, values: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        Self {
            formula: formula.to_owned(),
            values: values
                .into_iter()
                .map(|(field, value)| Field {
                    field: field.to_owned(),
                    value,
                })
                .collect(),
        }
    }
}

/// How an endless run goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Cycle {
    /// After how many of the steps before it the promise was made that is never kept.
    pub promised_after: usize,
    /// The steps that are taken again and again: after the last of them the state is that before the first. None if
    /// nothing happens any more.
    pub steps: Vec<TraceStep>,
}

/// What a trace was run on, beyond the name of its scenario: all that is needed to run it again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Setting {
    /// The directory of the scenario, from that of the trace; none for a built-in scenario.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The design in place of the scenario's own releases.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub design: Option<String>,
    /// How many copies of the pod, if not as many as the scenario says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pods: Option<u32>,
    /// How many faults, if not as many as the scenario says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub faults: Option<u32>,
    /// How often each kind of fault can happen, for each time that the scenario says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeated: Option<u32>,
    /// Whether the states are those of real bytes, not those of the abstraction.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub bytes: bool,
}

impl Setting {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

impl Trace {
    /// The steps of the run, of its cycle if it is endless, and of its aftermath.
    pub fn all_steps(&self) -> impl Iterator<Item = &TraceStep> {
        let cycle = self.cycle.iter().flat_map(|cycle| &cycle.steps);
        self.steps.iter().chain(cycle).chain(&self.aftermath)
    }

    /// The fields of every state of [`Self::all_steps`]: the initial one, then one after each step.
    pub fn states(&self) -> Vec<Vec<Field>> {
        let mut states = vec![self.start.clone()];
        let mut state = self.start.clone();
        for step in self.all_steps() {
            for change in &step.changes {
                if let Some(field) = state.iter_mut().find(|field| field.field == change.field) {
                    field.value.clone_from(&change.after);
                }
            }
            states.push(state.clone());
        }
        states
    }
}

/// One step of a trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct TraceStep {
    /// What was done.
    pub action: NamedAction,
    /// Who did it.
    pub actor: String,
    /// What it was, in words: the message that was handled, or the event.
    pub event: String,
    /// The message that was sent, and to whom.
    pub sends: Option<Sent>,
    /// The decisions that guards took.
    pub guards: Vec<GuardDecision>,
    /// The refusal that was given.
    pub refusal: Option<RefusalText>,
    /// The fields of the state that changed.
    pub changes: Vec<Change>,
    /// The digest of the state after the step.
    pub digest: String,
}

/// A message on its way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Sent {
    /// To whom.
    pub to: String,
    /// The message.
    pub message: String,
}

/// The decision of a guard.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GuardDecision {
    /// The guard.
    pub guard: String,
    /// Its inputs.
    pub inputs: String,
    /// What it decided.
    pub decision: String,
    /// The decision table.
    pub table: String,
    /// Where the function stands.
    pub source: String,
}

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RefusalText {
    /// Its name.
    pub id: String,
    /// The stage at which it is given.
    pub stage: String,
    /// The error as the client of the CRI gets it.
    pub error: String,
}
