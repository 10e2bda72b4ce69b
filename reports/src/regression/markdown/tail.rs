//! What stands below the traces: ranges of versions, verdicts, what was explored, and what it was made by.

use std::fmt::Write as _;

use super::super::{Report, ScenarioLine};
use super::escape::{escape, mark};
use crate::comparison::Change;
use crate::sweep::Tally;

pub(super) fn tail(report: &Report) -> String {
    let mut text = String::new();
    if let Some(swept) = &report.sweep {
        let _ = writeln!(text, "\n<details><summary>By ranges of versions</summary>\n");
        tallies(&mut text, "kubelet", &swept.by_kubelet);
        tallies(&mut text, "shim", &swept.by_shim);
        let _ = writeln!(
            text,
            "{} handlers are left out: their shim takes what the operator wrote under neither design. Shims that nobody \
             runs are not counted: {} combinations, {} of them changed.\n\n</details>",
            swept.left_out,
            swept.hypothetical_combinations,
            swept
                .hypothetical
                .iter()
                .map(|class| class.combinations)
                .sum::<usize>()
        );
    }
    verdicts(&mut text, report);
    explored(&mut text, report);
    let _ = writeln!(
        text,
        "\n<sub>Shimproof {}; catalogue SHA-256 `{}`: {} rows of containerd, {} of kubelets, {} of shims, {} of OCI \
         runtimes. `{}`</sub>",
        report.tool,
        report.catalogue.sha256,
        report.catalogue.containerd,
        report.catalogue.kubelets,
        report.catalogue.shims,
        report.catalogue.oci_runtimes,
        report.command
    );
    text
}

fn tallies(text: &mut String, what: &str, tallies: &[Tally]) {
    let _ = writeln!(
        text,
        "| {what} | regressed | fixed | refused in another way | unchanged |\n|---|--:|--:|--:|--:|"
    );
    for tally in tallies {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} |",
            escape(&tally.versions),
            tally.regressed,
            tally.fixed,
            tally.changed,
            tally.unchanged
        );
    }
    let _ = writeln!(text);
}

/// Verdicts before and after: of one scenario all, of several those that changed.
fn verdicts(text: &mut String, report: &Report) {
    let (before, after) = (escape(&report.before.name), escape(&report.after.name));
    let single = report.scenarios.len() == 1;
    let title = if single {
        "Verdicts"
    } else {
        "Verdicts that changed"
    };
    let changed: Vec<&ScenarioLine> = report
        .scenarios
        .iter()
        .filter(|line| single || line.changed)
        .collect();
    if changed.is_empty() {
        return;
    }
    let open = if single { " open" } else { "" };
    let _ = writeln!(text, "\n<details{open}><summary>{title}</summary>\n");
    let _ = writeln!(
        text,
        "| scenario | property | {before} | {after} | |\n|---|---|---|---|---|"
    );
    for line in changed {
        for cell in &line.cells {
            let Some(change) = cell.change else { continue };
            if single || change != Change::Unchanged {
                let _ = writeln!(
                    text,
                    "| {} | {} | {} | {} | {} {} |",
                    line.name,
                    cell.property,
                    cell.before,
                    cell.after,
                    mark(change.as_str()),
                    change.as_str()
                );
            }
        }
    }
    let _ = writeln!(text, "\n</details>");
}

/// What was explored, so that a reader knows what “holds” means.
fn explored(text: &mut String, report: &Report) {
    let _ = writeln!(
        text,
        "\n<details><summary>What was explored, and what “holds” means</summary>\n"
    );
    let sum = |of: fn(&ScenarioLine) -> u64| -> u64 { report.scenarios.iter().map(of).sum() };
    let cut = report
        .scenarios
        .iter()
        .filter(|line| line.before.bound.is_some() || line.after.bound.is_some())
        .count();
    let cut = match cut {
        0 => "no search was cut short".to_owned(),
        cut => format!("in {cut} scenarios a search was cut short"),
    };
    let _ = writeln!(
        text,
        "*Holds*: in every state that the machine reaches in that scenario, with these releases, within the budget of \
         faults. Breadth first over whole states: {} states before, {} after; {cut}.\n",
        sum(|line| line.before.states),
        sum(|line| line.after.states)
    );
    let _ = writeln!(
        text,
        "| scenario | faults | states | levels | states | levels |\n|---|---|--:|--:|--:|--:|"
    );
    for line in report
        .scenarios
        .iter()
        .filter(|line| line.changed || report.scenarios.len() == 1)
    {
        let depth = |depth: Option<u32>| depth.map_or_else(|| "–".to_owned(), |depth| depth.to_string());
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} |",
            line.name,
            line.faults,
            line.before.states,
            depth(line.before.depth),
            line.after.states,
            depth(line.after.depth)
        );
    }
    let _ = writeln!(text);
    if report.proofs.is_empty() {
        let _ = writeln!(
            text,
            "Induction, for any number of pods and faults, was not asked: `--induction`, or `{}`.",
            report.proof_command
        );
    }
    for proof in &report.proofs {
        let _ = writeln!(
            text,
            "- Induction, {}, {}: **{}**, {} ({} states tried)",
            escape(&proof.design),
            proof.property,
            proof.verdict,
            escape(&proof.detail),
            proof.tried
        );
    }
    let _ = writeln!(text, "\n</details>");
}
