//! Mutants as text: the kill matrix, the witnesses, and what is left.

use std::fmt::Write as _;

use super::Base;
use super::fate::{Fate, Killer, MutantResult};
use super::run::{MutantReport, MutantRun};
use crate::style::{Styles, set};

/// A report as text.
pub fn mutants_text(report: &MutantReport, styles: &Styles) -> String {
    let mut text = String::new();
    // Writing into a string does not fail.
    for run in &report.runs {
        run_text(&mut text, report, run, styles);
        let _ = writeln!(text);
    }
    if !report.witnesses.is_empty() {
        let _ = writeln!(
            text,
            "{}",
            set(styles.name, "Each property satisfied and violated")
        );
    }
    for witness in &report.witnesses {
        let place = |place: &Option<(String, String)>| match place {
            Some((who, place)) => format!("{who} ({place})"),
            None => set(styles.bad, "nobody"),
        };
        let _ = writeln!(text, "  {}", witness.property);
        let _ = writeln!(text, "    satisfied by {}", place(&witness.satisfied));
        let _ = writeln!(text, "    violated by {}", place(&witness.violated));
    }
    let _ = writeln!(text);
    let unexplained: usize = report
        .runs
        .iter()
        .flat_map(|run| &run.results)
        .filter(|result| result.fate.is_unexplained())
        .count();
    let mutants: usize = report.runs.iter().map(|run| run.results.len()).sum();
    let verdict = if report.cut_short() {
        set(styles.open, "stopped before the end")
    } else if report.as_expected() {
        set(styles.good, "no unexplained survivor")
    } else {
        set(styles.bad, &format!("{unexplained} unexplained survivors"))
    };
    let _ = writeln!(text, "{verdict}: {mutants} mutants");
    text
}

/// The columns of the matrix after those of the properties.
const COLUMNS: [(&str, &str); 7] = [
    (
        "reach",
        "killed by a reachability that is lost, or that no client should reach",
    ),
    ("expect", "killed by the `[expect]` of a scenario"),
    ("killed", "killed by any of these"),
    (
        "holes",
        "killed by nothing, and a property that was violated holds: the entry is a hole",
    ),
    (
        "same",
        "equivalent: something reads what is changed, and the reachable graph is the same everywhere",
    ),
    ("never", "nothing can read what is changed, with a source"),
    ("left", "left unexplained"),
];

