//! `config_body`: the options table as containerd's TOML library writes it.

use std::fmt::Write as _;

use shimproof_scenario::KeyMatching;
use toml::Value;

/// The text of a table. containerd 1.7 vendors go-toml 1, which writes basic strings; 2.x vendors go-toml 2,
/// which writes literal ones where it can. Both sort keys, and put tables after plain values.
pub(super) fn config_body(table: &toml::Table, matching: KeyMatching) -> String {
    let mut out = String::new();
    let strings = match matching {
        KeyMatching::FourSpellings => Strings::Basic,
        KeyMatching::AnyCase => Strings::LiteralIfPossible,
    };
    section(&mut out, "", table, strings);
    out
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Strings {
    Basic,
    LiteralIfPossible,
}

fn section(out: &mut String, path: &str, table: &toml::Table, strings: Strings) {
    for (name, value) in table.iter().filter(|(_, value)| !value.is_table()) {
        // Writing into a String does not fail.
        let _ = writeln!(out, "{} = {}", key(name), inline(value, strings));
    }
    for (name, value) in table {
        if let Value::Table(inner) = value {
            let path = if path.is_empty() {
                key(name)
            } else {
                format!("{path}.{}", key(name))
            };
            let _ = writeln!(out, "\n[{path}]");
            section(out, &path, inner, strings);
        }
    }
}

fn key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if !name.is_empty() && name.chars().all(bare) {
        name.to_owned()
    } else {
        basic(name)
    }
}

fn inline(value: &Value, strings: Strings) -> String {
    match value {
        Value::String(text) if strings == Strings::LiteralIfPossible && literal(text) => format!("'{text}'"),
        Value::String(text) => basic(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| inline(item, strings)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Table(inner) => {
            let items: Vec<String> = inner
                .iter()
                .map(|(name, value)| format!("{} = {}", key(name), inline(value, strings)))
                .collect();
            format!("{{{}}}", items.join(", "))
        }
        other => other.to_string(),
    }
}

fn literal(text: &str) -> bool {
    !text.chars().any(|c| c == '\'' || c.is_control())
}

fn basic(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str, matching: KeyMatching) -> String {
        config_body(&text.parse().unwrap(), matching)
    }

    #[test]
    fn each_library_writes_strings_in_its_way() {
        let text = "SystemdCgroup = true\nBinaryName = \"crun\"";
        assert_eq!(
            body(text, KeyMatching::FourSpellings),
            "BinaryName = \"crun\"\nSystemdCgroup = true\n"
        );
        assert_eq!(
            body(text, KeyMatching::AnyCase),
            "BinaryName = 'crun'\nSystemdCgroup = true\n"
        );
    }

    #[test]
    fn what_is_written_is_read_back() {
        let text = "a = \"it's\\n\"\nb = [1, 2]\n[c]\n\"d e\" = 1.5\n[c.f]\ng = \"\\u0001\"";
        let table: toml::Table = text.parse().unwrap();
        for matching in [KeyMatching::FourSpellings, KeyMatching::AnyCase] {
            assert_eq!(
                config_body(&table, matching).parse::<toml::Table>().unwrap(),
                table
            );
        }
    }
}
