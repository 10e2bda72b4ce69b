//! Verification of one scenario under one design.

use std::sync::Arc;

use shimproof_model::abstraction::Abstract;
use shimproof_model::catalog::{Catalog, LookupError};
use shimproof_model::trace::{Setting, Trace, record_with_aftermath};
use shimproof_model::world::Containerd;
use shimproof_model::{Action, World};
use shimproof_properties::mutation::{Change, Mutant};
use shimproof_properties::reachability::Reachability;
use shimproof_properties::{CheckError, Engine, Finding, Findings, Machine, Property, PropertyKind, check};
use shimproof_scenario::{DesignError, Overrides, Scenario, ScenarioError};
use shimproof_search::{Answer, Limits, Observer};

use crate::asked::ask;
use crate::builtin::BuiltinError;
use crate::coverage::Coverage;
use crate::fate::{self, Fate};
use crate::further::{self, Known, OwnSearch};
use crate::rests_on::{RestsOn, unproven};

/// What is asked of a scenario.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// The scenario.
    pub scenario: &'a Scenario,
    /// A design in place of the scenario's own containerd releases.
    pub design: Option<&'a Containerd>,
    /// Properties and reachabilities by name; all properties, if empty.
    pub properties: &'a [String],
    /// Whether all reachabilities are asked as well.
    pub reachabilities: bool,
    /// How many pods, if not as many as the scenario says.
    pub pods: Option<u32>,
    /// How many faults, if not as many as the scenario says.
    pub faults: Option<u32>,
    /// Which engine searches.
    pub engine: Engine,
    /// How far it may go.
    pub limits: &'a Limits,
}

/// The answers.
#[derive(Clone, Debug)]
pub struct Verification {
    /// The scenario.
    pub scenario: String,
    /// What happened there, in one line.
    pub title: String,
    /// The design, or the scenario's own releases.
    pub design: String,
    /// The components that take part, in words.
    pub components: Vec<String>,
    /// Who searched.
    pub engine: Engine,
    /// One for each property that was asked.
    pub results: Vec<PropertyResult>,
    /// What becomes of the pods.
    pub fate: Fate,
    /// Distinct states.
    pub states: u64,
    /// Steps between them.
    pub transitions: u64,
    /// Levels of the search; none for an engine that has none.
    pub depth: Option<u32>,
    /// What cut the search short, in words.
    pub bound: Option<String>,
    /// How long it took.
    pub seconds: f64,
    /// The faults that could happen, in words.
    pub faults: String,
    /// Whether interchangeable pods were counted once.
    pub reduced: bool,
    /// What of the machine was exercised; none from an engine that does not say.
    pub coverage: Option<Coverage>,
    /// What was not asked, and why.
    pub notes: Vec<String>,
}

impl Verification {
    /// Whether a search was cut short.
    pub fn cut_short(&self) -> bool {
        self.bound().is_some()
    }

    /// The counterexample that is the easiest to come by: with the fewest faults. Among those that of `options-accepted`,
    /// which ends in an error that one sees, or else the first in the order of the catalogue; one that is told for
    /// information only if there is no other.
    pub fn easiest_counterexample(&self) -> Option<&PropertyResult> {
        let faults = |trace: &Trace| {
            let steps = trace.all_steps();
            steps
                .filter(|step| matches!(&*step.actor, "fault" | "operator"))
                .count()
        };
        let violated = self
            .results
            .iter()
            .filter(|result| result.verdict == Verdict::Violated);
        violated
            .filter_map(|result| Some((result, result.trace.as_ref()?)))
            .min_by_key(|(result, trace)| {
                let seen = result.property == "options-accepted";
                (result.information, faults(trace), !seen)
            })
            .map(|(result, _)| result)
    }

    /// What cut a search short: the main one, or one for a property of its own.
    pub fn bound(&self) -> Option<&str> {
        let of_own = self.results.iter().filter_map(|result| result.search.as_ref());
        let mut bounds = of_own.filter_map(|search| search.bound.as_deref());
        self.bound.as_deref().or_else(|| bounds.next())
    }
}

