//! One change of a design.

use std::fmt;

use shimproof_model::catalog::{Catalog, KubeletRow};
use shimproof_model::guards::{ContainerdGuards, Guard};
use shimproof_model::{Domain, Finite, World};

use super::asked::Asked;
use super::field::FieldChange;
use super::table::{Tables, for_each_table, shape};

/// A change of a design, the same for each release that takes part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mutant {
    /// What is changed.
    pub change: Change,
    /// The name: `GUARD[INPUT]=DECISION`, `GUARD[*]=DECISION` or `COMPONENT.FIELD=VALUE`.
    pub id: String,
}

/// What a mutant changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// One entry of a guard's table.
    Entry {
        /// The guard.
        guard: Guard,
        /// The number of the input.
        input: usize,
        /// The number of the decision that it gets.
        decision: usize,
    },
    /// The guard is dropped: it decides the same whatever it is asked.
    Dropped {
        /// The guard.
        guard: Guard,
        /// The number of that decision.
        decision: usize,
    },
    /// One behaviour of the rows.
    Field(FieldChange),
}

impl Mutant {
    /// A mutant of a behaviour.
    pub fn of_field(change: FieldChange) -> Self {
        Self {
            id: change.to_string(),
            change: Change::Field(change),
        }
    }

    /// The guard or behaviour that is changed, as reports group by it.
    pub fn subject(&self) -> String {
        match &self.change {
            Change::Entry { guard, .. } | Change::Dropped { guard, .. } => guard.to_string(),
            Change::Field(change) => change.subject(),
        }
    }

    /// The guard whose table is changed.
    pub fn guard(&self) -> Option<Guard> {
        match &self.change {
            Change::Entry { guard, .. } | Change::Dropped { guard, .. } => Some(*guard),
            Change::Field(_) => None,
        }
    }

    /// The inputs of the guard that the mutant is about.
    pub fn inputs(&self) -> Vec<usize> {
        match &self.change {
            Change::Entry { input, .. } => vec![*input],
            Change::Dropped { guard, .. } => {
                (0..shape(*guard).map_or(0, |shape| shape.inputs.len())).collect()
            }
            Change::Field(_) => Vec::new(),
        }
    }

    /// Where these guards decide otherwise: the number of the release, or of the kubelet, and that of the input.
    pub fn decides_otherwise(
        &self,
        containerd: impl IntoIterator<Item = ContainerdGuards>,
        kubelets: &[KubeletRow],
    ) -> Vec<(usize, usize)> {
        let mut places = Vec::new();
        if let Change::Entry { guard, decision, .. } | Change::Dropped { guard, decision } = &self.change {
            let inputs = self.inputs();
            Tables::of(containerd, kubelets).for_each(*guard, |number, table| {
                let otherwise = |input: &&usize| table.decision(**input).is_some_and(|now| now != *decision);
                places.extend(inputs.iter().filter(otherwise).map(|input| (number, *input)));
            });
        }
        places
    }

    /// Whether the change can show on a node of the catalogue: it has no configuration file.
    pub fn shows_on_nodes(&self) -> bool {
        match &self.change {
            Change::Field(change) => !change.is_about_configuration(),
            Change::Entry { .. } | Change::Dropped { .. } => true,
        }
    }

    /// Whether the change is the wording of an error, which no property can mind.
    pub fn is_about_texts(&self) -> bool {
        matches!(&self.change, Change::Field(change) if change.is_about_texts())
    }

    /// Whether the steps of a world, which asked that, read what the mutant changes there.
    pub fn is_read<D: Domain>(&self, world: &World<D>, asked: &Asked) -> bool {
        match &self.change {
            Change::Field(change) => asked.reads(world, change),
            Change::Entry { .. } | Change::Dropped { .. } => self.mutate(world, asked).is_some(),
        }
    }

