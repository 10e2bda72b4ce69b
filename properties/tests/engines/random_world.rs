//! Small worlds that chance puts together from the catalogue and the built-in scenarios.

use std::sync::LazyLock;

use shimproof_model::abstraction::{Key, Table};
use shimproof_model::catalog::Catalog;
use shimproof_model::guards::{HostUsers, Network};
use shimproof_model::world::{Budget, Client, Containerd, Kubelet, RestartPolicy, Sandboxer};
use shimproof_model::{Abstract, Finite as _, User, World};

use crate::scenarios;

static BASES: LazyLock<Vec<World<Abstract>>> = LazyLock::new(|| {
    let worlds = scenarios()
        .into_iter()
        .map(|scenario| crate::world(&scenario, None, None));
    // The clients of any kind have many steps for each state.
    worlds.filter(|world| world.client == Client::Kubelet).collect()
});

/// Numbers that look random: splitmix64.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ mixed >> 31) % end as u64).unwrap()
    }

    fn one_in(&mut self, number: usize) -> bool {
        self.below(number) == 0
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    fn value<T: shimproof_model::Finite>(&mut self) -> T {
        T::from_index(self.below(T::CARDINALITY)).unwrap()
    }
}

/// The world of a seed.
pub fn random_world(seed: u64) -> World<Abstract> {
    let catalog = Catalog::embedded();
    let mut random = Random(seed.wrapping_mul(0x1234_5678_9abc_def1));
    let random = &mut random;
    let mut world = random.pick(&BASES).clone();

    let releases = 1 + random.below(2);
    let shipped = world.binaries.iter().any(|binary| binary.shipped.is_some());
    if !shipped {
        world.containerd = (0..releases)
            .map(|_| {
                let row = random.pick(catalog.containerd());
                Containerd::new(row.id.clone(), row)
            })
            .collect();
    }
    world.kubelets = (0..=random.below(2))
        .map(|_| {
            let row = random.pick(catalog.kubelet());
            let on = random.one_in(2);
            Kubelet::new(row.id.clone(), row, |_| Some(on))
        })
        .collect();
    let mut tables = 0;
    for configuration in &mut world.configurations {
        configuration.no_pivot = random.one_in(6);
        configuration.refusals.resize(world.containerd.len(), None);
        let handlers = configuration.handlers[0].clone();
        configuration.handlers.resize(world.containerd.len(), handlers);
        for config in configuration.handlers.iter_mut().flatten().flatten() {
            if random.one_in(2) {
                tables += 1;
                config.options = Some(Table {
                    id: tables,
                    keys: Key::all().filter(|_| random.one_in(5)).collect(),
                    oci_runtime: u8::try_from(random.below(world.oci_runtimes.len())).unwrap(),
                    inner_runsc: random.one_in(3),
                });
            }
            if random.one_in(8) {
                config.sandboxer = *random.pick(&[Sandboxer::Shim, Sandboxer::Remote]);
            }
        }
    }
    for spec in &mut world.pod_specs {
        spec.host_users = random.value::<HostUsers>();
        if random.one_in(2) {
            spec.host_users = HostUsers::False;
        }
        spec.network = if random.one_in(6) {
            Network::Node
        } else {
            Network::Pod
        };
        spec.restart_policy = *random.pick(&[
            RestartPolicy::Always,
            RestartPolicy::OnFailure,
            RestartPolicy::Never,
        ]);
        spec.volumes_idmappable = random.one_in(2);
        let container = spec.containers[0].clone();
        spec.containers = vec![container; 1 + usize::from(random.one_in(4))];
        for container in &mut spec.containers {
            container.user = random.value::<User>();
            container.terminal = random.one_in(4);
        }
    }
    world.pods = (0..=random.below(2))
        .map(|_| u8::try_from(random.below(world.pod_specs.len())).unwrap())
        .collect();
    world.faults = Budget {
        total: u8::try_from(random.below(3)).unwrap(),
        ..budget(random)
    };
    world
}

/// Two or three kinds of faults.
fn budget(random: &mut Random) -> Budget {
    let mut budget = Budget::NONE;
    for _ in 0..3 {
        let kind = match random.below(11) {
            0 => &mut budget.containerd_restart,
            1 => &mut budget.kubelet_restart,
            2 => &mut budget.shim_crash,
            3 => &mut budget.rpc_timeout,
            4 => &mut budget.container_exit,
            5 => &mut budget.pod_delete,
            6 => &mut budget.gate_flip,
            7 => &mut budget.containerd_upgrade,
            8 => &mut budget.kubelet_upgrade,
            9 => &mut budget.shim_upgrade,
            _ => &mut budget.config_change,
        };
        *kind = 1;
    }
    budget
}
