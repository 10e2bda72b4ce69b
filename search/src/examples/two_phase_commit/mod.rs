//! Two-phase commit, with the transaction manager and any of up to fifteen resource managers.
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
//!
//! The protocol is written once, for any [`Representation`] of its state: packed into a word
//! ([`TwoPhaseCommit`]), or as Rust programs are usually written ([`UnpackedTwoPhaseCommit`]).

mod native;
mod packed;
mod unpacked;

pub use native::NativeModel;
pub use packed::{State, TwoPhaseCommit};
pub use unpacked::{Message, UnpackedState, UnpackedTwoPhaseCommit};

use std::fmt::Debug;
use std::hash::Hash;

/// The most resource managers that a packed state has room for.
pub const MAX_RESOURCE_MANAGERS: u8 = 15;

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

/// What the transaction manager has decided (`tmState`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TransactionManager {
    /// Nothing.
    Init,
    /// To commit.
    Committed,
    /// To abort.
    Aborted,
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

/// What the protocol asks of a state, and does to it. Messages stay once they are sent.
pub trait Representation: Clone + Eq + Hash + Debug {
    /// The state in which nothing has happened.
    fn initial(resource_managers: u8) -> Self;
    /// `rmState[rm]`.
    fn resource_manager(&self, rm: u8) -> ResourceManager;
    /// Sets `rmState[rm]`.
    fn decide(&mut self, rm: u8, decision: ResourceManager);
    /// `tmState`.
    fn transaction_manager(&self) -> TransactionManager;
    /// Sets `tmState`, and sends the message that tells of it.
    fn announce(&mut self, decision: TransactionManager);
    /// Whether the message that `announce` sends is in `msgs`.
    fn is_announced(&self, decision: TransactionManager) -> bool;
    /// Whether the "prepared" message of `rm` is in `msgs`.
    fn prepared_sent(&self, rm: u8) -> bool;
    /// Sends the "prepared" message of `rm`.
    fn send_prepared(&mut self, rm: u8);
    /// Adds `rm` to `tmPrepared`.
    fn receive_prepared(&mut self, rm: u8);
    /// Whether all of `resource_managers` are in `tmPrepared`.
    fn all_received(&self, resource_managers: u8) -> bool;
}

/// Calls `push` with every action that is enabled in `state`.
#[inline]
pub(crate) fn enabled<R: Representation>(resource_managers: u8, state: &R, mut push: impl FnMut(Action)) {
    let undecided = state.transaction_manager() == TransactionManager::Init;
    if undecided && state.all_received(resource_managers) {
        push(Action::TMCommit);
    }
    if undecided {
        push(Action::TMAbort);
    }
    let committed = state.is_announced(TransactionManager::Committed);
    let aborted = state.is_announced(TransactionManager::Aborted);
    for rm in 0..resource_managers {
        if undecided && state.prepared_sent(rm) {
            push(Action::TMRcvPrepared(rm));
        }
        if state.resource_manager(rm) == ResourceManager::Working {
            push(Action::RMPrepare(rm));
            push(Action::RMChooseToAbort(rm));
        }
        if committed {
            push(Action::RMRcvCommitMsg(rm));
        }
        if aborted {
            push(Action::RMRcvAbortMsg(rm));
        }
    }
}

/// Takes an action that is enabled.
#[inline]
pub(crate) fn apply<R: Representation>(state: &R, action: Action) -> R {
    let mut next = state.clone();
    match action {
        Action::TMRcvPrepared(rm) => next.receive_prepared(rm),
        Action::TMCommit => next.announce(TransactionManager::Committed),
        Action::TMAbort => next.announce(TransactionManager::Aborted),
        Action::RMPrepare(rm) => {
            next.decide(rm, ResourceManager::Prepared);
            next.send_prepared(rm);
        }
        Action::RMChooseToAbort(rm) | Action::RMRcvAbortMsg(rm) => next.decide(rm, ResourceManager::Aborted),
        Action::RMRcvCommitMsg(rm) => next.decide(rm, ResourceManager::Committed),
    }
    next
}

/// `TCConsistent`: no two resource managers decide differently.
pub(crate) fn is_consistent<R: Representation>(resource_managers: u8, state: &R) -> bool {
    let decided = |decision| (0..resource_managers).any(|rm| state.resource_manager(rm) == decision);
    !(decided(ResourceManager::Aborted) && decided(ResourceManager::Committed))
}

/// Whether all resource managers have made this decision.
pub(crate) fn all_decided<R: Representation>(
    resource_managers: u8,
    state: &R,
    decision: ResourceManager,
) -> bool {
    (0..resource_managers).all(|rm| state.resource_manager(rm) == decision)
}

/// The names of the properties, for either form.
pub(crate) const CONSISTENT: &str = "consistent";
pub(crate) const ALL_ABORT: &str = "all abort";
pub(crate) const ALL_COMMIT: &str = "all commit";
