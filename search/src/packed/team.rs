//! Threads that work in rounds.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Where a leader and its helpers meet. All shared data is theirs to guard; this only says when.
#[derive(Debug, Default)]
pub(super) struct Team {
    roll: Mutex<Roll>,
    called: Condvar,
    finished: Condvar,
}

#[derive(Debug, Default)]
struct Roll {
    helpers: usize,
    round: u64,
    working: usize,
    dismissed: bool,
}

impl Team {
    /// Counts one more helper, before it is there.
    pub(super) fn enlist(&self) {
        self.roll().helpers += 1;
    }

    /// It did not come.
    pub(super) fn strike(&self) {
        self.roll().helpers -= 1;
    }

    /// Whether there is anybody to call.
    pub(super) fn has_helpers(&self) -> bool {
        self.roll().helpers > 0
    }

    /// Begins a round: every helper works once.
    pub(super) fn call(&self) {
        let mut roll = self.roll();
        roll.round += 1;
        roll.working = roll.helpers;
        drop(roll);
        self.called.notify_all();
    }

    /// Waits for the end of the round; whether it came in time.
    pub(super) fn wait(&self, time: Duration) -> bool {
        let roll = self.roll();
        let (roll, _) = self
            .finished
            .wait_timeout_while(roll, time, |roll| roll.working > 0)
            .unwrap_or_else(PoisonError::into_inner);
        roll.working == 0
    }

    /// A helper's life: `work` for each round, until the leader dismisses the team.
    pub(super) fn help(&self, mut work: impl FnMut()) {
        let mut seen = 0;
        loop {
            let roll = self
                .called
                .wait_while(self.roll(), |roll| roll.round == seen && !roll.dismissed)
                .unwrap_or_else(PoisonError::into_inner);
            if roll.dismissed {
                return;
            }
            seen = roll.round;
            drop(roll);
            work();
            let mut roll = self.roll();
            roll.working -= 1;
            let last = roll.working == 0;
            drop(roll);
            if last {
                self.finished.notify_one();
            }
        }
    }

    fn roll(&self) -> MutexGuard<'_, Roll> {
        // No code of the system runs under this lock, and its fields are valid at any time.
        self.roll.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lets the helpers go when the leader leaves, however it does.
#[derive(Debug)]
pub(super) struct Leader<'a>(pub(super) &'a Team);

impl Drop for Leader<'_> {
    fn drop(&mut self) {
        self.0.roll().dismissed = true;
        self.0.called.notify_all();
    }
}
