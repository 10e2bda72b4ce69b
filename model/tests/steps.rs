//! Steps of the machine on worlds that are put together by hand: each of these was once wrong.

#![expect(clippy::unwrap_used, reason = "what a test cannot do fails it")]

use shimproof_model::abstraction::{Abstract, Key, Keys, Table};
use shimproof_model::catalog::Catalog;
use shimproof_model::guards::{HostUsers, Network, RuntimeType};
use shimproof_model::log::Quiet;
use shimproof_model::world::{
    Binary, Budget, Client, Configuration, ContainerSpec, Containerd, HandlerConfig, Kubelet, OciRuntime,
    PodSpec, RestartPolicy, Sandboxer,
};
use shimproof_model::{
    Action, ContainerState, EnvironmentAction, InFlight, Node, Phase, PodAction, Refusal, SandboxState, User,
    World,
};

const RUNSC: u8 = 0;
const RUNC: u8 = 1;

/// A node with gVisor and runc, one pod with one container, and every fault once.
fn world(containerd: &str, kubelet: &str, runsc: &str) -> World<Abstract> {
    let catalog = Catalog::embedded();
    let row = catalog.containerd_row(containerd).unwrap();
    let gates = |_: &str| Some(true);
    let handler = |name: &str, binary: u8| HandlerConfig {
        runtime_type_name: name.to_owned(),
        runtime_type: RuntimeType::of(name),
        path_binary: None,
        type_binary: Some(binary),
        options: None,
        sandboxer: Sandboxer::PodSandbox,
    };
    let configuration = |config: HandlerConfig<Abstract>| Configuration {
        name: config.runtime_type_name.clone(),
        refusals: vec![None],
        handlers: vec![vec![Some(config)]],
        no_pivot: false,
    };
    let binary = |name: &str, shim: u8| Binary {
        name: name.to_owned(),
        rows: vec![shim],
        shipped: None,
        versions: vec![String::new()],
    };
    World {
        containerd: vec![Containerd::new(containerd, row)],
        kubelets: vec![Kubelet::new(
            kubelet,
            catalog.kubelet_row(kubelet).unwrap(),
            gates,
        )],
        shims: vec![
            catalog.shim_row("runsc", runsc).unwrap().clone(),
            catalog.shim_row_by_id(&row.shipped_shim).unwrap().clone(),
        ],
        binaries: vec![
            binary("io.containerd.runsc.v1", RUNSC),
            binary("io.containerd.runc.v2", RUNC),
        ],
        oci_runtimes: vec![OciRuntime {
            binary_name: "runc".to_owned(),
            version: "runc 1.2.3".to_owned(),
            row: Some(catalog.oci_runtime_row("runc", "1.2.3").unwrap().clone()),
        }],
        configurations: vec![
            configuration(handler("io.containerd.runsc.v1", 0)),
            configuration(handler("io.containerd.runc.v2", 1)),
        ],
        handlers: vec!["runsc".to_owned()],
        pod_specs: vec![PodSpec {
            name: "pod".to_owned(),
            handler: 0,
            host_users: HostUsers::Unset,
            network: Network::Pod,
            restart_policy: RestartPolicy::Always,
            containers: vec![ContainerSpec {
                name: "app".to_owned(),
                user: User::Root,
                terminal: false,
            }],
            volumes_idmappable: true,
        }],
        pods: vec![0],
        client: Client::Kubelet,
        faults: Budget {
            total: 2,
            containerd_restart: 1,
            kubelet_restart: 1,
            shim_crash: 1,
            rpc_timeout: 1,
            container_exit: 1,
            pod_delete: 1,
            gate_flip: 0,
            containerd_upgrade: 0,
            kubelet_upgrade: 0,
            shim_upgrade: 1,
            config_change: 1,
        },
    }
}

/// Takes the steps that are no faults, until `stop` holds.
fn run(world: &World<Abstract>, node: &mut Node<Abstract>, stop: impl Fn(&Node<Abstract>) -> bool) {
    for _ in 0..40 {
        if stop(node) {
            return;
        }
        let mut actions = Vec::new();
        node.enabled(world, &mut actions);
        let action = actions.into_iter().find(|action| match action {
            Action::Environment(action) => !shimproof_model::is_fault(*action),
            Action::Pod(_, action) => {
                matches!(
                    action,
                    PodAction::SyncPod | PodAction::Deliver | PodAction::BackOffElapsed
                )
            }
        });
        let _ = node.apply(world, action.unwrap(), &mut Quiet);
    }
    panic!("it does not come to that: {node:#?}");
}

fn start(world: &World<Abstract>) -> Node<Abstract> {
    Node::initial(world, &mut Quiet)
}

fn apply(world: &World<Abstract>, node: &mut Node<Abstract>, action: PodAction<Abstract>) {
    let _ = node.apply(world, Action::Pod(0, action), &mut Quiet);
}

fn settled(node: &Node<Abstract>) -> bool {
    node.pods[0].phase == Phase::Settled
}

fn starts_container(node: &Node<Abstract>) -> bool {
    matches!(node.pods[0].in_flight, Some(InFlight::StartContainer { .. }))
}

#[test]
fn a_changed_runtime_type_does_not_change_the_binary_of_a_surviving_sandbox() {
    let world = world("v2.3.0", "1.32.6", "release-20260511.0");
    let mut node = start(&world);
    run(&world, &mut node, settled);
    let _ = node.apply(
        &world,
        Action::Environment(EnvironmentAction::ConfigChange),
        &mut Quiet,
    );
    apply(&world, &mut node, PodAction::ContainerExit(0));
    run(&world, &mut node, |node| {
        matches!(node.pods[0].in_flight, Some(InFlight::ShimStart { .. }))
    });
    assert_eq!(
        node.pods[0].receiving_shim(&world, &node.environment),
        Some(RUNSC)
    );
}

