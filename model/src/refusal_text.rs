//! Refusals in words.

use crate::catalog::{ContainerdRow, ErrorClass, PinUserns};
use crate::domain::Domain;
use crate::environment::Environment;
use crate::guards::Network;
use crate::pod::{Channel, Pod, Target};
use crate::refusal::{Refusal, Stage, UnsupportedMode};
use crate::shim::error_text;
use crate::type_url::TypeUrl;
use crate::world::{Sandboxer, World};

/// What the client of the CRI gets to read when an OCI runtime does not create a container, for that reason.
pub fn oci_create_text(reason: &str, target: Target, row: &ContainerdRow) -> String {
    let suffix = if row.error_class_suffix {
        ErrorClass::Unknown.suffix()
    } else {
        ""
    };
    let inner = format!(
        "{}OCI runtime create failed: {reason}{suffix}",
        row.shim_create_wrapper
    );
    task_text(row, target, &inner)
}

fn task_text(row: &ContainerdRow, target: Target, inner: &str) -> String {
    let wrapper = match target {
        Target::Sandbox => row.sandbox_start_wrapper.replace("{id}", "<id>"),
        Target::Container(_) => String::new(),
    };
    format!("{wrapper}failed to create containerd task: {inner}")
}

impl Refusal {
    /// The words in which the one who refuses says it, without the wrappers that callers put around them.
    pub fn reason<D: Domain>(self, world: &World<D>, env: &Environment<D>, pod: &Pod<D>) -> String {
        let kubelet = &world.kubelets[usize::from(env.kubelet.row)].row;
        let containerd = &world.containerd[usize::from(env.containerd.row)].row;
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
                "user namespace configuration: can't use user namespace mode \"NODE\" with mappings. Got 1 UID mappings and \
                 1 GID mappings"
                    .to_owned()
            }
            Self::PodWithoutMappings(_) => {
                "user namespace configuration: can't use user namespace mode \"POD\" without UID and GID mappings"
                    .to_owned()
            }
            Self::TwoMappingLines(_) => {
                "user namespace configuration: UID mapping: only one mapping line supported, got 2 mapping lines".to_owned()
            }
            Self::ZeroMappingLength(_) => "user namespace configuration: UID mapping: invalid mapping length: 0".to_owned(),
            Self::UnsupportedUsernsMode(_, mode) => format!(
                "user namespace configuration: unsupported user namespace mode: \"{}\"",
                match mode {
                    UnsupportedMode::Container => "CONTAINER",
                    UnsupportedMode::Target => "TARGET",
                }
            ),
            Self::PinWithoutNetns { .. } => {
                "failed to pin user namespace: failed to open netns(): open : no such file or directory".to_owned()
            }
            Self::SandboxApiMissing { shim } => {
                format!("the shim {} does not implement the sandbox API", world.shim(shim).id)
            }
            Self::UsernsConfigDiffers => "user namespace config for sandbox is different from container. Sandbox userns config: … - Container userns \
                 config: …"
                    .to_owned(),
            Self::IdmapMountsUnsupported { .. } => {
                "idmap mounts not yet supported, but they were requested for: \"<src>\"".to_owned()
            }
            Self::UserNotMapped => {
                "failed to do idmap to get host ID: container ID <uid> cannot be mapped to a host ID".to_owned()
            }
            // Only a design refuses here without options of another type.
            Self::CannotCopyRuntimeOptions {
                url: TypeUrl::RuncV1,
            } => "failed to get runtime v2 options: (refused by the design; no release has words for it)".to_owned(),
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
                .unwrap_or_else(|| {
                    "idmap mounts not supported: entry `mountExtensions.idmap.Enabled` in `features` command not \
                     present or disabled"
                        .to_owned()
                }),
            Self::StartMisframed { shim } => match &world.shim(shim).start.misframed_text {
                Some(text) => text.clone(),
                None => error_text(world.shim(shim), containerd),
            },
            Self::StartReplyVersion { shim } | Self::StartReplyUnread { shim } => {
                error_text(world.shim(shim), containerd)
            }
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
            Self::UsernsInHostNetwork { shim } => shim_text(shim, &world.shim(shim).userns_in_host_network_text),
            Self::OciRuntimeCannotJoinUserns { oci_runtime } => {
                format!(
                    "{} cannot join the user namespace of the sandbox",
                    world.oci_runtimes[usize::from(oci_runtime)].binary_name
                )
            }
            Self::SandboxWithoutUserns { oci_runtime } => {
                let row = world.oci_runtimes[usize::from(oci_runtime)].row.as_ref();
                let text = row.and_then(|row| row.join_host_userns_text.as_deref());
                format!(
                    "OCI runtime create failed: {}",
                    text.unwrap_or("the sandbox has no user namespace of its own to join")
                )
            }
            Self::SandboxNotRunning => "sandbox container \"<id>\" is not running".to_owned(),
            Self::OciRuntimeMissing { oci_runtime } => format!(
                "OCI runtime create failed: unable to retrieve OCI runtime error (open /run/containerd/\
                 io.containerd.runtime.v2.task/k8s.io/<task>/log.json: no such file or directory): exec: \"{}\": \
                 executable file not found in $PATH",
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

    /// The class of the error, as far as a shim or containerd gives it one.
    pub fn class<D: Domain>(self, world: &World<D>) -> ErrorClass {
        match self {
            Self::Rejected {
                channel: Channel::Create,
                shim,
                rule,
                ..
            } => {
                let rules = &world.shim(shim).create.rules;
                rules
                    .get(usize::from(rule))
                    .map_or(ErrorClass::Unknown, |rule| rule.class)
            }
            Self::StartReplyVersion { .. } => ErrorClass::NotImplemented,
            _ => ErrorClass::Unknown,
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
        let config = pod
            .recorded_handler_config(world)
            .or_else(|| pod.current_handler_config(world, env));
        let by_shim = config.is_some_and(|config| config.sandboxer == Sandboxer::Shim);
        let reason = self.reason(world, env, pod);
        let class = self.class(world);
        let suffix = if row.error_class_suffix && !class.is_said_by(&reason) {
            class.suffix()
        } else {
            ""
        };
        let task = |inner: String| match target {
            // plugins/sandbox/controller.go@v2.0.1: the sandbox controller starts the shim by itself.
            Target::Sandbox if by_shim => {
                let inner = inner
                    .strip_prefix("failed to start shim: ")
                    .map(str::to_owned)
                    .unwrap_or(inner);
                format!(
                    "failed to create sandbox \"<id>\": failed to start new shim for sandbox <id>: {inner}"
                )
            }
            target => task_text(row, target, &inner),
        };
        match self.stage() {
            Stage::Transport if self == Self::ShimGone => {
                task(format!("{}{reason}", row.shim_create_wrapper))
            }
            Stage::ContainerdConfig | Stage::Kubelet | Stage::Transport => reason,
            Stage::RunPodSandbox => self.run_pod_sandbox_text(world, row, pod, reason),
            Stage::CreateContainer => match self {
                Self::NoRuntimeConfigured(_) => reason,
                Self::IdmapMountsUnsupported { .. } => {
                    format!("failed to generate container \"<id>\" spec: failed to generate spec: {reason}")
                }
                _ => format!(
                    "failed to generate container \"<id>\" spec: failed to generate spec opts: {reason}"
                ),
            },
            Stage::ClientTaskOptions => match self {
                Self::UserNotMapped => format!("failed to update container IO owner: {reason}"),
                Self::NoRuntimeConfigured(_) | Self::SandboxNotRunning => reason,
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

    /// internal/cri/server/sandbox_run.go and sandbox_run_linux.go@v2.0.1; pkg/cri/server/sandbox_run.go@v1.7.34.
    fn run_pod_sandbox_text<D: Domain>(
        self,
        world: &World<D>,
        row: &ContainerdRow,
        pod: &Pod<D>,
        reason: String,
    ) -> String {
        let own_network = world.pod_spec(pod.spec).network == Network::Pod;
        // A user namespace that is pinned is made before the network namespace, from the mappings.
        let unshared = row.pin_userns != PinUserns::None && own_network;
        let netns = |inner: &str| format!("failed to create network namespace for sandbox \"<id>\": {inner}");
        match self {
            // 1.x has no wrapper of the sandbox's own.
            Self::NoRuntimeConfigured(_) if row.sandbox_start_wrapper.is_empty() => reason,
            Self::NoRuntimeConfigured(_) => reason.replace(
                "failed to get sandbox runtime: ",
                "unable to get OCI runtime for sandbox \"<id>\": ",
            ),
            Self::SandboxApiMissing { .. } => {
                format!("failed to create sandbox \"<id>\": failed to create sandbox <id>: {reason}")
            }
            Self::TwoMappingLines(_) if unshared => {
                netns("required only one uid mapping, but got 2 uid mapping(s)")
            }
            Self::PodWithoutMappings(_) if unshared => {
                netns("required only one uid mapping, but got 0 uid mapping(s)")
            }
            Self::ZeroMappingLength(_) if unshared => netns("…"),
            _ => {
                let wrapper = row.sandbox_start_wrapper.replace("{id}", "<id>");
                format!("{wrapper}failed to generate sandbox container spec: {reason}")
            }
        }
    }
}
