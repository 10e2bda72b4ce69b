//! Designs of containerd: a release, one with a name, or a file that changes some behaviours of a base.
//!
//! A guard in a file is a CEL expression. It is evaluated once for each combination of its finite inputs and
//! becomes the decision table of that guard, so that a search costs what it costs for a release.

mod check;
mod error;
mod expression;
mod file;
mod forms;
mod guards;
mod place;
mod proposals;
mod types;
mod variables;

use std::path::{Path, PathBuf};

use shimproof_model::Finite;
use shimproof_model::catalog::{Catalog, ContainerdField, ContainerdRow, LookupError};
use shimproof_model::guards::ContainerdGuards;
use shimproof_model::world::Containerd;
use toml::Spanned;

use crate::error::ScenarioError;
use crate::file::{explained, parse_toml};
use crate::nearest::{nearest, suggest};
use crate::snippet::{Place, Snippet};

pub use error::{DesignError, InDesign};
pub use file::design_schema;
pub use forms::{FORMS, Form, Yields};
pub use proposals::PROPOSALS;
pub use variables::{Values, Variable};

use file::DesignFile;

/// A design, ready to be run.
#[derive(Clone, Debug)]
pub struct Design {
    /// Its name in reports.
    pub name: String,
    /// What it is asked for by: its name, or the path of its file.
    pub given: String,
    /// What it stands for, in a sentence.
    pub title: String,
    /// Where it is discussed.
    pub sources: Vec<String>,
    /// What it starts from, as it is written; none of a release.
    pub base: Option<String>,
    /// What differs from the release that it starts from, in the order of the catalogue.
    pub changes: Vec<Change>,
    /// Its behaviour.
    pub containerd: Containerd,
}

/// A behaviour in which a design differs from the release that it starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The behaviour.
    pub field: ContainerdField,
    /// Its value in that release.
    pub before: String,
    /// Its value here: a word of the catalogue, or an expression.
    pub after: String,
    /// The guard that an expression decides.
    pub guard: Option<&'static str>,
}

impl Design {
    /// The design of a release, of a name, or in a file: a name that ends in `.toml`, or that has a slash and is
    /// no commit of the catalogue.
    ///
    /// # Errors
    /// [`DesignError`] if there is none, or the file cannot be used.
    pub fn find(catalog: &Catalog, given: &str) -> Result<Self, DesignError> {
        if !is_toml(given) {
            match Self::named(catalog, given) {
                Err(DesignError::Unknown(_)) if is_path(given) => {}
                found => return found,
            }
        }
        let source = Snippet::read(Path::new(given), "the command line").map_err(InDesign::of)?;
        Ok(Self::load(catalog, &source, &mut Vec::new()).map_err(InDesign::of)?)
    }

    /// The design of a release, or of a name.
    ///
    /// # Errors
    /// [`DesignError::Unknown`] if there is none.
    pub fn named(catalog: &Catalog, given: &str) -> Result<Self, DesignError> {
        if let Some((path, text)) = PROPOSALS.iter().find(|(path, _)| proposal_name(path) == given) {
            let source = Snippet::new(*path, *text);
            let design = Self::load(catalog, &source, &mut Vec::new()).map_err(Box::new)?;
            return Ok(Self {
                given: given.to_owned(),
                ..design
            });
        }
        let row = catalog.design_row(given).map_err(|error| match error {
            LookupError::UnknownName {
                given,
                kind,
                mut known,
            } => {
                known.extend(PROPOSALS.iter().map(|(path, _)| proposal_name(path).to_owned()));
                known.sort_by_cached_key(|name| strsim::damerau_levenshtein(name, &given));
                LookupError::UnknownName { given, kind, known }
            }
            other => other,
        })?;
        let named = catalog.named_design(given);
        Ok(Self {
            name: given.to_owned(),
            given: given.to_owned(),
            title: named.map(|design| design.title.clone()).unwrap_or_default(),
            sources: named.map(|design| design.sources.clone()).unwrap_or_default(),
            base: named.map(|design| design.base.clone()),
            changes: Vec::new(),
            containerd: Containerd::new(given, row),
        })
    }

