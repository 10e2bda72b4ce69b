//! What is decided by searches of its own: containerd without the kubelet, and whole runs.

use std::sync::Arc;

use shimproof_model::abstraction::Abstract;
use shimproof_model::trace::{Trace, record, record_lasso};
use shimproof_model::{Action, World};
use shimproof_properties::{
    Counterexample, LiveFinding, LiveProperty, Machine, PropertyKind, Taken, check, check_live,
    containerd_guards_itself, under_any_client,
};
use shimproof_search::Observer;

use crate::asked::Asked;
use crate::rests_on::unproven;
use crate::verification::{Names, PropertyResult, Question, Verdict, VerifyError, faults, result};

/// The numbers of a search that was made for one property or a few.
#[derive(Clone, Debug)]
pub struct OwnSearch {
    /// What was searched, in words.
    pub what: String,
    /// Distinct states.
    pub states: u64,
    /// Steps between them.
    pub transitions: u64,
    /// Levels; none for an engine that has none.
    pub depth: Option<u32>,
    /// What cut the search short, in words.
    pub bound: Option<String>,
    /// How long it took.
    pub seconds: f64,
}

/// What the search for properties of single states has shown.
#[derive(Clone, Copy)]
pub(crate) struct Known {
    /// Whether a message reaches a shim of which it is not known what it does with it.
    pub unknown: bool,
    /// Whether it was cut short.
    pub cut_short: bool,
}

/// A property of whole runs in a space that is too large to be searched for single states: keeping its steps takes
/// more.
fn not_decided(property: &LiveProperty<Abstract>) -> PropertyResult {
    PropertyResult {
        property: property.id.to_owned(),
        statement: property.about.statement.to_owned(),
        kind: property.kind,
        verdict: Verdict::Unknown,
        vacuous: false,
        rests_on: Vec::new(),
        trace: None,
        information: false,
        search: None,
    }
}

/// Answers what `asked` has besides properties of single states and reachabilities.
pub(crate) fn further(
    asked: &Asked,
    machine: &Arc<Machine<Abstract>>,
    names: &Names<'_>,
    Known { unknown, cut_short }: Known,
    question: &Question<'_>,
    observer: &mut dyn Observer,
) -> Result<Vec<PropertyResult>, VerifyError> {
    let mut results = Vec::new();
    if asked.guards_itself {
        results.extend(guards_itself(machine, names, question, observer)?);
    }
    if cut_short {
        results.extend(asked.live.iter().map(not_decided));
    } else if !asked.live.is_empty() {
        results.extend(whole_runs(
            &asked.live,
            machine,
            names,
            unknown,
            question,
            observer,
        )?);
    }
    Ok(results)
}

fn guards_itself(
    machine: &Machine<Abstract>,
    names: &Names<'_>,
    question: &Question<'_>,
    observer: &mut dyn Observer,
) -> Result<Option<PropertyResult>, VerifyError> {
    let mut worst: Option<PropertyResult> = None;
    for world in under_any_client(machine.world()) {
        let next = guards_itself_with(world, names, question, observer)?;
        worst = Some(match worst {
            None => next,
            Some(known) => of_both(known, next),
        });
    }
    Ok(worst)
}

/// What two nodes say of a property: one that breaks it is enough, and what is not known on one is not known.
fn of_both(one: PropertyResult, other: PropertyResult) -> PropertyResult {
    let rank = |result: &PropertyResult| match result.verdict {
        Verdict::Violated => 0,
        Verdict::Unknown => 1,
        _ if !result.vacuous => 2,
        _ => 3,
    };
    let (mut worse, better) = if rank(&other) < rank(&one) {
        (other, one)
    } else {
        (one, other)
    };
    if let (Some(search), Some(more)) = (&mut worse.search, better.search) {
        search.states += more.states;
        search.transitions += more.transitions;
        search.depth = search.depth.max(more.depth);
        search.seconds += more.seconds;
        search.bound = search.bound.take().or(more.bound);
    }
    // That it holds rests on what both rest on; a violation on its own trace.
    if worse.verdict == Verdict::Holds {
        let more = better.rests_on.into_iter();
        let more: Vec<_> = more.filter(|fact| !worse.rests_on.contains(fact)).collect();
        worse.rests_on.extend(more);
    }
    worse
}

