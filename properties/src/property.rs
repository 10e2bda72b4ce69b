//! What a property is.

use shimproof_model::catalog::ShimRow;
use shimproof_model::log::Fact;
use shimproof_model::trace::FailedClause;
use shimproof_model::{Domain, Environment, Pod, ToShim, World};

/// What kind of statement a property is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PropertyKind {
    /// It holds in every reachable state.
    Always,
    /// What is promised in some state comes about, in every fair run.
    LeadsTo,
    /// What it speaks of stays possible, wherever a run has come to.
    Possible,
    /// Some reachable step does it.
    Reachable,
}

impl PropertyKind {
    /// Its name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::LeadsTo => "leads-to",
            Self::Possible => "possible",
            Self::Reachable => "reachable",
        }
    }
}

/// What the catalogue says of a property.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// Its name.
    pub id: &'static str,
    /// What it says, in plain words.
    pub statement: &'static str,
    /// What it says, as a formula.
    pub formula: &'static str,
    /// Why it matters.
    pub why: &'static str,
    /// The incidents behind it.
    pub incidents: &'static [&'static str],
    /// Since when releases keep it.
    pub since: Since,
    /// The built-in scenarios that show it, by name.
    pub scenarios: &'static [&'static str],
}

/// Since when releases keep a property.
#[derive(Clone, Copy, Debug)]
pub struct Since {
    /// In words.
    pub text: &'static str,
    /// Public sources.
    pub sources: &'static [&'static str],
    /// What shows it, when it is run.
    pub shown_by: &'static [Shown],
}

/// A verdict on which the answer to "since when" rests. A test runs each of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The built-in scenario.
    pub scenario: &'static str,
    /// The release or the design.
    pub design: &'static str,
    /// Whether the property holds there.
    pub holds: bool,
}

/// That a property holds in a scenario under a release.
pub(crate) const fn kept(scenario: &'static str, design: &'static str) -> Shown {
    Shown {
        scenario,
        design,
        holds: true,
    }
}

/// That it is violated there.
pub(crate) const fn broken(scenario: &'static str, design: &'static str) -> Shown {
    Shown {
        scenario,
        design,
        holds: false,
    }
}

/// A property that holds of every reachable state.
#[derive(Clone, Copy, Debug)]
pub struct Property<D: Domain> {
    /// Its name.
    pub id: &'static str,
    /// What the catalogue says of it.
    pub about: About,
    /// How the state of one pod breaks it; none if it does not. Facts that the answer rests on are told to the last
    /// argument.
    pub broken: Predicate<D>,
    /// Whether the state of a pod is one that the property speaks of.
    pub antecedent: fn(&World<D>, &Environment<D>, &Pod<D>) -> bool,
    /// What it asks of every two pods of a node besides.
    pub between: Option<Between<D>>,
}

/// How the state of a pod breaks a property.
pub type Predicate<D> = fn(&World<D>, &Environment<D>, &Pod<D>, &mut dyn FnMut(Fact)) -> Option<Broken>;

/// What a property asks of two pods. The order of the two does not matter.
#[derive(Clone, Copy, Debug)]
pub struct Between<D: Domain> {
    /// How the two break it.
    pub broken: OfTwo<D, Option<Broken>>,
    /// Whether it speaks of the two.
    pub antecedent: OfTwo<D, bool>,
}

/// What is said of two pods of a world.
pub type OfTwo<D, T> = fn(&World<D>, &Pod<D>, &Pod<D>) -> T;

/// How a state breaks a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// What is wrong, in words.
    pub what: String,
    /// The clause of the formula that is false, with the values of its terms.
    pub clause: FailedClause,
}

impl<D: Domain> Property<D> {
    /// How a node breaks it, by one of its pods or by two.
    pub fn broken_by(
        &self,
        world: &World<D>,
        env: &Environment<D>,
        pods: &[Pod<D>],
        rests_on: &mut dyn FnMut(Fact),
    ) -> Option<Broken> {
        let alone = pods
            .iter()
            .find_map(|pod| (self.broken)(world, env, pod, &mut *rests_on));
        let two = || {
            let between = self.between?;
            pairs(pods).find_map(|(one, other)| (between.broken)(world, one, other))
        };
        alone.or_else(two)
    }

    /// Whether the state of a node is one that it speaks of.
    pub fn speaks_of(&self, world: &World<D>, env: &Environment<D>, pods: &[Pod<D>]) -> bool {
        pods.iter().any(|pod| (self.antecedent)(world, env, pod))
            || self.between.is_some_and(|between| {
                pairs(pods).any(|(one, other)| (between.antecedent)(world, one, other))
            })
    }
}

fn pairs<T>(all: &[T]) -> impl Iterator<Item = (&T, &T)> {
    all.iter()
        .enumerate()
        .flat_map(|(index, one)| all[index + 1..].iter().map(move |other| (one, other)))
}

/// The options of a message in words.
pub(crate) fn described<D: Domain>(options: Option<&D::Any>) -> String {
    options.map_or_else(|| "none".to_owned(), D::describe)
}

/// The terms of a clause about a message and the shim that it goes to.
pub(crate) fn about_message<D: Domain>(
    shim: &ShimRow,
    message: &ToShim<'_, D>,
) -> [(&'static str, String); 3] {
    [
        ("s", format!("{} ({})", shim.name, shim.id)),
        ("m.channel", message.channel.as_str().to_owned()),
        ("m.options", described::<D>(message.options)),
    ]
}
