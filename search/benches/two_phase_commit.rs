//! Distinct states per second on two-phase commit: this crate's searches beside Stateright's, on the same
//! state, one word. Memory, SPIN and states on the heap: the example `peers`.

use std::hint::black_box;
use std::num::NonZero;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use shimproof_search::examples::two_phase_commit::{NativeModel, State, TwoPhaseCommit};
use shimproof_search::{Limits, PackedOptions, breadth_first, packed_breadth_first};
use stateright::{Checker, Model};

/// Resource managers and distinct states.
const SIZES: [(u8, u64); 3] = [(7, 296_448), (8, 1_745_408), (9, 10_340_352)];
/// Stateright's breadth-first search of nine takes a minute each time.
const MOST_FOR_STATERIGHT_BFS: u8 = 8;

fn packed(size: u8, threads: NonZero<usize>) -> Option<u64> {
    let options = PackedOptions {
        threads,
        ..PackedOptions::default()
    };
    let properties = TwoPhaseCommit::properties();
    let limits = Limits::default();
    packed_breadth_first(
        &TwoPhaseCommit::new(size),
        &properties,
        &options,
        &limits,
        &mut (),
    )
    .ok()
    .map(|outcome| outcome.search.states)
}

fn plain(size: u8) -> Option<u64> {
    let properties = TwoPhaseCommit::properties();
    breadth_first(
        &TwoPhaseCommit::new(size),
        &properties,
        &Limits::default(),
        &mut (),
    )
    .ok()
    .map(|outcome| outcome.states)
}

fn searches(criterion: &mut Criterion) {
    for (size, states) in SIZES {
        let mut group = criterion.benchmark_group(format!("two-phase commit, {size} resource managers"));
        group
            .throughput(Throughput::Elements(states))
            .sampling_mode(SamplingMode::Flat)
            .sample_size(10)
            .warm_up_time(Duration::from_secs(1))
            .measurement_time(Duration::from_secs(5));
        for threads in [1, 2].into_iter().filter_map(NonZero::new) {
            group.bench_function(BenchmarkId::new("packed", threads), |bencher| {
                bencher.iter(|| assert_eq!(black_box(packed(size, threads)), Some(states)));
            });
        }
        group.bench_function("plain", |bencher| {
            bencher.iter(|| assert_eq!(black_box(plain(size)), Some(states)));
        });
        for threads in [1, 2] {
            let model = || NativeModel::<State>::new(size).checker().threads(threads);
            if size <= MOST_FOR_STATERIGHT_BFS {
                group.bench_function(BenchmarkId::new("Stateright BFS", threads), |bencher| {
                    bencher.iter(|| black_box(model().spawn_bfs().join().unique_state_count()));
                });
            }
            group.bench_function(BenchmarkId::new("Stateright DFS", threads), |bencher| {
                bencher.iter(|| black_box(model().spawn_dfs().join().unique_state_count()));
            });
        }
        group.finish();
    }
}

criterion_group!(benches, searches);
criterion_main!(benches);