    /// The world with the mutated tables; none if nothing is changed that the steps of `asked` ask about. They
    /// cannot tell such a world from the unchanged one: a step reads nothing of a table but the entry for the
    /// input that it asks about. A change of a behaviour is made in the catalogue, before there is a world.
    pub fn mutate<D: Domain>(&self, world: &World<D>, asked: &Asked) -> Option<World<D>> {
        let guard = self.guard()?;
        let inputs = self.inputs();
        if !asked
            .inputs()
            .any(|(asked, _, input)| asked == guard && inputs.contains(&input))
        {
            return None;
        }
        let mut mutated = world.clone();
        let mut changed = false;
        self.mutate_tables(&mut mutated, |row, input| {
            changed |= asked.contains(guard, row, input);
        });
        changed.then_some(mutated)
    }

    /// Changes the tables of a world; `changed` hears each row and input for which one decides otherwise now.
    pub fn mutate_tables<D: Domain>(&self, world: &mut World<D>, mut changed: impl FnMut(u8, usize)) {
        let (Change::Entry { guard, decision, .. } | Change::Dropped { guard, decision }) = &self.change
        else {
            return;
        };
        let inputs = self.inputs();
        for_each_table(world, *guard, |row, table| {
            for input in &inputs {
                if table.decision(*input).is_some_and(|now| now != *decision) {
                    table.redecide(*input, *decision);
                    changed(row, *input);
                }
            }
        });
    }

    /// The change in words.
    pub fn describe(&self) -> String {
        let named = |guard: Guard, input: Option<usize>, decision: usize| {
            let shape = shape(guard)?;
            let decided = shape.decisions.get(decision)?;
            Some(match input {
                Some(input) => format!("{}: {decided}", shape.input(input)),
                None => format!("always: {decided}"),
            })
        };
        let words = match &self.change {
            Change::Entry {
                guard,
                input,
                decision,
            } => named(*guard, Some(*input), *decision),
            Change::Dropped { guard, decision } => named(*guard, None, *decision),
            Change::Field(_) => None,
        };
        words.unwrap_or_else(|| self.id.clone())
    }

    /// The catalogue in which the behaviour is changed; none for a mutant of a guard.
    pub fn mutate_catalog(&self, catalog: &Catalog) -> Option<Catalog> {
        match &self.change {
            Change::Field(change) => Some(change.apply(catalog)),
            Change::Entry { .. } | Change::Dropped { .. } => None,
        }
    }
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)
    }
}

/// Every mutant of these guards: each entry of a table with each decision that some of them
/// does not take there, and each decision always.
pub fn mutants_of_guards(
    containerd: impl IntoIterator<Item = ContainerdGuards>,
    kubelets: &[KubeletRow],
) -> Vec<Mutant> {
    let mut tables = Tables::of(containerd, kubelets);
    let mut mutants = Vec::new();
    for guard in Guard::all() {
        let Some(shape) = shape(guard) else { continue };
        let mut decisions: Vec<Vec<usize>> = vec![Vec::new(); shape.inputs.len()];
        tables.for_each(guard, |_, table| {
            for (input, decided) in decisions.iter_mut().enumerate() {
                decided.extend(table.decision(input));
            }
        });
        let changes = |input: usize, decision: usize| decisions[input].iter().any(|now| *now != decision);
        for (decision, name) in shape.decisions.iter().enumerate() {
            if !(0..shape.inputs.len()).any(|input| changes(input, decision)) {
                continue;
            }
            mutants.push(Mutant {
                id: format!("{guard}[*]={name}"),
                change: Change::Dropped { guard, decision },
            });
        }
        for (input, parts) in shape.inputs.iter().enumerate() {
            for (decision, name) in shape.decisions.iter().enumerate() {
                if !changes(input, decision) {
                    continue;
                }
                mutants.push(Mutant {
                    id: format!("{guard}[{}]={name}", parts.join("; ")),
                    change: Change::Entry {
                        guard,
                        input,
                        decision,
                    },
                });
            }
        }
    }
    mutants
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        let catalog = Catalog::embedded();
        let guards = catalog.containerd().iter().map(ContainerdGuards::of);
        let mutants = mutants_of_guards(guards, catalog.kubelet());
        let mut ids: Vec<String> = mutants.into_iter().map(|mutant| mutant.id).collect();
        let all = ids.len();
        assert!(all > 500, "{all}");
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), all);
    }
}
