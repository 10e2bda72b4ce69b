//! The protocol on the collections that its specification suggests.

use std::collections::BTreeSet;

use super::{
    ALL_ABORT, ALL_COMMIT, Action, CONSISTENT, Representation, ResourceManager, TransactionManager,
    all_decided, apply, enabled, is_consistent,
};
use crate::{Property, TransitionSystem};

/// The protocol for a number of resource managers, with a state on the heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnpackedTwoPhaseCommit {
    resource_managers: u8,
}

impl UnpackedTwoPhaseCommit {
    /// The protocol for `resource_managers` of them.
    pub const fn new(resource_managers: u8) -> Self {
        Self { resource_managers }
    }

    /// As [`super::TwoPhaseCommit::properties`].
    pub fn properties() -> Vec<Property<Self>> {
        vec![
            Property::always(CONSISTENT, |system: &Self, state| {
                is_consistent(system.resource_managers, state)
            }),
            Property::reachable(ALL_ABORT, |system: &Self, state| {
                all_decided(system.resource_managers, state, ResourceManager::Aborted)
            }),
            Property::reachable(ALL_COMMIT, |system: &Self, state| {
                all_decided(system.resource_managers, state, ResourceManager::Committed)
            }),
        ]
    }
}

/// A state of the protocol, with the variables of the specification.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct UnpackedState {
    /// `rmState`.
    pub resource_managers: Vec<ResourceManager>,
    /// `tmState`.
    pub transaction_manager: TransactionManager,
    /// `tmPrepared`.
    pub received: Vec<bool>,
    /// `msgs`.
    pub messages: BTreeSet<Message>,
}

/// A message of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Message {
    /// From a resource manager that is prepared.
    Prepared(u8),
    /// From the transaction manager to all.
    Commit,
    /// From the transaction manager to all.
    Abort,
}

impl Representation for UnpackedState {
    fn initial(resource_managers: u8) -> Self {
        Self {
            resource_managers: vec![ResourceManager::Working; usize::from(resource_managers)],
            transaction_manager: TransactionManager::Init,
            received: vec![false; usize::from(resource_managers)],
            messages: BTreeSet::new(),
        }
    }

    fn resource_manager(&self, rm: u8) -> ResourceManager {
        self.resource_managers[usize::from(rm)]
    }

    fn decide(&mut self, rm: u8, decision: ResourceManager) {
        self.resource_managers[usize::from(rm)] = decision;
    }

    fn transaction_manager(&self) -> TransactionManager {
        self.transaction_manager
    }

    fn announce(&mut self, decision: TransactionManager) {
        self.transaction_manager = decision;
        self.messages.extend(announcement(decision));
    }

    fn is_announced(&self, decision: TransactionManager) -> bool {
        announcement(decision).is_some_and(|message| self.messages.contains(&message))
    }

    fn prepared_sent(&self, rm: u8) -> bool {
        self.messages.contains(&Message::Prepared(rm))
    }

    fn send_prepared(&mut self, rm: u8) {
        self.messages.insert(Message::Prepared(rm));
    }

    fn receive_prepared(&mut self, rm: u8) {
        self.received[usize::from(rm)] = true;
    }

    fn all_received(&self, _: u8) -> bool {
        self.received.iter().all(|received| *received)
    }
}

const fn announcement(decision: TransactionManager) -> Option<Message> {
    match decision {
        TransactionManager::Init => None,
        TransactionManager::Committed => Some(Message::Commit),
        TransactionManager::Aborted => Some(Message::Abort),
    }
}

impl TransitionSystem for UnpackedTwoPhaseCommit {
    type State = UnpackedState;
    type Action = Action;

    fn initial_states(&self) -> Vec<UnpackedState> {
        vec![UnpackedState::initial(self.resource_managers)]
    }

    fn successors(&self, state: &UnpackedState, out: &mut Vec<(Action, UnpackedState)>) {
        enabled(self.resource_managers, state, |action| {
            out.push((action, apply(state, action)));
        });
    }
}
