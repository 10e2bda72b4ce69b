//! How often guards decided what.

use std::sync::{Mutex, PoisonError};

use shimproof_model::Finite;
use shimproof_model::guards::Guard;
use shimproof_model::log::{DecisionSet, MAX_DECISIONS};

/// How often one decision of a guard was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuardCoverage {
    /// The guard.
    pub guard: Guard,
    /// The number of the decision.
    pub decision: usize,
    /// In how many steps.
    pub steps: u64,
}

/// The counts of all threads.
#[derive(Debug, Default)]
pub struct GuardCounts {
    steps: Mutex<Vec<u64>>,
}

impl GuardCounts {
    /// Adds a step that was taken so often.
    pub(super) fn add<'d>(&self, steps: impl Iterator<Item = (&'d DecisionSet, u64)>) {
        let mut counts = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        counts.resize(Guard::CARDINALITY * MAX_DECISIONS, 0);
        for (decisions, times) in steps {
            for guard in Guard::all() {
                for decision in (0..MAX_DECISIONS).filter(|decision| decisions.contains(guard, *decision)) {
                    counts[guard.index() * MAX_DECISIONS + decision] += times;
                }
            }
        }
    }

    pub(super) fn all(&self) -> Vec<GuardCoverage> {
        let counts = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        let taken = |(number, steps): (usize, &u64)| {
            Some(GuardCoverage {
                guard: Guard::from_index(number / MAX_DECISIONS)?,
                decision: number % MAX_DECISIONS,
                steps: *steps,
            })
        };
        let counts = counts.iter().enumerate();
        counts
            .filter(|(_, steps)| **steps > 0)
            .filter_map(taken)
            .collect()
    }
}
