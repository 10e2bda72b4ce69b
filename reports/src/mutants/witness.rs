//! Of each property, who satisfies it and who violates it.

use shimproof_model::World;
use shimproof_model::abstraction::Abstract;
use shimproof_model::catalog::Catalog;
use shimproof_scenario::Scenario;
use shimproof_search::{Answer, Limits};

use super::Base;
use super::fate::Killer;
use super::run::MutantRun;
use super::subject::{Questions, Reach, overrides};
use crate::verification::VerifyError;

/// Of a property, a design that satisfies it and one that violates it, in the same scenario where there is one.
/// A property that nobody violates is hollow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// The property.
    pub property: String,
    /// Who satisfies it, not vacuously, and in which scenario.
    pub satisfied: Option<(String, String)>,
    /// Who violates it: a design, or a mutant where no design does; and in which scenario.
    pub violated: Option<(String, String)>,
}

/// What a design answers in a scenario.
struct Found {
    design: String,
    scenario: String,
    answers: Vec<Option<Answer>>,
}

/// Looks for witnesses among the designs that have a name and the scenarios' own releases, then among mutants.
pub(super) fn witnesses(
    catalog: &Catalog,
    scenarios: &[Scenario],
    runs: &[MutantRun],
    questions: &Questions,
    limits: &Limits,
) -> Result<Vec<Witness>, VerifyError> {
    let named = catalog
        .designs()
        .iter()
        .map(|design| Base::Design(design.name.clone()));
    let mut found = Vec::new();
    for base in named.chain([Base::OwnReleases]) {
        let overrides = overrides(&base, catalog)?;
        for scenario in scenarios {
            // A design stands in only where its configuration and its components fit.
            let Ok(world) = scenario.world(catalog, &overrides) else {
                continue;
            };
            let design = match &base {
                Base::Design(name) => name.clone(),
                Base::OwnReleases => world
                    .containerd
                    .iter()
                    .map(|release| release.version.as_str())
                    .collect::<Vec<_>>()
                    .join(" → "),
            };
            found.push(Found {
                design,
                scenario: scenario.file.name.clone(),
                answers: answers(questions, &world, &scenario.file.name, limits)?,
            });
        }
    }
    Ok(questions
        .ids()
        .into_iter()
        .enumerate()
        .map(|(number, id)| witness(number, id, &found, runs))
        .collect())
}

/// The answers of a world; those about whole runs only where the catalogue says that they can be seen.
fn answers(
    questions: &Questions,
    world: &World<Abstract>,
    scenario: &str,
    limits: &Limits,
) -> Result<Vec<Option<Answer>>, VerifyError> {
    let mut answers = questions
        .answers(world.clone(), Reach::Nothing, limits)?
        .properties;
    if questions.shows_whole_runs(scenario) {
        let live = questions.live_answers(world.clone(), limits)?.properties;
        for (answer, live) in answers.iter_mut().zip(live) {
            *answer = answer.take().or(live);
        }
    }
    Ok(answers)
}

fn witness(number: usize, id: &str, found: &[Found], runs: &[MutantRun]) -> Witness {
    let satisfies = |found: &&Found| found.answers[number] == Some(Answer::Holds { vacuous: false });
    let violates = |found: &&Found| found.answers[number] == Some(Answer::Violated);
    let place = |found: &Found| (found.design.clone(), found.scenario.clone());
    let together = found.iter().filter(violates).find_map(|violated| {
        let satisfied = found
            .iter()
            .find(|other| satisfies(other) && other.scenario == violated.scenario)?;
        Some((place(satisfied), place(violated)))
    });
    let (satisfied, violated) = match together {
        Some((satisfied, violated)) => (Some(satisfied), Some(violated)),
        None => (
            found.iter().find(satisfies).map(place),
            found
                .iter()
                .find(violates)
                .map(place)
                .or_else(|| by_mutant(id, runs)),
        ),
    };
    Witness {
        property: id.to_owned(),
        satisfied,
        violated,
    }
}

fn by_mutant(id: &str, runs: &[MutantRun]) -> Option<(String, String)> {
    runs.iter().flat_map(|run| &run.results).find_map(|result| {
        let (_, place) = result
            .killers
            .iter()
            .find(|(killer, _)| *killer == Killer::Property(id.to_owned()))?;
        Some((format!("mutant {}", result.id), place.clone()))
    })
}
