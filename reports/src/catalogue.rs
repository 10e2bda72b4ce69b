//! What the catalogue holds, with sources, as text and JSON.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::{Value, json};

use shimproof_model::catalog::provenance::{Known, Row};
use shimproof_model::catalog::version::Range;
use shimproof_model::catalog::{Catalog, ContainerdRow, KubeletRow, LookupError};
use shimproof_scenario::Design;

use crate::designs::{show_design, show_designs};
use crate::property_catalogue::{properties, property};
use crate::style::{Styles, set};
use crate::verification::VerifyError;

/// Which part of the catalogue is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// containerd and kubelet releases.
    Releases,
    /// Designs.
    Designs,
    /// Properties and reachabilities.
    Properties,
    /// Shims and OCI runtimes.
    Shims,
}

/// An answer in both forms.
#[derive(Clone, Debug)]
pub struct Shown {
    /// For people.
    pub text: String,
    /// For programs.
    pub json: Value,
}

/// Shows a part of the catalogue, or one entry of it.
///
/// # Errors
/// [`VerifyError`] if there is no entry of that name.
pub fn show(
    catalog: &Catalog,
    part: Part,
    name: Option<&str>,
    styles: &Styles,
) -> Result<Shown, VerifyError> {
    match (part, name) {
        (Part::Releases, None) => Ok(list(styles, &[releases(catalog), kubelets(catalog)])),
        (Part::Releases, Some(name)) => release(catalog, name, styles),
        (Part::Shims, None) => Ok(list(styles, &[shims(catalog), oci_runtimes(catalog)])),
        (Part::Shims, Some(name)) => shim(catalog, name, styles),
        (Part::Designs, None) => show_designs(catalog, styles),
        (Part::Designs, Some(name)) => Ok(show_design(&Design::find(catalog, name)?, styles)),
        (Part::Properties, None) => properties(catalog, styles),
        (Part::Properties, Some(name)) => property(catalog, name, styles),
    }
}

/// The behaviours of a row as key and value, in the order of the catalogue.
pub(crate) fn containerd_behaviours(row: &ContainerdRow) -> Vec<(&'static str, String)> {
    behaviours(row)
}

/// The same of a kubelet's row.
pub(crate) fn kubelet_behaviours(row: &KubeletRow) -> Vec<(&'static str, String)> {
    behaviours(row)
}

fn behaviours<R: Row + Serialize>(row: &R) -> Vec<(&'static str, String)> {
    // A row is made of strings, numbers and tables of them: it always has a JSON form.
    let value = serde_json::to_value(row).unwrap_or_default();
    R::keys()
        .into_iter()
        .map(|key| {
            let found = key.split('.').try_fold(&value, |value, part| value.get(part));
            (key, found.map_or_else(|| "-".to_owned(), plain))
        })
        .collect()
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        other => other.to_string(),
    }
}

/// A list of rows under a heading: id, ranges, and what is only inferred of it.
struct Rows {
    heading: &'static str,
    entries: Vec<(String, String, usize)>,
    json: Value,
}

fn rows<R: Row + Serialize>(heading: &'static str, rows: &[R], ranges: impl Fn(&R) -> String) -> Rows {
    Rows {
        heading,
        entries: rows
            .iter()
            .map(|row| (row.id().to_owned(), ranges(row), row.inferred().len()))
            .collect(),
        json: json!(rows),
    }
}

fn joined(ranges: &[Range]) -> String {
    ranges
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(", ")
}

fn releases(catalog: &Catalog) -> Rows {
    rows("containerd", catalog.containerd(), |row| {
        let windows = row
            .windows
            .iter()
            .map(|window| format!("{}@{}", window.branch, &window.first[..9.min(window.first.len())]));
        row.releases
            .iter()
            .map(ToString::to_string)
            .chain(windows)
            .collect::<Vec<_>>()
            .join(", ")
    })
}

fn kubelets(catalog: &Catalog) -> Rows {
    rows("kubelet", catalog.kubelet(), |row| joined(&row.releases))
}

fn shims(catalog: &Catalog) -> Rows {
    rows("shims", catalog.shims(), |row| {
        let note = if row.hypothetical { " (hypothetical)" } else { "" };
        format!("{} {}{note}", row.name, joined(&row.versions))
    })
}

fn oci_runtimes(catalog: &Catalog) -> Rows {
    rows("OCI runtimes", catalog.oci_runtimes(), |row| {
        format!("{} {}", row.name, joined(&row.versions))
    })
}

