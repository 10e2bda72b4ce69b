//! The designs, what they do differently, the catalogue behind them, and what induction says.

use serde::Serialize;
use sha2::{Digest, Sha256};

use shimproof_model::catalog::provenance::Row;
use shimproof_model::catalog::{Catalog, EMBEDDED};
use shimproof_properties::induction::{Clause, Confirmation, Induction, Step, Verdict};
use shimproof_scenario::Design;

use super::place::{Place, place, row_id};
use crate::comparison::Comparison;

/// A design.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Side {
    pub name: String,
    pub given: String,
    pub title: String,
    pub base: Option<String>,
    /// The row of the catalogue that it is, or starts from.
    pub row: String,
    /// The releases of that row.
    pub releases: Vec<String>,
    pub notes: Option<String>,
    /// Where the design is discussed, and where its row was read.
    pub sources: Vec<String>,
}

impl Side {
    pub fn of(design: &Design) -> Self {
        let row = &design.containerd.row;
        let windows = row
            .windows
            .iter()
            .map(|window| format!("{}@{}", window.branch, &window.first[..9.min(window.first.len())]));
        let mut sources = design.sources.clone();
        sources.extend(row.sources().iter().cloned());
        Self {
            name: design.name.clone(),
            given: design.given.clone(),
            title: design.title.clone(),
            base: design.base.clone(),
            row: row_id(design),
            releases: row
                .releases
                .iter()
                .map(ToString::to_string)
                .chain(windows)
                .collect(),
            notes: row.notes().map(str::to_owned),
            sources,
        }
    }
}

/// A behaviour in which the designs differ.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Difference {
    pub key: String,
    /// The function in containerd that it decides, if a design file can write it.
    pub function: Option<&'static str>,
    pub before: Value,
    pub after: Value,
}

/// The value of a behaviour.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Value {
    pub text: String,
    /// Executed, read, inferred or proposed.
    pub known: &'static str,
    pub place: Place,
}

pub(super) fn differences(comparison: &Comparison, before: &Design, after: &Design) -> Vec<Difference> {
    let value = |design: &Design, key: &str, text: &str| Value {
        text: text.to_owned(),
        known: design.containerd.row.known(key).as_str(),
        place: place(design, key),
    };
    comparison
        .behaviours
        .iter()
        .map(|(key, was, is)| Difference {
            function: shimproof_scenario::FORMS
                .iter()
                .find(|form| form.field.as_str() == key)
                .map(|form| form.function),
            before: value(before, key, was),
            after: value(after, key, is),
            key: key.clone(),
        })
        .collect()
}

/// The catalogue that a report is about.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Catalogue {
    /// SHA-256 of its files, one after the other in the order of their names.
    pub sha256: String,
    pub containerd: usize,
    pub kubelets: usize,
    pub shims: usize,
    pub oci_runtimes: usize,
}

impl Catalogue {
    pub fn of(catalog: &Catalog) -> Self {
        Self {
            sha256: catalogue_digest(),
            containerd: catalog.containerd().len(),
            kubelets: catalog.kubelet().len(),
            shims: catalog.shims().len(),
            oci_runtimes: catalog.oci_runtimes().len(),
        }
    }
}

/// SHA-256 of the files of the catalogue that are part of the binary, as hexadecimal digits.
pub(crate) fn catalogue_digest() -> String {
    let mut digest = Sha256::new();
    for text in [
        EMBEDDED.containerd,
        EMBEDDED.designs,
        EMBEDDED.kubelet,
        EMBEDDED.oci_runtimes,
        EMBEDDED.shims,
    ] {
        digest.update(text.as_bytes());
    }
    crate::hash::hex(&digest.finalize())
}

/// What induction says about a property of a design.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Proof {
    pub design: String,
    pub property: String,
    pub verdict: &'static str,
    pub detail: String,
    pub tried: u64,
}

impl Proof {
    pub fn of(induction: &Induction) -> Self {
        let ids = |assumptions: &[shimproof_properties::induction::Assumption]| -> Vec<&'static str> {
            assumptions.iter().map(|assumption| assumption.id()).collect()
        };
        let (verdict, detail) = match &induction.verdict {
            Verdict::Proved => (
                "proved",
                format!(
                    "for any number of pods and faults, if {}",
                    ids(&induction.assumptions).join(", ")
                ),
            ),
            Verdict::BoundReached => ("unknown", "the bound was reached".to_owned()),
            Verdict::NotInductive(loss) => {
                let step = loss.step.map_or("the initial state", Step::id);
                let clause = match loss.clause {
                    Clause::Property => "the property".to_owned(),
                    other => format!("the clause {}", other.id()),
                };
                let confirmed = match &induction.confirmation {
                    None => "that is no counterexample: the state before it may be out of reach".to_owned(),
                    Some(Confirmation::NotFound { nodes }) => format!(
                        "that is no counterexample: an exhaustive search of {nodes} small nodes violates nothing"
                    ),
                    Some(Confirmation::Violated {
                        steps, shims, client, ..
                    }) => format!(
                        "an exhaustive search of small nodes violates it in {steps} steps ({client}; shim {})",
                        shims.join(", then ")
                    ),
                };
                let under: Vec<String> = induction
                    .proved_under
                    .iter()
                    .map(|set| ids(set).join(" and "))
                    .collect();
                let under = match under.as_slice() {
                    [] => String::new(),
                    under => format!("; proved if also {}", under.join(", or if also ")),
                };
                (
                    "not inductive",
                    format!("`{step}` loses {clause}: {}; {confirmed}{under}", loss.what),
                )
            }
        };
        Self {
            design: induction.design.clone(),
            property: induction.property.clone(),
            verdict,
            detail,
            tried: induction.tried,
        }
    }
}
