//! One pod: what the kubelet, containerd and the shim know of it, and the message that is in flight.

use crate::catalog::FailedValidation;
use crate::domain::Domain;
use crate::environment::Environment;
use crate::guards::{Invocation, Mounts, OptionsSource};
use crate::refusal::Refusal;
use crate::shim::task_api;
use crate::step::state_of;
use crate::type_url::TypeUrl;
use crate::userns::Userns;
use crate::world::{HandlerConfig, MAX_CONTAINERS, World};

/// The state of one pod.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Pod<D: Domain> {
    /// What is asked for: an index into [`crate::world::World::pod_specs`].
    pub spec: u8,
    /// Where the kubelet's worker of the pod is.
    pub phase: Phase<D>,
    /// The id mapping in the pod's directory.
    pub mapping: Option<D::Mapping>,
    /// containerd's record of the sandbox.
    pub sandbox: Option<Sandbox<D>>,
    /// containerd's records of the containers, the latest of each.
    pub containers: [Option<Container<D>>; MAX_CONTAINERS],
    /// The message in flight.
    pub in_flight: Option<InFlight<D>>,
}

/// Where the kubelet's worker of a pod is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase<D: Domain> {
    /// A sync is due.
    Pending,
    /// Inside a sync, waiting for a reply.
    Syncing {
        /// The user-namespace options of the sandbox configuration that was generated in this sync.
        sandbox_userns: Userns<D::Mapping>,
        /// The next container to look at after the current call.
        next: u8,
        /// Whether a step of this sync failed.
        failed: bool,
    },
    /// A sync failed; it is tried again later.
    Waiting,
    /// The last sync left nothing to do.
    Settled,
    /// The pod failed for good.
    Failed,
    /// Its sandbox is gone, and `restartPolicy: Never` forbids a new one, though not all containers ended.
    LeftAlone,
    /// The pod is deleted; its mapping is not freed yet.
    Terminated,
    /// The pod is gone and can be created again.
    Deleted,
}

/// containerd's record of a sandbox, with the processes behind it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Sandbox<D: Domain> {
    /// Whether it runs.
    pub state: SandboxState,
    /// The configuration that was loaded at `RunPodSandbox`.
    pub configuration: u8,
    /// The release that ran at `RunPodSandbox`.
    pub containerd: u8,
    /// The type that the handler's configuration selected then.
    pub selected: TypeUrl,
    /// The runtime options that were generated then, as the store gives them back.
    pub options: Option<D::Any>,
    /// The user-namespace options of `RunPodSandbox`.
    pub userns: Userns<D::Mapping>,
    /// Whether the user namespace was pinned.
    pub pinned: bool,
    /// Whether the sandbox store knows it (containerd 2.x).
    pub in_store: bool,
    /// Whether a task API endpoint is recorded.
    pub endpoint: bool,
    /// The process that serves the sandbox: an index into [`crate::world::World::shims`].
    pub shim: Option<u8>,
}

/// Whether a sandbox runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SandboxState {
    /// `RunPodSandbox` is under way.
    Creating,
    /// It runs.
    Ready,
    /// It has ended.
    NotReady,
}

/// containerd's record of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Container<D: Domain> {
    /// The user-namespace options of its configuration.
    pub userns: Userns<D::Mapping>,
    /// Which of its mounts are id-mapped.
    pub mounts: Mounts,
    /// How far it came.
    pub state: ContainerState<D>,
    /// What its failed start left behind, if it is [`ContainerState::Exited`].
    pub left_behind: LeftBehind,
}

/// What a failed `StartContainer` left behind of the task that was to be (core/runtime/v2/task_manager.go@v2.0.1,
/// core/runtime/v2/shim_manager.go@v2.0.6).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LeftBehind {
    /// Nothing.
    #[default]
    Nothing,
    /// An entry in containerd's list of shims, with a connection to the process that serves the sandbox.
    Entry,
    /// An entry, and the process that was started for the task.
    EntryAndProcess,
    /// The process alone: a restart of containerd finds no bundle to know it by.
    Process,
}

/// How far a container came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ContainerState<D: Domain> {
    /// Created, not started.
    Created,
    /// Its process runs.
    Running {
        /// Whether in a user namespace of the pod's own.
        in_userns: bool,
        /// The owner that the shim gave to its pipes.
        pipe_owner: Option<D::Id>,
        /// Its OCI runtime: an index into [`crate::world::World::oci_runtimes`].
        oci_runtime: u8,
        /// The process that serves it: an index into [`crate::world::World::shims`].
        shim: u8,
    },
    /// It ended, or never started (exit code 128, `StartError`).
    Exited,
}

/// Which task a request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// The sandbox.
    Sandbox,
    /// A container, by its number.
    Container(u8),
}

/// The process that serves a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Server {
    /// The one of the pod's sandbox.
    Sandbox,
    /// One that was started for the task: an index into [`crate::world::World::shims`].
    Own(u8),
}

