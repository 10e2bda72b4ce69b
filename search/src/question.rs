//! What a search still has to ask.

use crate::property::{Condition, OnState, OnStep};
use crate::{Activity, Kind, Property, TransitionSystem};

/// A condition or an antecedent that is still being asked. The first place where it is `wanted` ends it.
pub(crate) struct Question<'a, F> {
    /// The place of the property in the list.
    pub(crate) property: usize,
    pub(crate) role: Role,
    pub(crate) wanted: bool,
    pub(crate) function: &'a F,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Condition,
    Antecedent,
}

impl Role {
    pub(crate) fn activity(self, id: &str) -> Activity {
        match self {
            Self::Condition => Activity::Condition(id.to_owned()),
            Self::Antecedent => Activity::Antecedent(id.to_owned()),
        }
    }
}

/// The questions about states, and those about steps.
type Questions<'a, S> = (Vec<Question<'a, OnState<S>>>, Vec<Question<'a, OnStep<S>>>);

/// What the properties ask, in their order.
pub(crate) fn questions<S: TransitionSystem + ?Sized>(properties: &[Property<S>]) -> Questions<'_, S> {
    let mut state_questions = Vec::new();
    let mut step_questions = Vec::new();
    for (index, property) in properties.iter().enumerate() {
        let asked = [
            (
                Some(&property.condition),
                Role::Condition,
                property.kind() == Kind::Reachable,
            ),
            (property.antecedent.as_ref(), Role::Antecedent, true),
        ];
        for (condition, role, wanted) in asked {
            match condition {
                Some(Condition::OnState(function)) => {
                    state_questions.push(Question {
                        property: index,
                        role,
                        wanted,
                        function,
                    });
                }
                Some(Condition::OnStep(function)) => {
                    step_questions.push(Question {
                        property: index,
                        role,
                        wanted,
                        function,
                    });
                }
                None => {}
            }
        }
    }
    (state_questions, step_questions)
}
