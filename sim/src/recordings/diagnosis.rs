//! What comes of a validation.

use std::fmt;

use shimproof_model::log::Decided;
use shimproof_model::{Action, Node, Refusal, StartFailure};

use super::recording::{Event, ReplyObserved};
use crate::wire::Wire;

/// Whether a recording is a path of the machine.
#[derive(Clone, Debug)]
pub enum Validation {
    /// It is.
    Path(MatchedPath),
    /// It is not.
    LongestPrefix(Box<LongestPrefix>),
}

/// A path on which the client does and sees what was recorded.
#[derive(Clone, Debug)]
pub struct MatchedPath {
    /// All steps, the hidden ones too.
    pub actions: Vec<Action<Wire>>,
    /// Where it ends.
    pub end: Node<Wire>,
}

/// The longest part of a recording that the machine can take.
#[derive(Clone, Debug)]
pub struct LongestPrefix {
    /// How many events it has.
    pub matched: usize,
    /// The first event that no path has.
    pub event: Event,
    /// The states that the events before it lead to.
    pub states: Vec<Node<Wire>>,
    /// What the machine does in place of the event, in each state that hidden steps lead to from those.
    pub candidates: Vec<Candidate>,
    /// Whether all hidden steps were tried: false if there were too many.
    pub complete: bool,
}

/// What the machine does in place of a recorded event.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// What it does.
    pub instead: Instead,
    /// The decisions that lead there, since the last event that was matched.
    pub decisions: Vec<Decided>,
}

/// In place of a recorded event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Instead {
    /// The call is answered otherwise: with this refusal, none if it succeeds.
    Answered {
        /// The refusal.
        refusal: Option<Refusal>,
        /// The reply.
        reply: ReplyObserved,
    },
    /// The call cannot be made: a client makes its calls in the order that a pod needs.
    CallNotMade,
    /// containerd does not come up.
    Down(StartFailure),
}

impl Candidate {
    /// The guard whose decision came last, by its name: for a refusal, that which gave it or let it come.
    pub fn guard(&self) -> Option<String> {
        self.decisions.last().map(|decided| decided.guard.to_string())
    }

    /// The name of the refusal that the machine gives.
    pub fn refusal(&self) -> Option<&'static str> {
        match &self.instead {
            Instead::Answered { refusal, .. } => refusal.map(Refusal::id),
            Instead::CallNotMade | Instead::Down(_) => None,
        }
    }
}

impl fmt::Display for LongestPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "event {} of the recording is on no path: {}",
            self.matched + 1,
            self.event
        )?;
        for candidate in &self.candidates {
            writeln!(f, "{candidate}")?;
        }
        if !self.complete {
            writeln!(f, "there are more hidden steps than were tried")?;
        }
        Ok(())
    }
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the machine: ")?;
        match &self.instead {
            Instead::Answered {
                reply: ReplyObserved::Ok,
                ..
            } => f.write_str("the call succeeds")?,
            Instead::Answered {
                reply: ReplyObserved::Error(text),
                refusal,
            } => {
                write!(f, "{text}")?;
                if let Some(refusal) = refusal {
                    write!(f, " ({})", refusal.id())?;
                }
            }
            Instead::CallNotMade => f.write_str("no client makes this call here")?,
            Instead::Down(StartFailure::ConfigRefused) => {
                f.write_str("containerd refuses its configuration")?;
            }
            Instead::Down(StartFailure::IntrospectionPanic) => {
                f.write_str("containerd panics when it starts")?;
            }
        }
        for decided in &self.decisions {
            write!(
                f,
                "\n  {} decides: {} ({}; {}; {})",
                decided.guard, decided.decision, decided.inputs, decided.table, decided.source
            )?;
        }
        Ok(())
    }
}
