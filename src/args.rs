//! The command line.

use std::net::SocketAddr;
use std::num::NonZero;
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
  shimproof verify containerd-11091 --design designs/type-checked.toml
  shimproof verify --design type-checked
  shimproof verify --induction --design before-10906
  shimproof verify examples/containerd-11091 --design v2.3.4 --pods 2 --faults 1 --format json
  shimproof verify examples/gvisor-host-network --reproducer reproducer
  shimproof verify --suite
  shimproof verify --suite --design v2.3.4 --design designs/type-checked.toml
  shimproof verify --mutants
  shimproof verify containerd-11091-fixed --mutant containerd.io-owner-guard=unless-nil")]
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
    /// Run stored traces again, step by step, and check that every state is the stored one.
    #[command(after_help = "\
Examples:
  shimproof verify containerd-11091 --trace-dir traces
  shimproof replay traces
  shimproof replay traces/containerd-11091--release_2.0_952ad6b3a--options-accepted.json --design nil-or-node

Exit codes:
  0  every trace reproduces
  1  some do not: what they show can no longer happen, or happens otherwise
  2  unusable input")]
    Replay(Replay),
    /// Compare two designs; without arguments the founding case, before and after its fix.
    #[command(after_help = "\
Examples:
  shimproof compare
  shimproof compare v2.3.3 v2.3.4
  shimproof compare v2.3.3 v2.3.4 --trace 1
  shimproof compare v2.3.3 v2.3.4 --format html --output report.html
  shimproof compare v2.3.4 designs/type-checked.toml --fail-on changed
  shimproof compare nil-or-node v2.0.5 examples/CVE-2025-47291")]
    Compare(Compare),
    /// Draw the states of a scenario, folded by what one looks at, and name where every bad run passes.
    #[command(after_help = "\
Examples:
  shimproof graph examples/containerd-11091 --design nil-check-missing-node
  shimproof graph examples/containerd-11091 --design nil-check-missing-node --by outcome --format svg --output states.svg
  shimproof graph examples/CVE-2025-47291 --property options-preserved --by outcome --by containerd --format dot")]
    Graph(Graph),
    /// Map what becomes of each pod with each containerd, shim and kubelet of the catalogue, as a page to click through.
    #[command(after_help = "\
Examples:
  shimproof map --output map.html
  shimproof map --format json --output map.json")]
    Map(Map),
    /// Walk through the behaviours of a scenario in a browser, with Stateright's Explorer; the founding scenario, if
    /// none is given.
    #[command(after_help = "\
Examples:
  shimproof explore
  shimproof explore examples/gvisor-kubelet-upgrade --design v2.3.4 --address 127.0.0.1:3001")]
    Explore(Explore),
    /// Show what the catalogue holds, with its sources.
    #[command(after_help = "\
