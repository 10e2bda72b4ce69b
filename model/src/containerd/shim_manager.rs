//! What containerd makes of the answers of a shim binary: core/runtime/v2/shim_manager.go and
//! task_manager.go@v2.0.1.

use crate::catalog::ContainerdField;
use crate::domain::Domain;
use crate::log::Log;
use crate::pod::{Server, Target};
use crate::refusal::Refusal;
use crate::step::Step;

impl<D: Domain, L: Log> Step<'_, D, L> {
    /// `start` is executed, and containerd goes on with what it answered.
    pub(crate) fn handle_shim_start(
        &mut self,
        target: Target,
        options: Option<&D::Any>,
        task_options: Option<D::Any>,
    ) -> Result<(), Refusal> {
        match self.shim_start(target, options) {
            Ok(server) => {
                self.shim_started(target, server, task_options);
                Ok(())
            }
            Err(refusal) => {
                self.fail_task(target, refusal);
                Err(refusal)
            }
        }
    }

    /// `-info` is executed to validate features, and containerd goes on with what it answered.
    pub(crate) fn handle_info(
        &mut self,
        target: Target,
        server: Server,
        options: Option<&D::Any>,
        task_options: Option<&D::Any>,
    ) -> Result<(), Refusal> {
        match self.validated_features(options) {
            Ok(()) => {
                self.create_task(target, server, task_options);
                Ok(())
            }
            // Only the bundle is deleted on this path (core/runtime/v2/task_manager.go@v2.0.1).
            Err(refusal) => {
                self.on_containerd(ContainerdField::FailedValidation);
                let left_behind = self.pod.left_by_failed_validation(self.world, self.env, server);
                self.fail_task(target, refusal);
                if let Target::Container(container) = target
                    && let Some(record) = &mut self.pod.containers[usize::from(container)]
                {
                    record.left_behind = left_behind;
                }
                Err(refusal)
            }
        }
    }
}
