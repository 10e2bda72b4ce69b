//! Designs, and the variables of their guards, as text and JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};

use shimproof_model::catalog::Catalog;
use shimproof_scenario::{Design, FORMS, Form, PROPOSALS, Values, Variable, Yields};

use crate::catalogue::{Shown, containerd_behaviours, row_with};
use crate::style::{Styles, set};
use crate::verification::VerifyError;

/// All designs that have a name.
///
/// # Errors
/// [`VerifyError`] if one of the proposals cannot be read, which a test excludes.
pub fn show_designs(catalog: &Catalog, styles: &Styles) -> Result<Shown, VerifyError> {
    let names = catalog.designs().iter().map(|design| design.name.clone());
    let proposals = PROPOSALS.iter().map(|(path, _)| {
        let file = path.rsplit('/').next().unwrap_or(path);
        file.trim_end_matches(".toml").to_owned()
    });
    let designs: Vec<Design> = names
        .chain(proposals)
        .map(|name| Design::named(catalog, &name))
        .collect::<Result<_, _>>()?;
    let width = designs
        .iter()
        .map(|design| design.name.len())
        .max()
        .unwrap_or_default();
    let mut text = String::new();
    for design in &designs {
        // Writing into a string does not fail.
        let _ = writeln!(
            text,
            "{}  {}",
            set(styles.name, &format!("{:width$}", design.name)),
            design.title
        );
        let base = design.base.as_deref().unwrap_or_default();
        let _ = writeln!(
            text,
            "{:width$}  {}",
            "",
            set(styles.dim, &format!("base {base}"))
        );
        for change in &design.changes {
            let key = change.guard.unwrap_or(change.field.as_str());
            let _ = writeln!(
                text,
                "{:width$}  {}",
                "",
                set(styles.dim, &format!("{key}: {}", change.after))
            );
        }
    }
    let _ = writeln!(
        text,
        "\nEvery release of `shimproof show releases` is a design too, and so is a file."
    );
    let json = designs.iter().map(json_of).collect();
    Ok(Shown {
        text,
        json: Value::Array(json),
    })
}

/// One design: what it stands for, what differs from its base, and all its behaviours.
pub fn show_design(design: &Design, styles: &Styles) -> Shown {
    let row = &design.containerd.row;
    let ranges: &[_] = if design.changes.is_empty() {
        &row.releases
    } else {
        &[]
    };
    let shown = row_with("containerd", row, ranges, &behaviours_of(design), styles);
    let Some(base) = &design.base else {
        return shown;
    };
    let mut text = format!(
        "{}: {}\n  base {base}\n",
        set(styles.name, &design.name),
        design.title
    );
    if !design.sources.is_empty() {
        let _ = writeln!(text, "  sources: {}", design.sources.join(", "));
    }
    for change in &design.changes {
        let _ = match change.guard {
            Some(guard) => writeln!(
                text,
                "  guard {guard}: {}\n    in place of {}",
                change.after, change.before
            ),
            None => writeln!(text, "  {}: {} → {}", change.field, change.before, change.after),
        };
    }
    let _ = write!(text, "\n{}", shown.text);
    Shown {
        text,
        json: json!({ "design": json_of(design), "row": shown.json }),
    }
}

/// The behaviours of a design: those of its row, and the expression where a guard stands in place of the row's word.
pub(crate) fn behaviours_of(design: &Design) -> Vec<(&'static str, String)> {
    let mut behaviours = containerd_behaviours(&design.containerd.row);
    for (key, value) in &mut behaviours {
        let guard = design
            .changes
            .iter()
            .find(|change| change.field.as_str() == *key && change.guard.is_some());
        if let Some(change) = guard {
            value.clone_from(&change.after);
        }
    }
    behaviours
}

fn json_of(design: &Design) -> Value {
    let changes: Vec<Value> = design
        .changes
        .iter()
        .map(|change| {
            json!({
                "field": change.field, "before": change.before, "after": change.after, "guard": change.guard,
            })
        })
        .collect();
    json!({
        "name": design.name, "base": design.base, "title": design.title, "sources": design.sources,
        "changes": changes,
    })
}

/// The guards of design files: what each decides, and the variables that it sees.
pub fn show_variables(styles: &Styles) -> Shown {
    let mut text = String::new();
    let _ = writeln!(
        text,
        "{}",
        set(styles.name, "Guards, under [guards] of a design file")
    );
    for form in FORMS {
        guard_text(&mut text, &form, styles);
    }
    let mut variables: Vec<Variable> = Vec::new();
    for variable in FORMS.iter().flat_map(|form| form.variables) {
        if !variables.contains(variable) {
            variables.push(*variable);
        }
    }
    let _ = writeln!(text);
    let _ = writeln!(text, "{}", set(styles.name, "Variables"));
    for variable in &variables {
        let kind = match variable.values {
            Values::Bool => "bool",
            Values::Words(_) => "string",
        };
        let _ = writeln!(
            text,
            "  {} ({kind}): {}",
            set(styles.name, variable.name),
            variable.meaning
        );
        words_text(
            &mut text,
            match variable.values {
                Values::Bool => &[],
                Values::Words(words) => words,
            },
        );
    }
    let _ = writeln!(
        text,
        "\nAn expression is CEL with ==, !=, in, &&, ||, !, ?: and lists, maps and texts. It is evaluated once for each\n\
         combination of its variables. A text that a variable cannot be is an error, and so is a combination without a\n\
         value. The JSON schema of design files is schemas/design.schema.json."
    );
    let json = FORMS
        .iter()
        .map(|form| {
            let variables: Vec<Value> = form
                .variables
                .iter()
                .map(|variable| {
                    let words: Vec<&str> = variable.values.words().collect();
                    json!({ "name": variable.name, "meaning": variable.meaning, "words": words })
                })
                .collect();
            let decisions: Vec<&str> = match form.yields {
                Yields::When(_) => Vec::new(),
                Yields::Decision(words) => words.iter().map(|(word, _)| *word).collect(),
            };
            json!({
                "guard": form.guard, "key": form.yields.key(), "function": form.function,
                "replaces": form.field, "decisions": decisions, "variables": variables,
            })
        })
        .collect();
    Shown {
        text,
        json: Value::Array(json),
    }
}

fn guard_text(text: &mut String, form: &Form, styles: &Styles) {
    let variables: Vec<&str> = form.variables.iter().map(|variable| variable.name).collect();
    let _ = writeln!(
        text,
        "  {}  {} (replaces {})",
        set(styles.name, &format!("{}.{}", form.guard, form.yields.key())),
        form.function,
        form.field
    );
    match form.yields {
        Yields::When(means) => {
            let _ = writeln!(text, "      true: {means}");
        }
        Yields::Decision(words) => words_text(text, words),
    }
    let _ = writeln!(
        text,
        "      {}",
        set(styles.dim, &format!("sees {}", variables.join(", ")))
    );
}

fn words_text(text: &mut String, words: &[(&str, &str)]) {
    let width = words
        .iter()
        .map(|(word, _)| word.len() + 2)
        .max()
        .unwrap_or_default();
    for (word, meaning) in words {
        let _ = writeln!(text, "      {:width$}  {meaning}", format!("'{word}'"));
    }
}
