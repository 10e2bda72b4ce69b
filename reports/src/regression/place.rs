//! Where a behaviour of a design is written: a line of its file, or of the catalogue.

use std::path::Path;

use serde::Serialize;

use shimproof_model::catalog::EMBEDDED;
use shimproof_scenario::{Change, Design, PROPOSALS};

/// The file of containerd's rows, from the root of this project.
const CONTAINERD_ROWS: &str = "model/catalog/containerd.toml";
/// Longer chains of bases are not followed; a design that goes in a circle cannot be read.
const MOST_BASES: usize = 16;

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file: as it was given, or from the root of this project.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
}

/// Where the design says how it behaves in `key`.
pub(super) fn place(design: &Design, key: &str) -> Place {
    let written = design.changes.iter().find(|change| change.field.as_str() == key);
    let own = written.and_then(|change| in_files(&design.given, change));
    own.unwrap_or_else(|| in_catalogue(design, key))
}

/// The text of a design file: one that is part of the binary, or one on disk.
fn text(given: &str) -> Option<(String, String)> {
    let proposal = PROPOSALS.iter().find(|(path, _)| {
        let file = path.rsplit('/').next().unwrap_or(path);
        file.trim_end_matches(".toml") == given
    });
    match proposal {
        Some((path, text)) => Some(((*path).to_owned(), (*text).to_owned())),
        None => Some((given.to_owned(), std::fs::read_to_string(given).ok()?)),
    }
}

/// The line in the file, or in the nearest of its bases that has it.
fn in_files(given: &str, change: &Change) -> Option<Place> {
    let mut given = given.to_owned();
    for _ in 0..MOST_BASES {
        let (file, text) = text(&given)?;
        if let Some(line) = line_of(&text, change) {
            return Some(Place { file, line });
        }
        let base = text.lines().find_map(|line| value_of(line, "base"))?;
        given = if Path::new(&base)
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("toml"))
        {
            let beside = Path::new(&file).parent()?.join(&base);
            beside.to_string_lossy().into_owned()
        } else {
            base
        };
    }
    None
}

/// The line that writes a behaviour under `[behaviour]`, or a guard under `[guards]`.
fn line_of(text: &str, change: &Change) -> Option<usize> {
    let (section, key) = match change.guard {
        Some(guard) => ("guards", guard),
        None => ("behaviour", change.field.as_str()),
    };
    let mut within = String::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        let left = line.split('=').next().unwrap_or(line);
        let name = left
            .trim_matches(|c: char| "[]\"' ".contains(c))
            .replace(['"', '\''], "");
        if line.starts_with('[') {
            within.clone_from(&name);
            if name == format!("{section}.{key}") {
                return Some(index + 1);
            }
            continue;
        }
        let whole = if within.is_empty() {
            name
        } else {
            format!("{within}.{name}")
        };
        let wanted = format!("{section}.{key}");
        if line.contains('=') && (whole == wanted || whole.starts_with(&format!("{wanted}."))) {
            return Some(index + 1);
        }
    }
    None
}

/// The string that a line assigns to a key.
fn value_of(line: &str, key: &str) -> Option<String> {
    let (left, right) = line.split_once('=')?;
    let value = right.split('#').next()?.trim().trim_matches(['"', '\'']);
    (left.trim() == key).then(|| value.to_owned())
}

/// The line of the key in the row that the design runs, or that its bases end at.
fn in_catalogue(design: &Design, key: &str) -> Place {
    let mut line = 1;
    let mut in_row = false;
    for (index, text) in EMBEDDED.containerd.lines().enumerate() {
        if text.starts_with("[[") {
            in_row = false;
        }
        if value_of(text, "id").is_some_and(|id| id == row_id(design)) {
            in_row = true;
            line = index + 1;
        }
        if in_row && text.split('=').next().is_some_and(|left| left.trim() == key) {
            line = index + 1;
            break;
        }
    }
    Place {
        file: CONTAINERD_ROWS.to_owned(),
        line,
    }
}

/// The row of the catalogue that the design is, or starts from.
pub(super) fn row_id(design: &Design) -> String {
    let mut id = design.containerd.row.id.clone();
    let mut base = design.base.clone();
    for _ in 0..MOST_BASES {
        let Some(given) = base.filter(|_| !is_row(&id)) else {
            break;
        };
        match Design::named(shimproof_model::catalog::Catalog::embedded(), &given) {
            Ok(found) => {
                id = found.containerd.row.id;
                base = found.base;
            }
            // A file of its own: the behaviours that it does not change are in its base.
            Err(_) => {
                base =
                    text(&given).and_then(|(_, text)| text.lines().find_map(|line| value_of(line, "base")));
            }
        }
    }
    id
}

fn is_row(id: &str) -> bool {
    let rows = shimproof_model::catalog::Catalog::embedded().containerd();
    rows.iter().any(|row| row.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use shimproof_model::catalog::Catalog;

    fn line(place: &Place, text: &str) -> String {
        text.lines().nth(place.line - 1).unwrap().to_owned()
    }

    #[test]
    fn a_behaviour_of_a_release_is_a_line_of_its_row() {
        let design = Design::named(Catalog::embedded(), "v2.3.4").unwrap();
        let place = place(&design, "introspection");
        assert_eq!(place.file, CONTAINERD_ROWS);
        assert_eq!(
            line(&place, EMBEDDED.containerd),
            "introspection = \"every-handler\""
        );
        let before = Design::named(Catalog::embedded(), "v2.3.3").unwrap();
        assert_eq!(
            line(&super::place(&before, "introspection"), EMBEDDED.containerd),
            "introspection = \"runc-v2-only\""
        );
    }

    #[test]
    fn every_change_of_a_proposal_is_a_line_of_its_file() {
        for (path, text) in PROPOSALS {
            let name = path.rsplit('/').next().unwrap().trim_end_matches(".toml");
            let design = Design::named(Catalog::embedded(), name).unwrap();
            assert!(!design.changes.is_empty());
            for change in &design.changes {
                let place = place(&design, change.field.as_str());
                assert!(place.file.starts_with("designs/"), "{place:?}");
                let key = change.guard.unwrap_or(change.field.as_str());
                if place.file == *path {
                    assert!(line(&place, text).contains(key), "{place:?}");
                }
            }
            assert_eq!(place(&design, "introspection").file, CONTAINERD_ROWS);
        }
    }

    #[test]
    fn a_guard_can_be_a_table_a_dotted_key_or_an_inline_table() {
        let change = Change {
            field: shimproof_model::catalog::ContainerdField::IoOwnerGuard,
            before: String::new(),
            after: String::new(),
            guard: Some("io_owner"),
        };
        for (text, found) in [
            ("base = \"v2.0.1\"\n[guards.io_owner]\nwhen = \"true\"\n", 2),
            ("[guards]\nio_owner.when = \"true\"\n", 2),
            ("[guards]\n# io_owner\nio_owner = { when = \"true\" }\n", 3),
            ("guards.io_owner.when = \"true\"\n", 1),
        ] {
            assert_eq!(line_of(text, &change), Some(found), "{text}");
        }
        assert_eq!(line_of("[behaviour]\nio_owner = 1\n", &change), None);
    }
}
