//! Refusals: who says no, at which stage, and in which words.

use crate::catalog::ContainerdField;
use crate::domain::Domain;
use crate::environment::Environment;
use crate::finite::finite_enum;
use crate::pod::{Call, Channel, Pod, Target};
use crate::type_url::TypeUrl;
use crate::world::World;

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
    PinWithoutNetns,
    /// The shim does not implement the sandbox API.
    SandboxApiMissing {
        /// The shim.
        shim: u8,
    },
    /// The two configurations of `CreateContainer` differ.
    UsernsConfigDiffers,
    /// Id-mapped mounts are not supported by the CRI plugin.
    IdmapMountsUnsupported,
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
    /// The OCI runtime cannot join the user namespace.
    OciRuntimeCannotJoinUserns {
        /// The OCI runtime.
        oci_runtime: u8,
    },
    /// The container asks for mappings, but the sandbox is in the user namespace of the host.
    SandboxWithoutUserns,
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
            Self::PinWithoutNetns | Self::SandboxApiMissing { .. } => Stage::RunPodSandbox,
            Self::UsernsConfigDiffers | Self::IdmapMountsUnsupported => Stage::CreateContainer,
            Self::UserNotMapped | Self::CannotCopyRuntimeOptions { .. } => Stage::ClientTaskOptions,
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
            | Self::Rejected {
                channel: Channel::Start,
                ..
            } => Stage::ShimStart,
            Self::Rejected {
                channel: Channel::Create,
                ..
            } => Stage::ShimCreate,
            Self::CannotJoinUserns { .. }
            | Self::OciRuntimeCannotJoinUserns { .. }
            | Self::SandboxWithoutUserns
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
            Self::PinWithoutNetns => "pin-without-netns",
            Self::SandboxApiMissing { .. } => "sandbox-api-missing",
            Self::UsernsConfigDiffers => "userns-config-differs",
            Self::IdmapMountsUnsupported => "idmap-mounts-unsupported",
            Self::UserNotMapped => "user-not-mapped",
            Self::CannotCopyRuntimeOptions { .. } => "cannot-copy-runtime-options",
            Self::InvalidTaskCreateOption => "invalid-task-create-option",
            Self::InfoFlagUnknown { .. } => "info-flag-unknown",
            Self::InfoRuntimeMissing { .. } => "info-runtime-missing",
            Self::InfoWithoutFeatures => "info-without-features",
            Self::IdmapUnsupported { .. } => "idmap-unsupported",
            Self::StartMisframed { .. } => "start-misframed",
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
            Self::OciRuntimeCannotJoinUserns { .. } => "oci-runtime-cannot-join-userns",
            Self::SandboxWithoutUserns => "sandbox-without-userns",
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
        "user-not-mapped",
        "cannot-copy-runtime-options",
        "invalid-task-create-option",
        "start-misframed",
        "start-rejected",
        "info-flag-unknown",
        "info-runtime-missing",
        "info-without-features",
        "info-rejected",
        "idmap-unsupported",
        "create-rejected",
        "cannot-join-userns",
        "oci-runtime-cannot-join-userns",
        "sandbox-without-userns",
        "oci-runtime-missing",
        "volume-not-idmappable",
        "unavailable",
        "deadline-exceeded",
        "shim-gone",
    ];

    /// The words in which the one who refuses says it, without the wrappers that callers put around them.
    pub fn reason<D: Domain>(self, world: &World<D>, env: &Environment<D>, pod: &Pod<D>) -> String {
        let kubelet = &world.kubelets[usize::from(env.kubelet.row)].row;
        let spec = world.pod_spec(pod.spec);
        let handler = world.handlers[usize::from(spec.handler)].as_str();
        let shim_text = |shim: u8, text: &Option<String>| {
            text.clone()
                .unwrap_or_else(|| format!("refused by {}", world.shim(shim).id))
        };
        let for_handler = |named: &str, default: &str| {
            if handler.is_empty() {
                default.to_owned()
            } else {
                named.replace("{handler}", handler)
            }
        };
        match self {
            Self::GateOff => kubelet.text_gate_off.clone(),
            Self::HandlersNotSet => kubelet.text_handlers_not_set.replace("{handler}", handler),
            Self::HandlersEmpty => for_handler(&kubelet.text_handlers_empty, &kubelet.text_handlers_empty_default),
            Self::HandlerNotListed => for_handler(&kubelet.text_handler_unknown, &kubelet.text_handler_unknown_default),
            Self::HandlerWithoutUserns => {
                for_handler(&kubelet.text_handler_unsupported, &kubelet.text_handler_unsupported_default)
            }
            Self::HostNetworkForbidden => {
                "spec.hostNetwork: Forbidden: when `hostUsers` is false (validation of the API server)".to_owned()
            }
            Self::HostNetworkNotDeclared => kubelet.text_host_network_feature.clone(),
            Self::NoRuntimeConfigured(_) => {
                format!("failed to get sandbox runtime: no runtime for \"{handler}\" is configured")
            }
            Self::NodeWithMappings(_) => {
                "user namespace configuration: can't use user namespace mode \"NODE\" with mappings".to_owned()
            }
            Self::PodWithoutMappings(_) => {
                "user namespace configuration: can't use user namespace mode \"POD\" without UID and GID mappings"
                    .to_owned()
            }
            Self::TwoMappingLines(_) => {
                "user namespace configuration: only one mapping line supported, got 2 mapping lines".to_owned()
            }
            Self::ZeroMappingLength(_) => "user namespace configuration: invalid mapping length: 0".to_owned(),
            Self::UnsupportedUsernsMode(_, mode) => format!(
                "user namespace configuration: unsupported user namespace mode: \"{}\"",
                match mode {
                    UnsupportedMode::Container => "CONTAINER",
                    UnsupportedMode::Target => "TARGET",
                }
            ),
            Self::PinWithoutNetns => {
                "failed to pin user namespace: failed to open netns(): open : no such file or directory".to_owned()
            }
            Self::SandboxApiMissing { shim } => {
                format!("the shim {} does not implement the sandbox API", world.shim(shim).id)
            }
            Self::UsernsConfigDiffers => "user namespace config for sandbox is different from container".to_owned(),
            Self::IdmapMountsUnsupported => {
                "idmap mounts not yet supported, but they were requested for: \"<src>\"".to_owned()
            }
            Self::UserNotMapped => {
                "failed to do idmap to get host ID: container ID <uid> cannot be mapped to a host ID".to_owned()
            }
            Self::CannotCopyRuntimeOptions { url } => format!(
                "failed to get runtime v2 options: can't unmarshal type \"{url}\" to output \"{}\"",
                TypeUrl::RuncV1
            ),
            Self::InvalidTaskCreateOption => {
                let name = pod
                    .sandbox
                    .as_ref()
                    .and_then(|s| world.handler_config(s.containerd, s.configuration, spec.handler))
                    .map_or("the runtime", |config| config.runtime_type_name.as_str());
                format!("invalid task create option for {name}")
            }
            Self::InfoFlagUnknown { shim } => {
                format!("runtime info: failed to run [<path> -info]: {}", shim_text(shim, &world.shim(shim).info.text))
            }
            Self::InfoRuntimeMissing { oci_runtime } => format!(
                "runtime info: failed to run [<path> -info]: exit status 1 (stderr: \"… exec: \\\"{}\\\": executable \
                 file not found in $PATH\")",
                world.oci_runtimes[usize::from(oci_runtime)].binary_name
            ),
            Self::InfoWithoutFeatures => "unmarshal runtime features: type with url : not found".to_owned(),
            Self::IdmapUnsupported { oci_runtime } => oci_runtime
                .and_then(|index| world.oci_runtimes[usize::from(index)].row.as_ref()?.features_text.clone())
                .unwrap_or_else(|| "idmap mounts not supported".to_owned()),
            Self::StartMisframed { shim } => shim_text(shim, &world.shim(shim).start.misframed_text),
            Self::Rejected { channel, shim, rule, url, inner_runsc } => {
                let row = world.shim(shim);
                let rules = match channel {
                    Channel::Create => &row.create.rules,
                    Channel::Start => &row.start.rules,
                    Channel::Info => &row.info.rules,
                };
                let text = rules.get(usize::from(rule)).and_then(|rule| rule.text.clone());
                let text = shim_text(shim, &text)
                    .replace("{url}", url.as_str())
                    .replace("{inner}", if inner_runsc { "io.containerd.runsc.v1.options" } else { "" })
                    .replace("{body}", "<config_body>");
                if channel == Channel::Info {
                    format!("runtime info: failed to run [<path> -info]: {text}")
                } else {
                    text
                }
            }
            Self::CannotJoinUserns { shim } => shim_text(shim, &world.shim(shim).join_userns_text),
            Self::OciRuntimeCannotJoinUserns { oci_runtime } => {
                format!(
                    "{} cannot join the user namespace of the sandbox",
                    world.oci_runtimes[usize::from(oci_runtime)].binary_name
                )
            }
            Self::SandboxWithoutUserns => {
                "OCI runtime create failed: the sandbox has no user namespace of its own to join".to_owned()
            }
            Self::OciRuntimeMissing { oci_runtime } => format!(
                "OCI runtime create failed: unable to retrieve OCI runtime error: exec: \"{}\": executable file not \
                 found in $PATH",
                world.oci_runtimes[usize::from(oci_runtime)].binary_name
            ),
            Self::VolumeNotIdmappable => {
                "OCI runtime create failed: failed to set MOUNT_ATTR_IDMAP on a volume: invalid argument".to_owned()
            }
            Self::Unavailable => "connection error: containerd is not there".to_owned(),
            Self::DeadlineExceeded => "context deadline exceeded".to_owned(),
            Self::ShimGone => "ttrpc: closed".to_owned(),
        }
    }

    /// The whole error as the client of the CRI gets it: the reason inside the wrappers of the release.
    pub fn text<D: Domain>(
        self,
        target: Target,
        world: &World<D>,
        env: &Environment<D>,
        pod: &Pod<D>,
    ) -> String {
        let row = &world.containerd[usize::from(env.containerd.row)].row;
        let reason = self.reason(world, env, pod);
        let suffix = if row.error_class_suffix && !reason.ends_with(": unknown") {
            ": unknown"
        } else {
            ""
        };
        let task = |inner: String| match target {
            Target::Sandbox => {
                let wrapper = row.sandbox_start_wrapper.replace("{id}", "<id>");
                format!("{wrapper}failed to create containerd task: {inner}")
            }
            Target::Container(_) => format!("failed to create containerd task: {inner}"),
        };
        match self.stage() {
            Stage::ContainerdConfig | Stage::Kubelet | Stage::Transport => reason,
            Stage::RunPodSandbox => match self {
                Self::NoRuntimeConfigured(_) => reason.replace(
                    "failed to get sandbox runtime: ",
                    "unable to get OCI runtime for sandbox \"<id>\": ",
                ),
                Self::SandboxApiMissing { .. } => format!("failed to start sandbox \"<id>\": {reason}"),
                _ => {
                    let wrapper = row.sandbox_start_wrapper.replace("{id}", "<id>");
                    format!("{wrapper}failed to generate sandbox container spec: {reason}")
                }
            },
            Stage::CreateContainer => match self {
                Self::NoRuntimeConfigured(_) => reason,
                _ => format!("failed to generate container \"<id>\" spec: {reason}"),
            },
            Stage::ClientTaskOptions => match self {
                Self::UserNotMapped => format!("failed to update container IO owner: {reason}"),
                Self::NoRuntimeConfigured(_) => reason,
                _ => task(reason),
            },
            Stage::TasksService => task(format!("{reason}{suffix}")),
            Stage::ShimStart => task(format!("{}{reason}{suffix}", row.shim_start_wrapper)),
            Stage::RuntimeFeatures => task(format!(
                "failed to validate OCI runtime features: {reason}{suffix}"
            )),
            Stage::ShimCreate | Stage::OciCreate => {
                task(format!("{}{reason}{suffix}", row.shim_create_wrapper))
            }
        }
    }

    /// The behaviours of the containerd row that the wrappers of [`Self::text`] come from.
    pub fn wrapper_fields(self) -> &'static [ContainerdField] {
        match self.stage() {
            Stage::ShimStart => &[
                ContainerdField::ShimStartWrapper,
                ContainerdField::ErrorClassSuffix,
            ],
            Stage::ShimCreate | Stage::OciCreate => &[
                ContainerdField::ShimCreateWrapper,
                ContainerdField::ErrorClassSuffix,
            ],
            Stage::TasksService | Stage::RuntimeFeatures => &[ContainerdField::ErrorClassSuffix],
            _ => &[],
        }
    }
}
