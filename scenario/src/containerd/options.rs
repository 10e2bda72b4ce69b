//! The options table of a handler.

use std::collections::BTreeMap;

use super::loading::KeyMatching;

/// The options table of a handler.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum OptionsTable {
    /// There is none: containerd generates no runtime options.
    #[default]
    Absent,
    /// There is one without keys, which up to 1.7 is not the same: options are generated, with nothing set.
    Empty,
    /// Keys and values as written. The default handler of 2.x has the default ones, all zero, among them.
    Keys(toml::Table),
}

/// The keys of `containerd.runc.v1.Options` as TOML, with the type of their values
/// (api/types/runc/options/oci.pb.go@v2.3.4). `CriuPath` is gone since 2.0, the last two are new there.
pub const RUNC_OPTION_KEYS: [(&str, RuncOptionType); 13] = [
    ("NoPivotRoot", RuncOptionType::Boolean),
    ("NoNewKeyring", RuncOptionType::Boolean),
    ("ShimCgroup", RuncOptionType::String),
    ("IoUid", RuncOptionType::Number),
    ("IoGid", RuncOptionType::Number),
    ("BinaryName", RuncOptionType::String),
    ("Root", RuncOptionType::String),
    ("CriuPath", RuncOptionType::String),
    ("SystemdCgroup", RuncOptionType::Boolean),
    ("CriuImagePath", RuncOptionType::String),
    ("CriuWorkPath", RuncOptionType::String),
    ("TaskApiAddress", RuncOptionType::String),
    ("TaskApiVersion", RuncOptionType::Number),
];

/// The keys of `containerd.runhcs.v1.Options` (Microsoft/hcsshim `cmd/containerd-shim-runhcs-v1/options`, as containerd
/// v2.3.4 vendors it).
pub(crate) const RUNHCS_OPTION_KEYS: [(&str, RuncOptionType); 19] = [
    ("Debug", RuncOptionType::Boolean),
    ("DebugType", RuncOptionType::Number),
    ("RegistryRoot", RuncOptionType::String),
    ("SandboxImage", RuncOptionType::String),
    ("SandboxPlatform", RuncOptionType::String),
    ("SandboxIsolation", RuncOptionType::Number),
    ("BootFilesRootPath", RuncOptionType::String),
    ("VmProcessorCount", RuncOptionType::Number),
    ("VmMemorySizeInMb", RuncOptionType::Number),
    ("GPUVHDPath", RuncOptionType::String),
    ("ScaleCpuLimitsToSandbox", RuncOptionType::Boolean),
    ("DefaultContainerScratchSizeInGb", RuncOptionType::Number),
    ("DefaultVmScratchSizeInGb", RuncOptionType::Number),
    ("ShareScratch", RuncOptionType::Boolean),
    ("NCProxyAddr", RuncOptionType::String),
    ("LogLevel", RuncOptionType::String),
    ("IoRetryTimeoutInSec", RuncOptionType::Number),
    ("NoInheritHostTimezone", RuncOptionType::Boolean),
    ("ScrubLogs", RuncOptionType::Boolean),
];

/// The keys of `containerd.linux.runc.RuncOptions` (runtime/linux/runctypes@v1.7.34).
pub(crate) const LINUX_RUNC_OPTION_KEYS: [(&str, RuncOptionType); 4] = [
    ("Runtime", RuncOptionType::String),
    ("RuntimeRoot", RuncOptionType::String),
    ("CriuPath", RuncOptionType::String),
    ("SystemdCgroup", RuncOptionType::Boolean),
];

/// The keys of `containerd.linux.runc.CreateOptions`, likewise.
pub(crate) const LINUX_CREATE_OPTION_KEYS: [(&str, RuncOptionType); 12] = [
    ("NoPivotRoot", RuncOptionType::Boolean),
    ("OpenTcp", RuncOptionType::Boolean),
    ("ExternalUnixSockets", RuncOptionType::Boolean),
    ("Terminal", RuncOptionType::Boolean),
    ("FileLocks", RuncOptionType::Boolean),
    ("CgroupsMode", RuncOptionType::String),
    ("NoNewKeyring", RuncOptionType::Boolean),
    ("ShimCgroup", RuncOptionType::String),
    ("IoUid", RuncOptionType::Number),
    ("IoGid", RuncOptionType::Number),
    ("CriuWorkPath", RuncOptionType::String),
    ("CriuImagePath", RuncOptionType::String),
];

