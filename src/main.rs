//! Shimproof decides whether runtime options can reach a containerd shim that does not accept them, lose what the
//! operator configured, or leave a pod without what it asked for.
//!
//! # What a verdict does not promise
//!
//! *Holds* means: in every state that the machine can reach in this scenario, with these releases and within the
//! budget of faults that the report names. The machine follows runtime options and what decides about them;
//! what a release does is what its row in the catalogue says, and a verdict lists the facts that it rests on and
//! that are only inferred. A search that was cut short says *unknown*, never *holds*.

mod args;
mod compare;
mod exit;
mod explore;
mod failure;
mod graph;
mod induction;
mod map;
mod mutants;
mod output;
mod predict;
mod progress;
mod replay;
mod reproducer;
mod show;
mod simulate;
mod verify;

use clap::{CommandFactory, Parser};

use args::{Arguments, Verb};
use exit::ExitCode;
use failure::Failure;
use output::Output;

fn main() -> std::process::ExitCode {
    let arguments = Arguments::parse();
    let output = Output::new(arguments.color, arguments.quiet);
    match run(&arguments, output) {
        Ok(code) => code.into(),
        Err(failure) => {
            output.failure(&failure);
            failure.exit_code().into()
        }
    }
}

fn run(arguments: &Arguments, output: Output) -> Result<ExitCode, Failure> {
    match &arguments.verb {
        Verb::Verify(verify) if verify.induction => induction::run(verify, output),
        Verb::Verify(verify) => verify::run(verify, output),
        Verb::Predict(predict) => predict::run(predict, output),
        Verb::Simulate(simulate) => simulate::run(simulate, output),
        Verb::Replay(replay) => replay::run(replay, output),
        Verb::Compare(compare) => compare::run(compare, output),
        Verb::Graph(graph) => graph::run(graph, output),
        Verb::Map(map) => map::run(map, output),
        Verb::Explore(explore) => explore::run(explore, output),
        Verb::Show(show) => show::run(show, output),
        Verb::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Arguments::command(), "shimproof", &mut script);
            output.document(&String::from_utf8_lossy(&script));
            Ok(ExitCode::Ok)
        }
        Verb::Man => {
            let mut page = Vec::new();
            clap_mangen::Man::new(Arguments::command())
                .render(&mut page)
                .map_err(Failure::Output)?;
            output.document(&String::from_utf8_lossy(&page));
            Ok(ExitCode::Ok)
        }
    }
}
