//! Errors of design files.

use std::fmt::Display;

use miette::{Diagnostic, LabeledSpan, Severity, SourceCode};
use shimproof_model::catalog::LookupError;

use crate::error::ScenarioError;

/// A design that cannot be used.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DesignError {
    /// The catalogue has neither a design nor a release of that name.
    #[error(transparent)]
    Unknown(#[from] LookupError),
    /// The file cannot be used.
    #[error(transparent)]
    File(#[from] Box<ScenarioError>),
}

/// What is wrong with a design file: the diagnostic of any file, under a code of its own.
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub struct InDesign(Box<ScenarioError>);

impl InDesign {
    /// The error as one of a design file. One that is already stays as it is.
    #[expect(
        clippy::unnecessary_box_returns,
        reason = "what reads design files hands errors on in boxes"
    )]
    pub(super) fn of(error: ScenarioError) -> Box<ScenarioError> {
        match error {
            ScenarioError::Design(_) => Box::new(error),
            other => Box::new(ScenarioError::Design(Self(Box::new(other)))),
        }
    }
}

impl Diagnostic for InDesign {
    fn code<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        let code = self.0.code()?.to_string();
        let kind = code.rsplit("::").next().unwrap_or_default();
        Some(Box::new(format!("design::{kind}")))
    }

    fn severity(&self) -> Option<Severity> {
        self.0.severity()
    }

    fn help<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        self.0.help()
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.0.source_code()
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.0.labels()
    }
}
