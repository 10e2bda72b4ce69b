//! Runs of the real system, from what the search keeps of them.

use super::partition::StateId;
use super::system::PackedSystem;
use super::work::{Shared, read};
use crate::error::guarded;
use crate::{ErrorOf, Path, PathOf, SearchError, TransitionSystem};

impl<S: PackedSystem> Shared<'_, S> {
    /// A shortest run to a state, or with symmetry to an image of it: the first such run in the order of the
    /// system's own steps. Actions are not stored, but found again.
    pub(super) fn path_to(&self, id: StateId) -> Result<PathOf<S>, ErrorOf<S>> {
        let mut stored = Vec::new();
        let mut at = id;
        while at != StateId::NONE {
            let shard = read(&self.shards[at.partition()]);
            stored.push(*shard.table.state(at.local()));
            at = shard.table.predecessor(at.local());
        }
        let start = stored.pop();
        let initial = guarded(|| {
            let mut offered = self.system.initial_states().into_iter();
            offered.find(|state| start.is_some_and(|start| self.stands_for(&start, state)))
        });
        let mut path = match (initial, start) {
            (Ok(Some(initial)), _) => Path::starting_at(initial),
            (_, Some(start)) => {
                return Err(SearchError::Unrepeatable {
                    path: Path::starting_at(start),
                });
            }
            (_, None) => unreachable!("the state itself is on the run to it"),
        };
        while let Some(next) = stored.pop() {
            self.extend(&mut path, |_, _, to| self.stands_for(&next, to))?;
        }
        Ok(path)
    }

    /// A state.
    pub(super) fn state(&self, id: StateId) -> S::State {
        *read(&self.shards[id.partition()]).table.state(id.local())
    }

    /// Takes the first step for which `wanted` is true.
    pub(super) fn extend(
        &self,
        path: &mut PathOf<S>,
        wanted: impl Fn(&S::State, &S::Action, &S::State) -> bool,
    ) -> Result<(), ErrorOf<S>> {
        let from = *path.last_state();
        let step = guarded(|| {
            let mut offered = Vec::new();
            TransitionSystem::successors(self.system, &from, &mut offered);
            offered.into_iter().find(|(action, to)| wanted(&from, action, to))
        });
        // A panic is as unrepeatable as a missing step: the state was expanded without one before.
        if let Ok(Some(step)) = step {
            path.steps.push(step);
            Ok(())
        } else {
            Err(SearchError::Unrepeatable { path: path.clone() })
        }
    }

    /// Whether the search keeps `stored` for `state`.
    pub(super) fn stands_for(&self, stored: &S::State, state: &S::State) -> bool {
        let mut state = *state;
        if self.symmetry {
            self.system.canonical(&mut state);
        }
        state == *stored
    }
}
