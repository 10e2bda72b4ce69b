//! Decides properties on packed states.

use std::sync::Arc;

use shimproof_model::Abstract;
use shimproof_model::packing::{Packing, PackingError};
use shimproof_search as search;
use shimproof_search::{Limits, Observer, PackedOptions, SearchError};

use super::judgement::MAX_PROPERTIES;
use super::{PackedMachine, PackedStep, Reached, with_words};
use crate::check::{CheckError, Covered, Finding, Findings, facts, ids};
use crate::machine::Machine;
use crate::property::Property;
use crate::reachability::Reachability;

/// Searches with as many words for a state as the world needs.
pub(crate) fn search(
    machine: &Arc<Machine<Abstract>>,
    properties: &[Property<Abstract>],
    reachabilities: &[Reachability],
    options: &PackedOptions,
    limits: &Limits,
    observer: &mut dyn Observer,
) -> Result<Findings<Abstract>, CheckError> {
    if properties.len() > MAX_PROPERTIES || reachabilities.len() > Reached::MAX {
        return Err(CheckError::TooManyQuestions {
            properties: properties.len(),
            reachabilities: reachabilities.len(),
        });
    }
    let packing = Packing::new(machine.world())?;
    let (properties, reachabilities) = (properties.to_vec(), reachabilities.to_vec());
    let machine = Arc::clone(machine);
    with_words!(packing, WORDS => {
        let packed = PackedMachine::<WORDS>::new(machine, packing, properties, reachabilities);
        of_width(&packed, options, limits, observer)
    })
}

fn of_width<const W: usize>(
    packed: &PackedMachine<W>,
    options: &PackedOptions,
    limits: &Limits,
    observer: &mut dyn Observer,
) -> Result<Findings<Abstract>, CheckError> {
    let properties = (0..packed.properties.len()).map(|number| always(packed, number));
    let reachabilities = (0..packed.reachabilities.len()).map(|number| reachable(packed, number));
    let asked: Vec<_> = properties.chain(reachabilities).collect();
    let outcome = search::packed_breadth_first(packed, &asked, options, limits, observer)
        .map_err(|error| unpacked_error(packed, error))?;
    let found = outcome.search;
    Ok(Findings {
        findings: ids(&packed.properties, &packed.reachabilities)
            .zip(&found.verdicts)
            .map(|(id, verdict)| Finding {
                id,
                answer: verdict.answer(),
                path: verdict.path().map(|path| packed.unpacked(path)),
            })
            .collect(),
        states: found.states,
        transitions: found.transitions,
        depth: Some(found.depth),
        bound: found.bound,
        duration: found.duration,
        facts: facts(
            &packed.machine,
            found.verdicts.iter().map(search::Verdict::answer),
            &packed.facts,
        ),
        covered: Some(Covered {
            actions: outcome.coverage.actions,
            guards: packed.guards(),
            peak_memory: outcome.peak_memory,
        }),
        unknown: false,
    })
}

fn always<const W: usize>(packed: &PackedMachine<W>, number: usize) -> search::Property<PackedMachine<W>> {
    let id = packed.properties[number].id;
    search::Property::always(id, move |machine: &PackedMachine<W>, state: &[u64; W]| {
        machine.judge(state).broken >> number & 1 == 0
    })
    .with_antecedent(move |machine, state| machine.judge(state).spoken_of >> number & 1 == 1)
}

fn reachable<const W: usize>(packed: &PackedMachine<W>, number: usize) -> search::Property<PackedMachine<W>> {
    search::Property::reachable_step(
        packed.reachabilities[number].id.clone(),
        move |_: &PackedMachine<W>, _, step: &PackedStep, _| step.reached.contains(number),
    )
}

pub(crate) fn unpacked_error<const W: usize>(
    packed: &PackedMachine<W>,
    error: SearchError<[u64; W], PackedStep>,
) -> CheckError {
    match error {
        SearchError::Panicked {
            activity,
            message,
            path,
        } => SearchError::Panicked {
            activity,
            message,
            path: path.map(|path| packed.unpacked(&path)),
        },
        SearchError::Unrepeatable { path } => SearchError::Unrepeatable {
            path: packed.unpacked(&path),
        },
        SearchError::Asymmetric { property, path } => SearchError::Asymmetric {
            property,
            path: packed.unpacked(&path),
        },
    }
    .into()
}
