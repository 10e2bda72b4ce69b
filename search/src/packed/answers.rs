//! What a search has found out, and what it makes of it.

use std::sync::atomic::Ordering;

use super::coverage::{ActionCoverage, Coverage};
use super::leader::Search;
use super::outcome::{PackedOutcome, PackedOutcomeOf};
use super::partition::StateId;
use super::system::PackedSystem;
use super::work::{read, write};
use crate::error::guarded;
use crate::question::Role;
use crate::{Bound, ErrorOf, Finding, Kind, Observer, Outcome, PathOf, SearchError, Verdict, VerdictOf};

/// Where a question was answered, by its number: at a state, or at a step from it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    State(usize, StateId),
    Step(usize, StateId),
}

impl<S: PackedSystem> Search<'_, '_, '_, S> {
    /// Takes note of what the states that were stored have answered.
    pub(super) fn settle_states(&mut self, observer: &mut dyn Observer) {
        if !self.shared.answered.swap(false, Ordering::Relaxed) {
            return;
        }
        for number in 0..self.shared.state_questions.len() {
            if !read(&self.shared.plan).state_questions[number] {
                continue;
            }
            let first = self
                .shared
                .shards
                .iter()
                .enumerate()
                .find_map(|(partition, shard)| Some(StateId::new(partition, read(shard).answers[number]?)));
            if let Some(id) = first {
                write(&self.shared.plan).state_questions[number] = false;
                let question = &self.shared.state_questions[number];
                self.answered(
                    question.property,
                    question.role,
                    Place::State(number, id),
                    observer,
                );
            }
        }
    }

    /// Takes note of what the steps of a batch have answered.
    pub(super) fn settle_steps(&mut self, chunks: usize, observer: &mut dyn Observer) {
        for number in 0..self.shared.step_questions.len() {
            if !read(&self.shared.plan).step_questions[number] {
                continue;
            }
            let first = self.shared.chunks[..chunks].iter().find_map(|chunk| {
                let chunk = read(chunk);
                Some(chunk.source(chunk.answers[number]?))
            });
            if let Some(id) = first {
                write(&self.shared.plan).step_questions[number] = false;
                let question = &self.shared.step_questions[number];
                self.answered(
                    question.property,
                    question.role,
                    Place::Step(number, id),
                    observer,
                );
            }
        }
    }

    fn answered(&mut self, property: usize, role: Role, place: Place, observer: &mut dyn Observer) {
        match role {
            Role::Condition => {
                self.places[property] = Some(place);
                observer.found(&Finding {
                    property,
                    id: self.properties[property].id(),
                    depth: self.totals.level + 1,
                });
            }
            Role::Antecedent => self.antecedents[property] = true,
        }
    }

    /// What the search found, once it has ended.
    pub(super) fn outcome(&self, bound: Option<Bound>) -> Result<PackedOutcomeOf<S>, ErrorOf<S>> {
        let duration = self.watch.elapsed();
        let kinds = S::ACTION_KINDS.iter().enumerate();
        let mut coverage: Vec<ActionCoverage> = kinds
            .map(|(number, kind)| ActionCoverage {
                kind,
                enabled: 0,
                fired: 0,
                discoveries: self
                    .shared
                    .shards
                    .iter()
                    .map(|shard| read(shard).discoveries[number])
                    .sum(),
            })
            .collect();
        let (mut transitions, mut terminal_states) = (0, 0);
        for chunk in &self.shared.chunks {
            let chunk = read(chunk);
            transitions += chunk.counts.transitions;
            terminal_states += chunk.counts.terminal;
            for (number, action) in coverage.iter_mut().enumerate() {
                action.enabled += chunk.counts.kinds[number].enabled;
                action.fired += chunk.counts.kinds[number].fired;
            }
        }
        let verdicts = (0..self.properties.len())
            .map(|property| self.verdict(property, bound.is_none(), transitions))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(PackedOutcome {
            search: Outcome {
                verdicts,
                states: self.totals.states,
                initial_states: self.totals.initial_states,
                terminal_states,
                transitions,
                depth: self.totals.depth,
                bound,
                duration,
            },
            coverage: Coverage { actions: coverage },
            peak_memory: self.totals.peak_memory,
        })
    }

    fn verdict(&self, index: usize, complete: bool, transitions: u64) -> Result<VerdictOf<S>, ErrorOf<S>> {
        let property = &self.properties[index];
        let path = self.places[index].map(|place| self.path(place)).transpose()?;
        Ok(match (path, property.kind()) {
            (Some(path), Kind::Always) => Verdict::Violated(path),
            (Some(path), Kind::Reachable) => Verdict::Reached(path),
            (None, _) if !complete => Verdict::Unknown,
            (None, Kind::Always) => {
                let nothing_asked = if property.is_about_steps() {
                    transitions == 0
                } else {
                    self.totals.states == 0
                };
                let premise_never_held = property.has_antecedent() && !self.antecedents[index];
                Verdict::Holds {
                    vacuous: nothing_asked || premise_never_held,
                }
            }
            (None, Kind::Reachable) => Verdict::Unreached,
        })
    }

    /// The run to where a condition was decided. With symmetry, that it is decided there too is checked.
    fn path(&self, place: Place) -> Result<PathOf<S>, ErrorOf<S>> {
        match place {
            Place::State(number, id) => {
                let path = self.shared.path_to(id)?;
                let question = &self.shared.state_questions[number];
                let answer = guarded(|| (question.function)(self.shared.system, path.last_state()));
                if answer == Ok(question.wanted) {
                    Ok(path)
                } else {
                    Err(self.asymmetric(question.property, path))
                }
            }
            Place::Step(number, id) => {
                let mut path = self.shared.path_to(id)?;
                let question = &self.shared.step_questions[number];
                let decided = |from: &S::State, action: &S::Action, to: &S::State| {
                    (question.function)(self.shared.system, from, action, to) == question.wanted
                };
                match self.shared.extend(&mut path, decided) {
                    Ok(()) => Ok(path),
                    Err(_) if self.shared.symmetry => Err(self.asymmetric(question.property, path)),
                    Err(error) => Err(error),
                }
            }
        }
    }

    pub(super) fn asymmetric(&self, property: usize, path: PathOf<S>) -> ErrorOf<S> {
        if self.shared.symmetry {
            SearchError::Asymmetric {
                property: self.properties[property].id().to_owned(),
                path,
            }
        } else {
            SearchError::Unrepeatable { path }
        }
    }
}
