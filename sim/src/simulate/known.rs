//! Variations of scenarios that are known, and what a design keeps on them.
//!
//! What a design keeps is not written down anywhere: an exhaustive search of the scenario as it is, with its own pods
//! and faults, decides it. A run then has more pods and more faults than any search can go through, of the kinds
//! that the scenario has.

use std::collections::BTreeMap;
use std::sync::Arc;

use shimproof_model::abstraction::Abstract;
use shimproof_model::catalog::Catalog;
use shimproof_properties::{Engine, Machine, all, check};
use shimproof_scenario::{Overrides, Scenario};
use shimproof_search::{Answer, Limits, PackedOptions};

use super::random::Random;
use super::subject::OfScenario;

/// The most pods of a variation.
const PODS: usize = 200;

/// A scenario with more states than that is not varied.
const MOST_STATES: u64 = 100_000;

/// The scenarios that are known.
pub(super) struct Known<'s> {
    scenarios: &'s [Scenario],
    catalog: &'s Catalog,
    overrides: Overrides,
    /// By the number of a scenario, the properties that hold of it; none if it cannot run the design.
    kept: BTreeMap<usize, Option<Vec<&'static str>>>,
}

impl<'s> Known<'s> {
    pub fn new(scenarios: &'s [Scenario], catalog: &'s Catalog, overrides: &Overrides) -> Self {
        Self {
            scenarios,
            catalog,
            overrides: overrides.clone(),
            kept: BTreeMap::new(),
        }
    }

    /// One of the scenarios with other numbers, and the properties that hold of it.
    pub fn vary(&mut self, random: &mut Random) -> Option<(OfScenario<'s>, Vec<&'static str>)> {
        let number = random.below(self.scenarios.len());
        let scenario = self.scenarios.get(number)?;
        let pods = if random.one_in(20) {
            1 + random.below(PODS)
        } else {
            1 + random.below(6)
        };
        let subject = OfScenario {
            scenario,
            catalog: self.catalog,
            overrides: Overrides {
                pods: u32::try_from(pods).ok(),
                faults: Some(u32::from(random.between(0, 12))),
                repeated: Some(u32::from(random.between(1, 3))),
                ..self.overrides.clone()
            },
        };
        let (catalog, overrides) = (self.catalog, &self.overrides);
        let kept = self
            .kept
            .entry(number)
            .or_insert_with(|| kept(scenario, catalog, overrides));
        Some((subject, kept.clone()?))
    }
}

fn kept(scenario: &Scenario, catalog: &Catalog, overrides: &Overrides) -> Option<Vec<&'static str>> {
    let world = scenario.world(catalog, overrides).ok()?;
    let properties = all::<Abstract>();
    let limits = Limits {
        max_states: Some(MOST_STATES),
        ..Limits::default()
    };
    let machine = Arc::new(Machine::new(world));
    let found = check(
        &machine,
        &properties,
        &[],
        Engine::Exact(PackedOptions::default()),
        &limits,
        &mut (),
    )
    .ok()?;
    let holds = properties.iter().zip(&found.findings);
    // What the search found nothing to say of may be said of more pods.
    let holds = holds.filter(|(_, finding)| finding.answer == Answer::Holds { vacuous: false });
    Some(holds.map(|(property, _)| property.id).collect())
}
