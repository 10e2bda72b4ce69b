use std::sync::Arc;

use shimproof_model::Finite as _;
use shimproof_model::guards::{Guard, Owner};
use shimproof_properties::{Machine, all, check};
use shimproof_search::Limits;

use crate::{packed, scenarios, world};

#[test]
fn what_was_covered_adds_up() {
    let scenario = scenarios()
        .into_iter()
        .find(|scenario| scenario.file.name == "containerd-11091")
        .unwrap();
    let machine = Arc::new(Machine::new(world(&scenario, Some(2), Some(1))));
    let found = check(
        &machine,
        &all(),
        &[],
        packed(false, 1),
        &Limits::default(),
        &mut (),
    )
    .unwrap();
    let covered = found.covered.unwrap();

    let fired: u64 = covered.actions.iter().map(|action| action.fired).sum();
    assert_eq!(fired, found.transitions);
    let discoveries: u64 = covered.actions.iter().map(|action| action.discoveries).sum();
    // Every state but the initial one was reached by some action.
    assert_eq!(discoveries + 1, found.states);
    for action in &covered.actions {
        assert!(action.enabled <= action.fired, "{action:?}");
    }
    let action = |kind: &str| covered.actions.iter().find(|action| action.kind == kind).unwrap();
    assert_eq!(
        action("call-run-pod-sandbox").enabled,
        0,
        "the kubelet is the client"
    );

    // Each StartContainer that is handled asks this guard once.
    let handled = action("deliver StartContainer").fired;
    let asked: u64 = covered
        .guards
        .iter()
        .filter(|entry| entry.guard == Guard::UpdateContainerIoOwner)
        .map(|entry| entry.steps)
        .sum();
    assert!(asked > 0 && asked <= handled, "{asked} of {handled}");
    let written = covered.guards.iter().any(|entry| {
        entry.guard == Guard::UpdateContainerIoOwner && entry.decision == Owner::Written.index()
    });
    assert!(written);
    assert!(covered.peak_memory > 0);
}
