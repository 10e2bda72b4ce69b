//! From text to [`ScenarioFile`], and from a parser's complaint to a diagnostic.

use serde::de::DeserializeOwned;

use crate::error::ScenarioError;
use crate::nearest::suggest;
use crate::snippet::{Place, Snippet};

use super::ScenarioFile;

impl ScenarioFile {
    /// Reads the text of a scenario file.
    ///
    /// # Errors
    /// If it is not TOML, has an unknown key, lacks one, or has a value of the wrong kind.
    pub fn parse(source: &Snippet) -> Result<Self, ScenarioError> {
        parse_toml(source)
    }
}

/// Reads a file whose keys are all known.
pub(crate) fn parse_toml<T: DeserializeOwned>(source: &Snippet) -> Result<T, ScenarioError> {
    // In two steps, so that a syntax error is told from a wrong value.
    toml::de::DeTable::parse(source.text()).map_err(|error| ScenarioError::Syntax {
        message: format!("not TOML: {}", error.message().lines().next().unwrap_or_default()),
        source_code: source.clone(),
        at: source.span(error.span().unwrap_or(0..0)),
    })?;
    toml::from_str(source.text()).map_err(|error| {
        let place = source.place(error.span().unwrap_or(0..0));
        explained(&place, error.message())
    })
}

/// Serde tells unknown and missing names only in its text; the wording has been the same since serde 1.0, and
/// a test fails if it changes.
pub(crate) fn explained(place: &Place, message: &str) -> ScenarioError {
    let mut names = message.split('`').skip(1).step_by(2);
    if message.starts_with("unknown field") {
        let key = names.next().unwrap_or_default();
        return ScenarioError::UnknownKey {
            key: key.to_owned(),
            help: suggest(key, names),
            source_code: place.source(),
            at: place.span(),
        };
    }
    if message.starts_with("unknown variant") {
        let value = names.next().unwrap_or_default();
        return ScenarioError::bad_value(place, format!("unknown value `{value}`"), suggest(value, names));
    }
    if message.starts_with("missing field") {
        let key = names.next().unwrap_or_default();
        return ScenarioError::bad_value(
            place,
            format!("the key `{key}` is missing"),
            format!("add `{key}` to this table"),
        );
    }
    if let Some(found) = message.strip_suffix(", expected struct When") {
        return ScenarioError::bad_value(
            place,
            format!("{found}, expected a guard"),
            "write the expression as `when`: io_owner.when = \"userns.mode == 'POD'\"".to_owned(),
        );
    }
    if let Some(found) = message.strip_suffix(", expected struct Decision") {
        return ScenarioError::bad_value(
            place,
            format!("{found}, expected a guard"),
            "write the expression as `decision`: mounts.decision = \"'plain'\"".to_owned(),
        );
    }
    // Names of our types say nothing to who writes the file.
    let message = match message.split_once(", expected struct ") {
        Some((found, _)) => format!("{found}, expected a table"),
        None => message.to_owned(),
    };
    let help = message
        .ends_with("expected a string")
        .then(|| "a text stands between quotes".to_owned());
    ScenarioError::bad_value(place, message, help)
}