#[test]
fn a_new_binary_on_disk_does_not_serve_a_task_that_is_under_way() {
    let mut world = world("v2.0.1", "1.32.6", "release-20241118.0");
    let newer = Catalog::embedded()
        .shim_row("runsc", "release-20260601.0")
        .unwrap()
        .clone();
    world.shims.push(newer);
    world.binaries[0].rows.push(2);
    let mut node = start(&world);
    run(&world, &mut node, |node| {
        let containers = node.pods[0].containers[0].is_some();
        containers && matches!(node.pods[0].in_flight, Some(InFlight::Create { .. }))
    });
    let _ = node.apply(
        &world,
        Action::Environment(EnvironmentAction::ShimUpgrade(0)),
        &mut Quiet,
    );
    assert_eq!(
        node.pods[0].receiving_shim(&world, &node.environment),
        Some(RUNSC)
    );
}

#[test]
fn a_container_is_not_started_in_a_sandbox_that_ended() {
    let world = world("v2.0.1", "1.32.6", "release-20241118.0");
    let mut node = start(&world);
    run(&world, &mut node, starts_container);
    apply(&world, &mut node, PodAction::ShimCrash);
    apply(&world, &mut node, PodAction::Deliver);
    assert_eq!(node.pods[0].refusal(), Some(Refusal::SandboxNotRunning));
    assert!(matches!(
        node.pods[0].containers[0].unwrap().state,
        ContainerState::Exited
    ));
}

#[test]
fn a_start_that_never_reached_containerd_leaves_the_container_created() {
    let world = world("v2.0.1", "1.32.6", "release-20241118.0");
    let mut node = start(&world);
    run(&world, &mut node, starts_container);
    apply(&world, &mut node, PodAction::RpcTimeout);
    assert!(matches!(
        node.pods[0].containers[0].unwrap().state,
        ContainerState::Created
    ));
}

#[test]
fn a_policy_of_never_makes_no_second_sandbox_once_a_container_is_known() {
    let mut world = world("v2.0.1", "1.32.6", "release-20241118.0");
    world.pod_specs[0].restart_policy = RestartPolicy::Never;
    let mut node = start(&world);
    run(&world, &mut node, starts_container);
    apply(&world, &mut node, PodAction::RpcTimeout);
    apply(&world, &mut node, PodAction::ShimCrash);
    assert_eq!(
        node.pods[0].sandbox.as_ref().unwrap().state,
        SandboxState::NotReady
    );
    run(&world, &mut node, |node| {
        matches!(node.pods[0].phase, Phase::LeftAlone)
    });
    assert!(node.pods[0].sandbox.is_none() && node.pods[0].in_flight.is_none());
}

#[test]
fn a_pod_that_failed_gives_its_mapping_back() {
    let mut world = world("v2.0.1", "1.33.2", "release-20241118.0");
    world.configurations.swap(0, 1);
    world.pod_specs[0].restart_policy = RestartPolicy::Never;
    world.pod_specs[0].host_users = HostUsers::False;
    let mut node = start(&world);
    run(&world, &mut node, settled);
    assert!(node.pods[0].mapping.is_some());
    apply(&world, &mut node, PodAction::ContainerExit(0));
    run(&world, &mut node, |node| node.pods[0].phase == Phase::Failed);
    apply(&world, &mut node, PodAction::SyncTerminatedPod);
    assert!(node.pods[0].mapping.is_none());
    assert_eq!(
        node.environment.mappings,
        <Abstract as shimproof_model::Domain>::Mappings::default()
    );
}

#[test]
fn plain_volumes_need_no_file_system_that_can_be_id_mapped() {
    // A kubelet of 1.26 sends no mappings for mounts; containerd's own mounts have them.
    let mut world = world("v2.0.0", "1.26.5", "release-20241118.0");
    world.configurations.swap(0, 1);
    world.pod_specs[0].host_users = HostUsers::False;
    world.pod_specs[0].volumes_idmappable = false;
    let mut node = start(&world);
    run(&world, &mut node, settled);
}

#[test]
fn an_owner_that_containerd_writes_loses_the_operators() {
    use shimproof_model::Domain;
    use shimproof_model::TypeUrl;
    use shimproof_model::abstraction::HostId;
    let keys: Keys = [Key::IoUid, Key::SystemdCgroup].into_iter().collect();
    let table = Table {
        id: 1,
        keys,
        oci_runtime: 0,
        inner_runsc: false,
    };
    let mut any = Abstract::generate(TypeUrl::RuncV1, &table, true);
    assert!(Abstract::preserves(Some(&any), &table));
    Abstract::set_io_owner(&mut any, HostId::InBlock(0));
    assert_eq!(Abstract::lost(Some(&any), &table), ["IoUid"]);
}

#[test]
fn a_release_without_handler_list_reports_an_empty_one() {
    let mut world = world("v1.7.27", "1.32.6", "release-20241118.0");
    // No handler that a pod uses is configured.
    world.configurations[0].handlers[0][0] = None;
    world.pod_specs[0].host_users = HostUsers::False;
    let mut node = start(&world);
    let _ = node.apply(
        &world,
        Action::Environment(EnvironmentAction::UpdateRuntimeUp),
        &mut Quiet,
    );
    let refusal = node.apply(&world, Action::Pod(0, PodAction::SyncPod), &mut Quiet);
    assert_eq!(refusal, Err(Refusal::HandlersEmpty));
}
