//! Nodes that chance draws: any releases one after another, any shims, handlers with any options, many pods.

use shimproof_model::abstraction::{self, Abstract, Key, Keys};
use shimproof_model::catalog::{Catalog, ContainerdRow, ShimRow};
use shimproof_model::guards::{HostUsers, Network, RuntimeType, get_runtime_options_type};
use shimproof_model::world::{
    Binary, Budget, Client, Configuration, ContainerSpec, Containerd, HandlerConfig, Kubelet, MAX_BINARIES,
    MAX_CONTAINERS, MAX_HANDLERS, OciRuntime, PodSpec, RestartPolicy, Sandboxer, World,
};
use shimproof_model::{Finite as _, TypeUrl, User};
use shimproof_scenario::{FromConfiguration, WrittenTable, loading_of};

use super::lockstep::Twins;
use super::random::Random;
use crate::wire::Wire;

/// The most pods of a node.
const PODS: usize = 200;
/// The most of them that ask for a user namespace: the abstraction's record has as many blocks.
const USERNS_PODS: usize = 16;
/// The inner type that gVisor's shim asks for.
const RUNSC_OPTIONS: &str = "io.containerd.runsc.v1.options";

/// Runtime types, known ones and ones that nobody serves.
const RUNTIME_TYPES: [&str; 9] = [
    "io.containerd.runc.v2",
    "io.containerd.runc.v2",
    "io.containerd.runc.v1",
    "io.containerd.runtime.v1.linux",
    "io.containerd.runhcs.v1",
    "io.containerd.runsc.v1",
    "io.containerd.kata.v2",
    "io.containerd.wasmtime.v1",
    "no type at all",
];

/// Values of text options.
const TEXTS: [&str; 6] = [
    RUNSC_OPTIONS,
    "/etc/containerd/runsc.toml",
    "type.googleapis.com/io.containerd.runsc.v1.options",
    "a \"quoted\" text\nof two lines",
    "\u{1f980}",
    "'",
];

/// One handler as an operator writes it, before a release reads it.
struct Written {
    name: &'static str,
    runtime_type: RuntimeType,
    path_binary: Option<u8>,
    type_binary: Option<u8>,
    options: Option<toml::Table>,
    sandboxer: Sandboxer,
}

/// Draws a node.
pub(super) fn twins(catalog: &Catalog, design: Option<&Containerd>, random: &mut Random) -> Twins<Abstract> {
    let containerd: Vec<Containerd> = match design {
        Some(design) => vec![design.clone()],
        None => (0..=random.below(3))
            .map(|_| {
                let row = random.pick(catalog.containerd());
                Containerd::new(row.id.clone(), row)
            })
            .collect(),
    };
    let kubelets: Vec<Kubelet> = (0..=random.below(2))
        .map(|_| {
            let row = random.pick(catalog.kubelet());
            let on = random.one_in(2);
            Kubelet::new(row.id.clone(), row, |_| Some(on))
        })
        .collect();
    let mut shims = Vec::new();
    let binaries = binaries(catalog, &containerd, &mut shims, random);
    let oci_runtimes = oci_runtimes(catalog, random);
    let handlers = 1 + random.below(MAX_HANDLERS);
    let mut tables = Tables::default();
    let drawn: Vec<Drawn> = (0..=random.below(2))
        .map(|_| Drawn {
            handlers: (0..handlers)
                .map(|_| {
                    let configured = !random.one_in(10);
                    configured.then(|| written(binaries.len(), &oci_runtimes, random))
                })
                .collect(),
            no_pivot: random.one_in(4),
            refused: containerd.iter().map(|_| random.one_in(16)).collect(),
        })
        .collect();
    let configurations = drawn
        .iter()
        .enumerate()
        .map(|(number, drawn)| drawn.configuration(number, &containerd, &oci_runtimes, &mut tables))
        .collect::<Vec<_>>();
    let (wire, abstracted) = configurations.into_iter().unzip();
    let (pod_specs, pods) = pods(handlers, random);
    let wire = World {
        containerd,
        kubelets,
        shims,
        binaries,
        oci_runtimes,
        configurations: wire,
        handlers: (0..handlers).map(|number| format!("handler-{number}")).collect(),
        pod_specs,
        pods,
        client: if random.one_in(5) {
            Client::Any
        } else {
            Client::Kubelet
        },
        faults: budget(random),
    };
    let abstracted = World {
        containerd: wire.containerd.clone(),
        kubelets: wire.kubelets.clone(),
        shims: wire.shims.clone(),
        binaries: wire.binaries.clone(),
        oci_runtimes: wire.oci_runtimes.clone(),
        configurations: abstracted,
        handlers: wire.handlers.clone(),
        pod_specs: wire.pod_specs.clone(),
        pods: wire.pods.clone(),
        client: wire.client,
        faults: wire.faults,
    };
    Twins { wire, abstracted }
}

