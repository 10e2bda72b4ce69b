//! Rows of `catalog/containerd.toml`: one for each range of containerd releases that behave alike.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::provenance::row;
use super::version::Range;
use crate::finite::finite_enum;
use crate::type_url::TypeUrl;

/// How one range of containerd releases carries options from CRI to the shim.
///
/// Its JSON schema holds the behaviours only: what a design file can override.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ContainerdRow {
    /// The name of the row.
    #[schemars(skip)]
    pub id: String,
    /// The tags that behave so.
    #[schemars(skip)]
    pub releases: Vec<Range>,
    /// Untagged stretches of a branch that behave so.
    #[serde(default)]
    #[schemars(skip)]
    pub windows: Vec<Window>,
    /// Public sources.
    #[schemars(skip)]
    pub sources: Vec<String>,
    /// Keys that were seen when real components were run.
    #[serde(default)]
    #[schemars(skip)]
    pub executed: Vec<String>,
    /// Keys that are only inferred.
    #[serde(default)]
    #[schemars(skip)]
    pub inferred: Vec<String>,
    /// Keys that a design file changed. No file of the catalogue has them.
    #[serde(skip)]
    pub proposed: Vec<String>,
    /// What to know besides.
    #[schemars(skip)]
    pub notes: Option<String>,

    /// The highest `version` of a configuration file that the release accepts.
    pub config_max_version: u32,
    /// What it says to a higher one; `{max}` and `{version}` stand for the numbers. Empty where the release
    /// compares nothing: the file loads, but sections under names of newer plugins are never read.
    pub config_too_high_text: String,
    /// How the `runtimes` of the file meet the built-in ones.
    pub config_runtimes: ConfigRuntimes,
    /// How imported files meet the file that imports them.
    pub config_imports: ConfigImports,
    /// Which section of which file is read, and when an older file is rewritten.
    pub config_migration: ConfigMigration,
    /// What the release says when `default_runtime_name` names no handler; `{name}` is the name.
    pub config_missing_default_text: String,
    /// How its TOML library finds the field that a key means.
    pub config_key_matching: ConfigKeyMatching,
    /// Whether a handler can have a `runtime_path`.
    pub runtime_path_key: bool,
    /// The runtime type of the built-in handler `runc`.
    pub default_handler_type: String,
    /// Whether the built-in handler `runc` has an options table.
    pub default_runc_options: DefaultRuncOptions,
    /// Whether a handler can name a `sandboxer`; such a CRI plugin keeps its sandboxes in the sandbox store.
    pub sandboxer_key: bool,

    /// The type that a runtime without a type of its own gets.
    pub generic_type_url: TypeUrl,
    /// Whether `io.containerd.runtime.v1.linux` exists and gets `containerd.linux.runc.RuncOptions`.
    pub linux_runtime_options: bool,
    /// Whether `io.containerd.runc.v1` exists and gets `containerd.runc.v1.Options`.
    pub runc_v1_runtime: bool,
    /// Whether the table travels as `config_body` when no `ConfigPath` is given.
    pub config_body: bool,
    /// Which runtimes get task options from the plugin's `no_pivot`.
    pub no_pivot: NoPivot,
    /// What a helper that sets one field of the task options starts from.
    pub task_options_base: TaskOptionsBase,
    /// What `WithTaskAPIEndpoint` does.
    pub task_api_endpoint: TaskApiEndpoint,
    /// When `updateContainerIOOwner` writes an owner.
    pub io_owner_guard: IoOwnerGuard,
    /// Which id it writes.
    #[serde(default)]
    pub io_owner_id: IoOwnerId,

    /// When the runtime options travel in place of the task options.
    pub options_fallback: OptionsFallback,
    /// Which task options the tasks service lets pass.
    pub daemon_task_options: DaemonTaskOptions,
    /// What `<shim> start` gets on its standard input.
    pub start_stdin: StartStdin,
    /// What is read in the reply of `start`, and up to which version of the task API.
    pub start_reply: StartReply,
    /// When `<shim> start` is executed for a container of a pod whose sandbox runs.
    pub start_for_app_containers: StartForAppContainers,
    /// What `<shim> -info` gets when features are validated.
    pub info_options: InfoOptions,
    /// What becomes of the shim of a task whose features fail the validation.
    pub failed_validation: FailedValidation,
    /// Whether the task manager asks `<shim> -info` before it starts a shim.
    pub load_shim_info: bool,

    /// Of which handlers CRI Status reports features.
    pub introspection: Introspection,
    /// What the introspection makes of a handler without an options table.
    pub introspection_nil_options: IntrospectionNilOptions,
    /// Whether CRI Status declares `user_namespaces_host_network`.
    pub userns_host_network_feature: bool,

    /// Whether the CRI plugin knows user namespaces.
    pub cri_userns: CriUserns,
    /// Whether `CreateContainer` compares the two configurations of its request.
    pub compare_userns: bool,
    /// What becomes of mounts that the client wants id-mapped.
    pub idmapped_mounts: IdmappedMounts,
    /// Whether containerd's own mounts (hostname, hosts, resolv.conf) of a POD-mode container are id-mapped.
    pub own_mounts_idmapped: bool,
    /// For which pods the user namespace is pinned, and given to the runtime as a path.
    pub pin_userns: PinUserns,

    /// What `RunPodSandbox` puts before `failed to create containerd task: `; `{id}` is the sandbox.
    pub sandbox_start_wrapper: String,
    /// What the task manager puts before a shim's error at Create.
    pub shim_create_wrapper: String,
    /// What the shim manager puts before an error of `start`.
    pub shim_start_wrapper: String,
    /// Whether the error class is appended, as in `…: unknown`.
    pub error_class_suffix: bool,
    /// The row of `shims.toml` for the `containerd-shim-runc-v2` that ships with it.
    pub shipped_shim: String,
}

