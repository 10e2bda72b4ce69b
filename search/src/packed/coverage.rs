//! What of a system was exercised.

/// How much one kind of action was exercised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActionCoverage {
    /// Its name in [`crate::PackedSystem::ACTION_KINDS`].
    pub kind: &'static str,
    /// How many states offer it.
    pub enabled: u64,
    /// How many steps it is, those to known states included.
    pub fired: u64,
    /// How many states were first reached by it.
    pub discoveries: u64,
}

/// How much each kind of action was exercised, in the order of [`crate::PackedSystem::ACTION_KINDS`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coverage {
    /// One for each kind.
    pub actions: Vec<ActionCoverage>,
}

impl Coverage {
    /// The kinds that no state offered. After a complete search: that no reachable state offers.
    pub fn never_enabled(&self) -> impl Iterator<Item = &'static str> {
        self.actions
            .iter()
            .filter(|action| action.enabled == 0)
            .map(|action| action.kind)
    }
}
