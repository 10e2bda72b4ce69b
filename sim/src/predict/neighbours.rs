//! What would change the outcome: the same node with other releases of one component.

use shimproof_model::catalog::{Catalog, KubeletRow};
use shimproof_model::world::Containerd;
use shimproof_scenario::{Outcome, Overrides, Scenario, Stage};

use super::{Prediction, predict_with};

/// A change of one component with which it ends otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// Which component: `containerd`, `kubernetes`, the runtime type of a shim, or a feature gate.
    pub component: String,
    /// The release: the first that behaves so after the scenario's, or the last before it. Of a gate, `on` or
    /// `off`.
    pub change: String,
    /// How the run ends with it.
    pub outcome: Outcome,
}

/// The nearest releases of each component, in both directions of the catalogue, with which a pod that does not run
/// as asked for does, or with which one that does no longer does.
pub fn neighbours(scenario: &Scenario, catalog: &Catalog, prediction: &Prediction) -> Vec<Neighbour> {
    let runs = prediction.outcome == Outcome::Started;
    let mut found = Vec::new();
    containerd(scenario, catalog, runs, &mut found);
    kubernetes(scenario, catalog, runs, &mut found);
    shims(scenario, catalog, runs, &mut found);
    gate(scenario, catalog, runs, &mut found);
    found
}

fn gate(scenario: &Scenario, catalog: &Catalog, runs: bool, found: &mut Vec<Neighbour>) {
    let Ok(row) = catalog.kubelet_row(&scenario.file.kubernetes.version) else {
        return;
    };
    if row.gate.is_empty() || row.gate_locked {
        return;
    }
    for on in [false, true] {
        let mut other = scenario.clone();
        other.file.kubernetes.feature_gates.insert(row.gate.clone(), on);
        let Ok(prediction) = predict_with(&other, catalog, &Overrides::default()) else {
            continue;
        };
        if (prediction.outcome == Outcome::Started) != runs {
            found.push(Neighbour {
                component: format!("feature gate {}", row.gate),
                change: if on { "on" } else { "off" }.to_owned(),
                outcome: prediction.outcome,
            });
        }
    }
}

fn containerd(scenario: &Scenario, catalog: &Catalog, runs: bool, found: &mut Vec<Neighbour>) {
    let Ok(own) = catalog.design_row(&scenario.file.containerd.version) else {
        return;
    };
    let rows = catalog.containerd();
    let Some(at) = rows.iter().position(|row| row.id == own.id) else {
        return;
    };
    nearest("containerd", rows.len(), at, runs, found, |index, later| {
        let row = &rows[index];
        let version = if later {
            row.releases.first()?.first.to_string()
        } else {
            row.releases.last()?.last.to_string()
        };
        let overrides = Overrides {
            design: Some(Containerd::new(version.clone(), row)),
            ..Overrides::default()
        };
        Some((version, outcome(scenario, catalog, &overrides)?))
    });
}

fn kubernetes(scenario: &Scenario, catalog: &Catalog, runs: bool, found: &mut Vec<Neighbour>) {
    let rows = catalog.kubelet();
    let Ok(own) = catalog.kubelet_row(&scenario.file.kubernetes.version) else {
        return;
    };
    let Some(at) = rows.iter().position(|row| row.id == own.id) else {
        return;
    };
    let of_file = scenario
        .kubelet
        .iter()
        .flat_map(|kubelet| kubelet.feature_gates.keys());
    let set: Vec<&String> = scenario
        .file
        .kubernetes
        .feature_gates
        .keys()
        .chain(of_file)
        .collect();
    nearest("kubernetes", rows.len(), at, runs, found, |index, later| {
        let row = &rows[index];
        let version = if later {
            row.releases.first()?.first.to_string()
        } else {
            row.releases.last()?.first.to_string()
        };
        // A kubelet does not start with a gate that it does not have (`unrecognized feature gate`).
        let has = |row: &KubeletRow, gate: &str| row.gate == gate || row.host_network_gate == gate;
        let unknown = set.iter().any(|gate| {
            let known = rows.iter().any(|row| has(row, gate));
            known && !has(row, gate)
        });
        if unknown {
            return None;
        }
        let mut other = scenario.clone();
        other.file.kubernetes.version.clone_from(&version);
        Some((version, outcome(&other, catalog, &Overrides::default())?))
    });
}

fn shims(scenario: &Scenario, catalog: &Catalog, runs: bool, found: &mut Vec<Neighbour>) {
    for (runtime_type, section) in &scenario.file.shims {
        let Ok(own) = catalog.shim_row(&section.shim, &section.version) else {
            continue;
        };
        let rows: Vec<_> = catalog
            .shims()
            .iter()
            .filter(|row| row.name == own.name && row.tag_prefix == own.tag_prefix && !row.hypothetical)
            .collect();
        let Some(at) = rows.iter().position(|row| row.id == own.id) else {
            continue;
        };
        nearest(runtime_type, rows.len(), at, runs, found, |index, later| {
            let row = rows[index];
            let version = if later {
                row.versions.first()?.first.to_string()
            } else {
                row.versions.last()?.last.to_string()
            };
            let mut other = scenario.clone();
            other
                .file
                .shims
                .get_mut(runtime_type)?
                .version
                .clone_from(&version);
            Some((version, outcome(&other, catalog, &Overrides::default())?))
        });
    }
}

/// How it ends; none if the release does not even take the configuration file, which says nothing about options.
fn outcome(scenario: &Scenario, catalog: &Catalog, overrides: &Overrides) -> Option<Outcome> {
    let prediction = predict_with(scenario, catalog, overrides).ok()?;
    (prediction.stage != Some(Stage::ContainerdConfig)).then_some(prediction.outcome)
}

/// The nearest row after, and the nearest before, with which the pod runs and did not, or the reverse.
fn nearest(
    component: &str,
    rows: usize,
    own: usize,
    runs: bool,
    found: &mut Vec<Neighbour>,
    predict: impl Fn(usize, bool) -> Option<(String, Outcome)>,
) {
    let mut first = |indices: &mut dyn Iterator<Item = usize>, later| {
        let differs = indices
            .filter_map(|index| predict(index, later))
            .find(|(_, outcome)| (*outcome == Outcome::Started) != runs);
        if let Some((version, outcome)) = differs {
            found.push(Neighbour {
                component: component.to_owned(),
                change: version,
                outcome,
            });
        }
    };
    first(&mut (own + 1..rows), true);
    first(&mut (0..own).rev(), false);
}