row!(ContainerdRow, ContainerdField, proposed);

/// An untagged stretch of a branch.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Window {
    /// The branch, such as `release/2.0`.
    pub branch: String,
    /// The first commit that behaves so.
    pub first: String,
    /// The commit that ended it, itself outside; none if the branch was not read further.
    pub end: Option<String>,
    /// Every commit inside, as 40 hexadecimal digits.
    pub commits: Vec<String>,
}

finite_enum! {
    /// The behaviours of a containerd row, by the keys they have in the catalogue.
    pub enum ContainerdField {
        /// [`ContainerdRow::config_max_version`].
        ConfigMaxVersion = "config-max-version",
        /// [`ContainerdRow::config_too_high_text`].
        ConfigTooHighText = "config-too-high-text",
        /// [`ContainerdRow::config_runtimes`].
        ConfigRuntimes = "config-runtimes",
        /// [`ContainerdRow::config_imports`].
        ConfigImports = "config-imports",
        /// [`ContainerdRow::config_migration`].
        ConfigMigration = "config-migration",
        /// [`ContainerdRow::config_missing_default_text`].
        ConfigMissingDefaultText = "config-missing-default-text",
        /// [`ContainerdRow::config_key_matching`].
        ConfigKeyMatching = "config-key-matching",
        /// [`ContainerdRow::runtime_path_key`].
        RuntimePathKey = "runtime-path-key",
        /// [`ContainerdRow::default_handler_type`].
        DefaultHandlerType = "default-handler-type",
        /// [`ContainerdRow::default_runc_options`].
        DefaultRuncOptions = "default-runc-options",
        /// [`ContainerdRow::sandboxer_key`].
        SandboxerKey = "sandboxer-key",
        /// [`ContainerdRow::generic_type_url`].
        GenericTypeUrl = "generic-type-url",
        /// [`ContainerdRow::linux_runtime_options`].
        LinuxRuntimeOptions = "linux-runtime-options",
        /// [`ContainerdRow::runc_v1_runtime`].
        RuncV1Runtime = "runc-v1-runtime",
        /// [`ContainerdRow::config_body`].
        ConfigBody = "config-body",
        /// [`ContainerdRow::no_pivot`].
        NoPivot = "no-pivot",
        /// [`ContainerdRow::task_options_base`].
        TaskOptionsBase = "task-options-base",
        /// [`ContainerdRow::task_api_endpoint`].
        TaskApiEndpoint = "task-api-endpoint",
        /// [`ContainerdRow::io_owner_guard`].
        IoOwnerGuard = "io-owner-guard",
        /// [`ContainerdRow::io_owner_id`].
        IoOwnerId = "io-owner-id",
        /// [`ContainerdRow::options_fallback`].
        OptionsFallback = "options-fallback",
        /// [`ContainerdRow::daemon_task_options`].
        DaemonTaskOptions = "daemon-task-options",
        /// [`ContainerdRow::start_stdin`].
        StartStdin = "start-stdin",
        /// [`ContainerdRow::start_reply`].
        StartReply = "start-reply",
        /// [`ContainerdRow::start_for_app_containers`].
        StartForAppContainers = "start-for-app-containers",
        /// [`ContainerdRow::info_options`].
        InfoOptions = "info-options",
        /// [`ContainerdRow::failed_validation`].
        FailedValidation = "failed-validation",
        /// [`ContainerdRow::load_shim_info`].
        LoadShimInfo = "load-shim-info",
        /// [`ContainerdRow::introspection`].
        Introspection = "introspection",
        /// [`ContainerdRow::introspection_nil_options`].
        IntrospectionNilOptions = "introspection-nil-options",
        /// [`ContainerdRow::userns_host_network_feature`].
        UsernsHostNetworkFeature = "userns-host-network-feature",
        /// [`ContainerdRow::cri_userns`].
        CriUserns = "cri-userns",
        /// [`ContainerdRow::compare_userns`].
        CompareUserns = "compare-userns",
        /// [`ContainerdRow::idmapped_mounts`].
        IdmappedMounts = "idmapped-mounts",
        /// [`ContainerdRow::own_mounts_idmapped`].
        OwnMountsIdmapped = "own-mounts-idmapped",
        /// [`ContainerdRow::pin_userns`].
        PinUserns = "pin-userns",
        /// [`ContainerdRow::sandbox_start_wrapper`].
        SandboxStartWrapper = "sandbox-start-wrapper",
        /// [`ContainerdRow::shim_create_wrapper`].
        ShimCreateWrapper = "shim-create-wrapper",
        /// [`ContainerdRow::shim_start_wrapper`].
        ShimStartWrapper = "shim-start-wrapper",
        /// [`ContainerdRow::error_class_suffix`].
        ErrorClassSuffix = "error-class-suffix",
        /// [`ContainerdRow::shipped_shim`].
        ShippedShim = "shipped-shim",
    }
}

