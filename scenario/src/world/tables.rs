//! Options tables, numbered: tables with the same keys and values are one.

use shimproof_model::Finite;
use shimproof_model::TypeUrl;
use shimproof_model::abstraction::{Key, Keys, Table};
use shimproof_model::catalog::ContainerdRow;
use shimproof_model::guards::{RuntimeType, get_runtime_options_type};

use crate::containerd::{
    Handler, KeyMatching, LINUX_CREATE_OPTION_KEYS, LINUX_RUNC_OPTION_KEYS, OptionsTable, RUNHCS_OPTION_KEYS,
};
use crate::error::ScenarioError;

use super::oci_runtimes::OciRuntimes;
use super::table::{FromConfiguration, WrittenTable};

/// How a shim spells the key in a `config_body`, exactly: serde's name of the field, and its alias
/// (runwasi:crates/containerd-shimkit/src/sandbox/shim/local.rs@containerd-shimkit/v0.1.1).
pub const SYSTEMD_CGROUP_IN_BODY: [&str; 2] = ["SystemdCgroup", "systemd_cgroup"];

/// The inner type that gVisor's shim asks for.
const RUNSC_OPTIONS: &str = "io.containerd.runsc.v1.options";

#[derive(Debug, Default)]
pub(super) struct Tables {
    seen: Vec<(OptionsTable, TypeUrl)>,
}

impl Tables {
    /// The table of a handler; none if it has none.
    pub fn table<D: FromConfiguration>(
        &mut self,
        handler: &Handler,
        runtime_type: RuntimeType,
        row: &ContainerdRow,
        matching: KeyMatching,
        oci_runtimes: &mut OciRuntimes<'_>,
    ) -> Result<Option<D::Table>, ScenarioError> {
        let keys = match &handler.options {
            OptionsTable::Absent => return Ok(None),
            OptionsTable::Empty => toml::Table::new(),
            OptionsTable::Keys(keys) => keys.clone(),
        };
        let url = get_runtime_options_type(row, runtime_type);
        let seen = (handler.options.clone(), url);
        let number = self
            .seen
            .iter()
            .position(|other| *other == seen)
            .unwrap_or_else(|| {
                self.seen.push(seen);
                self.seen.len() - 1
            });
        // Number 0 is that of messages which carry no table.
        let id = u8::try_from(number + 1).unwrap_or(u8::MAX);
        let text = |wanted: &str| {
            keys.iter()
                .find(|(key, _)| matching.matches(key, wanted))
                .and_then(|(_, value)| value.as_str())
        };
        let summary = match url {
            TypeUrl::RuncV1 => {
                let read = handler.options.as_runc(matching);
                if let Some(key) = read.mistyped.first() {
                    return Err(handler.mistyped(key));
                }
                let set = |name: &str| read.known.get(name).is_some_and(|value| !is_zero(value));
                let binary = read
                    .known
                    .get("BinaryName")
                    .and_then(|value| value.as_str())
                    .unwrap_or_default();
                Table {
                    id,
                    keys: Key::all().filter(|key| set(key.as_str())).collect(),
                    oci_runtime: if binary.is_empty() {
                        0
                    } else {
                        oci_runtimes.index(binary, handler)?
                    },
                    inner_runsc: false,
                }
            }
            TypeUrl::RuntimeoptionsV1 | TypeUrl::CriRuntimeoptionsV1 => {
                let text_fields = ["TypeUrl", "ConfigPath"];
                let mistyped = keys.iter().find(|(key, value)| {
                    text_fields.iter().any(|field| matching.matches(key, field)) && !value.is_str()
                });
                if let Some((key, _)) = mistyped {
                    let message = format!(
                        "the value of `{key}` is not a string, as an option of this runtime has to be"
                    );
                    return Err(handler.bad_option(key, message));
                }
                // containerd reads two of the keys, in its way; whoever reads the body reads all others, as written.
                let named = |key: &str| {
                    if SYSTEMD_CGROUP_IN_BODY.contains(&key) {
                        return Some(Key::SystemdCgroup);
                    }
                    Key::all().find(|known| match known {
                        Key::TypeUrl | Key::ConfigPath => matching.matches(key, known.as_str()),
                        _ => key == known.as_str(),
                    })
                };
                let set: Keys = keys
                    .iter()
                    .map(|(key, value)| match named(key).unwrap_or(Key::Other) {
                        Key::TypeUrl | Key::ConfigPath if is_zero(value) => Key::Empty,
                        known => known,
                    })
                    .collect();
                Table {
                    id,
                    keys: set,
                    oci_runtime: 0,
                    inner_runsc: text("TypeUrl") == Some(RUNSC_OPTIONS),
                }
            }
            TypeUrl::RunhcsV1 | TypeUrl::LinuxRuncOptions | TypeUrl::LinuxCreateOptions => {
                let fields: &[_] = match url {
                    TypeUrl::RunhcsV1 => &RUNHCS_OPTION_KEYS,
                    TypeUrl::LinuxRuncOptions => &LINUX_RUNC_OPTION_KEYS,
                    _ => &LINUX_CREATE_OPTION_KEYS,
                };
                // Keys that the message has no field for are dropped.
                let read = handler.options.read_as(fields, matching);
                if let Some(key) = read.mistyped.first() {
                    return Err(handler.mistyped(key));
                }
                let set = read.known.values().filter(|value| !is_zero(value));
                Table {
                    id,
                    keys: set.map(|_| Key::Other).collect(),
                    oci_runtime: 0,
                    inner_runsc: false,
                }
            }
        };
        Ok(Some(D::table(&WrittenTable {
            summary,
            url,
            keys: &keys,
            matching,
        })))
    }
}

/// Whether proto3 carries no bytes for the value.
fn is_zero(value: &toml::Value) -> bool {
    match value {
        toml::Value::Boolean(on) => !on,
        toml::Value::Integer(number) => *number == 0,
        toml::Value::String(text) => text.is_empty(),
        _ => false,
    }
}

impl Handler {
    fn mistyped(&self, key: &str) -> ScenarioError {
        let message = format!("the value of `{key}` has the wrong type for an option of this runtime");
        self.bad_option(key, message)
    }

    /// A diagnostic at the value of an option.
    fn bad_option(&self, key: &str, message: String) -> ScenarioError {
        match self.option_places.get(key) {
            Some(place) => ScenarioError::bad_value(place, message, None),
            None => self.bad_options(message),
        }
    }

    /// A diagnostic at the place where the handler is defined.
    pub(super) fn bad_options(&self, message: String) -> ScenarioError {
        match &self.defined {
            Some(place) => ScenarioError::bad_value(place, message, None),
            None => ScenarioError::bad_value(
                &crate::Snippet::new("the default configuration", "").place(0..0),
                message,
                None,
            ),
        }
    }
}
