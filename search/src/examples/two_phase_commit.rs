//! Two-phase commit, with the transaction manager and any of up to sixteen resource managers.
//!
//! This is `TwoPhase.tla` of Gray and Lamport, "Consensus on Transaction Commit" (ACM TODS 31(1), 2006), as
//! in the `tlaplus/Examples` repository. TLC, SPIN and Stateright agree on its size:
//!
//! | resource managers | distinct states | states generated | depth |
//! |---|---|---|---|
//! | 3 | 288 | 1,146 | 11 |
//! | 5 | 8,832 | 58,146 | 17 |
//! | 7 | 296,448 | 2,744,706 | 23 |
//! | 8 | 1,745,408 | 18,507,778 | 26 |
//! | 9 | 10,340,352 | 123,558,402 | 29 |
//!
//! "Generated" is the number of steps plus one, for the initial state.

use crate::{Property, TransitionSystem};

/// The protocol for a number of resource managers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TwoPhaseCommit {
    resource_managers: u8,
}

/// The most resource managers that a [`State`] has room for.
pub const MAX_RESOURCE_MANAGERS: u8 = 16;

impl TwoPhaseCommit {
    /// The protocol for `resource_managers` of them; for [`MAX_RESOURCE_MANAGERS`] if that is fewer.
    pub fn new(resource_managers: u8) -> Self {
        Self {
            resource_managers: resource_managers.min(MAX_RESOURCE_MANAGERS),
        }
    }

    fn all(self) -> impl Iterator<Item = u8> {
        0..self.resource_managers
    }

    /// `TCConsistent`, that no two resource managers decide differently, and that each decision can be had by
    /// all.
    pub fn properties() -> Vec<Property<Self>> {
        vec![
            Property::always("consistent", |system: &Self, state: &State| {
                let decided = |decision| system.all().any(|rm| state.resource_manager(rm) == decision);
                !(decided(ResourceManager::Aborted) && decided(ResourceManager::Committed))
            }),
            Property::reachable("all abort", |system: &Self, state: &State| {
                system
                    .all()
                    .all(|rm| state.resource_manager(rm) == ResourceManager::Aborted)
            }),
            Property::reachable("all commit", |system: &Self, state: &State| {
                system
                    .all()
                    .all(|rm| state.resource_manager(rm) == ResourceManager::Committed)
            }),
        ]
    }
}

/// What a resource manager has decided (`rmState`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ResourceManager {
    /// Nothing.
    Working,
    /// To follow the transaction manager.
    Prepared,
    /// To commit.
    Committed,
    /// To abort.
    Aborted,
}

/// What the transaction manager has decided (`tmState`); its message, once sent, stays, so this is `msgs`
/// too.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TransactionManager {
    /// Nothing.
    Init,
    /// To commit.
    Committed,
    /// To abort.
    Aborted,
}

/// A state of the protocol, packed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// Two bits for each resource manager.
    resource_managers: u32,
    /// Whose "prepared" message was sent.
    prepared_sent: u16,
    /// Whose "prepared" message the transaction manager has got (`tmPrepared`).
    prepared_received: u16,
    transaction_manager: TransactionManager,
}

impl State {
    /// What a resource manager has decided.
    pub const fn resource_manager(&self, rm: u8) -> ResourceManager {
        match self.resource_managers >> (2 * rm) & 0b11 {
            0 => ResourceManager::Working,
            1 => ResourceManager::Prepared,
            2 => ResourceManager::Committed,
            _ => ResourceManager::Aborted,
        }
    }

    const fn with(mut self, rm: u8, decision: ResourceManager) -> Self {
        self.resource_managers &= !(0b11 << (2 * rm));
        self.resource_managers |= (decision as u32) << (2 * rm);
        self
    }
}

/// The actions of the specification, under its names. Numbers are those of resource managers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the specification defines them")]
pub enum Action {
    TMRcvPrepared(u8),
    TMCommit,
    TMAbort,
    RMPrepare(u8),
    RMChooseToAbort(u8),
    RMRcvCommitMsg(u8),
    RMRcvAbortMsg(u8),
}

impl TransitionSystem for TwoPhaseCommit {
    type State = State;
    type Action = Action;

    fn initial_states(&self) -> Vec<State> {
        vec![State {
            resource_managers: 0,
            prepared_sent: 0,
            prepared_received: 0,
            transaction_manager: TransactionManager::Init,
        }]
    }

    fn successors(&self, state: &State, out: &mut Vec<(Action, State)>) {
        let undecided = state.transaction_manager == TransactionManager::Init;
        if undecided && self.all().all(|rm| state.prepared_received >> rm & 1 == 1) {
            out.push((
                Action::TMCommit,
                State {
                    transaction_manager: TransactionManager::Committed,
                    ..*state
                },
            ));
        }
        if undecided {
            out.push((
                Action::TMAbort,
                State {
                    transaction_manager: TransactionManager::Aborted,
                    ..*state
                },
            ));
        }
        for rm in self.all() {
            if undecided && state.prepared_sent >> rm & 1 == 1 {
                let prepared_received = state.prepared_received | 1 << rm;
                out.push((
                    Action::TMRcvPrepared(rm),
                    State {
                        prepared_received,
                        ..*state
                    },
                ));
            }
            if state.resource_manager(rm) == ResourceManager::Working {
                let prepared = state.with(rm, ResourceManager::Prepared);
                let prepared_sent = state.prepared_sent | 1 << rm;
                out.push((
                    Action::RMPrepare(rm),
                    State {
                        prepared_sent,
                        ..prepared
                    },
                ));
                out.push((
                    Action::RMChooseToAbort(rm),
                    state.with(rm, ResourceManager::Aborted),
                ));
            }
            match state.transaction_manager {
                TransactionManager::Init => {}
                TransactionManager::Committed => {
                    out.push((
                        Action::RMRcvCommitMsg(rm),
                        state.with(rm, ResourceManager::Committed),
                    ));
                }
                TransactionManager::Aborted => {
                    out.push((
                        Action::RMRcvAbortMsg(rm),
                        state.with(rm, ResourceManager::Aborted),
                    ));
                }
            }
        }
    }
}
