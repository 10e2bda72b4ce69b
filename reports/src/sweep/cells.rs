//! The combinations of kubelet, shim, configuration and pod that the catalogue has.

use shimproof_model::abstraction::{Abstract, Key, Table};
use shimproof_model::catalog::{Catalog, ContainerdRow, OciRuntimeKind, OciRuntimeRow, ShimRow};
use shimproof_model::guards::{HostUsers, Network, RuntimeType};
use shimproof_model::world::{
    Binary, Budget, Client, Configuration, ContainerSpec, Containerd, HandlerConfig, Kubelet, OciRuntime,
    PodSpec, RestartPolicy, Sandboxer,
};
use shimproof_model::{User, World};

/// The OCI runtimes behind shims that run one: the first as the default, the others by `BinaryName`.
const OCI_RUNTIMES: [(&str, &str); 2] = [("runc", "1.2.3"), ("youki", "0.5.7")];

/// Shims of other systems. What writes an owner exists on Linux only (container_start_linux.go@v2.0.1).
const NOT_ON_LINUX: [&str; 3] = ["runhcs", "lcow-v2", "runj"];

/// A pod of the sweep: its name, `hostUsers`, its network, its user.
pub(crate) const PODS: [(&str, HostUsers, Network, User); 6] = [
    ("ordinary pod, root", HostUsers::Unset, Network::Pod, User::Root),
    (
        "ordinary pod, uid 1000",
        HostUsers::Unset,
        Network::Pod,
        User::NonRoot,
    ),
    (
        "hostUsers: false, root",
        HostUsers::False,
        Network::Pod,
        User::Root,
    ),
    (
        "hostUsers: false, uid 1000",
        HostUsers::False,
        Network::Pod,
        User::NonRoot,
    ),
    (
        "hostUsers: false, hostNetwork: true, root",
        HostUsers::False,
        Network::Node,
        User::Root,
    ),
    (
        "hostUsers: false, hostNetwork: true, uid 1000",
        HostUsers::False,
        Network::Node,
        User::NonRoot,
    ),
];

/// The shims of Linux, with their numbers in the catalogue.
pub(crate) fn shims(catalog: &Catalog) -> impl Iterator<Item = (usize, &ShimRow)> {
    let all = catalog.shims().iter().enumerate();
    all.filter(|(_, shim)| !NOT_ON_LINUX.contains(&shim.name.as_str()))
}

/// A kubelet with the state of its gates.
#[derive(Clone, Debug)]
pub(crate) struct KubeletState {
    /// The number of its row.
    pub row: usize,
    /// The state of its gates, in words; empty if it has none.
    pub gates: &'static str,
    pub kubelet: Kubelet,
}

/// Every kubelet of the catalogue with every state of its gates.
pub(crate) fn kubelets(catalog: &Catalog) -> Vec<KubeletState> {
    let mut all = Vec::new();
    for (number, row) in catalog.kubelet().iter().enumerate() {
        for (gate, host_network, words) in [
            (false, false, "gate off"),
            (true, false, "gate on"),
            (true, true, "both gates on"),
        ] {
            let impossible = (gate && row.gate.is_empty())
                || (!gate && row.gate_locked)
                || (host_network && row.host_network_gate.is_empty());
            if impossible {
                continue;
            }
            let gates = |name: &str| {
                Some(if name == row.host_network_gate {
                    host_network
                } else {
                    gate
                })
            };
            all.push(KubeletState {
                row: number,
                gates: if row.gate.is_empty() { "no gate" } else { words },
                kubelet: Kubelet::new(row.id.clone(), row, gates),
            });
        }
    }
    all
}

/// How a handler names its shim.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(clippy::enum_variant_names, reason = "it says by what")]
pub(crate) enum Named {
    /// By the runtime type that the shim is installed under.
    ByType,
    /// By `runtime_path`, under the runtime type `io.containerd.runc.v2`.
    ByPath,
    /// By an absolute path as the runtime type.
    ByAbsoluteType,
    /// By its type, and the shim runs the sandbox: `sandboxer = "shim"`.
    BySandboxer,
}

/// The options table of a handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Written {
    Nothing,
    Empty,
    Keys,
    /// With `BinaryName` of another OCI runtime.
    OciRuntime,
}

/// What is configured for a handler.
pub(crate) type Handler = (Named, Written);

