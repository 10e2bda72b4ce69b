//! Nodes that chance draws are scenarios: written down and read back, each is the same node.

#![allow(clippy::unwrap_used, reason = "what a test cannot do fails it")]

use proptest::prelude::*;
use proptest::strategy::{NewTree, ValueTree};
use proptest::test_runner::TestRunner;
use shimproof_model::World;
use shimproof_model::abstraction::Abstract;
use shimproof_model::catalog::Catalog;
use shimproof_scenario::{Overrides, Scenario};
use shimproof_sim::{AnyNode, MOST_PODS, Wire};

/// Whole nodes. They are drawn as the command draws them, from a seed that proptest picks; what is simpler is said by
/// the node itself, so that a failing one is shrunk by leaving things out, not by another seed.
#[derive(Debug)]
struct AnyNodes;

struct Tree {
    shown: AnyNode,
    /// What the shown node was made of, to go back to.
    before: Option<AnyNode>,
    /// Simpler ones than the last that failed, still to be tried, the next one last.
    left: Vec<AnyNode>,
}

impl Strategy for AnyNodes {
    type Tree = Tree;
    type Value = AnyNode;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let seed = runner.rng().random();
        Ok(Tree::new(AnyNode::of_seed(Catalog::embedded(), seed)))
    }
}

impl Tree {
    fn new(node: AnyNode) -> Self {
        let mut left = node.simpler();
        left.reverse();
        Self {
            shown: node,
            before: None,
            left,
        }
    }
}

impl ValueTree for Tree {
    type Value = AnyNode;

    fn current(&self) -> AnyNode {
        self.shown.clone()
    }

    fn simplify(&mut self) -> bool {
        // The shown one fails: only what is simpler than it is worth a try.
        if self.before.take().is_some() {
            *self = Self::new(self.shown.clone());
        }
        self.next()
    }

    fn complicate(&mut self) -> bool {
        let Some(before) = self.before.take() else {
            return false;
        };
        self.shown = before;
        self.next()
    }
}

impl Tree {
    /// Shows the next simpler node that can be used; a node that cannot says nothing about one that can.
    fn next(&mut self) -> bool {
        while let Some(next) = self.left.pop() {
            if world(&next).is_some() {
                self.before = Some(std::mem::replace(&mut self.shown, next));
                return true;
            }
        }
        false
    }
}

fn overrides() -> Overrides {
    Overrides {
        most_pods: Some(MOST_PODS),
        ..Overrides::default()
    }
}

fn world(node: &AnyNode) -> Option<World<Wire>> {
    let scenario = Scenario::from_files(&node.files()).ok()?;
    scenario.world_in(Catalog::embedded(), &overrides()).ok()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_node_that_is_written_down_is_read_back(node in AnyNodes) {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in node.files() {
            std::fs::write(directory.path().join(name), text).unwrap();
        }
        let catalog = Catalog::embedded();
        let from_disk = Scenario::load(directory.path()).unwrap();
        let read: World<Wire> = from_disk.world_in(catalog, &overrides()).unwrap();
        let drawn = world(&node).unwrap();
        prop_assert_eq!(format!("{read:?}"), format!("{drawn:?}"));
        prop_assert_eq!(read.pods.len(), node.pods());
        // Both domains read the same files.
        let abstracted: World<Abstract> = from_disk.world(catalog, &overrides()).unwrap();
        prop_assert_eq!(abstracted.pods, read.pods);
        prop_assert_eq!(abstracted.handlers, read.handlers);
    }
}

/// A failing node is made as small as its loader lets it be.
#[test]
fn a_failing_node_is_shrunk() {
    let mut runner = TestRunner::deterministic();
    let mut tree = std::iter::repeat_with(|| AnyNodes.new_tree(&mut runner).unwrap())
        .find(|tree| tree.current().pods() > 3)
        .unwrap();
    let fails = |node: &AnyNode| world(node).is_some_and(|world| !world.pods.is_empty());
    assert!(fails(&tree.current()));
    while tree.simplify() {
        while !fails(&tree.current()) && tree.complicate() {}
    }
    let world = world(&tree.current()).unwrap();
    assert_eq!(
        (world.pods.len(), world.handlers.len(), world.containerd.len()),
        (1, 1, 1)
    );
}
