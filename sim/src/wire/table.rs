//! The options table of a handler, as the operator wrote it.

use shimproof_model::TypeUrl;
use shimproof_scenario::{
    FromConfiguration, KeyMatching, OptionsTable, SYSTEMD_CGROUP_IN_BODY, WrittenTable,
};

use super::Wire;
use super::any::{Any, Content, Installed};
use super::body::config_body;

/// An options table with its keys and values.
#[derive(Clone, Debug)]
pub struct Table {
    /// The type of the message that it becomes.
    pub url: TypeUrl,
    keys: toml::Table,
    matching: KeyMatching,
    installed: Option<Installed>,
}

impl Table {
    /// A table as a release reads it; `oci_runtime` is the number of the OCI runtime that `BinaryName` selects.
    pub fn new(url: TypeUrl, keys: toml::Table, matching: KeyMatching, oci_runtime: u8) -> Self {
        let mut table = Self {
            url,
            keys,
            matching,
            installed: None,
        };
        let binary_name = table.binary_name().map(str::to_owned);
        table.installed = binary_name.map(|binary_name| Installed {
            binary_name,
            number: oci_runtime,
        });
        table
    }

    /// `BinaryName`, whatever the type of the message; none if it is not set or empty.
    pub fn binary_name(&self) -> Option<&str> {
        self.text("BinaryName")
    }

    /// Whether a table, as it travels in `config_body`, has `SystemdCgroup = true`.
    pub fn systemd_cgroup_in(body: &str) -> bool {
        let table = body.parse::<toml::Table>().unwrap_or_default();
        SYSTEMD_CGROUP_IN_BODY
            .iter()
            .find_map(|key| table.get(*key))
            .and_then(toml::Value::as_bool)
            .unwrap_or_default()
    }

    /// The value of a key that is text and not empty.
    fn text(&self, name: &str) -> Option<&str> {
        self.value(name)
            .and_then(toml::Value::as_str)
            .filter(|text| !text.is_empty())
    }

    fn value(&self, name: &str) -> Option<&toml::Value> {
        self.matching.entry(&self.keys, name).map(|(_, value)| value)
    }

    /// `GenerateRuntimeOptions` (internal/cri/config/config.go@v2.0.1, pkg/cri/server/helpers.go@v1.7.34).
    pub(super) fn generate(&self, body: bool) -> Any {
        let mut any = Any::marshal(&self.message(body));
        any.installed.clone_from(&self.installed);
        any
    }

    fn message(&self, body: bool) -> Content {
        let mut content = Content::zero(self.url);
        if self.url == TypeUrl::RuncV1 {
            // Where two keys mean a field, one of them decides.
            for (name, value) in OptionsTable::Keys(self.keys.clone()).as_runc(self.matching).known {
                content.put(name, &value, self.matching);
            }
        } else {
            for (key, value) in &self.keys {
                content.put(key, value, self.matching);
            }
        }
        if let Content::Runtime(message) = &mut content
            && body
            && message.config_path.is_empty()
        {
            message.config_body = config_body(&self.keys, self.matching).into_bytes();
        }
        content
    }

    /// What the operator set, by key: a key counts if its message can carry its value, or, in a message that
    /// carries the whole table, always.
    pub fn operator_keys(&self) -> Vec<String> {
        let mut keys: Vec<String> = self
            .message(false)
            .fields()
            .iter()
            .map(|field| field.key.to_owned())
            .collect();
        if matches!(self.url, TypeUrl::RuntimeoptionsV1 | TypeUrl::CriRuntimeoptionsV1) {
            let other = |key: &&String| {
                !["TypeUrl", "ConfigPath"]
                    .iter()
                    .any(|name| self.matching.matches(key, name))
            };
            keys.extend(self.keys.keys().filter(other).cloned());
        }
        keys
    }

    /// Whether a shim that takes the message for one of type `other`, by field numbers alone, finds something
    /// where this key stands.
    pub fn read_as(&self, key: &str, other: TypeUrl) -> bool {
        let mut alone = Content::zero(self.url);
        if let Some(value) = self.value(key) {
            alone.put(key, value, self.matching);
        }
        if alone.fields().is_empty()
            && let Content::Runtime(message) = &mut alone
        {
            message.config_body = config_body(&self.keys, self.matching).into_bytes();
        }
        Content::decode(other, &alone.encode()).is_ok_and(|read| !read.fields().is_empty())
    }

    /// Of [`Self::operator_keys`], those that a message does not carry with the operator's value.
    pub(super) fn lost(&self, any: Option<&Any>) -> Vec<String> {
        let wanted = self.message(false).fields();
        // What arrives need not be of the type that the table became.
        let content = any
            .and_then(|any| any.content().ok())
            .filter(|content| content.url() == self.url);
        let carried = content.as_ref().map(Content::fields).unwrap_or_default();
        let body = content.as_ref().and_then(body_of).unwrap_or_default();
        let is_carried = |key: &String| {
            wanted
                .iter()
                .any(|field| field.key == key && carried.contains(field))
                || self
                    .keys
                    .get(key)
                    .is_some_and(|value| body.get(key) == Some(value))
        };
        self.operator_keys()
            .into_iter()
            .filter(|key| !is_carried(key))
            .collect()
    }
}

/// The options table that a message carries as `config_body`.
pub(super) fn body_of(content: &Content) -> Option<toml::Table> {
    match content {
        Content::Runtime(message) if !message.config_body.is_empty() => {
            std::str::from_utf8(&message.config_body).ok()?.parse().ok()
        }
        _ => None,
    }
}

impl FromConfiguration for Wire {
    fn table(written: &WrittenTable<'_>) -> Table {
        Table::new(
            written.url,
            written.keys.clone(),
            written.matching,
            written.summary.oci_runtime,
        )
    }
}