/// Every configuration, in the order of reports.
pub(crate) const HANDLERS: [Handler; 15] = [
    (Named::ByType, Written::Nothing),
    (Named::ByType, Written::Empty),
    (Named::ByType, Written::Keys),
    (Named::ByType, Written::OciRuntime),
    (Named::ByPath, Written::Nothing),
    (Named::ByPath, Written::Empty),
    (Named::ByPath, Written::Keys),
    (Named::ByPath, Written::OciRuntime),
    (Named::ByAbsoluteType, Written::Nothing),
    (Named::ByAbsoluteType, Written::Empty),
    (Named::ByAbsoluteType, Written::Keys),
    (Named::ByAbsoluteType, Written::OciRuntime),
    (Named::BySandboxer, Written::Nothing),
    (Named::BySandboxer, Written::Empty),
    (Named::BySandboxer, Written::Keys),
];

/// Configurations in words, with one way of naming the shim and some options tables.
pub(crate) fn handler_text(named: Named, tables: &[Written]) -> String {
    let first = |written: &Written| match written {
        Written::Nothing => "no options table",
        Written::Empty => "an empty options table",
        Written::Keys => "an options table",
        Written::OciRuntime => "a youki options table",
    };
    let further = |written: &Written| match written {
        Written::Nothing => "none",
        Written::Empty => "an empty one",
        Written::Keys => "one with keys",
        Written::OciRuntime => "one for youki",
    };
    let tables = match tables {
        [Written::Nothing, Written::Empty, Written::Keys] => "any or no options table".to_owned(),
        [
            Written::Nothing,
            Written::Empty,
            Written::Keys,
            Written::OciRuntime,
        ] => "any or no options table, also one for youki".to_owned(),
        tables => {
            let words: Vec<&str> = tables
                .iter()
                .enumerate()
                .map(|(place, written)| {
                    if place == 0 {
                        first(written)
                    } else {
                        further(written)
                    }
                })
                .collect();
            words.join(" or ")
        }
    };
    let how = match named {
        Named::ByType => return tables,
        Named::ByPath => "runtime_path under io.containerd.runc.v2",
        Named::ByAbsoluteType => "an absolute path as runtime_type",
        Named::BySandboxer => "sandboxer = \"shim\"",
    };
    format!("{how} with {tables}")
}

/// The runtime type that the shim is installed under.
pub(crate) fn own_type(shim: &ShimRow) -> &str {
    shim.runtime_types.first().map_or("", String::as_str)
}

/// Whether a configuration is one that this release knows, for this shim, and differs from the others.
pub(crate) fn applies(release: &ContainerdRow, shim: &ShimRow, (named, written): Handler) -> bool {
    let own = RuntimeType::of(own_type(shim));
    let by_name = match named {
        Named::ByPath if !release.runtime_path_key => false,
        Named::BySandboxer if !release.sandboxer_key => false,
        Named::ByType => true,
        Named::ByPath => own != RuntimeType::RuncV2,
        // Any type that is not known by name is another already.
        Named::ByAbsoluteType => own != RuntimeType::Other,
        Named::BySandboxer => shim.sandbox_api,
    };
    let runtime = runtime_type(shim, named);
    let runs_oci = shim.oci_runtime == OciRuntimeKind::FromOptions
        && matches!(runtime, RuntimeType::RuncV1 | RuntimeType::RuncV2);
    by_name && (written != Written::OciRuntime || runs_oci)
}

fn runtime_type(shim: &ShimRow, named: Named) -> RuntimeType {
    match named {
        Named::ByType | Named::BySandboxer => RuntimeType::of(own_type(shim)),
        Named::ByPath => RuntimeType::RuncV2,
        Named::ByAbsoluteType => RuntimeType::Other,
    }
}

fn table(shim: &ShimRow, named: Named, written: Written) -> Option<Table> {
    // What operators write: the cgroup driver for runc and its kin, the path of the shim's own configuration else.
    let like_runc = matches!(
        runtime_type(shim, named),
        RuntimeType::RuncV1 | RuntimeType::RuncV2
    ) || shim.name.starts_with("runwasi")
        || shim.name == "spin";
    let keys: &[Key] = match written {
        Written::Nothing => return None,
        Written::Empty => &[],
        Written::OciRuntime => &[Key::SystemdCgroup, Key::BinaryName],
        Written::Keys if like_runc => &[Key::SystemdCgroup],
        Written::Keys => &[Key::TypeUrl, Key::ConfigPath],
    };
    Some(Table {
        id: 1,
        keys: keys.iter().copied().collect(),
        oci_runtime: u8::from(written == Written::OciRuntime),
        inner_runsc: keys.contains(&Key::TypeUrl) && shim.name.starts_with("runsc"),
    })
}

