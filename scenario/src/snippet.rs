//! A file's text, shared by everything that was read from it, so that a diagnostic can show the line.

use std::fs;
use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use crate::ScenarioError;

/// No configuration or manifest is larger; one that is was named by mistake.
const LARGEST_FILE: u64 = 4 << 20;

/// Files that were made by a machine may be one line; showing all of it hides the place.
const WIDEST_EXCERPT: usize = 2000;
/// What is shown on each side of a place in such a line, in bytes.
const MARGIN: usize = 30;

/// The text of one file. Copies share it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snippet(Arc<Inner>);

#[derive(Debug, PartialEq, Eq)]
struct Inner {
    path: PathBuf,
    name: String,
    text: String,
}

impl Snippet {
    /// Takes a text that stands in no file yet; `path` is what relative imports are resolved against.
    pub fn new(path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        let path = path.into();
        let name = path.display().to_string();
        Self(Arc::new(Inner {
            path,
            name,
            text: text.into(),
        }))
    }

    /// Reads a file.
    ///
    /// # Errors
    /// If there is none, if it is not UTF-8, or if it is larger than 4 MiB. `referrer` says who names the
    /// file.
    pub fn read(path: &Path, referrer: &str) -> Result<Self, ScenarioError> {
        let unreadable = |error: &std::io::Error| {
            if error.kind() == std::io::ErrorKind::NotFound {
                ScenarioError::Missing {
                    path: path.display().to_string(),
                    referrer: referrer.to_owned(),
                }
            } else {
                ScenarioError::Unreadable {
                    path: path.display().to_string(),
                    referrer: referrer.to_owned(),
                    why: error.to_string(),
                }
            }
        };
        let file = fs::File::open(path).map_err(|error| unreadable(&error))?;
        let mut bytes = Vec::new();
        // Not the size that the file system tells: devices and pipes tell none.
        file.take(LARGEST_FILE + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| unreadable(&error))?;
        if bytes.len() as u64 > LARGEST_FILE {
            return Err(ScenarioError::TooLarge {
                path: path.display().to_string(),
                referrer: referrer.to_owned(),
                limit: LARGEST_FILE,
            });
        }
        let text = String::from_utf8(bytes).map_err(|error| ScenarioError::Unreadable {
            path: path.display().to_string(),
            referrer: referrer.to_owned(),
            why: format!("byte {} is not UTF-8", error.utf8_error().valid_up_to()),
        })?;
        Ok(Self::new(path, text))
    }

    /// The path as the user would write it.
    pub fn path(&self) -> &Path {
        &self.0.path
    }

    /// The path as text.
    pub fn name(&self) -> &str {
        &self.0.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.0.text
    }

    /// The span, moved back into the text if a parser pointed behind its end.
    pub(crate) fn span(&self, range: Range<usize>) -> SourceSpan {
        let end = range.end.min(self.0.text.len());
        let start = range.start.min(end);
        (start..end).into()
    }

    /// A part of the one line in which a span begins.
    fn cut_out<'a>(&'a self, span: SourceSpan) -> Box<dyn SpanContents<'a> + 'a> {
        let text = self.text();
        let boundary = |at: usize| {
            (0..=at.min(text.len()))
                .rev()
                .find(|&at| text.is_char_boundary(at))
                .unwrap_or_default()
        };
        let offset = boundary(span.offset());
        let line_start = text[..offset].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[offset..].find('\n').map_or(text.len(), |at| offset + at);
        let start = boundary(offset.saturating_sub(MARGIN)).max(line_start);
        let end = boundary(
            offset
                .saturating_add(span.len().min(MARGIN))
                .saturating_add(MARGIN),
        )
        .min(line_end);
        let line = text[..line_start].bytes().filter(|&byte| byte == b'\n').count();
        let data = &text.as_bytes()[start..end.max(start)];
        let name = self.0.name.clone();
        Box::new(MietteSpanContents::new_named(
            name,
            data,
            (start..end.max(start)).into(),
            line,
            start - line_start,
            1,
        ))
    }

    pub(crate) fn place(&self, range: Range<usize>) -> Place {
        Place {
            source: self.clone(),
            range,
        }
    }
}

impl SourceCode for Snippet {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        lines_before: usize,
        lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let text = self.0.text.as_str();
        let inner = text.read_span(span, lines_before, lines_after)?;
        if inner.data().len() > WIDEST_EXCERPT {
            return Ok(self.cut_out(*span));
        }
        Ok(Box::new(MietteSpanContents::new_named(
            self.0.name.clone(),
            inner.data(),
            *inner.span(),
            inner.line(),
            inner.column(),
            inner.line_count(),
        )))
    }
}

/// Where something was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    source: Snippet,
    range: Range<usize>,
}

impl Place {
    /// The file.
    pub fn file(&self) -> &Path {
        self.source.path()
    }

    /// The line, counted from 1.
    pub fn line(&self) -> usize {
        1 + self
            .source
            .text()
            .bytes()
            .take(self.range.start)
            .filter(|&byte| byte == b'\n')
            .count()
    }

    pub(crate) fn source(&self) -> Snippet {
        self.source.clone()
    }

    pub(crate) fn span(&self) -> SourceSpan {
        self.source.span(self.range.clone())
    }
}
