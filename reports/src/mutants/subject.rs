//! Where mutants are tried: scenarios, and nodes of the catalogue.

use std::sync::{Arc, OnceLock};

use shimproof_model::World;
use shimproof_model::abstraction::Abstract;
use shimproof_model::catalog::Catalog;
use shimproof_model::world::Client;
use shimproof_properties::mutation::{Asked, CatalogueNode, Explored, Mutant};
use shimproof_properties::reachability::{self, Reachability};
use shimproof_properties::{
    Engine, LiveProperty, Machine, Property, all, check, check_live, containerd_guards_itself, live, policies,
};
use shimproof_scenario::{Design, Overrides, Scenario};
use shimproof_search::{Answer, Limits};
use shimproof_sim::{Agreement, Wire, compare, predict_in, world_of_prediction};

use super::Base;
use crate::verification::VerifyError;

/// A scenario with more states is tried only if nothing smaller kills a mutant.
const LARGE: usize = 2500;

/// What is asked of worlds.
pub(super) struct Questions {
    /// Of states: those of any design, policies, and what is asked under any client.
    states: Vec<OfStates>,
    live: Vec<LiveProperty<Abstract>>,
    pub reachabilities: Vec<Reachability>,
}

/// A property of states, and when it is asked.
struct OfStates {
    property: Property<Abstract>,
    when: When,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum When {
    Always,
    /// Always, but it kills only where the base promises it.
    Promised,
    /// Where no kubelet is the client.
    AnyClient,
}

/// How many reachabilities are asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// All.
    All,
    /// Those that no client should reach.
    Unreachable,
    /// None.
    Nothing,
}

impl Questions {
    pub fn all() -> Self {
        let of = |when| move |property| OfStates { property, when };
        let any = all().into_iter().map(of(When::Always));
        let promised = policies().into_iter().map(of(When::Promised));
        let itself = [containerd_guards_itself()].into_iter().map(of(When::AnyClient));
        Self {
            states: any.chain(promised).chain(itself).collect(),
            live: live(),
            reachabilities: reachability::all(),
        }
    }

    /// The names of the properties, in the order of answers.
    pub fn ids(&self) -> Vec<&'static str> {
        let states = self.states.iter().map(|of| of.property.id);
        states
            .chain(self.live.iter().map(|property| property.id))
            .collect()
    }

    /// Whether a property is a policy, which counts only against a base that promises it.
    pub fn is_policy(&self, number: usize) -> bool {
        self.states
            .get(number)
            .is_some_and(|of| of.when == When::Promised)
    }

    /// The answers of a world about its states.
    pub fn answers(
        &self,
        world: World<Abstract>,
        reach: Reach,
        limits: &Limits,
    ) -> Result<Answers, VerifyError> {
        let is_asked = |when| match when {
            When::Always | When::Promised => true,
            When::AnyClient => world.client == Client::Any,
        };
        let asked: Vec<bool> = self.states.iter().map(|of| is_asked(of.when)).collect();
        let properties: Vec<Property<Abstract>> = self
            .states
            .iter()
            .filter(|of| is_asked(of.when))
            .map(|of| of.property)
            .collect();
        let wanted = |reachability: &&Reachability| match reach {
            Reach::All => true,
            Reach::Unreachable => reachability::unreachable(&reachability.id).is_some(),
            Reach::Nothing => false,
        };
        let reachabilities: Vec<Reachability> = self.reachabilities.iter().filter(wanted).cloned().collect();
        let machine = Arc::new(Machine::new(world));
        let found = check(
            &machine,
            &properties,
            &reachabilities,
            Engine::default(),
            limits,
            &mut (),
        )?;
        let mut answers = found.findings.into_iter().map(|finding| finding.answer);
        let of_properties: Vec<Option<Answer>> = asked
            .into_iter()
            .map(|asked| if asked { answers.next() } else { None })
            .chain(self.live.iter().map(|_| None))
            .collect();
        let reached = self
            .reachabilities
            .iter()
            .map(|reachability| wanted(&reachability) && answers.next() == Some(Answer::Reached))
            .collect();
        Ok(Answers {
            properties: of_properties,
            reached,
            cut_short: found.bound.is_some(),
        })
    }

    /// The answers about whole runs, at the places of [`Self::ids`]; nothing else is answered.
    pub fn live_answers(&self, world: World<Abstract>, limits: &Limits) -> Result<Answers, VerifyError> {
        let asked: Vec<bool> = self
            .live
            .iter()
            .map(|property| (property.not_of)(&world).is_none())
            .collect();
        let properties: Vec<LiveProperty<Abstract>> = self
            .live
            .iter()
            .zip(&asked)
            .filter(|(_, asked)| **asked)
            .map(|(property, _)| *property)
            .collect();
        let machine = Arc::new(Machine::new(world));
        let unknown = check(&machine, &[], &[], Engine::default(), limits, &mut ())?.unknown;
        let found = check_live(&machine, &properties, unknown, Engine::default(), limits, &mut ())?;
        let mut answers = found.findings.into_iter().map(|finding| finding.answer);
        let live = asked
            .into_iter()
            .map(|asked| if asked { answers.next() } else { None });
        Ok(Answers {
            properties: self.states.iter().map(|_| None).chain(live).collect(),
            reached: Vec::new(),
            cut_short: found.bound.is_some(),
        })
    }

    /// Whether the catalogue names the scenario for a property of whole runs.
    pub fn shows_whole_runs(&self, scenario: &str) -> bool {
        self.live.iter().any(|property| {
            let about = property.about;
            about.scenarios.contains(&scenario)
                || about
                    .since
                    .shown_by
                    .iter()
                    .any(|shown| shown.scenario == scenario)
        })
    }
}

