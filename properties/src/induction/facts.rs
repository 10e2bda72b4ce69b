//! The facts that the steps of a proof read.

use shimproof_model::Finite as _;
use shimproof_model::catalog::provenance::{Known, Row as _};
use shimproof_model::catalog::{Catalog, ContainerdField, KubeletField, OciRuntimeField, ShimField};
use shimproof_model::log::{Fact, Log};

use super::assumption::Assumption;
use super::cases::Cases;

/// A behaviour that is only inferred, of a row of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inferred {
    /// The row, with what it is a row of.
    pub row: String,
    /// The key.
    pub field: String,
}

/// The behaviours that were read, a word for each row.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    containerd: u64,
    kubelets: Vec<u64>,
    shims: Vec<u64>,
    oci_runtime: u64,
}

impl Facts {
    pub fn new(cases: &Cases) -> Self {
        // Which shims a handler can lead to is decided by these.
        let decide = [
            ShimField::SandboxApi,
            ShimField::Links,
            ShimField::CreateScope,
            ShimField::CreateRules,
            ShimField::StartReads,
            ShimField::StartScope,
            ShimField::StartRules,
            ShimField::StartMisframed,
            ShimField::StartReplies,
            ShimField::InfoSupported,
            ShimField::InfoRules,
        ];
        let accepted = if cases.assumes(Assumption::ConfigurationAccepted) {
            decide.iter().fold(0, |word, field| word | 1 << field.index())
        } else {
            0
        };
        Self {
            containerd: 0,
            kubelets: vec![0; cases.kubelets.len()],
            shims: vec![accepted; cases.shims.len()],
            oci_runtime: 0,
        }
    }

    /// Those that are only inferred, in any row of a class whose behaviour was read.
    pub fn inferred(&self, catalog: &Catalog, cases: &Cases) -> Vec<Inferred> {
        let mut inferred = Vec::new();
        let mut tell = |file: &str, row: &str, field: &str, known: Known| {
            if known == Known::Inferred {
                inferred.push(Inferred {
                    row: format!("{file} {row}"),
                    field: field.to_owned(),
                });
            }
        };
        let row = &cases.containerd.row;
        for field in ContainerdField::all().filter(|field| self.containerd & 1 << field.index() != 0) {
            tell("containerd", &row.id, field.as_str(), row.known(field.as_str()));
        }
        // Every row of the kubelet and of an OCI runtime stands behind the one that was tried.
        let kubelets = self.kubelets.iter().fold(0, |all, word| all | word);
        for row in catalog.kubelet() {
            for field in KubeletField::all().filter(|field| kubelets & 1 << field.index() != 0) {
                tell("kubelet", &row.id, field.as_str(), row.known(field.as_str()));
            }
        }
        for (ids, word) in cases.classes.iter().zip(&self.shims) {
            for row in ids.iter().filter_map(|id| catalog.shim_row_by_id(id)) {
                for field in ShimField::all().filter(|field| word & 1 << field.index() != 0) {
                    tell("shim", &row.id, field.as_str(), row.known(field.as_str()));
                }
            }
        }
        for row in catalog.oci_runtimes() {
            for field in OciRuntimeField::all().filter(|field| self.oci_runtime & 1 << field.index() != 0) {
                tell("OCI runtime", &row.id, field.as_str(), row.known(field.as_str()));
            }
        }
        inferred
    }
}

impl Log for Facts {
    fn rests_on(&mut self, fact: Fact) {
        match fact {
            Fact::Containerd(_, field) => self.containerd |= 1 << field.index(),
            Fact::Kubelet(row, field) => self.kubelets[usize::from(row)] |= 1 << field.index(),
            Fact::Shim(row, field) => self.shims[usize::from(row)] |= 1 << field.index(),
            Fact::OciRuntime(_, field) => self.oci_runtime |= 1 << field.index(),
        }
    }
}