/// The answer to one property.
#[derive(Clone, Debug)]
pub struct PropertyResult {
    /// Its name.
    pub property: String,
    /// What it says.
    pub statement: String,
    /// What kind of statement it is.
    pub kind: PropertyKind,
    /// The verdict.
    pub verdict: Verdict,
    /// Whether the property speaks of something that never occurred.
    pub vacuous: bool,
    /// What a `holds` or `unreached` rests on that is only inferred, or that a design proposes.
    pub rests_on: Vec<RestsOn>,
    /// How it is violated or reached, as short as possible.
    pub trace: Option<Trace>,
    /// Whether it is told for information: it is about another client than the one of the scenario, and nobody asked
    /// for it by name.
    pub information: bool,
    /// The search that decided it, if it was another one than that of the verification.
    pub search: Option<OwnSearch>,
}

/// A verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// No reachable state breaks it.
    Holds,
    /// Some reachable state breaks it.
    Violated,
    /// Some reachable step does it.
    Reached,
    /// None does.
    Unreached,
    /// The search was cut short, or a shim's behaviour on the way is not known.
    Unknown,
}

impl Verdict {
    /// The verdict of an answer, and whether it is vacuous.
    pub(crate) fn of(answer: Answer) -> (Self, bool) {
        match answer {
            Answer::Holds { vacuous } => (Self::Holds, vacuous),
            Answer::Violated => (Self::Violated, false),
            Answer::Reached => (Self::Reached, false),
            Answer::Unreached => (Self::Unreached, false),
            Answer::Unknown => (Self::Unknown, false),
        }
    }

    /// Its name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Violated => "violated",
            Self::Reached => "reached",
            Self::Unreached => "unreached",
            Self::Unknown => "unknown",
        }
    }
}

