//! Rows of `catalog/shims.toml` and `catalog/oci-runtimes.toml`.

use serde::{Deserialize, Serialize};

use super::provenance::row;
use super::version::Range;
use crate::finite::finite_enum;
use crate::type_url::TypeUrl;

/// How one range of releases of a shim treats the options that it gets.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ShimRow {
    /// The name of the row.
    pub id: String,
    /// The name of the shim, as scenarios write it.
    pub name: String,
    /// The tags that behave so.
    pub versions: Vec<Range>,
    /// The text before the version in the tags of the project, where a name covers several projects.
    pub tag_prefix: Option<String>,
    /// The file name of the binary.
    pub binary: String,
    /// The runtime types under which it is installed.
    pub runtime_types: Vec<String>,
    /// Not a real shim, but one that a design is tried against.
    #[serde(default)]
    pub hypothetical: bool,
    /// Public sources.
    pub sources: Vec<String>,
    /// Keys that were seen when real components were run.
    #[serde(default)]
    pub executed: Vec<String>,
    /// Keys that are only inferred.
    #[serde(default)]
    pub inferred: Vec<String>,
    /// What to know besides.
    pub notes: Option<String>,

    /// Whether the containers of a pod are served by the process of its sandbox.
    pub grouping: bool,
    /// The version of the task API that its start reply gives.
    pub protocol: u8,
    /// Whether it can serve as `sandboxer = "shim"`.
    pub sandbox_api: bool,
    /// Who makes the stdio pipes of a container without a terminal.
    pub pipes: Pipes,
    /// Whether `io_uid` and `io_gid` of a request reach the owner of a pipe on the host.
    pub applies_io_owner: bool,
    /// What its runtime does with a user namespace that is given by path.
    pub joins_userns_by_path: JoinsUserns,
    /// The error when it cannot join.
    pub join_userns_text: Option<String>,
    /// Its error for a sandbox with a user namespace that its runtime makes itself, in the network of the host; if not
    /// given, such a sandbox comes up, or nobody has seen that it does not.
    pub userns_in_host_network_text: Option<String>,
    /// Whether it runs an OCI runtime that the options name.
    pub oci_runtime: OciRuntimeKind,
    /// The option messages that are linked into the binary.
    pub links: Vec<TypeUrl>,
    /// What it does with the options of `CreateTaskRequest`.
    pub create: CreateChannel,
    /// What it does with the standard input of `start`.
    pub start: StartChannel,
    /// What it does with `-info`.
    pub info: InfoChannel,
}

row!(ShimRow, ShimField);

finite_enum! {
    /// The behaviours of a shim row, by the keys they have in the catalogue.
    pub enum ShimField {
        /// [`ShimRow::binary`].
        Binary = "binary",
        /// [`ShimRow::runtime_types`].
        RuntimeTypes = "runtime-types",
        /// [`ShimRow::grouping`].
        Grouping = "grouping",
        /// [`ShimRow::protocol`].
        Protocol = "protocol",
        /// [`ShimRow::sandbox_api`].
        SandboxApi = "sandbox-api",
        /// [`ShimRow::pipes`].
        Pipes = "pipes",
        /// [`ShimRow::applies_io_owner`].
        AppliesIoOwner = "applies-io-owner",
        /// [`ShimRow::joins_userns_by_path`].
        JoinsUsernsByPath = "joins-userns-by-path",
        /// [`ShimRow::join_userns_text`].
        JoinUsernsText = "join-userns-text",
        /// [`ShimRow::userns_in_host_network_text`].
        UsernsInHostNetworkText = "userns-in-host-network-text",
        /// [`ShimRow::oci_runtime`].
        OciRuntime = "oci-runtime",
        /// [`ShimRow::links`].
        Links = "links",
        /// [`CreateChannel::scope`].
        CreateScope = "create.scope",
        /// [`CreateChannel::rules`].
        CreateRules = "create.rules",
        /// [`StartChannel::reads`].
        StartReads = "start.reads",
        /// [`StartChannel::replies`].
        StartReplies = "start.replies",
        /// [`StartChannel::scope`].
        StartScope = "start.scope",
        /// [`StartChannel::rules`].
        StartRules = "start.rules",
        /// [`StartChannel::misframed`].
        StartMisframed = "start.misframed",
        /// [`StartChannel::misframed_text`].
        StartMisframedText = "start.misframed-text",
        /// [`InfoChannel::supported`].
        InfoSupported = "info.supported",
        /// [`InfoChannel::text`].
        InfoText = "info.text",
        /// [`InfoChannel::features`].
        InfoFeatures = "info.features",
        /// [`InfoChannel::rules`].
        InfoRules = "info.rules",
    }
}

/// What a shim does with the options of `CreateTaskRequest`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CreateChannel {
    /// For which containers of a pod the options are looked at.
    pub scope: Scope,
    /// What is done with them: the first rule that matches.
    pub rules: Vec<Rule>,
}

