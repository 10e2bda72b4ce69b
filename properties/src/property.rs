//! What a property is.

use shimproof_model::log::Fact;
use shimproof_model::{Domain, Environment, Pod, World};

/// What kind of statement a property is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PropertyKind {
    /// It holds in every reachable state.
    Always,
    /// Some reachable step does it.
    Reachable,
}

impl PropertyKind {
    /// Its name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Reachable => "reachable",
        }
    }
}

/// A property that holds of every reachable state.
#[derive(Clone, Copy, Debug)]
pub struct Property<D: Domain> {
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
    /// How a state breaks it; none if it does not. Facts that the answer rests on are told to the last argument.
    pub broken: Predicate<D>,
    /// Whether the state is one that the property speaks of.
    pub antecedent: fn(&World<D>, &Environment<D>, &Pod<D>) -> bool,
}

/// How a state breaks a property.
pub type Predicate<D> = fn(&World<D>, &Environment<D>, &Pod<D>, &mut dyn FnMut(Fact)) -> Option<Broken>;

/// How a state breaks a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// What is wrong, with the values.
    pub what: String,
}

/// Every property, in the order of the catalogue.
pub fn all<D: Domain>() -> Vec<Property<D>> {
    vec![
        crate::type_as_configured::property(),
        crate::options_accepted::property(),
        crate::options_preserved::property(),
        crate::owner_only_if_applied::property(),
        crate::userns_honoured::property(),
    ]
}

/// The property of that name.
pub fn find<D: Domain>(id: &str) -> Option<Property<D>> {
    all().into_iter().find(|property| property.id == id)
}
