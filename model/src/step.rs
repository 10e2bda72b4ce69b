//! One step of one pod.
//!
//! A step reads and writes the environment and at most one pod. Everything that follows from that (symmetry
//! over pods, induction over their number, packed states) rests on the signature of [`step`] and of
//! [`crate::fault::step_environment`], whose effect on each pod reads the new environment and that pod only.

use crate::catalog::provenance::Row as _;
use crate::catalog::{
    ContainerdField, ContainerdRow, KubeletField, OciRuntimeField, OciRuntimeRow, ShimField, ShimRow,
};
use crate::domain::{Domain, Value};
use crate::environment::Environment;
use crate::finite::{DecisionTable, Finite};
use crate::guards::{Guard, OptionsState};
use crate::log::{Decided, Fact, Log};
use crate::pod::{InFlight, Pod};
use crate::refusal::Refusal;
use crate::type_url::TypeUrl;
use crate::userns::Userns;
use crate::world::{Client, Containerd, HandlerConfig, Kubelet, PodSpec, World};

/// What a pod can do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PodAction<D: Domain> {
    /// The kubelet's worker syncs the pod (`SyncPod`).
    SyncPod,
    /// The back-off of the pod has passed.
    BackOffElapsed,
    /// The message in flight is handled by the one it goes to.
    Deliver,
    /// A client calls `RunPodSandbox`.
    CallRunPodSandbox(Userns<D::Mapping>),
    /// A client calls `CreateContainer`.
    CallCreateContainer {
        /// Which container.
        container: u8,
        /// Of the sandbox configuration in the request.
        sandbox_userns: Userns<D::Mapping>,
        /// Of the container configuration.
        container_userns: Userns<D::Mapping>,
    },
    /// A client calls `StartContainer`.
    CallStartContainer(u8),
    /// The kubelet frees what a terminated pod had (`SyncTerminatedPod`).
    SyncTerminatedPod,
    /// A pod of the same name is created again.
    CreateAgain,
    /// Fault: the client's deadline passes.
    RpcTimeout,
    /// Fault: a container's process ends.
    ContainerExit(u8),
    /// Fault: the process that serves the sandbox ends.
    ShimCrash,
    /// Fault: the pod is deleted.
    DeletePod,
}

/// What one step works on. The functions that model a Go function are methods of it, a file each.
pub(crate) struct Step<'a, D: Domain, L: Log> {
    pub world: &'a World<D>,
    pub env: &'a mut Environment<D>,
    pub pod: &'a mut Pod<D>,
    pub log: &'a mut L,
}

/// Takes a step of one pod. The action must be one that [`crate::enabled_pod`] gives for this state.
///
/// # Errors
/// The refusal that the step gave. The state is moved all the same: to where the refusal leaves it.
pub fn step<D: Domain, L: Log>(
    world: &World<D>,
    env: &mut Environment<D>,
    pod: &mut Pod<D>,
    action: PodAction<D>,
    log: &mut L,
) -> Result<(), Refusal> {
    let mut step = Step { world, env, pod, log };
    match action {
        PodAction::SyncPod => step.sync_pod(),
        PodAction::BackOffElapsed => {
            step.back_off_elapsed();
            Ok(())
        }
        PodAction::Deliver => step.deliver(),
        PodAction::CallRunPodSandbox(userns) => {
            step.pod.in_flight = Some(InFlight::RunPodSandbox { userns });
            Ok(())
        }
        PodAction::CallCreateContainer {
            container,
            sandbox_userns,
            container_userns,
        } => {
            step.pod.in_flight = Some(InFlight::CreateContainer {
                container,
                sandbox_userns,
                container_userns,
                idmapped_mounts: false,
            });
            Ok(())
        }
        PodAction::CallStartContainer(container) => {
            step.pod.in_flight = Some(InFlight::StartContainer { container });
            Ok(())
        }
        PodAction::SyncTerminatedPod => {
            step.sync_terminated_pod();
            Ok(())
        }
        PodAction::CreateAgain => {
            *step.pod = Pod::new(step.pod.spec);
            Ok(())
        }
        PodAction::RpcTimeout => {
            step.rpc_timeout();
            Ok(())
        }
        PodAction::ContainerExit(container) => {
            step.container_exit(container);
            Ok(())
        }
        PodAction::ShimCrash => {
            step.shim_crash();
            Ok(())
        }
        PodAction::DeletePod => {
            step.delete_pod();
            Ok(())
        }
    }
}

impl<'a, D: Domain, L: Log> Step<'a, D, L> {
    /// The message in flight is handled by the one it goes to: CRI plugin, shim binary, shim or client.
    fn deliver(&mut self) -> Result<(), Refusal> {
        let Some(message) = self.pod.in_flight.take() else {
            return Ok(());
        };
        match message {
            InFlight::RunPodSandbox { userns } => self.handle_run_pod_sandbox(userns),
            InFlight::CreateContainer {
                container,
                sandbox_userns,
                container_userns,
                idmapped_mounts,
            } => self.handle_create_container(container, sandbox_userns, container_userns, idmapped_mounts),
            InFlight::StartContainer { container } => self.handle_start_container(container),
            InFlight::LoadShimInfo { target, task_options } => {
                self.handle_load_shim_info(target, task_options);
                Ok(())
            }
            InFlight::ShimStart {
                target,
                options,
                task_options,
            } => self.handle_shim_start(target, options.as_ref(), task_options),
            InFlight::Info {
                target,
                server,
                options,
                task_options,
            } => self.handle_info(target, server, options.as_ref(), task_options.as_ref()),
            InFlight::Create {
                target,
                server,
                options,
            } => self.handle_create(target, server, options.as_ref()),
            InFlight::CreateSandbox => self.handle_create_sandbox(),
            InFlight::ShimReply { target, result } => self.handle_shim_reply(target, result),
            InFlight::Reply { call, result } => match self.world.client {
                Client::Kubelet => self.handle_reply(call, result),
                Client::Any => Ok(()),
            },
        }
    }

