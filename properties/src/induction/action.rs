//! The actions of the machine, each with the fields that it reads.

use shimproof_model::abstraction::{Abstract, Block};
use shimproof_model::catalog::{InfoFeatures, IntrospectionNilOptions, OciRuntimeKind};
use shimproof_model::guards::{HandlerFeatures, HostUsers, Introspect, Mounts, Network};
use shimproof_model::world::{Client, MAX_HANDLERS, RestartPolicy, Sandboxer};
use shimproof_model::{
    Call, Container, ContainerState, CriStatus, Domain, EnvironmentAction, InFlight, Introspected, Phase,
    PodAction, Refusal, SandboxState, Server, Target, Userns, UsernsMode,
};

use super::assumption::Assumption;
use super::cases::FORMS;
use super::clause::Clause;
use super::draw::{BY_PATH, BY_TYPE, CURRENT, Draw, NEXT, RECORDED, Stop, TaskMessage};
use super::field::Field;
use super::images;

/// An action of the machine; a message that is handled is one for each kind of message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// The CRI plugin handles `RunPodSandbox`.
    RunPodSandbox,
    /// The CRI plugin handles `CreateContainer`.
    CreateContainer,
    /// The CRI plugin handles `StartContainer`.
    StartContainer,
    /// The shim binary answers `-info` without options.
    LoadShimInfo,
    /// The shim binary answers `start`.
    ShimStart,
    /// The shim binary answers `-info`.
    Info,
    /// The shim handles `Create`.
    Create,
    /// The shim handles `CreateSandbox`.
    CreateSandbox,
    /// containerd handles the shim's reply.
    ShimReply,
    /// The client handles a reply.
    Reply,
    /// The kubelet syncs the pod.
    SyncPod,
    /// A client calls `RunPodSandbox`.
    CallRunPodSandbox,
    /// A client calls `CreateContainer`.
    CallCreateContainer,
    /// A client calls `StartContainer`.
    CallStartContainer,
    /// The pod's back-off has passed.
    BackOffElapsed,
    /// The kubelet frees what a terminated pod had.
    SyncTerminatedPod,
    /// The pod is created again.
    CreateAgain,
    /// The kubelet asks CRI Status.
    UpdateRuntimeUp,
    /// containerd restarts.
    ContainerdRestart,
    /// containerd is upgraded inside the design.
    ContainerdUpgrade,
    /// The configuration is changed.
    ConfigChange,
    /// The kubelet restarts.
    KubeletRestart,
    /// The kubelet's gate is flipped.
    GateFlip,
    /// The kubelet is upgraded.
    KubeletUpgrade,
    /// A shim binary is replaced.
    ShimUpgrade,
    /// The client's deadline passes.
    RpcTimeout,
    /// A container's process ends.
    ContainerExit,
    /// The process that serves the sandbox ends.
    ShimCrash,
    /// The pod is deleted.
    DeletePod,
}

/// What is applied to a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    Environment(EnvironmentAction),
    Pod(PodAction<Abstract>),
}

impl Step {
    /// Every step, in the order of a request, then what happens to the node.
    pub const ALL: [Self; 29] = [
        Self::RunPodSandbox,
        Self::CreateContainer,
        Self::StartContainer,
        Self::LoadShimInfo,
        Self::ShimStart,
        Self::Info,
        Self::Create,
        Self::CreateSandbox,
        Self::ShimReply,
        Self::Reply,
        Self::SyncPod,
        Self::CallRunPodSandbox,
        Self::CallCreateContainer,
        Self::CallStartContainer,
        Self::BackOffElapsed,
        Self::SyncTerminatedPod,
        Self::CreateAgain,
        Self::UpdateRuntimeUp,
        Self::ContainerdRestart,
        Self::ContainerdUpgrade,
        Self::ConfigChange,
        Self::KubeletRestart,
        Self::GateFlip,
        Self::KubeletUpgrade,
        Self::ShimUpgrade,
        Self::RpcTimeout,
        Self::ContainerExit,
        Self::ShimCrash,
        Self::DeletePod,
    ];

