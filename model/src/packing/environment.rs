//! The words of an environment.

use crate::abstraction::{Abstract, Blocks};
use crate::environment::{ContainerdState, CriStatus, Environment, Introspected, KubeletState, StartFailure};
use crate::finite::Finite;
use crate::guards::{HandlerFeatures, Introspect};
use crate::world::{Budget, MAX_BINARIES, MAX_HANDLERS, World};

use super::digits::{Reader, Writer, bits_for, byte};
use super::{Misfit, PackingError};

/// The most words of an environment.
pub(super) const MAX_WORDS: usize = 2;

/// Each field of an environment has a place of its own.
const NAMES: [&str; FIELDS] = [
    "kubelet release",
    "kubelet gate",
    "CRI Status",
    "containerd release",
    "configuration",
    "containerd is up",
    "introspected features",
    "shim on disk of binary 1",
    "shim on disk of binary 2",
    "shim on disk of binary 3",
    "shim on disk of binary 4",
    "id blocks given out",
    "faults left",
    "containerd restarts left",
    "kubelet restarts left",
    "shim crashes left",
    "RPC time-outs left",
    "container exits left",
    "pod deletions left",
    "gate flips left",
    "containerd upgrades left",
    "kubelet upgrades left",
    "shim upgrades left",
    "configuration changes left",
];
const FIELDS: usize = 24;
const ON_DISK: usize = 7;
const MAPPINGS: usize = ON_DISK + MAX_BINARIES;
const FAULTS: usize = MAPPINGS + 1;

#[derive(Clone, Copy, Debug, Default)]
struct Field {
    radix: u64,
    word: usize,
    shift: u32,
    mask: u64,
}

/// How an environment of a world is packed.
#[derive(Clone, Debug)]
pub(super) struct EnvironmentPacking {
    fields: [Field; FIELDS],
    words: usize,
    handlers: usize,
    /// For each binary, the shims that can be on disk.
    on_disk: [Vec<u8>; MAX_BINARIES],
}

/// What containerd can have found out about a handler.
const INTROSPECTED: [Introspected; 6] = [
    Introspected::NotConfigured,
    Introspected::Without(Introspect::NoList),
    Introspected::Without(Introspect::ListOnly),
    Introspected::Without(Introspect::Ask),
    Introspected::Features { userns: false },
    Introspected::Features { userns: true },
];

impl EnvironmentPacking {
    pub(super) fn new(world: &World<Abstract>) -> Result<Self, PackingError> {
        let handlers = world.handlers.len().clamp(1, MAX_HANDLERS);
        let mut on_disk: [Vec<u8>; MAX_BINARIES] = Default::default();
        for (rows, binary) in on_disk.iter_mut().zip(&world.binaries) {
            rows.extend(&binary.rows);
            rows.extend(binary.shipped.iter().flatten());
            rows.sort_unstable();
            rows.dedup();
        }
        let mut radices = [0; FIELDS];
        let power = |base: usize| (0..handlers).fold(1, |product, _| product * base as u64);
        radices[..ON_DISK].copy_from_slice(&[
            world.kubelets.len() as u64,
            2,
            1 + 2 * power(HandlerFeatures::CARDINALITY),
            world.containerd.len() as u64,
            world.configurations.len() as u64,
            3,
            power(INTROSPECTED.len()),
        ]);
        for (radix, rows) in radices[ON_DISK..].iter_mut().zip(&on_disk) {
            *radix = rows.len().max(1) as u64;
        }
        radices[MAPPINGS] = 1 << world.pods.len();
        for (radix, budget) in radices[FAULTS..].iter_mut().zip(budgets(&world.faults)) {
            *radix = u64::from(budget) + 1;
        }
        let mut fields = [Field::default(); FIELDS];
        let (mut word, mut shift) = (0, 0);
        for (number, radix) in radices.into_iter().enumerate() {
            let bits = bits_for(radix);
            if shift + bits > u64::BITS {
                (word, shift) = (word + 1, 0);
            }
            if word == MAX_WORDS {
                return Err(PackingError::Environment {
                    field: NAMES[number],
                    bits,
                });
            }
            fields[number] = Field {
                radix,
                word,
                // A field without bits may stand behind the last one.
                shift: shift.min(u64::BITS - 1),
                mask: 1_u64.checked_shl(bits).map_or(u64::MAX, |end| end - 1),
            };
            shift += bits;
        }
        Ok(Self {
            fields,
            words: word + 1,
            handlers,
            on_disk,
        })
    }

