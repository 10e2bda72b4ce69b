//! The message in flight, as a number.

use crate::abstraction::{Abstract, Any, Block, HostId};
use crate::domain::Domain;
use crate::pod::{Call, InFlight, Server, Target};
use crate::refusal::Refusal;
use crate::world::World;

use super::Misfit;
use super::digits::{Codes, Reader, Writer};
use super::messages::messages;
use super::pod::{OwnBlock, Shared};
use super::refusals::{calls, refusals};

const FIELD: &str = "message in flight";

/// How the message in flight of a pod is packed: each kind has numbers of its own, one after another.
#[derive(Clone, Debug)]
pub(super) struct InFlightPacking {
    containers: u8,
    shared: Shared,
    servers: u64,
    messages: Codes<Any>,
    refusals: Codes<Refusal>,
    calls: Codes<Call>,
    /// Where the numbers of each kind begin, and where the last ones end. The first kind is no message.
    begins: [u64; KINDS + 1],
}

const KINDS: usize = 11;

impl InFlightPacking {
    pub(super) fn new(
        world: &World<Abstract>,
        containers: u8,
        shared: Shared,
        recorded: impl Iterator<Item = Any>,
    ) -> Self {
        let mut packing = Self {
            containers,
            shared,
            servers: 1 + world.shims.len() as u64,
            messages: messages(world, recorded),
            refusals: refusals(world, containers),
            calls: Codes::of(calls(containers)),
            begins: [0; KINDS + 1],
        };
        let (options, result) = (packing.options(), packing.results());
        let (targets, servers, userns) = (packing.targets(), packing.servers, shared.userns);
        let containers = u64::from(containers);
        let sizes: [u64; KINDS] = [
            1,
            userns,
            containers * userns * userns * 2,
            containers,
            targets * options,
            targets * options * options,
            targets * servers * options * options,
            targets * servers * options,
            1,
            targets * result,
            packing.calls.len() * result,
        ];
        for (kind, size) in sizes.into_iter().enumerate() {
            packing.begins[kind + 1] = packing.begins[kind].saturating_add(size);
        }
        packing
    }

    /// How many values there are, none included.
    pub(super) const fn values(&self) -> u64 {
        self.begins[KINDS]
    }

    fn targets(&self) -> u64 {
        1 + u64::from(self.containers)
    }

    fn options(&self) -> u64 {
        1 + self.messages.len()
    }

    fn results(&self) -> u64 {
        1 + self.refusals.len()
    }

    pub(super) fn pack(
        &self,
        message: Option<&InFlight<Abstract>>,
        own: &mut OwnBlock,
    ) -> Result<u64, Misfit> {
        let Some(message) = message else { return Ok(0) };
        let mut to = Writer::new();
        let kind = match message {
            InFlight::RunPodSandbox { userns } => {
                self.shared.write_userns(&mut to, FIELD, *userns, own)?;
                1
            }
            InFlight::CreateContainer {
                container,
                sandbox_userns,
                container_userns,
                idmapped_mounts,
            } => {
                to.put(FIELD, *container, self.containers)?;
                self.shared.write_userns(&mut to, FIELD, *sandbox_userns, own)?;
                self.shared.write_userns(&mut to, FIELD, *container_userns, own)?;
                to.put(FIELD, *idmapped_mounts, 2_u64)?;
                2
            }
            InFlight::StartContainer { container } => {
                to.put(FIELD, *container, self.containers)?;
                3
            }
            InFlight::LoadShimInfo { target, task_options } => {
                self.write_target(&mut to, *target)?;
                self.write_options(&mut to, task_options.as_ref(), own)?;
                4
            }
            InFlight::ShimStart {
                target,
                options,
                task_options,
            } => {
                self.write_target(&mut to, *target)?;
                self.write_options(&mut to, options.as_ref(), own)?;
                self.write_options(&mut to, task_options.as_ref(), own)?;
                5
            }
            InFlight::Info {
                target,
                server,
                options,
                task_options,
            } => {
                self.write_target(&mut to, *target)?;
                self.write_server(&mut to, *server)?;
                self.write_options(&mut to, options.as_ref(), own)?;
                self.write_options(&mut to, task_options.as_ref(), own)?;
                6
            }
            InFlight::Create {
                target,
                server,
                options,
            } => {
                self.write_target(&mut to, *target)?;
                self.write_server(&mut to, *server)?;
                self.write_options(&mut to, options.as_ref(), own)?;
                7
            }
            InFlight::CreateSandbox => 8,
            InFlight::ShimReply { target, result } => {
                self.write_target(&mut to, *target)?;
                self.write_result(&mut to, result.err())?;
                9
            }
            InFlight::Reply { call, result } => {
                to.put(FIELD, self.calls.number(FIELD, call)?, self.calls.len())?;
                self.write_result(&mut to, result.err())?;
                10
            }
        };
        Ok(self.begins[kind] + to.code)
    }

