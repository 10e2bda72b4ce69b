//! Whether a loss can happen: an exhaustive search of small nodes that have what the lossy step has.

use std::sync::Arc;

use shimproof_model::abstraction::Abstract;
use shimproof_model::guards::HostUsers;
use shimproof_model::world::{Binary, Budget, Client, Configuration, HandlerConfig, Kubelet, World};
use shimproof_model::{InFlight, Server};
use shimproof_search::{Answer, Limits};

use super::check::Loss;
use super::draw::{BY_PATH, CURRENT, Draw};
use crate::{Engine, Machine, check, property};

/// What the search of small nodes says of a loss.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Confirmation {
    /// A node gets there: the property is violated.
    Violated {
        /// The client, with its gate.
        client: String,
        /// `hostUsers` of the pod.
        host_users: String,
        /// How many steps it takes.
        steps: usize,
    },
    /// None of the nodes that were searched gets there.
    NotFound {
        /// How many nodes were searched.
        nodes: usize,
    },
}

/// The most states of one node.
const MOST: u64 = 20_000;

/// Searches nodes with one pod, the handler and the shims of the loss, up to two faults, under each kubelet and then
/// under any client.
pub(super) fn confirm(draw: &Draw<'_>, loss: &Loss, property: &str) -> Confirmation {
    let mut nodes = 0;
    for client in [Client::Kubelet, Client::Any] {
        let kubelets = match client {
            Client::Kubelet => &draw.cases.kubelets[..],
            Client::Any => &draw.cases.kubelets[..1],
        };
        for kubelet in kubelets.iter().rev() {
            for gate in [true, false] {
                for host_users in [HostUsers::Unset, HostUsers::False] {
                    nodes += 1;
                    let mut kubelet = kubelet.clone();
                    kubelet.gate = gate;
                    let world = world(draw, loss, client, &kubelet, host_users);
                    if let Some(steps) = violated(world, property) {
                        return Confirmation::Violated {
                            client: match client {
                                Client::Kubelet => {
                                    format!("kubelet {}, gate {}", kubelet.version, if gate { "on" } else { "off" })
                                }
                                Client::Any => "any client".to_owned(),
                            },
                            host_users: host_users.to_string(),
                            steps,
                        };
                    }
                }
            }
        }
    }
    Confirmation::NotFound { nodes }
}

fn violated(world: World<Abstract>, property: &str) -> Option<usize> {
    let property = property::find(property)?;
    let limits = Limits {
        max_states: Some(MOST),
        ..Limits::default()
    };
    let machine = Arc::new(Machine::new(world));
    // A function that panics proves nothing either way.
    let found = check(&machine, &[property], &[], Engine::Exact, &limits, &mut ()).ok()?;
    let finding = found.findings.first()?;
    (finding.answer == Answer::Violated).then(|| finding.path.as_ref().map_or(0, |path| path.steps.len()))
}

fn world(
    draw: &Draw<'_>,
    loss: &Loss,
    client: Client,
    kubelet: &Kubelet,
    host_users: HostUsers,
) -> World<Abstract> {
    let sandbox = loss.after.pod.sandbox.as_ref();
    let slot = sandbox.map_or(CURRENT, |sandbox| sandbox.configuration);
    let setting = draw.setting(slot);
    let form = draw.setting(CURRENT).form;
    let handler = &draw.cases.handlers[setting.handler];
    let on_disk = |state: &super::draw::State| state.env.on_disk[usize::from(draw.binary().0)];
    // First the shim that serves the pod, then the one that a message goes to.
    let serving = match &loss.after.pod.in_flight {
        Some(InFlight::Create {
            server: Server::Own(shim),
            ..
        }) => Some(*shim),
        Some(InFlight::Create { .. }) => sandbox.and_then(|sandbox| sandbox.shim),
        _ => None,
    };
    let mut rows = match serving {
        Some(serving) => vec![serving],
        None => vec![on_disk(&loss.before)],
    };
    if serving.is_none() && on_disk(&loss.after) != rows[0] {
        rows.push(on_disk(&loss.after));
    }
    let binary = Binary {
        name: "shim".to_owned(),
        versions: rows.iter().map(|row| draw.world.shim(*row).id.clone()).collect(),
        rows,
        shipped: None,
    };
    let mut spec = draw.world.pod_specs[0].clone();
    spec.host_users = host_users;
    spec.containers.truncate(1);
    World {
        containerd: vec![draw.cases.containerd.clone()],
        kubelets: vec![kubelet.clone()],
        shims: draw.world.shims.clone(),
        binaries: vec![binary.clone(), binary],
        oci_runtimes: draw.world.oci_runtimes.clone(),
        configurations: vec![Configuration {
            name: "configuration".to_owned(),
            refusals: vec![None],
            handlers: vec![vec![Some(HandlerConfig {
                runtime_type_name: handler.runtime_type.to_string(),
                runtime_type: handler.runtime_type,
                path_binary: form.path.then_some(BY_PATH),
                type_binary: Some(0),
                options: handler.table,
                sandboxer: draw.sandboxer_of(setting),
            })]],
            no_pivot: form.no_pivot,
        }],
        handlers: vec!["handler".to_owned()],
        pod_specs: vec![spec],
        pods: vec![0],
        client,
        faults: Budget {
            total: 2,
            gate_flip: 1,
            shim_upgrade: 1,
            ..Budget::NONE
        },
    }
}
