//! The OCI runtime behind a shim: what it needs to create a container.

use crate::catalog::{ContainerdField, CriUserns, JoinsUserns, OciRuntimeField, ShimField};
use crate::domain::Domain;
use crate::guards::{Mounts, Network};
use crate::log::Log;
use crate::pod::{Container, Target};
use crate::refusal::Refusal;
use crate::step::Step;
use crate::userns::UsernsMode;

impl<D: Domain, L: Log> Step<'_, D, L> {
    /// Creates a container. Returns whether its process is in a user namespace of the pod's own.
    pub(super) fn oci_create(
        &mut self,
        shim: u8,
        oci_runtime: Option<u8>,
        target: Target,
    ) -> Result<bool, Refusal> {
        if let Some(oci_runtime) = oci_runtime
            && self.oci_row(oci_runtime, OciRuntimeField::Features).is_none()
        {
            return Err(Refusal::OciRuntimeMissing { oci_runtime });
        }
        self.on_containerd(ContainerdField::CriUserns);
        let known = self.containerd().row.cri_userns == CriUserns::Created;
        let (sandbox_mode, pinned) = self
            .pod
            .sandbox
            .as_ref()
            .map_or((UsernsMode::Nil, false), |sandbox| {
                (sandbox.userns.mode(), sandbox.pinned)
            });
        let sandbox_in_userns = known && sandbox_mode == UsernsMode::Pod;
        match target {
            Target::Sandbox => {
                if sandbox_in_userns && pinned {
                    return self.join_by_path(shim, oci_runtime);
                }
                if sandbox_in_userns && oci_runtime.is_none() && self.spec().network == Network::Node {
                    let row = self.shim_row(shim, ShimField::UsernsInHostNetworkText);
                    if row.userns_in_host_network_text.is_some() {
                        return Err(Refusal::UsernsInHostNetwork { shim });
                    }
                }
                Ok(sandbox_in_userns)
            }
            Target::Container(container) => {
                let record = self.pod.containers[usize::from(container)];
                let wanted = known && record.is_some_and(|record| record.userns.mode() == UsernsMode::Pod);
                let in_userns = match oci_runtime {
                    // `WithPodNamespaces` (internal/cri/opts/spec_opts.go@v2.0.1) names the namespace of the
                    // sandbox's process: runc refuses mappings that are not those of that namespace
                    // (libcontainer/specconv/spec_linux.go@v1.2.6), older ones and crun fail at setns(2).
                    Some(oci_runtime) if wanted && !sandbox_in_userns => {
                        return Err(Refusal::SandboxWithoutUserns { oci_runtime });
                    }
                    Some(_) if wanted => self.join_by_path(shim, oci_runtime)?,
                    Some(_) => false,
                    // A sandbox with a kernel of its own: containers are where the sandbox is.
                    None => {
                        let joins = self
                            .shim_row(shim, ShimField::JoinsUsernsByPath)
                            .joins_userns_by_path;
                        sandbox_in_userns && joins != JoinsUserns::Dropped
                    }
                };
                let volumes = matches!(
                    record,
                    Some(Container {
                        mounts: Mounts::Idmapped,
                        ..
                    })
                );
                if wanted && volumes && !self.spec().volumes_idmappable {
                    return Err(Refusal::VolumeNotIdmappable);
                }
                Ok(in_userns)
            }
        }
    }

    /// Joins the pinned namespace. Returns whether the process is in it afterwards.
    fn join_by_path(&mut self, shim: u8, oci_runtime: Option<u8>) -> Result<bool, Refusal> {
        if let Some(oci_runtime) = oci_runtime {
            let joins = self
                .oci_row(oci_runtime, OciRuntimeField::JoinsUsernsByPath)
                .is_some_and(|row| row.joins_userns_by_path);
            return if joins {
                Ok(true)
            } else {
                Err(Refusal::OciRuntimeCannotJoinUserns { oci_runtime })
            };
        }
        match self
            .shim_row(shim, ShimField::JoinsUsernsByPath)
            .joins_userns_by_path
        {
            JoinsUserns::Yes => Ok(true),
            JoinsUserns::Dropped => Ok(false),
            JoinsUserns::No => Err(Refusal::CannotJoinUserns { shim }),
        }
    }
}