/// What a shim does with the standard input of `start`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct StartChannel {
    /// What it takes the input for.
    pub reads: StartReads,
    /// What it writes on its standard output.
    pub replies: StartReplies,
    /// For which containers of a pod it reads the input; for each, if not given.
    #[serde(default = "every_container")]
    pub scope: Scope,
    /// What is done with options found there.
    #[serde(default)]
    pub rules: Vec<Rule>,
    /// What happens when the input has the other framing.
    pub misframed: Option<Misframed>,
    /// The error text in that case; if not given, it is containerd that stops, at the reply.
    pub misframed_text: Option<String>,
}

fn every_container() -> Scope {
    Scope::EveryContainer
}

/// What a shim does with `-info`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct InfoChannel {
    /// Whether it knows the flag.
    pub supported: bool,
    /// How it fails if it does not: exit status and standard error.
    pub text: Option<String>,
    /// Which features it answers with.
    pub features: InfoFeatures,
    /// What is done with options on its standard input; none if it does not read them.
    #[serde(default)]
    pub rules: Vec<Rule>,
}

/// One rule of a shim for an option message: the first whose conditions hold decides.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Rule {
    /// A type URL, the empty string (a message without type), `linked` (any linked type) or `*`.
    pub url: String,
    /// Whether value bytes are on the wire; either, if not given.
    pub value: Option<ValueOnWire>,
    /// What the message must contain or lack, all of it.
    #[serde(default)]
    pub when: Vec<Condition>,
    /// What becomes of the message.
    pub then: Then,
    /// The error text of a rejection, with `{url}`, `{inner}` and `{body}` for what the message has.
    pub text: Option<String>,
    /// The class of the error, which the client of the CRI sees as a gRPC code.
    #[serde(default, skip_serializing_if = "ErrorClass::is_unknown")]
    pub class: ErrorClass,
    /// Whether the rejection comes from taking the message for another one.
    #[serde(default)]
    pub misread: bool,
    /// The operator's keys that take effect, where not all of them do.
    pub applies: Option<Vec<String>>,
}

/// The class of an error, as `errdefs` has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorClass {
    /// None that a shim gave.
    #[default]
    Unknown,
    /// `INVALID_ARGUMENT`.
    InvalidArgument,
    /// `UNIMPLEMENTED`.
    NotImplemented,
    /// `NOT_FOUND`.
    NotFound,
}

impl ErrorClass {
    /// What releases append that append the class.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::Unknown => ": unknown",
            Self::InvalidArgument => ": invalid argument",
            Self::NotImplemented => ": not implemented",
            Self::NotFound => ": not found",
        }
    }

    /// Whether a text says it already.
    pub fn is_said_by(self, text: &str) -> bool {
        let suffix = self.suffix();
        text.ends_with(suffix) || suffix.strip_prefix(": ") == Some(text)
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
    fn is_unknown(&self) -> bool {
        *self == Self::Unknown
    }
}

finite_enum! {
    /// Whether value bytes are on the wire.
    pub enum ValueOnWire {
        /// There are some.
        With = "with",
        /// There are none.
        Without = "without",
    }
}

finite_enum! {
    /// A question that shims ask of the content of an option message.
    pub enum Condition {
        /// `config_path` is set.
        ConfigPath = "config-path",
        /// `config_path` is not set.
        NoConfigPath = "no-config-path",
        /// The inner `type_url` is `io.containerd.runsc.v1.options`.
        InnerRunsc = "inner-runsc",
        /// The inner `type_url` is anything else.
        InnerNotRunsc = "inner-not-runsc",
        /// `config_body` is set.
        ConfigBody = "config-body",
        /// `config_body` is not set.
        NoConfigBody = "no-config-body",
        /// `config_body` is TOML with the key `SystemdCgroup`.
        BodySystemdCgroup = "body-systemd-cgroup",
        /// It is not.
        NoBodySystemdCgroup = "no-body-systemd-cgroup",
        /// `config_path` is the only field.
        OnlyConfigPath = "only-config-path",
    }
}

finite_enum! {
    /// What becomes of an option message in a shim.
    pub enum Then {
        /// It is decoded, and its fields take effect.
        Applied = "applied",
        /// No error and no effect.
        Ignored = "ignored",
        /// Its bytes are decoded as another message, without an error.
        Misread = "misread",
        /// The call fails.
        Rejected = "rejected",
        /// Not known.
        Unknown = "unknown",
    }
}

finite_enum! {
    /// For which containers of a pod the options of Create are looked at.
    pub enum Scope {
        /// For each.
        EveryContainer = "every-container",
        /// For the one that builds the sandbox.
        FirstContainer = "first-container",
        /// For none.
        Never = "never",
    }
}

finite_enum! {
    /// What a shim takes the standard input of `start` for.
    pub enum StartReads {
        /// It does not read it.
        Nothing = "nothing",
        /// An encoded `Any`.
        RawAny = "raw-any",
        /// A `BootstrapParams` message.
        BootstrapParams = "bootstrap-params",
        /// Either.
        Either = "either",
    }
}