    /// The containerd release that runs.
    pub fn containerd(&self) -> &'a Containerd {
        &self.world.containerd[usize::from(self.env.containerd.row)]
    }

    /// The kubelet that runs.
    pub fn kubelet(&self) -> &'a Kubelet {
        &self.world.kubelets[usize::from(self.env.kubelet.row)]
    }

    /// What the pod asks for.
    pub fn spec(&self) -> &'a PodSpec {
        self.world.pod_spec(self.pod.spec)
    }

    /// What the configuration that is loaded now has for the pod's handler.
    pub fn current_handler_config(&self) -> Option<&HandlerConfig<D>> {
        self.pod.current_handler_config(self.world, self.env)
    }

    /// What the configuration had for the pod's handler at `RunPodSandbox`.
    pub fn recorded_handler_config(&self) -> Option<&HandlerConfig<D>> {
        self.pod.recorded_handler_config(self.world)
    }

    /// Says that the step rests on a behaviour of the containerd row.
    pub fn on_containerd(&mut self, field: ContainerdField) {
        self.log
            .rests_on(Fact::Containerd(self.env.containerd.row, field));
    }

    /// Says that the step rests on a behaviour of the kubelet row.
    pub fn on_kubelet(&mut self, field: KubeletField) {
        self.log.rests_on(Fact::Kubelet(self.env.kubelet.row, field));
    }

    /// A shim's row, with the behaviour that the step rests on.
    pub fn shim_row(&mut self, shim: u8, field: ShimField) -> &ShimRow {
        self.log.rests_on(Fact::Shim(shim, field));
        self.world.shim(shim)
    }

    /// An OCI runtime's row, with the behaviour that the step rests on.
    pub fn oci_row(&mut self, oci_runtime: u8, field: OciRuntimeField) -> Option<&OciRuntimeRow> {
        self.log.rests_on(Fact::OciRuntime(oci_runtime, field));
        self.world.oci_runtimes[usize::from(oci_runtime)].row.as_ref()
    }

    /// Asks a guard of containerd, by the table that a field of its row names, and says what it decided.
    pub fn containerd_decides<I: Finite, O: Finite + std::fmt::Display>(
        &mut self,
        field: ContainerdField,
        guard: Guard,
        table: &DecisionTable<I, O>,
        input: I,
        inputs: impl FnOnce() -> String,
        function: &'static str,
    ) -> O {
        self.on_containerd(field);
        self.log.asked(guard, self.env.containerd.row, input.index());
        let decision = table.decide(input);
        let row = &self.containerd().row;
        let table = || {
            let name = table.name();
            format!("{}: {field} = {name}, {}", row.id, row.known(field.as_str()))
        };
        self.decided(guard, decision, inputs, table, || source_in(row, function));
        decision
    }

    /// The runtime of the sandbox record, by its name.
    pub fn runtime_name(&self) -> &'a str {
        self.pod
            .recorded_handler_config(self.world)
            .map_or("?", |config| config.runtime_type_name.as_str())
    }

    /// Says what a guard decided.
    pub fn decided<O: Finite + std::fmt::Display>(
        &mut self,
        guard: Guard,
        decision: O,
        inputs: impl FnOnce() -> String,
        table: impl FnOnce() -> String,
        source: impl FnOnce() -> String,
    ) {
        self.log.guard(guard, decision.index(), || Decided {
            guard,
            inputs: inputs(),
            decision: decision.to_string(),
            table: table(),
            source: source(),
        });
    }
}

/// Where a function stands, as the sources of the row have it: the same file at the row's own tag. Without one,
/// the file that the step was modelled on.
pub(crate) fn source_in(row: &ContainerdRow, function: &str) -> String {
    let (path, _) = function.split_once('@').unwrap_or((function, ""));
    let file = |path: &str| path.rsplit('/').next().map(str::to_owned);
    let known = row.sources.iter().find(|source| {
        source
            .split_once('@')
            .is_some_and(|(own, _)| file(own) == file(path))
    });
    known.cloned().unwrap_or_else(|| format!("modelled on {path}"))
}

/// Options as a reader wants to see them: their type, and whether they have a value.
#[derive(Clone, Copy)]
pub(crate) struct Seen(Option<(TypeUrl, Value)>);

impl std::fmt::Display for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.0 {
            None => f.write_str("absent"),
            Some((url, Value::Set)) => url.fmt(f),
            Some((url, Value::Empty)) => write!(f, "{url} with an empty value"),
            Some((url, Value::Nil)) => write!(f, "{url} without value"),
        }
    }
}

/// Options as a reader wants to see them.
pub(crate) fn seen<D: Domain>(options: Option<&D::Any>) -> Seen {
    Seen(options.map(|any| (D::type_url(any), D::value(any))))
}

/// The state of options, as guards see it.
pub(crate) fn state_of<D: Domain>(options: Option<&D::Any>) -> OptionsState {
    OptionsState::of(options.map(|any| (D::type_url(any), D::value(any))))
}
