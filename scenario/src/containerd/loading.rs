//! How a release of containerd reads its configuration: the facts in which releases differ, as data.

/// How one release reads its configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigLoading {
    /// The highest version that the release accepts. `u32::MAX` for a release that does not look: up to
    /// v1.6.31 and v1.7.16 a version 3 file is accepted and nothing that it says of the CRI is read.
    pub max_version: u32,
    /// What it says of a higher one. `{version}` stands for the version.
    pub too_high_text: String,
    /// What it says of a `default_runtime_name` that names no handler. `{name}` stands for the name, which
    /// releases up to v1.4 do not tell (vendor/github.com/containerd/cri/pkg/config/config.go@v1.4.13,
    /// pkg/cri/config/config.go@v1.5.0).
    pub missing_default_text: String,
    /// Which sections of which files it reads.
    pub migration: Migration,
    /// How the file's handlers meet those of the default configuration.
    pub runtimes: RuntimesMerge,
    /// How an imported file meets the one that imports it.
    pub imports: ImportsMerge,
    /// `runtime_type` of the handler that the default configuration has.
    pub default_handler_type: String,
    /// The options table of that handler.
    pub default_runc_options: DefaultRuncOptions,
    /// Whether a handler has the key `sandboxer` (from 2.0).
    pub sandboxer_key: bool,
    /// Whether a handler has the key `runtime_path` (from v1.6.0).
    pub runtime_path_key: bool,
    /// How its TOML library finds the field that a key means.
    pub keys: KeyMatching,
}

impl ConfigLoading {
    pub(crate) fn too_high(&self, version: u32) -> String {
        self.too_high_text.replace("{version}", &version.to_string())
    }

    pub(crate) fn missing_default(&self, name: &str) -> String {
        self.missing_default_text.replace("{name}", name)
    }

    /// Keys of the 1.x CRI configuration that 2.x no longer has: `default_runtime`,
    /// `untrusted_workload_runtime`, `runtime_engine`, `runtime_root`, `no_pivot`, `systemd_cgroup`.
    pub(crate) fn legacy_keys(&self) -> bool {
        matches!(self.migration, Migration::ByName | Migration::ByVersion)
    }
}

/// Which section a release takes the CRI's configuration from, and when it rewrites older files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Migration {
    /// v1.2: `[plugins.cri]`, whatever the version says, which the release does not know
    /// (services/server/config/config.go@v1.2.13). The default runtime has no name.
    ByName,
    /// v1.3 to v1.7: `[plugins.cri]` in version 1, `[plugins."io.containerd.grpc.v1.cri"]` in any other
    /// (`Config.Decode`, services/server/config/config.go@v1.7.27).
    ByVersion,
    /// 2.0 up to v2.0.0-rc.6: the files are merged first, and the version of the whole, which is that of the
    /// last file that names one, decides what is migrated. A file without `version` counts as the newest
    /// (cmd/containerd/server/config/config.go@v2.0.0-rc.0).
    Merged,
    /// v2.0.0 to v2.2: as before, but a file of version 1 or without version has its plugins renamed on
    /// reading and is then taken for the newest version, so that its CRI section, alone on a node, is not
    /// read at all (`LoadConfig`, cmd/containerd/server/config/config.go@v2.0.1 and @v2.2.7).
    MergedVersionOneLost,
    /// From v2.3.0: each file is migrated before it is merged, and no import may have a higher version than
    /// the first file (`LoadConfigWithPlugins`, cmd/containerd/server/config/config.go@v2.3.4).
    EachFile,
}

/// How the file's `runtimes` meet those of the default configuration, which has one. Each was executed with
/// the TOML library that the release vendors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RuntimesMerge {
    /// Up to v1.4 (BurntSushi/toml): the default handler stays unless the file names one like it, which
    /// replaces it whole.
    ReplaceEntries,
    /// v1.5 to v1.7 (go-toml 1): the file's map replaces the default one.
    ReplaceMap,
    /// 2.x (go-toml 2): the default handler stays, and one like it in the file inherits each key, and each
    /// option, that it does not set. A table of options without keys is none, except for the default handler.
    IntoDefaults,
}

