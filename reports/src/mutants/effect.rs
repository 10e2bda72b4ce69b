//! What a mutant changes in one scenario, or on one node of the catalogue.

use shimproof_model::World;
use shimproof_model::abstraction::Abstract;
use shimproof_model::catalog::Catalog;
use shimproof_model::trace::record;
use shimproof_properties::mutation::{Change, Difference, Explored, Mutant};
use shimproof_properties::policies_of;
use shimproof_scenario::{Overrides, Scenario};
use shimproof_search::{Answer, Limits};

use super::Base;
use super::subject::{
    Answers, PlainSubject, Questions, Reach, Subject, disagreement, outcome_otherwise, same_rows,
};
use crate::verification::VerifyError;

/// What a mutant changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Effect {
    /// The scenario or node.
    pub place: String,
    /// How the behaviour differs; none if the reachable graph is the same.
    pub difference: Option<String>,
    /// The properties that held and are violated, by number.
    pub violated: Vec<usize>,
    /// The properties that were violated and hold.
    pub mended: Vec<usize>,
    /// Reachabilities that are reached no more, by number.
    pub lost: Vec<usize>,
    /// Reachabilities that are reached now.
    pub gained: Vec<usize>,
    /// In which way the scenario's `[expect]` is no longer met.
    pub unmet: Vec<String>,
    /// Whether a search was cut short.
    pub cut_short: bool,
}

impl Effect {
    /// Nothing at all, at a place.
    fn nothing_at(place: String) -> Self {
        Self {
            place,
            ..Self::default()
        }
    }

    /// Whether something tells the mutant from the base here.
    pub fn tells_it_apart(&self) -> bool {
        let nothing = Self {
            cut_short: self.cut_short,
            ..Self::nothing_at(self.place.clone())
        };
        *self != nothing
    }

    /// Compares answers. A policy is violated only where `base` promises it.
    fn compare(&mut self, before: &Answers, after: &Answers, base: &World<Abstract>, questions: &Questions) {
        let promised: Vec<&str> = policies_of(base).iter().map(|policy| policy.id).collect();
        let ids = questions.ids();
        for (number, (was, is)) in before.properties.iter().zip(&after.properties).enumerate() {
            match (was, is) {
                (Some(Answer::Holds { .. }), Some(Answer::Violated))
                    if promised.contains(&ids[number]) || !questions.is_policy(number) =>
                {
                    self.violated.push(number);
                }
                // What holds only because nothing happens any more is not mended.
                (Some(Answer::Violated), Some(Answer::Holds { vacuous: false })) => self.mended.push(number),
                _ => {}
            }
        }
        for (number, (was, is)) in before.reached.iter().zip(&after.reached).enumerate() {
            match (was, is) {
                (true, false) => self.lost.push(number),
                (false, true) => self.gained.push(number),
                _ => {}
            }
        }
        self.cut_short |= before.cut_short || after.cut_short;
    }
}

/// What the mutant changes in a scenario; none if nothing there reads what is changed.
pub(super) fn in_scenario(
    mutant: &Mutant,
    mutated: Option<&Catalog>,
    subject: &Subject<'_>,
    base: &Base,
    catalog: &Catalog,
    questions: &Questions,
    limits: &Limits,
) -> Result<Option<Effect>, VerifyError> {
    let mut effect = Effect::nothing_at(subject.scenario.file.name.clone());
    let (world, wire) = match subject.mutate(mutant, mutated, base) {
        None => return Ok(None),
        Some(Ok(worlds)) => worlds,
        Some(Err(error)) => {
            effect.difference = Some(format!("the scenario cannot be used: {error}"));
            if subject.wire.is_some() {
                effect.unmet.push(format!("the scenario cannot be used: {error}"));
            }
            return Ok(Some(effect));
        }
    };
    let of_field = matches!(mutant.change, Change::Field(_));
    let difference = subject
        .explored
        .first_difference(&subject.world, &world, of_field);
    effect.difference = difference
        .map(|difference| words(&subject.world, &difference))
        .or_else(|| refused_otherwise(&subject.world, &world));
    // Properties may read a row, but no table of a guard.
    if mutant.is_about_texts() {
        if *base == Base::OwnReleases {
            let other =
                wire.and_then(|wire| disagreement(subject.scenario, mutated.unwrap_or(catalog), wire));
            effect.unmet.extend(other);
        }
    } else if effect.difference.is_some() || of_field {
        let answers = questions.answers(world, Reach::All, limits)?;
        effect.compare(&subject.answers, &answers, &subject.world, questions);
        if *base == Base::OwnReleases {
            effect
                .unmet
                .extend(unmet_reachabilities(subject, &answers, questions));
            let other =
                wire.and_then(|wire| disagreement(subject.scenario, mutated.unwrap_or(catalog), wire));
            effect.unmet.extend(other);
        }
    }
    let reads = || mutant.is_read(&subject.world, subject.explored.asked());
    Ok((effect.tells_it_apart() || reads()).then_some(effect))
}