finite_enum! {
    /// How the `runtimes` map of a configuration file meets the built-in one.
    pub enum ConfigRuntimes {
        /// The file's map replaces it.
        ReplaceMap = "replace-map",
        /// The file's entries are added to it; one of the same name is replaced as a whole.
        AddEntries = "add-entries",
        /// The file is decoded into it.
        IntoDefaults = "into-defaults",
    }
}

finite_enum! {
    /// Which section of which file is read, and when an older file is rewritten.
    pub enum ConfigMigration {
        /// `[plugins.cri]`, whatever the version says.
        ByName = "by-name",
        /// `[plugins.cri]` in version 1, `[plugins."io.containerd.grpc.v1.cri"]` in any other.
        ByVersion = "by-version",
        /// The files are merged, then migrated by the version of the whole; no version means the newest.
        Merged = "merged",
        /// The same, and a file of version 1 is taken for the newest, so that its CRI section is not read.
        MergedVersionOneLost = "merged-version-one-lost",
        /// Each file is migrated before it is merged.
        EachFile = "each-file",
    }
}

finite_enum! {
    /// How a TOML library finds the field that a key means.
    pub enum ConfigKeyMatching {
        /// By name in any case.
        AnyCase = "any-case",
        /// As named, all lower, all upper, or with the first letter lower.
        FourSpellings = "four-spellings",
    }
}

