//! Who takes part.

use std::env;
use std::fs;
use std::io;
use std::num::NonZero;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use shimproof_search::examples::two_phase_commit::{
    NativeModel, Representation, State, TwoPhaseCommit, UnpackedState, UnpackedTwoPhaseCommit,
};
use shimproof_search::{Limits, PackedOptions, breadth_first, packed_breadth_first};
use stateright::{Checker, Model};

use crate::machine::{Usage, Whose, as_float, measured, processor_seconds};

/// One row of the tables.
#[derive(Clone, Copy, Debug)]
pub struct Engine {
    pub name: &'static str,
    pub title: &'static str,
    /// The most resource managers that it searches in the memory of an ordinary machine.
    pub max_size: u8,
    kind: Kind,
    threads: usize,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Packed,
    Plain,
    PlainOnHeap,
    BreadthFirst,
    DepthFirst,
    BreadthFirstOnHeap,
    DepthFirstOnHeap,
    Spin,
}

const fn engine(name: &'static str, title: &'static str, kind: Kind, threads: usize) -> Engine {
    Engine {
        name,
        title,
        max_size: if matches!(kind, Kind::BreadthFirstOnHeap) {
            8
        } else {
            15
        },
        kind,
        threads,
    }
}

/// The first two are what the others are compared to.
pub const ENGINES: [Engine; 13] = [
    engine("packed-1", "packed, 1 thread", Kind::Packed, 1),
    engine("packed-2", "packed, 2 threads", Kind::Packed, 2),
    engine(
        "plain",
        "plain breadth-first search, the same word",
        Kind::Plain,
        1,
    ),
    engine(
        "plain-heap",
        "plain breadth-first search, state on the heap",
        Kind::PlainOnHeap,
        1,
    ),
    engine(
        "stateright-bfs-1",
        "Stateright BFS, 1 thread, the same word",
        Kind::BreadthFirst,
        1,
    ),
    engine(
        "stateright-bfs-2",
        "Stateright BFS, 2 threads, the same word",
        Kind::BreadthFirst,
        2,
    ),
    engine(
        "stateright-dfs-1",
        "Stateright DFS, 1 thread, the same word",
        Kind::DepthFirst,
        1,
    ),
    engine(
        "stateright-dfs-2",
        "Stateright DFS, 2 threads, the same word",
        Kind::DepthFirst,
        2,
    ),
    engine(
        "stateright-bfs-1-heap",
        "Stateright BFS, 1 thread, state on the heap",
        Kind::BreadthFirstOnHeap,
        1,
    ),
    engine(
        "stateright-dfs-1-heap",
        "Stateright DFS, 1 thread, state on the heap",
        Kind::DepthFirstOnHeap,
        1,
    ),
    engine(
        "stateright-dfs-2-heap",
        "Stateright DFS, 2 threads, state on the heap",
        Kind::DepthFirstOnHeap,
        2,
    ),
    engine("spin", "SPIN, its default (exact DFS)", Kind::Spin, 1),
    engine("packed-1-again", "packed, 1 thread, again", Kind::Packed, 1),
];

impl Engine {
    /// Searches two-phase commit with so many resource managers.
    pub fn run(&self, size: u8) -> io::Result<Usage> {
        let limits = Limits::default();
        match self.kind {
            Kind::Packed => measured(|| {
                let options = PackedOptions {
                    threads: NonZero::new(self.threads).unwrap_or(NonZero::<usize>::MIN),
                    ..PackedOptions::default()
                };
                let system = TwoPhaseCommit::new(size);
                let properties = TwoPhaseCommit::properties();
                packed_breadth_first(&system, &properties, &options, &limits, &mut ())
                    .map(|outcome| outcome.search.states)
                    .map_err(io::Error::other)
            }),
            Kind::Plain => measured(|| {
                let properties = TwoPhaseCommit::properties();
                breadth_first(&TwoPhaseCommit::new(size), &properties, &limits, &mut ())
                    .map(|outcome| outcome.states)
                    .map_err(io::Error::other)
            }),
            Kind::PlainOnHeap => measured(|| {
                let properties = UnpackedTwoPhaseCommit::properties();
                breadth_first(&UnpackedTwoPhaseCommit::new(size), &properties, &limits, &mut ())
                    .map(|outcome| outcome.states)
                    .map_err(io::Error::other)
            }),
            Kind::BreadthFirst => self.breadth_first::<State>(size),
            Kind::DepthFirst => self.depth_first::<State>(size),
            Kind::BreadthFirstOnHeap => self.breadth_first::<UnpackedState>(size),
            Kind::DepthFirstOnHeap => self.depth_first::<UnpackedState>(size),
            Kind::Spin => spin(size),
        }
    }

    fn breadth_first<R: Representation + Send + Sync + 'static>(&self, size: u8) -> io::Result<Usage> {
        measured(|| {
            let builder = NativeModel::<R>::new(size).checker().threads(self.threads);
            Ok(builder.spawn_bfs().join().unique_state_count() as u64)
        })
    }

    fn depth_first<R: Representation + Send + Sync + 'static>(&self, size: u8) -> io::Result<Usage> {
        measured(|| {
            let builder = NativeModel::<R>::new(size).checker().threads(self.threads);
            Ok(builder.spawn_dfs().join().unique_state_count() as u64)
        })
    }
}

const PROMELA: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../benches/peers/two_phase_commit.pml"
);

/// SPIN in its default mode for safety properties: exact, depth first. Only the search is timed, not the
/// compilation. Its memory is what it says itself.
fn spin(size: u8) -> io::Result<Usage> {
    let directory = env::temp_dir().join(format!("two-phase-commit-{}", std::process::id()));
    fs::create_dir_all(&directory)?;
    let usage = spin_in(&directory, size);
    fs::remove_dir_all(&directory)?;
    usage
}

fn spin_in(directory: &Path, size: u8) -> io::Result<Usage> {
    let step = |command: &mut Command| -> io::Result<String> {
        let output = command.current_dir(directory).output()?;
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
            .arg(format!("-DN={size}"))
            .arg("-a")
            .arg(model),
    )?;
    step(Command::new("cc").args(["-O2", "-DSAFETY", "-DMEMLIM=16384", "-o", "pan", "pan.c"]))?;
    let processor = processor_seconds(Whose::Children)?;
    let begin = Instant::now();
    // As many slots as there are states, rounded up to a power of two, as SPIN advises.
    let slots = match size {
        9.. => "-w24",
        8 => "-w21",
        _ => "-w19",
    };
    let report = step(Command::new("./pan").arg(slots))?;
    let wall = begin.elapsed().as_secs_f64();
    let processor = processor_seconds(Whose::Children)? - processor;
    let number_before = |words: &str| {
        let line = report.lines().find_map(|line| line.trim().strip_suffix(words))?;
        line.trim().parse::<f64>().ok()
    };
    let count = number_before("states, stored").ok_or_else(|| io::Error::other(report.clone()))?;
    let megabytes = number_before("total actual memory usage").unwrap_or(f64::NAN);
    Ok(Usage {
        count,
        wall,
        processor,
        memory: megabytes * as_float(1 << 20),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_engine_visits_the_same_states() {
        for engine in ENGINES {
            match engine.run(5) {
                Ok(usage) => assert_eq!(usage.count.to_bits(), 8_832_f64.to_bits(), "{}", engine.name),
                // SPIN or the C compiler is not installed.
                Err(error) => {
                    assert_eq!(
                        (engine.name, error.kind()),
                        ("spin", io::ErrorKind::NotFound),
                        "{error}"
                    );
                }
            }
        }
    }
}
