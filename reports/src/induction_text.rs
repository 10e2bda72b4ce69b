//! Inductions as text.

use std::fmt::Write as _;

use shimproof_properties::induction::{
    Assumption, Clause, Confirmation, Induction, Inferred, NotInductive, Step, Verdict,
};

use crate::style::{Styles, set};

/// What was found out about each property of each design, then what is taken for granted, and what each action reads.
pub fn induction_text(inductions: &[Induction], styles: &Styles) -> String {
    let mut text = String::new();
    let mut design = "";
    for induction in inductions {
        if induction.design != design {
            if !design.is_empty() {
                text.push('\n');
            }
            design = &induction.design;
            // Writing into a string does not fail.
            let _ = writeln!(text, "{}", set(styles.name, design));
        }
        verdict_text(&mut text, induction, styles);
    }
    assumptions_text(&mut text, inductions);
    support_text(&mut text, inductions);
    let tried: u64 = inductions.iter().map(|induction| induction.tried).sum();
    let seconds: f64 = inductions
        .iter()
        .map(|induction| induction.duration.as_secs_f64())
        .sum();
    let _ = writeln!(text);
    let _ = writeln!(
        text,
        "{}",
        set(
            styles.dim,
            &format!("{tried} states tried in all, {seconds:.1} s")
        )
    );
    text
}

fn verdict_text(text: &mut String, induction: &Induction, styles: &Styles) {
    let tried = set(styles.dim, &format!("({} states tried)", induction.tried));
    let property = &induction.property;
    match &induction.verdict {
        Verdict::Proved => {
            let names: Vec<&str> = induction.assumptions.iter().map(|a| a.id()).collect();
            let _ = writeln!(
                text,
                "  {property:21}  {} for any number of pods and faults, if {} {tried}",
                set(styles.good, "proved"),
                names.join(", ")
            );
            inferred_text(text, &induction.inferred);
        }
        Verdict::BoundReached => {
            let _ = writeln!(
                text,
                "  {property:21}  {}: the bound was reached {tried}",
                set(styles.open, "unknown")
            );
        }
        Verdict::NotInductive(loss) => {
            let _ = writeln!(
                text,
                "  {property:21}  {} {tried}",
                set(styles.bad, "not inductive")
            );
            loss_text(text, loss);
            confirmation_text(text, induction.confirmation.as_ref());
            under_text(text, &induction.proved_under);
        }
    }
}

fn loss_text(text: &mut String, loss: &NotInductive) {
    let step = loss.step.map_or("the initial state", Step::id);
    let clause = match loss.clause {
        Clause::Property => "the property".to_owned(),
        other => format!("the clause {}", other.id()),
    };
    let _ = writeln!(text, "    `{step}` loses {clause}: {}", loss.what);
    for (name, value) in &loss.before {
        let _ = writeln!(text, "      {name}: {value}");
    }
    let _ = writeln!(text, "    after it:");
    for (name, value) in &loss.after {
        let _ = writeln!(text, "      {name}: {value}");
    }
}

fn confirmation_text(text: &mut String, confirmation: Option<&Confirmation>) {
    let _ = match confirmation {
        None => writeln!(
            text,
            "    That is no counterexample: the state before it may be out of reach."
        ),
        Some(Confirmation::NotFound { nodes }) => writeln!(
            text,
            "    That is no counterexample: an exhaustive search of {nodes} small nodes with this handler violates nothing."
        ),
        Some(Confirmation::Violated {
            shims,
            client,
            host_users,
            steps,
        }) => writeln!(
            text,
            "    The property can be violated: an exhaustive search of small nodes with this handler does it in {steps} steps \
             ({client}; shim {}; hostUsers {host_users}).",
            shims.join(", then ")
        ),
    };
}

fn under_text(text: &mut String, proved_under: &[Vec<Assumption>]) {
    if proved_under.is_empty() {
        let names: Vec<&str> = Assumption::FURTHER.iter().map(|a| a.id()).collect();
        let _ = writeln!(text, "    No two of {} make it inductive.", names.join(", "));
    }
    for set in proved_under {
        let names: Vec<&str> = set.iter().map(|a| a.id()).collect();
        let _ = writeln!(text, "    Proved if also {}.", names.join(" and "));
    }
}

/// The inferred behaviours, rows of one field together.
fn inferred_text(text: &mut String, inferred: &[Inferred]) {
    let mut fields: Vec<(&str, Vec<&str>)> = Vec::new();
    for fact in inferred {
        match fields.iter_mut().find(|(field, _)| *field == fact.field) {
            Some((_, rows)) => rows.push(&fact.row),
            None => fields.push((&fact.field, vec![&fact.row])),
        }
    }
    if !fields.is_empty() {
        let _ = writeln!(text, "    It rests on behaviours that are only inferred:");
    }
    for (field, rows) in fields {
        let _ = writeln!(text, "      {field} of {}", rows.join(", "));
    }
}

fn assumptions_text(text: &mut String, inductions: &[Induction]) {
    let mut told: Vec<Assumption> = Vec::new();
    for induction in inductions {
        let further = induction.proved_under.iter().flatten();
        for assumption in induction.assumptions.iter().chain(further) {
            if !told.contains(assumption) {
                told.push(*assumption);
            }
        }
    }
    let _ = writeln!(text, "\nAssumptions:");
    for assumption in told {
        let _ = writeln!(text, "  {}: {}", assumption.id(), assumption.statement());
    }
    let _ = writeln!(text, "\nThe invariant, besides the property:");
    for clause in Clause::ALL
        .into_iter()
        .filter(|clause| *clause != Clause::Property)
    {
        let _ = writeln!(text, "  {}: {}", clause.id(), clause.statement());
    }
}

/// What each action reads, over all inductions, and the most states tried for it in one of them.
fn support_text(text: &mut String, inductions: &[Induction]) {
    let _ = writeln!(
        text,
        "\nWhat each action, or a clause that it can change, reads, and the most states tried for it:"
    );
    for step in [None].into_iter().chain(Step::ALL.into_iter().map(Some)) {
        let reports: Vec<_> = inductions
            .iter()
            .flat_map(|induction| &induction.steps)
            .filter(|report| report.step == step)
            .collect();
        let mut support: Vec<&str> = Vec::new();
        for field in reports.iter().flat_map(|report| &report.support) {
            if !support.contains(&field.as_str()) {
                support.push(field.as_str());
            }
        }
        if let Some(most) = reports.iter().map(|report| report.tried).max() {
            let support = if support.is_empty() {
                "nothing".to_owned()
            } else {
                support.join(", ")
            };
            let _ = writeln!(
                text,
                "  {} ({most}): {support}",
                step.map_or("initial state", Step::id)
            );
        }
    }
}
