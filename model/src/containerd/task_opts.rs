//! The client's helpers that set a field of the task options: client/task_opts.go, client/task_opts_unix.go and
//! client/task.go@v2.0.5; task_opts_unix.go@v1.7.24.

use crate::catalog::{ContainerdField, NoPivot};
use crate::domain::Domain;
use crate::finite::Finite;
use crate::guards::{Base, EndpointDecision, Guard, OptionsState, RuntimeType};
use crate::log::Log;
use crate::pod::Target;
use crate::refusal::Refusal;
use crate::step::{Step, seen, state_of};
use crate::type_url::TypeUrl;

impl<D: Domain, L: Log> Step<'_, D, L> {
    /// The runtime type of the sandbox record.
    pub(super) fn recorded_runtime_type(&self) -> RuntimeType {
        self.recorded_handler_config()
            .map_or(RuntimeType::Other, |config| config.runtime_type)
    }

    /// The runtime options of the sandbox record, which every container of the pod has.
    pub(super) fn recorded_options(&self) -> Option<&D::Any> {
        self.pod.sandbox.as_ref()?.options.as_ref()
    }

    /// `WithTaskAPIEndpoint`, if the sandbox record has an endpoint.
    pub(super) fn with_task_api_endpoint(
        &mut self,
        task_options: &mut Option<D::Any>,
    ) -> Result<(), Refusal> {
        let valid = self.pod.sandbox.as_ref().is_some_and(|sandbox| sandbox.endpoint);
        if !valid {
            return Ok(());
        }
        let base = self.base_by_runtime_options();
        let table = &self.containerd().guards.task_api_endpoint;
        let decision = self.containerd_decides(
            ContainerdField::TaskApiEndpoint,
            Guard::WithTaskApiEndpoint,
            table,
            (valid, base),
            || format!("the sandbox has an endpoint; task options would start from {base}"),
            "client/task_opts.go@v2.0.5",
        );
        match decision {
            EndpointDecision::Nothing | EndpointDecision::Skip => Ok(()),
            EndpointDecision::Write | EndpointDecision::Fail => {
                D::set_task_api_endpoint(self.get_runc_options(task_options)?);
                Ok(())
            }
        }
    }

    /// `WithUIDOwner` and `WithGIDOwner`.
    pub(super) fn with_uid_and_gid_owner(
        &mut self,
        task_options: &mut Option<D::Any>,
        owner: D::Id,
    ) -> Result<(), Refusal> {
        D::set_io_owner(self.get_runc_options(task_options)?, owner);
        Ok(())
    }

    /// Task options from the plugin's `no_pivot`, by the runtime of the record
    /// (pkg/cri/server/container_start.go@v1.6.39, vendor/github.com/containerd/cri/pkg/server/container_start.go@v1.3.10).
    pub(super) fn no_pivot_options(&mut self, target: Target) -> Option<D::Any> {
        let configuration = usize::from(self.env.containerd.configuration);
        if !self.world.configurations[configuration].no_pivot {
            return None;
        }
        self.on_containerd(ContainerdField::NoPivot);
        let sandbox = target == Target::Sandbox;
        let url = match (self.containerd().row.no_pivot, self.recorded_runtime_type()) {
            (NoPivot::Runc, RuntimeType::RuncV1 | RuntimeType::RuncV2) => TypeUrl::RuncV1,
            (NoPivot::RuncSandbox, RuntimeType::RuncV1 | RuntimeType::RuncV2) if sandbox => TypeUrl::RuncV1,
            (NoPivot::RuncSandbox, RuntimeType::LinuxV1) if !sandbox => TypeUrl::LinuxCreateOptions,
            (NoPivot::LinuxV1, RuntimeType::LinuxV1) => TypeUrl::LinuxCreateOptions,
            _ => return None,
        };
        let mut options = D::fresh(url);
        D::set_no_pivot_root(&mut options);
        Some(options)
    }

    /// What new task options would start from; they are not made yet.
    fn base_by_runtime_options(&mut self) -> Base {
        let input = self.base_inputs();
        self.log
            .asked(Guard::GetRuncOptions, self.env.containerd.row, input.index());
        self.containerd().guards.task_options_base.decide(input)
    }

    fn base_inputs(&self) -> (RuntimeType, OptionsState) {
        (
            self.recorded_runtime_type(),
            state_of::<D>(self.recorded_options()),
        )
    }

    /// `getRuncOptions`: the task options as they are, or new ones. Later calls write into the same message.
    fn get_runc_options<'o>(
        &mut self,
        task_options: &'o mut Option<D::Any>,
    ) -> Result<&'o mut D::Any, Refusal> {
        let options = match task_options.take() {
            Some(options) => options,
            None => self.new_task_options()?,
        };
        Ok(task_options.insert(options))
    }

    fn new_task_options(&mut self) -> Result<D::Any, Refusal> {
        let (name, shown) = (self.runtime_name(), seen::<D>(self.recorded_options()));
        let input = self.base_inputs();
        let table = &self.containerd().guards.task_options_base;
        let base = self.containerd_decides(
            ContainerdField::TaskOptionsBase,
            Guard::GetRuncOptions,
            table,
            input,
            || format!("runtime {name}; runtime options {shown}"),
            "client/task.go@v2.0.5",
        );
        match base {
            Base::FreshRunc => Ok(D::fresh(TypeUrl::RuncV1)),
            Base::FreshCreateOptions => Ok(D::fresh(TypeUrl::LinuxCreateOptions)),
            // No release fails without options, or for those of its own type; a design can, and no release has words for it.
            Base::Fail => Err(Refusal::CannotCopyRuntimeOptions {
                url: self.recorded_options().map_or(TypeUrl::RuncV1, D::type_url),
            }),
            Base::Copy => match self.recorded_options() {
                None => Ok(D::fresh(TypeUrl::RuncV1)),
                Some(options) => D::copy_as_runc(options)
                    .map_err(|wrong| Refusal::CannotCopyRuntimeOptions { url: wrong.0 }),
            },
        }
    }
}
