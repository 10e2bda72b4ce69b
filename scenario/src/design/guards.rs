//! From the expressions of a design file to decision tables.

use shimproof_model::UsernsMode;
use shimproof_model::catalog::{ContainerdField, ContainerdRow, Introspection};
use shimproof_model::guards::{
    Acceptance, Base, ContainerdGuards, EndpointDecision, Introspect, Invocation, Mounts, OptionsSource,
    OptionsState, Owner, Pin,
};
use shimproof_model::{DecisionTable, Finite};
use toml::Spanned;

use crate::error::ScenarioError;
use crate::snippet::Snippet;

use super::expression::{Answer, combination, evaluate};
use super::file::{Decision, Guards, When};
use super::forms::{self, Form};
use super::place::written;
use super::variables::{self, Word};

/// A guard of a design file, decided.
pub(super) struct Decided {
    pub form: &'static Form,
    /// The expression, on one line.
    pub text: String,
    /// Puts its table in the place of another.
    pub put: Box<dyn FnOnce(&mut ContainerdGuards)>,
}

/// What a combination is decided, or why it cannot be decided so.
type Verdict<O> = Result<O, &'static str>;

/// Decides every guard of a file.
pub(super) fn read(
    guards: &Guards,
    row: &ContainerdRow,
    source: &Snippet,
) -> Result<Vec<Decided>, ScenarioError> {
    let reader = Reader { source };
    let mut decided = Vec::new();
    if let Some(When { when }) = &guards.io_owner {
        let table = reader.yes_or_no(
            when,
            &forms::IO_OWNER,
            |(mode, runtime, options)| {
                let [url, value] = variables::options(options);
                vec![
                    variables::mode(mode),
                    variables::runtime_type(runtime),
                    url,
                    value,
                ]
            },
            (Owner::Written, Owner::NotWritten),
        )?;
        decided.push(decided_by(when, &forms::IO_OWNER, |guards| {
            guards.io_owner = table;
        }));
    }
    if let Some(Decision { decision }) = &guards.task_options_base {
        let words = |(runtime, options)| {
            let [url, value] = variables::options(options);
            vec![variables::runtime_type(runtime), url, value]
        };
        let table = reader.table(
            decision,
            &forms::TASK_OPTIONS_BASE,
            words,
            |(_, options), answer| base(options, answer),
        )?;
        decided.push(decided_by(decision, &forms::TASK_OPTIONS_BASE, |guards| {
            guards.task_options_base = table;
        }));
    }
    if let Some(Decision { decision }) = &guards.task_api_endpoint {
        let words = |(_, base): (bool, Base)| vec![variables::base(base)];
        let table = reader.table(
            decision,
            &forms::TASK_API_ENDPOINT,
            words,
            |(valid, base), answer| {
                Ok(match (answer, base) {
                    (Answer::Decision("fail"), Base::Fail) => EndpointDecision::Fail,
                    (Answer::Decision("fail"), _) => return Err("there is nothing that fails"),
                    (Answer::Decision("write"), Base::Fail) => {
                        return Err("there are no task options to write into");
                    }
                    // The machine asks only where there is an endpoint.
                    _ if !valid => EndpointDecision::Nothing,
                    (Answer::Decision("write"), _) => EndpointDecision::Write,
                    (Answer::Decision("skip"), _) => EndpointDecision::Skip,
                    _ => EndpointDecision::Nothing,
                })
            },
        )?;
        decided.push(decided_by(decision, &forms::TASK_API_ENDPOINT, |guards| {
            guards.task_api_endpoint = table;
        }));
    }
    if let Some(When { when }) = &guards.format_options {
        let words = |(runtime, options)| {
            let [url, value] = variables::options(options);
            vec![variables::runtime_type(runtime), url, value]
        };
        let table = reader.table(when, &forms::FORMAT_OPTIONS, words, |(_, options), answer| {
            Ok(
                if options == OptionsState::Absent || answer == Answer::Bool(true) {
                    Acceptance::Accepted
                } else {
                    Acceptance::Refused
                },
            )
        })?;
        decided.push(decided_by(when, &forms::FORMAT_OPTIONS, |guards| {
            guards.format_options = table;
        }));
    }
    if let Some(Decision { decision }) = &guards.options_fallback {
        let table = reader.table(
            decision,
            &forms::OPTIONS_FALLBACK,
            |options| variables::options(options).to_vec(),
            |_, answer| Ok(options_source(answer)),
        )?;
        decided.push(decided_by(decision, &forms::OPTIONS_FALLBACK, |guards| {
            guards.options_fallback = table;
        }));
    }
    if let Some(Decision { decision }) = &guards.info_options {
        let words = |(task, runtime)| [variables::options(task), variables::options(runtime)].concat();
        let table = reader.table(decision, &forms::INFO_OPTIONS, words, |_, answer| {
            Ok(options_source(answer))
        })?;
        decided.push(decided_by(decision, &forms::INFO_OPTIONS, |guards| {
            guards.info_options = Some(table);
        }));
    }
    if let Some(When { when }) = &guards.start {
        let words = |(in_store, below_3)| vec![Word::Bool(in_store), Word::Bool(below_3)];
        let table = reader.yes_or_no(
            when,
            &forms::START,
            words,
            (Invocation::Execute, Invocation::Connect),
        )?;
        decided.push(decided_by(when, &forms::START, |guards| guards.start = table));
    }
    if let Some(When { when }) = &guards.introspect {
        if row.introspection == Introspection::Absent {
            return Err(ScenarioError::bad_value(
                &source.place(when.span()),
                "the base lists no handlers in CRI Status, so that nothing asks for their features",
                "take a base that does, or set `introspection` and leave this guard out".to_owned(),
            ));
        }
        let words = |runtime| vec![variables::runtime_type(runtime)];
        let table = reader.yes_or_no(
            when,
            &forms::INTROSPECT,
            words,
            (Introspect::Ask, Introspect::ListOnly),
        )?;
        decided.push(decided_by(when, &forms::INTROSPECT, |guards| {
            guards.introspect = table;
        }));
    }
    if let Some(When { when }) = &guards.pin_userns {
        let words = |(_, network): (UsernsMode, _)| vec![variables::network(network)];
        let table = reader.table(when, &forms::PIN_USERNS, words, |(mode, _), answer| {
            Ok(if mode == UsernsMode::Pod && answer == Answer::Bool(true) {
                Pin::Pinned
            } else {
                Pin::NotPinned
            })
        })?;
        decided.push(decided_by(when, &forms::PIN_USERNS, |guards| {
            guards.pin_userns = table;
        }));
    }
    if let Some(Decision { decision }) = &guards.mounts {
        let words = |(mode, wanted)| vec![variables::mode(mode), Word::Bool(wanted)];
        let table = reader.table(
            decision,
            &forms::MOUNTS,
            words,
            |(mode, wanted), answer| match answer {
                Answer::Decision("own-idmapped") if mode != UsernsMode::Pod => {
                    Err("there is no mapping outside of mode POD")
                }
                Answer::Decision("own-idmapped") => Ok(Mounts::OwnIdmapped),
                Answer::Decision("idmapped" | "refuse") if !wanted => Err("the request has no mappings"),
                Answer::Decision("idmapped") => Ok(Mounts::Idmapped),
                Answer::Decision("refuse") => Ok(Mounts::Refused),
                _ => Ok(Mounts::Plain),
            },
        )?;
        decided.push(decided_by(decision, &forms::MOUNTS, |guards| {
            guards.mounts = table;
        }));
    }
    if let Some(When { when }) = &guards.same_userns_config {
        let words = |differ| vec![Word::Bool(differ)];
        let decisions = (Acceptance::Accepted, Acceptance::Refused);
        let table = reader.yes_or_no(when, &forms::SAME_USERNS_CONFIG, words, decisions)?;
        decided.push(decided_by(when, &forms::SAME_USERNS_CONFIG, |guards| {
            guards.same_userns_config = table;
        }));
    }
    Ok(decided)
}

