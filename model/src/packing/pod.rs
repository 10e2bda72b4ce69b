//! The word of a pod.

use crate::abstraction::{Abstract, Any, Block, HostId};
use crate::domain::Domain;
use crate::finite::Finite;
use crate::guards::Mounts;
use crate::pod::{Container, ContainerState, LeftBehind, Phase, Pod, Sandbox, SandboxState};
use crate::type_url::TypeUrl;
use crate::userns::Userns;
use crate::world::{Client, MAX_CONTAINERS, World};

use super::digits::{Reader, Writer, bits_for, byte};
use super::in_flight::InFlightPacking;
use super::{Misfit, PackingError};

/// How pods of one specification are packed, each into one word.
///
/// All ids of a pod are in one block: its mapping's, or the one that it had before. So the word has a field for
/// the block, the lowest one, and everything else says only "in the pod's block".
#[derive(Clone, Debug)]
pub(super) struct PodPacking {
    spec: u8,
    containers: u8,
    /// How many blocks there are.
    blocks: u64,
    shared: Shared,
    records: Vec<Record>,
    /// For each configuration and release, the number of the record.
    record_numbers: Vec<Option<u32>>,
    containerd: usize,
    shims: u64,
    in_flight: InFlightPacking,
    /// Where each field begins, and the bits after the last one.
    places: [Place; FIELDS],
}

/// What parts of a pod are packed alike.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shared {
    /// How many forms of user-namespace options the client sends.
    pub(super) userns: u64,
    oci_runtimes: u64,
}

/// What a sandbox record says of its handler, which follows from configuration and release.
#[derive(Clone, Copy, Debug)]
struct Record {
    configuration: u8,
    containerd: u8,
    selected: TypeUrl,
    options: Option<Any>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Place {
    shift: u32,
    mask: u64,
}

const FIELDS: usize = 6;
const NAMES: [&str; FIELDS] = [
    "id block",
    "phase",
    "sandbox",
    "first container",
    "second container",
    "message in flight",
];
const BLOCK: usize = 0;
const PHASE: usize = 1;
const SANDBOX: usize = 2;
const CONTAINERS: usize = 3;
const IN_FLIGHT: usize = CONTAINERS + MAX_CONTAINERS;

/// The block that all ids of a pod are in.
#[derive(Debug, Default)]
pub(super) struct OwnBlock(Option<u8>);

impl OwnBlock {
    /// Takes note of an id in a block.
    pub(super) fn meet(&mut self, block: u8) -> Result<(), Misfit> {
        match *self.0.get_or_insert(block) {
            own if own == block => Ok(()),
            _ => Err(Misfit { field: NAMES[BLOCK] }),
        }
    }
}

impl PodPacking {
    pub(super) fn new(world: &World<Abstract>, spec: u8) -> Result<Self, PackingError> {
        let pod = world.pod_spec(spec);
        let containers = u8::try_from(pod.containers.len().min(MAX_CONTAINERS)).unwrap_or(u8::MAX);
        let shared = Shared {
            userns: match world.client {
                Client::Kubelet => 3,
                Client::Any => 10,
            },
            oci_runtimes: world.oci_runtimes.len() as u64,
        };
        let (records, record_numbers) = records(world, pod.handler);
        let in_flight = InFlightPacking::new(
            world,
            containers,
            shared,
            records.iter().filter_map(|record| record.options),
        );
        let mut packing = Self {
            spec,
            containers,
            blocks: world.pods.len() as u64,
            shared,
            records,
            record_numbers,
            containerd: world.containerd.len(),
            shims: world.shims.len() as u64,
            in_flight,
            places: [Place::default(); FIELDS],
        };
        packing.place(&pod.name)?;
        Ok(packing)
    }

    /// How many values each field has.
    fn radices(&self) -> [u64; FIELDS] {
        let container = |number: u8| {
            if number < self.containers {
                1 + self.shared.userns * Mounts::CARDINALITY as u64 * self.states()
            } else {
                1
            }
        };
        [
            1 + 2 * self.blocks,
            7 + self.syncing(),
            1 + self.records.len() as u64 * 3 * self.shared.userns * 8 * (1 + self.shims),
            container(0),
            container(1),
            self.in_flight.values(),
        ]
    }

