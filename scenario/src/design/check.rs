//! The types of an expression, before it is evaluated: what CEL leaves to evaluation is an error with a place here.
//!
//! A variable is a word of a finite list, and `other` stands for many values. So nothing may look inside a word,
//! a text that it is compared with must be in its list, and two words that can both be `other` are not compared.

use std::ops::Range;

use cel::IdedExpr;
use cel::common::ast::operators as op;
use cel::common::ast::{CallExpr, EntryExpr, Expr, LiteralValue, MapExpr, SelectExpr, SourceInfo};

use crate::nearest::{quoted, suggest};

use super::forms::{Form, Yields};
use super::types::{self, Literal, Mismatch, Type};
use super::variables::{Values, Variable};

/// What is wrong with an expression, and where in it. The expression is ASCII, so that offsets are bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CelError {
    pub range: Range<usize>,
    pub message: String,
    pub help: Option<String>,
}

impl CelError {
    pub fn new(range: Range<usize>, message: impl Into<String>, help: impl Into<Option<String>>) -> Self {
        Self {
            range,
            message: message.into(),
            help: help.into(),
        }
    }
}

/// Checks an expression against a guard; returns the variables that it uses.
pub(super) fn check(
    form: &Form,
    expression: &IdedExpr,
    source: &SourceInfo,
) -> Result<Vec<Variable>, CelError> {
    let mut checker = Checker {
        form,
        source,
        used: Vec::new(),
    };
    let found = checker.type_of(expression)?;
    let range = checker.range(expression);
    match (form.yields, found) {
        (Yields::When(_), Type::Bool) => {}
        (Yields::When(means), other) => {
            return Err(CelError::new(
                range,
                format!(
                    "`{}.when` is {}, where true or false is asked for",
                    form.guard,
                    other.name()
                ),
                format!("true means: {means}"),
            ));
        }
        (Yields::Decision(words), Type::Texts(texts)) => {
            let known = || words.iter().map(|(word, _)| *word);
            if let Some(wrong) = texts.iter().find(|text| !known().any(|word| word == text.text)) {
                return Err(CelError::new(
                    wrong.range.clone(),
                    format!("'{}' is no decision of `{}`", wrong.text, form.guard),
                    format!("its decisions are {}", quoted(&known().collect::<Vec<_>>())),
                ));
            }
        }
        (Yields::Decision(words), other) => {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            return Err(CelError::new(
                range,
                format!(
                    "`{}.decision` is {}, where a decision is asked for",
                    form.guard,
                    other.name()
                ),
                format!("its decisions are {}, as texts", quoted(&known)),
            ));
        }
    }
    Ok(checker.used)
}

struct Checker<'a> {
    form: &'a Form,
    source: &'a SourceInfo,
    used: Vec<Variable>,
}

