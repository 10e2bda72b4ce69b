//! `<shim> start`: the second channel for options.

use crate::catalog::{ContainerdField, OciRuntimeKind, ShimField, TaskApiEndpoint};
use crate::domain::Domain;
use crate::guards::Guard;
use crate::log::Log;
use crate::pod::{Channel, Server, Target};
use crate::refusal::Refusal;
use crate::step::Step;

use super::{Delivered, Delivery, Understood, delivered, understood};

impl<D: Domain, L: Log> Step<'_, D, L> {
    /// The binary that the current configuration leads to is executed, as it is on disk now.
    pub(crate) fn shim_start(&mut self, target: Target, options: Option<&D::Any>) -> Result<Server, Refusal> {
        let shim = self.shim_on_disk();
        self.on_containerd(ContainerdField::StartStdin);
        let framing = self.containerd().row.start_stdin;
        self.shim_row(shim, ShimField::StartReads);
        let delivery = delivered::<D>(self.world.shim(shim), Channel::Start, target, options, framing);
        self.tell_delivery(Guard::ShimStart, Channel::Start, shim, options, delivery);
        if delivery.outcome == Delivered::Rejected {
            return Err(if delivery.misframed {
                Refusal::StartMisframed { shim }
            } else {
                Self::rejected(Channel::Start, shim, options, delivery)
            });
        }
        self.on_containerd(ContainerdField::StartReply);
        self.shim_row(shim, ShimField::StartReplies);
        self.shim_row(shim, ShimField::Protocol);
        match understood(self.world.shim(shim), &self.containerd().row) {
            Understood::Connects(_) => {}
            Understood::VersionTooHigh => return Err(Refusal::StartReplyVersion { shim }),
            Understood::TakenForAddress => return Err(Refusal::StartReplyUnread { shim }),
        }
        if target == Target::Sandbox {
            if let Some(sandbox) = &mut self.pod.sandbox {
                sandbox.shim = Some(shim);
            }
            return Ok(Server::Sandbox);
        }
        // A shim that groups answers with the address of the process that serves the sandbox.
        let grouping = self.shim_row(shim, ShimField::Grouping).grouping;
        Ok(if grouping {
            Server::Sandbox
        } else {
            Server::Own(shim)
        })
    }

    /// The sandbox API: `CreateSandbox` and `StartSandbox`. The reply gives the address of the task API.
    pub(crate) fn handle_create_sandbox(&mut self) -> Result<(), Refusal> {
        let Some(shim) = self.pod.sandbox.as_ref().and_then(|sandbox| sandbox.shim) else {
            self.fail_task_of_sandbox(Refusal::ShimGone);
            return Err(Refusal::ShimGone);
        };
        if !self.shim_row(shim, ShimField::SandboxApi).sandbox_api {
            let refusal = Refusal::SandboxApiMissing { shim };
            self.fail_task_of_sandbox(refusal);
            return Err(refusal);
        }
        // v2.0.0-rc.0 and rc.1 record no endpoint.
        self.on_containerd(ContainerdField::TaskApiEndpoint);
        let recorded = self.containerd().row.task_api_endpoint != TaskApiEndpoint::Absent;
        if let Some(sandbox) = &mut self.pod.sandbox {
            sandbox.endpoint = recorded;
        }
        self.reply_from_shim(Target::Sandbox, Ok(()));
        Ok(())
    }

    /// The row of the binary that a request of this pod executes now. A world has a binary for each handler.
    pub(super) fn shim_on_disk(&self) -> u8 {
        self.pod.shim_on_disk(self.world, self.env).unwrap_or_default()
    }

    /// The refusal of a rule.
    pub(super) fn rejected(
        channel: Channel,
        shim: u8,
        options: Option<&D::Any>,
        delivery: Delivery,
    ) -> Refusal {
        use crate::catalog::Condition;
        Refusal::Rejected {
            channel,
            shim,
            rule: delivery.rule.unwrap_or_default(),
            url: options.map_or(crate::TypeUrl::RuncV1, D::type_url),
            inner_runsc: options.is_some_and(|any| D::holds(any, Condition::InnerRunsc)),
        }
    }

    /// Tells what the shim did with the options on a channel.
    pub(super) fn tell_delivery(
        &mut self,
        guard: Guard,
        channel: Channel,
        shim: u8,
        options: Option<&D::Any>,
        delivery: Delivery,
    ) {
        if delivery.rule.is_some() {
            self.shim_row(
                shim,
                match channel {
                    Channel::Create => ShimField::CreateRules,
                    Channel::Start => ShimField::StartRules,
                    Channel::Info => ShimField::InfoRules,
                },
            );
        }
        let row = &self.world.shim(shim).id;
        self.decided(
            guard,
            delivery.outcome,
            || match options {
                None => format!("no options on {}", channel.as_str()),
                Some(any) => format!("{} on {}", D::type_url(any), channel.as_str()),
            },
            || match delivery.rule {
                Some(rule) => format!("shim {row}, rule {}", rule + 1),
                None => format!("shim {row}"),
            },
            || "catalogue row of the shim".to_owned(),
        );
    }

    /// Which OCI runtime the options select, if the shim asks them.
    pub(super) fn oci_runtime_of(&mut self, shim: u8, applied: Option<&D::Any>) -> Option<u8> {
        let kind = self.shim_row(shim, ShimField::OciRuntime).oci_runtime;
        (kind == OciRuntimeKind::FromOptions).then(|| D::oci_runtime(applied))
    }
}
