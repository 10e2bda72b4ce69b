//! Two-phase commit with nine resource managers (10,340,352 states), searched by every engine at hand in one
//! run, each in a process of its own: distinct states per second, and bytes of memory per state.
//!
//! ```text
//! cargo run --release --example two_phase_commit_9 [RESOURCE_MANAGERS [ENGINE]]
//! ```
//!
//! SPIN takes part if it is installed, with a C compiler.

use std::env;
use std::fs;
use std::io;
use std::num::NonZero;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use shimproof_search::examples::two_phase_commit::{
    NativeModel, State, TwoPhaseCommit, UnpackedState, UnpackedTwoPhaseCommit,
};
use shimproof_search::{Limits, PackedOptions, breadth_first, packed_breadth_first};
use stateright::{Checker, Model};

const ENGINES: [&str; 12] = [
    "packed-1",
    "packed-2",
    "plain-packed",
    "plain-unpacked",
    "stateright-bfs-1",
    "stateright-bfs-2",
    "stateright-dfs-1",
    "stateright-dfs-2",
    "stateright-bfs-1-unpacked",
    "stateright-dfs-2-unpacked",
    "spin",
    "packed-1-again",
];

const PROMELA: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../benches/peers/two_phase_commit.pml"
);

fn main() -> io::Result<()> {
    let mut arguments = env::args().skip(1);
    let resource_managers = arguments
        .next()
        .and_then(|number| number.parse().ok())
        .unwrap_or(9);
    match arguments.next() {
        Some(engine) => {
            let (states, time) = run(&engine, resource_managers)?;
            let memory = peak_memory()?;
            println!("{states} {} {memory}", time.as_secs_f64());
        }
        None => compare(resource_managers)?,
    }
    Ok(())
}

/// Runs every engine in a process of its own, so that each has its own peak of memory.
fn compare(resource_managers: u8) -> io::Result<()> {
    println!(
        "random reads, independent of each other, of 200 MB: {:.1} million/s",
        random_reads() / 1e6
    );
    println!("load average: {}", fs::read_to_string("/proc/loadavg")?.trim());
    println!("engine                       states    seconds  states/s   B/state   x");
    let mut baseline = None;
    for engine in ENGINES {
        let output = Command::new(env::current_exe()?)
            .args([&resource_managers.to_string(), engine])
            .output()?;
        let line = String::from_utf8_lossy(&output.stdout);
        let numbers: Vec<f64> = line
            .split_whitespace()
            .filter_map(|number| number.parse().ok())
            .collect();
        let &[states, seconds, memory] = &*numbers else {
            println!("{engine:<26} {}", String::from_utf8_lossy(&output.stderr).trim());
            continue;
        };
        let baseline = *baseline.get_or_insert(seconds);
        println!(
            "{engine:<26} {states:>9} {seconds:>9.3} {:>9.0} {:>9.1} {:>6.2}",
            states / seconds,
            memory / states,
            seconds / baseline,
        );
    }
    println!("load average: {}", fs::read_to_string("/proc/loadavg")?.trim());
    Ok(())
}

/// Distinct states and time.
fn run(engine: &str, resource_managers: u8) -> io::Result<(u64, Duration)> {
    let threads = if engine.contains("-2") { 2 } else { 1 };
    let begin = Instant::now();
    let states = match engine {
        "packed-1" | "packed-2" | "packed-1-again" => {
            let options = PackedOptions {
                threads: NonZero::new(threads).unwrap_or(NonZero::<usize>::MIN),
                ..PackedOptions::default()
            };
            let system = TwoPhaseCommit::new(resource_managers);
            let properties = TwoPhaseCommit::properties();
            packed_breadth_first(&system, &properties, &options, &Limits::default(), &mut ())
                .map_err(io::Error::other)?
                .search
                .states
        }
        "plain-packed" => {
            let system = TwoPhaseCommit::new(resource_managers);
            let properties = TwoPhaseCommit::properties();
            breadth_first(&system, &properties, &Limits::default(), &mut ())
                .map_err(io::Error::other)?
                .states
        }
        "plain-unpacked" => {
            let system = UnpackedTwoPhaseCommit::new(resource_managers);
            let properties = UnpackedTwoPhaseCommit::properties();
            breadth_first(&system, &properties, &Limits::default(), &mut ())
                .map_err(io::Error::other)?
                .states
        }
        "spin" => return spin(resource_managers),
        _ if engine.ends_with("-unpacked") => stateright::<UnpackedState>(resource_managers, engine, threads),
        _ => stateright::<State>(resource_managers, engine, threads),
    };
    Ok((states, begin.elapsed()))
}

fn stateright<R>(resource_managers: u8, engine: &str, threads: usize) -> u64
where
    R: shimproof_search::examples::two_phase_commit::Representation + Send + Sync + 'static,
{
    let builder = NativeModel::<R>::new(resource_managers)
        .checker()
        .threads(threads);
    let states = if engine.contains("bfs") {
        builder.spawn_bfs().join().unique_state_count()
    } else {
        builder.spawn_dfs().join().unique_state_count()
    };
    states as u64
}

/// SPIN in its default mode for safety properties: exact, depth first. Only the search is timed, not the
/// compilation.
fn spin(resource_managers: u8) -> io::Result<(u64, Duration)> {
    let directory = env::temp_dir().join(format!("two-phase-commit-{}", std::process::id()));
    fs::create_dir_all(&directory)?;
    let step = |command: &mut Command| -> io::Result<String> {
        let output = command.current_dir(&directory).output()?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(io::Error::other(
                String::from_utf8_lossy(&output.stderr).into_owned(),
            ))
        }
    };
    let model = Path::new(PROMELA).canonicalize()?;
    step(
        Command::new("spin")
            .arg(format!("-DN={resource_managers}"))
            .arg("-a")
            .arg(model),
    )?;
    step(Command::new("cc").args(["-O2", "-DSAFETY", "-DMEMLIM=16384", "-o", "pan", "pan.c"]))?;
    let begin = Instant::now();
    // 2^24 slots: as many as there are states, as SPIN advises.
    let report = step(Command::new("./pan").args(["-m1000000", "-w24"]))?;
    let time = begin.elapsed();
    fs::remove_dir_all(&directory)?;
    let states = report
        .lines()
        .find_map(|line| {
            line.trim()
                .strip_suffix("states, stored")?
                .trim()
                .parse::<f64>()
                .ok()
        })
        .ok_or_else(|| io::Error::other(report))?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is a count"
    )]
    Ok((states as u64, time))
}

/// Reads per second of places in memory that do not depend on each other: as fast as a search could look at
/// a table of this size, one look at a state.
fn random_reads() -> f64 {
    const READS: u32 = 20_000_000;
    let table: Vec<u64> = (0..200_000_000 / 8).collect();
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut sum = 0;
    let begin = Instant::now();
    for _ in 0..READS {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let place = ((random >> 32) * table.len() as u64) >> 32;
        sum ^= usize::try_from(place).map_or(0, |place| table[place]);
    }
    std::hint::black_box(sum);
    f64::from(READS) / begin.elapsed().as_secs_f64()
}

/// The most memory that this process, or a child that has ended, had in use at a time, in bytes. Linux only.
fn peak_memory() -> io::Result<u64> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes: Option<u64> = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
    Ok(kilobytes.unwrap_or(0) * 1024)
}
