//! What does not change during a run: the releases in play, the files on disk, the pods that are asked for.

use crate::catalog::{ContainerdRow, KubeletRow, OciRuntimeRow, ShimRow};
use crate::domain::{Domain, User};
use crate::guards::{self, ContainerdGuards, HostUsers, KubeletGuard, Network, RuntimeType};
use crate::type_url::TypeUrl;

/// The most pods that a node has.
pub const MAX_PODS: usize = 4;
/// The most containers that a pod has.
pub const MAX_CONTAINERS: usize = 2;
/// The most runtime handlers that the pods of a world use.
pub const MAX_HANDLERS: usize = 4;
/// The most shim binaries that those handlers execute.
pub const MAX_BINARIES: usize = 4;

/// A node with everything that can be installed and configured on it, and the pods that are asked for.
#[derive(Clone, Debug)]
pub struct World<D: Domain> {
    /// The containerd release that runs first, then those that it can be upgraded to.
    pub containerd: Vec<Containerd>,
    /// The kubelet that runs first, then those that it can be upgraded to.
    pub kubelets: Vec<Kubelet>,
    /// Rows of all shims that can be on disk.
    pub shims: Vec<ShimRow>,
    /// The shim binaries that handlers execute.
    pub binaries: Vec<Binary>,
    /// OCI runtimes, the default one first.
    pub oci_runtimes: Vec<OciRuntime>,
    /// The configuration that is loaded first, then those that the operator can change to.
    pub configurations: Vec<Configuration<D>>,
    /// The names of the runtime handlers that pods use; the default handler's name is empty.
    pub handlers: Vec<String>,
    /// The pods, by name; identical pods share an entry.
    pub pod_specs: Vec<PodSpec>,
    /// For each pod of the node, its entry in [`Self::pod_specs`].
    pub pods: Vec<u8>,
    /// Who calls the CRI.
    pub client: Client,
    /// Which faults can happen, and how often.
    pub faults: Budget,
}

/// A containerd release, or a design: a release with some behaviours replaced.
#[derive(Clone, Debug)]
pub struct Containerd {
    /// What the operator calls it: a tag, a window or a design.
    pub version: String,
    /// Its row.
    pub row: ContainerdRow,
    /// Its guards.
    pub guards: ContainerdGuards,
}

impl Containerd {
    /// A release as its row has it.
    pub fn new(version: impl Into<String>, row: &ContainerdRow) -> Self {
        Self {
            version: version.into(),
            row: row.clone(),
            guards: ContainerdGuards::of(row),
        }
    }
}

/// A kubelet release with the state of its gates.
#[derive(Clone, Debug)]
pub struct Kubelet {
    /// Its version.
    pub version: String,
    /// Its row.
    pub row: KubeletRow,
    /// Its decision on user-namespace options.
    pub guard: KubeletGuard,
    /// Whether the gate for user namespaces is on when it starts first.
    pub gate: bool,
    /// Whether the gate for user namespaces in the host's network is on.
    pub host_network_gate: bool,
}

impl Kubelet {
    /// A release, with its gates set as `gates` says or as they are by default.
    pub fn new(version: impl Into<String>, row: &KubeletRow, gates: impl Fn(&str) -> Option<bool>) -> Self {
        let gate = if row.gate_locked || row.gate.is_empty() {
            None
        } else {
            gates(&row.gate)
        };
        let host_network_gate = if row.host_network_gate.is_empty() {
            None
        } else {
            gates(&row.host_network_gate)
        };
        Self {
            version: version.into(),
            row: row.clone(),
            guard: guards::get_or_create_user_namespace_mappings(row),
            gate: gate.unwrap_or(row.gate_default),
            host_network_gate: host_network_gate.unwrap_or(row.host_network_gate_default),
        }
    }
}

/// A shim binary on disk.
#[derive(Clone, Debug)]
pub struct Binary {
    /// Its path, or the runtime type that it is found by.
    pub name: String,
    /// Which shim it is: indices into [`World::shims`], the first at the beginning, then those that it can be
    /// upgraded to.
    pub rows: Vec<u8>,
    /// For a binary that ships with containerd: the shim of each of [`World::containerd`].
    pub shipped: Option<Vec<u8>>,
    /// For each row, the tag that was asked for.
    pub versions: Vec<String>,
}

/// An OCI runtime behind the runc shim.
#[derive(Clone, Debug)]
pub struct OciRuntime {
    /// The value of `BinaryName` that selects it; `runc` for the default one.
    pub binary_name: String,
    /// Its version.
    pub version: String,
    /// Its row; none if it is not installed.
    pub row: Option<OciRuntimeRow>,
}

/// A containerd configuration, as a release merges it from its file and its defaults.
#[derive(Clone, Debug)]
pub struct Configuration<D: Domain> {
    /// The name of the file.
    pub name: String,
    /// For each of [`World::containerd`], what it says if it refuses the configuration.
    pub refusals: Vec<Option<String>>,
    /// Its handlers, for each of [`World::containerd`] and each of [`World::handlers`]; none if not configured.
    pub handlers: Vec<Vec<Option<HandlerConfig<D>>>>,
    /// Whether the plugin's `no_pivot` is set.
    pub no_pivot: bool,
}

