//! Two-phase commit, searched by every engine at hand in one run: how fast, in how much memory, and what lies
//! between.
//!
//! ```text
//! cargo run --release --package shimproof-search --example peers [-- REPEATS [RESOURCE_MANAGERS...]]
//! ```
//!
//! Each run is a process of its own, so that each has its own peak of memory, and engines take turns, so that
//! a busy minute of the machine is not the fault of one of them. Medians are printed, as the tables of
//! `docs/performance.md`. SPIN takes part if it is installed, with a C compiler. Linux only.

mod engines;
mod machine;

use std::env;
use std::io;
use std::process::Command;

use engines::{ENGINES, Engine};
use machine::Usage;

fn main() -> io::Result<()> {
    let mut arguments = env::args().skip(1);
    let first = arguments.next();
    if first.as_deref() == Some("run") {
        return run(&mut arguments);
    }
    let repeats = first.and_then(|number| number.parse().ok()).unwrap_or(3);
    let mut sizes: Vec<u8> = arguments.filter_map(|number| number.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = vec![7, 8, 9];
    }
    println!("{}\n", machine::description()?);
    for size in sizes {
        compare(size, repeats)?;
    }
    Ok(())
}

/// The other process: `run ENGINE RESOURCE_MANAGERS`.
fn run(arguments: &mut impl Iterator<Item = String>) -> io::Result<()> {
    let (engine, size) = (arguments.next(), arguments.next());
    let engine = ENGINES.iter().find(|known| Some(known.name) == engine.as_deref());
    let size = size.and_then(|number| number.parse().ok());
    let (Some(engine), Some(size)) = (engine, size) else {
        return Err(io::Error::other("run ENGINE RESOURCE_MANAGERS"));
    };
    let usage = engine.run(size)?;
    println!(
        "{} {} {} {}",
        usage.count, usage.wall, usage.processor, usage.memory
    );
    Ok(())
}

fn compare(size: u8, repeats: u32) -> io::Result<()> {
    let mut runs: Vec<Vec<Usage>> = ENGINES.iter().map(|_| Vec::new()).collect();
    let mut reads = [Vec::new(), Vec::new()];
    let mut complaints = Vec::new();
    for repeat in 0..repeats {
        for (threads, reads) in (1..).zip(&mut reads) {
            reads.push(machine::random_reads(threads));
        }
        for (engine, runs) in ENGINES.iter().zip(&mut runs) {
            if size > engine.max_size {
                continue;
            }
            let output = Command::new(env::current_exe()?)
                .args(["run", engine.name, &size.to_string()])
                .output()?;
            match Usage::parse(&String::from_utf8_lossy(&output.stdout)) {
                Some(usage) => runs.push(usage),
                None if repeat == 0 => complaints.push(format!(
                    "{}: {}",
                    engine.name,
                    String::from_utf8_lossy(&output.stderr).trim()
                )),
                None => {}
            }
        }
        eprintln!(
            "{size} resource managers, {} of {repeats}; load {}",
            repeat + 1,
            machine::load()?
        );
    }
    print_table(size, &runs);
    for complaint in complaints {
        println!("not run: {complaint}");
    }
    print_limit(&runs, &reads);
    Ok(())
}

/// The rows to which all others are compared.
const ONE_THREAD: usize = 0;
const TWO_THREADS: usize = 1;

fn print_table(size: u8, runs: &[Vec<Usage>]) {
    let baseline = |engine: usize, of: fn(&Usage) -> f64| median(runs[engine].iter().map(of));
    let one = baseline(ONE_THREAD, |usage| usage.wall);
    let two = baseline(TWO_THREADS, |usage| usage.wall);
    let processor = baseline(ONE_THREAD, |usage| usage.processor);
    println!("### {size} resource managers\n");
    println!(
        "| engine | distinct states | wall s | CPU s | distinct/s | B/state | × packed, 1 thread | × packed, 2 threads | × CPU |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|--:|--:|");
    for (Engine { title, .. }, runs) in ENGINES.iter().zip(runs) {
        let Some(states) = runs.first().map(|usage| usage.count) else {
            continue;
        };
        let wall = median(runs.iter().map(|usage| usage.wall));
        let cpu = median(runs.iter().map(|usage| usage.processor));
        let memory = median(runs.iter().map(|usage| usage.memory));
        println!(
            "| {title} | {states} | {wall:.2} | {cpu:.2} | {:.0} k | {:.1} | {:.2} | {:.2} | {:.2} |",
            states / wall / 1e3,
            memory / states,
            wall / one,
            wall / two,
            cpu / processor,
        );
    }
    println!();
}

/// How far the search is from what the memory could do.
fn print_limit(runs: &[Vec<Usage>], reads: &[Vec<f64>; 2]) {
    for (threads, (reads, runs)) in (1..).zip(reads.iter().zip([&runs[ONE_THREAD], &runs[TWO_THREADS]])) {
        let reads = median(reads.iter().copied());
        let states = runs.first().map_or(0.0, |usage| usage.count);
        let rate = states / median(runs.iter().map(|usage| usage.wall));
        println!(
            "Random reads of 200 MB, {threads} thread(s): {:.1} M/s; the packed search: {:.2} M distinct states/s, one for {:.1} reads.",
            reads / 1e6,
            rate / 1e6,
            reads / rate,
        );
    }
    println!();
}

fn median(numbers: impl Iterator<Item = f64>) -> f64 {
    let mut numbers: Vec<f64> = numbers.collect();
    numbers.sort_by(f64::total_cmp);
    match numbers.len() {
        0 => f64::NAN,
        len if len % 2 == 1 => numbers[len / 2],
        len => f64::midpoint(numbers[len / 2 - 1], numbers[len / 2]),
    }
}
