//! What a design holds over the whole catalogue: every handler whose shim takes what `RunPodSandbox` generates for
//! it, under any CRI client, and under every kubelet.

mod text;

use std::sync::Arc;

use serde::Serialize;

use shimproof_model::abstraction::Abstract;
use shimproof_model::catalog::Catalog;
use shimproof_model::world::{Client, Containerd};
use shimproof_properties::{CheckError, Engine, Machine, Property, check, containerd_guards_itself};
use shimproof_search::{Answer, Limits, Observer};

use crate::sweep::Places;
use crate::sweep::alone::{Alone, alone};
use crate::sweep::cells::{self, HANDLERS, KubeletState, PODS, applies};
use crate::sweep::fold::{self, Cell};
use crate::sweep::outcome::run;

/// The property that has another name under any client.
const OPTIONS_ACCEPTED: &str = "options-accepted";
/// What a client can make containerd send; the other properties speak of what a kubelet asks for.
const OF_MESSAGES: [&str; 6] = [
    "type-as-configured",
    OPTIONS_ACCEPTED,
    "never-misread",
    "options-preserved",
    "options-agree",
    "owner-is-process-owner",
];
/// What a design of containerd can keep under a kubelet; the others are about shims, and about old kubelets.
const OF_KUBELETS: [&str; 7] = [
    "type-as-configured",
    OPTIONS_ACCEPTED,
    "never-misread",
    "options-preserved",
    "options-agree",
    "owner-is-process-owner",
    "pipe-openable",
];
/// The pods that any client asks for: with their own network, and with the host's.
const PODS_OF_ANY_CLIENT: [usize; 2] = [3, 5];

/// What a design holds over the whole catalogue.
#[derive(Clone, Debug, Serialize)]
pub struct Survey {
    /// The design.
    pub design: String,
    /// Handlers: a shim of the catalogue, how it is named, and its options table.
    pub handlers: usize,
    /// Those whose shim does not take what `RunPodSandbox` generates, whatever containerd adds later.
    pub incompatible: Vec<Places>,
    /// Those whose shim reads the standard input of `start` in another framing than this release writes.
    pub misframed: Vec<Places>,
    /// Those of which the catalogue does not know whether the shim takes it.
    pub unknown: Vec<Places>,
    /// For all others, each property under any CRI client, searched.
    pub any_client: Vec<OfProperty>,
    /// For all others, each property under every kubelet, one run without faults for each pod.
    pub kubelets: Vec<OfProperty>,
    /// How many handlers were searched, and how many combinations were run.
    pub searched: usize,
    /// How many combinations of kubelet, handler and pod were run.
    pub runs: usize,
}

/// What was found out about one property.
#[derive(Clone, Debug, Serialize)]
pub struct OfProperty {
    /// Its name.
    pub property: String,
    /// Of how many handlers, or combinations, it is violated.
    pub violated: usize,
    /// Of how many it is not known, as the search was cut short or a shim is not known well enough.
    pub open: usize,
    /// Where it is violated.
    #[serde(rename = "where")]
    pub places: Vec<Places>,
}

/// Surveys a design.
///
/// # Errors
/// [`CheckError`] if a function of the model panicked.
pub fn survey(
    catalog: &Catalog,
    design: &Containerd,
    limits: &Limits,
    observer: &mut dyn Observer,
) -> Result<Survey, CheckError> {
    let properties: Vec<Property<Abstract>> = shimproof_properties::all();
    let kubelets = cells::kubelets(catalog);
    let mut found = Found::new(properties.len());
    for (shim_number, shim) in cells::shims(catalog).filter(|(_, shim)| !shim.hypothetical) {
        for (handler_number, handler) in HANDLERS.into_iter().enumerate() {
            if !applies(&design.row, shim, handler) {
                continue;
            }
            let at = |pod, kubelet| [pod, shim_number, handler_number, kubelet];
            let mut world = cells::world(catalog, design, &kubelets[0], shim, handler);
            found.handlers += 1;
            match alone(&world, shim) {
                Alone::Taken => {}
                Alone::NotTaken => {
                    found.incompatible.push(at(0, 0));
                    continue;
                }
                Alone::Misframed => {
                    found.misframed.push(at(0, 0));
                    continue;
                }
                Alone::Unknown => {
                    found.unknown.push(at(0, 0));
                    continue;
                }
            }
            for (kubelet_number, kubelet) in kubelets.iter().enumerate() {
                for pod in 0..PODS.len() {
                    cells::set(&mut world, kubelet, pod);
                    let outcome = run(&world, &properties, |_| ());
                    found.runs += 1;
                    for (number, cells) in found.of_kubelets.iter_mut().enumerate() {
                        if outcome.broken & (1 << number) != 0 {
                            cells.push(at(pod, kubelet_number));
                        }
                    }
                }
            }
            world.client = Client::Any;
            for pod in PODS_OF_ANY_CLIENT {
                cells::set(&mut world, &kubelets[0], pod);
                let machine = Arc::new(Machine::new(world.clone()));
                let findings = check(&machine, &properties, &[], Engine::default(), limits, observer)?;
                found.searched += 1;
                for (number, finding) in findings.findings.iter().take(properties.len()).enumerate() {
                    match finding.answer {
                        Answer::Violated => found.of_any_client[number].push(at(pod, 0)),
                        Answer::Unknown => found.open[number] += 1,
                        _ => {}
                    }
                }
            }
        }
    }
    Ok(found.told(catalog, &kubelets, &properties, design))
}

