//! Makes a run that shows a fault as short as leaving things out can make it.

use shimproof_model::Action;

use super::lockstep::{Checked, FaultKind, Twins};
use super::relation::Abstraction;
use super::run::{Run, replay};
use crate::wire::Wire;

/// A shorter run with a fault of the same kind, in a world with no more pods than it needs. Every candidate is run
/// from the start, and takes a step only where it is enabled there.
pub(super) fn shrink<A: Abstraction>(
    twins: &mut Twins<A>,
    checked: &[Checked<A>],
    found: Run,
    kind: FaultKind,
) -> Run {
    let mut best = found;
    loop {
        let before = (best.actions.len(), twins.wire.pods.len());
        fewer_pods(twins, checked, &mut best, kind);
        fewer_steps(twins, checked, &mut best, kind);
        if before == (best.actions.len(), twins.wire.pods.len()) {
            return best;
        }
    }
}

fn shows(run: &Run, kind: FaultKind) -> bool {
    run.fault.as_ref().is_some_and(|fault| fault.kind == kind)
}

/// Leaves out stretches, long ones first, until no single step can be left out.
fn fewer_steps<A: Abstraction>(twins: &Twins<A>, checked: &[Checked<A>], best: &mut Run, kind: FaultKind) {
    let mut length = best.actions.len() / 2;
    while length > 0 {
        let mut start = 0;
        while start < best.actions.len() {
            let mut candidate = best.actions.clone();
            candidate.drain(start..(start + length).min(candidate.len()));
            let run = replay(twins, checked, &candidate);
            if shows(&run, kind) && run.actions.len() < best.actions.len() {
                *best = run;
            } else {
                start += length;
            }
        }
        length /= 2;
    }
}

/// Leaves out pods to which nothing happens, and tries each pod alone.
fn fewer_pods<A: Abstraction>(twins: &mut Twins<A>, checked: &[Checked<A>], best: &mut Run, kind: FaultKind) {
    let mut used: Vec<u8> = best.actions.iter().filter_map(|action| pod_of(*action)).collect();
    used.sort_unstable();
    used.dedup();
    let alone = used.iter().map(|pod| vec![*pod]);
    for kept in alone.chain([used.clone()]) {
        if kept.is_empty() || kept.len() >= twins.wire.pods.len() {
            continue;
        }
        let mut fewer = twins.clone();
        fewer.wire.pods = kept
            .iter()
            .map(|pod| twins.wire.pods[usize::from(*pod)])
            .collect();
        fewer.abstracted.pods.clone_from(&fewer.wire.pods);
        let candidate: Vec<Action<Wire>> = best
            .actions
            .iter()
            .filter_map(|action| renumbered(*action, &kept))
            .collect();
        let run = replay(&fewer, checked, &candidate);
        if shows(&run, kind) {
            *twins = fewer;
            *best = run;
            return;
        }
    }
}

fn pod_of(action: Action<Wire>) -> Option<u8> {
    match action {
        Action::Environment(_) => None,
        Action::Pod(pod, _) => Some(pod),
    }
}

fn renumbered(action: Action<Wire>, kept: &[u8]) -> Option<Action<Wire>> {
    match action {
        Action::Environment(_) => Some(action),
        Action::Pod(pod, action) => {
            let number = kept.iter().position(|other| *other == pod)?;
            Some(Action::Pod(u8::try_from(number).unwrap_or(u8::MAX), action))
        }
    }
}
