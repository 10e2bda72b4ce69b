//! The packed search of the machine beside Stateright, on the same states: as nodes with derived `Hash`, and as
//! words. Prints edges a second and the share of the steps; ours must count what Stateright counts.
//!
//! `cargo bench -p shimproof-properties --bench machine -- [scenario] [faults]`

#![allow(missing_docs, reason = "a benchmark has no readers of its documentation")]
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot go on has failed")]
#![allow(
    clippy::cast_precision_loss,
    reason = "rates that are read, not reckoned with"
)]

use std::collections::HashSet;
use std::hash::Hash;
use std::num::NonZero;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use shimproof_model::catalog::Catalog;
use shimproof_model::packing::Packing;
use shimproof_model::{Abstract, World};
use shimproof_properties::{Engine, Machine, PackedMachine, all, check};
use shimproof_scenario::{Overrides, Scenario};
use shimproof_search::{
    AsStaterightModel, Limits, PackedOptions, PackedSystem, Property, TransitionSystem, packed_breadth_first,
};
use stateright::{Checker as _, Model as _};

/// The largest space must have so many distinct states.
const AT_LEAST: u64 = 1_000_000;

fn main() {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    let scenario = arguments.first().map_or("containerd-10598-fixed", String::as_str);
    let faults = arguments.get(1).map_or(2, |faults| faults.parse().unwrap());
    for pods in [2, 3] {
        let world = world(scenario, pods, faults);
        println!("{scenario}, {pods} pods, {faults} faults");
        let packing = Packing::new(&world).unwrap();
        let states = match packing.words() {
            2 => compare::<2>(&world, packing),
            3 => compare::<3>(&world, packing),
            4 => compare::<4>(&world, packing),
            _ => compare::<5>(&world, packing),
        };
        assert!(
            pods < 3 || states >= AT_LEAST,
            "{states} states are too few to tell anything"
        );
    }
}

fn world(scenario: &str, pods: u32, faults: u32) -> World<Abstract> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../examples")
        .join(scenario);
    let overrides = Overrides {
        faults: Some(faults),
        pods: Some(pods),
        ..Overrides::default()
    };
    Scenario::load(&directory)
        .unwrap()
        .world(Catalog::embedded(), &overrides)
        .unwrap()
}

/// Returns how many states there are.
fn compare<const W: usize>(world: &World<Abstract>, packing: Packing) -> u64 {
    let machine = Arc::new(Machine::new(world.clone()));
    let packed = Arc::new(PackedMachine::<W>::new(
        Arc::clone(&machine),
        packing,
        Vec::new(),
        Vec::new(),
    ));
    let (mut states, mut edges, mut alone) = (0, 0, Duration::ZERO);
    for threads in [1, 2] {
        let options = PackedOptions {
            threads: NonZero::new(threads).unwrap(),
            ..PackedOptions::default()
        };
        let asked = [Property::always("true", |_: &PackedMachine<W>, _| true)];
        let began = Instant::now();
        let found = packed_breadth_first(&*packed, &asked, &options, &Limits::default(), &mut ()).unwrap();
        let took = began.elapsed();
        (states, edges) = (found.search.states, found.search.transitions);
        if threads == 1 {
            alone = took;
        }
        tell(
            &format!("packed breadth first, threads: {threads}"),
            states,
            edges,
            took,
        );
        println!(
            "    {:.1} bytes a state",
            found.peak_memory as f64 / states as f64
        );
    }
    for symmetry in [false, true] {
        let options = PackedOptions {
            symmetry,
            threads: NonZero::new(2).unwrap(),
            memory: None,
        };
        let engine = Engine::Exact(options);
        let began = Instant::now();
        let found = check(&machine, &all(), &[], engine, &Limits::default(), &mut ()).unwrap();
        let name = if symmetry {
            "with all properties and symmetry"
        } else {
            "with all properties"
        };
        tell(name, found.states, found.transitions, began.elapsed());
    }
    share_of_steps(&packed, alone);
    stateright("nodes", &machine, (states, edges));
    stateright("words", &packed, (states, edges));
    states
}

/// Expands every state once more and does nothing else.
fn share_of_steps<const W: usize>(packed: &PackedMachine<W>, whole: Duration) {
    let mut known = HashSet::new();
    let mut states = packed.initial_states();
    known.extend(states.iter().copied());
    let mut memo = <PackedMachine<W> as PackedSystem>::Scratch::default();
    let mut next = 0;
    while next < states.len() {
        let state = states[next];
        next += 1;
        PackedSystem::successors(packed, &state, &mut memo, &mut |_, successor| {
            if known.insert(*successor) {
                states.push(*successor);
            }
        });
    }
    let began = Instant::now();
    let (mut edges, mut mixed) = (0_u64, 0);
    let mut memo = <PackedMachine<W> as PackedSystem>::Scratch::default();
    for state in &states {
        PackedSystem::successors(packed, state, &mut memo, &mut |_, successor| {
            edges += 1;
            mixed ^= successor[W - 1];
        });
    }
    let took = began.elapsed();
    println!(
        "  steps alone: {:.1} ns each, {:.0} % of the search on one thread ({mixed:x})",
        took.as_nanos() as f64 / edges as f64,
        100.0 * took.as_secs_f64() / whole.as_secs_f64()
    );
}

fn stateright<S>(what: &str, system: &Arc<S>, expected: (u64, u64))
where
    S: TransitionSystem + Send + Sync + 'static,
    S::State: Send + Sync + Hash,
    S::Action: Send + Sync,
{
    for threads in [1, 2] {
        for breadth_first in [true, false] {
            let properties = [Property::always("true", |_: &S, _: &S::State| true)];
            let model = AsStaterightModel::new(Arc::clone(system), properties.into()).unwrap();
            let builder = model.checker().threads(threads);
            let began = Instant::now();
            let (unique, total) = if breadth_first {
                let checker = builder.spawn_bfs().join();
                (checker.unique_state_count(), checker.state_count())
            } else {
                let checker = builder.spawn_dfs().join();
                (checker.unique_state_count(), checker.state_count())
            };
            let took = began.elapsed();
            let order = if breadth_first { "breadth" } else { "depth" };
            tell(
                &format!("Stateright on {what}, {order} first, threads: {threads}"),
                unique as u64,
                // It counts initial states as well.
                total as u64 - 1,
                took,
            );
            assert_eq!(unique as u64, expected.0);
        }
    }
}

fn tell(what: &str, states: u64, edges: u64, took: Duration) {
    println!(
        "  {what}: {states} states, {edges} edges, {:.2} s, {:.2} million edges/s",
        took.as_secs_f64(),
        edges as f64 / took.as_secs_f64() / 1e6
    );
}
