//! What chance draws: any releases one after another, any shims, handlers with any options, many pods.

use std::collections::{BTreeMap, BTreeSet};

use shimproof_model::catalog::version::Range;
use shimproof_model::catalog::{Catalog, ContainerdRow, KubeletRow};
use shimproof_model::world::{MAX_BINARIES, MAX_CONTAINERS, MAX_HANDLERS};
use toml::{Table, Value};

use super::{AnyNode, Configuration, Container, Handler, Pods, Shim};
use crate::simulate::random::Random;

/// The most pods of a drawn node.
const PODS: usize = 240;

/// Runtime types, known ones and ones that nobody serves.
const RUNTIME_TYPES: [&str; 10] = [
    "io.containerd.runc.v2",
    "io.containerd.runc.v2",
    "io.containerd.runc.v1",
    "io.containerd.runtime.v1.linux",
    "io.containerd.runhcs.v1",
    "io.containerd.runsc.v1",
    "io.containerd.kata.v2",
    "io.containerd.wasmtime.v1",
    "io.containerd.RUNC.v2",
    "no type at all",
];

/// Paths of shim binaries.
const PATHS: [&str; 3] = [
    "/opt/shim",
    "/usr/local/bin/containerd-shim-runc-v2",
    "/opt/containerd-shim-runsc-v1",
];

/// Type URLs of an operator, and texts that are none.
const TYPE_URLS: [&str; 10] = [
    "io.containerd.runsc.v1.options",
    "io.containerd.runsc.v1.options",
    "type.googleapis.com/io.containerd.runsc.v1.options",
    "types.googleapis.com/containerd.runc.v1.Options",
    "containerd.runc.v1.Options",
    "runtimeoptions.v1.Options",
    "io.containerd.runsc.v2.options",
    "IO.CONTAINERD.RUNSC.V1.OPTIONS",
    " io.containerd.runsc.v1.options",
    "https://example.org/a type?",
];

/// One key, as it is spelt and misspelt.
const SPELLINGS: [&str; 4] = [
    "SystemdCgroup",
    "systemdCgroup",
    "systemd_cgroup",
    "SYSTEMDCGROUP",
];

/// Characters of texts that nobody would write.
const CHARACTERS: [char; 16] = [
    'a',
    'Z',
    '0',
    '.',
    '/',
    ' ',
    '"',
    '\'',
    '\\',
    '\n',
    '\t',
    '#',
    '=',
    '\u{7f}',
    'é',
    '\u{1f980}',
];

/// Users of containers, on both sides of the ends of mappings and of what the API server takes.
const USERS: [u32; 8] = [0, 1, 1000, 65534, 65535, 65536, 70000, 2_147_483_647];

/// Faults by kind, and how often each happens at most.
const FAULTS: [(&str, u8); 7] = [
    ("containerd-restart", 3),
    ("kubelet-restart", 3),
    ("shim-crash", 4),
    ("rpc-timeout", 4),
    ("container-exit", 4),
    ("pod-delete", 4),
    ("gate-flip", 3),
];