    fn place(&mut self, pod: &str) -> Result<(), PackingError> {
        let bits = self.radices().map(bits_for);
        let needed: u32 = bits.iter().sum();
        if needed > u64::BITS {
            let widest = (0..FIELDS).max_by_key(|field| bits[*field]).unwrap_or_default();
            return Err(PackingError::Pod {
                pod: pod.to_owned(),
                needed,
                field: NAMES[widest],
                bits: bits[widest],
            });
        }
        let mut shift = 0;
        for (place, bits) in self.places.iter_mut().zip(bits) {
            *place = Place {
                // A field without bits may stand behind the last one.
                shift: shift.min(u64::BITS - 1),
                mask: 1_u64.checked_shl(bits).map_or(u64::MAX, |end| end - 1),
            };
            shift += bits;
        }
        Ok(())
    }

    fn syncing(&self) -> u64 {
        self.shared.userns * (u64::from(self.containers) + 1) * 2
    }

    /// How many states a container can be in: created, exited with what was left behind, running.
    fn states(&self) -> u64 {
        RUNNING + 2 * OWNERS * self.shared.oci_runtimes * self.shims
    }

    /// The word of a pod.
    pub(super) fn pack(&self, pod: &Pod<Abstract>) -> Result<u64, Misfit> {
        if pod.spec != self.spec {
            return Err(Misfit {
                field: "specification",
            });
        }
        let mut own = OwnBlock::default();
        if let Some(Block(block)) = pod.mapping {
            own.meet(block)?;
        }
        let mut word = 0;
        let mut write = |field: usize, code: u64| word |= code << self.places[field].shift;
        write(PHASE, self.phase(&pod.phase, &mut own)?);
        write(SANDBOX, self.sandbox(pod.sandbox.as_ref(), &mut own)?);
        for (number, container) in (0..).zip(&pod.containers) {
            let code = match container {
                None => 0,
                Some(_) if number >= self.containers => {
                    return Err(Misfit {
                        field: NAMES[CONTAINERS],
                    });
                }
                Some(container) => self.container(container, &mut own)?,
            };
            write(CONTAINERS + usize::from(number), code);
        }
        write(IN_FLIGHT, self.in_flight.pack(pod.in_flight.as_ref(), &mut own)?);
        let held = pod.mapping.is_some();
        let block = own
            .0
            .map_or(0, |block| 1 + 2 * u64::from(block) + u64::from(held));
        if block > 2 * self.blocks {
            return Err(Misfit { field: NAMES[BLOCK] });
        }
        write(BLOCK, block);
        Ok(word)
    }

    /// The pod of a word.
    pub(super) fn unpack(&self, word: u64) -> Pod<Abstract> {
        let code = |field: usize| word >> self.places[field].shift & self.places[field].mask;
        let block = code(BLOCK);
        let own = Block(byte(block.saturating_sub(1) / 2));
        let container = |number: u8| self.container_of(code(CONTAINERS + usize::from(number)), own);
        Pod {
            spec: self.spec,
            phase: self.phase_of(code(PHASE), own),
            mapping: (block != 0 && (block - 1) % 2 == 1).then_some(own),
            sandbox: self.sandbox_of(code(SANDBOX), own),
            containers: [container(0), container(1)],
            in_flight: self.in_flight.unpack(code(IN_FLIGHT), own),
        }
    }

    fn phase(&self, phase: &Phase<Abstract>, own: &mut OwnBlock) -> Result<u64, Misfit> {
        let field = NAMES[PHASE];
        Ok(match *phase {
            Phase::Pending => 0,
            Phase::Waiting => 1,
            Phase::Settled => 2,
            Phase::Failed => 3,
            Phase::LeftAlone => 4,
            Phase::Terminated => 5,
            Phase::Deleted => 6,
            Phase::Syncing {
                sandbox_userns,
                next,
                failed,
            } => {
                let mut writer = Writer::new();
                self.shared
                    .write_userns(&mut writer, field, sandbox_userns, own)?;
                writer.put(field, failed, 2_u64)?;
                writer.put(field, next, self.containers + 1)?;
                7 + writer.code
            }
        })
    }

    fn phase_of(&self, code: u64, own: Block) -> Phase<Abstract> {
        match code {
            0 => Phase::Pending,
            1 => Phase::Waiting,
            2 => Phase::Settled,
            3 => Phase::Failed,
            4 => Phase::LeftAlone,
            5 => Phase::Terminated,
            6 => Phase::Deleted,
            _ => {
                let mut reader = Reader(code - 7);
                Phase::Syncing {
                    sandbox_userns: self.shared.read_userns(&mut reader, own),
                    failed: reader.yes(),
                    next: reader.byte(self.containers + 1),
                }
            }
        }
    }