    /// Its name in reports.
    pub fn id(self) -> &'static str {
        match self {
            Self::RunPodSandbox => "handle RunPodSandbox",
            Self::CreateContainer => "handle CreateContainer",
            Self::StartContainer => "handle StartContainer",
            Self::LoadShimInfo => "answer -info without options",
            Self::ShimStart => "answer start",
            Self::Info => "answer -info",
            Self::Create => "handle Create",
            Self::CreateSandbox => "handle CreateSandbox",
            Self::ShimReply => "handle the shim's reply",
            Self::Reply => "handle the reply of a call",
            Self::SyncPod => "SyncPod",
            Self::CallRunPodSandbox => "call RunPodSandbox",
            Self::CallCreateContainer => "call CreateContainer",
            Self::CallStartContainer => "call StartContainer",
            Self::BackOffElapsed => "back-off elapsed",
            Self::SyncTerminatedPod => "SyncTerminatedPod",
            Self::CreateAgain => "create the pod again",
            Self::UpdateRuntimeUp => "ask CRI Status",
            Self::ContainerdRestart => "containerd restart",
            Self::ContainerdUpgrade => "containerd upgrade",
            Self::ConfigChange => "configuration change",
            Self::KubeletRestart => "kubelet restart",
            Self::GateFlip => "gate flip",
            Self::KubeletUpgrade => "kubelet upgrade",
            Self::ShimUpgrade => "shim upgrade",
            Self::RpcTimeout => "deadline of a call",
            Self::ContainerExit => "container exit",
            Self::ShimCrash => "shim crash",
            Self::DeletePod => "pod deletion",
        }
    }

    /// The step that an action is in a state of the pod. Total, so that no action of the machine is left out.
    #[cfg(test)]
    pub(super) fn of(pod: &shimproof_model::Pod<Abstract>, act: Act) -> Self {
        match act {
            Act::Environment(action) => match action {
                EnvironmentAction::UpdateRuntimeUp => Self::UpdateRuntimeUp,
                EnvironmentAction::ContainerdRestart => Self::ContainerdRestart,
                EnvironmentAction::ContainerdUpgrade => Self::ContainerdUpgrade,
                EnvironmentAction::ConfigChange => Self::ConfigChange,
                EnvironmentAction::KubeletRestart => Self::KubeletRestart,
                EnvironmentAction::GateFlip => Self::GateFlip,
                EnvironmentAction::KubeletUpgrade => Self::KubeletUpgrade,
                EnvironmentAction::ShimUpgrade(_) => Self::ShimUpgrade,
            },
            Act::Pod(action) => match action {
                PodAction::SyncPod => Self::SyncPod,
                PodAction::BackOffElapsed => Self::BackOffElapsed,
                PodAction::CallRunPodSandbox(_) => Self::CallRunPodSandbox,
                PodAction::CallCreateContainer { .. } => Self::CallCreateContainer,
                PodAction::CallStartContainer(_) => Self::CallStartContainer,
                PodAction::SyncTerminatedPod => Self::SyncTerminatedPod,
                PodAction::CreateAgain => Self::CreateAgain,
                PodAction::RpcTimeout => Self::RpcTimeout,
                PodAction::ContainerExit(_) => Self::ContainerExit,
                PodAction::ShimCrash => Self::ShimCrash,
                PodAction::DeletePod => Self::DeletePod,
                PodAction::Deliver => match pod.in_flight {
                    Some(InFlight::RunPodSandbox { .. }) => Self::RunPodSandbox,
                    Some(InFlight::CreateContainer { .. }) => Self::CreateContainer,
                    Some(InFlight::StartContainer { .. }) => Self::StartContainer,
                    Some(InFlight::LoadShimInfo { .. }) => Self::LoadShimInfo,
                    Some(InFlight::ShimStart { .. }) => Self::ShimStart,
                    Some(InFlight::Info { .. }) => Self::Info,
                    Some(InFlight::Create { .. }) => Self::Create,
                    Some(InFlight::CreateSandbox) => Self::CreateSandbox,
                    Some(InFlight::ShimReply { .. }) => Self::ShimReply,
                    Some(InFlight::Reply { .. }) | None => Self::Reply,
                },
            },
        }
    }
}

/// Kinds of messages that an interruption tells apart.
pub(super) const MESSAGES: usize = 11;
/// The number of `ShimStart` among them.
const START: u16 = 5;
/// The number of `Info` among them.
const INFO: u16 = 6;

