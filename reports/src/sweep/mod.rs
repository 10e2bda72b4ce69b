//! One run without faults for every combination of kubelet, shim, configuration and pod that the catalogue has,
//! under two designs: what changes, folded by how it changes.

pub(crate) mod alone;
pub(crate) mod cells;
pub(crate) mod fold;
pub(crate) mod outcome;
mod tally;
mod text;

use std::collections::BTreeMap;

use serde::Serialize;

use shimproof_model::Action;
use shimproof_model::abstraction::Abstract;
use shimproof_model::catalog::Catalog;
use shimproof_model::trace::{FailedClause, Trace, record_with_aftermath};
use shimproof_model::world::Containerd;
use shimproof_properties::Property;

use alone::Alone;
use cells::{HANDLERS, KubeletState, PODS, applies};
use fold::Cell;
use outcome::{Outcome, run};
use tally::Tallies;
pub use tally::Tally;
pub(crate) use text::some;

/// How a combination changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SweepChange {
    /// The pod ran and does not, or a property breaks that did not.
    Regressed,
    /// The pod did not run and does, or a property broke that does not, and nothing got worse.
    Fixed,
    /// The error or its stage is another.
    Changed,
}

impl SweepChange {
    /// Its name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Regressed => "regressed",
            Self::Fixed => "fixed",
            Self::Changed => "changed",
        }
    }

    fn of(before: Outcome, after: Outcome, properties: &[Property<Abstract>]) -> Option<Self> {
        let worse = (before.runs() && !after.runs()) || after.breaks_besides(before, properties);
        let better = (!before.runs() && after.runs()) || before.broken & !after.broken != 0;
        match (before == after, worse, better) {
            (true, ..) => None,
            (_, true, _) => Some(Self::Regressed),
            (_, false, true) => Some(Self::Fixed),
            _ => Some(Self::Changed),
        }
    }
}

/// Combinations that changed from the same outcome to the same other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Class {
    /// Its number in the report, from 1.
    pub number: usize,
    /// How it changed.
    pub change: SweepChange,
    /// The outcome before.
    pub before: String,
    /// The outcome after.
    pub after: String,
    /// How many combinations there are.
    pub combinations: usize,
    /// Where it changed: all combinations of the sets of each of these.
    #[serde(rename = "where")]
    pub places: Vec<Places>,
    #[serde(skip)]
    example: Cell,
    /// What a reader wants to see first: 0 where something new is sent that should not be, or a pod runs that did not.
    #[serde(skip)]
    severity: u8,
}

/// All combinations of these pods, shims, configurations and kubelets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Places {
    /// Pods.
    pub pods: Vec<String>,
    /// Shims: a name stands for all its rows.
    pub shims: Vec<String>,
    /// Configurations of the handler.
    pub configurations: Vec<String>,
    /// Rows of kubelets, with the state of their gates.
    pub kubelets: Vec<String>,
    /// How many combinations these are.
    pub combinations: usize,
}

impl Places {
    /// The words of a box.
    pub(crate) fn of(catalog: &Catalog, kubelets: &[KubeletState], found: &fold::Box4) -> Self {
        let [pods, shims, handlers, of_kubelets] = &found.0;
        Self {
            pods: fold::pods(pods),
            shims: fold::shims(catalog, shims),
            configurations: fold::handlers(handlers),
            kubelets: fold::kubelets(catalog, kubelets, of_kubelets),
            combinations: found.size(),
        }
    }
}

/// What changes between two designs over the whole catalogue.
#[derive(Clone, Debug)]
pub struct Sweep {
    /// How many combinations of real shims there are.
    pub combinations: usize,
    /// How many of them did not change.
    pub unchanged: usize,
    /// What changed: regressions first.
    pub classes: Vec<Class>,
    /// How many handlers work under neither design: their shim does not take what the operator wrote.
    pub left_out: usize,
    /// How many combinations of hypothetical shims there are.
    pub hypothetical_combinations: usize,
    /// What changed for those: they are counted apart, since nobody runs them.
    pub hypothetical: Vec<Class>,
    /// How combinations of real shims changed, by ranges of kubelets.
    pub by_kubelet: Vec<Tally>,
    /// The same by shims, ranges of their rows, for those with which something changed.
    pub by_shim: Vec<Tally>,
}