    /// How many words an environment has.
    pub(super) const fn words(&self) -> usize {
        self.words
    }

    /// Writes an environment into words, the first ones of a state.
    pub(super) fn pack(&self, env: &Environment<Abstract>, words: &mut [u64]) -> Result<(), Misfit> {
        words[..self.words].fill(0);
        for (number, digit) in self.digits(env)?.into_iter().enumerate() {
            let field = self.fields[number];
            if digit >= field.radix {
                return Err(Misfit { field: NAMES[number] });
            }
            words[field.word] |= digit << field.shift;
        }
        Ok(())
    }

    fn digits(&self, env: &Environment<Abstract>) -> Result<[u64; FIELDS], Misfit> {
        let mut digits = [0; FIELDS];
        let Environment {
            kubelet,
            containerd,
            on_disk,
            mappings,
            faults,
        } = env;
        digits[..ON_DISK].copy_from_slice(&[
            kubelet.row.into(),
            kubelet.gate.into(),
            self.status(kubelet.status.as_ref())?,
            containerd.row.into(),
            containerd.configuration.into(),
            match containerd.up {
                Ok(()) => 0,
                Err(StartFailure::ConfigRefused) => 1,
                Err(StartFailure::IntrospectionPanic) => 2,
            },
            self.introspected(&containerd.introspected)?,
        ]);
        for (number, (shim, rows)) in on_disk.iter().zip(&self.on_disk).enumerate() {
            let field = NAMES[ON_DISK + number];
            digits[ON_DISK + number] = match rows.iter().position(|row| row == shim) {
                Some(position) => position as u64,
                None if rows.is_empty() && *shim == 0 => 0,
                None => return Err(Misfit { field }),
            };
        }
        digits[MAPPINGS] = mappings.bits();
        for (digit, left) in digits[FAULTS..].iter_mut().zip(budgets(faults)) {
            *digit = left.into();
        }
        Ok(digits)
    }

    fn status(&self, status: Option<&CriStatus>) -> Result<u64, Misfit> {
        let Some(status) = status else { return Ok(0) };
        let (asked, others) = status.handlers.split_at(self.handlers);
        let field = NAMES[2];
        if others.iter().any(|features| *features != of_others(asked[0])) {
            return Err(Misfit { field });
        }
        let mut writer = Writer::new();
        writer.put(field, status.host_network_userns, 2_u64)?;
        for features in asked {
            writer.put(
                field,
                features.index() as u64,
                HandlerFeatures::CARDINALITY as u64,
            )?;
        }
        Ok(1 + writer.code)
    }

    fn introspected(&self, found: &[Introspected; MAX_HANDLERS]) -> Result<u64, Misfit> {
        let (asked, others) = found.split_at(self.handlers);
        let field = NAMES[6];
        if others.iter().any(|other| *other != Introspected::NotConfigured) {
            return Err(Misfit { field });
        }
        let mut writer = Writer::new();
        for introspected in asked {
            let digit = INTROSPECTED.iter().position(|known| known == introspected);
            let digit = digit.ok_or(Misfit { field })?;
            writer.put(field, digit as u64, INTROSPECTED.len() as u64)?;
        }
        Ok(writer.code)
    }

