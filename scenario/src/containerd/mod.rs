//! A real containerd configuration, as one release reads it.

mod cri;
mod files;
mod loading;
mod options;
mod sandbox_runtime;
mod sections;
mod tree;

use std::collections::BTreeMap;
use std::path::Path;

use crate::error::ScenarioError;
use crate::snippet::{Place, Snippet};

pub use loading::{ConfigLoading, DefaultRuncOptions, ImportsMerge, KeyMatching, Migration, RuntimesMerge};
pub(crate) use options::{LINUX_CREATE_OPTION_KEYS, LINUX_RUNC_OPTION_KEYS, RUNHCS_OPTION_KEYS};
pub use options::{OptionsTable, RUNC_OPTION_KEYS, RuncOptionKeys, RuncOptionType};
pub use sandbox_runtime::Workload;

pub(crate) use tree::{Node, Tree};

/// What became of a configuration.
#[derive(Clone, Debug, PartialEq)]
pub enum Loaded {
    /// The daemon starts with it. Its CRI plugin may still refuse: [`ContainerdConfig::check_plugins`].
    Config(ContainerdConfig),
    /// The daemon does not start.
    Refused(ConfigRefusal),
}

/// Why the daemon does not start with a configuration that the tool understands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConfigRefusal {
    /// The version is higher than the release accepts.
    VersionTooHigh {
        /// What the release says, without the file's name before it.
        text: String,
    },
    /// Plugins are named in a way that the version does not have, or an import has a higher version than its
    /// importer.
    Invalid {
        /// What the release says, without the file's name before it.
        text: String,
    },
}

impl ConfigRefusal {
    /// What the release says.
    pub fn text(&self) -> &str {
        match self {
            Self::VersionTooHigh { text } | Self::Invalid { text } => text,
        }
    }
}

/// What the CRI plugin works with.
#[derive(Clone, Debug, PartialEq)]
pub struct ContainerdConfig {
    /// The version that the first file names; 1 if it names none.
    pub version: u32,
    /// The handler of pods without a `RuntimeClass`. Empty for v1.2, whose default runtime has no name: it is
    /// the entry `""` of `handlers`, which no `RuntimeClass` can name.
    pub default_runtime_name: String,
    /// The entries of `runtimes`.
    pub handlers: BTreeMap<String, Handler>,
    /// `no_pivot` (up to 1.7).
    pub no_pivot: bool,
    /// `systemd_cgroup` of the plugin (up to 1.7), which only the runtime `io.containerd.runtime.v1.linux`
    /// looks at.
    pub systemd_cgroup: bool,
    /// Whether `disabled_plugins` holds the CRI plugin or one that it needs.
    pub cri_disabled: bool,
    /// How the release finds the field that a key of an options table means.
    pub keys: KeyMatching,
    /// What the plugin says when it refuses.
    refusal: Option<String>,
}

/// One entry of `runtimes`.
#[derive(Clone, Debug, PartialEq)]
pub struct Handler {
    /// `runtime_type`. Empty if the entry names none.
    pub runtime_type: String,
    /// `runtime_path`, if set and the release has the key.
    pub runtime_path: Option<String>,
    /// `sandboxer`; `podsandbox` if nothing is said, or if the release does not have the key.
    pub sandboxer: String,
    /// `options`.
    pub options: OptionsTable,
    /// `runtime_engine` (up to 1.7, for `io.containerd.runtime.v1.linux` only).
    pub runtime_engine: Option<String>,
    /// `runtime_root` (up to 1.7, for `io.containerd.runtime.v1.linux` only).
    pub runtime_root: Option<String>,
    /// Where the file defines it; `None` for containerd's own default handler.
    pub defined: Option<Place>,
    /// Where the file has the value of each key of `options`.
    pub option_places: BTreeMap<String, Place>,
}

/// Loads a configuration as a release does; `referrer` says in diagnostics who names the file.
///
/// # Errors
/// If the file or one of its imports is missing or no TOML, has a version that no release has, or a value of
/// the wrong type.
pub fn load_containerd_config(
    path: &Path,
    referrer: &str,
    loading: &ConfigLoading,
) -> Result<Loaded, ScenarioError> {
    load_containerd_config_text(&Snippet::read(path, referrer)?, loading)
}

/// Loads a configuration from its text. Imports are looked up relative to the text's path.
///
/// # Errors
/// As [`load_containerd_config`].
pub fn load_containerd_config_text(
    source: &Snippet,
    loading: &ConfigLoading,
) -> Result<Loaded, ScenarioError> {
    match files::read(source, loading)? {
        files::Files::Merged(merged) => cri::decode(&merged, loading).map(Loaded::Config),
        files::Files::Refused(refusal) => Ok(Loaded::Refused(refusal)),
    }
}

impl ContainerdConfig {
    /// Whether the CRI plugin accepts the configuration. If not, the daemon runs without it.
    ///
    /// # Errors
    /// What the release says (`ValidatePluginConfig`, pkg/cri/config/config.go@v1.7.27;
    /// `ValidateRuntimeConfig`, internal/cri/config/config.go@v2.3.4), without `invalid plugin config: `
    /// before it (pkg/cri/cri.go@v1.7.27, plugins/cri/runtime/plugin.go@v2.3.4).
    pub fn check_plugins(&self) -> Result<(), &str> {
        self.refusal.as_deref().map_or(Ok(()), Err)
    }
}
