//! Questions about infinite runs and about what stays possible.

use std::fmt;

use crate::TransitionSystem;
use crate::property::OnState;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LivenessKind {
    /// In every fair run, each state with the premise is followed, at once or later, by one with the
    /// conclusion: `P ~> Q`.
    LeadsTo,
    /// From every state with the premise, some run leads to the conclusion, fair or not: `AG (P => EF Q)`.
    Recoverable,
}

/// A question about every run, with a premise and a conclusion.
pub struct LivenessProperty<S: TransitionSystem + ?Sized> {
    id: String,
    kind: LivenessKind,
    pub(super) premise: OnState<S>,
    pub(super) conclusion: OnState<S>,
}

impl<S: TransitionSystem + ?Sized> LivenessProperty<S> {
    /// Does `premise` lead to `conclusion` in every fair run?
    pub fn leads_to(
        id: impl Into<String>,
        premise: impl Fn(&S, &S::State) -> bool + Send + Sync + 'static,
        conclusion: impl Fn(&S, &S::State) -> bool + Send + Sync + 'static,
    ) -> Self {
        let (premise, conclusion) = (Box::new(premise), Box::new(conclusion));
        Self {
            id: id.into(),
            kind: LivenessKind::LeadsTo,
            premise,
            conclusion,
        }
    }

    /// Is `conclusion` within reach wherever `premise` is true?
    pub fn recoverable(
        id: impl Into<String>,
        premise: impl Fn(&S, &S::State) -> bool + Send + Sync + 'static,
        conclusion: impl Fn(&S, &S::State) -> bool + Send + Sync + 'static,
    ) -> Self {
        let (premise, conclusion) = (Box::new(premise), Box::new(conclusion));
        Self {
            id: id.into(),
            kind: LivenessKind::Recoverable,
            premise,
            conclusion,
        }
    }

    /// The name under which verdicts are reported.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What is asked.
    pub const fn kind(&self) -> LivenessKind {
        self.kind
    }
}

impl<S: TransitionSystem + ?Sized> fmt::Debug for LivenessProperty<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LivenessProperty")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}
