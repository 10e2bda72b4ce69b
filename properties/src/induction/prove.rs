//! Proves a property of a design, or says which step loses which clause.

use std::time::{Duration, Instant};

use shimproof_model::abstraction::Key;
use shimproof_model::catalog::Catalog;
use shimproof_model::trace::{describe_message, fields};
use shimproof_model::world::Containerd;
use shimproof_model::{Channel, Node};

use super::assumption::Assumption;
use super::cases::Cases;
use super::check::{Checked, Checker, Loss};
use super::clause::{Clause, Clauses};
use super::confirm::{self, Confirmation};
use super::draw::{CURRENT, Draw, RECORDED, State};
use super::facts::Inferred;
use super::field::Field;
use super::step::Step;

/// The properties that induction is about.
pub const PROPERTIES: [&str; 3] = ["type-as-configured", "options-accepted", "owner-only-if-applied"];

/// What was found out about a property of a design.
#[derive(Clone, Debug)]
pub struct Induction {
    /// The design.
    pub design: String,
    /// The property.
    pub property: String,
    /// The verdict.
    pub verdict: Verdict,
    /// What is taken for granted.
    pub assumptions: Vec<Assumption>,
    /// Each step, with what it and the clauses read of a state.
    pub steps: Vec<StepReport>,
    /// How many states were tried in all.
    pub tried: u64,
    /// The inferred behaviours that the steps read.
    pub inferred: Vec<Inferred>,
    /// If it is not inductive: which further assumptions make it so, none of them superfluous.
    pub proved_under: Vec<Vec<Assumption>>,
    /// If it is not inductive: whether the loss can happen.
    pub confirmation: Option<Confirmation>,
    /// How long it took.
    pub duration: Duration,
}

/// A verdict.
#[derive(Clone, Debug)]
pub enum Verdict {
    /// It holds for any number of pods and faults, under the assumptions.
    Proved,
    /// A step loses a clause. That is no counterexample.
    NotInductive(Box<NotInductive>),
    /// There were more states than may be tried.
    BoundReached,
}

/// A step that loses a clause.
#[derive(Clone, Debug)]
pub struct NotInductive {
    /// The step; none if it is the initial state that lacks the clause.
    pub step: Option<Step>,
    /// The clause.
    pub clause: Clause,
    /// What is wrong, with the values.
    pub what: String,
    /// The state before, in words.
    pub before: Vec<(String, String)>,
    /// What is different after the step, in words.
    pub after: Vec<(String, String)>,
}

/// What was tried for a step.
#[derive(Clone, Debug)]
pub struct StepReport {
    /// The step; none for the initial states.
    pub step: Option<Step>,
    /// The fields that it, or a clause that it can change, reads.
    pub support: Vec<Field>,
    /// How many states were tried.
    pub tried: u64,
}

/// Why a question cannot be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InductionError {
    /// The property is not one of [`PROPERTIES`].
    #[error("induction is about {known}, not about `{given}`", known = PROPERTIES.join(", "))]
    NoSuchProperty {
        /// What was asked for.
        given: String,
    },
}

/// Proves a property of a design for any number of pods and faults. If it is not inductive, says also which
/// further assumptions make it so, and whether a small node gets there. At most `most` states are tried.
///
/// # Errors
/// [`InductionError`] if induction is not about the property.
pub fn induct(
    catalog: &Catalog,
    containerd: &Containerd,
    property: &str,
    most: u64,
) -> Result<Induction, InductionError> {
    let begin = Instant::now();
    let mut induction = prove(catalog, containerd, property, &[], Clauses::all(), most)?;
    if let Verdict::NotInductive(_) = &induction.verdict {
        let mut sets: Vec<Vec<Assumption>> = Vec::new();
        let further = Assumption::FURTHER;
        let singles = further.iter().map(|one| vec![*one]);
        let pairs = (0..further.len()).flat_map(|first| {
            (first + 1..further.len()).map(move |second| vec![further[first], further[second]])
        });
        for set in singles.chain(pairs) {
            if sets
                .iter()
                .any(|smaller| smaller.iter().all(|one| set.contains(one)))
            {
                continue;
            }
            let left = most.saturating_sub(induction.tried);
            let found = prove(catalog, containerd, property, &set, Clauses::all(), left)?;
            induction.tried += found.tried;
            match found.verdict {
                Verdict::Proved => sets.push(set),
                Verdict::NotInductive(_) => {}
                Verdict::BoundReached => break,
            }
        }
        induction.proved_under = sets;
    }
    induction.duration = begin.elapsed();
    Ok(induction)
}

