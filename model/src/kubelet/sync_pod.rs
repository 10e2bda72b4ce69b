//! `SyncPod`, pkg/kubelet/kuberuntime/kuberuntime_manager.go: the sandbox first, then each container.

use crate::catalog::KubeletField;
use crate::domain::Domain;
use crate::log::Log;
use crate::pod::{Container, ContainerState, InFlight, Phase, SandboxState};
use crate::refusal::Refusal;
use crate::step::Step;
use crate::userns::{Userns, UsernsMode};
use crate::world::{MAX_CONTAINERS, RestartPolicy};

impl<D: Domain, L: Log> Step<'_, D, L> {
    /// Starts a sync. Reuse of a sandbox compares readiness and network only, never user namespaces
    /// (`PodSandboxChanged`, pkg/kubelet/kuberuntime/util/util.go).
    pub(crate) fn sync_pod(&mut self) -> Result<(), Refusal> {
        // A pod that ended is left before any configuration is generated.
        if self.ended_for_good() {
            self.pod.phase = Phase::Failed;
            return Ok(());
        }
        if let Err(refusal) = self.admit_host_network() {
            self.pod.phase = Phase::Failed;
            return Err(refusal);
        }
        let ready = self
            .pod
            .sandbox
            .as_ref()
            .is_some_and(|sandbox| sandbox.state == SandboxState::Ready);
        if ready {
            return self.start_containers();
        }
        // `computePodActions`: without a restart policy there is no second sandbox once a container is known.
        let known = self.pod.containers.iter().any(Option::is_some);
        if self.spec().restart_policy == RestartPolicy::Never && self.pod.sandbox.is_some() && known {
            self.pod.sandbox = None;
            self.pod.phase = Phase::LeftAlone;
            return Ok(());
        }
        // What is left of an earlier sandbox is killed before a new one is made.
        self.pod.sandbox = None;
        self.pod.containers = [None; MAX_CONTAINERS];
        match self.generate_pod_sandbox_config() {
            Ok(userns) => {
                self.pod.in_flight = Some(InFlight::RunPodSandbox { userns });
                self.pod.phase = Phase::Syncing {
                    sandbox_userns: userns,
                    next: 0,
                    failed: false,
                };
                Ok(())
            }
            Err(refusal) => {
                self.pod.phase = Phase::Waiting;
                Err(refusal)
            }
        }
    }

    /// `generatePodSandboxConfig`, pkg/kubelet/kuberuntime/kuberuntime_sandbox.go.
    fn generate_pod_sandbox_config(&mut self) -> Result<Userns<D::Mapping>, Refusal> {
        self.get_or_create_user_namespace_mappings("sandbox configuration")
    }

    /// The part of a sync after the sandbox is there: its configuration is generated anew, then each
    /// container that does not run is started.
    pub(super) fn start_containers(&mut self) -> Result<(), Refusal> {
        match self.generate_pod_sandbox_config() {
            Ok(sandbox_userns) => self.start_next_container(sandbox_userns, 0, false),
            Err(refusal) => {
                self.pod.phase = Phase::Waiting;
                Err(refusal)
            }
        }
    }

    /// `startContainer`, pkg/kubelet/kuberuntime/kuberuntime_container.go, for the next container that is to
    /// be started. A container that cannot be started does not keep the others from being tried.
    pub(super) fn start_next_container(
        &mut self,
        sandbox_userns: Userns<D::Mapping>,
        first: u8,
        failed: bool,
    ) -> Result<(), Refusal> {
        let containers = u8::try_from(self.spec().containers.len()).unwrap_or(u8::MAX);
        let mut failed = failed;
        let mut refused = Ok(());
        for container in first..containers {
            if !self.should_container_be_restarted(container) {
                continue;
            }
            match self.get_or_create_user_namespace_mappings("container configuration") {
                Ok(container_userns) => {
                    let idmapped_mounts = self.mounts_carry_mappings(container_userns);
                    self.pod.in_flight = Some(InFlight::CreateContainer {
                        container,
                        sandbox_userns,
                        container_userns,
                        idmapped_mounts,
                    });
                    self.pod.phase = Phase::Syncing {
                        sandbox_userns,
                        next: container + 1,
                        failed,
                    };
                    return refused;
                }
                Err(refusal) => {
                    failed = true;
                    refused = Err(refusal);
                }
            }
        }
        self.pod.phase = if self.ended_for_good() {
            Phase::Failed
        } else if failed {
            Phase::Waiting
        } else {
            Phase::Settled
        };
        refused
    }

    /// `makeMounts` copies the mappings into each mount of a POD-mode container (1.27 and later).
    fn mounts_carry_mappings(&mut self, userns: Userns<D::Mapping>) -> bool {
        if userns.mode() != UsernsMode::Pod {
            return false;
        }
        self.on_kubelet(KubeletField::MountIdmappings);
        self.kubelet().row.mount_idmappings
    }

    /// `ShouldContainerBeRestarted`, pkg/kubelet/container/helpers.go: a container that does not run is
    /// restarted unless it ended and the policy forbids it.
    fn should_container_be_restarted(&self, container: u8) -> bool {
        match self.pod.containers[usize::from(container)] {
            None
            | Some(Container {
                state: ContainerState::Created,
                ..
            }) => true,
            Some(Container {
                state: ContainerState::Running { .. },
                ..
            }) => false,
            Some(Container {
                state: ContainerState::Exited,
                ..
            }) => self.spec().restart_policy != RestartPolicy::Never,
        }
    }

    /// Whether every container ended and none will be restarted.
    fn ended_for_good(&self) -> bool {
        let containers = self.spec().containers.len();
        self.spec().restart_policy == RestartPolicy::Never
            && self.pod.containers[..containers].iter().all(|c| {
                matches!(
                    c,
                    Some(Container {
                        state: ContainerState::Exited,
                        ..
                    })
                )
            })
    }

    /// The time until the next sync has passed.
    pub(crate) fn back_off_elapsed(&mut self) {
        self.pod.phase = Phase::Pending;
    }

    /// `SyncTerminatedPod`, pkg/kubelet/kubelet.go: the mapping is freed last.
    pub(crate) fn sync_terminated_pod(&mut self) {
        if let Some(mapping) = self.pod.mapping.take() {
            D::release(&mut self.env.mappings, mapping);
        }
        if self.pod.phase == Phase::Failed {
            self.pod.sandbox = None;
        } else {
            self.pod.phase = Phase::Deleted;
        }
    }
}