/// What was found out about a world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answers {
    /// Of each property; none where it is not asked.
    pub properties: Vec<Option<Answer>>,
    /// Of each reachability.
    pub reached: Vec<bool>,
    pub cut_short: bool,
}

/// A scenario under the base.
pub(super) struct Subject<'a> {
    pub scenario: &'a Scenario,
    pub world: World<Abstract>,
    pub explored: Explored<Abstract>,
    pub answers: Answers,
    /// What holds of whole runs, once that is asked.
    live: OnceLock<Result<Answers, String>>,
    /// The world on real bytes, if the scenario expects an outcome and the base has it.
    pub wire: Option<World<Wire>>,
}

impl<'a> Subject<'a> {
    /// Explores a scenario and answers its questions.
    pub fn new(
        scenario: &'a Scenario,
        catalog: &Catalog,
        base: &Base,
        questions: &Questions,
        limits: &Limits,
    ) -> Result<Self, VerifyError> {
        let overrides = overrides(base, catalog)?;
        let world = scenario.world(catalog, &overrides).map_err(Box::new)?;
        let answers = questions.answers(world.clone(), Reach::All, limits)?;
        let explored = Explored::explore(&world);
        let wire = match base {
            Base::OwnReleases => world_of_prediction(scenario, catalog, &overrides)
                .ok()
                .filter(|wire| disagreement(scenario, catalog, wire.clone()).is_none()),
            Base::Design(_) => None,
        };
        Ok(Self {
            scenario,
            world,
            explored,
            answers,
            live: OnceLock::new(),
            wire,
        })
    }

    /// Whether it has so many states that it is tried last.
    pub fn is_large(&self) -> bool {
        self.explored.states() > LARGE
    }

    /// What holds of whole runs; none if the model failed.
    pub fn live(&self, questions: &Questions, limits: &Limits) -> Option<&Answers> {
        let answers = || {
            questions
                .live_answers(self.world.clone(), limits)
                .map_err(|error| error.to_string())
        };
        self.live.get_or_init(answers).as_ref().ok()
    }

    /// The mutant's worlds, abstract and on real bytes; none if the scenario cannot tell them from its own.
    pub fn mutate(
        &self,
        mutant: &Mutant,
        mutated: Option<&Catalog>,
        base: &Base,
    ) -> Option<Result<MutantWorlds, String>> {
        let Some(catalog) = mutated else {
            let world = mutant.mutate(&self.world, self.explored.asked())?;
            let mutate = |wire| {
                mutant
                    .mutate(wire, self.explored.asked())
                    .unwrap_or_else(|| wire.clone())
            };
            return Some(Ok((world, self.wire.as_ref().map(mutate))));
        };
        let world = overrides(base, catalog)
            .map_err(|error| error.to_string())
            .and_then(|overrides| {
                let world = self.scenario.world(catalog, &overrides);
                let world = world.map_err(|error| error.to_string())?;
                let wire = self
                    .wire
                    .as_ref()
                    .and_then(|_| world_of_prediction(self.scenario, catalog, &overrides).ok());
                Ok((world, wire))
            });
        match world {
            Ok((world, _)) if same_rows(&world, &self.world) => None,
            other => Some(other),
        }
    }
}