Examples:
  shimproof show releases
  shimproof show releases v2.0.3
  shimproof show shims runsc
  shimproof show designs --variables
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
    /// All built-in scenarios, each under every design that is given or, if none is, that has a name; in place of a
    /// scenario.
    #[arg(long, group = "subject")]
    pub suite: bool,
    /// A containerd release, design or design file in place of the scenario's own; can be given several times.
    /// Without a scenario: what the design holds over the whole catalogue. With `--induction` every design that has a
    /// name, if not given.
    #[arg(long, value_name = "DESIGN")]
    pub design: Vec<String>,
    /// A property or reachability to decide; can be given several times. All properties, if not given.
    #[arg(long, value_name = "ID", requires = "subject")]
    pub property: Vec<String>,
    /// Run every mutant of the releases of all built-in scenarios, and of a design, and print what kills it.
    /// With `=GUARD` or `=COMPONENT.FIELD`, only the mutants of that guard or behaviour.
    #[arg(
        long,
        value_name = "WHAT",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "",
        group = "subject",
        conflicts_with_all = ["scenario", "max_states", "max_depth", "trace_dir"]
    )]
    pub mutants: Option<String>,
    /// Verify the scenario under one mutant, by its name.
    #[arg(long, value_name = "ID", requires = "scenario")]
    pub mutant: Option<String>,
    /// How many copies of the pod there are.
    #[arg(long, value_name = "N", requires = "scenario", conflicts_with = "induction", value_parser = clap::value_parser!(u32).range(1..=4))]
    pub pods: Option<u32>,
    /// How many faults can happen in all.
    #[arg(long, value_name = "N", requires = "scenario", conflicts_with = "induction", value_parser = clap::value_parser!(u32).range(0..=16))]
    pub faults: Option<u32>,
    /// Which engine searches.
    #[arg(long, value_enum, default_value_t = Engine::Exact, conflicts_with = "induction")]
    pub engine: Engine,
    /// How many threads search; as many as the machine runs at a time, if not given.
    #[arg(long, value_name = "N", conflicts_with = "induction")]
    pub threads: Option<NonZero<usize>>,
    /// The most memory that states may take, such as 512MiB or 2GiB; 80 % of what is free, if not given.
    #[arg(long, value_name = "SIZE", value_parser = memory, conflicts_with = "induction")]
    pub memory: Option<u64>,
    /// Count interchangeable pods as different ones.
    #[arg(long, conflicts_with = "induction")]
    pub no_symmetry: bool,
    /// What becomes of actions that are never enabled, and of properties that speak of nothing that is reachable.
    #[arg(long, value_enum, default_value_t = Vacuity::Warn)]
    pub vacuity: Vacuity,
    /// Print how often each action was enabled, was taken and led to a new state, and what each guard decided.
    #[arg(long, conflicts_with = "induction")]
    pub coverage: bool,
    /// Print whole states in traces, not only the fields that a step changes.
    #[arg(long, conflicts_with_all = ["induction", "mutants"])]
    pub full: bool,
    /// How the answer is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
    /// Write the easiest counterexample as files that run on a real node, and that `predict` reads, into this
    /// directory, which is new or empty.
    #[arg(
        long,
        value_name = "DIR",
        requires = "scenario",
        conflicts_with_all = ["induction", "mutants", "mutant"]
    )]
    pub reproducer: Option<PathBuf>,
    /// Write each trace into a file in this directory.
    #[arg(long, value_name = "DIR", conflicts_with = "induction")]
    pub trace_dir: Option<PathBuf>,
    /// As what; several can be given, separated by commas.
    #[arg(
        long,
        value_enum,
        value_delimiter = ',',
        requires = "trace_dir",
        default_value = "json"
    )]
    pub trace_format: Vec<TraceFormat>,
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
    /// A containerd release, design or design file in place of the scenario's own.
    #[arg(long, value_name = "DESIGN")]
    pub design: Option<String>,
    /// A property to check; can be given several times. All properties, if not given.
    #[arg(long, value_name = "ID", requires = "scenario")]
    pub property: Vec<String>,
    /// How many copies of the pod there are.
    #[arg(long, value_name = "N", requires = "scenario", value_parser = clap::value_parser!(u32).range(1..=200))]
    pub pods: Option<u32>,
    /// How many faults can happen in all.
    #[arg(long, value_name = "N", requires = "scenario", value_parser = clap::value_parser!(u32).range(0..=16))]
    pub faults: Option<u32>,
    /// Try the seeds of this file first, and add the one that fails.
    #[arg(long, value_name = "FILE")]
    pub regressions: Option<PathBuf>,
    /// Write the trace of a failure as a JSON file into this directory, and beside it the node that chance drew, as a
    /// scenario.
    #[arg(long, value_name = "DIR")]
    pub trace_dir: Option<PathBuf>,
    /// How the answer is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct Replay {
    /// Traces that `verify` or `simulate` wrote, or directories: all traces below them.
    #[arg(required = true)]
    pub traces: Vec<PathBuf>,
    /// A scenario in place of the one that the traces name.
    #[arg(long, value_name = "SCENARIO")]
    pub scenario: Option<PathBuf>,
    /// A containerd design or release in place of the one that the traces name.
    #[arg(long, value_name = "NAME")]
    pub design: Option<String>,
    /// Print each trace too, as it is stored, with whole states.
    #[arg(long)]
    pub full: bool,
    /// How the answer is printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct Compare {
    /// The release, design or design file before.
    #[arg(requires = "after")]
    pub before: Option<String>,
    /// The release, design or design file after.
    pub after: Option<String>,
    /// The scenario; without one, all built-in scenarios and a sweep over the whole catalogue.
    pub scenario: Option<PathBuf>,
    /// How the report is printed.
    #[arg(long, value_enum, default_value_t = ReportFormat::Text)]
    pub format: ReportFormat,
    /// Write the report to a file: whole, or not at all.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Also prove by induction what can be proved, for any number of pods and faults; for every format but text.
    #[arg(long, conflicts_with = "trace")]
    pub induction: bool,
    /// Print one numbered line of the report over the catalogue in full: all its places, and both runs of one.
    #[arg(long, value_name = "NUMBER", requires = "after", conflicts_with = "scenario")]
    pub trace: Option<usize>,
    /// What ends with exit code 1.
    #[arg(long, value_enum, default_value_t = FailOn::Regressed)]
    pub fail_on: FailOn,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// For a terminal.
    Text,
    /// For programs.
    Json,
    /// For a comment on a pull request: one page, within the 65,536 characters that GitHub takes.
    Markdown,
    /// One page with all traces and diagrams, which needs nothing else.
    Html,
    /// For systems that show tests: what regressed is a failure.
    Junit,
    /// For systems that show findings beside code: SARIF 2.1.0.
    Sarif,
}

impl ReportFormat {
    /// Its name on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Markdown => "markdown",
            Self::Html => "html",
            Self::Junit => "junit",
            Self::Sarif => "sarif",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// A pod that ran and does not, or a property that is violated and was not.
    Regressed,
    /// Any change of an outcome, for the better too.
    Changed,
}

