//! Text as XML and HTML have it.

/// The text with what would be markup escaped, for contents and for attributes in double quotes.
///
/// Control characters, which XML cannot have at all, become their pictures: an error text quotes what a shim answered.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' | '\n' | '\r' => escaped.push(character),
            '\0'..='\u{1f}' => {
                let picture = char::from_u32(0x2400 + u32::from(character));
                escaped.push(picture.unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_have_is_shown() {
        assert_eq!(escape("a<b & \"c\"\n"), "a&lt;b &amp; &quot;c&quot;\n");
        assert_eq!(escape("\u{8}\u{3}\u{12}Yunix"), "␈␃␒Yunix");
    }
}