/// The number of an element; lists here have fewer than 256.
fn byte(number: usize) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}

fn binaries(
    catalog: &Catalog,
    containerd: &[Containerd],
    shims: &mut Vec<ShimRow>,
    random: &mut Random,
) -> Vec<Binary> {
    let mut number = |row: &ShimRow| {
        let known = shims.iter().position(|shim| shim == row);
        byte(known.unwrap_or_else(|| {
            shims.push(row.clone());
            shims.len() - 1
        }))
    };
    (0..=random.below(MAX_BINARIES - 1))
        .map(|index| {
            let shipped: Vec<u8> = containerd
                .iter()
                .filter_map(|release| catalog.shim_row_by_id(&release.row.shipped_shim))
                .map(&mut number)
                .collect();
            if random.one_in(3) && shipped.len() == containerd.len() {
                return Binary {
                    name: format!("shim-{index}"),
                    rows: shipped[..1].to_vec(),
                    versions: vec!["as shipped".to_owned()],
                    shipped: Some(shipped),
                };
            }
            let rows: Vec<&ShimRow> = (0..=random.below(3))
                .map(|_| random.pick(catalog.shims()))
                .collect();
            Binary {
                name: format!("shim-{index}"),
                versions: rows.iter().map(|row| row.id.clone()).collect(),
                rows: rows.into_iter().map(&mut number).collect(),
                shipped: None,
            }
        })
        .collect()
}

fn oci_runtimes(catalog: &Catalog, random: &mut Random) -> Vec<OciRuntime> {
    (0..=random.below(3))
        .map(|number| {
            let row = random.pick(catalog.oci_runtimes());
            OciRuntime {
                binary_name: if number == 0 {
                    "runc".to_owned()
                } else {
                    format!("/opt/oci-{number}")
                },
                version: row.id.clone(),
                row: (!random.one_in(5)).then(|| row.clone()),
            }
        })
        .collect()
}

fn written(binaries: usize, oci_runtimes: &[OciRuntime], random: &mut Random) -> Written {
    let name = *random.pick(&RUNTIME_TYPES);
    let some_binary = |random: &mut Random| Some(byte(random.below(binaries)));
    let path_binary = if random.one_in(3) {
        some_binary(random)
    } else {
        None
    };
    // A type that leads nowhere is possible only behind a path.
    let type_binary = if path_binary.is_some() && random.one_in(2) {
        None
    } else {
        some_binary(random)
    };
    Written {
        name,
        runtime_type: RuntimeType::of(name),
        path_binary,
        type_binary,
        options: (!random.one_in(3)).then(|| options(oci_runtimes, random)),
        sandboxer: match random.below(6) {
            0 => Sandboxer::Shim,
            1 => Sandboxer::Remote,
            _ => Sandboxer::PodSandbox,
        },
    }
}