/// A world, and the same on real bytes.
pub(super) type MutantWorlds = (World<Abstract>, Option<World<Wire>>);

pub(super) fn same_rows(one: &World<Abstract>, other: &World<Abstract>) -> bool {
    let containerd = |world: &World<Abstract>| -> Vec<_> {
        world
            .containerd
            .iter()
            .map(|release| release.row.clone())
            .collect()
    };
    let kubelets = |world: &World<Abstract>| -> Vec<_> {
        world.kubelets.iter().map(|kubelet| kubelet.row.clone()).collect()
    };
    containerd(one) == containerd(other) && kubelets(one) == kubelets(other)
}

pub(super) fn overrides(base: &Base, catalog: &Catalog) -> Result<Overrides, VerifyError> {
    Ok(match base {
        Base::OwnReleases => Overrides::default(),
        Base::Design(name) => Overrides {
            design: Some(Design::find(catalog, name)?.containerd),
            ..Overrides::default()
        },
    })
}

/// How the run without faults differs from what the scenario expects; none if it does not, or if the scenario
/// expects nothing.
pub(super) fn disagreement(scenario: &Scenario, catalog: &Catalog, world: World<Wire>) -> Option<String> {
    let expect = scenario.file.expect.as_ref()?;
    match predict_in(scenario, catalog, world) {
        Ok(prediction) => match compare(expect, &prediction) {
            Agreement::Differs(differences) => Some(differences.join("; ")),
            Agreement::Agrees | Agreement::NothingExpected | Agreement::Unusable => None,
        },
        Err(error) => Some(error.to_string()),
    }
}

/// The same of a scenario in a catalogue; none if it cannot be used there.
pub(super) fn outcome_otherwise(
    scenario: &Scenario,
    catalog: &Catalog,
    overrides: &Overrides,
) -> Option<String> {
    match world_of_prediction(scenario, catalog, overrides) {
        Ok(world) => disagreement(scenario, catalog, world),
        Err(error) => Some(error.to_string()),
    }
}

/// A node of the catalogue, with what its steps ask and what is answered about it, once that is asked.
pub(super) struct PlainSubject {
    pub node: CatalogueNode,
    pub world: World<Abstract>,
    pub asked: Asked,
    answers: OnceLock<Answers>,
    live: OnceLock<Answers>,
}

impl PlainSubject {
    /// Explores every node of the catalogue.
    pub fn all(catalog: &Catalog, base: &Base) -> Result<Vec<Self>, VerifyError> {
        let row = match base {
            Base::OwnReleases => None,
            Base::Design(name) => Some(Design::find(catalog, name)?.containerd.row.id),
        };
        Ok(CatalogueNode::all(catalog)
            .into_iter()
            .filter(|node| row.as_ref().is_none_or(|row| node.containerd() == row))
            .filter_map(|node| {
                let world = node.world(catalog, Clone::clone, Clone::clone)?;
                let asked = Explored::explore(&world).asked().clone();
                Some(Self {
                    node,
                    world,
                    asked,
                    answers: OnceLock::new(),
                    live: OnceLock::new(),
                })
            })
            .collect())
    }

    /// The answers about its states, with the reachabilities that no client should reach.
    pub fn answers(&self, questions: &Questions, limits: &Limits) -> Result<&Answers, VerifyError> {
        kept(&self.answers, || {
            questions.answers(self.world.clone(), Reach::Unreachable, limits)
        })
    }

    /// The answers about its whole runs.
    pub fn live(&self, questions: &Questions, limits: &Limits) -> Result<&Answers, VerifyError> {
        kept(&self.live, || questions.live_answers(self.world.clone(), limits))
    }
}

/// What is kept, or what is found out and kept. Two threads that ask at once find out the same.
fn kept<T, E>(cell: &OnceLock<T>, find_out: impl FnOnce() -> Result<T, E>) -> Result<&T, E> {
    if let Some(known) = cell.get() {
        return Ok(known);
    }
    let found = find_out()?;
    Ok(cell.get_or_init(|| found))
}
