//! `RunPodSandbox`: internal/cri/server/sandbox_run.go@v2.0.1, podsandbox/sandbox_run.go and
//! podsandbox/sandbox_run_linux.go@v2.0.1; pkg/cri/server/sandbox_run.go@v1.7.34.

use crate::catalog::{ContainerdField, CriUserns};
use crate::domain::Domain;
use crate::guards::{Guard, Network, Pin};
use crate::log::Log;
use crate::pod::{Call, InFlight, Sandbox, SandboxState, Target};
use crate::refusal::Refusal;
use crate::step::Step;
use crate::userns::Userns;
use crate::world::{HandlerConfig, Sandboxer};

use super::parse_userns::parse_userns_ids;

impl<D: Domain, L: Log> Step<'_, D, L> {
    /// The CRI plugin handles the request, up to the first message to a shim.
    pub(crate) fn handle_run_pod_sandbox(&mut self, userns: Userns<D::Mapping>) -> Result<(), Refusal> {
        let result = self.run_pod_sandbox(userns);
        if let Err(refusal) = result {
            self.fail_run_pod_sandbox(refusal);
        }
        result
    }

    /// A sandbox that did not come up is cleaned up before the reply.
    pub(super) fn fail_run_pod_sandbox(&mut self, refusal: Refusal) {
        self.pod.sandbox = None;
        self.pod.in_flight = Some(InFlight::Reply {
            call: Call::RunPodSandbox,
            result: Err(refusal),
        });
    }

    fn run_pod_sandbox(&mut self, userns: Userns<D::Mapping>) -> Result<(), Refusal> {
        // `GetSandboxRuntime` reads the configuration that is loaded now.
        let config = self
            .pod
            .current_handler_config(self.world, self.env)
            .ok_or(Refusal::NoRuntimeConfigured(Call::RunPodSandbox))?;
        let options = self.generate_runtime_options(config).map(D::through_store);
        let containerd = self.env.containerd.row;
        // The shim makes the specification of a sandbox that it runs itself.
        let pinned = match config.sandboxer {
            Sandboxer::PodSandbox => self.sandbox_container_spec(userns)?,
            Sandboxer::Shim | Sandboxer::Remote => false,
        };
        // The CRI plugin that lets a handler name a sandboxer is the one that keeps its sandboxes in the store.
        self.on_containerd(ContainerdField::SandboxerKey);
        let in_store = self.containerd().row.sandboxer_key;
        self.pod.sandbox = Some(Sandbox {
            state: SandboxState::Creating,
            configuration: self.env.containerd.configuration,
            containerd,
            selected: self.world.selected_type(containerd, config.runtime_type),
            options: options.clone(),
            userns,
            pinned,
            in_store,
            endpoint: false,
            shim: None,
        });
        match config.sandboxer {
            // The pause task gets runtime options only: no owner of pipes, no endpoint, in any release.
            Sandboxer::PodSandbox => {
                let task_options = self.no_pivot_options(Target::Sandbox);
                self.new_task(Target::Sandbox, task_options)
            }
            // plugins/sandbox/controller.go@v2.0.1 (`controllerLocal.Create`): the runtime options on stdin.
            Sandboxer::Shim => {
                self.pod.in_flight = Some(InFlight::ShimStart {
                    target: Target::Sandbox,
                    options,
                    task_options: None,
                });
                Ok(())
            }
            // internal/cri/server/sandbox_service.go@v2.0.1: any other name is a controller that is there already.
            Sandboxer::Remote => {
                let shim = self.pod.shim_on_disk(self.world, self.env);
                if let Some(sandbox) = &mut self.pod.sandbox {
                    sandbox.shim = shim;
                }
                self.pod.in_flight = Some(InFlight::CreateSandbox);
                Ok(())
            }
        }
    }

    /// `GenerateRuntimeOptions`, internal/cri/config/config.go@v2.0.1, pkg/cri/server/helpers.go@v1.7.34:
    /// none without an options table, except for `io.containerd.runtime.v1.linux`.
    fn generate_runtime_options(&mut self, config: &HandlerConfig<D>) -> Option<D::Any> {
        self.on_containerd(ContainerdField::GenericTypeUrl);
        let table = config.options.as_ref()?;
        self.on_containerd(ContainerdField::ConfigBody);
        let url = self
            .world
            .selected_type(self.env.containerd.row, config.runtime_type);
        Some(D::generate(url, table, self.containerd().row.config_body))
    }

    /// The part of the sandbox's specification that is about user namespaces. Returns whether it is pinned.
    fn sandbox_container_spec(&mut self, userns: Userns<D::Mapping>) -> Result<bool, Refusal> {
        self.on_containerd(ContainerdField::CriUserns);
        if self.containerd().row.cri_userns == CriUserns::Absent {
            return Ok(false);
        }
        parse_userns_ids(userns, Call::RunPodSandbox)?;
        let network = self.spec().network;
        let mode = userns.mode();
        let table = &self.containerd().guards.pin_userns;
        let pin = self.containerd_decides(
            ContainerdField::PinUserns,
            Guard::PinUserNamespace,
            table,
            (mode, network),
            || format!("mode {mode}, {network}"),
            "internal/cri/server/podsandbox/sandbox_run_linux.go@v2.0.1",
        );
        if pin == Pin::Pinned && network == Network::Node {
            // There is no network namespace of the pod to start from.
            return Err(Refusal::PinWithoutNetns { mode });
        }
        Ok(pin == Pin::Pinned)
    }
}
