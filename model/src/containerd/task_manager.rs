//! `TaskManager.Create`, core/runtime/v2/task_manager.go@v2.0.1: shim information, shim, features, Create.

use crate::catalog::ContainerdField;
use crate::domain::Domain;
use crate::guards::{Guard, Invocation, Mounts, OptionsSource, RuntimeType};
use crate::log::Log;
use crate::pod::{Call, Container, ContainerState, InFlight, SandboxState, Server, Target};
use crate::refusal::Refusal;
use crate::step::{Step, seen, state_of};
use crate::world::Sandboxer;

impl<D: Domain, L: Log> Step<'_, D, L> {
    /// Up to the first message. `loadShimInfo` (2.2.0 and later) passes over the names that it knows.
    pub(super) fn task_manager_create(&mut self, target: Target, task_options: Option<D::Any>) {
        self.on_containerd(ContainerdField::LoadShimInfo);
        let known = matches!(
            self.task_runtime_name(),
            RuntimeType::RuncV2 | RuntimeType::RunhcsV1
        );
        if self.containerd().row.load_shim_info && !known {
            self.pod.in_flight = Some(InFlight::LoadShimInfo { target, task_options });
        } else {
            self.shim_manager_start(target, task_options);
        }
    }

    /// How the runtime is called in the request: a path from `runtime_path` hides its type.
    fn task_runtime_name(&self) -> RuntimeType {
        let by_path = self
            .current_handler_config()
            .is_some_and(|config| config.path_binary.is_some());
        if by_path {
            RuntimeType::Other
        } else {
            self.recorded_runtime_type()
        }
    }

    /// A failure of `-info` without options is only logged, so the answer does not matter.
    pub(crate) fn handle_load_shim_info(&mut self, target: Target, task_options: Option<D::Any>) {
        self.shim_manager_start(target, task_options);
    }

    /// `ShimManager.Start`, core/runtime/v2/shim_manager.go@v2.0.6, runtime/v2/manager.go@v1.7.34: executes
    /// `start`, or connects to the sandbox's shim.
    fn shim_manager_start(&mut self, target: Target, task_options: Option<D::Any>) {
        let execute = match target {
            Target::Sandbox => Invocation::Execute,
            Target::Container(_) => self.invocation_for_container(),
        };
        match execute {
            Invocation::Execute => {
                let options = self.options_on_the_way(task_options.as_ref());
                self.pod.in_flight = Some(InFlight::ShimStart {
                    target,
                    options,
                    task_options,
                });
            }
            Invocation::Connect => self.validate_runtime_features(target, Server::Sandbox, task_options),
        }
    }

    fn invocation_for_container(&mut self) -> Invocation {
        let Some((in_store, below_3)) = self.pod.invocation_asks(self.world) else {
            return Invocation::Execute;
        };
        let table = &self.containerd().guards.start;
        self.containerd_decides(
            ContainerdField::StartForAppContainers,
            Guard::ShimManagerStart,
            table,
            (in_store, below_3),
            || {
                let known = if in_store {
                    "in the sandbox store"
                } else {
                    "not in the sandbox store"
                };
                format!("sandbox {known}, task API {}", if below_3 { "2" } else { "3" })
            },
            "core/runtime/v2/shim_manager.go@v2.0.6",
        )
    }

    /// Task options or runtime options, never both: the exclusive rule of `start`, `-info` and Create.
    pub(super) fn options_on_the_way(&mut self, task_options: Option<&D::Any>) -> Option<D::Any> {
        let task = state_of::<D>(task_options);
        let (shown_task, shown) = (seen::<D>(task_options), seen::<D>(self.recorded_options()));
        let table = &self.containerd().guards.options_fallback;
        let source = self.containerd_decides(
            ContainerdField::OptionsFallback,
            Guard::OptionsFallback,
            table,
            task,
            || format!("task options {shown_task}; runtime options {shown}"),
            "core/runtime/v2/shim.go@v2.0.0",
        );
        match source {
            OptionsSource::Task => task_options.cloned(),
            OptionsSource::Runtime => self.recorded_options().cloned(),
            OptionsSource::Nothing => None,
        }
    }

    /// `validateRuntimeFeatures` (2.0.0-rc.2 and later): asks `-info` only if a mount is id-mapped.
    pub(super) fn validate_runtime_features(
        &mut self,
        target: Target,
        server: Server,
        task_options: Option<D::Any>,
    ) {
        let idmapped = match target {
            // No mount of the sandbox is id-mapped (podsandbox/sandbox_run_linux.go@v2.0.1).
            Target::Sandbox => false,
            Target::Container(container) => {
                matches!(
                    self.pod.containers[usize::from(container)],
                    Some(Container {
                        mounts: Mounts::OwnIdmapped | Mounts::Idmapped,
                        ..
                    })
                )
            }
        };
        if !idmapped {
            return self.create_task(target, server, task_options.as_ref());
        }
        let task = state_of::<D>(task_options.as_ref());
        let runtime = state_of::<D>(self.recorded_options());
        let (shown_task, shown) = (
            seen::<D>(task_options.as_ref()),
            seen::<D>(self.recorded_options()),
        );
        self.on_containerd(ContainerdField::InfoOptions);
        let Some(table) = &self.containerd().guards.info_options else {
            return self.create_task(target, server, task_options.as_ref());
        };
        let source = self.containerd_decides(
            ContainerdField::InfoOptions,
            Guard::ValidateRuntimeFeatures,
            table,
            (task, runtime),
            || format!("a mount is id-mapped; task options {shown_task}; runtime options {shown}"),
            "core/runtime/v2/task_manager.go@v2.0.1",
        );
        let options = match source {
            OptionsSource::Task => task_options.clone(),
            OptionsSource::Runtime => self.recorded_options().cloned(),
            OptionsSource::Nothing => None,
        };
        self.pod.in_flight = Some(InFlight::Info {
            target,
            server,
            options,
            task_options,
        });
    }

    /// `shimTask.Create`, core/runtime/v2/shim.go@v2.0.1: nothing checks that the options suit the runtime.
    pub(super) fn create_task(&mut self, target: Target, server: Server, task_options: Option<&D::Any>) {
        let options = self.options_on_the_way(task_options).map(D::through_ttrpc);
        self.pod.in_flight = Some(InFlight::Create {
            target,
            server,
            options,
        });
    }

    /// The shim started, or gave the address of the one that serves the pod.
    pub(super) fn shim_started(&mut self, target: Target, server: Server, task_options: Option<D::Any>) {
        let by_shim = self
            .recorded_handler_config()
            .is_some_and(|config| config.sandboxer == Sandboxer::Shim);
        if target == Target::Sandbox && by_shim {
            self.pod.in_flight = Some(InFlight::CreateSandbox);
        } else {
            self.validate_runtime_features(target, server, task_options);
        }
    }

    /// The call failed after the request had reached the task manager.
    pub(super) fn fail_task(&mut self, target: Target, refusal: Refusal) {
        match target {
            Target::Sandbox => self.fail_run_pod_sandbox(refusal),
            Target::Container(container) => self.fail_start_container(container, refusal),
        }
    }

    /// The reply of Create, or of the sandbox API, on its way through task manager, client and CRI plugin.
    pub(crate) fn handle_shim_reply(
        &mut self,
        target: Target,
        result: Result<(), Refusal>,
    ) -> Result<(), Refusal> {
        if let Err(refusal) = result {
            self.fail_task(target, refusal);
            return Err(refusal);
        }
        let call = match target {
            Target::Sandbox => {
                if let Some(sandbox) = &mut self.pod.sandbox {
                    sandbox.state = SandboxState::Ready;
                }
                Call::RunPodSandbox
            }
            Target::Container(container) => {
                debug_assert!(matches!(
                    self.pod.containers[usize::from(container)],
                    Some(Container {
                        state: ContainerState::Running { .. },
                        ..
                    })
                ));
                Call::StartContainer(container)
            }
        };
        self.pod.in_flight = Some(InFlight::Reply { call, result: Ok(()) });
        Ok(())
    }
}