/// How an imported file meets the one that imports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ImportsMerge {
    /// v1.2: there is no `imports`.
    Ignored,
    /// v1.3 to v2.0.0-rc.5: a plugin's section replaces the earlier one.
    ReplacePlugin,
    /// From v2.0.0-rc.6: tables are joined, the imported value wins.
    DeepMerge,
}

/// The options table of the default handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DefaultRuncOptions {
    /// One in which each key is zero (from v1.4).
    AllZero,
    /// None (up to v1.3).
    Absent,
}

/// How a TOML library finds the field that a key means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum KeyMatching {
    /// By name in any case (BurntSushi/toml up to v1.4, go-toml 2 in 2.x).
    AnyCase,
    /// As named, all lower, all upper, or with the first letter lower (go-toml 1, v1.5 to v1.7):
    /// `SystemdCGroup` is unknown.
    FourSpellings,
}

impl KeyMatching {
    /// Whether `key` means the field `name`.
    pub fn matches(self, key: &str, name: &str) -> bool {
        match self {
            Self::AnyCase => key.eq_ignore_ascii_case(name),
            Self::FourSpellings => four_spellings(name).iter().any(|spelling| key == spelling),
        }
    }

    /// The entry of an options table that decides a field, where several keys mean it. A library that matches in any case
    /// sets the field for each key of the text, which is a marshalled map and so in the order of its bytes: the last one
    /// stays (`GenerateRuntimeOptions`, internal/cri/config/config.go@v2.0.5). One that tries spellings takes the first that
    /// is there.
    pub fn entry<'t>(self, table: &'t toml::Table, name: &str) -> Option<(&'t String, &'t toml::Value)> {
        match self {
            Self::AnyCase => table
                .iter()
                .filter(|(key, _)| self.matches(key, name))
                .max_by_key(|(key, _)| *key),
            Self::FourSpellings => four_spellings(name)
                .iter()
                .find_map(|spelling| table.get_key_value(spelling)),
        }
    }
}

/// As named, all lower, all upper, and with the first letter lower: in the order in which go-toml 1 tries them.
fn four_spellings(name: &str) -> [String; 4] {
    let mut first_lower = name.to_owned();
    if let Some(first) = first_lower.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    [
        name.to_owned(),
        name.to_ascii_lowercase(),
        name.to_ascii_uppercase(),
        first_lower,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_spellings_are_four() {
        for key in ["SystemdCgroup", "systemdcgroup", "SYSTEMDCGROUP", "systemdCgroup"] {
            assert!(KeyMatching::FourSpellings.matches(key, "SystemdCgroup"), "{key}");
        }
        assert!(!KeyMatching::FourSpellings.matches("SystemdCGroup", "SystemdCgroup"));
        assert!(KeyMatching::AnyCase.matches("SystemdCGroup", "SystemdCgroup"));
        assert!(!KeyMatching::AnyCase.matches("systemd_cgroup", "SystemdCgroup"));
    }

    #[test]
    fn of_two_spellings_one_decides() {
        // 2.x adds the operator's key to the built-in table, which has the field's own spelling.
        let table: toml::Table = toml::from_str("SystemdCgroup = false\nSystemdcgroup = true").unwrap();
        let decides = |matching: KeyMatching| {
            matching
                .entry(&table, "SystemdCgroup")
                .map(|(key, _)| key.as_str())
        };
        assert_eq!(decides(KeyMatching::AnyCase), Some("Systemdcgroup"));
        assert_eq!(decides(KeyMatching::FourSpellings), Some("SystemdCgroup"));
        assert_eq!(KeyMatching::AnyCase.entry(&table, "BinaryName"), None);
    }
}
