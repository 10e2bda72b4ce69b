//! Why the command cannot do what it was asked, as a diagnostic.

use std::path::PathBuf;

use miette::{Report, miette};
use shimproof_model::catalog::LookupError;
use shimproof_reports::{BuiltinError, VerifyError};
use shimproof_scenario::ScenarioError;
use shimproof_sim::{PredictError, RegressionsError, ScoreError};

use crate::exit::ExitCode;

/// Why the command cannot do what it was asked.
#[derive(Debug)]
pub enum Failure {
    /// The input cannot be used.
    Verify(VerifyError),
    /// A prediction cannot be made.
    Predict(Box<PredictError>),
    /// There is nothing to score.
    Score(ScoreError),
    /// Seeds cannot be kept.
    Regressions(RegressionsError),
    /// The built-in scenarios cannot be read.
    Builtin(BuiltinError),
    /// A file or directory cannot be written.
    Write { path: PathBuf, error: std::io::Error },
    /// Standard output cannot be written.
    Output(std::io::Error),
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

impl From<LookupError> for Failure {
    fn from(error: LookupError) -> Self {
        Self::Verify(VerifyError::Design(error))
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
            Self::Verify(VerifyError::Design(error)) => miette!(
                code = "catalogue",
                help =
                    "`shimproof show` lists what the catalogue has: designs, releases, properties and shims",
                "{error}"
            ),
            Self::Verify(error @ VerifyError::UnknownProperty { .. }) => {
                miette!(
                    code = "property",
                    help = "`shimproof show properties` lists them all",
                    "{error}"
                )
            }
            Self::Verify(error @ VerifyError::Check(_)) => miette!(code = "search", "{error}"),
            Self::Builtin(error) | Self::Verify(VerifyError::Builtin(error)) => {
                miette!(code = "builtin", "{error}")
            }
            Self::Write { path, error } => miette!(
                code = "write",
                help = "name a directory that exists and can be written",
                "{} cannot be written: {error}",
                path.display()
            ),
            Self::Output(error) => miette!(code = "output", "standard output cannot be written: {error}"),
        }
    }
}
