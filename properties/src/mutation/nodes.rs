//! Nodes of the catalogue: each containerd row with each class of runtime type and each kind of options table,
//! driven by any client and by a kubelet, and each kubelet row with each answer of CRI Status. They ask guards about inputs that
//! no scenario has; what they do not ask about, no row lets anybody ask about.

use std::collections::BTreeSet;

use shimproof_model::abstraction::{Abstract, Key, Keys, Table};
use shimproof_model::catalog::{Catalog, ContainerdRow, CriUserns, IoOwnerGuard, KubeletRow, ShimRow};
use shimproof_model::guards::{HostUsers, Network, RuntimeType};
use shimproof_model::world::{
    Binary, Budget, Client, Configuration, ContainerSpec, Containerd, HandlerConfig, Kubelet, OciRuntime,
    PodSpec, RestartPolicy, Sandboxer,
};
use shimproof_model::{User, World};

/// One runtime type of each class.
const RUNTIME_TYPES: [&str; 5] = [
    "io.containerd.runc.v2",
    "io.containerd.runc.v1",
    "io.containerd.runtime.v1.linux",
    "io.containerd.runhcs.v1",
    "io.containerd.another.v1",
];
/// Shims that let a request come far: one that joins a user namespace, one that runs the sandbox itself.
const SHIMS: [&str; 2] = ["runsc-joins-userns-2", "sandboxed-checks-options-1"];
/// A shim that passes over all options.
const PASSES_OVER: &str = "runwasi-wasmtime-0.1.0";
/// A handler whose shim creates a user namespace, and cannot join one by path.
const CANNOT_JOIN: Handler = Handler {
    runtime_type: RUNTIME_TYPES[4],
    table: None,
    shim: Some("runsc-20260601"),
    sandboxer: Sandboxer::PodSandbox,
};
/// The handler that everybody has.
const SHIPPED: Handler = Handler {
    runtime_type: RUNTIME_TYPES[0],
    table: Some(Keys::NONE),
    shim: None,
    sandboxer: Sandboxer::PodSandbox,
};
/// A release of the line before 2.0.
const RELEASE_1X: &str = "v1.7.34";
/// The runc behind shims that run an OCI runtime: one that supports user namespaces.
const RUNC: (&str, &str) = ("runc", "1.2.3");

/// A node of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogueNode {
    containerd: String,
    /// Whether a release of the line before 2.0 ran on the node first, and left a sandbox.
    after_1x: bool,
    kubelet: String,
    gate: bool,
    client: Client,
    /// None if the pod's handler is not configured.
    handler: Option<Handler>,
    host_users: HostUsers,
    network: Network,
    no_pivot: bool,
    user: User,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Handler {
    runtime_type: &'static str,
    table: Option<Keys>,
    /// None for the one that ships with the release.
    shim: Option<&'static str>,
    sandboxer: Sandboxer,
}

