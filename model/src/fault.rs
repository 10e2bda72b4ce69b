//! What happens to the node as a whole, and faults. Faults are budgeted.
//!
//! An action of the environment is carried out on the environment once, and then on each pod by itself: that
//! part reads the new environment and the one pod, so that the signature of a step still holds.

use crate::catalog::{KubeletField, TaskApiEndpoint};
use crate::containerd::start_containerd;
use crate::domain::Domain;
use crate::environment::Environment;
use crate::guards::Invocation;
use crate::kubelet::update_runtime_up;
use crate::log::{Fact, Log};
use crate::pod::{Call, ContainerState, InFlight, LeftBehind, Phase, Pod, SandboxState, Target};
use crate::refusal::Refusal;
use crate::step::Step;
use crate::world::{MAX_CONTAINERS, Sandboxer, World};

/// What the node as a whole can do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EnvironmentAction {
    /// The kubelet asks CRI Status (every 5 s).
    UpdateRuntimeUp,
    /// Fault: containerd restarts.
    ContainerdRestart,
    /// Fault: containerd is upgraded to the next release.
    ContainerdUpgrade,
    /// Fault: the operator changes the configuration and restarts containerd.
    ConfigChange,
    /// Fault: the kubelet restarts.
    KubeletRestart,
    /// Fault: the kubelet restarts with its gate flipped.
    GateFlip,
    /// Fault: the kubelet is upgraded to the next release.
    KubeletUpgrade,
    /// Fault: a shim binary is replaced by the next of its releases.
    ShimUpgrade(u8),
}

/// Carries out the environment's part of an action.
pub fn step_environment<D: Domain, L: Log>(
    world: &World<D>,
    env: &mut Environment<D>,
    action: EnvironmentAction,
    log: &mut L,
) {
    match action {
        EnvironmentAction::UpdateRuntimeUp => update_runtime_up(world, env),
        EnvironmentAction::ContainerdRestart => {
            env.faults.containerd_restart -= 1;
            start_containerd(world, env, log);
        }
        EnvironmentAction::ContainerdUpgrade => {
            env.faults.containerd_upgrade -= 1;
            env.containerd.row += 1;
            ship_shims(world, env);
            start_containerd(world, env, log);
        }
        EnvironmentAction::ConfigChange => {
            env.faults.config_change -= 1;
            env.containerd.configuration += 1;
            start_containerd(world, env, log);
        }
        EnvironmentAction::KubeletRestart => {
            env.faults.kubelet_restart -= 1;
            env.kubelet.status = None;
        }
        EnvironmentAction::GateFlip => {
            env.faults.gate_flip -= 1;
            env.kubelet.gate = !env.kubelet.gate;
            env.kubelet.status = None;
        }
        EnvironmentAction::KubeletUpgrade => {
            env.faults.kubelet_upgrade -= 1;
            env.kubelet.row += 1;
            log.rests_on(Fact::Kubelet(env.kubelet.row, KubeletField::GateDefault));
            env.kubelet.gate = world.kubelets[usize::from(env.kubelet.row)].gate;
            env.kubelet.status = None;
        }
        EnvironmentAction::ShimUpgrade(binary) => {
            env.faults.shim_upgrade -= 1;
            let rows = &world.binaries[usize::from(binary)].rows;
            let on_disk = &mut env.on_disk[usize::from(binary)];
            if let Some(next) = next_row(rows, *on_disk) {
                *on_disk = next;
            }
        }
    }
    if is_fault(action) {
        env.faults.total -= 1;
    }
}

/// The row after the one on disk.
pub(crate) fn next_row(rows: &[u8], on_disk: u8) -> Option<u8> {
    let position = rows.iter().position(|row| *row == on_disk)?;
    rows.get(position + 1).copied()
}

/// A release brings its own runc shim.
fn ship_shims<D: Domain>(world: &World<D>, env: &mut Environment<D>) {
    for (binary, on_disk) in world.binaries.iter().zip(&mut env.on_disk) {
        if let Some(shipped) = &binary.shipped {
            *on_disk = shipped[usize::from(env.containerd.row)];
        }
    }
}

/// Whether the action takes from the budget.
pub fn is_fault(action: EnvironmentAction) -> bool {
    action != EnvironmentAction::UpdateRuntimeUp
}

