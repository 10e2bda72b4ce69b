//! What the search with symmetry takes for granted.

use std::collections::BTreeSet;

use shimproof_model::log::Quiet;
use shimproof_model::packing::Packing;
use shimproof_model::{Abstract, Action, Node, World};

use crate::random_world::random_world;
use crate::{scenarios, world};

fn words(packing: &Packing, node: &Node<Abstract>) -> Vec<u64> {
    let mut words = vec![0; packing.words()];
    packing.pack(node, &mut words).unwrap();
    words
}

fn canonical(packing: &Packing, node: &Node<Abstract>) -> Vec<u64> {
    let mut words = words(packing, node);
    packing.canonical(&mut words);
    words
}

/// Nodes on random runs.
fn reachable(world: &World<Abstract>, seed: u64) -> Vec<Node<Abstract>> {
    let mut nodes = Vec::new();
    let mut random = seed | 1;
    for _ in 0..12 {
        let mut node = Node::initial(world, &mut Quiet);
        for _ in 0..60 {
            let mut actions = Vec::new();
            node.enabled(world, &mut actions);
            if actions.is_empty() {
                break;
            }
            random = random
                .wrapping_mul(0x5851_f42d_4c95_7f2d)
                .wrapping_add(0x1405_7b7e_f767_814f);
            let choice = usize::try_from(random >> 33).unwrap() % actions.len();
            let _ = node.apply(world, actions[choice], &mut Quiet);
            nodes.push(node.clone());
        }
    }
    nodes
}

/// The nodes with two pods of one specification exchanged.
fn exchanged(node: &Node<Abstract>) -> Vec<Node<Abstract>> {
    let mut all = Vec::new();
    for one in 0..node.pods.len() {
        for other in one + 1..node.pods.len() {
            if node.pods[one].spec == node.pods[other].spec {
                let mut exchanged = node.clone();
                exchanged.pods.swap(one, other);
                all.push(exchanged);
            }
        }
    }
    all
}

fn after_each_step(world: &World<Abstract>, packing: &Packing, node: &Node<Abstract>) -> BTreeSet<Vec<u64>> {
    let mut actions: Vec<Action<Abstract>> = Vec::new();
    node.enabled(world, &mut actions);
    actions
        .into_iter()
        .map(|action| {
            let mut next = node.clone();
            let _ = next.apply(world, action, &mut Quiet);
            canonical(packing, &next)
        })
        .collect()
}

fn is_symmetric(world: &World<Abstract>, seed: u64) {
    let packing = Packing::new(world).unwrap();
    for node in reachable(world, seed) {
        let packed = words(&packing, &node);
        assert_eq!(packing.unpack(&packed), node, "a node comes back as it was");
        let representative = canonical(&packing, &node);
        let mut again = representative.clone();
        packing.canonical(&mut again);
        assert_eq!(again, representative, "the representative stands for itself");
        let image = packing.unpack(&representative);
        assert_eq!(
            words(&packing, &image),
            representative,
            "the representative is a node"
        );
        for other in exchanged(&node) {
            assert_eq!(
                canonical(&packing, &other),
                representative,
                "one for all: {node:?}"
            );
            let steps = after_each_step(world, &packing, &other);
            assert_eq!(steps, after_each_step(world, &packing, &node), "{node:?}");
        }
        // The representative may have other blocks, too.
        let steps = after_each_step(world, &packing, &image);
        assert_eq!(steps, after_each_step(world, &packing, &node), "{node:?}");
    }
}

#[test]
fn steps_commute_with_renaming_in_scenarios() {
    for (seed, scenario) in (0..).zip(scenarios()) {
        is_symmetric(&world(&scenario, Some(3), Some(3)), seed);
    }
}

#[test]
fn steps_commute_with_renaming_in_random_worlds() {
    for seed in 0..300 {
        let mut world = random_world(seed);
        let spec = world.pods[0];
        world.pods.extend([spec, spec]);
        is_symmetric(&world, seed);
    }
}
