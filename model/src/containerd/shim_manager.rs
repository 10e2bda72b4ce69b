//! What containerd makes of the answers of a shim binary: core/runtime/v2/shim_manager.go and
//! task_manager.go@v2.0.1.

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
            // The shim that was just started is not torn down on this path.
            Err(refusal) => {
                self.fail_task(target, refusal);
                Err(refusal)
            }
        }
    }
}