/// A node with one pod; kubelet and pod are replaced by [`set`] for each combination.
pub(crate) fn world(
    catalog: &Catalog,
    design: &Containerd,
    kubelet: &KubeletState,
    shim: &ShimRow,
    (named, written): Handler,
) -> World<Abstract> {
    let runtime_type_name = match named {
        Named::ByType | Named::BySandboxer => own_type(shim).to_owned(),
        Named::ByPath => "io.containerd.runc.v2".to_owned(),
        Named::ByAbsoluteType => format!("/usr/local/bin/{}", shim.binary),
    };
    let mut world = World {
        containerd: vec![design.clone()],
        kubelets: vec![kubelet.kubelet.clone()],
        shims: vec![shim.clone()],
        binaries: vec![Binary {
            name: match named {
                Named::ByPath => format!("/usr/local/bin/{}", shim.binary),
                _ => runtime_type_name.clone(),
            },
            rows: vec![0],
            shipped: None,
            versions: vec![shim.id.clone()],
        }],
        oci_runtimes: oci_runtimes(catalog),
        configurations: vec![Configuration {
            name: "config.toml".to_owned(),
            refusals: vec![None],
            handlers: vec![vec![Some(HandlerConfig {
                runtime_type_name,
                runtime_type: runtime_type(shim, named),
                path_binary: (named == Named::ByPath).then_some(0),
                type_binary: (named != Named::ByPath).then_some(0),
                options: table(shim, named, written),
                sandboxer: if named == Named::BySandboxer {
                    Sandboxer::Shim
                } else {
                    Sandboxer::PodSandbox
                },
            })]],
            no_pivot: false,
        }],
        handlers: vec!["handler".to_owned()],
        pod_specs: Vec::new(),
        pods: vec![0],
        client: Client::Kubelet,
        faults: Budget::NONE,
    };
    set(&mut world, kubelet, 0);
    world
}

/// Puts another kubelet and another pod of [`PODS`] on a node.
pub(crate) fn set(world: &mut World<Abstract>, kubelet: &KubeletState, pod: usize) {
    world.kubelets[0].clone_from(&kubelet.kubelet);
    let (name, host_users, network, user) = PODS[pod];
    world.pod_specs = vec![PodSpec {
        name: name.to_owned(),
        handler: 0,
        host_users,
        network,
        restart_policy: RestartPolicy::Always,
        containers: vec![ContainerSpec {
            name: "app".to_owned(),
            user,
            terminal: false,
        }],
        volumes_idmappable: true,
    }];
}

fn oci_runtimes(catalog: &Catalog) -> Vec<OciRuntime> {
    OCI_RUNTIMES
        .iter()
        .map(|(name, version)| {
            let row: Option<&OciRuntimeRow> = catalog.oci_runtime_row(name, version).ok();
            OciRuntime {
                binary_name: (*name).to_owned(),
                version: (*version).to_owned(),
                row: row.cloned(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oci_runtimes_are_in_the_catalogue() {
        let runtimes = oci_runtimes(Catalog::embedded());
        assert!(runtimes.iter().all(|runtime| runtime.row.is_some()));
    }

    #[test]
    fn shims_of_other_systems_are_in_the_catalogue() {
        let all = Catalog::embedded().shims();
        assert!(
            NOT_ON_LINUX
                .iter()
                .all(|name| all.iter().any(|shim| shim.name == *name))
        );
    }

    #[test]
    fn a_runc_shim_has_all_three_names_and_a_foreign_one_two() {
        let of = |id: &str| {
            let shim = Catalog::embedded().shim_row_by_id(id).unwrap();
            let release = Catalog::embedded().containerd_row("v2.3.4").unwrap();
            HANDLERS
                .iter()
                .filter(|handler| applies(release, shim, **handler))
                .count()
        };
        assert_eq!(of("kata-rs-3.27"), 3 + 3 + 3);
        assert_eq!(of("runc-go-2.3"), 4 + 3);
        assert_eq!(of("runsc-20260601"), 3 + 3);
    }
}
