//! What a verdict rests on that was neither read in the sources nor executed.

use serde::Serialize;

use shimproof_model::catalog::provenance::{Known, Row};
use shimproof_model::log::Fact;
use shimproof_model::{Domain, World};

/// A fact of the catalogue that a verdict rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RestsOn {
    /// The row, with the file that it stands in: `containerd v2.0.1-v2.0.2`.
    pub row: String,
    /// The key.
    pub field: String,
    /// How its value is known.
    pub known: Known,
}

/// The facts that are only inferred, or that a design proposes, of those that the explored steps used.
pub(crate) fn unproven<D: Domain>(world: &World<D>, facts: &[Fact]) -> Vec<RestsOn> {
    let mut unproven: Vec<RestsOn> = Vec::new();
    for fact in facts {
        let (file, row, field): (&str, &dyn RowRef, &str) = match fact {
            Fact::Containerd(row, field) => (
                "containerd",
                &world.containerd[usize::from(*row)].row,
                field.as_str(),
            ),
            Fact::Kubelet(row, field) => ("kubelet", &world.kubelets[usize::from(*row)].row, field.as_str()),
            Fact::Shim(row, field) => ("shim", world.shim(*row), field.as_str()),
            Fact::OciRuntime(row, field) => match &world.oci_runtimes[usize::from(*row)].row {
                Some(row) => ("OCI runtime", row, field.as_str()),
                None => continue,
            },
        };
        let known = row.known_of(field);
        let rests_on = RestsOn {
            row: format!("{file} {}", row.name()),
            field: field.to_owned(),
            known,
        };
        if matches!(known, Known::Inferred | Known::Proposed) && !unproven.contains(&rests_on) {
            unproven.push(rests_on);
        }
    }
    unproven
}

/// The part of [`Row`] that can be used without knowing the type of the row.
trait RowRef {
    fn name(&self) -> &str;
    fn known_of(&self, key: &str) -> Known;
}

impl<R: Row> RowRef for R {
    fn name(&self) -> &str {
        self.id()
    }
    fn known_of(&self, key: &str) -> Known {
        self.known(key)
    }
}
