//! `StartContainer`: internal/cri/server/container_start.go and container_start_linux.go@v2.0.1,
//! pkg/cri/server/container_start.go@v1.7.34.

use crate::catalog::{ContainerdField, CriUserns, IoOwnerId};
use crate::domain::Domain;
use crate::guards::{Guard, Owner};
use crate::log::Log;
use crate::pod::{Call, ContainerState, InFlight, SandboxState, Target};
use crate::refusal::Refusal;
use crate::step::{Step, seen, state_of};
use crate::userns::Userns;

impl<D: Domain, L: Log> Step<'_, D, L> {
    /// The CRI plugin handles the request, up to the first message to a shim.
    pub(crate) fn handle_start_container(&mut self, container: u8) -> Result<(), Refusal> {
        let result = self.start_container(container);
        if let Err(refusal) = result {
            self.fail_start_container(container, refusal);
        }
        result
    }

    /// A container that failed to start is marked exited, with code 128 and reason `StartError`.
    pub(super) fn fail_start_container(&mut self, container: u8, refusal: Refusal) {
        if let Some(record) = &mut self.pod.containers[usize::from(container)] {
            record.state = ContainerState::Exited;
        }
        self.pod.in_flight = Some(InFlight::Reply {
            call: Call::StartContainer(container),
            result: Err(refusal),
        });
    }

    fn start_container(&mut self, container: u8) -> Result<(), Refusal> {
        if self
            .pod
            .sandbox
            .as_ref()
            .is_none_or(|sandbox| sandbox.state != SandboxState::Ready)
        {
            return Err(Refusal::SandboxNotRunning);
        }
        // `runtime_path` comes from the configuration that is loaded now; type and options do not.
        if self.current_handler_config().is_none() {
            return Err(Refusal::NoRuntimeConfigured(Call::StartContainer(container)));
        }
        let owner = self.update_container_io_owner(container)?;
        let mut task_options = self.no_pivot_options(Target::Container(container));
        self.with_task_api_endpoint(&mut task_options)?;
        if let Some(owner) = owner {
            self.with_uid_and_gid_owner(&mut task_options, owner)?;
        }
        self.new_task(Target::Container(container), task_options)
    }

    /// `updateContainerIOOwner`: looks at the options of the *container's* configuration.
    fn update_container_io_owner(&mut self, container: u8) -> Result<Option<D::Id>, Refusal> {
        let record = self.pod.containers[usize::from(container)];
        let userns = record.map_or(Userns::LinuxNil, |record| record.userns);
        let runtime = self.recorded_runtime_type();
        let options = state_of::<D>(self.recorded_options());
        let (name, shown) = (self.runtime_name(), seen::<D>(self.recorded_options()));
        let table = &self.containerd().guards.io_owner;
        let decision = self.containerd_decides(
            ContainerdField::IoOwnerGuard,
            Guard::UpdateContainerIoOwner,
            table,
            (userns.mode(), runtime, options),
            || format!("{userns}; runtime {name}; runtime options {shown}"),
            "internal/cri/server/container_start_linux.go@v2.0.1",
        );
        if decision == Owner::NotWritten {
            return Ok(None);
        }
        // The mappings of the OCI specification: those of the options, where the plugin knows them.
        self.on_containerd(ContainerdField::IoOwnerId);
        let row = &self.containerd().row;
        let mapping = match (row.cri_userns, row.io_owner_id) {
            (CriUserns::Created, IoOwnerId::HostId) => userns.mapping(),
            (CriUserns::Absent, _) | (_, IoOwnerId::ContainerId) => None,
        };
        let user = self.spec().containers[usize::from(container)].user;
        D::to_host(mapping, user)
            .map(Some)
            .map_err(|_| Refusal::UserNotMapped)
    }
}
