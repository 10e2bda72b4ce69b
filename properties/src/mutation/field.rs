//! Behaviours of rows, changed to what some other row of the catalogue has.

use std::fmt;

use serde_json::Value;
use shimproof_model::Finite;
use shimproof_model::catalog::{
    Catalog, ContainerdField, ContainerdRow, IoOwnerId, KubeletField, KubeletRow,
};

/// Whose rows a behaviour belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Component {
    /// containerd.
    Containerd,
    /// The kubelet.
    Kubelet,
}

impl Component {
    /// Its name in the names of mutants.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Containerd => "containerd",
            Self::Kubelet => "kubelet",
        }
    }
}

/// Behaviours that are not mutated, each with the reason.
pub const NOT_MUTATED: &[(Component, &str, &str)] = &[(
    Component::Containerd,
    "shipped-shim",
    "it names the shim that is on disk, which is the environment of a design and no part of it",
)];

/// Values that no row has, and that designs are judged by.
const OF_NO_ROW: [(Component, &str, &str); 1] = [(
    Component::Containerd,
    ContainerdField::IoOwnerId.as_str(),
    IoOwnerId::ContainerId.as_str(),
)];

/// Behaviours of containerd that decide how a configuration file is read, and nothing after that.
const ABOUT_CONFIGURATION: [ContainerdField; 10] = [
    ContainerdField::ConfigMaxVersion,
    ContainerdField::ConfigTooHighText,
    ContainerdField::ConfigRuntimes,
    ContainerdField::ConfigImports,
    ContainerdField::ConfigMigration,
    ContainerdField::ConfigMissingDefaultText,
    ContainerdField::ConfigKeyMatching,
    ContainerdField::RuntimePathKey,
    ContainerdField::DefaultHandlerType,
    ContainerdField::DefaultRuncOptions,
];

/// Behaviours of containerd that are the wording of an error, and nothing else: no property and no step reads one.
const ABOUT_TEXTS: [ContainerdField; 6] = [
    ContainerdField::ConfigTooHighText,
    ContainerdField::ConfigMissingDefaultText,
    ContainerdField::SandboxStartWrapper,
    ContainerdField::ShimCreateWrapper,
    ContainerdField::ShimStartWrapper,
    ContainerdField::ErrorClassSuffix,
];

/// A behaviour, and the value that it gets in every row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// Whose rows.
    pub component: Component,
    /// The key of the behaviour.
    pub field: &'static str,
    /// The value.
    pub value: Value,
}

impl fmt::Display for FieldChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}=", self.component.as_str(), self.field)?;
        match &self.value {
            Value::String(text) => f.write_str(text),
            other => other.fmt(f),
        }
    }
}

impl FieldChange {
    /// The behaviour with its component.
    pub fn subject(&self) -> String {
        format!("{}.{}", self.component.as_str(), self.field)
    }

    /// Whether it decides how a configuration file is read, and nothing after that.
    pub fn is_about_configuration(&self) -> bool {
        self.component == Component::Containerd
            && ABOUT_CONFIGURATION
                .iter()
                .any(|field| field.as_str() == self.field)
    }

    /// Whether it is the wording of an error.
    pub fn is_about_texts(&self) -> bool {
        self.component == Component::Containerd
            && ABOUT_TEXTS.iter().any(|field| field.as_str() == self.field)
    }

    /// The catalogue in which every row has the value. A row that cannot have it stays as it is.
    pub fn apply(&self, catalog: &Catalog) -> Catalog {
        catalog.with_rows(|row| self.containerd(row), |row| self.kubelet(row))
    }

    /// The containerd row with the value.
    pub fn containerd(&self, row: &ContainerdRow) -> ContainerdRow {
        if self.component != Component::Containerd {
            return row.clone();
        }
        let mut mutated = changed(row, self.field, &self.value);
        // What no release does is not known of one.
        if mutated != *row {
            mutated.proposed.push(self.field.to_owned());
        }
        mutated
    }

    /// The kubelet row with the value.
    pub fn kubelet(&self, row: &KubeletRow) -> KubeletRow {
        if self.component == Component::Kubelet {
            changed(row, self.field, &self.value)
        } else {
            row.clone()
        }
    }
}

fn changed<R: Clone + serde::Serialize + serde::de::DeserializeOwned>(
    row: &R,
    field: &str,
    value: &Value,
) -> R {
    let Ok(mut whole) = serde_json::to_value(row) else {
        return row.clone();
    };
    whole[field] = value.clone();
    serde_json::from_value(whole).unwrap_or_else(|_| row.clone())
}

/// Every behaviour of the rows with every value that some row of the catalogue has, and with those that no row should have.
pub fn field_changes(catalog: &Catalog) -> Vec<FieldChange> {
    let containerd = ContainerdField::all()
        .flat_map(|field| changes_of(Component::Containerd, field.as_str(), catalog.containerd()));
    let kubelet = KubeletField::all()
        .flat_map(|field| changes_of(Component::Kubelet, field.as_str(), catalog.kubelet()));
    containerd.chain(kubelet).collect()
}

fn changes_of<R: serde::Serialize>(
    component: Component,
    field: &'static str,
    rows: &[R],
) -> Vec<FieldChange> {
    if NOT_MUTATED
        .iter()
        .any(|(of, not, _)| *of == component && *not == field)
    {
        return Vec::new();
    }
    let mut values: Vec<Value> = OF_NO_ROW
        .iter()
        .filter(|(of, of_field, _)| *of == component && *of_field == field)
        .map(|(_, _, value)| Value::from(*value))
        .collect();
    for row in rows {
        if let Ok(mut row) = serde_json::to_value(row) {
            let value = row[field].take();
            if !values.contains(&value) {
                values.push(value);
            }
        }
    }
    values
        .into_iter()
        .map(|value| FieldChange {
            component,
            field,
            value,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_takes_effect_in_every_row() {
        let catalog = Catalog::embedded();
        let changes = field_changes(catalog);
        assert!(changes.len() > 100, "{}", changes.len());
        for change in changes {
            let mutated = change.apply(catalog);
            let has_it = |row: Result<Value, serde_json::Error>| {
                row.is_ok_and(|row| row[change.field] == change.value)
            };
            let all = match change.component {
                Component::Containerd => mutated
                    .containerd()
                    .iter()
                    .all(|row| has_it(serde_json::to_value(row))),
                Component::Kubelet => mutated
                    .kubelet()
                    .iter()
                    .all(|row| has_it(serde_json::to_value(row))),
            };
            assert!(all, "{change}");
        }
    }

    #[test]
    fn what_is_not_mutated_exists() {
        for (component, field, _) in NOT_MUTATED {
            let known = match component {
                Component::Containerd => ContainerdField::all().any(|known| known.as_str() == *field),
                Component::Kubelet => KubeletField::all().any(|known| known.as_str() == *field),
            };
            assert!(known, "{field}");
        }
    }
}
