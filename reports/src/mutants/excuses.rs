//! Why nothing reads what a mutant changes, row by row.

use std::collections::BTreeSet;

use shimproof_model::abstraction::Abstract;
use shimproof_model::catalog::KubeletRow;
use shimproof_model::guards::Guard;
use shimproof_model::world::Containerd;
use shimproof_model::{Finite, World};
use shimproof_properties::mutation::{
    Asked, CANNOT_OCCUR, CannotOccur, Change, Mutant, Row, cannot_occur, cannot_show, shape,
};

use super::fate::Excuse;

/// The rows that are mutated, and which of them ask what.
pub(super) struct Excuses {
    releases: Vec<Containerd>,
    kubelets: Vec<KubeletRow>,
    /// The guard, the name of its row, and the input.
    asked: BTreeSet<(Guard, String, usize)>,
}

impl Excuses {
    /// From every world that is explored.
    pub fn new<'w>(
        releases: Vec<Containerd>,
        kubelets: Vec<KubeletRow>,
        explored: impl Iterator<Item = (&'w World<Abstract>, &'w Asked)>,
    ) -> Self {
        let mut asked = BTreeSet::new();
        for (world, by_steps) in explored {
            for (guard, row, input) in by_steps.inputs() {
                let row = usize::from(row);
                let row = match guard {
                    Guard::GetOrCreateUserNamespaceMappings => &world.kubelets[row].row.id,
                    _ => &world.containerd[row].row.id,
                };
                asked.insert((guard, row.clone(), input));
            }
        }
        Self {
            releases,
            kubelets,
            asked,
        }
    }

    /// Why nothing reads what the mutant changes: for a guard, every row that it makes decide otherwise must have an entry
    /// on the list for the input.
    pub fn of(&self, mutant: &Mutant) -> Option<Excuse> {
        let guard = match &mutant.change {
            Change::Field(change) => {
                return cannot_show(change).map(|entry| Excuse {
                    reason: entry.reason,
                    source: entry.source,
                });
            }
            Change::Entry { guard, .. } | Change::Dropped { guard, .. } => *guard,
        };
        let guards = self.releases.iter().map(|release| release.guards.clone());
        let mut first = None;
        for (number, input) in mutant.decides_otherwise(guards, &self.kubelets) {
            let entry = cannot_occur(guard, input, self.rows_of(guard)[number])?;
            first.get_or_insert(Excuse {
                reason: entry.reason,
                source: entry.source,
            });
        }
        first
    }

    /// What is asked although the list says that it cannot occur.
    pub fn asked_against_the_list(&self) -> Vec<String> {
        let mut against = Vec::new();
        for guard in Guard::all() {
            let Some(shape) = shape(guard) else { continue };
            for row in self.rows_of(guard) {
                let asked = (0..shape.inputs.len()).filter(|input| self.is_asked(guard, row, *input));
                against.extend(
                    asked
                        .filter(|input| cannot_occur(guard, *input, row).is_some())
                        .map(|input| format!("{guard} of {}: {}", row.id(), shape.input(input))),
                );
            }
        }
        against
    }

    /// Entries of the list that excuse no input of any row.
    pub fn stale(&self) -> Vec<&'static str> {
        let excuses_something = |guard: Guard, entry: &CannotOccur| {
            let inputs = shape(guard).map_or(0, |shape| shape.inputs.len());
            self.rows_of(guard)
                .into_iter()
                .any(|row| (0..inputs).any(|input| cannot_occur(guard, input, row) == Some(entry)))
        };
        CANNOT_OCCUR
            .iter()
            .filter(|entry| !excuses_something(entry.guard, entry))
            .map(|entry| entry.reason)
            .collect()
    }

    fn is_asked(&self, guard: Guard, row: Row<'_>, input: usize) -> bool {
        self.asked.contains(&(guard, row.id().to_owned(), input))
    }

    /// The rows that have a table of the guard.
    fn rows_of(&self, guard: Guard) -> Vec<Row<'_>> {
        match guard {
            Guard::GetOrCreateUserNamespaceMappings => self.kubelets.iter().map(Row::Kubelet).collect(),
            _ => self
                .releases
                .iter()
                .map(|release| Row::Containerd(&release.row))
                .collect(),
        }
    }
}
