//! A CEL expression evaluated once for each combination of its inputs.

use std::collections::{BTreeMap, HashMap};

use cel::{Context, ParseErrors, Program, Value};

use super::check::{CelError, check};
use super::forms::{Form, Yields};
use super::variables::{Variable, Word};

/// The longest expression, in bytes. It bounds how deep the parser recurses.
const LONGEST: usize = 2048;
/// What the parser needs for the deepest expression of that length, and more.
const STACK: usize = 256 << 20;

/// What an expression yields for one combination.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// Of a guard that says yes or no.
    Bool(bool),
    /// Of a guard that names its decision.
    Decision(&'static str),
}

/// Evaluates `text` for each of `combinations`, which hold a word for each variable of the guard.
pub(super) fn evaluate(text: &str, form: &Form, combinations: &[Vec<Word>]) -> Result<Vec<Answer>, CelError> {
    if let Some(at) = text.find(|character: char| !character.is_ascii()) {
        let length = text[at..].chars().next().map_or(1, char::len_utf8);
        return Err(CelError::new(
            at..at + length,
            "an expression has no characters beyond ASCII: no word of a variable has one",
            None,
        ));
    }
    if text.len() > LONGEST {
        return Err(CelError::new(
            0..1,
            format!(
                "an expression has at most {LONGEST} characters, and this one {}",
                text.len()
            ),
            "a guard that needs more is better two designs, one based on the other".to_owned(),
        ));
    }
    let failed = |what: &str| {
        CelError::new(
            0..text.len(),
            format!("the expression cannot be evaluated: {what}"),
            None,
        )
    };
    // The parser recurses; a thread of its own has the stack for every expression that is not too long.
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, || evaluate_here(text, form, combinations))
            .map_err(|error| failed(&error.to_string()))?
            .join()
            .unwrap_or_else(|_| Err(failed("the evaluator of CEL gave up")))
    })
}

fn evaluate_here(text: &str, form: &Form, combinations: &[Vec<Word>]) -> Result<Vec<Answer>, CelError> {
    let program = Program::compile(text).map_err(|errors| syntax(text, &errors))?;
    let used = check(form, program.expression(), program.source_info())?;
    combinations
        .iter()
        .map(|words| {
            let fails = |what: &str| {
                CelError::new(
                    0..text.len(),
                    format!(
                        "the expression has no value where {}: {what}",
                        combination(form, &used, words)
                    ),
                    "a guard decides every combination of its inputs".to_owned(),
                )
            };
            let value = program
                .execute(&context(form, words))
                .map_err(|error| fails(&error.to_string()))?;
            match (form.yields, value) {
                (Yields::When(_), Value::Bool(value)) => Ok(Answer::Bool(value)),
                (Yields::Decision(known), Value::String(decision)) => known
                    .iter()
                    .find(|(word, _)| *word == decision.as_str())
                    .map(|(word, _)| Answer::Decision(word))
                    .ok_or_else(|| fails(&format!("'{decision}' is no decision"))),
                (_, other) => Err(fails(&format!("it is {other:?}"))),
            }
        })
        .collect()
}

/// The inputs of a combination, as far as the expression uses them.
pub(super) fn combination(form: &Form, used: &[Variable], words: &[Word]) -> String {
    let parts: Vec<String> = form
        .variables
        .iter()
        .zip(words)
        .filter(|(variable, _)| used.contains(variable))
        .map(|(variable, word)| format!("{} is {word}", variable.name))
        .collect();
    if parts.is_empty() {
        "anything holds".to_owned()
    } else {
        parts.join(" and ")
    }
}

/// The variables as nested maps: `runtime.options.type_url` is a key of a map in a map.
#[derive(Default)]
struct Tree {
    leaf: Option<Word>,
    fields: BTreeMap<&'static str, Tree>,
}

impl Tree {
    fn value(self) -> Value {
        match self.leaf {
            Some(Word::Bool(value)) => Value::Bool(value),
            Some(Word::Text(word)) => word.into(),
            None => self
                .fields
                .into_iter()
                .map(|(name, tree)| (name.to_owned(), tree.value()))
                .collect::<HashMap<String, Value>>()
                .into(),
        }
    }
}

fn context<'a>(form: &Form, words: &[Word]) -> Context<'a, 'a> {
    let mut root = Tree::default();
    for (variable, word) in form.variables.iter().zip(words) {
        let mut tree = &mut root;
        for name in variable.name.split('.') {
            tree = tree.fields.entry(name).or_default();
        }
        tree.leaf = Some(*word);
    }
    let mut context = Context::default();
    for (name, tree) in root.fields {
        context.add_variable_from_value(name, tree.value());
    }
    context
}

/// The first complaint of the parser, without its list of everything that could stand there.
fn syntax(text: &str, errors: &ParseErrors) -> CelError {
    let help = "operators are && || ! == != in and ?:, texts stand between '…', and () group".to_owned();
    let Some(error) = errors.errors.first() else {
        return CelError::new(0..text.len(), "not CEL", help);
    };
    let line = usize::try_from(error.pos.0 - 1).unwrap_or_default();
    let column = usize::try_from(error.pos.1 - 1).unwrap_or_default();
    let start = text.split_inclusive('\n').take(line).map(str::len).sum::<usize>() + column;
    let start = start.min(text.len());
    if error.msg.contains("Recursion limit") {
        return CelError::new(
            0..text.len(),
            "not CEL that can be read: it is nested too deeply",
            "leave out parentheses that group nothing".to_owned(),
        );
    }
    let said = error.msg.trim_start_matches("Syntax error: ");
    // What is missing at the end is told as something that is unexpected there.
    if said.contains("at '<EOF>'") {
        let ends = "not CEL: the expression ends where it should go on";
        return CelError::new(text.len()..text.len(), ends, help);
    }
    let said = said.split(" expecting ").next().unwrap_or(said);
    let quoted = said
        .split_once('\'')
        .and_then(|(_, rest)| rest.strip_suffix('\''));
    let (message, length) = match quoted {
        Some("<EOF>") => ("not CEL: the expression ends where it should go on".to_owned(), 0),
        Some(token) => (
            format!("not CEL: unexpected `{}`", token.trim()),
            token.trim().len(),
        ),
        None => (format!("not CEL: {said}"), 1),
    };
    CelError::new(start..(start + length).min(text.len()), message, help)
}