impl Sweep {
    /// How many combinations of real shims changed so.
    pub fn count(&self, change: SweepChange) -> usize {
        let of = |class: &&Class| class.change == change;
        self.classes
            .iter()
            .filter(of)
            .map(|class| class.combinations)
            .sum()
    }

    /// The class of that number.
    pub fn class(&self, number: usize) -> Option<&Class> {
        self.classes
            .iter()
            .chain(&self.hypothetical)
            .find(|class| class.number == number)
    }
}

/// Runs every combination under both designs.
pub fn sweep(catalog: &Catalog, before: &Containerd, after: &Containerd) -> Sweep {
    let properties = shimproof_properties::all::<Abstract>();
    let kubelets = cells::kubelets(catalog);
    let mut changed: BTreeMap<(bool, Outcome, Outcome), Vec<Cell>> = BTreeMap::new();
    let mut tallies = Tallies::new(kubelets.len(), catalog.shims().len());
    let (mut real, mut hypothetical, mut left_out) = (0, 0, 0);
    for (shim_number, shim) in cells::shims(catalog) {
        for (handler_number, handler) in HANDLERS.into_iter().enumerate() {
            if !applies(&before.row, shim, handler) || !applies(&after.row, shim, handler) {
                continue;
            }
            let mut worlds =
                [before, after].map(|design| cells::world(catalog, design, &kubelets[0], shim, handler));
            // A handler that works under neither design says nothing about them.
            let works = |world| matches!(alone::alone(world, shim), Alone::Taken | Alone::Unknown);
            if !worlds.iter().any(works) {
                left_out += usize::from(!shim.hypothetical);
                continue;
            }
            for (kubelet_number, kubelet) in kubelets.iter().enumerate() {
                for pod in 0..PODS.len() {
                    let [was, is] = [0, 1].map(|side: usize| {
                        cells::set(&mut worlds[side], kubelet, pod);
                        run(&worlds[side], &properties, |_| ())
                    });
                    *(if shim.hypothetical {
                        &mut hypothetical
                    } else {
                        &mut real
                    }) += 1;
                    if !shim.hypothetical {
                        tallies.add(kubelet_number, shim_number, SweepChange::of(was, is, &properties));
                    }
                    if was != is {
                        let cell = [pod, shim_number, handler_number, kubelet_number];
                        changed
                            .entry((shim.hypothetical, was, is))
                            .or_default()
                            .push(cell);
                    }
                }
            }
        }
    }
    let mut classes: Vec<(bool, Class)> = changed
        .into_iter()
        .filter_map(|((hypothetical, was, is), found)| {
            let change = SweepChange::of(was, is, &properties)?;
            Some((
                hypothetical,
                class(catalog, &kubelets, &properties, (change, was, is), &found),
            ))
        })
        .collect();
    classes.sort_by_key(|(hypothetical, class)| {
        let size = std::cmp::Reverse(class.combinations);
        (*hypothetical, class.change, class.severity, size)
    });
    for (index, (_, class)) in classes.iter_mut().enumerate() {
        class.number = index + 1;
    }
    let (of_hypothetical, of_real): (Vec<_>, Vec<_>) =
        classes.into_iter().partition(|(hypothetical, _)| *hypothetical);
    let classes: Vec<Class> = of_real.into_iter().map(|(_, class)| class).collect();
    Sweep {
        combinations: real,
        unchanged: real - classes.iter().map(|class| class.combinations).sum::<usize>(),
        classes,
        left_out,
        hypothetical_combinations: hypothetical,
        hypothetical: of_hypothetical.into_iter().map(|(_, class)| class).collect(),
        by_kubelet: tallies.by_kubelet(catalog, &kubelets),
        by_shim: tallies.by_shim(catalog),
    }
}

fn class(
    catalog: &Catalog,
    kubelets: &[KubeletState],
    properties: &[Property<Abstract>],
    (change, was, is): (SweepChange, Outcome, Outcome),
    found: &[Cell],
) -> Class {
    let boxes = fold::fold(found);
    // The newest kubelet of the largest box is the one that a reader meets.
    let example = boxes.first().map_or([0; 4], |largest| {
        let [pods, shims, handlers, kubelets] = &largest.0;
        let first = |of: &std::collections::BTreeSet<usize>| of.first().copied().unwrap_or_default();
        [
            first(pods),
            first(shims),
            first(handlers),
            kubelets.last().copied().unwrap_or_default(),
        ]
    });
    Class {
        number: 0,
        severity: match (change, was.runs(), is.runs()) {
            (SweepChange::Regressed, _, false) if is.broken & !was.broken != 0 => 0,
            (SweepChange::Fixed, false, true) => 0,
            (SweepChange::Regressed, true, false) | (SweepChange::Fixed, true, true) => 1,
            _ => 2,
        },
        change,
        before: was.text(properties),
        after: is.text(properties),
        combinations: found.len(),
        places: boxes
            .iter()
            .map(|found| Places::of(catalog, kubelets, found))
            .collect(),
        example,
    }
}