fn guards_itself_with(
    world: World<Abstract>,
    names: &Names<'_>,
    question: &Question<'_>,
    observer: &mut dyn Observer,
) -> Result<PropertyResult, VerifyError> {
    let machine = Arc::new(Machine::new(world));
    let property = containerd_guards_itself();
    let findings = check(
        &machine,
        &[property],
        &[],
        question.engine,
        question.limits,
        observer,
    )?;
    let world = machine.world();
    let rests_on = unproven(world, &findings.facts);
    let statement = property.about.statement.to_owned();
    Ok(PropertyResult {
        information: question.properties.is_empty(),
        search: Some(OwnSearch {
            what: format!("under any client, each pod alone; faults: {}", faults(world)),
            states: findings.states,
            transitions: findings.transitions,
            depth: findings.depth,
            bound: findings.bound.map(|bound| bound.to_string()),
            seconds: findings.duration.as_secs_f64(),
        }),
        ..result(
            world,
            names,
            // One property was asked, and one finding comes back.
            &findings.findings[0],
            Some(&property),
            statement,
            PropertyKind::Always,
            &rests_on,
        )
    })
}

fn whole_runs(
    properties: &[LiveProperty<Abstract>],
    machine: &Arc<Machine<Abstract>>,
    names: &Names<'_>,
    unknown: bool,
    question: &Question<'_>,
    observer: &mut dyn Observer,
) -> Result<Vec<PropertyResult>, VerifyError> {
    let found = check_live(
        machine,
        properties,
        unknown,
        question.engine,
        question.limits,
        observer,
    )?;
    let rests_on = unproven(machine.world(), &machine.facts());
    let search = OwnSearch {
        what: "with every step kept, for whole runs".to_owned(),
        states: found.states,
        transitions: found.transitions,
        depth: Some(found.depth),
        bound: found.bound.map(|bound| bound.to_string()),
        seconds: found.duration.as_secs_f64(),
    };
    let results = properties.iter().zip(&found.findings).map(|(property, finding)| {
        let (verdict, vacuous) = Verdict::of(finding.answer);
        PropertyResult {
            property: property.id.to_owned(),
            statement: property.about.statement.to_owned(),
            kind: property.kind,
            verdict,
            vacuous,
            rests_on: if verdict == Verdict::Holds {
                rests_on.clone()
            } else {
                Vec::new()
            },
            trace: trace(machine, names, property, finding),
            information: false,
            search: Some(search.clone()),
        }
    });
    Ok(results.collect())
}

fn trace(
    machine: &Machine<Abstract>,
    names: &Names<'_>,
    property: &LiveProperty<Abstract>,
    finding: &LiveFinding<Abstract>,
) -> Option<Trace> {
    let counterexample = finding.counterexample.as_ref()?;
    let Counterexample {
        stem,
        promised_at,
        cycle,
        ..
    } = counterexample;
    let world = machine.world();
    let of = |taken: &Taken<Abstract>| taken.action;
    let stem: Vec<Action<Abstract>> = stem.actions().map(of).collect();
    let recorded = match cycle {
        Some(cycle) => {
            let cycle: Vec<_> = cycle.iter().map(|(taken, _)| of(taken)).collect();
            record_lasso(world, &stem, &cycle, *promised_at)
        }
        None => record(world, &stem).0,
    };
    Some(Trace {
        scenario: names.scenario.to_owned(),
        setting: names.setting.clone(),
        design: names.design.to_owned(),
        property: property.id.to_owned(),
        finding: (property.explain)(world, counterexample),
        ..recorded
    })
}