/// An options table with keys of every message, and with some of none.
fn options(oci_runtimes: &[OciRuntime], random: &mut Random) -> toml::Table {
    let mut table = toml::Table::new();
    for _ in 0..random.below(6) {
        let text = |random: &mut Random| toml::Value::String((*random.pick(&TEXTS)).to_owned());
        let (key, value) = match random.below(8) {
            0 => ("TypeUrl", text(random)),
            1 => ("ConfigPath", text(random)),
            2 => ("SystemdCgroup", toml::Value::Boolean(true)),
            3 => {
                let runtime = random.pick(oci_runtimes);
                ("BinaryName", toml::Value::String(runtime.binary_name.clone()))
            }
            4 => ("Root", text(random)),
            5 => ("NoNewKeyring", toml::Value::Boolean(true)),
            6 => ("ShimCgroup", text(random)),
            _ => ("CriuWorkPath", text(random)),
        };
        table.insert(key.to_owned(), value);
    }
    table
}

/// A configuration, before a release reads it.
struct Drawn {
    handlers: Vec<Option<Written>>,
    no_pivot: bool,
    refused: Vec<bool>,
}

impl Drawn {
    fn configuration(
        &self,
        number: usize,
        containerd: &[Containerd],
        oci_runtimes: &[OciRuntime],
        tables: &mut Tables,
    ) -> (Configuration<Wire>, Configuration<Abstract>) {
        let (mut wire, mut abstracted) = (Vec::new(), Vec::new());
        for release in containerd {
            let read: Vec<_> = self
                .handlers
                .iter()
                .map(|handler| Some(tables.read(handler.as_ref()?, &release.row, oci_runtimes)))
                .collect();
            let (left, right): (Vec<_>, Vec<_>) = read.into_iter().map(Option::unzip).unzip();
            wire.push(left);
            abstracted.push(right);
        }
        let name = format!("configuration {number}");
        let refusals: Vec<Option<String>> = self
            .refused
            .iter()
            .map(|refused| refused.then(|| "it is refused".to_owned()))
            .collect();
        (
            Configuration {
                name: name.clone(),
                refusals: refusals.clone(),
                handlers: wire,
                no_pivot: self.no_pivot,
            },
            Configuration {
                name,
                refusals,
                handlers: abstracted,
                no_pivot: self.no_pivot,
            },
        )
    }
}

/// Tables with the same keys and values that become the same message are one.
#[derive(Default)]
struct Tables(Vec<(toml::Table, TypeUrl)>);

impl Tables {
    fn read(
        &mut self,
        handler: &Written,
        row: &ContainerdRow,
        oci_runtimes: &[OciRuntime],
    ) -> (HandlerConfig<Wire>, HandlerConfig<Abstract>) {
        let url = get_runtime_options_type(row, handler.runtime_type);
        let options = handler.options.as_ref().map(|keys| {
            let known = self.0.iter().position(|(other, of)| other == keys && *of == url);
            let number = known.unwrap_or_else(|| {
                self.0.push((keys.clone(), url));
                self.0.len() - 1
            });
            let mut written = WrittenTable {
                summary: summary(byte(number + 1), url, keys, oci_runtimes),
                url,
                keys,
                matching: loading_of(row).keys,
            };
            let wire = Wire::table(&written);
            if matches!(
                url,
                TypeUrl::RunhcsV1 | TypeUrl::LinuxRuncOptions | TypeUrl::LinuxCreateOptions
            ) {
                // The abstraction tells no keys of these messages apart, but keys without a field are dropped.
                written.summary.keys = wire.operator_keys().iter().map(|_| Key::Other).collect();
            }
            (wire, Abstract::table(&written))
        });
        let (wire, abstracted) = options.unzip();
        (of_domain(handler, wire), of_domain(handler, abstracted))
    }
}

