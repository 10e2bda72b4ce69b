//! Why the command cannot do what it was asked, as a diagnostic.

use std::path::PathBuf;

use miette::{Report, miette};
use shimproof_model::catalog::LookupError;
use shimproof_properties::induction::InductionError;
use shimproof_reports::{BuiltinError, ReproducerError, VerifyError, explorer::AddressError};
use shimproof_scenario::{DesignError, ScenarioError};
use shimproof_sim::{PredictError, RegressionsError, ReplayError, ScoreError, TraceError};

use crate::exit::ExitCode;

/// Why the command cannot do what it was asked.
#[derive(Debug)]
pub enum Failure {
    /// The input cannot be used.
    Verify(VerifyError),
    /// Induction is not about that.
    Induction(InductionError),
    /// A prediction cannot be made.
    Predict(Box<PredictError>),
    /// There is nothing to score.
    Score(ScoreError),
    /// Seeds cannot be kept.
    Regressions(RegressionsError),
    /// No built-in scenario has that name, and there is no such path.
    UnknownScenario { name: String, help: String },
    /// A trace cannot be read.
    Trace(TraceError),
    /// A trace cannot be run again.
    Replay(ReplayError),
    /// The built-in scenarios cannot be read.
    Builtin(BuiltinError),
    /// A file or directory cannot be written.
    Write { path: PathBuf, error: std::io::Error },
    /// An option that only the exact engine has.
    OnlyExact { option: &'static str },
    /// Standard output cannot be written.
    Output(std::io::Error),
    /// A counterexample cannot be written as files.
    Reproducer(ReproducerError),
    /// The Explorer cannot listen.
    Address(AddressError),
    /// What was asked for cannot be had in this way.
    Request { what: String, help: String },
    /// A report has no line of that number.
    NoSuchLine { number: usize, lines: usize },
    /// Only designs have variables.
    OfDesignsOnly,
    /// A report cannot be put into a format.
    Render(String),
}

impl From<VerifyError> for Failure {
    fn from(error: VerifyError) -> Self {
        Self::Verify(error)
    }
}

impl From<ScenarioError> for Failure {
    fn from(error: ScenarioError) -> Self {
        Self::Verify(VerifyError::Scenario(Box::new(error)))
    }
}

impl From<ReproducerError> for Failure {
    fn from(error: ReproducerError) -> Self {
        match error {
            ReproducerError::Scenario(error) => Self::from(*error),
            ReproducerError::Predict(error) => Self::from(*error),
            error => Self::Reproducer(error),
        }
    }
}

impl From<AddressError> for Failure {
    fn from(error: AddressError) -> Self {
        Self::Address(error)
    }
}

impl From<LookupError> for Failure {
    fn from(error: LookupError) -> Self {
        Self::Verify(VerifyError::Lookup(error))
    }
}

impl From<DesignError> for Failure {
    fn from(error: DesignError) -> Self {
        Self::Verify(error.into())
    }
}

impl From<InductionError> for Failure {
    fn from(error: InductionError) -> Self {
        Self::Induction(error)
    }
}

impl From<PredictError> for Failure {
    fn from(error: PredictError) -> Self {
        Self::Predict(Box::new(error))
    }
}

impl From<ScoreError> for Failure {
    fn from(error: ScoreError) -> Self {
        Self::Score(error)
    }
}

impl From<RegressionsError> for Failure {
    fn from(error: RegressionsError) -> Self {
        Self::Regressions(error)
    }
}

impl From<TraceError> for Failure {
    fn from(error: TraceError) -> Self {
        Self::Trace(error)
    }
}

impl From<ReplayError> for Failure {
    fn from(error: ReplayError) -> Self {
        match error {
            ReplayError::Scenario(error) => Self::Verify(VerifyError::Scenario(error)),
            error @ ReplayError::UnknownProperty { .. } => Self::Replay(error),
        }
    }
}

impl From<BuiltinError> for Failure {
    fn from(error: BuiltinError) -> Self {
        Self::Builtin(error)
    }
}

impl Failure {
    /// Everything that stops the command before it has an answer is unusable input.
    #[expect(clippy::unused_self, reason = "a failure knows its exit code, whatever it is")]
    pub fn exit_code(&self) -> ExitCode {
        ExitCode::UnusableInput
    }

    /// The diagnostic, with the place and the mend.
    pub fn report(&self) -> Report {
        match self {
            Self::Verify(VerifyError::Scenario(error)) | Self::Builtin(BuiltinError::Scenario(error)) => {
                Report::new(error.as_ref().clone())
            }
            Self::Predict(error) => Report::new(error.as_ref().clone()),
            Self::Score(error) => Report::new(error.clone()),
            Self::Regressions(error) => Report::new(error.clone()),
            Self::Trace(error) => Report::new(error.clone()),
            Self::Replay(error) => miette!(
                code = "trace::property",
                help = "`shimproof show properties` lists them all",
                "{error}"
            ),
            Self::UnknownScenario { name, help } => miette!(
                code = "scenario::unknown",
                help = help,
                "there is no file or directory `{name}`, and no built-in scenario of that name"
            ),
            Self::Verify(VerifyError::Lookup(error)) => miette!(
                code = "catalogue",
                help = "`shimproof show designs` lists what the catalogue has; so do `show releases`, `show properties` and \
                     `show shims`",
                "{error}"
            ),
            Self::Verify(error @ VerifyError::UnknownProperty { .. }) => {
                miette!(
                    code = "property",
                    help = "`shimproof show properties` lists them all",
                    "{error}"
                )
            }
            Self::Verify(error @ VerifyError::UnknownMutant { .. }) => {
                miette!(
                    code = "mutant",
                    help = "`shimproof verify --mutants --format json` lists them all",
                    "{error}"
                )
            }
            Self::Induction(error) => miette!(
                code = "property",
                help = "without `--induction`, `shimproof verify` decides every property of a scenario",
                "{error}"
            ),
            Self::Verify(error @ VerifyError::Check(_)) => miette!(code = "search", "{error}"),
            Self::OnlyExact { option } => miette!(
                code = "option",
                help = "leave out `--engine stateright`, or this option",
                "{option} is for the exact engine: Stateright's search has no such thing"
            ),
            Self::Builtin(error) | Self::Verify(VerifyError::Builtin(error)) => {
                miette!(code = "builtin", "{error}")
            }
            Self::Write { path, error } => miette!(
                code = "write",
                help = "name a directory that exists and can be written",
                "{} cannot be written: {error}",
                path.display()
            ),
            Self::Reproducer(error) => miette!(
                code = "reproducer",
                help = match error {
                    ReproducerError::Imports { .. } =>
                        "give it in one file: `containerd config dump` prints all of it",
                    _ => "`--trace-dir` keeps the counterexample as a trace",
                },
                "{error}"
            ),
            Self::Address(error) => miette!(
                code = "explore",
                help = "`--address 127.0.0.1:0` takes any port that is free",
                "{error}"
            ),
            Self::Request { what, help } => miette!(code = "request", help = help.clone(), "{what}"),
            Self::NoSuchLine { number, lines } => miette!(
                code = "compare",
                help = "the same command without `--trace` prints the lines with their numbers",
                "the report has no line {number}; it has {lines}"
            ),
            Self::OfDesignsOnly => miette!(
                code = "show",
                help = "`shimproof show designs --variables`",
                "`--variables` lists the variables of design files"
            ),
            Self::Render(error) => miette!(code = "report", "the report cannot be written: {error}"),
            Self::Output(error) => miette!(code = "output", "standard output cannot be written: {error}"),
        }
    }
}
