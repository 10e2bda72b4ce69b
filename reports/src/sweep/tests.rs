//! What the sweep finds between designs whose difference is known.

use shimproof_scenario::Design;

use super::*;
use crate::style::Styles;

fn between(before: &str, after: &str) -> Sweep {
    let catalog = Catalog::embedded();
    let design = |name| Design::named(catalog, name).unwrap().containerd;
    sweep(catalog, &design(before), &design(after))
}

#[test]
fn a_design_changes_nothing_against_itself() {
    let sweep = between("nil-or-node", "nil-or-node");
    assert_eq!(sweep.combinations, sweep.unchanged);
    assert!(sweep.combinations > 10_000 && sweep.classes.is_empty() && sweep.hypothetical.is_empty());
}

#[test]
fn the_fix_of_11091_fixes_ordinary_pods_and_starts_every_pod_that_started() {
    let sweep = between("nil-check-missing-node", "nil-or-node");
    let fixed: Vec<&Class> = sweep
        .classes
        .iter()
        .filter(|class| class.change == SweepChange::Fixed)
        .collect();
    let founding = fixed
        .iter()
        .find(|class| class.before.starts_with("create-rejected at shim-create") && class.after == "runs");
    let founding = founding.unwrap();
    assert!(founding.places.iter().any(|place| {
        place.pods.iter().any(|pod| pod.starts_with("ordinary pod"))
            && place.shims.iter().any(|shim| shim.contains("runsc"))
    }));
    // Options that were lost, and that a shim ignores now that they arrive, were not in force before either.
    assert!(sweep.classes.iter().any(|class| {
        class.change == SweepChange::Fixed
            && class.before.contains("options-preserved")
            && class.after.contains("options-in-force")
    }));
    // What regressed ran before and runs still.
    for class in sweep
        .classes
        .iter()
        .filter(|class| class.change == SweepChange::Regressed)
    {
        assert!(
            class.before.starts_with("runs") && class.after.starts_with("runs"),
            "{class:?}"
        );
    }
}

#[test]
fn the_reopened_hole_is_told_with_its_property() {
    let sweep = between("v2.3.3", "v2.3.4");
    let hole = sweep.classes.iter().find(|class| {
        class.before.contains("handler-without-userns at kubelet")
            && class.after.contains("create-rejected at shim-create")
            && class.after.contains("options-accepted")
    });
    let hole = hole.unwrap();
    assert_eq!(hole.change, SweepChange::Regressed);
    let of = |place: &Places| {
        place.pods.iter().all(|pod| pod.contains("hostNetwork: true"))
            && place.shims.iter().any(|shim| shim.contains("runsc-20260601"))
    };
    assert!(hole.places.iter().any(of), "{hole:?}");
}

#[test]
fn every_class_can_be_followed_to_the_runs_that_it_tells_of() {
    let catalog = Catalog::embedded();
    let design = |name| Design::named(catalog, name).unwrap().containerd;
    let (before, after) = (design("v2.3.3"), design("v2.3.4"));
    let sweep = sweep(catalog, &before, &after);
    assert!(!sweep.classes.is_empty());
    for class in sweep.classes.iter().chain(&sweep.hypothetical) {
        let followed = follow(catalog, &before, &after, class);
        for ((trace, breaks), told) in followed.runs.iter().zip([&class.before, &class.after]) {
            for (property, _) in breaks {
                assert!(told.contains(property), "{told} lacks {property}");
            }
            let refused = trace.steps.last().and_then(|step| step.refusal.as_ref());
            match refused {
                Some(refusal) => assert!(told.contains(&refusal.stage), "{told}: {}", refusal.stage),
                None => assert!(told.starts_with("runs"), "{told}"),
            }
        }
    }
    assert!(sweep.text(60, &Styles::plain()).lines().count() < 60);
}
