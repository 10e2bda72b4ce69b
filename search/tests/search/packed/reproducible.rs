//! The same outcome, to the byte, in another process.

use std::env;
use std::process::Command;

use shimproof_search::Limits;
use shimproof_search::examples::two_phase_commit::TwoPhaseCommit;

use super::{options, search};

/// Set for the other process, which prints.
const PRINT: &str = "SEARCH_TESTS_PRINT_OUTCOME";
const NAME: &str = "packed::reproducible::two_processes_print_the_same_outcome";

#[test]
fn two_processes_print_the_same_outcome() {
    if let Ok(threads) = env::var(PRINT) {
        let system = TwoPhaseCommit::new(6);
        let options = options(threads.parse().unwrap(), false);
        let outcome = search(
            &system,
            &TwoPhaseCommit::properties(),
            &options,
            &Limits::default(),
        );
        println!("{:?} {:?}", outcome.search, outcome.coverage);
        return;
    }
    let print = |threads: &str| {
        let output = Command::new(env::current_exe().unwrap())
            .args(["--exact", NAME, "--nocapture", "--test-threads=1"])
            .env(PRINT, threads)
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let outcome = text.lines().find(|line| line.contains("Outcome"));
        outcome.unwrap().to_owned()
    };
    let first = print("1");
    assert!(first.contains("RMRcvCommitMsg"));
    for threads in ["1", "2", "2"] {
        assert_eq!(first, print(threads));
    }
}