impl CatalogueNode {
    /// Every node of the catalogue.
    pub fn all(catalog: &Catalog) -> Vec<Self> {
        let mut nodes = Vec::new();
        let kubelet = catalog
            .kubelet()
            .last()
            .map(|row| row.id.clone())
            .unwrap_or_default();
        let under_any_client = |containerd: &str, handler: Handler| Self {
            containerd: containerd.to_owned(),
            after_1x: false,
            kubelet: kubelet.clone(),
            gate: true,
            client: Client::Any,
            handler: Some(handler),
            host_users: HostUsers::Unset,
            network: Network::Pod,
            no_pivot: false,
            user: User::NonRoot,
        };
        for containerd in catalog.containerd().iter().rev() {
            for handler in handlers() {
                for (network, no_pivot) in [
                    (Network::Pod, false),
                    (Network::Node, false),
                    (Network::Pod, true),
                ] {
                    // The other two differ in what a shim of the release's own shows as well as any.
                    if handler.shim.is_some() && (network, no_pivot) != (Network::Pod, false) {
                        continue;
                    }
                    nodes.push(Self {
                        network,
                        no_pivot,
                        ..under_any_client(&containerd.id, handler)
                    });
                }
            }
        }
        // Releases that know no user namespaces pass modes on that others refuse, with options of any type.
        let unknowing = catalog
            .containerd()
            .iter()
            .filter(|row| row.cri_userns == CriUserns::Absent);
        for containerd in unknowing {
            for handler in handlers().into_iter().filter(|handler| handler.shim.is_none()) {
                let shim = Some(PASSES_OVER);
                nodes.push(under_any_client(&containerd.id, Handler { shim, ..handler }));
            }
        }
        // A sandbox that 1.x left is in no sandbox store.
        for containerd in catalog.containerd() {
            if containerd.sandboxer_key {
                nodes.push(Self {
                    after_1x: true,
                    ..under_any_client(&containerd.id, SHIPPED)
                });
            }
        }
        // Owner 0 makes task options without bytes, where mode NODE gets one.
        for containerd in catalog.containerd() {
            if containerd.io_owner_guard != IoOwnerGuard::UnlessNil {
                continue;
            }
            for handler in handlers() {
                nodes.push(Self {
                    user: User::Root,
                    ..under_any_client(&containerd.id, handler)
                });
            }
        }
        // A kubelet that sends what it is asked to, without asking the handler: nil, NODE and POD.
        if let Some(kubelet) = catalog.kubelet().iter().rfind(|row| sends_unchecked(row)) {
            let asks = [
                (false, HostUsers::Unset),
                (true, HostUsers::Unset),
                (true, HostUsers::False),
            ];
            for containerd in catalog.containerd().iter().rev() {
                for handler in handlers().into_iter().chain([CANNOT_JOIN]) {
                    for (gate, host_users) in asks {
                        nodes.push(Self {
                            containerd: containerd.id.clone(),
                            after_1x: false,
                            kubelet: kubelet.id.clone(),
                            gate,
                            client: Client::Kubelet,
                            handler: Some(handler),
                            host_users,
                            network: Network::Pod,
                            no_pivot: false,
                            user: User::NonRoot,
                        });
                    }
                }
            }
        }
        for kubelet in catalog.kubelet() {
            for containerd in status_rows(catalog) {
                for gate in [false, true] {
                    if (gate && kubelet.gate.is_empty()) || (!gate && kubelet.gate_locked) {
                        continue;
                    }
                    for host_users in [HostUsers::Unset, HostUsers::True, HostUsers::False] {
                        for handler in [None, Some(None), Some(Some(SHIMS[0]))] {
                            nodes.push(Self {
                                containerd: containerd.id.clone(),
                                after_1x: false,
                                kubelet: kubelet.id.clone(),
                                gate,
                                client: Client::Kubelet,
                                handler: handler.map(|shim| Handler {
                                    runtime_type: RUNTIME_TYPES[if shim.is_some() { 4 } else { 0 }],
                                    table: Some(Keys::NONE),
                                    shim,
                                    sandboxer: Sandboxer::PodSandbox,
                                }),
                                host_users,
                                network: Network::Pod,
                                no_pivot: false,
                                user: User::NonRoot,
                            });
                        }
                    }
                }
            }
        }
        let mut names = BTreeSet::new();
        nodes.retain(|node| names.insert(node.name()));
        nodes
    }

    /// Whether a kubelet drives it.
    pub fn has_kubelet(&self) -> bool {
        self.client == Client::Kubelet
    }

    /// The row of containerd that it is about.
    pub fn containerd(&self) -> &str {
        &self.containerd
    }

    /// The node in words.
    pub fn name(&self) -> String {
        let handler = self.handler.map_or_else(
            || "no handler".to_owned(),
            |handler| {
                let table = match handler.table {
                    None => "no options table",
                    Some(Keys::NONE) => "an empty options table",
                    Some(_) => "an options table",
                };
                let shim = handler.shim.unwrap_or("the shim of the release");
                format!("{} with {table} and {shim}", handler.runtime_type)
            },
        );
        let client = match self.client {
            Client::Any => "any client".to_owned(),
            Client::Kubelet => {
                let gate = if self.gate { "on" } else { "off" };
                format!(
                    "kubelet {}, gate {gate}, hostUsers {}",
                    self.kubelet, self.host_users
                )
            }
        };
        let after = if self.after_1x {
            format!(" after {RELEASE_1X}")
        } else {
            String::new()
        };
        let pivot = if self.no_pivot { ", no_pivot" } else { "" };
        let user = if self.user == User::Root { ", as root" } else { "" };
        format!(
            "containerd {}{after}, {client}, {handler}, {}{pivot}{user}",
            self.containerd, self.network
        )
    }

