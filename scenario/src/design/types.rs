//! What an expression of a guard can be, and what can be compared with what.

use std::ops::Range;

use super::variables::Variable;

/// A text literal, with its place.
#[derive(Clone, Debug)]
pub(super) struct Literal {
    pub text: String,
    pub range: Range<usize>,
}

/// What an expression is.
#[derive(Clone, Debug)]
pub(super) enum Type {
    Bool,
    Number,
    /// A variable of words.
    Word(Variable),
    /// One of these texts.
    Texts(Vec<Literal>),
    List(Box<Type>),
    Map(Vec<Literal>, Box<Type>),
}

impl Type {
    pub fn name(&self) -> &'static str {
        match self {
            Self::Bool => "true or false",
            Self::Number => "a number",
            Self::Word(_) | Self::Texts(_) => "a text",
            Self::List(_) => "a list",
            Self::Map(..) => "a map",
        }
    }
}

/// Two values that do not go together, with the place of one where it is known.
#[derive(Debug)]
pub(super) struct Mismatch {
    pub at: Option<Range<usize>>,
    pub message: String,
    pub help: Option<String>,
}

impl Mismatch {
    fn at(at: Range<usize>, message: impl Into<String>, help: impl Into<Option<String>>) -> Self {
        Self {
            at: Some(at),
            message: message.into(),
            help: help.into(),
        }
    }

    fn here<T>(message: impl Into<String>, help: impl Into<Option<String>>) -> Result<T, Self> {
        Err(Self {
            at: None,
            message: message.into(),
            help: help.into(),
        })
    }
}

/// Whether two values can be compared.
pub(super) fn comparable(left: &Type, right: &Type) -> Result<(), Mismatch> {
    match (left, right) {
        (Type::Bool, Type::Bool) | (Type::Number, Type::Number) | (Type::Texts(_), Type::Texts(_)) => Ok(()),
        (Type::Word(variable), Type::Texts(texts)) | (Type::Texts(texts), Type::Word(variable)) => {
            let words: Vec<&str> = variable.values.words().collect();
            match texts.iter().find(|text| !words.contains(&text.text.as_str())) {
                None => Ok(()),
                Some(wrong) => {
                    let other = if variable.values.open() {
                        "; every value that the list does not have is 'other'"
                    } else {
                        ""
                    };
                    Err(Mismatch::at(
                        wrong.range.clone(),
                        format!("`{}` is never '{}'", variable.name, wrong.text),
                        format!(
                            "it is one of {}{other}",
                            words
                                .iter()
                                .map(|word| format!("'{word}'"))
                                .collect::<Vec<_>>()
                                .join(", ")
                        ),
                    ))
                }
            }
        }
        (Type::Word(one), Type::Word(two)) if one.values != two.values => Mismatch::here(
            format!(
                "`{}` and `{}` have no values in common by meaning",
                one.name, two.name
            ),
            None,
        ),
        (Type::Word(one), Type::Word(two)) if one.values.open() && one != two => Mismatch::here(
            format!(
                "whether `{}` and `{}` are equal is not known where both are 'other'",
                one.name, two.name
            ),
            "compare each of them with a text".to_owned(),
        ),
        (Type::Word(_), Type::Word(_)) => Ok(()),
        _ => Mismatch::here(
            format!("{} is never equal to {}", left.name(), right.name()),
            None,
        ),
    }
}

/// What is one or the other.
pub(super) fn merge(one: Type, two: Type) -> Result<Type, Mismatch> {
    match (one, two) {
        (Type::Bool, Type::Bool) => Ok(Type::Bool),
        (Type::Number, Type::Number) => Ok(Type::Number),
        (Type::Texts(mut one), Type::Texts(two)) => {
            one.extend(two);
            Ok(Type::Texts(one))
        }
        (one, two) => Mismatch::here(
            format!(
                "this is {}, and what it stands beside is {}",
                two.name(),
                one.name()
            ),
            "both are true or false, both are numbers, or both are texts between quotes".to_owned(),
        ),
    }
}
