//! `Create`, the ttrpc call that carries `CreateTaskRequest.options`.

use crate::catalog::{Pipes, ShimField, StartStdin};
use crate::domain::Domain;
use crate::guards::Guard;
use crate::log::Log;
use crate::pod::{Channel, ContainerState, InFlight, Server, Target};
use crate::refusal::Refusal;
use crate::step::Step;

use super::{Delivered, delivered};

impl<D: Domain, L: Log> Step<'_, D, L> {
    /// The process that serves the task handles the request and replies.
    pub(crate) fn handle_create(
        &mut self,
        target: Target,
        server: Server,
        options: Option<&D::Any>,
    ) -> Result<(), Refusal> {
        let result = self.create(target, server, options);
        self.reply_from_shim(target, result);
        result
    }

    pub(super) fn reply_from_shim(&mut self, target: Target, result: Result<(), Refusal>) {
        self.pod.in_flight = Some(InFlight::ShimReply { target, result });
    }

    pub(super) fn fail_task_of_sandbox(&mut self, refusal: Refusal) {
        self.reply_from_shim(Target::Sandbox, Err(refusal));
    }

    fn create(&mut self, target: Target, server: Server, options: Option<&D::Any>) -> Result<(), Refusal> {
        let shim = self.pod.process(server).ok_or(Refusal::ShimGone)?;
        self.shim_row(shim, ShimField::CreateScope);
        let delivery = delivered::<D>(
            self.world.shim(shim),
            Channel::Create,
            target,
            options,
            StartStdin::RawAny,
        );
        self.tell_delivery(Guard::ShimCreate, Channel::Create, shim, options, delivery);
        if delivery.outcome == Delivered::Rejected {
            return Err(Self::rejected(Channel::Create, shim, options, delivery));
        }
        let applied = if delivery.outcome == Delivered::Applied {
            options
        } else {
            None
        };
        let oci_runtime = self.oci_runtime_of(shim, applied);
        let in_userns = self.oci_create(shim, oci_runtime, target)?;
        if let Target::Container(container) = target {
            let owner = applied.and_then(D::io_owner);
            let pipe_owner = owner.filter(|_| self.makes_host_pipes(shim, container));
            if let Some(record) = &mut self.pod.containers[usize::from(container)] {
                record.state = ContainerState::Running {
                    in_userns,
                    pipe_owner,
                    oci_runtime: oci_runtime.unwrap_or_default(),
                    shim,
                };
            }
        }
        Ok(())
    }

    /// Whether the shim makes pipes on the host for this container, and gives them the owner of the request.
    fn makes_host_pipes(&mut self, shim: u8, container: u8) -> bool {
        let applies = self.shim_row(shim, ShimField::AppliesIoOwner).applies_io_owner;
        let host = self.shim_row(shim, ShimField::Pipes).pipes == Pipes::Host;
        applies && host && !self.spec().containers[usize::from(container)].terminal
    }
}
