//! What is asked of a system.

use std::fmt;

use crate::TransitionSystem;

pub(crate) type OnState<S> = Box<dyn Fn(&S, &<S as TransitionSystem>::State) -> bool + Send + Sync>;
pub(crate) type OnStep<S> = Box<
    dyn Fn(
            &S,
            &<S as TransitionSystem>::State,
            &<S as TransitionSystem>::Action,
            &<S as TransitionSystem>::State,
        ) -> bool
        + Send
        + Sync,
>;

/// Which answer is the good one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The condition must be true everywhere: an invariant.
    Always,
    /// The condition must be true somewhere.
    Reachable,
}

/// A condition on single states, or on steps.
pub(crate) enum Condition<S: TransitionSystem + ?Sized> {
    OnState(OnState<S>),
    OnStep(OnStep<S>),
}

/// A question about every reachable state, or about every step that a reachable state offers.
pub struct Property<S: TransitionSystem + ?Sized> {
    id: String,
    kind: Kind,
    pub(crate) condition: Condition<S>,
    pub(crate) antecedent: Option<Condition<S>>,
}

impl<S: TransitionSystem + ?Sized> Property<S> {
    /// Is `condition` true of every reachable state?
    pub fn always(
        id: impl Into<String>,
        condition: impl Fn(&S, &S::State) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self::new(id.into(), Kind::Always, Condition::OnState(Box::new(condition)))
    }

    /// Is `condition` true of every step from a reachable state?
    ///
    /// The condition sees the state before the step, the action, and the state after it.
    pub fn always_step(
        id: impl Into<String>,
        condition: impl Fn(&S, &S::State, &S::Action, &S::State) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self::new(id.into(), Kind::Always, Condition::OnStep(Box::new(condition)))
    }

    /// Is `condition` true of some reachable state?
    pub fn reachable(
        id: impl Into<String>,
        condition: impl Fn(&S, &S::State) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self::new(
            id.into(),
            Kind::Reachable,
            Condition::OnState(Box::new(condition)),
        )
    }

    /// Is `condition` true of some step from a reachable state?
    pub fn reachable_step(
        id: impl Into<String>,
        condition: impl Fn(&S, &S::State, &S::Action, &S::State) -> bool + Send + Sync + 'static,
    ) -> Self {
        Self::new(id.into(), Kind::Reachable, Condition::OnStep(Box::new(condition)))
    }

    /// Names the premise of an implication, so that an invariant whose premise never came true is reported as
    /// vacuous.
    ///
    /// The premise is not part of the condition: an `always` of "A implies C" has the condition `!a || c` and
    /// the antecedent `a`.
    #[must_use]
    pub fn with_antecedent(
        mut self,
        antecedent: impl Fn(&S, &S::State) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.antecedent = Some(Condition::OnState(Box::new(antecedent)));
        self
    }

    /// As [`Property::with_antecedent`], for a premise about steps.
    #[must_use]
    pub fn with_step_antecedent(
        mut self,
        antecedent: impl Fn(&S, &S::State, &S::Action, &S::State) -> bool + Send + Sync + 'static,
    ) -> Self {
        self.antecedent = Some(Condition::OnStep(Box::new(antecedent)));
        self
    }

    /// The name under which verdicts are reported.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Which answer is the good one.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether an antecedent was given.
    pub const fn has_antecedent(&self) -> bool {
        self.antecedent.is_some()
    }

    /// Whether the condition is about steps, not states.
    pub const fn is_about_steps(&self) -> bool {
        matches!(self.condition, Condition::OnStep(_))
    }

    const fn new(id: String, kind: Kind, condition: Condition<S>) -> Self {
        Self {
            id,
            kind,
            condition,
            antecedent: None,
        }
    }
}

impl<S: TransitionSystem + ?Sized> fmt::Debug for Property<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Property")
            .field("id", &self.id)
            .field("kind", &self.kind)
            .field("is_about_steps", &self.is_about_steps())
            .field("has_antecedent", &self.has_antecedent())
            .finish_non_exhaustive()
    }
}
