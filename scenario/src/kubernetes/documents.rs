//! The documents of a YAML file, each with its place in it.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_saphyr::{Location, Spanned};

use crate::error::ScenarioError;
use crate::snippet::{Place, Snippet};

use super::yaml_error::in_words;

/// One document of a file.
pub(super) struct Document<'a> {
    source: &'a Snippet,
    /// Where it begins in the file.
    offset: usize,
    text: &'a str,
}

/// Splits a file. `---` at the beginning of a line divides documents wherever it stands, in a block scalar
/// too (YAML 1.2.2, rule `c-forbidden`), so that this needs no parser.
pub(super) fn documents(source: &Snippet) -> Vec<Document<'_>> {
    let text = source.text();
    let mut starts = vec![0];
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let divides = line
            .strip_prefix("---")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace));
        if divides && offset > 0 {
            starts.push(offset);
        }
        offset += line.len();
    }
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let parts = starts.iter().zip(ends).map(|(&start, end)| Document {
        source,
        offset: start,
        text: &text[start..end],
    });
    // Before the first divider there may be comments and directives only.
    parts
        .filter(|part| {
            part.text
                .lines()
                .any(|line| !line.trim().is_empty() && !line.starts_with(['#', '%']))
        })
        .collect()
}

#[derive(Deserialize)]
struct Header {
    kind: Option<String>,
}

impl Document<'_> {
    pub(super) fn kind(&self) -> Result<Option<String>, ScenarioError> {
        // A document may hold nothing, as generated files often do.
        Ok(self.read::<Option<Header>>()?.and_then(|header| header.kind))
    }

    /// Reads the document. The budget bounds depth, nodes and aliases, so that hostile files end here.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, ScenarioError> {
        let options = serde_saphyr::options! {
            budget: serde_saphyr::budget! {
                max_depth: 64,
                max_nodes: 100_000,
                max_aliases: 100,
                max_anchors: 100,
                max_documents: 1,
            },
            with_snippet: false,
        };
        serde_saphyr::from_str_with_options(self.text, options).map_err(|error| {
            let range = error
                .location()
                .map_or(0..0, |location| range(self.text, &location));
            let range = range.start + self.offset..range.end + self.offset;
            ScenarioError::Syntax {
                message: in_words(&error),
                source_code: self.source.clone(),
                at: self.source.span(range),
            }
        })
    }

    /// Where a value stands in the file.
    pub(super) fn place<T>(&self, value: &Spanned<T>) -> Place {
        let range = range(self.text, &value.referenced);
        self.source
            .place(range.start + self.offset..range.end + self.offset)
    }

    /// The value of a field that is no text. YAML knows a quoted one from a plain one, and so does the API server, which
    /// refuses the former.
    pub(super) fn plain<T: Copy>(
        &self,
        field: &str,
        value: Option<&Spanned<T>>,
    ) -> Result<Option<T>, ScenarioError> {
        let Some(value) = value else { return Ok(None) };
        let start = range(self.text, &value.referenced).start;
        let quote = |text: &str| text.starts_with(['"', '\'']);
        let before = self.text.get(..start).and_then(|text| text.chars().next_back());
        let quoted =
            self.text.get(start..).is_some_and(quote) || before.is_some_and(|c| quote(&c.to_string()));
        if quoted {
            return Err(ScenarioError::bad_value(
                &self.place(value),
                format!("`{field}` is a text"),
                "the API server refuses it: leave out the quotes".to_owned(),
            ));
        }
        Ok(Some(value.value))
    }

    /// A name. A plain number, truth value or nothing is no text to the API server.
    pub(super) fn name(&self, field: &str, value: &Spanned<String>) -> Result<String, ScenarioError> {
        let text = value.value.as_str();
        let start = range(self.text, &value.referenced).start;
        let written = self.text.get(start..).unwrap_or_default();
        let number =
            text.parse::<f64>().is_ok() && text.starts_with(|first: char| "+-.0123456789".contains(first));
        let word = ["true", "false", "yes", "no", "on", "off", "null", "~"];
        if written.starts_with(text) && (number || word.contains(&text.to_lowercase().as_str())) {
            return Err(ScenarioError::bad_value(
                &self.place(value),
                format!("`{field}` is no text"),
                "the API server refuses it: write it in quotes".to_owned(),
            ));
        }
        Ok(value.value.clone())
    }

    /// The document's beginning, after its divider.
    pub(super) fn beginning(&self) -> Place {
        let divider = if self.text.starts_with("---") {
            self.text.split_inclusive('\n').next().map_or(0, str::len)
        } else {
            0
        };
        let rest = &self.text[divider..];
        let comments: usize = rest
            .split_inclusive('\n')
            .take_while(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
            .map(str::len)
            .sum();
        let at = self.offset + divider + if comments < rest.len() { comments } else { 0 };
        self.source.place(at..at)
    }
}

/// Bytes of `text` that a location means. Syntax errors have a line and column only.
fn range(text: &str, location: &Location) -> std::ops::Range<usize> {
    let number = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
    let span = location.span();
    if let (Some(offset), Some(length)) = (span.byte_offset(), span.byte_len()) {
        return number(offset)..number(offset).saturating_add(number(length));
    }
    let before = number(location.line()).saturating_sub(1);
    let start: usize = text.split_inclusive('\n').take(before).map(str::len).sum();
    let column = number(location.column()).saturating_sub(1);
    let start = start
        + text[start..]
            .chars()
            .take(column)
            .map(char::len_utf8)
            .sum::<usize>();
    start..start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dividers_comments_and_directives() {
        let source = Snippet::new(
            "a.yaml",
            "# licence\n---\nkind: A\n---\n# nothing\n---\nkind: B\ntext: |\n  ---\n",
        );
        let kinds: Vec<_> = documents(&source)
            .iter()
            .map(|document| document.kind().unwrap())
            .collect();
        assert_eq!(kinds, [Some("A".to_owned()), None, Some("B".to_owned())]);
    }
}
