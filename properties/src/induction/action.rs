//! What each step reads of a state.

use shimproof_model::catalog::InfoFeatures;
use shimproof_model::{EnvironmentAction, PodAction, Target};

use super::draw::{CURRENT, Draw, NEXT, RECORDED, Stop};
use super::field::Field;
use super::messages::TaskMessage;
use super::step::{Act, Step};

impl Draw<'_> {
    /// Draws what a step reads of a state in which it can be taken.
    pub(super) fn draw_for(&mut self, step: Step) -> Result<Act, Stop> {
        let deliver = Act::Pod(PodAction::Deliver);
        Ok(match step {
            Step::RunPodSandbox => {
                self.draw_run_pod_sandbox()?;
                deliver
            }
            Step::CreateContainer => {
                self.current_form()?;
                self.create_container()?;
                deliver
            }
            Step::StartContainer => {
                self.draw_start_container()?;
                deliver
            }
            Step::LoadShimInfo => {
                self.current_form()?;
                self.record()?;
                if let Target::Container(container) = self.task_message(TaskMessage::LoadShimInfo)? {
                    self.in_store()?;
                    self.serving_class()?;
                    self.idmapped(container)?;
                }
                deliver
            }
            Step::ShimStart => {
                self.current_form()?;
                self.record()?;
                match self.task_message(TaskMessage::ShimStart)? {
                    Target::Sandbox => self.sandbox().shim = None,
                    Target::Container(container) => self.idmapped(container)?,
                }
                self.on_disk(RECORDED)?;
                deliver
            }
            Step::Info => {
                self.current_form()?;
                self.record()?;
                self.task_message(TaskMessage::Info)?;
                self.on_disk(RECORDED)?;
                let shim = self.before.env.on_disk[usize::from(self.binary().0)];
                if self.cases.shims[usize::from(shim)].info.features == InfoFeatures::OciRuntime {
                    self.oci_runtime()?;
                }
                deliver
            }
            Step::Create => {
                self.draw_create()?;
                deliver
            }
            Step::CreateSandbox => {
                self.create_sandbox()?;
                self.serving()?;
                deliver
            }
            Step::ShimReply => {
                self.light = true;
                self.record()?;
                self.shim_reply()?;
                deliver
            }
            Step::Reply => {
                self.draw_reply()?;
                deliver
            }
            Step::SyncPod => {
                self.draw_sync_pod()?;
                Act::Pod(PodAction::SyncPod)
            }
            Step::CallRunPodSandbox => {
                Act::Pod(PodAction::CallRunPodSandbox(self.userns(Field::RequestUserns)?))
            }
            Step::CallCreateContainer => Act::Pod(PodAction::CallCreateContainer {
                container: self.container()?,
                sandbox_userns: self.userns(Field::RequestSandboxUserns)?,
                container_userns: self.userns(Field::RequestUserns)?,
            }),
            Step::CallStartContainer => {
                let container = self.container()?;
                self.recorded_container(container)?;
                Act::Pod(PodAction::CallStartContainer(container))
            }
            Step::BackOffElapsed => {
                self.phase()?;
                Act::Pod(PodAction::BackOffElapsed)
            }
            Step::SyncTerminatedPod => {
                self.light = true;
                self.phase()?;
                self.mapping()?;
                self.maybe_record()?;
                Act::Pod(PodAction::SyncTerminatedPod)
            }
            Step::CreateAgain => Act::Pod(PodAction::CreateAgain),
            Step::UpdateRuntimeUp => {
                self.draw_status()?;
                Act::Environment(EnvironmentAction::UpdateRuntimeUp)
            }
            Step::ContainerdRestart => {
                self.draw_restart(CURRENT)?;
                Act::Environment(EnvironmentAction::ContainerdRestart)
            }
            Step::ContainerdUpgrade => {
                self.draw_restart(CURRENT)?;
                Act::Environment(EnvironmentAction::ContainerdUpgrade)
            }
            Step::ConfigChange => {
                self.draw_restart(NEXT)?;
                Act::Environment(EnvironmentAction::ConfigChange)
            }
            Step::KubeletRestart => {
                self.draw_kubelet_restart(false)?;
                Act::Environment(EnvironmentAction::KubeletRestart)
            }
            Step::GateFlip => {
                self.draw_kubelet_restart(false)?;
                Act::Environment(EnvironmentAction::GateFlip)
            }
            Step::KubeletUpgrade => {
                self.draw_kubelet_restart(true)?;
                Act::Environment(EnvironmentAction::KubeletUpgrade)
            }
            Step::ShimUpgrade => {
                let binary = self.draw_shim_upgrade()?;
                Act::Environment(EnvironmentAction::ShimUpgrade(binary))
            }
            Step::RpcTimeout => {
                self.interrupted()?;
                Act::Pod(PodAction::RpcTimeout)
            }
            Step::ContainerExit => {
                self.phase()?;
                let container = self.container()?;
                self.progress(container)?;
                Act::Pod(PodAction::ContainerExit(container))
            }
            Step::ShimCrash => {
                self.interrupted()?;
                self.phase()?;
                self.progress(0)?;
                self.progress(1)?;
                Act::Pod(PodAction::ShimCrash)
            }
            Step::DeletePod => {
                self.light = true;
                self.maybe_record()?;
                Act::Pod(PodAction::DeletePod)
            }
        })
    }
}