#[derive(Debug, Args)]
pub struct Graph {
    /// A scenario, as for `verify`.
    pub scenario: PathBuf,
    /// A containerd design or release in place of the scenario's own.
    #[arg(long, value_name = "NAME")]
    pub design: Option<String>,
    /// The property whose violations are marked.
    #[arg(long, value_name = "ID", default_value = "options-accepted")]
    pub property: String,
    /// Fold states that agree on these fields: `outcome`, a field as traces print it, or the beginning of its name up
    /// to a dot; can be given several times. Without it, each state stands for itself.
    #[arg(long, value_name = "FIELD")]
    pub by: Vec<String>,
    /// How many copies of the pod there are.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4))]
    pub pods: Option<u32>,
    /// How many faults can happen in all.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=16))]
    pub faults: Option<u32>,
    /// The most states that are kept.
    #[arg(long, value_name = "N", default_value_t = 20_000)]
    pub max_states: usize,
    /// What is printed.
    #[arg(long, value_enum, default_value_t = GraphFormat::Text)]
    pub format: GraphFormat,
    /// Write it to a file.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Explore {
    /// A scenario, as for `verify`.
    pub scenario: Option<PathBuf>,
    /// A containerd release, design or design file in place of the scenario's own.
    #[arg(long, value_name = "DESIGN")]
    pub design: Option<String>,
    /// How many copies of the pod there are.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=4))]
    pub pods: Option<u32>,
    /// How many faults can happen in all.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(0..=16))]
    pub faults: Option<u32>,
    /// Where the Explorer listens. It knows no passwords: addresses other than this machine's are open to everyone.
    #[arg(long, default_value = "127.0.0.1:3000")]
    pub address: SocketAddr,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// Numbers, and where every bad run passes.
    Text,
    /// For Graphviz.
    Dot,
    /// For yEd, Gephi, NetworkX.
    Graphml,
    /// A picture.
    Svg,
}

#[derive(Debug, Args)]
pub struct Map {
    /// How the map is printed.
    #[arg(long, value_enum, default_value_t = MapFormat::Html)]
    pub format: MapFormat,
    /// Write the map to a file: whole, or not at all.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MapFormat {
    /// One page, which needs nothing else.
    Html,
    /// What the page has, for programs.
    Json,
}

#[derive(Debug, Args)]
pub struct Show {
    /// Which part of the catalogue.
    #[arg(value_enum)]
    pub part: Part,
    /// One entry of it; of designs, also the path of a design file.
    pub name: Option<String>,
    /// Of designs: what each guard of a design file decides, and the variables that its expression sees.
    #[arg(long, conflicts_with = "name")]
    pub variables: bool,
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
pub enum Vacuity {
    /// They are named.
    Warn,
    /// They are named, and the command fails.
    Error,
    /// Nothing.
    Ignore,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TraceFormat {
    /// The trace as it is kept and replayed.
    Json,
    /// Informal Trace Format, for the tools of Apalache and Quint.
    Itf,
    /// A sequence diagram as a picture.
    Svg,
    /// A sequence diagram for Markdown.
    Mermaid,
    /// The story, step by step.
    Text,
}

impl From<TraceFormat> for shimproof_reports::TraceFormat {
    fn from(format: TraceFormat) -> Self {
        match format {
            TraceFormat::Json => Self::Json,
            TraceFormat::Itf => Self::Itf,
            TraceFormat::Svg => Self::Svg,
            TraceFormat::Mermaid => Self::Mermaid,
            TraceFormat::Text => Self::Text,
        }
    }
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

/// Less than this, and the buffers of the search leave no room for states.
const LEAST_MEMORY: u64 = 8 << 20;

/// A size in bytes, with a binary unit.
fn memory(text: &str) -> Result<u64, String> {
    let units = [("KiB", 10), ("MiB", 20), ("GiB", 30), ("TiB", 40)];
    let unit = units
        .into_iter()
        .find_map(|(unit, bits)| Some((text.strip_suffix(unit)?, bits)));
    let (number, bits) = unit.unwrap_or((text, 0));
    let expected =
        || format!("`{text}` is not a size: write a number and KiB, MiB, GiB or TiB, such as 2GiB");
    let number: u64 = number.trim_end().parse().map_err(|_| expected())?;
    let bytes = number.checked_mul(1 << bits).ok_or_else(expected)?;
    if bytes >= LEAST_MEMORY {
        Ok(bytes)
    } else if bits == 0 {
        Err(format!(
            "{text} bytes are too few for a search: did you mean {text}GiB?"
        ))
    } else {
        Err(format!("{text} is too little for a search: give it 8MiB or more"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_binary_units() {
        assert_eq!(memory("2GiB"), Ok(2 << 30));
        assert_eq!(memory("512 MiB"), Ok(512 << 20));
        assert_eq!(memory("1073741824"), Ok(1 << 30));
        assert!(memory("10").unwrap_err().contains("10GiB"));
        assert!(memory("7MiB").unwrap_err().contains("8MiB"));
        for text in ["", "GiB", "-1GiB", "2GB", "1.5GiB", "99999999999TiB"] {
            assert!(memory(text).unwrap_err().contains("not a size"), "{text}");
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        <Arguments as clap::CommandFactory>::command().debug_assert();
    }
}