fn run_text(text: &mut String, report: &MutantReport, run: &MutantRun, styles: &Styles) {
    let _ = writeln!(
        text,
        "{}: {} mutants, {} scenarios, {} real reports, {} nodes of the catalogue for what neither asks, {:.1} s",
        set(styles.name, &format!("Mutants of {}", run.base.name())),
        run.results.len(),
        run.scenarios,
        run.incidents,
        run.nodes,
        run.seconds
    );
    for (scenario, why) in &run.unusable {
        let _ = writeln!(text, "  left out: {scenario}: {why}");
    }
    let _ = writeln!(text);
    for (number, property) in report.properties.iter().enumerate() {
        let _ = writeln!(text, "  {:>6}  killed by {property}", number + 1);
    }
    for (name, meaning) in COLUMNS {
        let _ = writeln!(text, "  {name:>6}  {meaning}");
    }
    let _ = writeln!(text);
    let mut subjects: Vec<&str> = Vec::new();
    for result in &run.results {
        if !subjects.contains(&result.subject.as_str()) {
            subjects.push(&result.subject);
        }
    }
    let width = subjects
        .iter()
        .map(|subject| subject.len())
        .max()
        .unwrap_or_default();
    let mut heading = format!("{:width$} mutants ", "");
    for number in 1..=report.properties.len() {
        let _ = write!(heading, "{number:>4}");
    }
    for (name, _) in COLUMNS {
        let _ = write!(heading, " {name:>6}");
    }
    let _ = writeln!(text, "{}", set(styles.dim, &heading));
    for subject in subjects {
        let of: Vec<&MutantResult> = run
            .results
            .iter()
            .filter(|result| result.subject == subject)
            .collect();
        let _ = writeln!(text, "{subject:width$} {}", row(&report.properties, &of, styles));
    }
    let all: Vec<&MutantResult> = run.results.iter().collect();
    let _ = writeln!(
        text,
        "{:width$} {}",
        "in all",
        row(&report.properties, &all, styles)
    );
    let holes: Vec<&MutantResult> = all
        .iter()
        .copied()
        .filter(|result| result.fate == Fate::ClosesAHole)
        .collect();
    if !holes.is_empty() {
        let _ = writeln!(
            text,
            "\nHoles: decisions that break a property; decided otherwise, it holds"
        );
        for result in holes {
            let _ = writeln!(text, "  {}", result.id);
            for (property, place) in &result.mends {
                let _ = writeln!(text, "    {property} holds in {place}");
            }
        }
    }
    for input in &run.asked_against_the_list {
        let _ = writeln!(text, "{} {input}", set(styles.bad, "cannot occur, and is asked:"));
    }
    for reason in &run.stale {
        let _ = writeln!(text, "{} {reason}", set(styles.bad, "excuses no input:"));
    }
    let left: Vec<&MutantResult> = all
        .into_iter()
        .filter(|result| result.fate.is_unexplained())
        .collect();
    if !left.is_empty() {
        let _ = writeln!(text, "\n{}", set(styles.bad, "Unexplained survivors"));
        for result in left {
            let _ = writeln!(text, "  {}", result.id);
            match &result.difference {
                None => {
                    let _ = writeln!(
                        text,
                        "    no scenario and no node of the catalogue reads what is changed, and nothing says why"
                    );
                }
                Some((place, what)) => {
                    let _ = writeln!(text, "    {place}: {what}");
                    if !place.contains(' ') {
                        let _ = writeln!(
                            text,
                            "    {}",
                            set(styles.dim, &command(&run.base, place, &result.id))
                        );
                    }
                }
            }
        }
    }
}

/// The command that verifies a scenario under a mutant.
fn command(base: &Base, scenario: &str, id: &str) -> String {
    let design = match base {
        Base::OwnReleases => String::new(),
        Base::Design(name) => format!(" --design {name}"),
    };
    format!(
        "shimproof verify {scenario}{design} --mutant '{}'",
        id.replace('\'', "'\\''")
    )
}

fn row(properties: &[String], of: &[&MutantResult], styles: &Styles) -> String {
    let killed_by = |is: &dyn Fn(&Killer) -> bool| {
        of.iter()
            .filter(|result| result.killers.iter().any(|(killer, _)| is(killer)))
            .count()
    };
    let has = |is: &dyn Fn(&Fate) -> bool| of.iter().filter(|result| is(&result.fate)).count();
    let shown = |count: usize| {
        if count == 0 {
            "·".to_owned()
        } else {
            count.to_string()
        }
    };
    let mut line = format!("{:>7} ", of.len());
    for property in properties {
        let count = killed_by(&|killer| *killer == Killer::Property(property.clone()));
        let _ = write!(line, "{:>4}", shown(count));
    }
    let left = has(&|fate| fate.is_unexplained());
    let counts = [
        killed_by(&|killer| matches!(killer, Killer::Reachability(_))),
        killed_by(&|killer| matches!(killer, Killer::Expectation(_))),
        has(&|fate| *fate == Fate::Killed),
        has(&|fate| *fate == Fate::ClosesAHole),
        has(&|fate| *fate == Fate::Equivalent),
        has(&|fate| matches!(fate, Fate::CannotOccur { .. })),
    ];
    for count in counts {
        let _ = write!(line, " {:>6}", shown(count));
    }
    let last = format!("{:>6}", shown(left));
    let _ = write!(line, " {}", if left == 0 { last } else { set(styles.bad, &last) });
    line
}