/// One attempt, under the assumptions that are always made and `further` ones, with an invariant of `clauses`.
///
/// # Errors
/// [`InductionError`] if induction is not about the property.
pub fn prove(
    catalog: &Catalog,
    containerd: &Containerd,
    property: &str,
    further: &[Assumption],
    clauses: Clauses,
    most: u64,
) -> Result<Induction, InductionError> {
    let begin = Instant::now();
    let found = PROPERTIES
        .contains(&property)
        .then(|| crate::find(property))
        .flatten()
        .ok_or_else(|| InductionError::NoSuchProperty {
            given: property.to_owned(),
        })?;
    let mut assumptions = Assumption::of(property);
    assumptions.extend(further);
    let cases = Cases::new(catalog, containerd, &assumptions);
    let mut checker = Checker::new(&cases, found, clauses, most);
    let mut steps = Vec::new();
    let mut verdict = Verdict::Proved;
    let mut confirmation = None;
    for step in [None].into_iter().chain(Step::ALL.into_iter().map(Some)) {
        let before = checker.tried;
        let (checked, support) = match step {
            None => checker.initial(),
            Some(step) => checker.step(step),
        };
        steps.push(StepReport {
            step,
            support: support.iter().collect(),
            tried: checker.tried - before,
        });
        match checked {
            Checked::Kept => {}
            Checked::BoundReached => {
                verdict = Verdict::BoundReached;
                break;
            }
            Checked::Lost(loss) => {
                if loss.clause == Clause::Property && further.is_empty() {
                    confirmation = Some(confirm::confirm(&checker.draw, &loss, property));
                }
                verdict = Verdict::NotInductive(Box::new(told(&checker.draw, step, *loss)));
                break;
            }
        }
    }
    Ok(Induction {
        design: containerd.version.clone(),
        property: property.to_owned(),
        verdict,
        assumptions,
        steps,
        tried: checker.tried,
        inferred: checker.facts.inferred(catalog, &cases),
        proved_under: Vec::new(),
        confirmation,
        duration: begin.elapsed(),
    })
}

fn told(draw: &Draw<'_>, step: Option<Step>, loss: Loss) -> NotInductive {
    let before = words(draw, &loss.before);
    let after = words(draw, &loss.after)
        .into_iter()
        .filter(|field| !before.contains(field))
        .collect();
    NotInductive {
        step,
        clause: loss.clause,
        what: loss.what,
        before: before
            .into_iter()
            .filter(|(name, value)| value != "-" && read(draw, name))
            .collect(),
        after,
    }
}

/// Whether a field was read: what was not drawn is of no interest.
fn read(draw: &Draw<'_>, name: &str) -> bool {
    let drawn = |fields: &[Field]| fields.iter().any(|field| draw.tape.values.get(*field).is_some());
    match name {
        "containerd.release" | "containerd.configuration" => false,
        "pod.phase" => drawn(&[Field::Phase]),
        "pod.sandbox.userns" => drawn(&[Field::SandboxUserns]),
        "pod.sandbox.user namespace" => drawn(&[Field::Pinned]),
        "pod.sandbox.endpoint" => drawn(&[Field::Endpoint]),
        _ if name.starts_with("on disk.") => {
            let sent = draw.after.as_ref().and_then(|after| after.pod.to_shim());
            sent.is_some_and(|message| message.channel != Channel::Create)
                || drawn(&[Field::ShimByType, Field::ShimByPath])
        }
        "containerd.up" => drawn(&[Field::Refused]),
        _ if name.starts_with("kubelet.") => drawn(&[Field::KubeletRow]),
        _ if name.starts_with("containerd.features") => drawn(&[Field::Introspected]),
        _ => true,
    }
}

/// A state in words: the handler first, then the fields of the state, then the message in flight.
fn words(draw: &Draw<'_>, state: &State) -> Vec<(String, String)> {
    let slot = state
        .pod
        .sandbox
        .as_ref()
        .map_or(CURRENT, |sandbox| sandbox.configuration);
    let mut words = vec![("handler".to_owned(), handler_in_words(draw, slot))];
    if slot == RECORDED {
        words.push((
            "configuration loaded now".to_owned(),
            form_in_words(draw, CURRENT),
        ));
    }
    let node = Node {
        environment: state.env.clone(),
        pods: vec![state.pod.clone()],
    };
    let (binary, _) = draw.binary();
    let unread = draw.world.binaries[usize::from(1 - binary)].name.clone();
    words.extend(
        fields(&draw.world, &node)
            .into_iter()
            .map(|field| (field.field, field.value))
            .filter(|(name, _)| *name != format!("on disk.{unread}") && name != "containerd.configuration"),
    );
    if let Some(sent) = describe_message(&draw.world, &state.env, &state.pod) {
        words.push((
            "in flight".to_owned(),
            format!("to the {}: {}", sent.to, sent.message),
        ));
    }
    words
}

fn handler_in_words(draw: &Draw<'_>, slot: u8) -> String {
    let setting = draw.setting(slot);
    let handler = &draw.cases.handlers[setting.handler];
    let table = match handler.table {
        None => "no options table".to_owned(),
        Some(table) if table.keys.is_empty() => "an empty options table".to_owned(),
        Some(table) => {
            let keys: Vec<&str> = table.keys.iter().map(Key::as_str).collect();
            format!("an options table with {}", keys.join(", "))
        }
    };
    let sandboxer = match setting.sandboxer() {
        shimproof_model::world::Sandboxer::PodSandbox => "podsandbox",
        shimproof_model::world::Sandboxer::Shim => "shim",
        shimproof_model::world::Sandboxer::Remote => "a controller of its own",
    };
    format!("{}, {table}, sandboxer {sandboxer}", handler.runtime_type)
}

fn form_in_words(draw: &Draw<'_>, slot: u8) -> String {
    let form = draw.setting(slot).form;
    if !form.configured {
        return "the handler is not in it".to_owned();
    }
    let path = if form.path {
        "a runtime_path"
    } else {
        "no runtime_path"
    };
    let no_pivot = if form.no_pivot { ", no_pivot" } else { "" };
    format!("{path}{no_pivot}")
}