struct Found {
    handlers: usize,
    incompatible: Vec<Cell>,
    misframed: Vec<Cell>,
    unknown: Vec<Cell>,
    of_any_client: Vec<Vec<Cell>>,
    open: Vec<usize>,
    of_kubelets: Vec<Vec<Cell>>,
    searched: usize,
    runs: usize,
}

impl Found {
    fn new(properties: usize) -> Self {
        Self {
            handlers: 0,
            incompatible: Vec::new(),
            misframed: Vec::new(),
            unknown: Vec::new(),
            of_any_client: vec![Vec::new(); properties],
            open: vec![0; properties],
            of_kubelets: vec![Vec::new(); properties],
            searched: 0,
            runs: 0,
        }
    }

    fn told(
        self,
        catalog: &Catalog,
        kubelets: &[KubeletState],
        properties: &[Property<Abstract>],
        design: &Containerd,
    ) -> Survey {
        let places = |cells: &[Cell]| places(catalog, kubelets, cells);
        // options-accepted under any client has a name of its own.
        let name = |id: &str, any: bool| {
            let guards = containerd_guards_itself::<Abstract>().id;
            if any && id == OPTIONS_ACCEPTED { guards } else { id }.to_owned()
        };
        let of = |cells: &[Vec<Cell>], open: &[usize], any: bool| -> Vec<OfProperty> {
            properties
                .iter()
                .zip(cells)
                .zip(open)
                .filter(|((property, _), _)| {
                    let asked: &[&str] = if any { &OF_MESSAGES } else { &OF_KUBELETS };
                    asked.contains(&property.id)
                })
                .map(|((property, cells), open)| OfProperty {
                    property: name(property.id, any),
                    violated: cells.len(),
                    open: *open,
                    places: places(cells),
                })
                .collect()
        };
        Survey {
            design: design.version.clone(),
            handlers: self.handlers,
            incompatible: places(&self.incompatible),
            misframed: places(&self.misframed),
            unknown: places(&self.unknown),
            any_client: of(&self.of_any_client, &self.open, true),
            kubelets: of(&self.of_kubelets, &vec![0; properties.len()], false),
            searched: self.searched,
            runs: self.runs,
        }
    }
}

fn places(catalog: &Catalog, kubelets: &[KubeletState], cells: &[Cell]) -> Vec<Places> {
    fold::fold(cells)
        .iter()
        .map(|found| Places::of(catalog, kubelets, found))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use shimproof_scenario::Design;

    use super::*;

    fn violated(survey: &[OfProperty]) -> BTreeSet<&str> {
        survey
            .iter()
            .filter(|of| of.violated > 0)
            .map(|of| of.property.as_str())
            .collect()
    }

    /// The table of docs/designs.md.
    #[test]
    fn the_proposals_keep_what_the_document_says() {
        let catalog = Catalog::embedded();
        let endpoint = "type-as-configured";
        let accepted = "options-accepted";
        let guards = "containerd-guards-itself";
        let pipes = "pipe-openable";
        let five = [endpoint, accepted, guards, pipes, "options-preserved"];
        for (name, broken) in [
            ("v2.3.4", &[endpoint, accepted, guards, pipes][..]),
            ("builtin-shim-only", &[endpoint, accepted, guards, pipes]),
            ("type-checked", &[endpoint, pipes]),
            ("type-checked-or-runc-v2", &[endpoint, accepted, guards, pipes]),
            ("owner-or-refuse", &[]),
        ] {
            let design = Design::named(catalog, name).unwrap().containerd;
            let survey = survey(catalog, &design, &Limits::default(), &mut ()).unwrap();
            let found: BTreeSet<&str> = violated(&survey.any_client)
                .union(&violated(&survey.kubelets))
                .copied()
                .filter(|property| five.contains(property))
                .collect();
            assert_eq!(found, broken.iter().copied().collect(), "{name}");
            assert_eq!(survey.handlers, 333, "{name}");
            let count = |places: &[Places]| places.iter().map(|place| place.combinations).sum::<usize>();
            assert_eq!(
                (count(&survey.incompatible), count(&survey.misframed)),
                (90, 42),
                "{name}"
            );
            assert!(survey.unknown.is_empty() && !survey.open(), "{name}");
        }
    }
}