/// What is configured for a runtime handler.
#[derive(Clone, Debug)]
pub struct HandlerConfig<D: Domain> {
    /// `runtime_type` as configured.
    pub runtime_type_name: String,
    /// How containerd tells it from others.
    pub runtime_type: RuntimeType,
    /// The binary that `runtime_path` names: an index into [`World::binaries`]; none without a path.
    pub path_binary: Option<u8>,
    /// The binary that `runtime_type` leads to; none if nothing is known of it and a path stands before it.
    pub type_binary: Option<u8>,
    /// The options table; none if there is none.
    pub options: Option<D::Table>,
    /// `sandboxer`.
    pub sandboxer: Sandboxer,
}

/// Who runs the sandbox of a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sandboxer {
    /// containerd itself, with a pause container.
    PodSandbox,
    /// The shim, which containerd starts, through the sandbox API.
    Shim,
    /// A sandbox controller of that name, which runs by itself.
    Remote,
}

/// A pod as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodSpec {
    /// Its name.
    pub name: String,
    /// Its runtime handler: an index into [`World::handlers`].
    pub handler: u8,
    /// `hostUsers`.
    pub host_users: HostUsers,
    /// `hostNetwork`.
    pub network: Network,
    /// `restartPolicy`.
    pub restart_policy: RestartPolicy,
    /// Its containers.
    pub containers: Vec<ContainerSpec>,
    /// Whether the file systems of its volumes can be id-mapped.
    pub volumes_idmappable: bool,
}

/// `restartPolicy` of a pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestartPolicy {
    /// Restart whenever a container ended.
    Always,
    /// Restart when it failed.
    OnFailure,
    /// Do not restart.
    Never,
}

/// A container as it is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerSpec {
    /// Its name.
    pub name: String,
    /// The user of its process.
    pub user: User,
    /// Whether it has a terminal, hence no stdio pipes.
    pub terminal: bool,
}

/// Who calls the CRI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Client {
    /// The kubelet of the world.
    Kubelet,
    /// Any client, such as crictl or critest: any user-namespace options in any configuration.
    Any,
}

/// How often each fault can happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Budget {
    /// In all.
    pub total: u8,
    /// containerd restarts, with the same release and configuration.
    pub containerd_restart: u8,
    /// The kubelet restarts, with the same release and gates.
    pub kubelet_restart: u8,
    /// A shim process ends.
    pub shim_crash: u8,
    /// The client's deadline passes before the reply.
    pub rpc_timeout: u8,
    /// A container's process ends.
    pub container_exit: u8,
    /// A pod is deleted and created again.
    pub pod_delete: u8,
    /// The kubelet restarts with its gate flipped.
    pub gate_flip: u8,
    /// containerd is upgraded to the next of [`World::containerd`].
    pub containerd_upgrade: u8,
    /// The kubelet is upgraded to the next of [`World::kubelets`].
    pub kubelet_upgrade: u8,
    /// A shim binary is replaced by the next of its rows.
    pub shim_upgrade: u8,
    /// The operator changes the configuration and restarts containerd.
    pub config_change: u8,
}

impl Budget {
    /// No faults.
    pub const NONE: Self = Self {
        total: 0,
        containerd_restart: 0,
        kubelet_restart: 0,
        shim_crash: 0,
        rpc_timeout: 0,
        container_exit: 0,
        pod_delete: 0,
        gate_flip: 0,
        containerd_upgrade: 0,
        kubelet_upgrade: 0,
        shim_upgrade: 0,
        config_change: 0,
    };
}

impl<D: Domain> HandlerConfig<D> {
    /// The binary that the configuration by itself leads to.
    pub fn binary(&self) -> Option<u8> {
        self.path_binary.or(self.type_binary)
    }
}

impl<D: Domain> World<D> {
    /// The type that a handler's configuration selects under a release.
    pub fn selected_type(&self, containerd: u8, runtime: RuntimeType) -> TypeUrl {
        guards::get_runtime_options_type(&self.containerd[usize::from(containerd)].row, runtime)
    }

    /// What is configured for a handler under a release.
    pub fn handler_config(
        &self,
        containerd: u8,
        configuration: u8,
        handler: u8,
    ) -> Option<&HandlerConfig<D>> {
        self.configurations[usize::from(configuration)].handlers[usize::from(containerd)]
            .get(usize::from(handler))?
            .as_ref()
    }

    /// The row of a shim.
    pub fn shim(&self, index: u8) -> &ShimRow {
        &self.shims[usize::from(index)]
    }

    /// What the pod asks for.
    pub fn pod_spec(&self, spec: u8) -> &PodSpec {
        &self.pod_specs[usize::from(spec)]
    }
}
