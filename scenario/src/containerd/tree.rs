//! A TOML document whose every key remembers its file and place, so that merged files can still be pointed
//! into.

use std::collections::BTreeMap;

use toml::de::{DeTable, DeValue};

use crate::error::ScenarioError;
use crate::snippet::{Place, Snippet};

use super::loading::KeyMatching;

/// A table. The parser bounds its depth to 80, which bounds every recursion here.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree(pub(crate) BTreeMap<String, Item>);

/// A key's value and place.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) place: Place,
    pub(crate) node: Node,
}

#[derive(Clone, Debug)]
pub(crate) enum Node {
    Table(Tree),
    Leaf(toml::Value),
}

impl Tree {
    pub(crate) fn parse(source: &Snippet) -> Result<Self, ScenarioError> {
        let syntax = |error: &toml::de::Error| ScenarioError::Syntax {
            message: format!("not TOML: {}", error.message().lines().next().unwrap_or_default()),
            source_code: source.clone(),
            at: source.span(error.span().unwrap_or(0..0)),
        };
        let places = DeTable::parse(source.text()).map_err(|error| syntax(&error))?;
        let values: toml::Table = toml::from_str(source.text()).map_err(|error| syntax(&error))?;
        Ok(Self::placed(source, places.get_ref(), values))
    }

    fn placed(source: &Snippet, places: &DeTable<'_>, values: toml::Table) -> Self {
        let spans: BTreeMap<&str, _> = places
            .iter()
            .map(|(key, value)| (key.get_ref().as_ref(), (key.span(), value.get_ref())))
            .collect();
        let items = values.into_iter().map(|(key, value)| {
            let found = spans.get(key.as_str());
            let place = source.place(found.map_or(0..0, |(span, _)| span.clone()));
            let node = match (value, found.map(|(_, places)| *places)) {
                (toml::Value::Table(values), Some(DeValue::Table(places))) => {
                    Node::Table(Self::placed(source, places, values))
                }
                (value, _) => Node::Leaf(value),
            };
            (key, Item { place, node })
        });
        Self(items.collect())
    }

    /// The field `name`: the key of that very name, else one that the library takes for it.
    pub(crate) fn field(&self, name: &str, keys: KeyMatching) -> Option<&Item> {
        self.0.get(name).or_else(|| {
            self.0
                .iter()
                .find(|(key, _)| keys.matches(key, name))
                .map(|(_, item)| item)
        })
    }

    /// Joins tables; where both have a value, that of `from` wins (mergo with `WithOverride`, executed).
    pub(crate) fn merge(&mut self, from: Self) {
        for (key, item) in from.0 {
            match (self.0.get_mut(&key), item) {
                (
                    Some(Item {
                        node: Node::Table(to),
                        place,
                    }),
                    Item {
                        node: Node::Table(from),
                        place: newer,
                    },
                ) => {
                    *place = newer;
                    to.merge(from);
                }
                (_, item) => {
                    self.0.insert(key, item);
                }
            }
        }
    }

    /// The values without their places.
    pub(crate) fn plain(&self) -> toml::Table {
        self.0
            .iter()
            .map(|(key, item)| {
                let value = match &item.node {
                    Node::Table(tree) => toml::Value::Table(tree.plain()),
                    Node::Leaf(value) => value.clone(),
                };
                (key.clone(), value)
            })
            .collect()
    }
}

impl Item {
    fn wrong(&self, name: &str, wanted: &str) -> ScenarioError {
        let found = match &self.node {
            Node::Table(_) => "table",
            Node::Leaf(value) => value.type_str(),
        };
        ScenarioError::bad_value(
            &self.place,
            format!("`{name}` is {found}, not {wanted}"),
            format!("containerd reads {wanted} here and does not start with anything else"),
        )
    }

    pub(crate) fn table(&self, name: &str) -> Result<&Tree, ScenarioError> {
        match &self.node {
            Node::Table(tree) => Ok(tree),
            Node::Leaf(_) => Err(self.wrong(name, "a table")),
        }
    }

    pub(crate) fn string(&self, name: &str) -> Result<&str, ScenarioError> {
        match &self.node {
            Node::Leaf(toml::Value::String(text)) => Ok(text),
            _ => Err(self.wrong(name, "a string")),
        }
    }

    pub(crate) fn boolean(&self, name: &str) -> Result<bool, ScenarioError> {
        match &self.node {
            Node::Leaf(toml::Value::Boolean(value)) => Ok(*value),
            _ => Err(self.wrong(name, "a boolean")),
        }
    }

    pub(crate) fn integer(&self, name: &str) -> Result<i64, ScenarioError> {
        match &self.node {
            Node::Leaf(toml::Value::Integer(value)) => Ok(*value),
            _ => Err(self.wrong(name, "an integer")),
        }
    }

    pub(crate) fn strings(&self, name: &str) -> Result<Vec<String>, ScenarioError> {
        let wrong = || self.wrong(name, "a list of strings");
        let Node::Leaf(toml::Value::Array(values)) = &self.node else {
            return Err(wrong());
        };
        values
            .iter()
            .map(|value| value.as_str().map(str::to_owned).ok_or_else(wrong))
            .collect()
    }
}

/// `tree.field(name)` as a string, or nothing if it is not there.
pub(crate) fn string_field(
    tree: &Tree,
    name: &str,
    keys: KeyMatching,
) -> Result<Option<String>, ScenarioError> {
    tree.field(name, keys)
        .map(|item| item.string(name).map(str::to_owned))
        .transpose()
}

/// `tree.field(name)` as a boolean, false if it is not there.
pub(crate) fn boolean_field(tree: &Tree, name: &str, keys: KeyMatching) -> Result<bool, ScenarioError> {
    tree.field(name, keys)
        .map_or(Ok(false), |item| item.boolean(name))
}

/// `tree.field(name)` as a table, or nothing if it is not there.
pub(crate) fn table_field<'a>(
    tree: &'a Tree,
    name: &str,
    keys: KeyMatching,
) -> Result<Option<&'a Tree>, ScenarioError> {
    tree.field(name, keys).map(|item| item.table(name)).transpose()
}
