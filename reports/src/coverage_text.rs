//! What of the machine was exercised, as text.

use std::fmt::Write as _;

use crate::coverage::{Coverage, Unexercised};
use crate::style::{Styles, set};

/// Each kind of action and each decision of a guard, with how often it happened.
pub fn coverage_text(coverage: &Coverage, styles: &Styles) -> String {
    let mut text = String::new();
    let width = coverage.actions.iter().map(|action| action.action.len()).max();
    let width = width.unwrap_or_default();
    // Writing into a string does not fail.
    let _ = writeln!(
        text,
        "{:width$}  {:>12}  {:>12}  {:>12}",
        set(styles.name, "action"),
        "enabled in",
        "steps",
        "new states"
    );
    for action in &coverage.actions {
        let _ = writeln!(
            text,
            "{:width$}  {:>12}  {:>12}  {:>12}",
            action.action, action.enabled, action.fired, action.new_states
        );
    }
    let _ = writeln!(text);
    let _ = writeln!(
        text,
        "{:>12}  {}",
        "steps",
        set(styles.name, "decision of a guard")
    );
    for entry in &coverage.guards {
        let _ = writeln!(text, "{:>12}  {}: {}", entry.steps, entry.guard, entry.decision);
    }
    text
}

/// What was not exercised: an answer says nothing about it.
pub fn unexercised_text(unexercised: &Unexercised, styles: &Styles) -> String {
    let mut text = String::new();
    if !unexercised.never_enabled.is_empty() {
        let _ = writeln!(
            text,
            "{} {}",
            set(styles.open, "never enabled:"),
            unexercised.never_enabled.join(", ")
        );
    }
    if !unexercised.vacuous.is_empty() {
        let _ = writeln!(
            text,
            "{} {}",
            set(styles.open, "speaks of nothing that is reachable:"),
            unexercised.vacuous.join(", ")
        );
    }
    text
}