    /// Its world, with the rows as `containerd` and `kubelet` make them; none if the catalogue lacks a row.
    pub fn world(
        &self,
        catalog: &Catalog,
        containerd: impl Fn(&ContainerdRow) -> ContainerdRow,
        kubelet: impl Fn(&KubeletRow) -> KubeletRow,
    ) -> Option<World<Abstract>> {
        let row = containerd(
            catalog
                .containerd()
                .iter()
                .find(|row| row.id == self.containerd)?,
        );
        let kubelet = kubelet(catalog.kubelet().iter().find(|row| row.id == self.kubelet)?);
        // What ran before is as it was, whatever becomes of the release that the node is about.
        let before = if self.after_1x {
            Some(catalog.containerd_row(RELEASE_1X).ok()?)
        } else {
            None
        };
        let shim: &ShimRow = match self.handler.and_then(|handler| handler.shim) {
            Some(id) => catalog.shim_row_by_id(id)?,
            None => catalog.shim_row_by_id(&before.unwrap_or(&row).shipped_shim)?,
        };
        let releases: Vec<&ContainerdRow> = before.into_iter().chain([&row]).collect();
        let handler = self.handler.map(|handler| HandlerConfig {
            runtime_type_name: handler.runtime_type.to_owned(),
            runtime_type: RuntimeType::of(handler.runtime_type),
            path_binary: None,
            type_binary: Some(0),
            options: handler.table.map(|keys| Table {
                id: 1,
                keys,
                oci_runtime: 0,
                inner_runsc: false,
            }),
            sandboxer: handler.sandboxer,
        });
        Some(World {
            containerd: releases
                .iter()
                .map(|row| Containerd::new(row.id.clone(), row))
                .collect(),
            kubelets: vec![Kubelet::new(kubelet.id.clone(), &kubelet, |_| Some(self.gate))],
            shims: vec![shim.clone()],
            binaries: vec![Binary {
                name: "the handler's shim".to_owned(),
                rows: vec![0],
                shipped: None,
                versions: vec![shim.id.clone()],
            }],
            oci_runtimes: vec![OciRuntime {
                binary_name: RUNC.0.to_owned(),
                version: RUNC.1.to_owned(),
                row: catalog.oci_runtime_row(RUNC.0, RUNC.1).ok().cloned(),
            }],
            configurations: vec![Configuration {
                name: "config.toml".to_owned(),
                refusals: vec![None; releases.len()],
                handlers: vec![vec![handler]; releases.len()],
                no_pivot: self.no_pivot,
            }],
            handlers: vec!["handler".to_owned()],
            pod_specs: vec![PodSpec {
                name: "pod".to_owned(),
                handler: 0,
                host_users: self.host_users,
                network: self.network,
                restart_policy: RestartPolicy::Always,
                containers: vec![ContainerSpec {
                    name: "app".to_owned(),
                    user: self.user,
                    terminal: false,
                }],
                volumes_idmappable: true,
            }],
            pods: vec![0],
            client: self.client,
            faults: Budget {
                total: u8::from(self.after_1x),
                containerd_upgrade: u8::from(self.after_1x),
                ..Budget::NONE
            },
        })
    }
}

fn sends_unchecked(row: &KubeletRow) -> bool {
    row.userns_options && !row.gate.is_empty() && !row.gate_locked && !row.handler_check
}

fn handlers() -> Vec<Handler> {
    let mut handlers = Vec::new();
    let tables = [None, Some(Keys::NONE), Some(Keys::NONE.with(Key::Root))];
    for runtime_type in RUNTIME_TYPES {
        for table in tables {
            for shim in [None, Some(SHIMS[0]), Some(SHIMS[1])] {
                let by_shim = shim == Some(SHIMS[1]);
                handlers.push(Handler {
                    runtime_type,
                    table,
                    shim,
                    sandboxer: if by_shim {
                        Sandboxer::Shim
                    } else {
                        Sandboxer::PodSandbox
                    },
                });
            }
        }
    }
    handlers
}

/// One row for each way in which CRI Status lists handlers.
fn status_rows(catalog: &Catalog) -> Vec<&ContainerdRow> {
    let mut rows: Vec<&ContainerdRow> = Vec::new();
    for row in catalog.containerd() {
        if !rows.iter().any(|known| known.introspection == row.introspection) {
            rows.push(row);
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_node_has_a_world_and_a_name_of_its_own() {
        let catalog = Catalog::embedded();
        let nodes = CatalogueNode::all(catalog);
        assert!(nodes.len() > 1000, "{}", nodes.len());
        let mut names: Vec<String> = nodes.iter().map(CatalogueNode::name).collect();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), nodes.len());
        for node in &nodes {
            assert!(
                node.world(catalog, Clone::clone, Clone::clone).is_some(),
                "{}",
                node.name()
            );
        }
    }
}
