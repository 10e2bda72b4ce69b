//! Where a character of a TOML string stands in its file.

use std::ops::Range;

/// Moves a range of a string's value to where it is written; `raw` is the string as written, with its quotes, and
/// `start` where it begins in the file. Where that cannot be told, it is the whole string.
pub(super) fn written(raw: &str, value: &str, start: usize, range: &Range<usize>) -> Range<usize> {
    match places(raw, value) {
        Some(places) => {
            let at = |index: usize| start + places.get(index).or(places.last()).copied().unwrap_or_default();
            let begin = at(range.start);
            let end = if range.end > range.start {
                at(range.end - 1) + 1
            } else {
                begin
            };
            begin..end
        }
        None => start..start + raw.len(),
    }
}

/// For each byte of the value, and its end, the byte of `raw` that it stands at.
fn places(raw: &str, value: &str) -> Option<Vec<usize>> {
    let quote = raw.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    let triple: String = std::iter::repeat_n(quote, 3).collect();
    let mut at = if raw.len() >= 6 && raw.starts_with(&triple) {
        3
    } else {
        1
    };
    if at == 3 {
        // A line that ends at the opening quotes is not part of the value.
        at += raw[at..].len()
            - raw[at..]
                .strip_prefix("\r\n")
                .or(raw[at..].strip_prefix('\n'))
                .unwrap_or(&raw[at..])
                .len();
    }
    let mut places = Vec::with_capacity(value.len() + 1);
    for character in value.chars() {
        let mut here = raw.get(at..)?;
        // A backslash at the end of a line takes the space before the next character with it.
        while quote == '"' && is_continuation(here) {
            let rest = here[1..].trim_start();
            at += here.len() - rest.len();
            here = rest;
        }
        places.extend(std::iter::repeat_n(at, character.len_utf8()));
        at += match here.as_bytes().get(..2) {
            Some([b'\\', b'u']) if quote == '"' => 6,
            Some([b'\\', b'U']) if quote == '"' => 10,
            Some([b'\\', b'x']) if quote == '"' => 4,
            Some([b'\\', _]) if quote == '"' => 2,
            Some([b'\r', b'\n']) if character == '\n' => 2,
            _ => here.chars().next()?.len_utf8(),
        };
    }
    places.push(at);
    Some(places)
}

fn is_continuation(text: &str) -> bool {
    text.strip_prefix('\\').is_some_and(|rest| {
        let blank = rest.trim_start_matches([' ', '\t']);
        blank.starts_with('\n') || blank.starts_with("\r\n")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text that a character of the value is written as.
    fn character(toml: &str, needle: &str) -> String {
        let table: std::collections::BTreeMap<String, toml::Spanned<String>> = toml::from_str(toml).unwrap();
        let value = &table["k"];
        let at = value.get_ref().find(needle).unwrap();
        let raw = &toml[value.span()];
        toml[written(raw, value.get_ref(), value.span().start, &(at..at + needle.len()))].to_owned()
    }

    #[test]
    fn every_kind_of_string_is_found_again() {
        assert_eq!(character("k = \"a && b\"", "&&"), "&&");
        assert_eq!(character("k = 'a && b'", "&&"), "&&");
        assert_eq!(character("k = \"\"\"\n  a\n  && b\"\"\"", "&&"), "&&");
        assert_eq!(character("k = '''\na && b'''", "&&"), "&&");
        assert_eq!(character(r#"k = "\"x\" && b""#, "&&"), "&&");
        assert_eq!(character("k = \"\"\"a \\\n   && b\"\"\"", "&&"), "&&");
        assert_eq!(character(r#"k = "\u0061 && b""#, "&&"), "&&");
        assert_eq!(character("k = \"\"\"\r\na\r\n&& b\"\"\"", "&&"), "&&");
    }
}
