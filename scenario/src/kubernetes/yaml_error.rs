//! What is wrong with a YAML file, in words that do not need a parser's inside to be understood.

use serde_saphyr::Error;

/// The error without its place.
pub(super) fn in_words(error: &Error) -> String {
    match error {
        Error::Unexpected { expected, .. } => match *expected {
            "sequence start" => "a list belongs here".to_owned(),
            "mapping start" => "keys with values belong here".to_owned(),
            "scalar" | "string scalar" => "a single value belongs here".to_owned(),
            _ => not_usable(error),
        },
        Error::NullIntoString { .. } => "a text belongs here, and there is nothing".to_owned(),
        Error::InvalidBooleanStrict { .. } => "`true` or `false` belongs here".to_owned(),
        Error::InvalidScalar { ty, .. } => format!("{} belongs here", kind(ty)),
        Error::SerdeInvalidType {
            unexpected, expected, ..
        }
        | Error::SerdeInvalidValue {
            unexpected, expected, ..
        } => format!("{} belongs here, and not {unexpected}", kind(expected)),
        Error::SerdeMissingField { field, .. } => format!("the key `{field}` is missing"),
        Error::SerdeUnknownVariant {
            variant, expected, ..
        } => {
            let known: Vec<String> = expected.iter().map(|name| format!("`{name}`")).collect();
            format!("`{variant}` is none of {}", known.join(", "))
        }
        Error::DuplicateMappingKey { key: Some(key), .. } => format!("the key `{key}` stands here twice"),
        Error::DuplicateMappingKey { key: None, .. } => "a key stands here twice".to_owned(),
        Error::UnknownAnchor { .. } => "there is no anchor of this name above".to_owned(),
        Error::AliasReplayCounterOverflow { .. }
        | Error::AliasReplayLimitExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. } => too_large(),
        _ => not_usable(error),
    }
}

/// What the syntax of YAML itself forbids, in the words of the parser.
fn not_usable(error: &Error) -> String {
    let message =
        error.render_with_options(serde_saphyr::render_options! { snippets: serde_saphyr::SnippetMode::Off });
    // The place is shown beside the source.
    let message = message.split(" at line ").next().unwrap_or(&message);
    if message.contains("budget breached") {
        too_large()
    } else {
        format!("not usable YAML: {message}")
    }
}

fn too_large() -> String {
    "too deep or too large for an object of Kubernetes: no more than 64 levels, 100000 values and 100 aliases are read".to_owned()
}

fn kind(name: &str) -> String {
    match name {
        "bool" | "boolean" | "a boolean" => "`true` or `false`".to_owned(),
        name if name.starts_with(['i', 'u']) && name[1..].parse::<u8>().is_ok() => {
            "a whole number".to_owned()
        }
        "integer" => "a whole number".to_owned(),
        "a string" => "a text".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "keys with values".to_owned(),
        other => other.to_owned(),
    }
}