fn of_domain<D: FromConfiguration>(handler: &Written, options: Option<D::Table>) -> HandlerConfig<D> {
    HandlerConfig {
        runtime_type_name: handler.name.to_owned(),
        runtime_type: handler.runtime_type,
        path_binary: handler.path_binary,
        type_binary: handler.type_binary,
        options,
        sandboxer: handler.sandboxer,
    }
}

/// What the abstraction keeps of a table, in which no value is zero.
fn summary(id: u8, url: TypeUrl, keys: &toml::Table, oci_runtimes: &[OciRuntime]) -> abstraction::Table {
    let text = |key: &str| keys.get(key).and_then(toml::Value::as_str);
    let named = |key: &str| Key::all().find(|known| known.as_str() == key);
    let generic = matches!(url, TypeUrl::RuntimeoptionsV1 | TypeUrl::CriRuntimeoptionsV1);
    let set: Keys = match url {
        TypeUrl::RuncV1 => {
            // Keys that the message has no field for are dropped.
            let fields = |key: &Key| !matches!(key, Key::TypeUrl | Key::ConfigPath | Key::Other);
            keys.keys().filter_map(|key| named(key)).filter(fields).collect()
        }
        _ => keys.keys().map(|key| named(key).unwrap_or(Key::Other)).collect(),
    };
    let chosen = text("BinaryName").filter(|_| url == TypeUrl::RuncV1);
    let oci_runtime = chosen.and_then(|name| {
        oci_runtimes
            .iter()
            .position(|runtime| runtime.binary_name == name)
    });
    abstraction::Table {
        id,
        keys: set,
        oci_runtime: byte(oci_runtime.unwrap_or_default()),
        inner_runsc: generic && text("TypeUrl") == Some(RUNSC_OPTIONS),
    }
}

fn pods(handlers: usize, random: &mut Random) -> (Vec<PodSpec>, Vec<u8>) {
    let specs: Vec<PodSpec> = (0..=random.below(4))
        .map(|number| PodSpec {
            name: format!("pod-{number}"),
            handler: byte(random.below(handlers)),
            host_users: *random.pick(&[
                HostUsers::Unset,
                HostUsers::True,
                HostUsers::False,
                HostUsers::False,
            ]),
            network: if random.one_in(4) {
                Network::Node
            } else {
                Network::Pod
            },
            restart_policy: *random.pick(&[
                RestartPolicy::Always,
                RestartPolicy::OnFailure,
                RestartPolicy::Never,
            ]),
            containers: (0..=random.below(MAX_CONTAINERS))
                .take(MAX_CONTAINERS)
                .map(|container| ContainerSpec {
                    name: format!("container-{container}"),
                    user: *random.pick(&[User::Root, User::NonRoot, User::NonRoot, User::AboveMapping]),
                    terminal: random.one_in(6),
                })
                .collect(),
            volumes_idmappable: !random.one_in(5),
        })
        .collect();
    let count = if random.one_in(40) {
        1 + random.below(PODS)
    } else {
        1 + random.below(4)
    };
    let mut in_userns = 0;
    let mut pods: Vec<u8> = Vec::new();
    for _ in 0..count {
        let spec = random.below(specs.len());
        if specs[spec].host_users == HostUsers::False {
            if in_userns == USERNS_PODS {
                continue;
            }
            in_userns += 1;
        }
        pods.push(byte(spec));
    }
    (specs, pods)
}

fn budget(random: &mut Random) -> Budget {
    Budget {
        total: random.between(0, 12),
        containerd_restart: random.between(0, 2),
        kubelet_restart: random.between(0, 2),
        shim_crash: random.between(0, 3),
        rpc_timeout: random.between(0, 3),
        container_exit: random.between(0, 3),
        pod_delete: random.between(0, 3),
        gate_flip: random.between(0, 2),
        containerd_upgrade: random.between(0, 2),
        kubelet_upgrade: random.between(0, 1),
        shim_upgrade: random.between(0, 2),
        config_change: random.between(0, 1),
    }
}
