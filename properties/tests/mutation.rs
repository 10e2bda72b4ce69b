//! A mutant that the steps of a world ask nothing about cannot be told from the original there.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::LazyLock;

use proptest::prelude::*;
use shimproof_model::abstraction::Abstract;
use shimproof_model::catalog::Catalog;
use shimproof_model::guards::ContainerdGuards;
use shimproof_properties::mutation::{CatalogueNode, Explored, Mutant, mutants_of_guards};

static NODES: LazyLock<Vec<CatalogueNode>> = LazyLock::new(|| CatalogueNode::all(Catalog::embedded()));
static MUTANTS: LazyLock<Vec<Mutant>> = LazyLock::new(|| {
    let catalog = Catalog::embedded();
    mutants_of_guards(
        catalog.containerd().iter().map(ContainerdGuards::of),
        catalog.kubelet(),
    )
});

fn explored(node: &CatalogueNode) -> (shimproof_model::World<Abstract>, Explored<Abstract>) {
    let world = node
        .world(Catalog::embedded(), Clone::clone, Clone::clone)
        .unwrap();
    let explored = Explored::explore(&world);
    (world, explored)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_not_asked_changes_nothing(node in 0..NODES.len(), mutants in prop::collection::vec(0..MUTANTS.len(), 40)) {
        let (world, explored) = explored(&NODES[node]);
        for mutant in mutants.into_iter().map(|number| &MUTANTS[number]) {
            if mutant.mutate(&world, explored.asked()).is_none() {
                let mut mutated = world.clone();
                mutant.mutate_tables(&mut mutated, |_, _| ());
                let difference = explored.first_difference(&world, &mutated, true);
                prop_assert_eq!(difference, None, "{} on {}", mutant, NODES[node].name());
            }
        }
    }
}

#[test]
fn a_world_does_not_differ_from_itself() {
    for node in NODES.iter().step_by(97) {
        let (world, explored) = explored(node);
        assert_eq!(
            explored.first_difference(&world, &world, true),
            None,
            "{}",
            node.name()
        );
    }
}

#[test]
fn a_difference_ends_with_the_step_that_differs() {
    let catalog = Catalog::embedded();
    // An ordinary pod of a kubelet whose gate is on, on a release that writes no owner for it.
    let node = NODES
        .iter()
        .find(|node| {
            let name = node.name();
            let row = &catalog.containerd_row("v2.0.1").unwrap().id;
            name.contains(&format!("containerd {row}, kubelet"))
                && name.contains("gate on, hostUsers unset, io.containerd.runc.v2 with an options table")
        })
        .unwrap();
    let (world, explored) = explored(node);
    let mutant = MUTANTS
        .iter()
        .find(|mutant| {
            mutant.id == "updateContainerIOOwner[NODE; io.containerd.runc.v2; containerd.runc.v1.Options]=an owner is written"
        })
        .unwrap();
    let mutated = mutant.mutate(&world, explored.asked()).unwrap();
    let difference = explored.first_difference(&world, &mutated, false).unwrap();
    assert!(
        difference.actions.len() > 5,
        "it differs when a container is started: {difference:?}"
    );
}