/// One combination of a class, run under both designs.
#[derive(Clone, Debug)]
pub struct Followed {
    /// The combination in words.
    pub combination: String,
    /// The row of its shim, and what is to be known about it besides.
    pub shim: (String, Option<String>),
    /// The run before and the run after, each with the properties that break on the way.
    pub runs: [(Trace, Vec<(String, String)>); 2],
    /// For each of them: up to the step that first breaks what the other run does not break, and what comes of it.
    /// None if it breaks nothing of that kind.
    pub violations: [Option<Trace>; 2],
}

/// Follows one combination of a class.
pub fn follow(catalog: &Catalog, before: &Containerd, after: &Containerd, class: &Class) -> Followed {
    let properties = shimproof_properties::all::<Abstract>();
    let kubelets = cells::kubelets(catalog);
    let [pod, shim, handler, kubelet] = class.example;
    let combination = combination(catalog, &kubelets, class.example);
    let followed = [before, after].map(|design| {
        let kubelet = &kubelets[kubelet];
        let mut world = cells::world(
            catalog,
            design,
            kubelet,
            &catalog.shims()[shim],
            HANDLERS[handler],
        );
        cells::set(&mut world, kubelet, pod);
        let mut actions: Vec<Action<Abstract>> = Vec::new();
        run(&world, &properties, |action| actions.push(action));
        let mut breaks: Vec<Break> = Vec::new();
        for end in 1..=actions.len() {
            let (_, node) = shimproof_model::trace::record(&world, &actions[..end]);
            for property in &properties {
                let broken = (property.broken)(&world, &node.environment, &node.pods[0], &mut |_| ());
                let new = breaks.iter().all(|known| known.property != property.id);
                if let Some(broken) = broken.filter(|_| new) {
                    breaks.push(Break {
                        property: property.id,
                        what: broken.what,
                        clause: broken.clause,
                        after: end,
                    });
                }
            }
        }
        (world, actions, breaks)
    });
    let violations = [0, 1].map(|side: usize| {
        let (world, actions, breaks) = &followed[side];
        let others = &followed[1 - side].2;
        let first = breaks
            .iter()
            .find(|found| others.iter().all(|other| other.property != found.property))?;
        let (trace, _) = record_with_aftermath(world, &actions[..first.after]);
        Some(Trace {
            scenario: combination.clone(),
            design: world.containerd[0].version.clone(),
            property: first.property.to_owned(),
            finding: first.what.clone(),
            clause: Some(first.clause.clone()),
            ..trace
        })
    });
    let runs = followed.map(|(world, actions, breaks)| {
        let (trace, _) = record_with_aftermath(&world, &actions);
        let trace = Trace {
            scenario: combination.clone(),
            design: world.containerd[0].version.clone(),
            ..trace
        };
        let told = breaks
            .into_iter()
            .map(|found| (found.property.to_owned(), found.what));
        (trace, told.collect())
    });
    Followed {
        shim: (
            catalog.shims()[shim].id.clone(),
            catalog.shims()[shim].notes.clone(),
        ),
        combination,
        runs,
        violations,
    }
}

/// A property that a run breaks.
struct Break {
    property: &'static str,
    what: String,
    clause: FailedClause,
    /// After how many actions.
    after: usize,
}

fn combination(catalog: &Catalog, kubelets: &[KubeletState], [pod, shim, handler, kubelet]: Cell) -> String {
    let of = |number: usize| std::collections::BTreeSet::from([number]);
    format!(
        "{}; shim {}; {}; kubelet {}",
        PODS[pod].0,
        catalog.shims()[shim].id,
        cells::handler_text(HANDLERS[handler].0, &[HANDLERS[handler].1]),
        fold::kubelets(catalog, kubelets, &of(kubelet)).join("")
    )
}

#[cfg(test)]
mod tests;