finite_enum! {
    /// How imported configuration files are merged.
    pub enum ConfigImports {
        /// The release does not know `imports`.
        Ignored = "ignored",
        /// The section of a plugin is replaced as a whole.
        ReplacePlugin = "replace-plugin",
        /// Tables are merged key by key.
        DeepMerge = "deep-merge",
    }
}

finite_enum! {
    /// The options table of the built-in handler `runc`.
    pub enum DefaultRuncOptions {
        /// A table in which every value is the zero value.
        AllZero = "all-zero",
        /// No table.
        Absent = "absent",
    }
}

finite_enum! {
    /// Which runtimes get task options from `no_pivot`.
    pub enum NoPivot {
        /// None: the release does not know the key or rejects it.
        Absent = "absent",
        /// `io.containerd.runc.v1` and `v2`.
        Runc = "runc",
        /// The same for the sandbox; containers of `io.containerd.runtime.v1.linux`.
        RuncSandbox = "runc-sandbox",
        /// `io.containerd.runtime.v1.linux` only.
        LinuxV1 = "linux-v1",
    }
}

finite_enum! {
    /// What a helper that sets one field of the task options starts from.
    pub enum TaskOptionsBase {
        /// A new message, whose type the name of the runtime decides.
        FreshByName = "fresh-by-name",
        /// A new `containerd.runc.v1.Options`.
        Fresh = "fresh",
        /// A copy of the runtime options, which must be of that type.
        CopyOfRuntimeOptions = "copy-of-runtime-options",
    }
}

finite_enum! {
    /// What `WithTaskAPIEndpoint` does.
    pub enum TaskApiEndpoint {
        /// It does not exist.
        Absent = "absent",
        /// It writes into a new `containerd.runc.v1.Options`.
        Overwrite = "overwrite",
        /// It writes into a copy of the runtime options, and fails if they are of another type.
        CopyOrError = "copy-or-error",
        /// The same, and writes nothing if they are of another type.
        CopyOrSkip = "copy-or-skip",
    }
}

finite_enum! {
    /// When `updateContainerIOOwner` writes an owner.
    pub enum IoOwnerGuard {
        /// Never: the release does not have the function.
        Never = "never",
        /// Unless the container has no user-namespace options.
        UnlessNil = "unless-nil",
        /// Unless it has none, or their mode is NODE.
        UnlessNilOrNode = "unless-nil-or-node",
    }
}

finite_enum! {
    /// Which id `updateContainerIOOwner` writes.
    #[derive(Default)]
    pub enum IoOwnerId {
        /// The id that the container's user has on the host (`ToHost`): what every release that writes one does.
        #[default]
        HostId = "host-id",
        /// The id that it has inside the container. No release does this: it is there for designs to be judged by.
        ContainerId = "container-id",
    }
}

finite_enum! {
    /// When the runtime options travel in place of the task options.
    pub enum OptionsFallback {
        /// When the task options are a nil pointer.
        NilPointer = "nil-pointer",
        /// Also when their value is nil.
        NilPointerOrNilValue = "nil-pointer-or-nil-value",
    }
}

finite_enum! {
    /// Which task options the tasks service lets pass.
    pub enum DaemonTaskOptions {
        /// The runtime's name decides which type is looked for; other runtimes are not checked.
        ByRuntimeName = "by-runtime-name",
        /// `containerd.runc.v1.Options`, whatever the runtime.
        RuncOnly = "runc-only",
    }
}

finite_enum! {
    /// What `<shim> start` gets on its standard input.
    pub enum StartStdin {
        /// Nothing.
        Nothing = "nothing",
        /// The encoded `Any`, if there are options.
        RawAny = "raw-any",
        /// A `BootstrapParams` message that carries the options as an extension, always.
        BootstrapParams = "bootstrap-params",
    }
}

