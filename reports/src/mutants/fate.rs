//! What becomes of a mutant.

use shimproof_properties::mutation::Mutant;
use shimproof_properties::reachability;

use super::effect::Effect;
use super::subject::Questions;

/// What became of a mutant, with everything that was found out.
#[derive(Clone, Debug)]
pub struct MutantResult {
    /// Its name.
    pub id: String,
    /// The guard or behaviour that it changes.
    pub subject: String,
    /// The change in words.
    pub change: String,
    /// What became of it.
    pub fate: Fate,
    /// What kills it, with the first scenario in which it does.
    pub killers: Vec<(Killer, String)>,
    /// The properties that are violated without the mutant and hold with it, with the first scenario.
    pub mends: Vec<(String, String)>,
    /// Where its behaviour differs first, and how.
    pub difference: Option<(String, String)>,
    /// In how many scenarios or nodes of the catalogue something tells it from the base, until something killed it.
    pub places: usize,
}

/// What kills a mutant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Killer {
    /// A property that held is violated.
    Property(String),
    /// No scenario reaches this any more, or one reaches what no client should.
    Reachability(String),
    /// A scenario's `[expect]` is not met any more.
    Expectation(String),
}

/// What became of a mutant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Something kills it.
    Killed,
    /// Nothing kills it, and a violated property holds: the entry is a hole of the design.
    ClosesAHole,
    /// Something reads what is changed, and the reachable graph is the same everywhere.
    Equivalent,
    /// Nothing reads what is changed, and this is why.
    CannotOccur {
        /// Why.
        reason: &'static str,
        /// Where that can be read.
        source: &'static str,
    },
    /// Nothing reads what is changed, and nothing says why.
    NeverAsked,
    /// Its behaviour differs, and nothing minds.
    Survives,
}

impl Fate {
    /// Its name in reports.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Killed => "killed",
            Self::ClosesAHole => "closes-a-hole",
            Self::Equivalent => "equivalent",
            Self::CannotOccur { .. } => "cannot-occur",
            Self::NeverAsked => "never-asked",
            Self::Survives => "survives",
        }
    }

    /// Whether the mutant is a survivor that nothing explains.
    pub fn is_unexplained(&self) -> bool {
        matches!(self, Self::NeverAsked | Self::Survives)
    }
}

/// Why nothing reads what a mutant changes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Excuse {
    pub reason: &'static str,
    pub source: &'static str,
}

/// For each reachability, in how many scenarios it is reached.
pub(super) type Counts = [usize];

/// Judges a mutant by its effects: one for each place where something reads what is changed. `excuse` says why there can be
/// no such place.
pub(super) fn judge(
    mutant: &Mutant,
    effects: &[Effect],
    excuse: impl FnOnce() -> Option<Excuse>,
    counts: &Counts,
    questions: &Questions,
) -> MutantResult {
    let ids = questions.ids();
    let mut killers: Vec<(Killer, String)> = Vec::new();
    let mut kill = |killer: Killer, place: &str| {
        if !killers.iter().any(|(known, _)| *known == killer) {
            killers.push((killer, place.to_owned()));
        }
    };
    let mut mends: Vec<(String, String)> = Vec::new();
    let mut change_of_count = vec![0_isize; counts.len()];
    for effect in effects {
        for number in &effect.violated {
            kill(Killer::Property(ids[*number].to_owned()), &effect.place);
        }
        for number in &effect.mended {
            let id = ids[*number];
            if !mends.iter().any(|(known, _)| known == id) {
                mends.push((id.to_owned(), effect.place.clone()));
            }
        }
        for number in &effect.lost {
            change_of_count[*number] -= 1;
        }
        for number in &effect.gained {
            change_of_count[*number] += 1;
        }
        for unmet in &effect.unmet {
            kill(Killer::Expectation(unmet.clone()), &effect.place);
        }
    }
    for (number, (count, change)) in counts.iter().zip(&change_of_count).enumerate() {
        let id = &questions.reachabilities[number].id;
        let now = count.checked_add_signed(*change).unwrap_or_default();
        if *count > 0 && now == 0 {
            kill(Killer::Reachability(format!("{id} is reached nowhere")), "");
        }
        if *count == 0 && now > 0 && reachability::unreachable(id).is_some() {
            let place = effects
                .iter()
                .find(|effect| effect.gained.contains(&number))
                .map_or("", |effect| effect.place.as_str());
            kill(Killer::Reachability(format!("{id} is reached")), place);
        }
    }
    let difference = effects
        .iter()
        .find_map(|effect| Some((effect.place.clone(), effect.difference.clone()?)));
    let fate = if difference.is_none() {
        if effects.is_empty() {
            excuse().map_or(Fate::NeverAsked, |Excuse { reason, source }| Fate::CannotOccur {
                reason,
                source,
            })
        } else {
            Fate::Equivalent
        }
    } else if !killers.is_empty() {
        Fate::Killed
    } else if !mends.is_empty() {
        Fate::ClosesAHole
    } else {
        Fate::Survives
    };
    if difference.is_none() {
        // What shows in no behaviour is no kill: only the name of a decision changed.
        killers.clear();
    }
    killers.sort();
    MutantResult {
        id: mutant.id.clone(),
        subject: mutant.subject(),
        change: mutant.describe(),
        fate,
        killers,
        mends,
        difference,
        places: effects.iter().filter(|effect| effect.tells_it_apart()).count(),
    }
}
