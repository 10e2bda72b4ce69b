//! A trace as a file: kept, exchanged, drawn or read.

use shimproof_model::trace::Trace;

use crate::diagram::{Sequence, mermaid, svg};
use crate::itf::itf;
use crate::style::Styles;
use crate::trace_text::{Detail, Found, trace_text};

/// What a trace is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceFormat {
    /// As it is kept and replayed.
    Json,
    /// Informal Trace Format.
    Itf,
    /// A sequence diagram as a picture.
    Svg,
    /// A sequence diagram for Markdown.
    Mermaid,
    /// The story, step by step.
    Text,
}

impl TraceFormat {
    /// How the names of such files end.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Json => ".json",
            Self::Itf => ".itf.json",
            Self::Svg => ".svg",
            Self::Mermaid => ".mmd",
            Self::Text => ".txt",
        }
    }

    /// The contents of such a file; `detail` is about text, as the other formats have whole states anyway or no room for them.
    pub fn render(self, trace: &Trace, detail: Detail) -> String {
        match self {
            Self::Json => {
                let trace = serde_json::to_value(trace).unwrap_or_default();
                format!("{trace:#}\n")
            }
            Self::Itf => format!("{:#}\n", itf(trace)),
            Self::Svg => svg(&Sequence::of(trace)),
            Self::Mermaid => mermaid(&Sequence::of(trace)),
            Self::Text => trace_text(trace, &[Found::of(trace)], detail, &Styles::plain()),
        }
    }
}