    /// Reads a design file; `above` are the files that led here, each by its `base`.
    fn load(catalog: &Catalog, source: &Snippet, above: &mut Vec<PathBuf>) -> Result<Self, ScenarioError> {
        let file: DesignFile = parse_toml(source)?;
        let (name, name_place) = match &file.name {
            Some(name) => (name.get_ref().clone(), source.place(name.span())),
            None => (stem(source.path()), source.place(0..0)),
        };
        check_name(catalog, &name, &name_place, source)?;
        let title = match &file.title {
            Some(title) => {
                check_line(title.get_ref(), &source.place(title.span()))?;
                title.get_ref().clone()
            }
            None => String::new(),
        };
        above.push(identity(source.path()));
        let base = Self::base(catalog, source, &file.base, above)?;
        above.pop();

        let mut row = base.containerd.row.clone();
        let mut replaced = Vec::new();
        for (key, value) in &file.behaviour {
            replaced.push(set_behaviour(catalog, &mut row, key, value, source)?);
        }
        row.id.clone_from(&name);
        let decided = guards::read(&file.guards, &row, source)?;
        for guard in &decided {
            let key = guard.form.field;
            if let Some((written, _)) = file.behaviour.iter().find(|(k, _)| k.get_ref() == key.as_str()) {
                return Err(ScenarioError::bad_value(
                    &source.place(written.span()),
                    format!("`{key}` and the guard `{}` decide the same", guard.form.guard),
                    "leave one of them out".to_owned(),
                ));
            }
        }

        // A guard of the base holds on, unless this file replaces the behaviour or writes the guard itself.
        let mut containerd = Containerd {
            version: name.clone(),
            guards: ContainerdGuards::of(&row),
            row,
        };
        let mut changes: Vec<Change> = Vec::new();
        for change in base.changes.iter().filter(|change| change.guard.is_some()) {
            if !replaced.contains(&change.field) {
                guards::keep(change.field, &base.containerd.guards, &mut containerd.guards);
                changes.push(change.clone());
            }
        }
        let release = |field| {
            let inherited = base.changes.iter().find(|change| change.field == field);
            inherited.map_or_else(
                || word(&base.containerd.row, field),
                |change| change.before.clone(),
            )
        };
        for guard in decided {
            changes.retain(|change| change.field != guard.form.field);
            changes.push(Change {
                field: guard.form.field,
                before: release(guard.form.field),
                after: guard.text.clone(),
                guard: Some(guard.form.guard),
            });
            (guard.put)(&mut containerd.guards);
        }
        let inherited = base.changes.iter().filter(|change| change.guard.is_none());
        for field in inherited.map(|change| change.field).chain(replaced) {
            if !changes.iter().any(|change| change.field == field) {
                changes.push(Change {
                    field,
                    before: release(field),
                    after: word(&containerd.row, field),
                    guard: None,
                });
            }
        }
        changes.sort_by_key(|change| change.field.index());
        containerd.row.proposed = changes
            .iter()
            .map(|change| change.field.as_str().to_owned())
            .collect();
        if containerd
            .row
            .proposed
            .iter()
            .any(|key| key == ContainerdField::IdmappedMounts.as_str())
        {
            // One table decides both.
            containerd
                .row
                .proposed
                .push(ContainerdField::OwnMountsIdmapped.as_str().to_owned());
        }
        Ok(Self {
            given: source.name().to_owned(),
            name,
            title,
            sources: file.sources,
            base: Some(file.base.into_inner()),
            changes,
            containerd,
        })
    }

    fn base(
        catalog: &Catalog,
        source: &Snippet,
        base: &Spanned<String>,
        above: &mut Vec<PathBuf>,
    ) -> Result<Self, ScenarioError> {
        let given = base.get_ref();
        let place = source.place(base.span());
        if !is_toml(given) {
            match Self::named(catalog, given) {
                Ok(design) => return Ok(design),
                Err(DesignError::File(error)) => return Err(*error),
                Err(DesignError::Unknown(_)) if is_path(given) => {}
                Err(DesignError::Unknown(error)) => {
                    let near = nearest(given, names(catalog));
                    let help = match (&error, near.first()) {
                        (LookupError::UnknownName { .. }, Some(near)) => format!("did you mean `{near}`?"),
                        _ => "a base is a release tag, a design of `shimproof show designs`, or the path of \
                              another design file, which ends in .toml"
                            .to_owned(),
                    };
                    let message = match error {
                        LookupError::UnknownName { given, .. } => format!("there is no design `{given}`"),
                        other => other.to_string(),
                    };
                    return Err(ScenarioError::bad_value(&place, message, help));
                }
            }
        }
        let path = source
            .path()
            .parent()
            .map_or_else(|| PathBuf::from(given), |parent| parent.join(given));
        let identity = identity(&path);
        if let Some(first) = above.iter().position(|file| *file == identity) {
            let chain: Vec<String> = above[first..]
                .iter()
                .chain(std::iter::once(&identity))
                .map(|file| {
                    file.file_name()
                        .unwrap_or_default()
                        .to_string_lossy()
                        .into_owned()
                })
                .collect();
            return Err(ScenarioError::bad_value(
                &place,
                format!("the bases go in a circle: {}", chain.join(" → ")),
                "a chain of bases ends at a release or at a design of the catalogue".to_owned(),
            ));
        }
        if !path.exists() {
            let message = format!("there is no file {}", path.display());
            let help = "a base that ends in .toml is a file, relative to this one".to_owned();
            return Err(ScenarioError::bad_value(&place, message, help));
        }
        let referrer = format!("`base` in {}", source.name());
        Self::load(catalog, &Snippet::read(&path, &referrer)?, above)
    }
}