    pub(super) fn unpack(&self, code: u64, own: Block) -> Option<InFlight<Abstract>> {
        // Kinds are few: the last one that begins at or before the number.
        let kind = (1..KINDS).rev().find(|kind| self.begins[*kind] <= code)?;
        let mut from = Reader(code - self.begins[kind]);
        let from = &mut from;
        Some(match kind {
            1 => InFlight::RunPodSandbox {
                userns: self.shared.read_userns(from, own),
            },
            2 => InFlight::CreateContainer {
                container: from.byte(self.containers),
                sandbox_userns: self.shared.read_userns(from, own),
                container_userns: self.shared.read_userns(from, own),
                idmapped_mounts: from.yes(),
            },
            3 => InFlight::StartContainer {
                container: from.byte(self.containers),
            },
            4 => InFlight::LoadShimInfo {
                target: self.read_target(from),
                task_options: self.read_options(from, own),
            },
            5 => InFlight::ShimStart {
                target: self.read_target(from),
                options: self.read_options(from, own),
                task_options: self.read_options(from, own),
            },
            6 => InFlight::Info {
                target: self.read_target(from),
                server: self.read_server(from),
                options: self.read_options(from, own),
                task_options: self.read_options(from, own),
            },
            7 => InFlight::Create {
                target: self.read_target(from),
                server: self.read_server(from),
                options: self.read_options(from, own),
            },
            8 => InFlight::CreateSandbox,
            9 => InFlight::ShimReply {
                target: self.read_target(from),
                result: self.read_result(from),
            },
            _ => InFlight::Reply {
                call: self.calls.value(from.take(self.calls.len())),
                result: self.read_result(from),
            },
        })
    }

    fn write_target(&self, to: &mut Writer, target: Target) -> Result<(), Misfit> {
        let digit = match target {
            Target::Sandbox => 0,
            Target::Container(container) => 1 + u64::from(container),
        };
        to.put(FIELD, digit, self.targets())
    }

    fn read_target(&self, from: &mut Reader) -> Target {
        match from.byte(self.targets()) {
            0 => Target::Sandbox,
            container => Target::Container(container - 1),
        }
    }

    fn write_server(&self, to: &mut Writer, server: Server) -> Result<(), Misfit> {
        let digit = match server {
            Server::Sandbox => 0,
            Server::Own(shim) => 1 + u64::from(shim),
        };
        to.put(FIELD, digit, self.servers)
    }

    fn read_server(&self, from: &mut Reader) -> Server {
        match from.byte(self.servers) {
            0 => Server::Sandbox,
            shim => Server::Own(shim - 1),
        }
    }

    fn write_options(
        &self,
        to: &mut Writer,
        options: Option<&Any>,
        own: &mut OwnBlock,
    ) -> Result<(), Misfit> {
        let digit = match options {
            None => 0,
            Some(any) => {
                if let Some(HostId::InBlock(block)) = Abstract::io_owner(any) {
                    own.meet(block)?;
                }
                1 + self
                    .messages
                    .number("options of the message in flight", &any.with_owner_in(0))?
            }
        };
        to.put(FIELD, digit, self.options())
    }

    fn read_options(&self, from: &mut Reader, own: Block) -> Option<Any> {
        let number = from.take(self.options()).checked_sub(1)?;
        Some(self.messages.value(number).with_owner_in(own.0))
    }

    fn write_result(&self, to: &mut Writer, refusal: Option<Refusal>) -> Result<(), Misfit> {
        let digit = match refusal {
            None => 0,
            Some(refusal) => 1 + self.refusals.number("refusal on its way back", &refusal)?,
        };
        to.put(FIELD, digit, self.results())
    }

    fn read_result(&self, from: &mut Reader) -> Result<(), Refusal> {
        from.take(self.results())
            .checked_sub(1)
            .map_or(Ok(()), |number| Err(self.refusals.value(number)))
    }
}