finite_enum! {
    /// What a shim writes on the standard output of `start`.
    pub enum StartReplies {
        /// The address of its socket, which stands for version 2 of the task API.
        Address = "address",
        /// JSON with the version of its task API.
        Json = "json",
        /// The message `BootstrapResult`.
        BootstrapResult = "bootstrap-result",
        /// That message to a containerd that wrote `BootstrapParams`, an address to any other.
        AddressOrResult = "address-or-result",
        /// That message to a containerd that wrote `BootstrapParams`, JSON to any other.
        JsonOrResult = "json-or-result",
    }
}

finite_enum! {
    /// What happens when the standard input of `start` has the other framing.
    pub enum Misframed {
        /// `start` fails.
        Rejected = "rejected",
        /// It is passed over.
        Ignored = "ignored",
    }
}

finite_enum! {
    /// Which features a shim answers `-info` with.
    pub enum InfoFeatures {
        /// None.
        None = "none",
        /// Features in which id-mapped mounts are not enabled.
        NoIdmap = "no-idmap",
        /// User namespaces and id-mapped mounts.
        Userns = "userns",
        /// What the `features` command of the OCI runtime gives.
        OciRuntime = "oci-runtime",
    }
}

finite_enum! {
    /// Who makes the stdio pipes of a container without a terminal.
    pub enum Pipes {
        /// The shim, on the host.
        Host = "host",
        /// The sandbox, inside the guest; the owner of host files does not matter.
        Guest = "guest",
        /// Nobody: the FIFOs of containerd are handed to the workload.
        None = "none",
    }
}

finite_enum! {
    /// What a runtime does with a user namespace that is given by path.
    pub enum JoinsUserns {
        /// It joins.
        Yes = "yes",
        /// It tries, and fails.
        No = "no",
        /// It leaves it out without an error.
        Dropped = "dropped",
    }
}

finite_enum! {
    /// Where the OCI runtime of a shim comes from.
    pub enum OciRuntimeKind {
        /// From the key `BinaryName`, or else `runc` on the path.
        FromOptions = "from-options",
        /// It is part of the shim.
        BuiltIn = "built-in",
    }
}

/// What one range of releases of an OCI runtime decides behind the runc shim.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct OciRuntimeRow {
    /// The name of the row.
    pub id: String,
    /// The name of the runtime.
    pub name: String,
    /// The releases that behave so.
    pub versions: Vec<Range>,
    /// Public sources.
    pub sources: Vec<String>,
    /// Keys that were seen when real components were run.
    #[serde(default)]
    pub executed: Vec<String>,
    /// Keys that are only inferred.
    #[serde(default)]
    pub inferred: Vec<String>,
    /// What to know besides.
    pub notes: Option<String>,
    /// What its `features` command says.
    pub features: OciFeatures,
    /// How containerd reports that when it validates features.
    pub features_text: Option<String>,
    /// Whether, and from where, it gives the container's user the stdio of the container's init.
    pub chowns_stdio: ChownsStdio,
    /// Whether it can join a user namespace that is given by path.
    pub joins_userns_by_path: bool,
    /// Its error for a container with mappings in a sandbox without a user namespace of its own.
    pub join_host_userns_text: Option<String>,
    /// Its error for a cgroup that is named in the way of cgroupfs when it is told to use systemd; `{path}` is the
    /// cgroup. Not known, if not given.
    pub cgroupfs_path_text: Option<String>,
}

row!(OciRuntimeRow, OciRuntimeField);

finite_enum! {
    /// The behaviours of an OCI runtime's row, by the keys they have in the catalogue.
    pub enum OciRuntimeField {
        /// [`OciRuntimeRow::features`].
        Features = "features",
        /// [`OciRuntimeRow::features_text`].
        FeaturesText = "features-text",
        /// [`OciRuntimeRow::chowns_stdio`].
        ChownsStdio = "chowns-stdio",
        /// [`OciRuntimeRow::joins_userns_by_path`].
        JoinsUsernsByPath = "joins-userns-by-path",
        /// [`OciRuntimeRow::join_host_userns_text`].
        JoinHostUsernsText = "join-host-userns-text",
        /// [`OciRuntimeRow::cgroupfs_path_text`].
        CgroupfsPathText = "cgroupfs-path-text",
    }
}

finite_enum! {
    /// Whether, and from where, an OCI runtime gives the container's user the stdio of the container's init.
    pub enum ChownsStdio {
        /// It does not.
        No = "no",
        /// Inside the container's user namespace, where an owner that is not mapped cannot be changed.
        InUserns = "in-userns",
        /// From the host, before it enters the namespace: any owner can be changed.
        FromHost = "from-host",
    }
}

finite_enum! {
    /// What the `features` command of an OCI runtime says.
    pub enum OciFeatures {
        /// There is none, or its output is of no use.
        NoCommand = "no-command",
        /// No id-mapped mounts.
        NoIdmap = "no-idmap",
        /// User namespaces and id-mapped mounts.
        Userns = "userns",
    }
}
