//! The compatibility map: what becomes of each pod with each containerd, shim and kubelet of the catalogue, for each
//! configuration of its handler. One run without faults each.
//!
//! Runs that are the same step by step are kept once, with the names of the shim and of its runtime type left open;
//! kubelets that behave alike are run once. That is what keeps the page small.

mod page;
mod pools;
mod runs;

use serde::Serialize;

use shimproof_model::abstraction::Abstract;
use shimproof_model::catalog::{Catalog, ContainerdRow, ShimRow};
use shimproof_properties::Property;

use crate::sweep::cells::{self, HANDLERS, KubeletState, PODS};

pub use page::map_html;

/// The compatibility map of a catalogue.
#[derive(Clone, Debug, Serialize)]
pub struct CompatibilityMap {
    /// Releases of containerd.
    containerd: Vec<Release>,
    /// Shims.
    shims: Vec<Shim>,
    /// Kubelets, each with a state of its gates.
    kubelets: Vec<KubeletEntry>,
    /// Pods.
    pods: Vec<&'static str>,
    /// Configurations of a handler.
    handlers: Vec<String>,
    /// Properties that a run can break, each with what it says.
    properties: Vec<(&'static str, &'static str)>,
    /// Texts that the rest refers to by number.
    texts: Vec<String>,
    /// Steps that the stories refer to by number.
    steps: Vec<pools::Step>,
    /// Events of diagrams that the stories refer to by number.
    events: Vec<pools::DiagramEvent>,
    /// Outcomes that the stories refer to by number.
    outcomes: Vec<pools::OutcomeEntry>,
    /// Runs, each told once.
    stories: Vec<pools::Story>,
    /// The story of each behaviour of kubelets and each pod: the pods of the first, of the second, …
    grids: Vec<Vec<usize>>,
    /// For each containerd, each shim and each configuration, its grid; none if the release or the shim has no such
    /// configuration.
    cells: Vec<Vec<Vec<Option<usize>>>>,
    /// How many combinations of containerd, shim, configuration, kubelet and pod there are.
    combinations: usize,
}

/// A release of containerd.
#[derive(Clone, Debug, Serialize)]
struct Release {
    id: String,
    versions: String,
}

/// A shim.
#[derive(Clone, Debug, Serialize)]
struct Shim {
    id: String,
    name: String,
    versions: String,
    /// What takes the place of `{type}` in texts, for each way of naming the shim.
    types: [String; 4],
    binary: String,
    hypothetical: bool,
}

/// A kubelet with a state of its gates.
#[derive(Clone, Debug, Serialize)]
struct KubeletEntry {
    id: String,
    gates: &'static str,
    /// Kubelets of one behaviour have the same stories.
    behaviour: usize,
}

impl CompatibilityMap {
    /// How many combinations of containerd, shim, configuration, kubelet and pod it has.
    pub fn combinations(&self) -> usize {
        self.combinations
    }

    /// How many different runs they are.
    pub fn stories(&self) -> usize {
        self.stories.len()
    }
}

/// Runs every combination of the catalogue; `done` hears of each containerd release that is finished.
pub fn compatibility_map(catalog: &Catalog, done: impl Fn(usize, usize) + Sync) -> CompatibilityMap {
    let releases: Vec<&ContainerdRow> = catalog.containerd().iter().collect();
    map_of(catalog, &releases, |_| true, done)
}

/// The map of some releases and some shims.
fn map_of(
    catalog: &Catalog,
    releases: &[&ContainerdRow],
    wanted: impl Fn(&ShimRow) -> bool,
    done: impl Fn(usize, usize) + Sync,
) -> CompatibilityMap {
    let states = cells::kubelets(catalog);
    let (kubelets, behaviours) = kubelets(&states);
    let properties: Vec<Property<Abstract>> = shimproof_properties::all();
    let shims: Vec<&ShimRow> = cells::shims(catalog)
        .map(|(_, shim)| shim)
        .filter(|shim| wanted(shim))
        .collect();
    let ran = runs::all(catalog, releases, &shims, &behaviours, &properties, done);
    let alike: Vec<usize> = (0..behaviours.len())
        .map(|behaviour| {
            kubelets
                .iter()
                .filter(|kubelet| kubelet.behaviour == behaviour)
                .count()
        })
        .collect();
    let of_grid: usize = alike.iter().sum::<usize>() * PODS.len();
    let applying = ran.cells.iter().flatten().flatten().flatten().count();
    CompatibilityMap {
        containerd: releases.iter().map(|row| release(row)).collect(),
        shims: shims.iter().map(|shim| entry(shim)).collect(),
        kubelets,
        pods: PODS.iter().map(|(name, ..)| *name).collect(),
        handlers: HANDLERS
            .iter()
            .map(|(named, written)| cells::handler_text(*named, &[*written]))
            .collect(),
        properties: properties
            .iter()
            .map(|property| (property.id, property.about.statement))
            .collect(),
        texts: ran.pools.texts.into_items(),
        steps: ran.pools.steps.into_items(),
        events: ran.pools.events.into_items(),
        outcomes: ran.pools.outcomes.into_items(),
        stories: ran.pools.stories.into_items(),
        grids: ran.pools.grids.into_items(),
        cells: ran.cells,
        combinations: applying * of_grid,
    }
}

fn release(row: &ContainerdRow) -> Release {
    let windows = row
        .windows
        .iter()
        .map(|window| format!("{}@{}", window.branch, &window.first[..9.min(window.first.len())]));
    let versions: Vec<String> = row
        .releases
        .iter()
        .map(ToString::to_string)
        .chain(windows)
        .collect();
    Release {
        id: row.id.clone(),
        versions: versions.join(", "),
    }
}

fn entry(shim: &ShimRow) -> Shim {
    let versions: Vec<String> = shim.versions.iter().map(ToString::to_string).collect();
    let own = cells::own_type(shim).to_owned();
    Shim {
        id: shim.id.clone(),
        name: shim.name.clone(),
        versions: versions.join(", "),
        types: [
            own.clone(),
            "io.containerd.runc.v2".to_owned(),
            format!("/usr/local/bin/{}", shim.binary),
            own,
        ],
        binary: shim.binary.clone(),
        hypothetical: shim.hypothetical,
    }
}

/// All kubelets, and one of each behaviour.
fn kubelets(states: &[KubeletState]) -> (Vec<KubeletEntry>, Vec<&KubeletState>) {
    let behaviour = |state: &KubeletState| {
        let kubelet = &state.kubelet;
        (
            crate::catalogue::kubelet_behaviours(&kubelet.row),
            kubelet.gate,
            kubelet.host_network_gate,
        )
    };
    let mut known: Vec<(_, &KubeletState)> = Vec::new();
    let entries = states
        .iter()
        .map(|state| {
            let own = behaviour(state);
            let index = known
                .iter()
                .position(|(other, _)| *other == own)
                .unwrap_or_else(|| {
                    known.push((own, state));
                    known.len() - 1
                });
            KubeletEntry {
                id: state.kubelet.row.id.clone(),
                gates: state.gates,
                behaviour: index,
            }
        })
        .collect();
    (entries, known.into_iter().map(|(_, state)| state).collect())
}

#[cfg(test)]
mod tests;
