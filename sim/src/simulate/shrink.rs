//! Makes a run that shows a fault as short as leaving things out can make it, on a node as small.

use shimproof_model::Action;

use super::lockstep::{Checked, FaultKind, Twins};
use super::relation::Abstraction;
use super::run::{Run, replay};
use super::subject::{Subject, renumbered};
use crate::wire::Wire;

/// No more nodes are tried: each is read from its files, and run from the start.
const MOST_NODES: usize = 2000;

/// A shorter run with a fault of the same kind, on a node with no more than it needs. Every candidate is run from
/// the start, and takes a step only where it is enabled there.
pub(super) fn shrink<A: Abstraction, S: Subject<A>>(
    subject: &mut S,
    twins: &mut Twins<A>,
    checked: &[Checked<A>],
    found: Run,
    kind: FaultKind,
) -> Run {
    let mut best = found;
    let mut left = MOST_NODES;
    fewer_steps(twins, checked, &mut best, kind);
    while let Some(run) = smaller_node(subject, twins, checked, &best, kind, &mut left) {
        best = run;
        fewer_steps(twins, checked, &mut best, kind);
    }
    best
}

fn shows(run: &Run, kind: FaultKind) -> bool {
    run.fault.as_ref().is_some_and(|fault| fault.kind == kind)
}

/// Leaves out stretches, long ones first, until no single step can be left out.
fn fewer_steps<A: Abstraction>(twins: &Twins<A>, checked: &[Checked<A>], best: &mut Run, kind: FaultKind) {
    loop {
        let before = best.actions.len();
        let mut length = before / 2;
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
        if best.actions.len() == before {
            return;
        }
    }
}

/// The first smaller node on which the run shows the same.
fn smaller_node<A: Abstraction, S: Subject<A>>(
    subject: &mut S,
    twins: &mut Twins<A>,
    checked: &[Checked<A>],
    best: &Run,
    kind: FaultKind,
    left: &mut usize,
) -> Option<Run> {
    let mut used: Vec<u8> = best.actions.iter().filter_map(|action| pod_of(*action)).collect();
    used.sort_unstable();
    used.dedup();
    for (candidate, kept) in subject.smaller(&used) {
        *left = left.checked_sub(1)?;
        let actions: Vec<Action<Wire>> = best
            .actions
            .iter()
            .filter_map(|action| renumbered(*action, &kept))
            .collect();
        let Some(fewer) = candidate.twins() else { continue };
        let run = replay(&fewer, checked, &actions);
        if shows(&run, kind) {
            *subject = candidate;
            *twins = fewer;
            return Some(run);
        }
    }
    None
}

fn pod_of(action: Action<Wire>) -> Option<u8> {
    match action {
        Action::Environment(_) => None,
        Action::Pod(pod, _) => Some(pod),
    }
}
