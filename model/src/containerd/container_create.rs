//! `CreateContainer`: internal/cri/server/container_create.go@v2.0.1, pkg/cri/server/container_create.go@v1.7.34.

use crate::catalog::{ContainerdField, CriUserns};
use crate::domain::Domain;
use crate::guards::{Acceptance, Guard, Mounts};
use crate::log::Log;
use crate::pod::{Call, Container, ContainerState, InFlight, LeftBehind};
use crate::refusal::Refusal;
use crate::step::Step;
use crate::userns::Userns;

use super::parse_userns::parse_userns_ids;

impl<D: Domain, L: Log> Step<'_, D, L> {
    /// The CRI plugin handles the request. Runtime type and options of the container are those of the sandbox
    /// record (`runtimeInfo`); nothing is generated anew.
    pub(crate) fn handle_create_container(
        &mut self,
        container: u8,
        sandbox_userns: Userns<D::Mapping>,
        container_userns: Userns<D::Mapping>,
        idmapped_mounts: bool,
    ) -> Result<(), Refusal> {
        let call = Call::CreateContainer(container);
        let result = self.create_container(call, sandbox_userns, container_userns, idmapped_mounts);
        if let Ok(mounts) = result {
            self.pod.containers[usize::from(container)] = Some(Container {
                userns: container_userns,
                mounts,
                state: ContainerState::Created,
                left_behind: LeftBehind::Nothing,
            });
        }
        self.pod.in_flight = Some(InFlight::Reply {
            call,
            result: result.map(|_| ()),
        });
        result.map(|_| ())
    }

    /// Returns which mounts of the container are id-mapped.
    fn create_container(
        &mut self,
        call: Call,
        sandbox_userns: Userns<D::Mapping>,
        container_userns: Userns<D::Mapping>,
        idmapped_mounts: bool,
    ) -> Result<Mounts, Refusal> {
        if self.current_handler_config().is_none() {
            return Err(Refusal::NoRuntimeConfigured(call));
        }
        self.on_containerd(ContainerdField::CriUserns);
        if self.containerd().row.cri_userns == CriUserns::Created {
            parse_userns_ids(container_userns, call)?;
            self.same_userns_config(sandbox_userns, container_userns)?;
        }
        self.with_mounts(container_userns, idmapped_mounts)
    }

    /// `sameUsernsConfig` compares the two configurations *of the request*, never the stored sandbox's.
    fn same_userns_config(
        &mut self,
        sandbox: Userns<D::Mapping>,
        container: Userns<D::Mapping>,
    ) -> Result<(), Refusal> {
        // A missing `linux` section reads as nil options.
        let plain = |userns| {
            if userns == Userns::LinuxNil {
                Userns::Nil
            } else {
                userns
            }
        };
        let table = &self.containerd().guards.same_userns_config;
        let decision = self.containerd_decides(
            ContainerdField::CompareUserns,
            Guard::SameUsernsConfig,
            table,
            plain(sandbox) != plain(container),
            || format!("sandbox configuration: {sandbox}; container configuration: {container}"),
            "internal/cri/server/container_create.go@v2.0.1",
        );
        match decision {
            Acceptance::Accepted => Ok(()),
            Acceptance::Refused => Err(Refusal::UsernsConfigDiffers),
        }
    }

    /// `WithMounts`, internal/cri/opts/spec_linux_opts.go@v2.0.1: returns which mounts are id-mapped.
    fn with_mounts(&mut self, userns: Userns<D::Mapping>, wanted: bool) -> Result<Mounts, Refusal> {
        let mode = userns.mode();
        let table = &self.containerd().guards.mounts;
        let mounts = self.containerd_decides(
            if wanted {
                ContainerdField::IdmappedMounts
            } else {
                ContainerdField::OwnMountsIdmapped
            },
            Guard::WithMounts,
            table,
            (mode, wanted),
            || {
                format!(
                    "mode {mode}, mounts of the request {}",
                    if wanted { "id-mapped" } else { "plain" }
                )
            },
            "internal/cri/opts/spec_linux_opts.go@v2.0.1",
        );
        match mounts {
            Mounts::Plain | Mounts::OwnIdmapped | Mounts::Idmapped => Ok(mounts),
            Mounts::Refused => Err(Refusal::IdmapMountsUnsupported { mode }),
        }
    }
}
