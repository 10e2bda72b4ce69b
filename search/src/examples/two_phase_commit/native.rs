//! The protocol as its authors would write it for Stateright, to measure Stateright without our adapter.

use std::marker::PhantomData;

use stateright::{Model, Property};

use super::{
    ALL_ABORT, ALL_COMMIT, Action, CONSISTENT, Representation, ResourceManager, all_decided, apply, enabled,
    is_consistent,
};

/// The protocol for a number of resource managers as a [`stateright::Model`], on either state.
///
/// As in Stateright's own example of the protocol, actions are listed first and taken one by one. "Consistent"
/// is never discovered, so all states are explored.
#[derive(Clone, Copy, Debug)]
pub struct NativeModel<R> {
    resource_managers: u8,
    representation: PhantomData<fn() -> R>,
}

impl<R> NativeModel<R> {
    /// The protocol for `resource_managers` of them.
    pub const fn new(resource_managers: u8) -> Self {
        Self {
            resource_managers,
            representation: PhantomData,
        }
    }
}

impl<R: Representation> Model for NativeModel<R> {
    type State = R;
    type Action = Action;

    fn init_states(&self) -> Vec<R> {
        vec![R::initial(self.resource_managers)]
    }

    fn actions(&self, state: &R, actions: &mut Vec<Action>) {
        enabled(self.resource_managers, state, |action| actions.push(action));
    }

    fn next_state(&self, state: &R, action: Action) -> Option<R> {
        Some(apply(state, action))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(CONSISTENT, |model, state| {
                is_consistent(model.resource_managers, state)
            }),
            Property::sometimes(ALL_ABORT, |model, state| {
                all_decided(model.resource_managers, state, ResourceManager::Aborted)
            }),
            Property::sometimes(ALL_COMMIT, |model, state| {
                all_decided(model.resource_managers, state, ResourceManager::Committed)
            }),
        ]
    }
}