impl Checker<'_> {
    /// Where an expression stands: a name or literal as a whole, an operation at its operator.
    fn range(&self, expression: &IdedExpr) -> Range<usize> {
        let (start, stop) = self.source.offset_for(expression.id).unwrap_or_default();
        let end = usize::try_from(stop).unwrap_or(usize::MAX).saturating_add(1);
        let start = usize::try_from(start).unwrap_or_default();
        match &expression.expr {
            Expr::Select(select) => {
                // The parser places a selection at its dot; the field stands behind it.
                let behind = self.source.source.get(end..).unwrap_or_default();
                let space = behind.len() - behind.trim_start().len();
                self.range(&select.operand).start..end + space + select.field.len()
            }
            _ => start..end,
        }
    }

    fn error<T>(
        &self,
        at: &IdedExpr,
        message: impl Into<String>,
        help: impl Into<Option<String>>,
    ) -> Result<T, CelError> {
        Err(CelError::new(self.range(at), message, help))
    }

    fn type_of(&mut self, expression: &IdedExpr) -> Result<Type, CelError> {
        match &expression.expr {
            Expr::Literal(LiteralValue::Boolean(_)) => Ok(Type::Bool),
            Expr::Literal(LiteralValue::Int(_)) => Ok(Type::Number),
            Expr::Literal(LiteralValue::String(text)) => Ok(Type::Texts(vec![Literal {
                text: text.inner().to_owned(),
                range: self.range(expression),
            }])),
            Expr::Literal(_) => self.error(
                expression,
                "no variable of a guard is a fraction, bytes or null",
                "an absent value has a word of its own, such as 'nil' or ''".to_owned(),
            ),
            Expr::Ident(name) => self.variable(expression, name),
            Expr::Select(select) => self.select(expression, select),
            Expr::Call(call) => self.call(expression, call),
            Expr::List(list) => {
                let mut element: Option<Type> = None;
                for item in &list.elements {
                    let found = self.type_of(item)?;
                    element = Some(match element {
                        None => found,
                        Some(known) => self.merge(item, known, found)?,
                    });
                }
                Ok(Type::List(Box::new(element.unwrap_or(Type::Texts(Vec::new())))))
            }
            Expr::Map(map) => self.map(expression, map),
            Expr::Comprehension(_) => self.error(
                expression,
                "a guard has no macros over lists",
                "`userns.mode in ['nil', 'NODE']` asks whether a list has a value".to_owned(),
            ),
            Expr::Struct(_) | Expr::Unspecified => self.error(expression, "a guard makes no messages", None),
        }
    }

    fn select(&mut self, expression: &IdedExpr, select: &SelectExpr) -> Result<Type, CelError> {
        if select.test {
            return self.error(
                expression,
                "every variable has a value, so there is nothing that `has` could ask",
                "an absent value has a word of its own: userns.mode == 'nil', runtime.options.type_url == ''"
                    .to_owned(),
            );
        }
        let mut names = vec![select.field.as_str()];
        let mut operand = &select.operand.expr;
        loop {
            match operand {
                Expr::Select(inner) if !inner.test => {
                    names.push(&inner.field);
                    operand = &inner.operand.expr;
                }
                Expr::Ident(root) => {
                    names.push(root);
                    break;
                }
                _ => return self.error(expression, "only variables have fields", None),
            }
        }
        names.reverse();
        self.variable(expression, &names.join("."))
    }

    fn variable(&mut self, expression: &IdedExpr, name: &str) -> Result<Type, CelError> {
        let Some(variable) = self.form.variables.iter().find(|variable| variable.name == name) else {
            let names = self.form.variables.iter().map(|variable| variable.name);
            let under = self
                .form
                .variables
                .iter()
                .any(|v| v.name.starts_with(&format!("{name}.")));
            let what = if under { "names no value" } else { "is no variable" };
            return self.error(
                expression,
                format!("`{name}` {what} of the guard `{}`", self.form.guard),
                format!(
                    "{}; `shimproof show designs --variables` lists them all",
                    suggest(name, names)
                ),
            );
        };
        if !self.used.contains(variable) {
            self.used.push(*variable);
        }
        Ok(match variable.values {
            Values::Bool => Type::Bool,
            Values::Words(_) => Type::Word(*variable),
        })
    }

    fn call(&mut self, expression: &IdedExpr, call: &CallExpr) -> Result<Type, CelError> {
        let args: Vec<&IdedExpr> = call.target.as_deref().into_iter().chain(&call.args).collect();
        match (call.func_name.as_str(), args.as_slice()) {
            (op::LOGICAL_AND | op::LOGICAL_OR | op::LOGICAL_NOT, args) => {
                for arg in args {
                    self.expect_bool(arg)?;
                }
                Ok(Type::Bool)
            }
            (op::EQUALS | op::NOT_EQUALS, [left, right]) => {
                let (left_type, right_type) = (self.type_of(left)?, self.type_of(right)?);
                self.comparable(expression, &left_type, &right_type)?;
                Ok(Type::Bool)
            }
            (op::IN, [needle, haystack]) => {
                let needle = self.type_of(needle)?;
                match self.type_of(haystack)? {
                    Type::List(element) => self.comparable(expression, &needle, &element)?,
                    Type::Map(keys, _) => self.comparable(expression, &needle, &Type::Texts(keys))?,
                    other => {
                        return self.error(
                            haystack,
                            format!("`in` asks a list, and this is {}", other.name()),
                            "a list is written ['nil', 'NODE']".to_owned(),
                        );
                    }
                }
                Ok(Type::Bool)
            }
            (op::CONDITIONAL, [condition, yes, no]) => {
                self.expect_bool(condition)?;
                let (yes, other) = (self.type_of(yes)?, self.type_of(no)?);
                self.merge(no, yes, other)
            }
            (op::INDEX, [container, index]) => {
                let (found, by) = (self.type_of(container)?, self.type_of(index)?);
                match (found, by) {
                    (Type::Map(keys, value), by) => {
                        self.comparable(expression, &by, &Type::Texts(keys))?;
                        Ok(*value)
                    }
                    (Type::List(element), Type::Number) => Ok(*element),
                    (found, by) => self.error(
                        expression,
                        format!("{} has no index that is {}", found.name(), by.name()),
                        None,
                    ),
                }
            }
            (
                op::ADD | op::SUBSTRACT | op::MULTIPLY | op::DIVIDE | op::MODULO | op::NEGATE,
                args,
            ) => {
                self.expect_numbers(args)?;
                Ok(Type::Number)
            }
            (op::LESS | op::LESS_EQUALS | op::GREATER | op::GREATER_EQUALS, args) => {
                self.expect_numbers(args)?;
                Ok(Type::Bool)
            }
            (name, _) => self.error(
                expression,
                format!("a guard has no function `{name}`"),
                "a variable is a word of a list, and 'other' stands for many values: compare with ==, != and in"
                    .to_owned(),
            ),
        }
    }

    fn map(&mut self, expression: &IdedExpr, map: &MapExpr) -> Result<Type, CelError> {
        let mut keys = Vec::new();
        let mut value: Option<Type> = None;
        for entry in &map.entries {
            let EntryExpr::MapEntry(entry) = &entry.expr else {
                return self.error(expression, "a guard makes no messages", None);
            };
            match self.type_of(&entry.key)? {
                Type::Texts(texts) => keys.extend(texts),
                other => {
                    let message = format!("a key of a map is a text, and this is {}", other.name());
                    return self.error(&entry.key, message, None);
                }
            }
            let found = self.type_of(&entry.value)?;
            value = Some(match value {
                None => found,
                Some(known) => self.merge(&entry.value, known, found)?,
            });
        }
        Ok(Type::Map(
            keys,
            Box::new(value.unwrap_or(Type::Texts(Vec::new()))),
        ))
    }

    fn expect_bool(&mut self, expression: &IdedExpr) -> Result<(), CelError> {
        match self.type_of(expression)? {
            Type::Bool => Ok(()),
            Type::Word(variable) => self.error(
                expression,
                format!("`{}` is a text, where true or false is asked for", variable.name),
                format!(
                    "compare it: {} == '{}'",
                    variable.name,
                    variable.values.words().last().unwrap_or_default()
                ),
            ),
            other => self.error(
                expression,
                format!("this is {}, where true or false is asked for", other.name()),
                None,
            ),
        }
    }

    fn expect_numbers(&mut self, expressions: &[&IdedExpr]) -> Result<(), CelError> {
        for expression in expressions {
            match self.type_of(expression)? {
                Type::Number => {}
                other => {
                    return self.error(
                        expression,
                        format!("this is {}, where a number is asked for", other.name()),
                        "texts are compared with ==, != and in only".to_owned(),
                    );
                }
            }
        }
        Ok(())
    }

    fn comparable(&self, at: &IdedExpr, left: &Type, right: &Type) -> Result<(), CelError> {
        types::comparable(left, right).map_err(|error| self.placed(at, error))
    }

    /// What is one or the other.
    fn merge(&self, at: &IdedExpr, one: Type, two: Type) -> Result<Type, CelError> {
        types::merge(one, two).map_err(|error| self.placed(at, error))
    }

    fn placed(&self, at: &IdedExpr, error: Mismatch) -> CelError {
        let range = error.at.unwrap_or_else(|| self.range(at));
        CelError::new(range, error.message, error.help)
    }
}
