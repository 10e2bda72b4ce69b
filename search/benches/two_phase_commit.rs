//! Distinct states per second on two-phase commit with seven resource managers (296,448 states).

use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use shimproof_search::examples::two_phase_commit::TwoPhaseCommit;
use shimproof_search::{Limits, Property, breadth_first, stateright_depth_first};

const RESOURCE_MANAGERS: u8 = 7;
const STATES: u64 = 296_448;

fn searches(criterion: &mut Criterion) {
    let system = Arc::new(TwoPhaseCommit::new(RESOURCE_MANAGERS));
    let properties: Arc<[Property<_>]> = TwoPhaseCommit::properties().into();
    let limits = Limits::default();

    let mut group = criterion.benchmark_group("two-phase commit, 7 resource managers");
    group
        .throughput(Throughput::Elements(STATES))
        .sample_size(10)
        .measurement_time(Duration::from_secs(8));
    group.bench_function("breadth first", |bencher| {
        bencher.iter(|| {
            breadth_first(&*system, &properties, &limits, &mut ()).map(|outcome| black_box(outcome).states)
        });
    });
    group.bench_function("Stateright, depth first", |bencher| {
        bencher.iter(|| {
            stateright_depth_first(Arc::clone(&system), Arc::clone(&properties), &limits)
                .map(|outcome| black_box(outcome).states)
        });
    });
    group.finish();
}

criterion_group!(benches, searches);
criterion_main!(benches);
