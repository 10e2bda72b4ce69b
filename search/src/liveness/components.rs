//! Strongly connected components.

use crate::Bound;

/// Where a node's successors are, and what they are.
pub(super) trait Successors {
    /// The `position`th successor of `node`; none past the last.
    fn successor(&self, node: u32, position: usize) -> Option<u32>;

    /// Asked for each node and each step: whether to go on.
    fn look(&self) -> Result<(), Bound> {
        Ok(())
    }
}

/// The strongly connected components of what `roots` reach, by Tarjan's algorithm ("Depth-first search and
/// linear graph algorithms", SIAM J. Comput. 1(2), 1972), with a stack of its own: paths may be as long as
/// the space is large.
///
/// `nodes` is greater than every node. Calls `component` with the nodes of each.
pub(super) fn components(
    nodes: usize,
    roots: impl Iterator<Item = u32>,
    successors: &impl Successors,
    mut component: impl FnMut(&[u32]),
) -> Result<(), Bound> {
    const UNSEEN: u32 = u32::MAX;
    const DONE: u32 = u32::MAX - 1;

    // The order of the visit; `DONE` once the component is known. There are fewer nodes than `DONE`.
    let mut order = vec![UNSEEN; nodes];
    let mut low = vec![0_u32; nodes];
    let mut visited = 0_u32;
    let mut open = Vec::new();
    let mut calls: Vec<(u32, usize)> = Vec::new();
    for root in roots {
        if order[root as usize] != UNSEEN {
            continue;
        }
        calls.push((root, 0));
        while let Some((node, position)) = calls.last_mut() {
            successors.look()?;
            let at = *node as usize;
            if *position == 0 && order[at] == UNSEEN {
                order[at] = visited;
                low[at] = visited;
                visited += 1;
                open.push(*node);
            }
            if let Some(next) = successors.successor(*node, *position) {
                *position += 1;
                match order[next as usize] {
                    UNSEEN => calls.push((next, 0)),
                    DONE => {}
                    seen => low[at] = low[at].min(seen),
                }
                continue;
            }
            let node = *node;
            calls.pop();
            if let Some((caller, _)) = calls.last() {
                low[*caller as usize] = low[*caller as usize].min(low[at]);
            }
            if low[at] == order[at] {
                let start = open.iter().rposition(|open| *open == node).unwrap_or(0);
                for member in &open[start..] {
                    order[*member as usize] = DONE;
                }
                component(&open[start..]);
                open.truncate(start);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    impl Successors for Vec<Vec<u32>> {
        fn successor(&self, node: u32, position: usize) -> Option<u32> {
            self[node as usize].get(position).copied()
        }
    }

    fn graphs() -> impl Strategy<Value = Vec<Vec<u32>>> {
        (1_u32..9).prop_flat_map(|nodes| {
            prop::collection::vec(prop::collection::vec(0..nodes, 0..4), nodes as usize)
        })
    }

    fn reaches(graph: &[Vec<u32>]) -> Vec<Vec<bool>> {
        let nodes = graph.len();
        let mut reaches = vec![vec![false; nodes]; nodes];
        for (node, successors) in graph.iter().enumerate() {
            reaches[node][node] = true;
            for successor in successors {
                reaches[node][*successor as usize] = true;
            }
        }
        for via in 0..nodes {
            for from in 0..nodes {
                for to in 0..nodes {
                    reaches[from][to] |= reaches[from][via] && reaches[via][to];
                }
            }
        }
        reaches
    }

    proptest! {
        #[test]
        fn agree_with_mutual_reachability(graph in graphs(), root in 0_u32..9) {
            let root = root % u32::try_from(graph.len()).unwrap();
            let mut found = vec![None; graph.len()];
            let mut count = 0;
            components(graph.len(), [root].into_iter(), &graph, |members| {
                for member in members {
                    assert_eq!(found[*member as usize].replace(count), None);
                }
                count += 1;
            })
            .unwrap();
            let reaches = reaches(&graph);
            for one in 0..graph.len() {
                prop_assert_eq!(found[one].is_some(), reaches[root as usize][one]);
                for other in 0..graph.len() {
                    if found[one].is_some() && found[other].is_some() {
                        prop_assert_eq!(found[one] == found[other], reaches[one][other] && reaches[other][one]);
                    }
                }
            }
        }
    }

    #[test]
    fn long_paths_do_not_overflow_the_stack() {
        let last = 1_000_000;
        let graph: Vec<Vec<u32>> = (0..=last)
            .map(|node| vec![if node == last { 0 } else { node + 1 }])
            .collect();
        let mut sizes = Vec::new();
        components(graph.len(), [0].into_iter(), &graph, |members| {
            sizes.push(members.len());
        })
        .unwrap();
        assert_eq!(sizes, [1_000_001]);
    }
}