/// What the mutant changes of whole runs in a scenario in which it behaves otherwise.
pub(super) fn of_whole_runs(
    mutant: &Mutant,
    mutated: Option<&Catalog>,
    subject: &Subject<'_>,
    base: &Base,
    questions: &Questions,
    limits: &Limits,
) -> Result<Option<Effect>, VerifyError> {
    let Some(Ok((world, _))) = subject.mutate(mutant, mutated, base) else {
        return Ok(None);
    };
    let Some(before) = subject.live(questions, limits) else {
        return Ok(None);
    };
    let mut effect = Effect::nothing_at(subject.scenario.file.name.clone());
    effect.compare(
        before,
        &questions.live_answers(world, limits)?,
        &subject.world,
        questions,
    );
    Ok(Some(effect))
}

/// A configuration that is refused in other words leads to the same states.
fn refused_otherwise(one: &World<Abstract>, other: &World<Abstract>) -> Option<String> {
    one.configurations
        .iter()
        .zip(&other.configurations)
        .flat_map(|(one, other)| one.refusals.iter().zip(&other.refusals))
        .find(|(one, other)| one != other)
        .map(|(one, other)| {
            let told = |text: &Option<String>| {
                text.as_ref().map_or_else(
                    || "containerd takes the configuration".to_owned(),
                    |text| format!("containerd refuses the configuration: {text}"),
                )
            };
            format!("{}; mutant: {}", told(one), told(other))
        })
}

fn unmet_reachabilities(subject: &Subject<'_>, answers: &Answers, questions: &Questions) -> Vec<String> {
    let Some(expect) = &subject.scenario.file.expect else {
        return Vec::new();
    };
    let mut unmet = Vec::new();
    for (number, reachability) in questions.reachabilities.iter().enumerate() {
        let (was, is) = (subject.answers.reached[number], answers.reached[number]);
        if was && !is && expect.reachable.contains(&reachability.id) {
            unmet.push(format!("{} is not reached", reachability.id));
        }
        if !was && is && expect.unreachable.contains(&reachability.id) {
            unmet.push(format!("{} is reached", reachability.id));
        }
    }
    unmet
}

/// What the mutant changes on a node of the catalogue; none if nothing there reads what is changed.
pub(super) fn on_node(
    mutant: &Mutant,
    subject: &PlainSubject,
    catalog: &Catalog,
    questions: &Questions,
    limits: &Limits,
) -> Result<Option<Effect>, VerifyError> {
    let world = &subject.world;
    let of_field = matches!(mutant.change, Change::Field(_));
    let mutated = match &mutant.change {
        Change::Field(change) => {
            subject
                .node
                .world(catalog, |row| change.containerd(row), |row| change.kubelet(row))
        }
        Change::Entry { .. } | Change::Dropped { .. } => mutant.mutate(world, &subject.asked),
    };
    let Some(mutated) = mutated else { return Ok(None) };
    if of_field && same_rows(world, &mutated) {
        return Ok(None);
    }
    let mut effect = Effect::nothing_at(subject.node.name());
    let explored = Explored::explore(world);
    let Some(difference) = explored.first_difference(world, &mutated, of_field) else {
        return Ok(mutant.is_read(world, &subject.asked).then_some(effect));
    };
    effect.difference = Some(words(world, &difference));
    if mutant.is_about_texts() {
        return Ok(Some(effect));
    }
    let after = questions.answers(mutated.clone(), Reach::Unreachable, limits)?;
    effect.compare(subject.answers(questions, limits)?, &after, world, questions);
    if subject.node.has_kubelet() {
        let after = questions.live_answers(mutated, limits)?;
        effect.compare(subject.live(questions, limits)?, &after, world, questions);
    }
    Ok(Some(effect))
}

/// What the mutant changes of the outcome of a real report.
pub(super) fn in_incident(incident: &Scenario, mutated: &Catalog) -> Option<Effect> {
    let unmet = outcome_otherwise(incident, mutated, &Overrides::default())?;
    Some(Effect {
        difference: Some(unmet.clone()),
        unmet: vec![unmet],
        ..Effect::nothing_at(incident.file.name.clone())
    })
}

fn words(world: &World<Abstract>, difference: &Difference<Abstract>) -> String {
    let steps = record(world, &difference.actions).0.steps;
    let last = steps
        .last()
        .map_or_else(|| "at the start".to_owned(), |step| step.event.clone());
    let before = &difference.before;
    let after = if *before == difference.after {
        "another state"
    } else {
        &difference.after
    };
    format!("after {} steps ({last}): {before}; mutant: {after}", steps.len())
}