/// What can be copied is of the runc type, or not there at all.
fn base(options: OptionsState, answer: Answer) -> Verdict<Base> {
    let runc = options == OptionsState::Absent || options.is_runc();
    match answer {
        Answer::Decision("copy") if runc => Ok(Base::Copy),
        Answer::Decision("copy") => Err("options of another type cannot be copied; 'fail' says that"),
        Answer::Decision("fail") => Ok(Base::Fail),
        Answer::Decision("fresh-create-options") => Ok(Base::FreshCreateOptions),
        _ => Ok(Base::FreshRunc),
    }
}

fn options_source(answer: Answer) -> OptionsSource {
    match answer {
        Answer::Decision("task") => OptionsSource::Task,
        Answer::Decision("runtime") => OptionsSource::Runtime,
        _ => OptionsSource::Nothing,
    }
}

/// Takes over the table of one guard.
pub(super) fn keep(field: ContainerdField, from: &ContainerdGuards, to: &mut ContainerdGuards) {
    match field {
        ContainerdField::IoOwnerGuard => to.io_owner = from.io_owner.clone(),
        ContainerdField::TaskOptionsBase => to.task_options_base = from.task_options_base.clone(),
        ContainerdField::TaskApiEndpoint => to.task_api_endpoint = from.task_api_endpoint.clone(),
        ContainerdField::DaemonTaskOptions => to.format_options = from.format_options.clone(),
        ContainerdField::OptionsFallback => to.options_fallback = from.options_fallback.clone(),
        ContainerdField::InfoOptions => to.info_options.clone_from(&from.info_options),
        ContainerdField::StartForAppContainers => to.start = from.start.clone(),
        ContainerdField::Introspection => to.introspect = from.introspect.clone(),
        ContainerdField::PinUserns => to.pin_userns = from.pin_userns.clone(),
        ContainerdField::IdmappedMounts => to.mounts = from.mounts.clone(),
        ContainerdField::CompareUserns => to.same_userns_config = from.same_userns_config.clone(),
        // No other behaviour is a guard.
        _ => {}
    }
}