    /// The environment in the first words of a state.
    pub(super) fn unpack(&self, words: &[u64]) -> Environment<Abstract> {
        let digit = |number: usize| {
            let field = self.fields[number];
            words[field.word] >> field.shift & field.mask
        };
        let fault = |number| byte(digit(FAULTS + number));
        let mut on_disk = [0; MAX_BINARIES];
        for (number, (shim, rows)) in on_disk.iter_mut().zip(&self.on_disk).enumerate() {
            let position = usize::from(byte(digit(ON_DISK + number)));
            *shim = rows.get(position).copied().unwrap_or_default();
        }
        Environment {
            kubelet: KubeletState {
                row: byte(digit(0)),
                gate: digit(1) != 0,
                status: self.status_of(digit(2)),
            },
            containerd: ContainerdState {
                row: byte(digit(3)),
                configuration: byte(digit(4)),
                up: match digit(5) {
                    0 => Ok(()),
                    1 => Err(StartFailure::ConfigRefused),
                    _ => Err(StartFailure::IntrospectionPanic),
                },
                introspected: self.introspected_of(digit(6)),
            },
            on_disk,
            mappings: Blocks::of_bits(digit(MAPPINGS)),
            faults: Budget {
                total: fault(0),
                containerd_restart: fault(1),
                kubelet_restart: fault(2),
                shim_crash: fault(3),
                rpc_timeout: fault(4),
                container_exit: fault(5),
                pod_delete: fault(6),
                gate_flip: fault(7),
                containerd_upgrade: fault(8),
                kubelet_upgrade: fault(9),
                shim_upgrade: fault(10),
                config_change: fault(11),
            },
        }
    }

    fn status_of(&self, code: u64) -> Option<CriStatus> {
        let mut reader = Reader(code.checked_sub(1)?);
        let host_network_userns = reader.yes();
        let mut handlers = [HandlerFeatures::NotListed; MAX_HANDLERS];
        for features in &mut handlers[..self.handlers] {
            let digit = reader.byte(HandlerFeatures::CARDINALITY as u64);
            *features = HandlerFeatures::from_index(digit.into()).unwrap_or(HandlerFeatures::NotSet);
        }
        let others = of_others(handlers[0]);
        handlers[self.handlers..].fill(others);
        Some(CriStatus {
            handlers,
            host_network_userns,
        })
    }

    fn introspected_of(&self, code: u64) -> [Introspected; MAX_HANDLERS] {
        let mut reader = Reader(code);
        let mut found = [Introspected::NotConfigured; MAX_HANDLERS];
        for introspected in &mut found[..self.handlers] {
            *introspected = INTROSPECTED[usize::from(reader.byte(INTROSPECTED.len() as u64))];
        }
        found
    }

    /// Replaces the blocks that are given out.
    pub(super) fn set_blocks(&self, words: &mut [u64], blocks: u64) {
        let field = self.fields[MAPPINGS];
        let word = &mut words[field.word];
        *word = *word & !(field.mask << field.shift) | blocks << field.shift;
    }

    /// For each field, how many values it has.
    #[cfg(test)]
    pub(super) fn radices(&self) -> impl Iterator<Item = (usize, u32, u64)> {
        self.fields
            .iter()
            .map(|field| (field.word, field.shift, field.radix))
    }
}

/// What CRI Status says of a handler that no pod uses: nothing, or that there is no list at all.
const fn of_others(first: HandlerFeatures) -> HandlerFeatures {
    match first {
        HandlerFeatures::EmptyList => HandlerFeatures::EmptyList,
        _ => HandlerFeatures::NotListed,
    }
}

/// In the order of [`NAMES`].
const fn budgets(budget: &Budget) -> [u8; FIELDS - FAULTS] {
    let Budget {
        total,
        containerd_restart,
        kubelet_restart,
        shim_crash,
        rpc_timeout,
        container_exit,
        pod_delete,
        gate_flip,
        containerd_upgrade,
        kubelet_upgrade,
        shim_upgrade,
        config_change,
    } = *budget;
    [
        total,
        containerd_restart,
        kubelet_restart,
        shim_crash,
        rpc_timeout,
        container_exit,
        pod_delete,
        gate_flip,
        containerd_upgrade,
        kubelet_upgrade,
        shim_upgrade,
        config_change,
    ]
}
