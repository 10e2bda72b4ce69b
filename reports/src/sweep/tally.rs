//! How many combinations changed, by ranges of versions.

use std::collections::BTreeSet;

use serde::Serialize;

use shimproof_model::catalog::Catalog;

use super::SweepChange;
use super::cells::KubeletState;
use super::fold;

/// How the combinations of some versions changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// The versions.
    pub versions: String,
    /// How many regressed.
    pub regressed: usize,
    /// How many are fixed.
    pub fixed: usize,
    /// How many are refused in another way.
    pub changed: usize,
    /// How many did not change.
    pub unchanged: usize,
}

/// Counts of regressed, fixed, changed and unchanged.
type Counts = [usize; 4];

/// The counts of each kubelet and each shim.
pub(super) struct Tallies {
    kubelets: Vec<Counts>,
    shims: Vec<Counts>,
}

impl Tallies {
    pub fn new(kubelets: usize, shims: usize) -> Self {
        Self {
            kubelets: vec![[0; 4]; kubelets],
            shims: vec![[0; 4]; shims],
        }
    }

    pub fn add(&mut self, kubelet: usize, shim: usize, change: Option<SweepChange>) {
        let of = match change {
            Some(SweepChange::Regressed) => 0,
            Some(SweepChange::Fixed) => 1,
            Some(SweepChange::Changed) => 2,
            None => 3,
        };
        self.kubelets[kubelet][of] += 1;
        self.shims[shim][of] += 1;
    }

    /// Kubelets that changed alike are one line.
    pub fn by_kubelet(&self, catalog: &Catalog, kubelets: &[KubeletState]) -> Vec<Tally> {
        let lines = alike(&self.kubelets, |_, _| true);
        let words = |of: &BTreeSet<usize>| fold::kubelets(catalog, kubelets, of).join(" or ");
        lines
            .into_iter()
            .map(|(of, counts)| tally(words(&of), counts))
            .collect()
    }

    /// Shims of one name that changed alike are one line; those with which nothing changed are the last one.
    pub fn by_shim(&self, catalog: &Catalog) -> Vec<Tally> {
        let rows = catalog.shims();
        let lines = alike(&self.shims, |one, other| rows[one].name == rows[other].name);
        let (changed, same): (Vec<_>, Vec<_>) = lines
            .into_iter()
            .partition(|(_, counts)| counts[..3] != [0, 0, 0]);
        let words = |of: &BTreeSet<usize>| fold::shims(catalog, of).join(", ");
        let mut tallies: Vec<Tally> = changed
            .into_iter()
            .map(|(of, counts)| tally(words(&of), counts))
            .collect();
        let unchanged = same.iter().map(|(_, counts)| counts[3]).sum();
        if unchanged > 0 {
            tallies.push(tally("every other shim".to_owned(), [0, 0, 0, unchanged]));
        }
        tallies
    }
}

/// The rows whose counts are the same, together, where `may` lets them.
fn alike(counts: &[Counts], may: impl Fn(usize, usize) -> bool) -> Vec<(BTreeSet<usize>, Counts)> {
    let mut lines: Vec<(BTreeSet<usize>, Counts, Counts)> = Vec::new();
    for (row, own) in counts
        .iter()
        .enumerate()
        .filter(|(_, own)| own.iter().sum::<usize>() > 0)
    {
        let same = lines
            .iter_mut()
            .find(|(of, each, _)| each == own && of.last().is_some_and(|last| may(*last, row)));
        match same {
            Some((of, _, sum)) => {
                of.insert(row);
                for (sum, own) in sum.iter_mut().zip(own) {
                    *sum += own;
                }
            }
            None => lines.push((BTreeSet::from([row]), *own, *own)),
        }
    }
    lines.into_iter().map(|(of, _, sum)| (of, sum)).collect()
}

fn tally(versions: String, [regressed, fixed, changed, unchanged]: Counts) -> Tally {
    Tally {
        versions,
        regressed,
        fixed,
        changed,
        unchanged,
    }
}