impl AnyNode {
    /// Draws a node; with a design, it runs on that release alone.
    pub(in crate::simulate) fn draw(
        catalog: &Catalog,
        design: Option<&ContainerdRow>,
        name: String,
        random: &mut Random,
    ) -> Self {
        let upgrades = if design.is_some() { 0 } else { random.below(3) };
        let containerd: Vec<&ContainerdRow> = (0..=upgrades)
            .map(|_| design.unwrap_or_else(|| random.pick(catalog.containerd())))
            .collect();
        let kubelets: Vec<&KubeletRow> = (0..=random.below(2))
            .map(|_| random.pick(catalog.kubelet()))
            .collect();
        let gates = gates(&kubelets, random);
        let oci_runtimes = oci_runtimes(catalog, random);
        let (types, paths) = binaries(random);
        let shims = shims(catalog, &types, &paths, random);
        let handlers: Vec<String> = (0..=random.below(MAX_HANDLERS))
            .take(MAX_HANDLERS)
            .map(|number| format!("handler-{number}"))
            .collect();
        let newest = containerd.iter().map(|row| row.config_max_version).max();
        let configurations = (0..=random.below(2))
            .map(|_| {
                let mut configured = BTreeMap::new();
                for (number, name) in handlers.iter().enumerate() {
                    // The first is always there: a handler that no file has is a slip of the pen.
                    if number == 0 || !random.one_in(10) {
                        configured.insert(name.clone(), handler(&types, &paths, &oci_runtimes, random));
                    }
                }
                Configuration {
                    version: version(newest, random),
                    no_pivot: random.one_in(6),
                    handlers: configured,
                }
            })
            .collect::<Vec<Configuration>>();
        let configured: Vec<&String> = configurations[0].handlers.keys().collect();
        let pods = pods(&configured, random);
        Self {
            name,
            containerd: containerd.iter().map(|row| release(row, random)).collect(),
            kubelets: kubelets
                .iter()
                .map(|row| of_range(&row.releases, random))
                .collect(),
            gates,
            ids_per_pod: random.one_in(4).then(|| 65536 * u32::from(random.between(1, 3))),
            configurations,
            shims,
            oci_runtimes,
            pods,
            volumes_idmapped: !random.one_in(5),
            any_client: random.one_in(5),
            faults: random.between(0, 12),
            budget: FAULTS
                .iter()
                .map(|(kind, most)| ((*kind).to_owned(), random.between(0, *most)))
                .collect(),
        }
    }
}

/// One end of one of the ranges.
fn of_range(ranges: &[Range], random: &mut Random) -> String {
    let range = random.pick(ranges);
    let version = if random.one_in(2) {
        &range.first
    } else {
        &range.last
    };
    version.as_str().to_owned()
}

/// A release of a row: a tag, or a commit of a window.
fn release(row: &ContainerdRow, random: &mut Random) -> String {
    let of_window = row.releases.is_empty() || (!row.windows.is_empty() && random.one_in(3));
    if of_window {
        let window = random.pick(&row.windows);
        format!("{}@{}", window.branch, random.pick(&window.commits))
    } else {
        of_range(&row.releases, random)
    }
}

/// Gates that the first kubelet has, and has not locked.
fn gates(kubelets: &[&KubeletRow], random: &mut Random) -> BTreeMap<String, bool> {
    let row = kubelets[0];
    let mut gates = BTreeMap::new();
    if !row.gate.is_empty() && !row.gate_locked {
        gates.insert(row.gate.clone(), random.one_in(2));
    }
    if !row.host_network_gate.is_empty() {
        gates.insert(row.host_network_gate.clone(), random.one_in(2));
    }
    gates
}

fn oci_runtimes(catalog: &Catalog, random: &mut Random) -> BTreeMap<String, Option<(String, String)>> {
    (0..=random.below(3))
        .map(|number| {
            let row = random.pick(catalog.oci_runtimes());
            let binary = if number == 0 {
                "runc".to_owned()
            } else {
                format!("/opt/oci-{number}")
            };
            let installed = (!random.one_in(5)).then(|| (row.name.clone(), of_range(&row.versions, random)));
            (binary, installed)
        })
        .collect()
}