    fn sandbox(&self, sandbox: Option<&Sandbox<Abstract>>, own: &mut OwnBlock) -> Result<u64, Misfit> {
        let field = NAMES[SANDBOX];
        let Some(sandbox) = sandbox else { return Ok(0) };
        let position = usize::from(sandbox.configuration) * self.containerd + usize::from(sandbox.containerd);
        let number = self.record_numbers.get(position).copied().flatten();
        let number = number.ok_or(Misfit { field })?;
        let record = &self.records[number as usize];
        if record.selected != sandbox.selected || record.options != sandbox.options {
            return Err(Misfit {
                field: "runtime options of the sandbox record",
            });
        }
        let state = match sandbox.state {
            SandboxState::Creating => 0_u64,
            SandboxState::Ready => 1,
            SandboxState::NotReady => 2,
        };
        let mut writer = Writer::new();
        writer.put(field, number, self.records.len() as u64)?;
        writer.put(field, state, 3_u64)?;
        self.shared
            .write_userns(&mut writer, field, sandbox.userns, own)?;
        writer.put(field, sandbox.pinned, 2_u64)?;
        writer.put(field, sandbox.in_store, 2_u64)?;
        writer.put(field, sandbox.endpoint, 2_u64)?;
        let shim = sandbox.shim.map_or(0, |shim| 1 + u64::from(shim));
        writer.put("shim of the sandbox", shim, 1 + self.shims)?;
        Ok(1 + writer.code)
    }

    fn sandbox_of(&self, code: u64, own: Block) -> Option<Sandbox<Abstract>> {
        let mut reader = Reader(code.checked_sub(1)?);
        let number = usize::try_from(reader.take(self.records.len() as u64)).unwrap_or(usize::MAX);
        let record = self.records[number];
        Some(Sandbox {
            configuration: record.configuration,
            containerd: record.containerd,
            selected: record.selected,
            options: record.options,
            state: match reader.take(3_u64) {
                0 => SandboxState::Creating,
                1 => SandboxState::Ready,
                _ => SandboxState::NotReady,
            },
            userns: self.shared.read_userns(&mut reader, own),
            pinned: reader.yes(),
            in_store: reader.yes(),
            endpoint: reader.yes(),
            shim: reader.take(1 + self.shims).checked_sub(1).map(byte),
        })
    }

    fn container(&self, container: &Container<Abstract>, own: &mut OwnBlock) -> Result<u64, Misfit> {
        let field = NAMES[CONTAINERS];
        let mut writer = Writer::new();
        self.shared
            .write_userns(&mut writer, field, container.userns, own)?;
        writer.put(field, container.mounts.index() as u64, Mounts::CARDINALITY as u64)?;
        if container.left_behind != LeftBehind::Nothing && container.state != ContainerState::Exited {
            return Err(Misfit {
                field: "what a container left behind",
            });
        }
        let state = match container.state {
            ContainerState::Created => 0,
            ContainerState::Exited => match container.left_behind {
                LeftBehind::Nothing => 1,
                LeftBehind::Entry => 2,
                LeftBehind::EntryAndProcess => 3,
                LeftBehind::Process => 4,
            },
            ContainerState::Running {
                in_userns,
                pipe_owner,
                oci_runtime,
                shim,
            } => {
                let mut running = Writer::new();
                running.put(field, in_userns, 2_u64)?;
                running.put(field, owner_code(pipe_owner, own)?, OWNERS)?;
                running.put(
                    "OCI runtime of a container",
                    oci_runtime,
                    self.shared.oci_runtimes,
                )?;
                running.put("shim of a container", shim, self.shims)?;
                RUNNING + running.code
            }
        };
        writer.put(field, state, self.states())?;
        Ok(1 + writer.code)
    }

    fn container_of(&self, code: u64, own: Block) -> Option<Container<Abstract>> {
        let mut reader = Reader(code.checked_sub(1)?);
        let userns = self.shared.read_userns(&mut reader, own);
        let mounts =
            Mounts::from_index(reader.byte(Mounts::CARDINALITY as u64).into()).unwrap_or(Mounts::Plain);
        let state = reader.take(self.states());
        Some(Container {
            userns,
            mounts,
            left_behind: match state {
                2 => LeftBehind::Entry,
                3 => LeftBehind::EntryAndProcess,
                4 => LeftBehind::Process,
                _ => LeftBehind::Nothing,
            },
            state: match state {
                0 => ContainerState::Created,
                1..RUNNING => ContainerState::Exited,
                running => {
                    let mut running = Reader(running - RUNNING);
                    ContainerState::Running {
                        in_userns: running.yes(),
                        pipe_owner: owner_of(running.take(OWNERS), own),
                        oci_runtime: running.byte(self.shared.oci_runtimes),
                        shim: running.byte(self.shims),
                    }
                }
            },
        })
    }