fn decided_by(
    text: &Spanned<String>,
    form: &'static Form,
    put: impl FnOnce(&mut ContainerdGuards) + 'static,
) -> Decided {
    Decided {
        form,
        text: one_line(text.get_ref()),
        put: Box::new(put),
    }
}

struct Reader<'a> {
    source: &'a Snippet,
}

impl Reader<'_> {
    fn yes_or_no<I: Finite, O: Copy>(
        &self,
        text: &Spanned<String>,
        form: &Form,
        words: impl Fn(I) -> Vec<Word>,
        (yes, no): (O, O),
    ) -> Result<DecisionTable<I, O>, ScenarioError> {
        self.table(text, form, words, |_, answer| {
            Ok(if answer == Answer::Bool(true) { yes } else { no })
        })
    }

    fn table<I: Finite, O: Copy>(
        &self,
        text: &Spanned<String>,
        form: &Form,
        words: impl Fn(I) -> Vec<Word>,
        decide: impl Fn(I, Answer) -> Verdict<O>,
    ) -> Result<DecisionTable<I, O>, ScenarioError> {
        let range = text.span();
        let raw = self.source.text().get(range.clone()).unwrap_or_default();
        let value = text.get_ref();
        let combinations: Vec<Vec<Word>> = I::all().map(words).collect();
        let answers = evaluate(value, form, &combinations).map_err(|error| {
            let at = written(raw, value, range.start, &error.range);
            ScenarioError::bad_value(&self.source.place(at), error.message, error.help)
        })?;
        let mut decisions = Vec::with_capacity(answers.len());
        for ((input, answer), words) in I::all().zip(answers).zip(&combinations) {
            decisions.push(decide(input, answer).map_err(|why| {
                let (Answer::Decision(decision), where_) = (answer, combination(form, form.variables, words))
                else {
                    return ScenarioError::bad_value(&self.source.place(range.clone()), why, None);
                };
                ScenarioError::bad_value(
                    &self.source.place(range.clone()),
                    format!("`{}` cannot be '{decision}' where {where_}: {why}", form.guard),
                    None,
                )
            })?);
        }
        Ok(DecisionTable::tabulate(one_line(value), |input: I| {
            decisions[input.index()]
        }))
    }
}

/// An expression as reports show it.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
