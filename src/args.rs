//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

const EXIT_CODES: &str = "\
Exit codes:
  0  everything holds, or is as expected
  1  a property is violated, something regressed, or the suite is not as expected
  2  unusable input
  3  a bound was reached before the end, or something on the way is not known";

/// Can runtime options reach a containerd shim that does not accept them? Decides it before a release ships.
#[derive(Debug, Parser)]
#[command(name = "shimproof", version, after_help = EXIT_CODES, propagate_version = true)]
pub struct Arguments {
    /// When to use colours.
    #[arg(long, global = true, value_enum, default_value_t = Color::Auto)]
    pub color: Color,
    /// No progress on standard error.
    #[arg(long, short, global = true)]
    pub quiet: bool,
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Explore every behaviour of a scenario and decide its properties; without one, the suite of built-in scenarios.
    #[command(after_help = "\
Examples:
  shimproof verify
  shimproof verify examples/containerd-11091 --design nil-check-missing-node
  shimproof verify examples/containerd-11091 --design v2.3.4 --pods 2 --faults 1 --format json
  shimproof verify --induction --design before-10906")]
    Verify(Verify),
    /// Run one pod on one node without faults, with real bytes: the outcome, the error, the requests on the way.
    #[command(after_help = "\
Examples:
  shimproof predict examples/containerd-11091
  shimproof predict examples/CVE-2025-47291 --format json
  shimproof predict --score tests/incidents")]
    Predict(Predict),
    /// Let chance run a scenario on real bytes, and hold each step against the model; without one, any node.
    #[command(after_help = "\
Examples:
  shimproof simulate examples/containerd-11091 --seed 7
  shimproof simulate examples/containerd-11091 --design nil-or-node --runs 100000
  shimproof simulate --time 60 --regressions regressions.txt --trace-dir traces")]
    Simulate(Simulate),
    /// Compare two designs; without arguments the founding case, before and after its fix.
    #[command(after_help = "\
Examples:
  shimproof compare
  shimproof compare v2.3.3 v2.3.4
  shimproof compare nil-or-node v2.0.5 examples/CVE-2025-47291")]
    Compare(Compare),
    /// Show what the catalogue holds, with its sources.
    #[command(after_help = "\
Examples:
  shimproof show releases
  shimproof show releases v2.0.3
  shimproof show shims runsc
  shimproof show properties options-accepted")]
    Show(Show),
    /// Print a completion script for a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the manual page.
    Man,
}

#[derive(Debug, Args)]
pub struct Verify {
    /// A scenario: a directory with `scenario.toml`, that file, or the name of a built-in scenario.
    #[arg(group = "subject")]
    pub scenario: Option<PathBuf>,
    /// Prove by induction, for any number of pods and faults, any kubelet, any shim and any handlers that meet the
    /// stated assumptions, that designs keep a property; in place of a scenario.
    #[arg(long, group = "subject")]
    pub induction: bool,
    /// A containerd design or release in place of the scenario's own; can be given several times. With `--induction`
    /// every design that has a name, if not given.
    #[arg(long, value_name = "NAME", requires = "subject")]
    pub design: Vec<String>,
    /// A property or reachability to decide; can be given several times. All properties, if not given.
    #[arg(long, value_name = "ID", requires = "subject")]
    pub property: Vec<String>,
    /// How many copies of the pod there are.
    #[arg(long, value_name = "N", requires = "scenario", conflicts_with = "induction", value_parser = clap::value_parser!(u32).range(1..=4))]
    pub pods: Option<u32>,
    /// How many faults can happen in all.
    #[arg(long, value_name = "N", requires = "scenario", conflicts_with = "induction", value_parser = clap::value_parser!(u32).range(0..=16))]
    pub faults: Option<u32>,
    /// Which engine searches.
    #[arg(long, value_enum, default_value_t = Engine::Exact, conflicts_with = "induction")]
    pub engine: Engine,
    /// How the answer is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Write each trace as a JSON file into this directory.
    #[arg(long, value_name = "DIR", conflicts_with = "induction")]
    pub trace_dir: Option<PathBuf>,
    /// Stop after this many distinct states; with `--induction`, after this many tried ones, 100 million if not given.
    #[arg(long, value_name = "N")]
    pub max_states: Option<u64>,
    /// Stop after this many levels.
    #[arg(long, value_name = "N", conflicts_with = "induction")]
    pub max_depth: Option<u32>,
    /// Stop after this many seconds.
    #[arg(long, value_name = "SECONDS", value_parser = seconds, conflicts_with = "induction")]
    pub max_time: Option<Duration>,
}

#[derive(Debug, Args)]
pub struct Predict {
    /// Scenarios, as for `verify`.
    #[arg(required_unless_present = "score")]
    pub scenarios: Vec<PathBuf>,
    /// Predict every scenario below these directories, and compare with what it expects.
    #[arg(long, value_name = "DIR", num_args = 1.., conflicts_with = "scenarios")]
    pub score: Vec<PathBuf>,
    /// How the prediction is printed: one JSON object for one scenario, an array of them for several.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct Simulate {
    /// A scenario, as for `verify`; without one, chance draws the node as well.
    pub scenario: Option<PathBuf>,
    /// The seed of the first run; each further run has the next number.
    #[arg(long, value_name = "N", default_value_t = 0)]
    pub seed: u64,
    /// How many runs; 1000, if no time is given either.
    #[arg(long, value_name = "N")]
    pub runs: Option<u64>,
    /// Begin no further run after this many seconds.
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub time: Option<Duration>,
    /// A containerd design or release in place of the scenario's own.
    #[arg(long, value_name = "NAME")]
    pub design: Option<String>,
    /// A property to check; can be given several times. All properties, if not given.
    #[arg(long, value_name = "ID", requires = "scenario")]
    pub property: Vec<String>,
    /// How many copies of the pod there are.
    #[arg(long, value_name = "N", requires = "scenario", value_parser = clap::value_parser!(u32).range(1..=4))]
    pub pods: Option<u32>,
    /// How many faults can happen in all.
    #[arg(long, value_name = "N", requires = "scenario", value_parser = clap::value_parser!(u32).range(0..=16))]
    pub faults: Option<u32>,
    /// Try the seeds of this file first, and add the one that fails.
    #[arg(long, value_name = "FILE")]
    pub regressions: Option<PathBuf>,
    /// Write the trace of a failure as a JSON file into this directory.
    #[arg(long, value_name = "DIR")]
    pub trace_dir: Option<PathBuf>,
    /// How the answer is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct Compare {
    /// The design or release before.
    #[arg(requires = "after")]
    pub before: Option<String>,
    /// The design or release after.
    pub after: Option<String>,
    /// The scenario; without one, all built-in scenarios and a sweep over the whole catalogue.
    pub scenario: Option<PathBuf>,
    /// How the report is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Write the report to a file.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Show {
    /// Which part of the catalogue.
    #[arg(value_enum)]
    pub part: Part,
    /// One entry of it.
    pub name: Option<String>,
    /// How it is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Part {
    /// containerd and kubelet releases.
    Releases,
    /// Designs that have a name.
    Designs,
    /// Properties and reachabilities.
    Properties,
    /// Shims and OCI runtimes.
    Shims,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Engine {
    /// Ours: exact, breadth first, with shortest traces.
    Exact,
    /// Stateright's depth-first search: verdicts and counts, no traces.
    Stateright,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// On a terminal.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text
        .parse()
        .map_err(|_| format!("`{text}` is not a number of seconds"))?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        <Arguments as clap::CommandFactory>::command().debug_assert();
    }
}