/// Why a question has no answer.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The scenario cannot be used.
    #[error(transparent)]
    Scenario(#[from] Box<ScenarioError>),
    /// A name or release is not known.
    #[error(transparent)]
    Lookup(#[from] LookupError),
    /// A property is not known.
    #[error("there is no property `{given}`; the nearest are {}", nearest.join(", "))]
    UnknownProperty {
        /// What was asked.
        given: String,
        /// The names most like it.
        nearest: Vec<String>,
    },
    /// A mutant is not known.
    #[error("there is no mutant `{given}`; the nearest are {}", nearest.join(", "))]
    UnknownMutant {
        /// What was asked.
        given: String,
        /// The names most like it.
        nearest: Vec<String>,
    },
    /// The built-in scenarios cannot be read.
    #[error(transparent)]
    Builtin(#[from] BuiltinError),
    /// The model failed.
    #[error("the search failed: {0}")]
    Check(#[from] CheckError),
}

impl From<DesignError> for VerifyError {
    fn from(error: DesignError) -> Self {
        match error {
            DesignError::Unknown(error) => Self::Lookup(error),
            DesignError::File(error) => Self::Scenario(error),
        }
    }
}

/// Answers a question.
///
/// # Errors
/// [`VerifyError`] if scenario, design or property cannot be used.
pub fn verify(
    catalog: &Catalog,
    question: &Question<'_>,
    observer: &mut dyn Observer,
) -> Result<Verification, VerifyError> {
    let world = world_of(catalog, question)?;
    verify_world(question, world, observer)
}

/// Answers a question about a mutant.
///
/// # Errors
/// As [`verify`].
pub fn verify_mutant(
    catalog: &Catalog,
    question: &Question<'_>,
    mutant: &Mutant,
    observer: &mut dyn Observer,
) -> Result<Verification, VerifyError> {
    let mutated = mutant.mutate_catalog(catalog);
    // A design stands beside the catalogue: its own row is changed.
    let design = match (&mutant.change, question.design) {
        (Change::Field(change), Some(design)) => Some(Containerd::new(
            design.version.clone(),
            &change.containerd(&design.row),
        )),
        (_, design) => design.cloned(),
    };
    let question = &Question {
        design: design.as_ref(),
        ..question.clone()
    };
    let mut world = world_of(mutated.as_ref().unwrap_or(catalog), question)?;
    mutant.mutate_tables(&mut world, |_, _| ());
    for release in &mut world.containerd {
        release.version = format!("{} with {mutant}", release.version);
    }
    verify_world(question, world, observer)
}

fn world_of(catalog: &Catalog, question: &Question<'_>) -> Result<World<Abstract>, VerifyError> {
    let overrides = Overrides {
        design: question.design.cloned(),
        pods: question.pods,
        faults: question.faults,
        ..Overrides::default()
    };
    Ok(question.scenario.world(catalog, &overrides).map_err(Box::new)?)
}

fn verify_world(
    question: &Question<'_>,
    world: World<Abstract>,
    observer: &mut dyn Observer,
) -> Result<Verification, VerifyError> {
    let asked = ask(question.properties, question.reachabilities)?;
    let machine = Arc::new(Machine::new(world));
    let asked = asked.of_world(machine.world(), question.engine);
    let (properties, reachabilities) = (&asked.properties, &asked.reachabilities);
    let of_fate: Vec<Reachability> = reachabilities.iter().cloned().chain(fate::asked()).collect();
    let mut findings = check(
        &machine,
        properties,
        &of_fate,
        question.engine,
        question.limits,
        observer,
    )?;
    let of_fate = findings
        .findings
        .split_off(properties.len() + reachabilities.len());

    let world = machine.world();
    let rests_on = unproven(world, &findings.facts);
    let names = Names {
        scenario: &question.scenario.file.name,
        design: &design_name(world),
        setting: Setting {
            design: question.design.map(|design| design.version.clone()),
            pods: question.pods,
            faults: question.faults,
            ..Setting::default()
        },
    };
    let statements = properties
        .iter()
        .map(|property| (property.about.statement.to_owned(), PropertyKind::Always))
        .chain(
            reachabilities
                .iter()
                .map(|r| (r.statement.clone(), PropertyKind::Reachable)),
        );
    let mut results: Vec<PropertyResult> = findings
        .findings
        .iter()
        .zip(statements)
        .enumerate()
        .map(|(index, (finding, (statement, kind)))| {
            let property = properties.get(index);
            result(world, &names, finding, property, statement, kind, &rests_on)
        })
        .collect();
    let known = Known {
        unknown: findings.unknown,
        cut_short: findings.bound.is_some(),
    };
    // In the order of the catalogue: what is about whole runs comes before what can be reached.
    let further = further::further(&asked, &machine, &names, known, question, observer)?;
    results.splice(properties.len()..properties.len(), further);
    Ok(Verification {
        scenario: names.scenario.to_owned(),
        title: question.scenario.file.title.clone(),
        design: names.design.to_owned(),
        components: components(world),
        engine: question.engine,
        results,
        fate: fate::fate(world, &of_fate),
        bound: findings.bound.map(|bound| bound.to_string()),
        faults: faults(world),
        reduced: is_reduced(world, question.engine),
        coverage: Coverage::of(world, &findings),
        notes: assumed(question.scenario).chain(asked.notes).collect(),
        ..numbers(&findings)
    })
}

/// Of scenario and design, as traces carry them.
pub(crate) struct Names<'a> {
    pub scenario: &'a str,
    pub design: &'a str,
    pub setting: Setting,
}

pub(crate) fn result(
    world: &World<Abstract>,
    names: &Names<'_>,
    finding: &Finding<Abstract>,
    property: Option<&Property<Abstract>>,
    statement: String,
    kind: PropertyKind,
    rests_on: &[RestsOn],
) -> PropertyResult {
    let (verdict, vacuous) = Verdict::of(finding.answer);
    let trace = finding.path.as_ref().map(|path| {
        let actions: Vec<Action<Abstract>> = path.actions().map(|taken| taken.action).collect();
        let (trace, last) = record_with_aftermath(world, &actions);
        let broken = property
            .and_then(|property| property.broken_by(world, &last.environment, &last.pods, &mut |_| ()));
        Trace {
            scenario: names.scenario.to_owned(),
            setting: names.setting.clone(),
            design: names.design.to_owned(),
            property: finding.id.clone(),
            clause: broken.as_ref().map(|broken| broken.clause.clone()),
            finding: broken.map_or_else(|| statement.clone(), |broken| broken.what),
            ..trace
        }
    });
    PropertyResult {
        property: finding.id.clone(),
        statement,
        kind,
        verdict,
        vacuous,
        rests_on: if matches!(verdict, Verdict::Holds | Verdict::Unreached) {
            rests_on.to_vec()
        } else {
            Vec::new()
        },
        trace,
        information: false,
        search: None,
    }
}

fn numbers(findings: &Findings<Abstract>) -> Verification {
    Verification {
        scenario: String::new(),
        title: String::new(),
        design: String::new(),
        components: Vec::new(),
        engine: Engine::default(),
        results: Vec::new(),
        fate: Fate {
            runs: None,
            refusals: Vec::new(),
        },
        states: findings.states,
        transitions: findings.transitions,
        depth: findings.depth,
        bound: None,
        seconds: findings.duration.as_secs_f64(),
        faults: String::new(),
        reduced: false,
        coverage: None,
        notes: Vec::new(),
    }
}

fn is_reduced(world: &World<Abstract>, engine: Engine) -> bool {
    world.pods.len() > 1 && matches!(engine, Engine::Exact(options) if options.symmetry)
}

/// The releases of containerd, in the order in which they can be reached.
pub fn design_name(world: &World<Abstract>) -> String {
    world
        .containerd
        .iter()
        .map(|release| release.version.as_str())
        .collect::<Vec<_>>()
        .join(" → ")
}

fn components(world: &World<Abstract>) -> Vec<String> {
    let mut components = vec![format!("containerd {}", design_name(world))];
    let kubelets: Vec<String> = world
        .kubelets
        .iter()
        .map(|kubelet| {
            if kubelet.row.gate.is_empty() {
                kubelet.version.clone()
            } else {
                let more = if kubelet.host_network_gate {
                    format!(", {} on", kubelet.row.host_network_gate)
                } else {
                    String::new()
                };
                let gate = if kubelet.gate { "on" } else { "off" };
                format!("{} ({} {gate}{more})", kubelet.version, kubelet.row.gate)
            }
        })
        .collect();
    match world.client {
        shimproof_model::world::Client::Kubelet => {
            components.push(format!("kubelet {}", kubelets.join(" → ")));
        }
        shimproof_model::world::Client::Any => components.push("any CRI client".to_owned()),
    }
    for binary in &world.binaries {
        let rows: Vec<&str> = binary
            .rows
            .iter()
            .map(|row| world.shim(*row).name.as_str())
            .collect();
        let name = rows.first().copied().unwrap_or_default();
        components.push(format!(
            "{name} {} for {}",
            binary.versions.join(" → "),
            binary.name
        ));
    }
    let from_options = world
        .shims
        .iter()
        .any(|shim| shim.oci_runtime == shimproof_model::catalog::OciRuntimeKind::FromOptions);
    if from_options {
        components.extend(
            world
                .oci_runtimes
                .iter()
                .map(|runtime| format!("{} as {}", runtime.version, runtime.binary_name)),
        );
    }
    components
}

/// The faults that can happen, in words.
pub(crate) fn faults(world: &World<Abstract>) -> String {
    let budget = &world.faults;
    let kinds = [
        ("containerd restart", budget.containerd_restart),
        ("kubelet restart", budget.kubelet_restart),
        ("shim crash", budget.shim_crash),
        ("RPC time-out", budget.rpc_timeout),
        ("container exit", budget.container_exit),
        ("pod deletion", budget.pod_delete),
        ("gate flip", budget.gate_flip),
        ("containerd upgrade", budget.containerd_upgrade),
        ("kubelet upgrade", budget.kubelet_upgrade),
        ("shim upgrade", budget.shim_upgrade),
        ("configuration change", budget.config_change),
    ];
    let possible: Vec<String> = kinds
        .into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| format!("{name} ≤ {count}"))
        .collect();
    if budget.total == 0 {
        "none".to_owned()
    } else {
        format!("at most {} of {}", budget.total, possible.join(", "))
    }
}

/// What the scenario takes for given that nobody has seen or read.
fn assumed(scenario: &Scenario) -> impl Iterator<Item = String> {
    scenario
        .file
        .assumed
        .iter()
        .map(|what| format!("Assumed: {what}"))
}
