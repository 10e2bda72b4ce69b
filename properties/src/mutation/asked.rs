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
        let read = |bits: &[u64], row: usize, field: usize| {
            bits.get(row).is_some_and(|bits| bits & (1 << field) != 0)
        };
        match change.component {
            Component::Containerd => ContainerdField::all()
                .find(|field| field.as_str() == change.field)
                .is_some_and(|field| {
                    world.containerd.iter().enumerate().any(|(number, release)| {
                        read(&self.containerd, number, field.index())
                            && change.containerd(&release.row) != release.row
                    })
                }),
            Component::Kubelet => KubeletField::all()
                .find(|field| field.as_str() == change.field)
                .is_some_and(|field| {
                    world.kubelets.iter().enumerate().any(|(number, kubelet)| {
                        read(&self.kubelets, number, field.index())
                            && change.kubelet(&kubelet.row) != kubelet.row
                    })
                }),
        }
    }
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