/// A call of the CRI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Call {
    /// `RunPodSandbox`.
    RunPodSandbox,
    /// `CreateContainer`.
    CreateContainer(u8),
    /// `StartContainer`.
    StartContainer(u8),
}

/// The message in flight: a pod has at most one, since the kubelet makes its calls one after another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum InFlight<D: Domain> {
    /// Client → CRI plugin.
    RunPodSandbox {
        /// Of the sandbox configuration.
        userns: Userns<D::Mapping>,
    },
    /// Client → CRI plugin.
    CreateContainer {
        /// Which container.
        container: u8,
        /// Of the sandbox configuration in the request.
        sandbox_userns: Userns<D::Mapping>,
        /// Of the container configuration.
        container_userns: Userns<D::Mapping>,
        /// Whether the client asks for id-mapped mounts.
        idmapped_mounts: bool,
    },
    /// Client → CRI plugin.
    StartContainer {
        /// Which container.
        container: u8,
    },
    /// Task manager → shim binary: `-info` without options, before a shim is started.
    LoadShimInfo {
        /// For which task.
        target: Target,
        /// The task options of the request.
        task_options: Option<D::Any>,
    },
    /// Shim manager → shim binary: `start`.
    ShimStart {
        /// For which task.
        target: Target,
        /// The options on standard input.
        options: Option<D::Any>,
        /// The task options of the request.
        task_options: Option<D::Any>,
    },
    /// Task manager → shim binary: `-info`, to validate runtime features.
    Info {
        /// For which task.
        target: Target,
        /// The process that will serve the task.
        server: Server,
        /// The options on standard input.
        options: Option<D::Any>,
        /// The task options of the request.
        task_options: Option<D::Any>,
    },
    /// Task manager → shim, ttrpc: `Create`.
    Create {
        /// Which task.
        target: Target,
        /// The process that serves it.
        server: Server,
        /// `CreateTaskRequest.options`.
        options: Option<D::Any>,
    },
    /// Sandbox controller → shim, ttrpc: `CreateSandbox` and `StartSandbox`. They carry no runtime options.
    CreateSandbox,
    /// Shim → containerd.
    ShimReply {
        /// Which task.
        target: Target,
        /// What the shim did.
        result: Result<(), Refusal>,
    },
    /// CRI plugin → client.
    Reply {
        /// Of which call.
        call: Call,
        /// What came of it.
        result: Result<(), Refusal>,
    },
}

/// A channel from containerd to a shim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Channel {
    /// ttrpc `Create`.
    Create,
    /// Standard input of `start`.
    Start,
    /// Standard input of `-info`.
    Info,
}

impl Channel {
    /// Its name in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "Create",
            Self::Start => "the standard input of `start`",
            Self::Info => "the standard input of `-info`",
        }
    }
}

/// A message on its way to a shim that can carry options.
#[derive(Clone, Copy, Debug)]
pub struct ToShim<'a, D: Domain> {
    /// On which channel.
    pub channel: Channel,
    /// For which task.
    pub target: Target,
    /// The options.
    pub options: Option<&'a D::Any>,
}

impl<D: Domain> Pod<D> {
    /// A pod that nothing was done for yet.
    pub fn new(spec: u8) -> Self {
        Self {
            spec,
            phase: Phase::Pending,
            mapping: None,
            sandbox: None,
            containers: [None; MAX_CONTAINERS],
            in_flight: None,
        }
    }

