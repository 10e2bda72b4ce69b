//! Refusals: who says no, and at which stage.

use crate::finite::finite_enum;
use crate::pod::{Call, Channel};
use crate::type_url::TypeUrl;
use crate::userns::UsernsMode;

finite_enum! {
    /// Where on its way a request is refused, in the order in which it meets these places.
    pub enum Stage {
        /// containerd loads its configuration.
        ContainerdConfig = "containerd-config",
        /// The kubelet decides, before any call.
        Kubelet = "kubelet",
        /// `RunPodSandbox` of the CRI plugin.
        RunPodSandbox = "run-pod-sandbox",
        /// `CreateContainer` of the CRI plugin.
        CreateContainer = "create-container",
        /// The client puts the task options together.
        ClientTaskOptions = "client-task-options",
        /// The tasks service looks at them.
        TasksService = "tasks-service",
        /// The shim is started.
        ShimStart = "shim-start",
        /// Runtime features are validated.
        RuntimeFeatures = "runtime-features",
        /// The shim takes the options of Create.
        ShimCreate = "shim-create",
        /// The OCI runtime creates the container.
        OciCreate = "oci-create",
        /// The connection between client and containerd, or between containerd and shim.
        Transport = "transport",
    }
}

/// A refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// The kubelet's gate is off and `hostUsers` is set.
    GateOff,
    /// The kubelet has no list of runtime handlers.
    HandlersNotSet,
    /// The runtime reports no handlers.
    HandlersEmpty,
    /// The handler is not in the list.
    HandlerNotListed,
    /// The handler does not support user namespaces.
    HandlerWithoutUserns,
    /// Validation forbids `hostUsers: false` with `hostNetwork: true`.
    HostNetworkForbidden,
    /// The runtime does not declare user namespaces in the host's network.
    HostNetworkNotDeclared,
    /// The handler is not in the configuration: `RunPodSandbox`, `CreateContainer` or `StartContainer`.
    NoRuntimeConfigured(Call),
    /// `parseUsernsIDs`: mode NODE with mappings.
    NodeWithMappings(Call),
    /// `parseUsernsIDs`: mode POD without mappings.
    PodWithoutMappings(Call),
    /// `parseUsernsIDs`: more than one line.
    TwoMappingLines(Call),
    /// `parseUsernsIDs`: a line of length 0.
    ZeroMappingLength(Call),
    /// `parseUsernsIDs`: mode CONTAINER or TARGET.
    UnsupportedUsernsMode(Call, UnsupportedMode),
    /// `pinUserNamespace` has no network namespace to start from.
    PinWithoutNetns {
        /// The mode that the sandbox was asked for with.
        mode: UsernsMode,
    },
    /// The shim does not implement the sandbox API.
    SandboxApiMissing {
        /// The shim.
        shim: u8,
    },
    /// The two configurations of `CreateContainer` differ.
    UsernsConfigDiffers,
    /// The sandbox does not run.
    SandboxNotRunning,
    /// Id-mapped mounts are not supported by the CRI plugin.
    IdmapMountsUnsupported {
        /// The mode that the container was asked for with.
        mode: UsernsMode,
    },
    /// The container's user is not in its mapping.
    UserNotMapped,
    /// The runtime options cannot be copied as runc options.
    CannotCopyRuntimeOptions {
        /// Their type.
        url: TypeUrl,
    },
    /// The tasks service takes no such task options for this runtime.
    InvalidTaskCreateOption,
    /// The shim does not know `-info`.
    InfoFlagUnknown {
        /// The shim.
        shim: u8,
    },
    /// The OCI runtime that `-info` looks for is not installed.
    InfoRuntimeMissing {
        /// The OCI runtime.
        oci_runtime: u8,
    },
    /// The shim answers `-info` without features.
    InfoWithoutFeatures,
    /// The features have no id-mapped mounts.
    IdmapUnsupported {
        /// The OCI runtime, if it is not part of the shim.
        oci_runtime: Option<u8>,
    },
    /// The shim takes the standard input of `start` for something else.
    StartMisframed {
        /// The shim.
        shim: u8,
    },
    /// The shim answers `start` with a version of the task API that containerd does not speak.
    StartReplyVersion {
        /// The shim.
        shim: u8,
    },
    /// containerd takes the shim's answer to `start` for an address.
    StartReplyUnread {
        /// The shim.
        shim: u8,
    },
    /// A rule of the shim rejects the options on this channel.
    Rejected {
        /// The channel.
        channel: Channel,
        /// The shim.
        shim: u8,
        /// The number of the rule.
        rule: u8,
        /// The type of the message.
        url: TypeUrl,
        /// Whether the inner type is `io.containerd.runsc.v1.options`.
        inner_runsc: bool,
    },
    /// The shim's runtime cannot join the user namespace.
    CannotJoinUserns {
        /// The shim.
        shim: u8,
    },
    /// The sandbox that the shim's runtime puts into a user namespace of its own, in the network of the host, ends.
    UsernsInHostNetwork {
        /// The shim.
        shim: u8,
    },
    /// The OCI runtime cannot join the user namespace.
    OciRuntimeCannotJoinUserns {
        /// The OCI runtime.
        oci_runtime: u8,
    },
    /// The container asks for mappings, but the sandbox is in the user namespace of the host.
    SandboxWithoutUserns {
        /// The OCI runtime.
        oci_runtime: u8,
    },
    /// The OCI runtime is not installed.
    OciRuntimeMissing {
        /// The OCI runtime.
        oci_runtime: u8,
    },
    /// The file system of a volume cannot be id-mapped.
    VolumeNotIdmappable,
    /// containerd is not there.
    Unavailable,
    /// The client's deadline passed.
    DeadlineExceeded,
    /// The shim is gone.
    ShimGone,
}

