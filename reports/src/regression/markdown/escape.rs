//! Text in Markdown.

use std::fmt::Write as _;

/// The sign of a change.
pub(super) fn mark(change: &str) -> &'static str {
    match change {
        "regressed" => "❌",
        "fixed" => "✅",
        "unknown" => "❔",
        "unchanged" => "=",
        _ => "🔶",
    }
}

/// Text in which Markdown and HTML find nothing of theirs.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            // GitHub would take `#1` for an issue of the repository that the comment is in.
            '#' => escaped.push_str("&#35;<!-- -->"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '@' | '~' | '$' => {
                // As character references they are no Markdown, and render in summaries, which are HTML.
                let _ = write!(escaped, "&#{};", u32::from(c));
            }
            '\n' | '\r' => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

/// Text as code, in a table too.
pub(super) fn code(text: &str) -> String {
    let text = text.replace(['\n', '\r'], " ").replace('|', "\\|");
    if text.contains('`') {
        format!("`` {text} ``")
    } else {
        format!("`{text}`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_text_is_markup() {
        assert_eq!(escape("a_b <i>|`x`"), "a&#95;b &lt;i&gt;&#124;&#96;x&#96;");
        assert_eq!(escape("PR #11104"), "PR &#35;<!-- -->11104");
        assert_eq!(code("a || b"), "`a \\|\\| b`");
    }
}