    /// The message in flight, if it goes to a shim and that channel carries options.
    pub fn to_shim(&self) -> Option<ToShim<'_, D>> {
        match self.in_flight.as_ref()? {
            InFlight::ShimStart { target, options, .. } => Some(ToShim {
                channel: Channel::Start,
                target: *target,
                options: options.as_ref(),
            }),
            InFlight::Info { target, options, .. } => Some(ToShim {
                channel: Channel::Info,
                target: *target,
                options: options.as_ref(),
            }),
            InFlight::Create { target, options, .. } => Some(ToShim {
                channel: Channel::Create,
                target: *target,
                options: options.as_ref(),
            }),
            _ => None,
        }
    }

    /// The shim that the message in flight reaches: the process that serves the task, or the binary on disk that
    /// `start` and `-info` execute.
    pub fn receiving_shim(&self, world: &World<D>, env: &Environment<D>) -> Option<u8> {
        match self.in_flight.as_ref()? {
            InFlight::Create { server, .. } => self.process(*server),
            InFlight::ShimStart { .. } | InFlight::Info { .. } => self.shim_on_disk(world, env),
            _ => None,
        }
    }

    /// The options that Create will carry for the task of the message in flight: by the rule of the release, the
    /// task options or the runtime options of the sandbox's record (core/runtime/v2/shim.go@v2.0.0).
    pub fn options_of_create(&self, world: &World<D>, env: &Environment<D>) -> Option<&D::Any> {
        let task = match self.in_flight.as_ref()? {
            InFlight::ShimStart { task_options, .. } | InFlight::Info { task_options, .. } => {
                task_options.as_ref()
            }
            InFlight::Create { options, .. } => return options.as_ref(),
            _ => return None,
        };
        let guards = &world.containerd[usize::from(env.containerd.row)].guards;
        match guards.options_fallback.decide(state_of::<D>(task)) {
            OptionsSource::Task => task,
            OptionsSource::Runtime => self.sandbox.as_ref()?.options.as_ref(),
            OptionsSource::Nothing => None,
        }
    }

    /// What `ShimManager.Start` looks at for a container: whether the sandbox is in the store, and whether the
    /// protocol of its process is below 3; none without a sandbox.
    pub fn invocation_asks(&self, world: &World<D>) -> Option<(bool, bool)> {
        let sandbox = self.sandbox.as_ref()?;
        let started_by = &world.containerd[usize::from(sandbox.containerd)].row;
        let below_3 = sandbox
            .shim
            .is_some_and(|shim| task_api(world.shim(shim), started_by) < 3);
        Some((sandbox.in_store, below_3))
    }

    /// Whether `start` is executed for a container of the pod.
    pub fn invocation(&self, world: &World<D>, env: &Environment<D>) -> Invocation {
        let guards = &world.containerd[usize::from(env.containerd.row)].guards;
        self.invocation_asks(world)
            .map_or(Invocation::Execute, |asks| guards.start.decide(asks))
    }

    /// What a failed validation of features leaves of a task that `server` would have served. If the process of
    /// the sandbox ended meanwhile, its entry went with it.
    pub(crate) fn left_by_failed_validation(
        &self,
        world: &World<D>,
        env: &Environment<D>,
        server: Server,
    ) -> LeftBehind {
        let row = &world.containerd[usize::from(env.containerd.row)].row;
        match (row.failed_validation, server) {
            (FailedValidation::DeletesShim | FailedValidation::NotApplicable, _) => LeftBehind::Nothing,
            (FailedValidation::LeavesShim, Server::Own(_)) => LeftBehind::EntryAndProcess,
            (FailedValidation::LeavesShim, Server::Sandbox) if self.process(server).is_some() => {
                LeftBehind::Entry
            }
            (FailedValidation::LeavesShim, Server::Sandbox) => LeftBehind::Nothing,
        }
    }

    /// The row of the process that serves a task; none if it has ended.
    pub fn process(&self, server: Server) -> Option<u8> {
        match server {
            Server::Sandbox => self.sandbox.as_ref()?.shim,
            Server::Own(shim) => Some(shim),
        }
    }

    /// The row of the binary that a request of this pod executes now: the `runtime_path` of the configuration that
    /// is loaded now, or else what the runtime type of the record leads to
    /// (plugins/services/tasks/local.go@v2.0.1, internal/cri/server/container_start.go@v2.0.1).
    pub fn shim_on_disk(&self, world: &World<D>, env: &Environment<D>) -> Option<u8> {
        let current = self.current_handler_config(world, env);
        let recorded = self.recorded_handler_config(world).or(current);
        let path = current.and_then(|config| config.path_binary);
        let binary = path.or_else(|| recorded?.type_binary)?;
        Some(env.on_disk[usize::from(binary)])
    }

    /// What the configuration that is loaded now has for the pod's handler.
    pub fn current_handler_config<'w>(
        &self,
        world: &'w World<D>,
        env: &Environment<D>,
    ) -> Option<&'w HandlerConfig<D>> {
        let containerd = &env.containerd;
        world.handler_config(
            containerd.row,
            containerd.configuration,
            world.pod_spec(self.spec).handler,
        )
    }

    /// What the configuration had for the pod's handler at `RunPodSandbox`.
    pub fn recorded_handler_config<'w>(&self, world: &'w World<D>) -> Option<&'w HandlerConfig<D>> {
        let sandbox = self.sandbox.as_ref()?;
        world.handler_config(
            sandbox.containerd,
            sandbox.configuration,
            world.pod_spec(self.spec).handler,
        )
    }

    /// The handler's options table as it was at `RunPodSandbox`.
    pub fn recorded_table<'w>(&self, world: &'w World<D>) -> Option<&'w D::Table> {
        self.recorded_handler_config(world)?.options.as_ref()
    }

    /// The refusal that is on its way back, or that a shim just gave.
    pub fn refusal(&self) -> Option<Refusal> {
        match self.in_flight.as_ref()? {
            InFlight::ShimReply {
                result: Err(refusal), ..
            }
            | InFlight::Reply {
                result: Err(refusal), ..
            } => Some(*refusal),
            _ => None,
        }
    }

    /// Whether nothing was asked of containerd for the pod yet, and a sync is due now or later.
    pub fn is_new(&self) -> bool {
        matches!(self.phase, Phase::Pending | Phase::Waiting)
            && self.sandbox.is_none()
            && self.in_flight.is_none()
            && self.containers.iter().all(Option::is_none)
    }

    /// Whether all containers of the pod run.
    pub fn runs(&self, containers: usize) -> bool {
        self.containers[..containers].iter().all(|c| {
            matches!(
                c,
                Some(Container {
                    state: ContainerState::Running { .. },
                    ..
                })
            )
        })
    }
}
