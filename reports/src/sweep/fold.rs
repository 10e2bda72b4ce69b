//! Combinations folded into boxes: every pod with every shim, every configuration and every kubelet of a box.

use std::collections::{BTreeMap, BTreeSet};

use shimproof_model::catalog::Catalog;

use super::cells::{HANDLERS, KubeletState, Named, PODS, Written, handler_text};

/// A combination, as numbers of pod, shim, configuration and kubelet.
pub(crate) type Cell = [usize; 4];

/// Sets of pods, shims, configurations and kubelets; all their combinations are in the box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Box4(pub [BTreeSet<usize>; 4]);

impl Box4 {
    pub fn size(&self) -> usize {
        self.0.iter().map(BTreeSet::len).product()
    }
}

/// Boxes that hold the cells and nothing else, the largest first.
pub(crate) fn fold(cells: &[Cell]) -> Vec<Box4> {
    let mut boxes: Vec<[BTreeSet<usize>; 4]> = cells
        .iter()
        .map(|cell| cell.map(|at| BTreeSet::from([at])))
        .collect();
    // Kubelets first, since most combinations differ in them; then pods, shims and configurations.
    for axis in [3, 0, 1, 2] {
        let mut merged: BTreeMap<[BTreeSet<usize>; 3], BTreeSet<usize>> = BTreeMap::new();
        for found in boxes {
            let mut rest: Vec<BTreeSet<usize>> = found.to_vec();
            let own = rest.remove(axis);
            let [a, b, c] = [0, 1, 2].map(|index| std::mem::take(&mut rest[index]));
            merged.entry([a, b, c]).or_default().extend(own);
        }
        boxes = merged
            .into_iter()
            .map(|([a, b, c], own)| {
                let mut all = vec![a, b, c];
                all.insert(axis, own);
                [0, 1, 2, 3].map(|index| std::mem::take(&mut all[index]))
            })
            .collect();
    }
    let mut boxes: Vec<Box4> = boxes.into_iter().map(Box4).collect();
    boxes.sort_by_key(|found| std::cmp::Reverse(found.size()));
    boxes
}

/// The pods of a box in words.
pub(crate) fn pods(of: &BTreeSet<usize>) -> Vec<String> {
    // Both users of a pod in one.
    let mut words: Vec<String> = Vec::new();
    for pod in of {
        let (name, ..) = PODS[*pod];
        let (kind, user) = name.rsplit_once(", ").unwrap_or((name, ""));
        let both = pod % 2 == 0 && of.contains(&(pod + 1));
        let second = pod % 2 == 1 && of.contains(&(pod - 1));
        if both {
            words.push(kind.to_owned());
        } else if !second {
            words.push(format!("{kind}, {user}"));
        }
    }
    words
}

/// The configurations of a box in words: for each way of naming the shim, the options tables.
pub(crate) fn handlers(of: &BTreeSet<usize>) -> Vec<String> {
    let mut by_name: Vec<(Named, Vec<Written>)> = Vec::new();
    for (named, written) in of.iter().map(|handler| HANDLERS[*handler]) {
        match by_name.iter_mut().find(|(known, _)| *known == named) {
            Some((_, tables)) => tables.push(written),
            None => by_name.push((named, vec![written])),
        }
    }
    by_name
        .into_iter()
        .map(|(named, tables)| handler_text(named, &tables))
        .collect()
}

/// Shims by name where all rows of the name are there, else by ranges of rows.
pub(crate) fn shims(catalog: &Catalog, of: &BTreeSet<usize>) -> Vec<String> {
    let rows = catalog.shims();
    let mut words = Vec::new();
    let mut shims = of.iter().copied().peekable();
    while let Some(first) = shims.next() {
        let name = &rows[first].name;
        let mut last = first;
        while let Some(next) = shims.next_if(|next| *next == last + 1 && rows[*next].name == *name) {
            last = next;
        }
        let whole = rows.iter().filter(|row| row.name == *name).count() == last - first + 1;
        words.push(if whole {
            name.clone()
        } else if first == last {
            rows[first].id.clone()
        } else {
            format!("{} … {}", rows[first].id, rows[last].id)
        });
    }
    words
}

/// Kubelets by ranges of rows, for each state of the gates.
pub(crate) fn kubelets(catalog: &Catalog, all: &[KubeletState], of: &BTreeSet<usize>) -> Vec<String> {
    let rows = catalog.kubelet();
    if of.len() == all.len() {
        return vec!["any".to_owned()];
    }
    let mut by_gates: Vec<(&str, Vec<usize>)> = Vec::new();
    for kubelet in of.iter().map(|number| &all[*number]) {
        match by_gates.iter_mut().find(|(gates, _)| *gates == kubelet.gates) {
            Some((_, rows)) => rows.push(kubelet.row),
            None => by_gates.push((kubelet.gates, vec![kubelet.row])),
        }
    }
    // Rows that have this state of the gates at all stand next to each other.
    by_gates
        .into_iter()
        .map(|(gates, found)| {
            let possible: Vec<usize> = all.iter().filter(|k| k.gates == gates).map(|k| k.row).collect();
            let place = |row: usize| possible.iter().position(|p| *p == row).unwrap_or_default();
            let mut ranges: Vec<(usize, usize)> = Vec::new();
            for row in found {
                match ranges.last_mut() {
                    Some((_, last)) if place(row) == place(*last) + 1 => *last = row,
                    _ => ranges.push((row, row)),
                }
            }
            let ranges: Vec<String> = ranges
                .into_iter()
                .map(|(first, last)| {
                    if first == last {
                        rows[first].id.clone()
                    } else {
                        format!("{} … {}", rows[first].id, rows[last].id)
                    }
                })
                .collect();
            format!("{} ({gates})", ranges.join(", "))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_product_is_one_box() {
        let mut cells = Vec::new();
        for pod in 0..2 {
            for shim in 0..3 {
                for handler in 0..2 {
                    for kubelet in 0..4 {
                        cells.push([pod, shim, handler, kubelet]);
                    }
                }
            }
        }
        let boxes = fold(&cells);
        assert_eq!(boxes.len(), 1);
        assert_eq!(boxes[0].size(), cells.len());
    }

    proptest! {
        #[test]
        fn boxes_hold_every_cell_once(cells in proptest::collection::btree_set(
            (0usize..3, 0usize..4, 0usize..3, 0usize..4).prop_map(|(a, b, c, d)| [a, b, c, d]), 0..60)) {
            let given: Vec<Cell> = cells.iter().copied().collect();
            let mut found: Vec<Cell> = Vec::new();
            for Box4([a, b, c, d]) in fold(&given) {
                for pod in &a { for shim in &b { for handler in &c { for kubelet in &d {
                    found.push([*pod, *shim, *handler, *kubelet]);
                }}}}
            }
            found.sort_unstable();
            prop_assert_eq!(found, given);
        }
    }
}
