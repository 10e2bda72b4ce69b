//! Why a search ends before the space does.

use super::chunk::During;
use super::leader::Search;
use super::partition::{Full, StateId};
use super::system::PackedSystem;
use super::work::{Stop, read, write};
use crate::{Activity, Bound, ErrorOf, PathOf, SearchError};

/// Why a search ends before the space does.
pub(super) enum Halt<S: PackedSystem> {
    Bound(Bound),
    Fault(Box<ErrorOf<S>>),
}

impl<S: PackedSystem> From<Bound> for Halt<S> {
    fn from(bound: Bound) -> Self {
        Self::Bound(bound)
    }
}

impl<S: PackedSystem> From<ErrorOf<S>> for Halt<S> {
    fn from(error: ErrorOf<S>) -> Self {
        Self::Fault(Box::new(error))
    }
}

impl<S: PackedSystem> Search<'_, '_, '_, S> {
    /// The first fault, or else the first bound, of an expansion.
    pub(super) fn check_chunks(&self, chunks: usize) -> Result<(), Halt<S>> {
        let mut stopped = None;
        for chunk in &self.shared.chunks[..chunks] {
            let mut chunk = write(chunk);
            if let Some(fault) = chunk.fault.take() {
                let source = chunk.source(fault.offset);
                let mut path = self.shared.path_to(source)?;
                let (property, role, action, to) = match fault.during {
                    During::Successors => return Err(panicked(Activity::Successors, fault.message, path)),
                    During::Canonical => return Err(panicked(Activity::Canonical, fault.message, path)),
                    During::Question(number, action, to) => {
                        let question = &self.shared.step_questions[number];
                        (question.property, question.role, action, to)
                    }
                    During::StateQuestion(number, action, to) => {
                        let question = &self.shared.state_questions[number];
                        (question.property, question.role, action, to)
                    }
                };
                if self.shared.symmetry {
                    let (mut to, kind) = (to, S::action_kind(&action));
                    self.shared.system.canonical(&mut to);
                    let same_step = |_: &S::State, action: &S::Action, real: &S::State| {
                        S::action_kind(action) == kind && self.shared.stands_for(&to, real)
                    };
                    self.shared.extend(&mut path, same_step)?;
                } else {
                    path.steps.push((action, to));
                }
                let activity = role.activity(self.properties[property].id());
                return Err(panicked(activity, fault.message, path));
            }
            if let Some((number, offset)) = chunk.asymmetry {
                let path = self.shared.path_to(chunk.source(offset))?;
                let property = self.shared.state_questions[number].property;
                return Err(self.asymmetric(property, path).into());
            }
            stopped = stopped.or(chunk.stopped);
        }
        stopped.map_or(Ok(()), |stopped| Err(self.bound(stopped, None).into()))
    }

    /// As `check_chunks`, of storing.
    pub(super) fn check_shards(&self, allowance: Bound) -> Result<(), Halt<S>> {
        let mut stopped = None;
        for &partition in &read(&self.shared.plan).targets {
            let mut shard = write(&self.shared.shards[partition]);
            stopped = stopped.or(shard.stopped);
            let Some(fault) = shard.fault.take() else { continue };
            drop(shard);
            let path = self.shared.path_to(StateId::new(partition, fault.local))?;
            let question = &self.shared.state_questions[fault.question];
            let activity = question.role.activity(self.properties[question.property].id());
            return Err(panicked(activity, fault.message, path));
        }
        stopped.map_or(Ok(()), |stopped| Err(self.bound(stopped, Some(allowance)).into()))
    }

    fn bound(&self, stopped: Stop, allowance: Option<Bound>) -> Bound {
        match (stopped, allowance) {
            (Stop::Bound(bound), _) | (Stop::Allowance, Some(bound)) => bound,
            (Stop::Full(Full::Memory), _) => Bound::Memory(self.memory),
            (Stop::Full(Full::Names) | Stop::Allowance, _) => Bound::States(self.totals.states),
        }
    }
}

fn panicked<S: PackedSystem>(activity: Activity, message: String, path: PathOf<S>) -> Halt<S> {
    let path = Some(path);
    Halt::from(SearchError::Panicked {
        activity,
        message,
        path,
    })
}
