//! Predictions a second, starts of containers a second on real bytes, and a node of 500 pods that take 1000 steps
//! each.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    reason = "a benchmark that cannot go on has failed"
)]

use std::hint::black_box;
use std::path::Path;
use std::time::Duration;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use shimproof_model::catalog::Catalog;
use shimproof_model::log::Quiet;
use shimproof_model::world::{Budget, Client, World};
use shimproof_model::{
    Action, Environment, EnvironmentAction, InFlight, Node, Pod, PodAction, enabled_pod, step,
    step_environment,
};
use shimproof_scenario::{Overrides, Scenario};
use shimproof_sim::wire::Any;
use shimproof_sim::{Wire, predict};

const PODS: usize = 500;
const STEPS: usize = 1000;

/// The most heap that a pod may have beside its record: the bytes of its options.
const MOST_HEAP: usize = 4096;

/// As many faults as there can be; filled up before each step.
const FAULTS: Budget = Budget {
    total: u8::MAX,
    shim_crash: u8::MAX,
    rpc_timeout: u8::MAX,
    container_exit: u8::MAX,
    pod_delete: u8::MAX,
    ..Budget::NONE
};

fn incident(name: &str) -> Scenario {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/incidents")
        .join(name);
    Scenario::load(&path).unwrap()
}

fn world(scenario: &Scenario) -> World<Wire> {
    let overrides = Overrides {
        pods: Some(1),
        faults: Some(0),
        ..Overrides::default()
    };
    let mut world = scenario.world_in(Catalog::embedded(), &overrides).unwrap();
    world.client = Client::Kubelet;
    world
}

fn predictions(criterion: &mut Criterion) {
    let scenario = incident("containerd-11091");
    let catalog = Catalog::embedded();
    let mut group = criterion.benchmark_group("predictions");
    group.throughput(Throughput::Elements(1));
    group.bench_function("one scenario", |bencher| {
        bencher.iter(|| predict(black_box(&scenario), catalog).unwrap());
    });
    group.finish();
}

/// From the first sync of the pod until its container runs.
fn start(world: &World<Wire>, mut node: Node<Wire>, enabled: &mut Vec<Action<Wire>>) -> Node<Wire> {
    while !node.pods[0].runs(1) {
        enabled.clear();
        node.enabled(world, enabled);
        node.apply(world, enabled[0], &mut Quiet).unwrap();
    }
    node
}

fn container_starts(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("container starts");
    group.throughput(Throughput::Elements(1));
    for name in ["containerd-11091--fixed", "containerd-11091--before"] {
        let world = world(&incident(name));
        let mut node = Node::initial(&world, &mut Quiet);
        node.apply(
            &world,
            Action::Environment(EnvironmentAction::UpdateRuntimeUp),
            &mut Quiet,
        )
        .unwrap();
        let mut enabled = Vec::new();
        group.bench_function(name, |bencher| {
            bencher.iter_batched(
                || node.clone(),
                |node| start(&world, node, &mut enabled),
                BatchSize::SmallInput,
            );
        });
    }
    group.finish();
}

/// Xorshift (Marsaglia, 2003): the same run each time.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(bound).unwrap()).unwrap()
    }
}

fn heap(pod: &Pod<Wire>) -> usize {
    let size = |any: &Option<Any>| {
        any.as_ref()
            .and_then(|any| any.value.as_ref())
            .map_or(0, Vec::capacity)
    };
    let sandbox = pod.sandbox.as_ref().map_or(0, |sandbox| size(&sandbox.options));
    let in_flight = match &pod.in_flight {
        Some(InFlight::LoadShimInfo { task_options, .. }) => size(task_options),
        Some(
            InFlight::ShimStart {
                options,
                task_options,
                ..
            }
            | InFlight::Info {
                options,
                task_options,
                ..
            },
        ) => size(options) + size(task_options),
        Some(InFlight::Create { options, .. }) => size(options),
        _ => 0,
    };
    sandbox + in_flight
}

/// Returns the most heap that all pods had together.
fn whole_node(world: &World<Wire>, environment: &mut Environment<Wire>, pods: &mut [Pod<Wire>]) -> usize {
    let mut random = Random(11_091);
    let mut enabled: Vec<PodAction<Wire>> = Vec::new();
    let mut most = 0;
    for _ in 0..STEPS {
        for pod in &mut *pods {
            environment.faults = FAULTS;
            enabled.clear();
            enabled_pod(world, environment, pod, |action| enabled.push(action));
            if !enabled.is_empty() {
                let action = enabled[random.below(enabled.len())];
                // A refusal is one of the things that happen on this node.
                let _ = step(world, environment, pod, action, &mut Quiet);
            }
        }
        most = most.max(pods.iter().map(heap).sum());
    }
    most
}

fn node_of_500_pods(criterion: &mut Criterion) {
    let world = world(&incident("containerd-11091--fixed"));
    let mut environment = Node::initial(&world, &mut Quiet).environment;
    step_environment(
        &world,
        &mut environment,
        EnvironmentAction::UpdateRuntimeUp,
        &mut Quiet,
    );
    let new = || (environment.clone(), vec![Pod::new(0); PODS]);

    let (mut first, mut pods) = new();
    let most = whole_node(&world, &mut first, &mut pods);
    assert!(most <= PODS * MOST_HEAP, "{most} bytes of options");
    println!(
        "{PODS} pods: {} bytes of records, at most {most} bytes of options",
        PODS * size_of::<Pod<Wire>>()
    );
    // Peak of the process, where the kernel tells it.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    if let Some(peak) = status.lines().find(|line| line.starts_with("VmHWM")) {
        println!("{peak}");
    }

    let mut group = criterion.benchmark_group("node");
    group
        .throughput(Throughput::Elements(u64::try_from(PODS * STEPS).unwrap()))
        .sample_size(10)
        .measurement_time(Duration::from_secs(5));
    group.bench_function("500 pods, 1000 steps each", |bencher| {
        bencher.iter_batched(
            new,
            |(mut environment, mut pods)| whole_node(&world, &mut environment, &mut pods),
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

criterion_group!(benches, node_of_500_pods, container_starts, predictions);
criterion_main!(benches);