/// The runtime types and paths of a node's handlers: no more than the machine has binaries.
fn binaries(random: &mut Random) -> (Vec<&'static str>, Vec<&'static str>) {
    let mut distinct = |from: &[&'static str], most: usize| -> Vec<&'static str> {
        let drawn: BTreeSet<&str> = (0..most).map(|_| *random.pick(from)).collect();
        drawn.into_iter().collect()
    };
    let types = distinct(&RUNTIME_TYPES, 3);
    let paths = distinct(&PATHS, (MAX_BINARIES - types.len()).min(2));
    (types, paths)
}

fn shims(catalog: &Catalog, types: &[&str], paths: &[&str], random: &mut Random) -> BTreeMap<String, Shim> {
    let mut shims = BTreeMap::new();
    for key in types.iter().chain(paths) {
        let ships = *key == "io.containerd.runc.v2" || key.ends_with("/containerd-shim-runc-v2");
        if ships && random.one_in(2) {
            continue;
        }
        let row = random.pick(catalog.shims());
        let of_name: Vec<_> = catalog
            .shims()
            .iter()
            .filter(|other| other.name == row.name)
            .collect();
        let mut versions = vec![of_range(&row.versions, random)];
        versions.extend((0..random.below(3)).map(|_| of_range(&random.pick(&of_name).versions, random)));
        let name = row.name.clone();
        shims.insert((*key).to_owned(), Shim { name, versions });
    }
    shims
}

fn handler(
    types: &[&str],
    paths: &[&str],
    oci_runtimes: &BTreeMap<String, Option<(String, String)>>,
    random: &mut Random,
) -> Handler {
    let with_path = !paths.is_empty() && random.one_in(3);
    Handler {
        runtime_type: (*random.pick(types)).to_owned(),
        runtime_path: with_path.then(|| (*random.pick(paths)).to_owned()),
        sandboxer: match random.below(6) {
            0 => Some("shim".to_owned()),
            1 => Some("other".to_owned()),
            2 => Some("podsandbox".to_owned()),
            _ => None,
        },
        options: (!random.one_in(3)).then(|| options(oci_runtimes, random)),
    }
}

/// An options table with keys of every message, and with some of none.
fn options(oci_runtimes: &BTreeMap<String, Option<(String, String)>>, random: &mut Random) -> Table {
    let binaries: Vec<&String> = oci_runtimes.keys().collect();
    let mut table = Table::new();
    for _ in 0..random.below(6) {
        let (key, value): (&str, Value) = match random.below(15) {
            0 | 1 => ("TypeUrl", type_url(random).into()),
            2 => ("ConfigPath", text_or_none(random).into()),
            3 => ("SystemdCgroup", (!random.one_in(4)).into()),
            4 => (*random.pick(&SPELLINGS), (!random.one_in(4)).into()),
            5 => ("BinaryName", random.pick(&binaries).as_str().into()),
            6 => ("Root", text_or_none(random).into()),
            7 => ("NoNewKeyring", random.one_in(2).into()),
            8 => ("ShimCgroup", text_or_none(random).into()),
            9 => ("Debug", true.into()),
            10 => ("Runtime", text(random).into()),
            11 => ("NoPivotRoot", random.one_in(2).into()),
            // Another owner than root is told apart from that of a container only in bytes.
            12 => ("IoUid", 0.into()),
            13 => ("BinaryName", "".into()),
            _ => ("CriuWorkPath", text(random).into()),
        };
        table.insert(key.to_owned(), value);
    }
    if random.one_in(8) {
        table.insert(format!("Key{}", random.below(100)), random.one_in(2).into());
    }
    table
}

fn type_url(random: &mut Random) -> String {
    if random.one_in(4) {
        return text_or_none(random);
    }
    (*random.pick(&TYPE_URLS)).to_owned()
}

/// A text, sometimes empty: what proto3 does not carry.
fn text_or_none(random: &mut Random) -> String {
    if random.one_in(4) {
        String::new()
    } else {
        text(random)
    }
}

/// A text that is not empty.
fn text(random: &mut Random) -> String {
    (0..=random.below(12))
        .map(|_| *random.pick(&CHARACTERS))
        .collect()
}

/// A version of the file: mostly one that the newest release takes.
fn version(newest: Option<u32>, random: &mut Random) -> u8 {
    if random.one_in(8) {
        return random.between(1, 4);
    }
    let newest = newest.and_then(|newest| u8::try_from(newest).ok()).unwrap_or(2);
    random.between(newest.clamp(1, 2), newest.clamp(1, 4))
}

fn pods(handlers: &[&String], random: &mut Random) -> Vec<Pods> {
    let many = random.one_in(40);
    let mut left = PODS;
    (0..=random.below(4))
        .map(|number| {
            let copies = if many {
                1 + random.below(left / 2)
            } else {
                1 + random.below(3)
            };
            left -= copies;
            Pods {
                name: format!("pod-{number}"),
                copies,
                handler: (*random.pick(handlers)).clone(),
                host_users: *random.pick(&[None, Some(true), Some(false), Some(false)]),
                host_network: random.one_in(4),
                restart_policy: random.pick::<&str>(&["Always", "OnFailure", "Never"]),
                containers: (0..=random.below(MAX_CONTAINERS))
                    .take(MAX_CONTAINERS)
                    .map(|container| Container {
                        name: format!("container-{container}"),
                        user: (!random.one_in(4)).then(|| *random.pick(&USERS)),
                        tty: random.one_in(6),
                    })
                    .collect(),
            }
        })
        .collect()
}