/// Carries out what an action of the environment does to one pod.
pub fn step_pod_after_environment<D: Domain>(
    world: &World<D>,
    env: &Environment<D>,
    pod: &mut Pod<D>,
    action: EnvironmentAction,
) {
    match action {
        EnvironmentAction::UpdateRuntimeUp | EnvironmentAction::ShimUpgrade(_) => {}
        EnvironmentAction::ContainerdRestart
        | EnvironmentAction::ContainerdUpgrade
        | EnvironmentAction::ConfigChange => {
            containerd_restarted(world, env, pod);
        }
        EnvironmentAction::KubeletRestart
        | EnvironmentAction::GateFlip
        | EnvironmentAction::KubeletUpgrade => {
            kubelet_restarted(world, env, pod);
        }
    }
}

/// In-flight calls fail, stores survive. The endpoint of a sandbox is asked anew from its shim
/// (internal/cri/server/restart.go@v2.0.1, `SandboxStatus` in plugins/sandbox/controller.go@v2.0.1).
fn containerd_restarted<D: Domain>(world: &World<D>, env: &Environment<D>, pod: &mut Pod<D>) {
    if let Some(call) = pod.call() {
        abandon(world, env, pod, Abandoned::Crash);
        pod.in_flight = Some(InFlight::Reply {
            call,
            result: Err(Refusal::Unavailable),
        });
    }
    for record in pod.containers.iter_mut().flatten() {
        record.left_behind = match record.left_behind {
            // The list is rebuilt from bundles, and theirs is deleted (core/runtime/v2/shim_load.go@v2.0.6).
            LeftBehind::Nothing | LeftBehind::Entry => LeftBehind::Nothing,
            LeftBehind::EntryAndProcess | LeftBehind::Process => LeftBehind::Process,
        };
    }
    if env.containerd.up.is_err() {
        return;
    }
    let passes_on = world.containerd[usize::from(env.containerd.row)]
        .row
        .task_api_endpoint
        != TaskApiEndpoint::Absent;
    let by_shim = pod
        .recorded_handler_config(world)
        .is_some_and(|config| config.sandboxer != Sandboxer::PodSandbox);
    if let Some(sandbox) = &mut pod.sandbox {
        sandbox.endpoint = passes_on && by_shim && sandbox.shim.is_some();
    }
}

