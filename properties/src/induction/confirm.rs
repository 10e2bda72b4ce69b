//! Whether a loss can happen: an exhaustive search of small nodes that have what the lossy step has.

use std::sync::Arc;

use shimproof_model::abstraction::Abstract;
use shimproof_model::guards::HostUsers;
use shimproof_model::world::{Binary, Budget, Client, Configuration, HandlerConfig, Kubelet, World};
use shimproof_model::{InFlight, Server};
use shimproof_search::{Answer, Limits};

use super::check::Loss;
use super::draw::{BY_PATH, CURRENT, Draw, State};
use crate::{Engine, Machine, check};

/// What the search of small nodes says of a loss.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Confirmation {
    /// A node gets there: the property is violated.
    Violated {
        /// The shim, by its row, and the one that replaces it.
        shims: Vec<String>,
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
/// under any client; then nodes with other shims, under kubelets that ask no handler and under any client.
pub(super) fn confirm(draw: &Draw<'_>, loss: &Loss, property: &str) -> Confirmation {
    let mut nodes = 0;
    let own = shims_of(draw, loss);
    let others = draw
        .reachable(slot_of(loss))
        .iter()
        .filter_map(|shim| u8::try_from(*shim).ok())
        .filter(|shim| *shim != own[0])
        .map(|shim| vec![shim]);
    for (index, shims) in std::iter::once(own.clone()).chain(others).enumerate() {
        for client in [Client::Kubelet, Client::Any] {
            // The gate for the host's network matters to no pod here.
            let kubelets = draw.cases.kubelets.iter().rev().step_by(2);
            let asked = |kubelet: &&Kubelet| index == 0 || !kubelet.row.handler_check;
            let most = if client == Client::Kubelet { usize::MAX } else { 1 };
            for kubelet in kubelets.filter(asked).take(most) {
                for (gate, host_users) in [true, false]
                    .into_iter()
                    .flat_map(|gate| [HostUsers::Unset, HostUsers::False].map(|users| (gate, users)))
                {
                    nodes += 1;
                    let mut kubelet = kubelet.clone();
                    kubelet.gate = gate;
                    let world = world(draw, loss, &shims, client, &kubelet, host_users);
                    if let Some(steps) = violated(world, property) {
                        let gate = if gate { "on" } else { "off" };
                        return Confirmation::Violated {
                            shims: shims
                                .iter()
                                .map(|shim| draw.world.shim(*shim).id.clone())
                                .collect(),
                            client: match client {
                                Client::Kubelet => {
                                    format!("kubelet {}, gate {gate} at first", kubelet.version)
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

fn slot_of(loss: &Loss) -> u8 {
    loss.after
        .pod
        .sandbox
        .as_ref()
        .map_or(CURRENT, |sandbox| sandbox.configuration)
}

/// The shim that serves the pod, or the one that a message goes to, and the one that replaces it.
fn shims_of(draw: &Draw<'_>, loss: &Loss) -> Vec<u8> {
    let sandbox = loss.after.pod.sandbox.as_ref();
    let serving = match &loss.after.pod.in_flight {
        Some(InFlight::Create {
            server: Server::Own(shim),
            ..
        }) => Some(*shim),
        Some(InFlight::Create { .. }) => sandbox.and_then(|sandbox| sandbox.shim),
        _ => None,
    };
    let on_disk = |state: &State| state.env.on_disk[usize::from(draw.binary().0)];
    match serving {
        Some(serving) => vec![serving],
        None if on_disk(&loss.before) == on_disk(&loss.after) => vec![on_disk(&loss.after)],
        None => vec![on_disk(&loss.before), on_disk(&loss.after)],
    }
}

fn violated(world: World<Abstract>, property: &str) -> Option<usize> {
    let property = crate::find(property)?;
    let limits = Limits {
        max_states: Some(MOST),
        ..Limits::default()
    };
    let machine = Arc::new(Machine::new(world));
    // A function that panics proves nothing either way.
    let found = check(&machine, &[property], &[], Engine::default(), &limits, &mut ()).ok()?;
    let finding = found.findings.first()?;
    (finding.answer == Answer::Violated).then(|| finding.path.as_ref().map_or(0, |path| path.steps.len()))
}

fn world(
    draw: &Draw<'_>,
    loss: &Loss,
    shims: &[u8],
    client: Client,
    kubelet: &Kubelet,
    host_users: HostUsers,
) -> World<Abstract> {
    let setting = draw.setting(slot_of(loss));
    let form = draw.setting(CURRENT).form;
    let handler = &draw.cases.handlers[setting.handler];
    let binary = Binary {
        name: "shim".to_owned(),
        rows: shims.to_vec(),
        versions: shims.iter().map(|row| draw.world.shim(*row).id.clone()).collect(),
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
                sandboxer: setting.sandboxer(),
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