/// A mode that the CRI plugin does not support.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnsupportedMode {
    /// CONTAINER.
    Container,
    /// TARGET.
    Target,
}

impl Call {
    fn stage(self) -> Stage {
        match self {
            Self::RunPodSandbox => Stage::RunPodSandbox,
            Self::CreateContainer(_) => Stage::CreateContainer,
            Self::StartContainer(_) => Stage::ClientTaskOptions,
        }
    }
}

impl Refusal {
    /// The stage at which it is given.
    pub fn stage(self) -> Stage {
        match self {
            Self::GateOff
            | Self::HandlersNotSet
            | Self::HandlersEmpty
            | Self::HandlerNotListed
            | Self::HandlerWithoutUserns
            | Self::HostNetworkForbidden
            | Self::HostNetworkNotDeclared => Stage::Kubelet,
            Self::NoRuntimeConfigured(call)
            | Self::NodeWithMappings(call)
            | Self::PodWithoutMappings(call)
            | Self::TwoMappingLines(call)
            | Self::ZeroMappingLength(call)
            | Self::UnsupportedUsernsMode(call, _) => call.stage(),
            Self::PinWithoutNetns { .. } | Self::SandboxApiMissing { .. } => Stage::RunPodSandbox,
            Self::UsernsConfigDiffers | Self::IdmapMountsUnsupported { .. } => Stage::CreateContainer,
            Self::SandboxNotRunning | Self::UserNotMapped | Self::CannotCopyRuntimeOptions { .. } => {
                Stage::ClientTaskOptions
            }
            Self::InvalidTaskCreateOption => Stage::TasksService,
            Self::InfoFlagUnknown { .. }
            | Self::InfoRuntimeMissing { .. }
            | Self::InfoWithoutFeatures
            | Self::IdmapUnsupported { .. }
            | Self::Rejected {
                channel: Channel::Info,
                ..
            } => Stage::RuntimeFeatures,
            Self::StartMisframed { .. }
            | Self::StartReplyVersion { .. }
            | Self::StartReplyUnread { .. }
            | Self::Rejected {
                channel: Channel::Start,
                ..
            } => Stage::ShimStart,
            Self::Rejected {
                channel: Channel::Create,
                ..
            } => Stage::ShimCreate,
            Self::CannotJoinUserns { .. }
            | Self::UsernsInHostNetwork { .. }
            | Self::OciRuntimeCannotJoinUserns { .. }
            | Self::SandboxWithoutUserns { .. }
            | Self::OciRuntimeMissing { .. }
            | Self::VolumeNotIdmappable => Stage::OciCreate,
            Self::Unavailable | Self::DeadlineExceeded | Self::ShimGone => Stage::Transport,
        }
    }

