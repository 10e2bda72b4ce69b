//! Every word that the fields allow is a state, and every state has one word.

use proptest::prelude::*;

use super::*;
use crate::abstraction::{Key, Table};
use crate::catalog::Catalog;
use crate::guards::RuntimeType;
use crate::world::{
    Binary, Budget, Configuration, ContainerSpec, Containerd, HandlerConfig, Kubelet, OciRuntime,
    RestartPolicy, Sandboxer,
};
use crate::{User, Userns};

fn budget(each: u8) -> Budget {
    Budget {
        total: each.saturating_mul(2),
        containerd_restart: each,
        kubelet_restart: each,
        shim_crash: each,
        rpc_timeout: each,
        container_exit: each,
        pod_delete: each,
        gate_flip: each,
        containerd_upgrade: each,
        kubelet_upgrade: each,
        shim_upgrade: each,
        config_change: each,
    }
}

/// Four pods of two specifications, gVisor and runc, two releases, two configurations.
fn world(client: Client) -> World<Abstract> {
    let catalog = Catalog::embedded();
    let releases = ["v2.0.1", "v2.3.4"].map(|tag| (tag, catalog.containerd_row(tag).unwrap()));
    let handler = |name: &str, binary: u8, id: u8, keys: &[Key]| {
        Some(HandlerConfig {
            runtime_type_name: name.to_owned(),
            runtime_type: RuntimeType::of(name),
            path_binary: None,
            type_binary: Some(binary),
            options: Some(Table {
                id,
                keys: keys.iter().copied().collect(),
                oci_runtime: 1,
                inner_runsc: true,
            }),
            sandboxer: Sandboxer::PodSandbox,
        })
    };
    let configuration = |id: u8, keys: &[Key]| Configuration {
        name: String::new(),
        refusals: vec![None; 2],
        handlers: vec![
            vec![
                handler("io.containerd.runsc.v1", 0, id, keys),
                handler("io.containerd.runc.v2", 1, id + 1, keys)
            ];
            2
        ],
        no_pivot: id > 1,
    };
    let binary = |shim: u8| Binary {
        name: String::new(),
        rows: vec![shim],
        shipped: None,
        versions: vec![String::new()],
    };
    let pod = |handler: u8, containers: usize| PodSpec {
        name: format!("pod {handler}"),
        handler,
        host_users: HostUsers::False,
        network: Network::Pod,
        restart_policy: RestartPolicy::Always,
        containers: vec![
            ContainerSpec {
                name: String::new(),
                user: User::Root,
                terminal: false,
            };
            containers
        ],
        volumes_idmappable: true,
    };
    let oci_runtime = OciRuntime {
        binary_name: "runc".to_owned(),
        version: String::new(),
        row: Some(catalog.oci_runtime_row("runc", "1.2.3").unwrap().clone()),
    };
    World {
        containerd: releases.map(|(tag, row)| Containerd::new(tag, row)).into(),
        kubelets: vec![Kubelet::new(
            "1.33.0",
            catalog.kubelet_row("1.33.0").unwrap(),
            |_| Some(true),
        )],
        shims: vec![
            catalog.shim_row("runsc", "20250505.0").unwrap().clone(),
            catalog
                .shim_row_by_id(&releases[0].1.shipped_shim)
                .unwrap()
                .clone(),
        ],
        binaries: vec![binary(0), binary(1)],
        oci_runtimes: vec![oci_runtime.clone(), oci_runtime],
        configurations: vec![
            configuration(1, &[]),
            configuration(3, &[Key::TypeUrl, Key::IoUid, Key::SystemdCgroup]),
        ],
        handlers: vec!["runsc".to_owned(), "runc".to_owned()],
        pod_specs: vec![pod(0, 2), pod(1, 1)],
        pods: vec![0, 1, 0, 0],
        client,
        faults: budget(1),
    }
}

/// A word in which each field has one of its values.
fn word(fields: impl Iterator<Item = (u32, u64)>, random: &[u64]) -> u64 {
    fields.zip(random).fold(0, |word, ((shift, radix), random)| {
        word | (random % radix) << shift
    })
}

/// Whether anything of the pod is in a block, its mapping aside.
fn is_in_block(pod: &Pod<Abstract>) -> bool {
    let text = format!("{pod:?}");
    text.replace(&format!("mapping: {:?}", pod.mapping), "")
        .contains("Block")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn pods(any_client: bool, place in 0_usize..4, random: [u64; 6]) {
        let client = if any_client { Client::Any } else { Client::Kubelet };
        let world = world(client);
        let packing = Packing::new(&world).unwrap();
        let word = word(packing.of(place).fields(), &random);
        let pod = packing.unpack_pod(place, word);
        let packed = packing.pack_pod(&pod).unwrap();
        if pod.mapping.is_some() || is_in_block(&pod) {
            let in_some_block = random[0] % 9 != 0;
            prop_assert!(packed == word || !in_some_block);
        } else {
            // A block that nothing is in is no block.
            prop_assert_eq!(packing.of(place).without_block(packed).0, packed);
            prop_assert_eq!(packed >> 4, word >> 4);
        }
        let again = packing.unpack_pod(place, packed);
        prop_assert_eq!(packing.pack_pod(&again).unwrap(), packed);
        prop_assert_eq!(again, pod);
    }

    #[test]
    fn environments(random: [u64; 24], each in 0_u8..3) {
        let mut world = world(Client::Kubelet);
        world.faults = budget(each);
        let packing = Packing::new(&world).unwrap();
        let mut words = [0; environment::MAX_WORDS];
        for ((word, shift, radix), random) in packing.environment.radices().zip(random) {
            words[word] |= (random % radix) << shift;
        }
        let env = packing.unpack_environment(&words);
        let mut packed = [0; environment::MAX_WORDS];
        packing.pack_environment(&env, &mut packed).unwrap();
        prop_assert_eq!(packed, words);
    }
}

#[test]
fn a_value_that_the_world_does_not_have_is_named() {
    let packing = Packing::new(&world(Client::Kubelet)).unwrap();
    let field = |pod: &Pod<Abstract>| packing.pack_pod(pod).unwrap_err().field;
    let mut pod = Pod::new(1);
    pod.in_flight = Some(crate::InFlight::StartContainer { container: 1 });
    assert_eq!(field(&pod), "message in flight");
    pod.in_flight = Some(crate::InFlight::RunPodSandbox {
        userns: Userns::LinuxNil,
    });
    assert_eq!(field(&pod), "message in flight");
    pod.in_flight = Some(crate::InFlight::RunPodSandbox {
        userns: Userns::Pod(crate::abstraction::Block(1)),
    });
    assert!(packing.pack_pod(&pod).is_ok());
    pod.mapping = Some(crate::abstraction::Block(2));
    assert_eq!(field(&pod), "id block");
    assert_eq!(field(&Pod::new(2)), "specification");
}

#[test]
fn an_environment_without_room_is_refused_with_the_field() {
    let mut world = world(Client::Kubelet);
    world.faults = budget(127);
    assert!(Packing::new(&world).is_ok());
    world.faults = budget(255);
    world.handlers.extend(["third".to_owned(), "fourth".to_owned()]);
    world.kubelets = vec![world.kubelets[0].clone(); 200];
    let error = Packing::new(&world).map(|_| ()).unwrap_err();
    assert_eq!(
        error,
        PackingError::Environment {
            field: "configuration changes left",
            bits: 8
        }
    );
}
