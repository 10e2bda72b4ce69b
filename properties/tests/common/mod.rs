//! What tests of this crate share: answers that need a search of their own.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;

use shimproof_model::Abstract;
use shimproof_model::world::Client;
use shimproof_properties::{
    Counterexample, Engine, LiveProperty, Machine, check, check_live, containerd_guards_itself, live,
    under_any_client,
};
use shimproof_search::{Answer, Limits, TransitionSystem as _};

/// The answers to what needs a search of its own: `containerd-guards-itself`, and the properties of whole runs that
/// can be asked of the world.
pub fn further(what: &str, machine: &Arc<Machine<Abstract>>, unknown: bool) -> Vec<(String, Answer)> {
    let limits = Limits::default();
    let nodes: Vec<Arc<Machine<Abstract>>> = if machine.world().client == Client::Any {
        vec![Arc::clone(machine)]
    } else {
        let worlds = under_any_client(machine.world()).into_iter();
        worlds.map(|world| Arc::new(Machine::new(world))).collect()
    };
    let asked = [containerd_guards_itself()];
    let guards: Vec<Answer> = nodes
        .iter()
        .map(|node| {
            let found = check(node, &asked, &[], Engine::default(), &limits, &mut ()).unwrap();
            found.findings[0].answer
        })
        .collect();
    let guards = (asked[0].id.to_owned(), worst(&guards));
    let properties: Vec<LiveProperty<Abstract>> = live()
        .into_iter()
        .filter(|property| (property.not_of)(machine.world()).is_none())
        .collect();
    let whole = check_live(machine, &properties, unknown, Engine::default(), &limits, &mut ()).unwrap();
    for finding in &whole.findings {
        if let Some(counterexample) = &finding.counterexample {
            replays(&format!("{what}, {}", finding.id), machine, counterexample);
        }
    }
    std::iter::once(guards)
        .chain(
            whole
                .findings
                .into_iter()
                .map(|finding| (finding.id.to_owned(), finding.answer)),
        )
        .collect()
}

/// One node that breaks it is enough; what holds is vacuous if it is on every node.
pub fn worst(answers: &[Answer]) -> Answer {
    let any = |wanted| answers.contains(&wanted);
    if any(Answer::Violated) {
        Answer::Violated
    } else if any(Answer::Unknown) {
        Answer::Unknown
    } else {
        Answer::Holds {
            vacuous: !any(Answer::Holds { vacuous: false }),
        }
    }
}

/// The stem is a run, the cycle goes on from its end and comes back there, and no step of it is a fault.
fn replays(what: &str, machine: &Machine<Abstract>, counterexample: &Counterexample<Abstract>) {
    let Counterexample { stem, cycle, .. } = counterexample;
    stem.replay(machine)
        .unwrap_or_else(|error| panic!("{what}: {error}"));
    let Some(cycle) = cycle else { return };
    let mut at = stem.last_state();
    let mut offered = Vec::new();
    for step in cycle {
        offered.clear();
        machine.successors(at, &mut offered);
        assert!(offered.contains(step), "{what}: {:?} is not offered", step.0);
        assert!(!step.0.action.is_fault(), "{what}: a fault again and again");
        at = &step.1;
    }
    assert_eq!(at, stem.last_state(), "{what}: the cycle does not come back");
}