    /// The name of the variant, as reachability properties and reports use it.
    pub fn id(self) -> &'static str {
        match self {
            Self::GateOff => "gate-off",
            Self::HandlersNotSet => "handlers-not-set",
            Self::HandlersEmpty => "handlers-empty",
            Self::HandlerNotListed => "handler-not-listed",
            Self::HandlerWithoutUserns => "handler-without-userns",
            Self::HostNetworkForbidden => "host-network-forbidden",
            Self::HostNetworkNotDeclared => "host-network-not-declared",
            Self::NoRuntimeConfigured(Call::RunPodSandbox) => "no-runtime-configured-run-pod-sandbox",
            Self::NoRuntimeConfigured(Call::CreateContainer(_)) => "no-runtime-configured-create-container",
            Self::NoRuntimeConfigured(Call::StartContainer(_)) => "no-runtime-configured-start-container",
            Self::NodeWithMappings(_) => "node-with-mappings",
            Self::PodWithoutMappings(_) => "pod-without-mappings",
            Self::TwoMappingLines(_) => "two-mapping-lines",
            Self::ZeroMappingLength(_) => "zero-mapping-length",
            Self::UnsupportedUsernsMode(..) => "unsupported-userns-mode",
            Self::PinWithoutNetns { .. } => "pin-without-netns",
            Self::SandboxApiMissing { .. } => "sandbox-api-missing",
            Self::UsernsConfigDiffers => "userns-config-differs",
            Self::IdmapMountsUnsupported { .. } => "idmap-mounts-unsupported",
            Self::SandboxNotRunning => "sandbox-not-running",
            Self::UserNotMapped => "user-not-mapped",
            Self::CannotCopyRuntimeOptions { .. } => "cannot-copy-runtime-options",
            Self::InvalidTaskCreateOption => "invalid-task-create-option",
            Self::InfoFlagUnknown { .. } => "info-flag-unknown",
            Self::InfoRuntimeMissing { .. } => "info-runtime-missing",
            Self::InfoWithoutFeatures => "info-without-features",
            Self::IdmapUnsupported { .. } => "idmap-unsupported",
            Self::StartMisframed { .. } => "start-misframed",
            Self::StartReplyVersion { .. } => "start-reply-version",
            Self::StartReplyUnread { .. } => "start-reply-unread",
            Self::Rejected {
                channel: Channel::Create,
                ..
            } => "create-rejected",
            Self::Rejected {
                channel: Channel::Start,
                ..
            } => "start-rejected",
            Self::Rejected {
                channel: Channel::Info,
                ..
            } => "info-rejected",
            Self::CannotJoinUserns { .. } => "cannot-join-userns",
            Self::UsernsInHostNetwork { .. } => "userns-in-host-network",
            Self::OciRuntimeCannotJoinUserns { .. } => "oci-runtime-cannot-join-userns",
            Self::SandboxWithoutUserns { .. } => "sandbox-without-userns",
            Self::OciRuntimeMissing { .. } => "oci-runtime-missing",
            Self::VolumeNotIdmappable => "volume-not-idmappable",
            Self::Unavailable => "unavailable",
            Self::DeadlineExceeded => "deadline-exceeded",
            Self::ShimGone => "shim-gone",
        }
    }

    /// All names, in the order of the stages.
    pub const IDS: &'static [&'static str] = &[
        "gate-off",
        "handlers-not-set",
        "handlers-empty",
        "handler-not-listed",
        "handler-without-userns",
        "host-network-forbidden",
        "host-network-not-declared",
        "no-runtime-configured-run-pod-sandbox",
        "node-with-mappings",
        "pod-without-mappings",
        "two-mapping-lines",
        "zero-mapping-length",
        "unsupported-userns-mode",
        "pin-without-netns",
        "sandbox-api-missing",
        "no-runtime-configured-create-container",
        "userns-config-differs",
        "idmap-mounts-unsupported",
        "no-runtime-configured-start-container",
        "sandbox-not-running",
        "user-not-mapped",
        "cannot-copy-runtime-options",
        "invalid-task-create-option",
        "start-misframed",
        "start-rejected",
        "start-reply-version",
        "start-reply-unread",
        "info-flag-unknown",
        "info-runtime-missing",
        "info-without-features",
        "info-rejected",
        "idmap-unsupported",
        "create-rejected",
        "cannot-join-userns",
        "userns-in-host-network",
        "oci-runtime-cannot-join-userns",
        "sandbox-without-userns",
        "oci-runtime-missing",
        "volume-not-idmappable",
        "unavailable",
        "deadline-exceeded",
        "shim-gone",
    ];
}
