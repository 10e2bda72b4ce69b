//! What the kubelet does with a reply of the CRI.

use crate::domain::Domain;
use crate::log::Log;
use crate::pod::{Call, InFlight, Phase};
use crate::refusal::Refusal;
use crate::step::Step;

impl<D: Domain, L: Log> Step<'_, D, L> {
    /// Goes on with the sync that the call belongs to: pkg/kubelet/kuberuntime/kuberuntime_manager.go
    /// (`SyncPod`), kuberuntime_container.go (`startContainer`).
    pub(crate) fn handle_reply(&mut self, call: Call, result: Result<(), Refusal>) -> Result<(), Refusal> {
        let Phase::Syncing {
            sandbox_userns,
            next,
            failed,
        } = self.pod.phase
        else {
            return Ok(());
        };
        match (call, result) {
            (Call::RunPodSandbox, Ok(())) => self.start_containers(),
            (Call::RunPodSandbox, Err(_)) => {
                self.pod.phase = Phase::Waiting;
                Ok(())
            }
            (Call::CreateContainer(container), Ok(())) => {
                self.pod.in_flight = Some(InFlight::StartContainer { container });
                Ok(())
            }
            (Call::StartContainer(_), Ok(())) => self.start_next_container(sandbox_userns, next, failed),
            (Call::CreateContainer(_) | Call::StartContainer(_), Err(_)) => {
                self.start_next_container(sandbox_userns, next, true)
            }
        }
    }
}
