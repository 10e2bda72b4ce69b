//! Which named designs keep which properties, found out by running them.

use std::collections::BTreeSet;

use shimproof_model::abstraction::Abstract;
use shimproof_model::catalog::Catalog;
use shimproof_model::world::Containerd;
use shimproof_properties::{About, Engine, PropertyKind, all, containerd_guards_itself, live, policies};
use shimproof_scenario::{Design, Scenario};
use shimproof_search::Limits;

use crate::builtin::{FOUNDING_CASE, with_builtin_scenarios};
use crate::verification::{Question, Verdict, Verification, VerifyError, verify};

/// What the catalogue says of every property, in its order, with its kind and whether it is a policy.
pub(crate) fn catalogue() -> Vec<(About, PropertyKind, bool)> {
    let always = |about| (about, PropertyKind::Always, false);
    let of_states = all::<Abstract>().into_iter().map(|property| property.about);
    let guards = std::iter::once(containerd_guards_itself::<Abstract>().about);
    let of_runs = live::<Abstract>()
        .into_iter()
        .map(|property| (property.about, property.kind, false));
    let of_designs = policies::<Abstract>()
        .into_iter()
        .map(|property| (property.about, PropertyKind::Always, true));
    of_states
        .chain(guards)
        .map(always)
        .chain(of_runs)
        .chain(of_designs)
        .collect()
}

/// Verdicts of designs on properties.
pub(crate) struct KeptBy {
    /// The designs, in the order of the catalogue.
    pub designs: Vec<String>,
    /// What they run.
    rows: Vec<Containerd>,
    /// For each property that was asked, and each design: the verdict in each scenario.
    pub verdicts: Vec<Vec<Vec<InScenario>>>,
    /// The scenarios, by name.
    pub scenarios: Vec<&'static str>,
    /// How many verifications were made.
    pub verifications: usize,
    /// Distinct states of all of them.
    pub states: u64,
}

/// A verdict in a scenario.
#[derive(Clone, Debug, serde::Serialize)]
pub(crate) struct InScenario {
    /// The scenario.
    pub scenario: &'static str,
    /// The verdict.
    pub verdict: Verdict,
    /// Whether it is vacuous.
    pub vacuous: bool,
}

/// What becomes of a property under a design, over its scenarios.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Overall {
    /// It holds in all of them, and not vacuously in all.
    Holds,
    /// It holds in all of them, but none has what it speaks of.
    Vacuous,
    /// It is violated in one or more.
    Violated,
    /// It is violated in none, and open in one or more.
    Unknown,
}

impl Overall {
    pub(crate) fn of(verdicts: &[InScenario]) -> Self {
        let any = |wanted| verdicts.iter().any(|one| one.verdict == wanted);
        if any(Verdict::Violated) {
            Self::Violated
        } else if any(Verdict::Unknown) {
            Self::Unknown
        } else if verdicts.iter().all(|one| one.vacuous) {
            Self::Vacuous
        } else {
            Self::Holds
        }
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::Vacuous => "vacuous",
            Self::Violated => "violated",
            Self::Unknown => "unknown",
        }
    }
}

/// The scenarios of a property: the founding case, and its own.
fn scenarios_of(about: &About) -> impl Iterator<Item = &'static str> {
    let own = about.scenarios.iter().copied();
    std::iter::once(FOUNDING_CASE).chain(own.filter(|name| *name != FOUNDING_CASE))
}

/// Runs every named design over the founding case and the scenarios of each of `asked`.
pub(crate) fn kept_by(catalog: &Catalog, asked: &[About]) -> Result<KeptBy, VerifyError> {
    let names: BTreeSet<&'static str> = asked.iter().flat_map(scenarios_of).collect();
    let designs: Vec<String> = catalog
        .designs()
        .iter()
        .map(|design| design.name.clone())
        .collect();
    let rows: Vec<Containerd> = designs
        .iter()
        .map(|name| Ok(Design::named(catalog, name)?.containerd))
        .collect::<Result<_, VerifyError>>()?;
    let mut found = KeptBy {
        verdicts: asked.iter().map(|_| vec![Vec::new(); designs.len()]).collect(),
        designs,
        rows,
        scenarios: names.iter().copied().collect(),
        verifications: 0,
        states: 0,
    };
    with_builtin_scenarios(|scenarios| {
        for name in names {
            let Some(scenario) = scenarios.iter().find(|scenario| scenario.file.name == name) else {
                continue;
            };
            found.add(catalog, asked, name, scenario)?;
        }
        Ok::<(), VerifyError>(())
    })??;
    Ok(found)
}

impl KeptBy {
    fn add(
        &mut self,
        catalog: &Catalog,
        asked: &[About],
        name: &'static str,
        scenario: &Scenario,
    ) -> Result<(), VerifyError> {
        let here: Vec<usize> = (0..asked.len())
            .filter(|index| scenarios_of(&asked[*index]).any(|other| other == name))
            .collect();
        let ids: Vec<String> = here.iter().map(|index| asked[*index].id.to_owned()).collect();
        for design in 0..self.designs.len() {
            let question = Question {
                scenario,
                design: Some(&self.rows[design]),
                properties: &ids,
                reachabilities: false,
                pods: None,
                faults: None,
                engine: Engine::default(),
                limits: &Limits::default(),
            };
            let verification: Verification = verify(catalog, &question, &mut ())?;
            self.verifications += 1;
            self.states += verification.states;
            for index in &here {
                let result = verification
                    .results
                    .iter()
                    .find(|result| result.property == asked[*index].id);
                self.verdicts[*index][design].extend(result.map(|result| InScenario {
                    scenario: name,
                    verdict: result.verdict,
                    vacuous: result.vacuous,
                }));
            }
        }
        Ok(())
    }
}
