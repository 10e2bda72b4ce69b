//! The runs of a map, each kept once.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use shimproof_model::abstraction::Abstract;
use shimproof_model::catalog::{Catalog, ContainerdRow, ShimRow};
use shimproof_model::trace::{TraceStep, tell};
use shimproof_model::world::Containerd;
use shimproof_model::{Action, World};
use shimproof_properties::Property;

use super::pools::{Kind, OutcomeEntry, Pools};
use crate::sweep::alone::{Alone, alone};
use crate::sweep::cells::{self, HANDLERS, Handler, KubeletState, Named, PODS, applies};
use crate::sweep::outcome::{Fate, Outcome, run};

/// The grid of each containerd, shim and configuration.
type Cells = Vec<Vec<Vec<Option<usize>>>>;

/// All runs.
pub(super) struct Ran {
    pub pools: Pools,
    pub cells: Cells,
}

/// A run before it is put into the pools.
pub(super) struct Told {
    pub outcome: OutcomeEntry,
    pub steps: Vec<TraceStep>,
    pub breaks: Vec<(usize, String)>,
}

/// The runs of one release: for each shim and configuration, which of them each behaviour and pod has.
struct OfRelease {
    told: Vec<Told>,
    /// The same, as numbers in `told`.
    grids: Vec<Vec<Option<Vec<usize>>>>,
}

/// Runs all combinations. Releases go to as many threads as the machine has; the result does not depend on them.
pub(super) fn all(
    catalog: &Catalog,
    releases: &[&ContainerdRow],
    shims: &[&ShimRow],
    kubelets: &[&KubeletState],
    properties: &[Property<Abstract>],
    done: impl Fn(usize, usize) + Sync,
) -> Ran {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let (next, finished) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let found: Mutex<Vec<Option<OfRelease>>> = Mutex::new(releases.iter().map(|_| None).collect());
    std::thread::scope(|scope| {
        for _ in 0..threads.min(releases.len()) {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(row) = releases.get(index) else { break };
                    let of = of_release(catalog, row, shims, kubelets, properties);
                    // Nothing that holds the lock can panic.
                    if let Ok(mut found) = found.lock() {
                        found[index] = Some(of);
                    }
                    done(finished.fetch_add(1, Ordering::Relaxed) + 1, releases.len());
                }
            });
        }
    });
    let mut pools = Pools::new();
    let found = found
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    let cells = found
        .into_iter()
        .flatten()
        .map(|of| {
            let numbers: Vec<usize> = of.told.iter().map(|told| pools.story(told)).collect();
            let grid = |grid: Option<Vec<usize>>, pools: &mut Pools| {
                let stories = grid?.into_iter().map(|own| numbers[own]).collect();
                Some(pools.grids.number(stories))
            };
            of.grids
                .into_iter()
                .map(|of_shim| of_shim.into_iter().map(|own| grid(own, &mut pools)).collect())
                .collect()
        })
        .collect();
    Ran { pools, cells }
}

fn of_release(
    catalog: &Catalog,
    row: &ContainerdRow,
    shims: &[&ShimRow],
    kubelets: &[&KubeletState],
    properties: &[Property<Abstract>],
) -> OfRelease {
    let design = Containerd::new(row.id.clone(), row);
    let mut told: Vec<Told> = Vec::new();
    // Runs that are told the same are told once; what they are told by is their text.
    let mut known: HashMap<String, usize> = HashMap::new();
    let grids = shims
        .iter()
        .map(|shim| {
            let of_handler = |handler: Handler| {
                if !applies(row, shim, handler) {
                    return None;
                }
                let mut world = cells::world(catalog, &design, kubelets[0], shim, handler);
                let own = alone(&world, shim);
                let mut grid = Vec::with_capacity(kubelets.len() * PODS.len());
                for kubelet in kubelets {
                    for pod in 0..PODS.len() {
                        cells::set(&mut world, kubelet, pod);
                        let mut actions = Vec::new();
                        let outcome = run(&world, properties, |action| actions.push(action));
                        let (steps, breaks) = told_run(&world, &actions, properties, shim, handler.0);
                        let entry = OutcomeEntry {
                            text: outcome.text(properties),
                            kind: kind(outcome, own),
                            broken: outcome.broken,
                        };
                        let key = key(&steps, &entry, &breaks);
                        let number = *known.entry(key).or_insert_with(|| {
                            told.push(Told {
                                outcome: entry,
                                steps,
                                breaks,
                            });
                            told.len() - 1
                        });
                        grid.push(number);
                    }
                }
                Some(grid)
            };
            HANDLERS.into_iter().map(of_handler).collect()
        })
        .collect();
    OfRelease { told, grids }
}