fn list(styles: &Styles, parts: &[Rows]) -> Shown {
    let mut text = String::new();
    let mut json = serde_json::Map::new();
    for part in parts {
        // Writing into a string does not fail.
        let _ = writeln!(text, "{}", set(styles.name, part.heading));
        let width = part
            .entries
            .iter()
            .map(|(id, ..)| id.len())
            .max()
            .unwrap_or_default();
        for (id, ranges, inferred) in &part.entries {
            let inferred = match inferred {
                0 => String::new(),
                number => format!("  {}", set(styles.dim, &format!("[{number} inferred]"))),
            };
            let _ = writeln!(text, "  {id:width$}  {ranges}{inferred}");
        }
        let _ = writeln!(text);
        json.insert(part.heading.to_owned(), part.json.clone());
    }
    Shown {
        text,
        json: Value::Object(json),
    }
}

fn release(catalog: &Catalog, name: &str, styles: &Styles) -> Result<Shown, VerifyError> {
    if let Some(row) = catalog.containerd().iter().find(|row| row.id == name) {
        return Ok(whole_row("containerd", row, &row.releases, styles));
    }
    if let Some(row) = catalog.kubelet().iter().find(|row| row.id == name) {
        return Ok(whole_row("kubelet", row, &row.releases, styles));
    }
    match catalog.containerd_row(name) {
        Ok(row) => Ok(whole_row("containerd", row, &row.releases, styles)),
        Err(of_containerd) => match catalog.kubelet_row(name) {
            Ok(row) => {
                let mut shown = whole_row("kubelet", row, &row.releases, styles);
                let others = catalog.kubelet_rows_of_minor(name);
                let others: Vec<&str> = others
                    .into_iter()
                    .filter(|other| other.id != row.id)
                    .map(|other| other.id.as_str())
                    .collect();
                if !others.is_empty() {
                    // Writing into a string does not fail.
                    let _ = writeln!(
                        shown.text,
                        "\n{name} is its newest patch that is known. Others behave otherwise: shimproof show releases {}",
                        others.join(", ")
                    );
                }
                Ok(shown)
            }
            // `1.37` can only be meant for the kubelet; anything else reads like containerd's.
            Err(of_kubelet) if name.starts_with("1.") => Err(of_kubelet.into()),
            Err(_) => Err(of_containerd.into()),
        },
    }
}

fn shim(catalog: &Catalog, name: &str, styles: &Styles) -> Result<Shown, VerifyError> {
    let mut text = String::new();
    let mut json = Vec::new();
    let mut add = |shown: Shown| {
        text.push_str(&shown.text);
        text.push('\n');
        json.push(shown.json);
    };
    for row in catalog
        .shims()
        .iter()
        .filter(|row| row.name == name || row.id == name)
    {
        add(whole_row("shim", row, &row.versions, styles));
    }
    for row in catalog
        .oci_runtimes()
        .iter()
        .filter(|row| row.name == name || row.id == name)
    {
        add(whole_row("OCI runtime", row, &row.versions, styles));
    }
    if json.is_empty() {
        let unknown = catalog.shim_row(name, "0").err();
        return Err(unknown.map_or_else(
            || {
                LookupError::UnknownName {
                    given: name.to_owned(),
                    kind: "shim",
                    known: Vec::new(),
                }
                .into()
            },
            VerifyError::from,
        ));
    }
    Ok(Shown {
        text,
        json: json!(json),
    })
}

pub(crate) fn whole_row<R: Row + Serialize>(kind: &str, row: &R, ranges: &[Range], styles: &Styles) -> Shown {
    row_with(kind, row, ranges, &behaviours(row), styles)
}

/// The same with these words for its behaviours.
pub(crate) fn row_with<R: Row + Serialize>(
    kind: &str,
    row: &R,
    ranges: &[Range],
    behaviours: &[(&'static str, String)],
    styles: &Styles,
) -> Shown {
    let mut text = String::new();
    let _ = writeln!(text, "{} {}", kind, set(styles.name, row.id()));
    let _ = writeln!(text, "  {}", joined(ranges));
    if let Some(notes) = row.notes() {
        let _ = writeln!(text, "  {notes}");
    }
    let width = behaviours
        .iter()
        .map(|(key, _)| key.len())
        .max()
        .unwrap_or_default();
    for (key, value) in behaviours {
        let known = match row.known(key) {
            Known::Read => String::new(),
            Known::Executed => format!("  {}", set(styles.good, "[executed]")),
            Known::Inferred => format!("  {}", set(styles.open, "[inferred]")),
            Known::Proposed => format!("  {}", set(styles.open, "[proposed]")),
        };
        let _ = writeln!(text, "  {key:width$}  {value}{known}");
    }
    let _ = writeln!(text, "  sources: {}", row.sources().join(", "));
    let known: serde_json::Map<String, Value> = behaviours
        .iter()
        .map(|(key, _)| ((*key).to_owned(), json!(row.known(key))))
        .collect();
    Shown {
        text,
        json: json!({ "kind": kind, "row": row, "known": known }),
    }
}
