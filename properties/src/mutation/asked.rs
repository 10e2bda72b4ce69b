//! What the steps of a world ask its guards, and which behaviours of its rows they read.

use std::collections::BTreeSet;

use shimproof_model::catalog::{ContainerdField, KubeletField};
use shimproof_model::guards::Guard;
use shimproof_model::log::{Fact, Log};
use shimproof_model::{Domain, Finite, World};

use super::field::{Component, FieldChange};

/// Which guards were asked about which inputs, and which behaviours of which rows were read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// The guard, the number of the row in the world, and the number of the input.
    inputs: BTreeSet<(Guard, u8, usize)>,
    /// For each containerd row of the world, a bit for each behaviour that was read.
    containerd: Vec<u64>,
    kubelets: Vec<u64>,
}

// A bit for each behaviour fits.
const _: () = assert!(ContainerdField::CARDINALITY <= 64 && KubeletField::CARDINALITY <= 64);

impl Asked {
    /// Whether the guard of the row with this number was asked about the input with that number.
    pub fn contains(&self, guard: Guard, row: u8, input: usize) -> bool {
        self.inputs.contains(&(guard, row, input))
    }

    /// Everything that was asked, in the order of the guards: the guard, the row, the input.
    pub fn inputs(&self) -> impl Iterator<Item = (Guard, u8, usize)> {
        self.inputs.iter().copied()
    }

    /// Whether a step read the behaviour in a row of this world that the change makes another one.
    pub fn reads<D: Domain>(&self, world: &World<D>, change: &FieldChange) -> bool {
        match change.component {
            Component::Containerd => {
                let field = ContainerdField::all().find(|field| field.as_str() == change.field);
                read(&self.containerd, field).any(|row| {
                    let row = &world.containerd[row].row;
                    change.containerd(row) != *row
                })
            }
            Component::Kubelet => {
                let field = KubeletField::all().find(|field| field.as_str() == change.field);
                read(&self.kubelets, field).any(|row| {
                    let row = &world.kubelets[row].row;
                    change.kubelet(row) != *row
                })
            }
        }
    }
}

/// The rows in which a behaviour was read, by number.
fn read(rows: &[u64], field: Option<impl Finite>) -> impl Iterator<Item = usize> {
    let field = field.map_or(0, |field| 1 << field.index());
    rows.iter()
        .enumerate()
        .filter(move |(_, bits)| **bits & field != 0)
        .map(|(row, _)| row)
}

fn note(bits: &mut Vec<u64>, row: u8, field: usize) {
    let row = usize::from(row);
    if bits.len() <= row {
        bits.resize(row + 1, 0);
    }
    bits[row] |= 1 << field;
}

impl Log for Asked {
    fn asked(&mut self, guard: Guard, row: u8, input: usize) {
        self.inputs.insert((guard, row, input));
    }

    fn rests_on(&mut self, fact: Fact) {
        match fact {
            Fact::Containerd(row, field) => note(&mut self.containerd, row, field.index()),
            Fact::Kubelet(row, field) => note(&mut self.kubelets, row, field.index()),
            Fact::Shim(..) | Fact::OciRuntime(..) => {}
        }
    }
}