    /// The word with its block replaced by block 0, and whether the pod holds the block.
    pub(super) fn without_block(&self, word: u64) -> (u64, bool) {
        let block = word & self.places[BLOCK].mask;
        let held = block != 0 && (block - 1) % 2 == 1;
        let plain = if block == 0 { 0 } else { 1 + u64::from(held) };
        (word & !self.places[BLOCK].mask | plain, held)
    }

    /// What is added to the word of a pod in block 0 so that it is in another one.
    pub(super) const fn block_offset(block: u64) -> u64 {
        2 * block
    }

    #[cfg(test)]
    pub(super) fn fields(&self) -> impl Iterator<Item = (u32, u64)> {
        self.places.iter().map(|place| place.shift).zip(self.radices())
    }
}

/// What the sandbox record of a handler can say, and the number of each by configuration and release.
fn records(world: &World<Abstract>, handler: u8) -> (Vec<Record>, Vec<Option<u32>>) {
    let mut records = Vec::new();
    let mut numbers = Vec::new();
    for configuration in 0..u8::try_from(world.configurations.len()).unwrap_or(u8::MAX) {
        for containerd in 0..u8::try_from(world.containerd.len()).unwrap_or(u8::MAX) {
            let config = world.handler_config(containerd, configuration, handler);
            numbers.push(config.map(|config| {
                let selected = world.selected_type(containerd, config.runtime_type);
                let body = world.containerd[usize::from(containerd)].row.config_body;
                let options = config
                    .options
                    .as_ref()
                    .map(|table| Abstract::through_store(Abstract::generate(selected, table, body)));
                records.push(Record {
                    configuration,
                    containerd,
                    selected,
                    options,
                });
                u32::try_from(records.len() - 1).unwrap_or(u32::MAX)
            }));
        }
    }
    (records, numbers)
}

impl Shared {
    pub(super) fn write_userns(
        self,
        writer: &mut Writer,
        field: &'static str,
        userns: Userns<Block>,
        own: &mut OwnBlock,
    ) -> Result<(), Misfit> {
        let digit = match userns {
            Userns::Nil => 0_u64,
            Userns::Node => 1,
            Userns::Pod(Block(block)) => {
                own.meet(block)?;
                2
            }
            Userns::LinuxNil => 3,
            Userns::NodeWithMappings => 4,
            Userns::PodWithoutMappings => 5,
            Userns::PodTwoLines => 6,
            Userns::PodZeroLength => 7,
            Userns::Container => 8,
            Userns::Target => 9,
        };
        writer.put(field, digit, self.userns)
    }

    pub(super) fn read_userns(self, reader: &mut Reader, own: Block) -> Userns<Block> {
        match reader.take(self.userns) {
            0 => Userns::Nil,
            1 => Userns::Node,
            2 => Userns::Pod(own),
            3 => Userns::LinuxNil,
            4 => Userns::NodeWithMappings,
            5 => Userns::PodWithoutMappings,
            6 => Userns::PodTwoLines,
            7 => Userns::PodZeroLength,
            8 => Userns::Container,
            _ => Userns::Target,
        }
    }
}

/// The first code of a running container: those before it are of one that was created, and of one that exited.
const RUNNING: u64 = 5;

/// How many owners pipes can have, none included.
const OWNERS: u64 = 4;

fn owner_code(owner: Option<HostId>, own: &mut OwnBlock) -> Result<u64, Misfit> {
    Ok(match owner {
        None => 0,
        Some(HostId::Root) => 1,
        Some(HostId::Identity) => 2,
        Some(HostId::InBlock(block)) => {
            own.meet(block)?;
            3
        }
    })
}

const fn owner_of(code: u64, own: Block) -> Option<HostId> {
    match code {
        0 => None,
        1 => Some(HostId::Root),
        2 => Some(HostId::Identity),
        _ => Some(HostId::InBlock(own.0)),
    }
}
