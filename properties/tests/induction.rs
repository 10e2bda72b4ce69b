//! Which designs keep which properties for any number of pods and faults: what is proved, what is not inductive, and
//! that every clause of the invariant is needed.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use shimproof_model::catalog::Catalog;
use shimproof_model::guards::{self, Owner};
use shimproof_model::world::Containerd;
use shimproof_model::{DecisionTable, UsernsMode};
use shimproof_properties::induction::{
    Assumption, Clause, Clauses, Confirmation, Induction, NotInductive, PROPERTIES, Step, Verdict, induct,
    prove,
};

const MOST: u64 = 100_000_000;

fn design(name: &str) -> Containerd {
    Containerd::new(name, Catalog::embedded().design_row(name).unwrap())
}

fn ask(name: &str, property: &str) -> Induction {
    induct(Catalog::embedded(), &design(name), property, MOST).unwrap()
}

fn under(containerd: &Containerd, property: &str, further: &[Assumption], clauses: Clauses) -> Induction {
    prove(Catalog::embedded(), containerd, property, further, clauses, MOST).unwrap()
}

fn proved(induction: &Induction) -> bool {
    matches!(induction.verdict, Verdict::Proved)
}

fn loss(induction: &Induction) -> &NotInductive {
    match &induction.verdict {
        Verdict::NotInductive(loss) => loss,
        other => panic!("{} {}: {other:?}", induction.design, induction.property),
    }
}

fn before(loss: &NotInductive, name: &str) -> String {
    let field = loss.before.iter().find(|(field, _)| field == name);
    field
        .unwrap_or_else(|| panic!("{name} is not among {:?}", loss.before))
        .1
        .clone()
}

#[test]
fn a_release_that_writes_no_task_options_keeps_all_three() {
    for property in PROPERTIES {
        let induction = ask("v1.7.20", property);
        assert!(proved(&induction), "{induction:?}");
        assert!(induction.tried <= MOST && induction.tried > 100_000);
        assert_eq!(induction.steps.len(), Step::ALL.len() + 1, "every step was tried");
        assert!(
            induction.steps.iter().all(|report| report.tried > 0),
            "{:?}",
            induction.steps
        );
        // What is only inferred, and on the way, is named.
        let inferred = |field: &str| induction.inferred.iter().any(|fact| fact.field == field);
        assert!(inferred("joins-userns-by-path"));
    }
}

#[test]
fn before_the_owner_only_the_endpoint_of_the_sandbox_api_is_in_the_way() {
    let owner = ask("before-10906", "owner-only-if-applied");
    assert!(proved(&owner), "{owner:?}");
    for property in ["type-as-configured", "options-accepted"] {
        let induction = ask("before-10906", property);
        let found = loss(&induction);
        assert_eq!(
            (found.step, found.clause),
            (Some(Step::StartContainer), Clause::Property)
        );
        assert_eq!(before(found, "pod.sandbox.endpoint"), "valid");
        assert_eq!(induction.proved_under[0], [Assumption::PodSandbox]);
        assert!(
            matches!(induction.confirmation, Some(Confirmation::Violated { .. })),
            "{:?}",
            induction.confirmation
        );
    }
}

#[test]
fn the_window_of_2024_is_not_inductive_for_an_ordinary_pod() {
    for property in PROPERTIES {
        let induction = ask("release/2.0@952ad6b3a", property);
        let found = loss(&induction);
        assert_eq!(
            (found.step, found.clause),
            (Some(Step::StartContainer), Clause::Property)
        );
        assert!(
            before(found, "pod.container first").contains("UsernsOptions NODE"),
            "{found:?}"
        );
        // Neither podsandbox nor the absence of user namespaces helps: issue #11091.
        assert!(
            induction
                .proved_under
                .iter()
                .all(|set| !set.contains(&Assumption::NoPodUserns))
        );
        assert!(
            matches!(&induction.confirmation, Some(Confirmation::Violated { host_users, .. }) if host_users == "unset"),
            "{:?}",
            induction.confirmation
        );
    }
}

#[test]
fn the_fix_is_not_inductive_for_pods_in_user_namespaces() {
    for name in ["nil-or-node", "nil-or-node-copy", "introspect-all"] {
        for property in PROPERTIES {
            let induction = ask(name, property);
            let found = loss(&induction);
            assert_eq!(
                (found.step, found.clause),
                (Some(Step::StartContainer), Clause::Property)
            );
            assert!(
                before(found, "pod.container first").contains("UsernsOptions POD"),
                "{found:?}"
            );
            let expected: &[Assumption] = if property == "owner-only-if-applied" {
                &[Assumption::NoPodUserns]
            } else {
                &[Assumption::PodSandbox, Assumption::NoPodUserns]
            };
            assert!(
                induction.proved_under.iter().any(|set| set == expected),
                "{name} {property}: {:?}",
                induction.proved_under
            );
        }
    }
}

/// What moby does: an owner only into options that are of the runc type already.
#[test]
fn a_guard_on_the_type_of_the_options_is_proved_without_the_sandbox_api() {
    let mut checked = design("v2.3.4");
    checked.guards.io_owner = DecisionTable::tabulate(
        "only into options of the runc type",
        |(mode, _, options): (UsernsMode, guards::RuntimeType, guards::OptionsState)| {
            if mode == UsernsMode::Pod && options.is_runc() {
                Owner::Written
            } else {
                Owner::NotWritten
            }
        },
    );
    for property in ["type-as-configured", "options-accepted"] {
        let induction = under(&checked, property, &[Assumption::PodSandbox], Clauses::all());
        assert!(proved(&induction), "{property}: {:?}", induction.verdict);
    }
    let owner = under(&checked, "owner-only-if-applied", &[], Clauses::all());
    assert!(
        !proved(&owner),
        "shims of the runc type that apply no owner are in the catalogue"
    );
    let applied = under(
        &checked,
        "owner-only-if-applied",
        &[Assumption::RuncAppliesOwner],
        Clauses::all(),
    );
    assert!(proved(&applied), "{:?}", applied.verdict);
}

/// A clause that nobody misses would be no clause: for each there is a proof that fails without it.
#[test]
fn no_clause_can_be_left_out() {
    let proofs: [(&str, &str, &[Assumption]); 3] = [
        ("v1.7.20", "type-as-configured", &[]),
        ("v2.0.0", "options-accepted", &[Assumption::PodSandbox]),
        (
            "v2.0.1",
            "type-as-configured",
            &[Assumption::PodSandbox, Assumption::NoPodUserns],
        ),
    ];
    let mut missed = Vec::new();
    for (name, property, further) in proofs {
        assert!(proved(&under(&design(name), property, further, Clauses::all())));
    }
    for clause in Clause::ALL
        .into_iter()
        .filter(|clause| *clause != Clause::Property)
    {
        let noticed = proofs.into_iter().any(|(name, property, further)| {
            !proved(&under(
                &design(name),
                property,
                further,
                Clauses::all().without(clause),
            ))
        });
        if !noticed {
            missed.push(clause.id());
        }
    }
    assert!(missed.is_empty(), "nobody misses {missed:?}");
}

#[test]
fn a_bound_is_never_taken_for_a_proof() {
    let induction = prove(
        Catalog::embedded(),
        &design("v1.7.20"),
        "type-as-configured",
        &[],
        Clauses::all(),
        1000,
    );
    assert!(matches!(induction.unwrap().verdict, Verdict::BoundReached));
    assert!(induct(Catalog::embedded(), &design("v1.7.20"), "userns-honoured", MOST).is_err());
}