finite_enum! {
    /// What is read in the reply of `<shim> start`.
    pub enum StartReply {
        /// An address, whatever it is.
        Address = "address",
        /// JSON with a version of the task API up to 2, or else an address.
        JsonUpTo2 = "json-up-to-2",
        /// JSON with a version of the task API up to 3, or else an address.
        JsonUpTo3 = "json-up-to-3",
        /// The message `BootstrapResult`; or else the same.
        BootstrapResult = "bootstrap-result",
    }
}

impl StartReply {
    /// The function that reads the reply so, in the last release that was read of those that do.
    pub fn source(self) -> &'static str {
        match self {
            Self::Address => "(*binary).Start, runtime/v2/binary.go@v1.6.39",
            Self::JsonUpTo2 => "parseStartResponse, runtime/v2/shim.go@v1.7.34",
            Self::JsonUpTo3 => "parseStartResponse, core/runtime/v2/shim.go@v2.0.1",
            Self::BootstrapResult => "parseStartResponse, core/runtime/v2/shim.go@v2.3.4",
        }
    }

    /// The highest version of the task API in JSON.
    pub fn highest(self) -> u8 {
        match self {
            Self::Address | Self::JsonUpTo2 => 2,
            Self::JsonUpTo3 | Self::BootstrapResult => 3,
        }
    }
}

finite_enum! {
    /// When `<shim> start` is executed for a container of a pod whose sandbox runs.
    pub enum StartForAppContainers {
        /// For every container.
        Always = "always",
        /// For none: containerd connects to the sandbox's shim.
        Never = "never",
        /// If the sandbox is in no sandbox store, or the protocol version of its shim is below 3.
        ProtocolBelow3 = "protocol-below-3",
    }
}

finite_enum! {
    /// What `<shim> -info` gets when features are validated.
    pub enum InfoOptions {
        /// Features are not validated.
        Absent = "absent",
        /// Nothing.
        None = "none",
        /// The task options, or else the runtime options.
        TaskThenRuntime = "task-then-runtime",
        /// The runtime options, or else the task options.
        RuntimeThenTask = "runtime-then-task",
    }
}

finite_enum! {
    /// What becomes of the shim of a task whose features fail the validation.
    pub enum FailedValidation {
        /// Its bundle is deleted; it stays in the list of shims, and its process runs on.
        LeavesShim = "leaves-shim",
        /// It is deleted as after a failed Create. No release does this: it is there for designs to be judged by.
        DeletesShim = "deletes-shim",
        /// Features are not validated.
        NotApplicable = "n/a",
    }
}

finite_enum! {
    /// Of which handlers CRI Status reports features.
    pub enum Introspection {
        /// CRI Status lists no handlers.
        Absent = "absent",
        /// Of those with the runtime type `io.containerd.runc.v2`; others are listed without features.
        RuncV2Only = "runc-v2-only",
        /// Of every handler whose shim answers.
        EveryHandler = "every-handler",
    }
}

finite_enum! {
    /// What the introspection makes of a handler without an options table.
    pub enum IntrospectionNilOptions {
        /// It asks the shim without options.
        Skipped = "skipped",
        /// containerd panics while it starts.
        Panics = "panics",
        /// There is no introspection.
        NotApplicable = "n/a",
    }
}

finite_enum! {
    /// Whether the CRI plugin knows user namespaces.
    pub enum CriUserns {
        /// It ignores the field.
        Absent = "absent",
        /// It creates a user namespace for a pod of mode POD.
        Created = "created",
    }
}

finite_enum! {
    /// What becomes of mounts that the client wants id-mapped.
    pub enum IdmappedMounts {
        /// The mappings are ignored.
        Ignored = "ignored",
        /// `CreateContainer` refuses them.
        Refused = "refused",
        /// They become part of the OCI specification.
        Passed = "passed",
    }
}

finite_enum! {
    /// For which pods the user namespace is pinned.
    pub enum PinUserns {
        /// For none; the runtime creates the namespace.
        None = "none",
        /// For every pod of mode POD.
        Always = "always",
        /// For those with a network of their own.
        UnlessHostNetwork = "unless-host-network",
    }
}