/// The names of all designs but releases.
fn names(catalog: &Catalog) -> impl Iterator<Item = &str> {
    let proposals = PROPOSALS.iter().map(|(path, _)| proposal_name(path));
    catalog
        .designs()
        .iter()
        .map(|design| design.name.as_str())
        .chain(proposals)
}

fn is_toml(given: &str) -> bool {
    Path::new(given)
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("toml"))
}

fn is_path(given: &str) -> bool {
    given.contains(['/', std::path::MAIN_SEPARATOR]) && !given.contains('@')
}

fn proposal_name(path: &str) -> &str {
    let file = path.rsplit('/').next().unwrap_or(path);
    file.strip_suffix(".toml").unwrap_or(file)
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// What makes two paths the same file.
fn identity(path: &Path) -> PathBuf {
    std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// A design of the catalogue's name would be taken for that design in every report.
fn check_name(catalog: &Catalog, name: &str, place: &Place, source: &Snippet) -> Result<(), ScenarioError> {
    check_line(name, place)?;
    let is_itself = PROPOSALS.iter().any(|(_, text)| *text == source.text());
    let taken = catalog.design_row(name).is_ok() || names(catalog).any(|known| known == name);
    if name.is_empty() || (taken && !is_itself) {
        let message = if name.is_empty() {
            "a design has a name".to_owned()
        } else {
            format!("`{name}` is the name of a design of the catalogue")
        };
        let help = "give it a `name` of its own".to_owned();
        return Err(ScenarioError::bad_value(place, message, help));
    }
    Ok(())
}

/// What reports print as one line is one line, and no sequence of control for a terminal.
fn check_line(text: &str, place: &Place) -> Result<(), ScenarioError> {
    if text.chars().any(char::is_control) {
        return Err(ScenarioError::bad_value(
            place,
            "a line break or another control character".to_owned(),
            "names and titles are one line of text".to_owned(),
        ));
    }
    Ok(())
}

/// The value of a behaviour as the catalogue writes it.
fn word(row: &ContainerdRow, field: ContainerdField) -> String {
    let value = toml::Table::try_from(row)
        .ok()
        .and_then(|mut row| row.remove(field.as_str()));
    match value {
        Some(toml::Value::String(text)) => text,
        Some(other) => other.to_string(),
        None => String::new(),
    }
}

/// Replaces one behaviour, as strictly as the catalogue itself is read.
fn set_behaviour(
    catalog: &Catalog,
    row: &mut ContainerdRow,
    key: &Spanned<String>,
    value: &Spanned<toml::Value>,
    source: &Snippet,
) -> Result<ContainerdField, ScenarioError> {
    let Some(field) = ContainerdField::all().find(|field| field.as_str() == key.get_ref()) else {
        return Err(ScenarioError::UnknownKey {
            key: key.get_ref().clone(),
            help: suggest(key.get_ref(), ContainerdField::all().map(ContainerdField::as_str)),
            source_code: source.clone(),
            at: source.span(key.span()),
        });
    };
    let place = source.place(value.span());
    let replaced = toml::Table::try_from(&*row)
        .map_err(|error| error.to_string())
        .and_then(|mut table| {
            table.insert(field.as_str().to_owned(), value.get_ref().clone());
            table
                .try_into()
                .map_err(|error: toml::de::Error| error.message().to_owned())
        });
    let replaced: ContainerdRow = replaced.map_err(|message| explained(&place, &message))?;
    if field == ContainerdField::ShippedShim && catalog.shim_row_by_id(&replaced.shipped_shim).is_none() {
        let shims = catalog.shims().iter().map(|shim| shim.id.as_str());
        return Err(ScenarioError::bad_value(
            &place,
            format!("the catalogue has no row of shims `{}`", replaced.shipped_shim),
            suggest(&replaced.shipped_shim, shims),
        ));
    }
    let proposed = std::mem::take(&mut row.proposed);
    *row = ContainerdRow { proposed, ..replaced };
    Ok(field)
}