/// The kubelet forgets what it had in memory; its calls are cancelled.
fn kubelet_restarted<D: Domain>(world: &World<D>, env: &Environment<D>, pod: &mut Pod<D>) {
    if pod.call().is_some() {
        abandon(world, env, pod, Abandoned::Cancelled);
        pod.in_flight = None;
    }
    if matches!(pod.phase, Phase::Syncing { .. } | Phase::Waiting | Phase::Settled) {
        pod.phase = Phase::Pending;
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Abandoned {
    /// containerd ended: nothing more is written.
    Crash,
    /// The context of the call ended: deferred functions run.
    Cancelled,
}

/// What a call leaves behind that does not go on. A reply in flight leaves what was carried out.
fn abandon<D: Domain>(world: &World<D>, env: &Environment<D>, pod: &mut Pod<D>, how: Abandoned) {
    let Some(message) = &pod.in_flight else { return };
    // A context that ends fails the validation. After a crash the reload finds the bundle, and ends a shim
    // without a task (core/runtime/v2/shim_load.go@v2.0.6).
    let left_behind = match (message, how) {
        (InFlight::Info { server, .. }, Abandoned::Cancelled) => {
            pod.left_by_failed_validation(world, env, *server)
        }
        _ => LeftBehind::Nothing,
    };
    let started = match message {
        // The handler of a request that is still on its way has done nothing.
        InFlight::Reply { .. } | InFlight::CreateContainer { .. } | InFlight::StartContainer { .. } => return,
        InFlight::RunPodSandbox { .. } | InFlight::CreateSandbox => Target::Sandbox,
        InFlight::LoadShimInfo { target, .. }
        | InFlight::ShimStart { target, .. }
        | InFlight::Info { target, .. }
        | InFlight::Create { target, .. }
        | InFlight::ShimReply { target, .. } => *target,
    };
    match started {
        Target::Sandbox => pod.sandbox = None,
        Target::Container(container) => {
            if let Some(record) = &mut pod.containers[usize::from(container)] {
                record.state = match how {
                    Abandoned::Crash => ContainerState::Created,
                    Abandoned::Cancelled => ContainerState::Exited,
                };
                record.left_behind = left_behind;
            }
        }
    }
}

impl<D: Domain> Pod<D> {
    /// The call of the CRI that the message in flight belongs to.
    pub fn call(&self) -> Option<Call> {
        let of = |target: &Target| match target {
            Target::Sandbox => Call::RunPodSandbox,
            Target::Container(container) => Call::StartContainer(*container),
        };
        Some(match self.in_flight.as_ref()? {
            InFlight::RunPodSandbox { .. } | InFlight::CreateSandbox => Call::RunPodSandbox,
            InFlight::CreateContainer { container, .. } => Call::CreateContainer(*container),
            InFlight::StartContainer { container } => Call::StartContainer(*container),
            InFlight::LoadShimInfo { target, .. }
            | InFlight::ShimStart { target, .. }
            | InFlight::Info { target, .. }
            | InFlight::Create { target, .. }
            | InFlight::ShimReply { target, .. } => of(target),
            InFlight::Reply { call, .. } => *call,
        })
    }
}

impl<D: Domain, L: Log> Step<'_, D, L> {
    /// The client's deadline passes. A call whose reply was on its way has been carried out.
    pub(crate) fn rpc_timeout(&mut self) {
        self.env.faults.rpc_timeout -= 1;
        self.env.faults.total -= 1;
        if let Some(call) = self.pod.call() {
            abandon(self.world, self.env, self.pod, Abandoned::Cancelled);
            self.pod.in_flight = Some(InFlight::Reply {
                call,
                result: Err(Refusal::DeadlineExceeded),
            });
        }
    }

    /// A container's process ends, and the kubelet hears of it.
    pub(crate) fn container_exit(&mut self, container: u8) {
        self.env.faults.container_exit -= 1;
        self.env.faults.total -= 1;
        if let Some(record) = &mut self.pod.containers[usize::from(container)] {
            record.state = ContainerState::Exited;
        }
        self.wake();
    }

    /// The process that serves the sandbox ends, and everything in it.
    pub(crate) fn shim_crash(&mut self) {
        self.env.faults.shim_crash -= 1;
        self.env.faults.total -= 1;
        let to_shim = matches!(
            self.pod.in_flight,
            Some(InFlight::Create { .. } | InFlight::CreateSandbox | InFlight::ShimReply { .. })
        );
        if let Some(call) = self.pod.call().filter(|_| to_shim) {
            abandon(self.world, self.env, self.pod, Abandoned::Cancelled);
            self.pod.in_flight = Some(InFlight::Reply {
                call,
                result: Err(Refusal::ShimGone),
            });
        }
        let executed = self.pod.invocation(self.world, self.env) == Invocation::Execute;
        if let Some(sandbox) = &mut self.pod.sandbox {
            sandbox.shim = None;
            sandbox.endpoint = false;
            sandbox.state = SandboxState::NotReady;
        }
        for record in self.pod.containers.iter_mut().flatten() {
            // `startShim` hears of the end of the connection and removes the entry; a shim that is only connected
            // to has no such callback.
            if executed && record.left_behind == LeftBehind::Entry {
                record.left_behind = LeftBehind::Nothing;
            }
        }
        for record in self.pod.containers.iter_mut().flatten() {
            if matches!(record.state, ContainerState::Running { .. }) {
                record.state = ContainerState::Exited;
            }
        }
        self.wake();
    }

    /// The pod is deleted: its containers and its sandbox are stopped and removed.
    pub(crate) fn delete_pod(&mut self) {
        self.env.faults.pod_delete -= 1;
        self.env.faults.total -= 1;
        self.pod.sandbox = None;
        self.pod.containers = [None; MAX_CONTAINERS];
        self.pod.phase = Phase::Terminated;
    }

    /// An event of the runtime makes the kubelet sync the pod.
    fn wake(&mut self) {
        if self.pod.phase == Phase::Settled {
            self.pod.phase = Phase::Pending;
        }
    }
}