impl Draw<'_> {
    /// Draws what a step reads of a state in which it can be taken.
    pub(super) fn draw_for(&mut self, step: Step) -> Result<Act, Stop> {
        let deliver = Act::Pod(PodAction::Deliver);
        Ok(match step {
            Step::RunPodSandbox => {
                self.draw_run_pod_sandbox()?;
                deliver
            }
            Step::CreateContainer => {
                self.current_form()?;
                self.create_container()?;
                deliver
            }
            Step::StartContainer => {
                self.draw_start_container()?;
                deliver
            }
            Step::LoadShimInfo => {
                self.current_form()?;
                self.record()?;
                if let Target::Container(container) = self.task_message(TaskMessage::LoadShimInfo)? {
                    self.in_store()?;
                    self.serving_class()?;
                    self.idmapped(container)?;
                }
                deliver
            }
            Step::ShimStart => {
                self.current_form()?;
                self.record()?;
                match self.task_message(TaskMessage::ShimStart)? {
                    Target::Sandbox => self.sandbox().shim = None,
                    Target::Container(container) => self.idmapped(container)?,
                }
                self.on_disk(RECORDED)?;
                deliver
            }
            Step::Info => {
                self.current_form()?;
                self.record()?;
                self.task_message(TaskMessage::Info)?;
                self.on_disk(RECORDED)?;
                let shim = self.before.env.on_disk[usize::from(self.binary().0)];
                if self.cases.shims[usize::from(shim)].info.features == InfoFeatures::OciRuntime {
                    self.oci_runtime()?;
                }
                deliver
            }
            Step::Create => {
                self.draw_create()?;
                deliver
            }
            Step::CreateSandbox => {
                self.create_sandbox()?;
                self.serving()?;
                deliver
            }
            Step::ShimReply => {
                self.light = true;
                self.record()?;
                self.shim_reply()?;
                deliver
            }
            Step::Reply => {
                self.draw_reply()?;
                deliver
            }
            Step::SyncPod => {
                self.draw_sync_pod()?;
                Act::Pod(PodAction::SyncPod)
            }
            Step::CallRunPodSandbox => {
                Act::Pod(PodAction::CallRunPodSandbox(self.userns(Field::RequestUserns)?))
            }
            Step::CallCreateContainer => Act::Pod(PodAction::CallCreateContainer {
                container: self.container()?,
                sandbox_userns: self.userns(Field::RequestSandboxUserns)?,
                container_userns: self.userns(Field::RequestUserns)?,
            }),
            Step::CallStartContainer => {
                let container = self.container()?;
                self.recorded_container(container)?;
                Act::Pod(PodAction::CallStartContainer(container))
            }
            Step::BackOffElapsed => {
                self.phase()?;
                Act::Pod(PodAction::BackOffElapsed)
            }
            Step::SyncTerminatedPod => {
                self.light = true;
                self.phase()?;
                self.mapping()?;
                self.maybe_record()?;
                Act::Pod(PodAction::SyncTerminatedPod)
            }
            Step::CreateAgain => Act::Pod(PodAction::CreateAgain),
            Step::UpdateRuntimeUp => {
                self.draw_status()?;
                Act::Environment(EnvironmentAction::UpdateRuntimeUp)
            }
            Step::ContainerdRestart => {
                self.draw_restart(CURRENT)?;
                Act::Environment(EnvironmentAction::ContainerdRestart)
            }
            Step::ContainerdUpgrade => {
                self.draw_restart(CURRENT)?;
                Act::Environment(EnvironmentAction::ContainerdUpgrade)
            }
            Step::ConfigChange => {
                self.draw_restart(NEXT)?;
                Act::Environment(EnvironmentAction::ConfigChange)
            }
            Step::KubeletRestart => {
                self.draw_kubelet_restart(false)?;
                Act::Environment(EnvironmentAction::KubeletRestart)
            }
            Step::GateFlip => {
                self.draw_kubelet_restart(false)?;
                Act::Environment(EnvironmentAction::GateFlip)
            }
            Step::KubeletUpgrade => {
                self.draw_kubelet_restart(true)?;
                Act::Environment(EnvironmentAction::KubeletUpgrade)
            }
            Step::ShimUpgrade => {
                let binary = self.draw_shim_upgrade()?;
                Act::Environment(EnvironmentAction::ShimUpgrade(binary))
            }
            Step::RpcTimeout => {
                self.interrupted()?;
                Act::Pod(PodAction::RpcTimeout)
            }
            Step::ContainerExit => {
                self.phase()?;
                let container = self.container()?;
                self.progress(container)?;
                Act::Pod(PodAction::ContainerExit(container))
            }
            Step::ShimCrash => {
                self.interrupted()?;
                self.phase()?;
                self.progress(0)?;
                self.progress(1)?;
                Act::Pod(PodAction::ShimCrash)
            }
            Step::DeletePod => {
                self.light = true;
                self.maybe_record()?;
                Act::Pod(PodAction::DeletePod)
            }
        })
    }

    fn draw_run_pod_sandbox(&mut self) -> Result<(), Stop> {
        self.before.pod.in_flight = Some(InFlight::RunPodSandbox { userns: Userns::Nil });
        if !self.current_form()?.configured {
            return Ok(());
        }
        let sandboxer = self.current_handler()?;
        let userns = self.userns(Field::RequestUserns)?;
        self.before.pod.in_flight = Some(InFlight::RunPodSandbox { userns });
        match sandboxer {
            Sandboxer::PodSandbox => self.network()?,
            Sandboxer::Shim => {}
            Sandboxer::Remote => self.on_disk(CURRENT)?,
        }
        Ok(())
    }

    pub(super) fn create_container(&mut self) -> Result<(), Stop> {
        self.before.pod.in_flight = Some(InFlight::CreateContainer {
            container: self.container()?,
            sandbox_userns: self.userns(Field::RequestSandboxUserns)?,
            container_userns: self.userns(Field::RequestUserns)?,
            idmapped_mounts: self.flag(Field::RequestMounts)?,
        });
        Ok(())
    }

    fn draw_start_container(&mut self) -> Result<(), Stop> {
        let container = self.container()?;
        self.before.pod.in_flight = Some(InFlight::StartContainer { container });
        self.recorded_container(container)?;
        if self.pick(Field::Sandbox, SANDBOX.len())? != READY {
            return self.not_ready();
        }
        if !self.current_form()?.configured {
            self.record()?;
            return Ok(());
        }
        let handler = self.record()?;
        self.endpoint()?;
        let mut read = Userns::LinuxNil;
        if self.before.pod.containers[usize::from(container)].is_some() {
            read = self.container_userns(container)?;
            self.idmapped(container)?;
        }
        if images::writes_owner(&self.cases.containerd, &self.cases.handlers[handler], read) {
            self.user(container)?;
        }
        self.in_store()?;
        self.serving_class()
    }

    /// A sandbox that is there or not, as it was drawn, but does not run.
    fn not_ready(&mut self) -> Result<(), Stop> {
        if let Some(state) = SANDBOX[self.pick(Field::Sandbox, SANDBOX.len())?] {
            self.record()?;
            self.sandbox().state = state;
        }
        Ok(())
    }

    /// A sandbox in any state, or none.
    pub(super) fn maybe_record(&mut self) -> Result<(), Stop> {
        self.not_ready()
    }

    pub(super) fn container_userns(
        &mut self,
        container: u8,
    ) -> Result<Userns<Block>, Stop> {
        let userns = self.userns(Field::ContainerUserns)?;
        if let Some(record) = &mut self.before.pod.containers[usize::from(container)] {
            record.userns = userns;
        }
        Ok(userns)
    }

    pub(super) fn in_store(&mut self) -> Result<(), Stop> {
        let in_store = self.flag(Field::InStore)?;
        self.sandbox().in_store = in_store;
        Ok(())
    }

    /// Mounts are those of a record.
    fn idmapped(&mut self, container: u8) -> Result<(), Stop> {
        if self.before.pod.containers[usize::from(container)].is_some() {
            self.mounts(container)?;
        }
        Ok(())
    }

    /// The OCI runtime reads the user-namespace options of sandbox and container, pinning, mounts and volumes.
    fn draw_create(&mut self) -> Result<(), Stop> {
        // Of the configuration only `no_pivot` matters, through the task options.
        let no_pivot = |form: u16| if FORMS[usize::from(form)].no_pivot { 2 } else { 0 };
        let form = self.class(Field::CurrentForm, &[0, 2], no_pivot)?;
        self.setting_mut(CURRENT).form = FORMS[usize::from(form)];
        self.record()?;
        let target = self.task_message(TaskMessage::Create)?;
        let shim = match self.before.pod.in_flight {
            Some(InFlight::Create {
                server: Server::Own(shim),
                ..
            }) => shim,
            _ => {
                self.serving()?;
                match self.sandbox().shim {
                    Some(shim) => shim,
                    None => return Ok(()),
                }
            }
        };
        let row = &self.cases.shims[usize::from(shim)];
        if row.oci_runtime == OciRuntimeKind::FromOptions {
            self.oci_runtime()?;
        }
        let pod = |userns: u16| {
            let mode = images::USERNS[usize::from(userns)].mode();
            if mode == UsernsMode::Pod { 2 } else { 0 }
        };
        let classes: &[u16] = if self.cases.assumes(Assumption::NoPodUserns) {
            &[0]
        } else {
            &[0, 2]
        };
        let userns = self.class(Field::SandboxUserns, classes, pod)?;
        let pinned = userns == 2 && self.flag(Field::Pinned)?;
        let sandbox = self.sandbox();
        sandbox.userns = images::USERNS[usize::from(userns)];
        sandbox.pinned = pinned;
        let Target::Container(container) = target else {
            return Ok(());
        };
        self.origin(container)?;
        if let Some(record) = self.before.pod.containers[usize::from(container)] {
            let idmapped = |mounts: u16| if mounts == 2 { 2 } else { 0 };
            let mounts = if self.class(Field::Mounts, &[0, 2], idmapped)? == 2 {
                self.volumes()?;
                Mounts::Idmapped
            } else {
                Mounts::Plain
            };
            self.before.pod.containers[usize::from(container)] = Some(Container { mounts, ..record });
        }
        if row.applies_io_owner {
            self.terminal(container)?;
        }
        Ok(())
    }

    /// What a sandbox has of user namespaces.
    #[cfg(test)]
    pub(super) fn sandbox_userns(&mut self) -> Result<(), Stop> {
        let userns = self.userns(Field::SandboxUserns)?;
        let pinned = self.flag(Field::Pinned)?;
        let sandbox = self.sandbox();
        sandbox.userns = userns;
        sandbox.pinned = pinned && userns.mode() == UsernsMode::Pod;
        Ok(())
    }

    pub(super) fn terminal(&mut self, container: u8) -> Result<(), Stop> {
        let terminal = self.flag(Field::Terminal)?;
        self.world.pod_specs[0].containers[usize::from(container)].terminal = terminal;
        Ok(())
    }

    pub(super) fn volumes(&mut self) -> Result<(), Stop> {
        self.world.pod_specs[0].volumes_idmappable = self.flag(Field::Volumes)?;
        Ok(())
    }

    pub(super) fn network(&mut self) -> Result<(), Stop> {
        self.world.pod_specs[0].network = [Network::Pod, Network::Node][self.pick(Field::Network, 2)?];
        Ok(())
    }

    pub(super) fn create_sandbox(&mut self) -> Result<(), Stop> {
        self.record()?;
        let sandboxer = self.sandboxer()?;
        if sandboxer == Sandboxer::PodSandbox && self.clauses.contains(Clause::SandboxApi) {
            return Err(Stop::NoState);
        }
        self.before.pod.in_flight = Some(InFlight::CreateSandbox);
        Ok(())
    }

    pub(super) fn shim_reply(&mut self) -> Result<(), Stop> {
        let success = self.flag(Field::Success)?;
        let target = self.target()?;
        if let Target::Container(container) = target {
            self.progress(container)?;
            let runs = matches!(
                self.before.pod.containers[usize::from(container)],
                Some(record) if matches!(record.state, ContainerState::Running { .. })
            );
            if success && !runs && self.clauses.contains(Clause::Answered) {
                return Err(Stop::NoState);
            }
        }
        let result = if success { Ok(()) } else { Err(Refusal::ShimGone) };
        self.before.pod.in_flight = Some(InFlight::ShimReply { target, result });
        Ok(())
    }

    /// The reply of a call. Whoever handles it does not ask which container was to be started.
    pub(super) fn reply(&mut self, handled: bool) -> Result<Call, Stop> {
        let call = match self.pick(Field::Call, 3)? {
            0 => Call::RunPodSandbox,
            1 => Call::CreateContainer(self.container()?),
            _ if handled => Call::StartContainer(0),
            _ => Call::StartContainer(self.container()?),
        };
        let result = if self.flag(Field::Success)? {
            Ok(())
        } else {
            Err(Refusal::ShimGone)
        };
        if let (Call::CreateContainer(container), Ok(())) = (call, result) {
            self.recorded_container(container)?;
        }
        self.before.pod.in_flight = Some(InFlight::Reply { call, result });
        Ok(call)
    }

    pub(super) fn phase(&mut self) -> Result<(), Stop> {
        self.before.pod.phase = match self.pick(Field::Phase, 8)? {
            0 => Phase::Pending,
            1 => Phase::Waiting,
            2 => Phase::Settled,
            3 => Phase::Failed,
            4 => Phase::LeftAlone,
            5 => Phase::Terminated,
            6 => Phase::Deleted,
            _ => Phase::Syncing {
                sandbox_userns: Userns::Nil,
                next: 0,
                failed: false,
            },
        };
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn sync_progress(&mut self) -> Result<(), Stop> {
        if matches!(self.before.pod.phase, Phase::Syncing { .. }) {
            self.before.pod.phase = Phase::Syncing {
                sandbox_userns: self.userns(Field::SyncUserns)?,
                next: u8::try_from(self.pick(Field::SyncNext, 3)?).unwrap_or(0),
                failed: self.flag(Field::SyncFailed)?,
            };
        }
        Ok(())
    }

    pub(super) fn mapping(&mut self) -> Result<(), Stop> {
        if self.flag(Field::Mapping)? {
            // The block is given out: the first of a node of which nothing else is drawn.
            self.before.pod.mapping = Some(Abstract::allocate(&mut self.before.env.mappings));
        }
        Ok(())
    }

    pub(super) fn host_users(&mut self) -> Result<HostUsers, Stop> {
        const ALL: [HostUsers; 3] = [HostUsers::Unset, HostUsers::True, HostUsers::False];
        let values = if self.cases.assumes(Assumption::NoPodUserns) {
            &ALL[..2]
        } else {
            &ALL[..]
        };
        let host_users = values[self.pick(Field::HostUsers, values.len())?];
        self.world.pod_specs[0].host_users = host_users;
        Ok(host_users)
    }

    pub(super) fn restart_policy(&mut self) -> Result<(), Stop> {
        const ALL: [RestartPolicy; 3] = [
            RestartPolicy::Always,
            RestartPolicy::OnFailure,
            RestartPolicy::Never,
        ];
        self.world.pod_specs[0].restart_policy = ALL[self.pick(Field::RestartPolicy, ALL.len())?];
        Ok(())
    }

    /// What the kubelet decides by.
    pub(super) fn kubelet(&mut self, host_network: bool) -> Result<(), Stop> {
        self.kubelet_row(host_network)?;
        if self.host_users()? == HostUsers::False {
            self.features(host_network)?;
            self.mapping()?;
        }
        Ok(())
    }

    pub(super) fn kubelet_row(&mut self, host_network: bool) -> Result<(), Stop> {
        let rows = u16::try_from(self.cases.kubelets.len()).unwrap_or(u16::MAX);
        // Each class stands there without and with the gate for the host's network.
        let either = |row: u16| if host_network { row } else { row & !1 };
        let rows: Vec<u16> = (0..rows).filter(|row| either(*row) == *row).collect();
        let row = self.class(Field::KubeletRow, &rows, either)?;
        self.before.env.kubelet.row = u8::try_from(row).unwrap_or(0);
        self.before.env.kubelet.gate = self.flag(Field::Gate)?;
        Ok(())
    }

    pub(super) fn features(&mut self, host_network: bool) -> Result<(), Stop> {
        const ALL: [HandlerFeatures; 5] = [
            HandlerFeatures::NotSet,
            HandlerFeatures::EmptyList,
            HandlerFeatures::NotListed,
            HandlerFeatures::WithoutUserns,
            HandlerFeatures::WithUserns,
        ];
        let features = ALL[self.pick(Field::Features, ALL.len())?];
        let host_network_userns = host_network && self.flag(Field::HostNetworkFeature)?;
        // `NotSet` is what no status reads as.
        self.before.env.kubelet.status = (features != HandlerFeatures::NotSet).then_some(CriStatus {
            handlers: [features; MAX_HANDLERS],
            host_network_userns,
        });
        Ok(())
    }

    /// A reply: what the kubelet does with it, or any client.
    fn draw_reply(&mut self) -> Result<(), Stop> {
        self.light = true;
        let call = self.reply(true)?;
        self.world.client = self.client()?;
        if self.world.client == Client::Any {
            return Ok(());
        }
        self.phase()?;
        let syncing = matches!(self.before.pod.phase, Phase::Syncing { .. });
        let success = self.flag(Field::Success)?;
        match (call, success) {
            _ if !syncing => return Ok(()),
            (Call::RunPodSandbox, false) | (Call::CreateContainer(_), true) => return Ok(()),
            (Call::RunPodSandbox, true) => self.kubelet(false)?,
            _ => {}
        }
        self.progress(0)?;
        self.progress(1)?;
        self.restart_policy()?;
        if call == Call::RunPodSandbox {
            return Ok(());
        }
        let next = self.pick(Field::SyncNext, 3)?;
        let failed = self.flag(Field::SyncFailed)?;
        let never = self.world.pod_specs[0].restart_policy == RestartPolicy::Never;
        let to_start = self.before.pod.containers[next.min(2)..].iter().any(|record| {
            record.is_none_or(|record| match record.state {
                ContainerState::Created => true,
                ContainerState::Running { .. } => false,
                ContainerState::Exited => !never,
            })
        });
        // Only a container that is to be started makes the kubelet decide on user namespaces.
        let sandbox_userns = if to_start {
            self.kubelet(false)?;
            self.userns(Field::SyncUserns)?
        } else {
            Userns::Nil
        };
        self.before.pod.phase = Phase::Syncing {
            sandbox_userns,
            next: u8::try_from(next).unwrap_or(0),
            failed,
        };
        Ok(())
    }

    pub(super) fn client(&mut self) -> Result<Client, Stop> {
        // Without pods in user namespaces, the client is a kubelet.
        let clients = if self.cases.assumes(Assumption::NoPodUserns) {
            1
        } else {
            2
        };
        Ok([Client::Kubelet, Client::Any][self.pick(Field::Client, clients)?])
    }

    fn draw_sync_pod(&mut self) -> Result<(), Stop> {
        self.light = true;
        self.maybe_record()?;
        self.progress(0)?;
        self.progress(1)?;
        self.restart_policy()?;
        self.network()?;
        self.kubelet(true)
    }

    /// The kubelet's status is written; no clause reads it.
    pub(super) fn draw_status(&mut self) -> Result<(), Stop> {
        const ALL: [Introspected; 5] = [
            Introspected::NotConfigured,
            Introspected::Without(Introspect::NoList),
            Introspected::Without(Introspect::ListOnly),
            Introspected::Features { userns: false },
            Introspected::Features { userns: true },
        ];
        let introspected = ALL[self.pick(Field::Introspected, ALL.len())?];
        self.before.env.containerd.introspected[0] = introspected;
        self.features(true)
    }

    /// containerd starts with the configuration of `slot`. The environment and each pod are looked at by
    /// themselves: the pod's half reads whether containerd came up.
    fn draw_restart(&mut self, slot: u8) -> Result<(), Stop> {
        let form = if slot == NEXT {
            let form = FORMS[self.pick(Field::NextForm, FORMS.len())?];
            self.setting_mut(NEXT).form = form;
            form
        } else {
            self.current_form()?
        };
        let refused = self.flag(Field::Refused)?;
        self.setting_mut(slot).refused = refused;
        let starts = form.configured && !refused;
        let environment = self.pick(Field::Half, 2)? == 0;
        let panics = self.cases.containerd.row.introspection_nil_options == IntrospectionNilOptions::Panics;
        if starts && (environment || panics) {
            let handler = self.pick(Field::CurrentHandler, self.cases.handlers.len())?;
            self.setting_mut(slot).handler = handler;
        }
        if !environment {
            return self.interrupted();
        }
        if starts {
            let (binary, field) = if form.path {
                (BY_PATH, Field::ShimByPath)
            } else {
                (BY_TYPE, Field::ShimByType)
            };
            let shim = self.pick(field, self.cases.shims.len())?;
            self.set_on_disk(binary, u16::try_from(shim).unwrap_or(0));
            self.oci_runtime()?;
        }
        Ok(())
    }

    fn draw_kubelet_restart(&mut self, upgrade: bool) -> Result<(), Stop> {
        if self.pick(Field::Half, 2)? == 0 {
            // An upgrade has a release to go to; from which one does not matter.
            let row = self.pick(Field::KubeletRow, self.cases.kubelets.len() - usize::from(upgrade))?;
            self.before.env.kubelet.row = u8::try_from(row).unwrap_or(0);
            self.before.env.kubelet.gate = self.flag(Field::Gate)?;
            return Ok(());
        }
        self.phase()?;
        self.interrupted()
    }

    /// The shim on disk is replaced while a message is on its way to it.
    fn draw_shim_upgrade(&mut self) -> Result<u8, Stop> {
        self.current_form()?;
        self.record()?;
        let kind = match self.among(Field::Message, &[START, INFO])? {
            START => TaskMessage::ShimStart,
            _ => TaskMessage::Info,
        };
        self.task_message(kind)?;
        let (binary, _) = self.binary();
        let candidates = self.reachable(RECORDED);
        let next = u8::try_from(self.among(Field::NextShim, candidates)?).unwrap_or(0);
        self.set_upgrade(binary, next, next);
        Ok(binary)
    }

    /// The shim that is on disk, and the one that replaces it.
    pub(super) fn set_upgrade(&mut self, binary: u8, shim: u8, next: u8) {
        self.before.env.on_disk[usize::from(binary)] = shim;
        let rows = &mut self.world.binaries[usize::from(binary)].rows;
        // Where both are one, the first place of the two is found.
        *rows = vec![shim, next];
    }

    /// A pod that is interrupted in whatever it does.
    fn interrupted(&mut self) -> Result<(), Stop> {
        self.light = true;
        let message = self.pick(Field::Message, MESSAGES)?;
        self.message(message, false)
    }

    /// A message in flight, by its kind, and the records that it needs. `fully`: with every field of it.
    pub(super) fn message(&mut self, kind: usize, fully: bool) -> Result<(), Stop> {
        let task = match kind {
            4 => Some(TaskMessage::LoadShimInfo),
            5 => Some(TaskMessage::ShimStart),
            6 => Some(TaskMessage::Info),
            7 => Some(TaskMessage::Create),
            _ => None,
        };
        match (kind, task) {
            (_, Some(task)) => {
                self.record()?;
                self.task_message(task)?;
            }
            (1, _) => {
                self.maybe_record()?;
                let userns = if fully {
                    self.userns(Field::RequestUserns)?
                } else {
                    Userns::Nil
                };
                self.before.pod.in_flight = Some(InFlight::RunPodSandbox { userns });
            }
            (2, _) if fully => {
                self.maybe_record()?;
                self.create_container()?;
            }
            (2 | 3, _) => {
                self.maybe_record()?;
                let container = self.container()?;
                if kind == 2 {
                    self.progress(container)?;
                } else {
                    self.recorded_container(container)?;
                }
                self.before.pod.in_flight = Some(if kind == 2 {
                    InFlight::CreateContainer {
                        container,
                        sandbox_userns: Userns::Nil,
                        container_userns: Userns::Nil,
                        idmapped_mounts: false,
                    }
                } else {
                    InFlight::StartContainer { container }
                });
            }
            (8, _) => self.create_sandbox()?,
            (9, _) => {
                self.record()?;
                self.shim_reply()?;
            }
            (10, _) => {
                self.maybe_record()?;
                self.reply(false)?;
            }
            _ => self.maybe_record()?,
        }
        if self.before.pod.sandbox.is_some() {
            self.sandboxer()?;
            self.endpoint()?;
            self.serving_class()?;
        }
        Ok(())
    }
}

/// No sandbox, or one in some state.
pub(super) const SANDBOX: [Option<SandboxState>; 4] = [
    Some(SandboxState::Ready),
    None,
    Some(SandboxState::Creating),
    Some(SandboxState::NotReady),
];
const READY: usize = 0;
