//! `Container.NewTask`, client/container.go@v2.0.1, and the tasks service, plugins/services/tasks/local.go@v2.0.1.

use crate::catalog::ContainerdField;
use crate::domain::Domain;
use crate::guards::{Acceptance, Guard};
use crate::log::Log;
use crate::pod::Target;
use crate::refusal::Refusal;
use crate::step::{Step, seen, state_of};

impl<D: Domain, L: Log> Step<'_, D, L> {
    /// From the client's request to the first message to a shim. The CRI plugin calls the tasks service in the
    /// same process (client/services.go, `WithInMemoryServices`), so that an empty value stays apart from nil.
    pub(super) fn new_task(&mut self, target: Target, task_options: Option<D::Any>) -> Result<(), Refusal> {
        self.format_options(task_options.as_ref())?;
        self.task_manager_create(target, task_options);
        Ok(())
    }

    /// `formatOptions`: which task options may pass.
    fn format_options(&mut self, task_options: Option<&D::Any>) -> Result<(), Refusal> {
        if task_options.is_none() {
            return Ok(());
        }
        let runtime = self.recorded_runtime_type();
        let options = state_of::<D>(task_options);
        let (name, shown) = (self.runtime_name(), seen::<D>(task_options));
        let table = &self.containerd().guards.format_options;
        let decision = self.containerd_decides(
            ContainerdField::DaemonTaskOptions,
            Guard::FormatOptions,
            table,
            (runtime, options),
            || format!("runtime {name}; task options {shown}"),
            "plugins/services/tasks/local.go@v2.0.1",
        );
        match decision {
            Acceptance::Accepted => Ok(()),
            Acceptance::Refused => Err(Refusal::InvalidTaskCreateOption),
        }
    }
}
