//! The protocol on one word.

use super::{
    ALL_ABORT, ALL_COMMIT, Action, CONSISTENT, MAX_RESOURCE_MANAGERS, Representation, ResourceManager,
    TransactionManager, all_decided, apply, enabled, is_consistent,
};
use crate::{PackedSystem, Property};

/// The protocol for a number of resource managers, its states packed into one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TwoPhaseCommit {
    resource_managers: u8,
}

/// A state of the protocol: four bits for each resource manager (two for what it has decided, one for
/// "prepared" sent, one for received), and two bits at the top for the transaction manager.
pub type State = [u64; 1];

const BITS_EACH: u32 = 4;
const SENT: u64 = 0b0100;
const RECEIVED: u64 = 0b1000;
const MANAGER_SHIFT: u32 = 62;
/// The bit that `RECEIVED` is, of all resource managers.
const ALL_RECEIVED: u64 = 0x8888_8888_8888_8888;

impl TwoPhaseCommit {
    /// The protocol for `resource_managers` of them; for [`MAX_RESOURCE_MANAGERS`] if that is fewer.
    pub fn new(resource_managers: u8) -> Self {
        Self {
            resource_managers: resource_managers.min(MAX_RESOURCE_MANAGERS),
        }
    }

    /// How many there are.
    pub const fn resource_managers(self) -> u8 {
        self.resource_managers
    }

    /// `TCConsistent`, that no two resource managers decide differently, and that each decision can be had by
    /// all.
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

impl Representation for State {
    fn initial(_: u8) -> Self {
        [0]
    }

    #[inline]
    fn resource_manager(&self, rm: u8) -> ResourceManager {
        match self[0] >> (BITS_EACH * u32::from(rm)) & 0b11 {
            0 => ResourceManager::Working,
            1 => ResourceManager::Prepared,
            2 => ResourceManager::Committed,
            _ => ResourceManager::Aborted,
        }
    }

    #[inline]
    fn decide(&mut self, rm: u8, decision: ResourceManager) {
        let shift = BITS_EACH * u32::from(rm);
        self[0] = self[0] & !(0b11 << shift) | (decision as u64) << shift;
    }

    #[inline]
    fn transaction_manager(&self) -> TransactionManager {
        match self[0] >> MANAGER_SHIFT {
            0 => TransactionManager::Init,
            1 => TransactionManager::Committed,
            _ => TransactionManager::Aborted,
        }
    }

    #[inline]
    fn announce(&mut self, decision: TransactionManager) {
        self[0] |= (decision as u64) << MANAGER_SHIFT;
    }

    /// The message and the decision are never apart.
    #[inline]
    fn is_announced(&self, decision: TransactionManager) -> bool {
        self.transaction_manager() == decision
    }

    #[inline]
    fn prepared_sent(&self, rm: u8) -> bool {
        self[0] >> (BITS_EACH * u32::from(rm)) & SENT != 0
    }

    #[inline]
    fn send_prepared(&mut self, rm: u8) {
        self[0] |= SENT << (BITS_EACH * u32::from(rm));
    }

    #[inline]
    fn receive_prepared(&mut self, rm: u8) {
        self[0] |= RECEIVED << (BITS_EACH * u32::from(rm));
    }

    #[inline]
    fn all_received(&self, resource_managers: u8) -> bool {
        let all = ALL_RECEIVED & ((1 << (BITS_EACH * u32::from(resource_managers))) - 1);
        self[0] & all == all
    }
}

impl PackedSystem for TwoPhaseCommit {
    type State = State;
    type Action = Action;
    type Scratch = ();

    const ACTION_KINDS: &'static [&'static str] = &[
        "TMRcvPrepared",
        "TMCommit",
        "TMAbort",
        "RMPrepare",
        "RMChooseToAbort",
        "RMRcvCommitMsg",
        "RMRcvAbortMsg",
    ];

    #[inline]
    fn action_kind(action: &Action) -> usize {
        match action {
            Action::TMRcvPrepared(_) => 0,
            Action::TMCommit => 1,
            Action::TMAbort => 2,
            Action::RMPrepare(_) => 3,
            Action::RMChooseToAbort(_) => 4,
            Action::RMRcvCommitMsg(_) => 5,
            Action::RMRcvAbortMsg(_) => 6,
        }
    }

    fn initial(&self, emit: &mut dyn FnMut(&State)) {
        emit(&State::initial(self.resource_managers));
    }

    #[inline]
    fn successors(&self, state: &State, (): &mut (), emit: &mut impl FnMut(Action, &State)) {
        enabled(self.resource_managers, state, |action| {
            emit(action, &apply(state, action));
        });
    }

    /// Resource managers differ in their number only, so their four bits are sorted.
    #[inline]
    fn canonical(&self, state: &mut State) {
        const EACH: u64 = (1 << BITS_EACH) - 1;
        // A counting sort: how many resource managers have each value, four bits a count.
        let mut counts = 0_u64;
        let mut rest = state[0];
        for _ in 0..self.resource_managers {
            counts += 1 << (u64::from(BITS_EACH) * (rest & EACH));
            rest >>= BITS_EACH;
        }
        let mut sorted = 0;
        for value in 0..=EACH {
            let count = counts >> (u64::from(BITS_EACH) * value) & EACH;
            for _ in 0..count {
                sorted = sorted << BITS_EACH | value;
            }
        }
        state[0] = state[0] >> MANAGER_SHIFT << MANAGER_SHIFT | sorted;
    }
}
