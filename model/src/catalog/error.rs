//! What can be wrong with a catalogue, or with a name that is looked up in it.

/// An error in a catalogue file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{file}, line {line}{}: {what}", row.as_ref().map(|row| format!(", row `{row}`")).unwrap_or_default())]
pub struct CatalogError {
    /// The file.
    pub file: &'static str,
    /// The line, counted from 1.
    pub line: usize,
    /// The row, if the error is in one.
    pub row: Option<String>,
    /// What is wrong.
    pub what: String,
}

impl CatalogError {
    pub(super) fn syntax(file: &'static str, text: &str, error: &toml::de::Error) -> Self {
        let start = error.span().map_or(0, |span| span.start);
        Self {
            file,
            line: line_of(text, start),
            row: None,
            what: error.message().to_owned(),
        }
    }

    pub(super) fn in_row(file: &'static str, text: &str, row: &str, what: String) -> Self {
        let start = ["id", "name"]
            .iter()
            .find_map(|key| {
                text.lines()
                    .position(|line| {
                        line.split_once('=').is_some_and(|(left, right)| {
                            left.trim() == *key && right.trim().trim_matches('"') == row
                        })
                    })
                    .map(|index| index + 1)
            })
            .unwrap_or(1);
        Self {
            file,
            line: start,
            row: Some(row.to_owned()),
            what,
        }
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes()
        .iter()
        .take(offset)
        .filter(|byte| **byte == b'\n')
        .count()
        + 1
}

/// A name or version that the catalogue does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LookupError {
    /// The text is neither a tag nor `BRANCH@COMMIT`.
    #[error("`{given}` names no {component} release: expected {expected}")]
    NotAVersion {
        /// What was looked up.
        given: String,
        /// Of which component.
        component: &'static str,
        /// What a version of it looks like.
        expected: &'static str,
    },
    /// No row covers the version.
    #[error("no row of the catalogue covers {component} {given}; the nearest rows are {}", nearest.join(", "))]
    NotCovered {
        /// What was looked up.
        given: String,
        /// Of which component.
        component: String,
        /// The nearest rows, with their ranges.
        nearest: Vec<String>,
    },
    /// No component of that name.
    #[error("the catalogue has no {kind} `{given}`; there are {}", known.join(", "))]
    UnknownName {
        /// What was looked up.
        given: String,
        /// What kind of thing it should be.
        kind: &'static str,
        /// The names that exist, the nearest first.
        known: Vec<String>,
    },
}
