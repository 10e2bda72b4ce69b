//! Fields of option messages: by which key of the configuration each is set, and what it holds.

use serde::Serialize;
use shimproof_scenario::KeyMatching;

use super::message::{
    CreateOptions, CriRuntimeOptions, RuncOptions, RuncV1Options, RunhcsOptions, RuntimeOptions,
};

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
pub enum FieldValue {
    /// A `bool`.
    Boolean(bool),
    /// An integer of any width.
    Number(i64),
    /// A `string`, or bytes that are text.
    Text(String),
}

impl std::fmt::Display for FieldValue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Boolean(on) => write!(f, "{on}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Text(text) => write!(f, "{text:?}"),
        }
    }
}

/// A field that is not zero: proto3 carries no others.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Field {
    /// The key that sets it in the containerd configuration.
    pub key: &'static str,
    /// Its name in the `.proto` file.
    pub name: &'static str,
    /// What it holds.
    pub value: FieldValue,
}

/// A message that an options table can become.
pub(super) trait OptionMessage: prost::Message + Default {
    /// Sets the field that a key means. A key without a field, or a value of another type, changes nothing.
    fn put(&mut self, key: &str, value: &toml::Value, matching: KeyMatching);
    /// The fields that are not zero.
    fn fields(&self) -> Vec<Field>;
}

trait Scalar: Default + PartialEq {
    fn read(value: &toml::Value) -> Option<Self>;
    fn report(&self) -> FieldValue;
}

impl Scalar for bool {
    fn read(value: &toml::Value) -> Option<Self> {
        value.as_bool()
    }
    fn report(&self) -> FieldValue {
        FieldValue::Boolean(*self)
    }
}

impl Scalar for u32 {
    fn read(value: &toml::Value) -> Option<Self> {
        value.as_integer()?.try_into().ok()
    }
    fn report(&self) -> FieldValue {
        FieldValue::Number((*self).into())
    }
}

impl Scalar for i32 {
    fn read(value: &toml::Value) -> Option<Self> {
        value.as_integer()?.try_into().ok()
    }
    fn report(&self) -> FieldValue {
        FieldValue::Number((*self).into())
    }
}

impl Scalar for String {
    fn read(value: &toml::Value) -> Option<Self> {
        value.as_str().map(str::to_owned)
    }
    fn report(&self) -> FieldValue {
        FieldValue::Text(self.clone())
    }
}

impl Scalar for Vec<u8> {
    /// No key of a table holds bytes: `config_body` is the whole table.
    fn read(_: &toml::Value) -> Option<Self> {
        None
    }
    fn report(&self) -> FieldValue {
        FieldValue::Text(String::from_utf8_lossy(self).into_owned())
    }
}

macro_rules! option_message {
    ($message:ty { $($key:literal => $field:ident),+ $(,)? }) => {
        impl OptionMessage for $message {
            fn put(&mut self, key: &str, value: &toml::Value, matching: KeyMatching) {
                $(if matching.matches(key, $key) {
                    if let Some(value) = Scalar::read(value) {
                        self.$field = value;
                    }
                })+
            }
            fn fields(&self) -> Vec<Field> {
                fn field(key: &'static str, name: &'static str, value: &impl Scalar) -> Option<Field> {
                    (*value != Default::default()).then(|| Field { key, name, value: value.report() })
                }
                [$(field($key, stringify!($field), &self.$field)),+].into_iter().flatten().collect()
            }
        }
    };
}

option_message!(RuncV1Options {
    "NoPivotRoot" => no_pivot_root,
    "NoNewKeyring" => no_new_keyring,
    "ShimCgroup" => shim_cgroup,
    "IoUid" => io_uid,
    "IoGid" => io_gid,
    "BinaryName" => binary_name,
    "Root" => root,
    "CriuPath" => criu_path,
    "SystemdCgroup" => systemd_cgroup,
    "CriuImagePath" => criu_image_path,
    "CriuWorkPath" => criu_work_path,
    "TaskApiAddress" => task_api_address,
    "TaskApiVersion" => task_api_version,
});
option_message!(RuntimeOptions {
    "TypeUrl" => type_url,
    "ConfigPath" => config_path,
    "ConfigBody" => config_body,
});
option_message!(CriRuntimeOptions { "TypeUrl" => type_url, "ConfigPath" => config_path });
option_message!(RuncOptions {
    "Runtime" => runtime,
    "RuntimeRoot" => runtime_root,
    "CriuPath" => criu_path,
    "SystemdCgroup" => systemd_cgroup,
});
option_message!(CreateOptions {
    "NoPivotRoot" => no_pivot_root,
    "OpenTcp" => open_tcp,
    "ExternalUnixSockets" => external_unix_sockets,
    "Terminal" => terminal,
    "FileLocks" => file_locks,
    "CgroupsMode" => cgroups_mode,
    "NoNewKeyring" => no_new_keyring,
    "ShimCgroup" => shim_cgroup,
    "IoUid" => io_uid,
    "IoGid" => io_gid,
    "CriuWorkPath" => criu_work_path,
    "CriuImagePath" => criu_image_path,
});
option_message!(RunhcsOptions {
    "Debug" => debug,
    "DebugType" => debug_type,
    "RegistryRoot" => registry_root,
    "SandboxImage" => sandbox_image,
    "SandboxPlatform" => sandbox_platform,
    "SandboxIsolation" => sandbox_isolation,
    "BootFilesRootPath" => boot_files_root_path,
    "VmProcessorCount" => vm_processor_count,
    "VmMemorySizeInMb" => vm_memory_size_in_mb,
    "GPUVHDPath" => gpu_vhd_path,
    "ScaleCpuLimitsToSandbox" => scale_cpu_limits_to_sandbox,
    "DefaultContainerScratchSizeInGb" => default_container_scratch_size_in_gb,
    "DefaultVmScratchSizeInGb" => default_vm_scratch_size_in_gb,
    "ShareScratch" => share_scratch,
    "NCProxyAddr" => nc_proxy_addr,
    "LogLevel" => log_level,
    "IoRetryTimeoutInSec" => io_retry_timeout_in_sec,
    "NoInheritHostTimezone" => no_inherit_host_timezone,
    "ScrubLogs" => scrub_logs,
});
