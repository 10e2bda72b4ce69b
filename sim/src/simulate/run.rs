//! One run: choices of what happens next, from a seed or from a list.

use std::panic::{AssertUnwindSafe, catch_unwind};

use shimproof_model::{Action, EnvironmentAction, PodAction};

use super::coverage::Coverage;
use super::lockstep::{Both, Checked, Fault, FaultKind, Lockstep, Twins};
use super::random::Random;
use super::relation::Abstraction;
use crate::wire::Wire;

/// The most steps of a run, for a node with one pod and for each further pod.
const STEPS: (usize, usize) = (96, 24);

/// In one of this many steps a fault happens, if one can.
const FAULT_IN: usize = 10;

/// What a run did, and what it showed to be wrong.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub actions: Vec<Action<Wire>>,
    pub fault: Option<Fault>,
}

/// A run in which chance decides.
pub(super) fn random<A: Abstraction>(
    twins: &Twins<A>,
    checked: &[Checked<A>],
    random: &mut Random,
    coverage: &mut Coverage,
) -> Run {
    guarded(|actions| {
        let mut lockstep = Lockstep::start(twins, checked, coverage)?;
        let steps = STEPS.0 + STEPS.1 * lockstep.pods();
        let mut enabled = Vec::new();
        for _ in 0..steps {
            let Some(both) = choose(&lockstep, random, &mut enabled)? else {
                break;
            };
            actions.push(both.0);
            lockstep.take(both, coverage)?;
        }
        Ok(())
    })
}

/// A run that takes the actions of a list, as far as they are enabled; it ends with the first fault.
pub(super) fn replay<A: Abstraction>(
    twins: &Twins<A>,
    checked: &[Checked<A>],
    wanted: &[Action<Wire>],
) -> Run {
    let mut coverage = Coverage::default();
    guarded(|actions| {
        let mut lockstep = Lockstep::start(twins, checked, &mut coverage)?;
        let mut enabled = Vec::new();
        for action in wanted {
            let pod = match action {
                Action::Environment(_) => None,
                Action::Pod(pod, _) if usize::from(*pod) < lockstep.pods() => Some(*pod),
                Action::Pod(..) => continue,
            };
            lockstep.enabled(pod, &mut enabled)?;
            if let Some(both) = enabled.iter().find(|both| both.0 == *action) {
                actions.push(both.0);
                lockstep.take(*both, &mut coverage)?;
            }
        }
        Ok(())
    })
}

/// A panic is what a run shows, like anything else that is wrong.
fn guarded(run: impl FnOnce(&mut Vec<Action<Wire>>) -> Result<(), Fault>) -> Run {
    let mut actions = Vec::new();
    // What the closure leaves behind after a panic is read only as a list of actions.
    let ended = catch_unwind(AssertUnwindSafe(|| run(&mut actions)));
    let fault = match ended {
        Ok(Ok(())) => None,
        Ok(Err(fault)) => Some(fault),
        Err(panic) => Some(Fault {
            kind: FaultKind::Panic,
            what: panic
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()))
                .unwrap_or_default(),
        }),
    };
    Run { actions, fault }
}

/// What happens next: mostly some pod goes on, sometimes the node as a whole, now and then there is a fault.
fn choose<A: Abstraction>(
    lockstep: &Lockstep<'_, A>,
    random: &mut Random,
    enabled: &mut Vec<Both<A>>,
) -> Result<Option<Both<A>>, Fault> {
    lockstep.enabled(None, enabled)?;
    let (of_node, node_faults): (Vec<_>, Vec<_>) = enabled.drain(..).partition(|both| !is_fault(both.0));
    let fault = random.one_in(FAULT_IN);
    if fault && !node_faults.is_empty() && random.one_in(2) {
        return Ok(Some(*random.pick(&node_faults)));
    }
    if !of_node.is_empty() && random.one_in(3) {
        return Ok(Some(*random.pick(&of_node)));
    }
    let pods = lockstep.pods();
    let first = random.below(pods);
    let mut pod_faults = Vec::new();
    for offset in 0..pods {
        // The machine numbers pods with a byte.
        let pod = u8::try_from((first + offset) % pods).unwrap_or(u8::MAX);
        lockstep.enabled(Some(pod), enabled)?;
        let (progress, faults): (Vec<_>, Vec<_>) = enabled.drain(..).partition(|both| !is_fault(both.0));
        if fault && !faults.is_empty() {
            return Ok(Some(*random.pick(&faults)));
        }
        if !progress.is_empty() {
            return Ok(Some(*random.pick(&progress)));
        }
        pod_faults.extend(faults);
    }
    for rest in [of_node, pod_faults, node_faults] {
        if !rest.is_empty() {
            return Ok(Some(*random.pick(&rest)));
        }
    }
    Ok(None)
}

fn is_fault(action: Action<Wire>) -> bool {
    match action {
        Action::Environment(action) => action != EnvironmentAction::UpdateRuntimeUp,
        Action::Pod(_, action) => matches!(
            action,
            PodAction::RpcTimeout | PodAction::ContainerExit(_) | PodAction::ShimCrash | PodAction::DeletePod
        ),
    }
}