/// The type of an option's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RuncOptionType {
    /// `bool`.
    Boolean,
    /// `string`.
    String,
    /// `uint32`.
    Number,
}

impl RuncOptionType {
    fn accepts(self, value: &toml::Value) -> bool {
        match (self, value) {
            (Self::Boolean, toml::Value::Boolean(_)) | (Self::String, toml::Value::String(_)) => true,
            (Self::Number, toml::Value::Integer(number)) => u32::try_from(*number).is_ok(),
            _ => false,
        }
    }
}

/// An options table, read as runc options.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuncOptionKeys {
    /// The values by the field's own name, whatever the spelling of the key.
    pub known: BTreeMap<&'static str, toml::Value>,
    /// Keys that mean no field. Every release ignores them without a word (executed with each vendored TOML
    /// library).
    pub unknown: Vec<String>,
    /// Keys whose value has the wrong type. Every release refuses the table for it.
    pub mistyped: Vec<String>,
}

impl OptionsTable {
    /// Reads the table as runc options.
    pub fn as_runc(&self, keys: KeyMatching) -> RuncOptionKeys {
        self.read_as(&RUNC_OPTION_KEYS, keys)
    }

    /// Reads the table as options with those fields.
    pub(crate) fn read_as(
        &self,
        fields: &[(&'static str, RuncOptionType)],
        keys: KeyMatching,
    ) -> RuncOptionKeys {
        let mut read = RuncOptionKeys::default();
        let Self::Keys(table) = self else { return read };
        for (key, value) in table {
            match fields.iter().find(|(name, _)| keys.matches(key, name)) {
                None => read.unknown.push(key.clone()),
                Some((_, kind)) if !kind.accepts(value) => read.mistyped.push(key.clone()),
                Some((name, _)) => {
                    // Another spelling may decide.
                    if keys.entry(table, name).is_some_and(|(decides, _)| decides == key) {
                        read.known.insert(name, value.clone());
                    }
                }
            }
        }
        read
    }

    /// The table of the default handler: each key is there and zero (`DefaultRuntimeConfig`,
    /// `internal/cri/config/config_unix.go@v2.3.4`). 1.5 to 1.7 have two more keys, which cannot be told from
    /// outside there.
    pub(super) fn all_zero() -> Self {
        let number = toml::Value::Integer(0);
        let text = toml::Value::String(String::new());
        let off = toml::Value::Boolean(false);
        let keys = [
            ("NoNewKeyring", off.clone()),
            ("ShimCgroup", text.clone()),
            ("IoUid", number.clone()),
            ("IoGid", number),
            ("BinaryName", text.clone()),
            ("Root", text.clone()),
            ("SystemdCgroup", off),
            ("CriuImagePath", text.clone()),
            ("CriuWorkPath", text),
        ];
        Self::Keys(
            keys.into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(text: &str) -> OptionsTable {
        OptionsTable::Keys(toml::from_str(text).unwrap())
    }

    #[test]
    fn a_key_that_means_no_field_is_unknown() {
        let read = table("SystemdCgroup = true\nsystemd_cgroup = true\nBinaryName = 3\nioUid = 7")
            .as_runc(KeyMatching::AnyCase);
        assert_eq!(read.known["SystemdCgroup"], toml::Value::Boolean(true));
        assert_eq!(read.known["IoUid"], toml::Value::Integer(7));
        assert_eq!(read.unknown, ["systemd_cgroup"]);
        assert_eq!(read.mistyped, ["BinaryName"]);
    }

    #[test]
    fn the_default_table_is_runc_options() {
        let read = OptionsTable::all_zero().as_runc(KeyMatching::FourSpellings);
        assert_eq!(
            (read.known.len(), read.unknown.len(), read.mistyped.len()),
            (9, 0, 0)
        );
        assert_eq!(
            OptionsTable::Absent.as_runc(KeyMatching::AnyCase),
            RuncOptionKeys::default()
        );
    }
}
