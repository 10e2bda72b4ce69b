//! The world and the state in which nothing was drawn yet.

use shimproof_model::abstraction::{Abstract, Blocks};
use shimproof_model::guards::{HostUsers, Mounts, Network};
use shimproof_model::world::{
    Binary, Budget, Client, Configuration, ContainerSpec, MAX_BINARIES, MAX_HANDLERS, OciRuntime, PodSpec,
    RestartPolicy,
};
use shimproof_model::{
    Container, ContainerState, ContainerdState, Environment, Introspected, KubeletState, LeftBehind, Pod,
    User, Userns, World,
};

use super::cases::Cases;
use super::draw::{CURRENT, State};

/// A container that nothing more is known of.
pub(super) const CREATED: Container<Abstract> = Container {
    userns: Userns::Nil,
    mounts: Mounts::Plain,
    state: ContainerState::Created,
    left_behind: LeftBehind::Nothing,
};

/// The environment and the pod in which nothing was drawn.
pub(super) fn canonical() -> State {
    let once = Budget {
        total: 1,
        containerd_restart: 1,
        kubelet_restart: 1,
        shim_crash: 1,
        rpc_timeout: 1,
        container_exit: 1,
        pod_delete: 1,
        gate_flip: 1,
        containerd_upgrade: 1,
        kubelet_upgrade: 1,
        shim_upgrade: 1,
        config_change: 1,
    };
    State {
        env: Environment {
            kubelet: KubeletState {
                row: 0,
                gate: true,
                status: None,
            },
            containerd: ContainerdState {
                row: 0,
                configuration: CURRENT,
                up: Ok(()),
                introspected: [Introspected::NotConfigured; MAX_HANDLERS],
            },
            on_disk: [0; MAX_BINARIES],
            mappings: Blocks::default(),
            faults: once,
        },
        pod: Pod::new(0),
    }
}

/// A world in which everything can be set: the design twice, so that it can be upgraded to itself.
pub(super) fn world(cases: &Cases) -> World<Abstract> {
    let binary = |name: &str| Binary {
        name: name.to_owned(),
        rows: (0..).zip(&cases.shims).map(|(index, _)| index).collect(),
        shipped: None,
        versions: cases.shims.iter().map(|row| row.id.clone()).collect(),
    };
    let configuration = |name: &str| Configuration {
        name: name.to_owned(),
        refusals: vec![None; 2],
        handlers: vec![vec![None]; 2],
        no_pivot: false,
    };
    let container = |name: &str| ContainerSpec {
        name: name.to_owned(),
        user: User::NonRoot,
        terminal: false,
    };
    World {
        containerd: vec![cases.containerd.clone(); 2],
        kubelets: cases.kubelets.clone(),
        shims: cases.shims.clone(),
        binaries: vec![binary("by runtime type"), binary("by path")],
        oci_runtimes: vec![OciRuntime {
            binary_name: "runc".to_owned(),
            version: String::new(),
            row: cases.oci_runtimes[0].clone(),
        }],
        configurations: vec![
            configuration("the one recorded"),
            configuration("the one loaded now"),
            configuration("the next one"),
        ],
        handlers: vec!["handler".to_owned()],
        pod_specs: vec![PodSpec {
            name: "pod".to_owned(),
            handler: 0,
            host_users: HostUsers::Unset,
            network: Network::Pod,
            restart_policy: RestartPolicy::Always,
            containers: vec![container("first"), container("second")],
            volumes_idmappable: true,
        }],
        pods: vec![0],
        client: Client::Kubelet,
        faults: canonical().env.faults,
    }
}