fn kind(outcome: Outcome, own: Alone) -> Kind {
    match (outcome.fate, outcome.broken) {
        (Fate::Runs { .. }, 0) => Kind::Runs,
        (Fate::Runs { .. }, _) => Kind::Breaks,
        (Fate::Refused { stage, .. }, _)
            if matches!(own, Alone::NotTaken | Alone::Misframed) && OF_SHIMS.contains(&stage) =>
        {
            Kind::Incompatible
        }
        (Fate::Refused { .. }, 0) => Kind::Refused,
        (Fate::Refused { .. }, _) => Kind::Fails,
    }
}

/// Where a shim refuses what it gets.
const OF_SHIMS: [&str; 3] = ["shim-start", "runtime-features", "shim-create"];

/// The steps of a run, and what it breaks on its way: the property, and what is wrong. Names that depend on the shim
/// are open.
fn told_run(
    world: &World<Abstract>,
    actions: &[Action<Abstract>],
    properties: &[Property<Abstract>],
    shim: &ShimRow,
    named: Named,
) -> (Vec<TraceStep>, Vec<(usize, String)>) {
    let mut breaks: Vec<(usize, String)> = Vec::new();
    let mut steps = tell(world, actions, |node| {
        for (number, property) in properties.iter().enumerate() {
            let broken = (property.broken)(world, &node.environment, &node.pods[0], &mut |_| ());
            if let Some(broken) = broken.filter(|_| breaks.iter().all(|(known, _)| *known != number)) {
                breaks.push((number, open(&broken.what, shim, named)));
            }
        }
    });
    open_names(&mut steps, shim, named);
    (steps, breaks)
}

/// The text without the names that depend on the shim; the page puts them in again.
fn open(text: &str, shim: &ShimRow, named: Named) -> String {
    let own = cells::own_type(shim);
    let path = format!("/usr/local/bin/{}", shim.binary);
    let runtime_type = match named {
        Named::ByType | Named::BySandboxer => own,
        Named::ByPath => "io.containerd.runc.v2",
        Named::ByAbsoluteType => &path,
    };
    let text = text.replace(runtime_type, "{type}").replace(&shim.id, "{shim}");
    text.replace(&shim.binary, "{binary}")
}

/// Opens these names in all texts that the page shows.
fn open_names(steps: &mut [TraceStep], shim: &ShimRow, named: Named) {
    let open = |text: &mut String| *text = open(text, shim, named);
    for step in steps {
        open(&mut step.event);
        for guard in &mut step.guards {
            open(&mut guard.inputs);
            open(&mut guard.decision);
        }
        if let Some(refusal) = &mut step.refusal {
            open(&mut refusal.error);
        }
        if let Some(sent) = &mut step.sends {
            open(&mut sent.message);
        }
    }
}

/// What two runs have in common that are told the same.
fn key(steps: &[TraceStep], outcome: &OutcomeEntry, breaks: &[(usize, String)]) -> String {
    let mut key = format!("{:?}{breaks:?}", outcome.kind);
    key.push_str(&outcome.text);
    for step in steps {
        for text in [&step.actor, &step.event] {
            key.push('\u{1}');
            key.push_str(text);
        }
        for guard in &step.guards {
            for text in [&guard.guard, &guard.inputs, &guard.decision] {
                key.push('\u{2}');
                key.push_str(text);
            }
        }
        if let Some(refusal) = &step.refusal {
            key.push('\u{3}');
            key.push_str(&refusal.error);
        }
        if let Some(sent) = &step.sends {
            key.push('\u{4}');
            key.push_str(&sent.to);
            key.push_str(&sent.message);
        }
    }
    key
}
