//! What kills a mutant, and what is done about one that nothing kills.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use shimproof_model::catalog::Catalog;
use shimproof_reports::{
    Base, Killer, MutantFate, MutantReport, MutantRun, MutantsOptions, Subjects, Witness, find_mutant,
    mutant_run, with_builtin_scenarios,
};
use shimproof_scenario::Scenario;
use shimproof_search::Limits;

/// The mutants of one guard or behaviour, in a few scenarios.
fn run(only: &str, names: &[&str]) -> MutantRun {
    let limits = Limits::default();
    let options = MutantsOptions {
        limits: &limits,
        threads: 1,
        only: Some(only),
    };
    with_builtin_scenarios(|scenarios| {
        let chosen: Vec<Scenario> = scenarios
            .iter()
            .filter(|scenario| names.contains(&scenario.file.name.as_str()))
            .cloned()
            .collect();
        assert_eq!(chosen.len(), names.len());
        mutant_run(
            Catalog::embedded(),
            Subjects {
                scenarios: &chosen,
                incidents: &[],
            },
            &Base::OwnReleases,
            options,
            &|_, _| (),
        )
        .unwrap()
    })
    .unwrap()
}

#[test]
fn the_guard_without_its_look_at_node_is_killed_by_what_it_broke() {
    let run = run("containerd.io-owner-guard", &["containerd-11091-fixed"]);
    let weakened = run
        .results
        .iter()
        .find(|result| result.id == "containerd.io-owner-guard=unless-nil")
        .unwrap();
    assert_eq!(weakened.fate, MutantFate::Killed);
    let accepted = Killer::Property("options-accepted".to_owned());
    assert!(
        weakened
            .killers
            .contains(&(accepted, "containerd-11091-fixed".to_owned()))
    );
}

#[test]
fn a_mutant_that_mends_the_founding_case_is_told_as_such() {
    let run = run("updateContainerIOOwner", &["containerd-11091"]);
    let mends = run
        .results
        .iter()
        .find(|result| {
            result.id == "updateContainerIOOwner[NODE; another runtime type; absent]=no owner is written"
        })
        .unwrap();
    assert!(
        mends
            .mends
            .iter()
            .any(|(property, _)| property == "options-accepted"),
        "{mends:?}"
    );
}

#[test]
fn names_lead_to_mutants() {
    let catalog = Catalog::embedded();
    let id = "sameUsernsConfig[true]=accepted";
    assert_eq!(find_mutant(catalog, id).unwrap().id, id);
    let error = find_mutant(catalog, "sameUsernsConfig[true]=acepted").unwrap_err();
    assert!(error.to_string().contains(id), "{error}");
}

#[test]
fn a_hollow_property_fails_the_run() {
    let witness = |violated: Option<(String, String)>| MutantReport {
        properties: vec!["hollow".to_owned()],
        runs: Vec::new(),
        witnesses: vec![Witness {
            property: "hollow".to_owned(),
            satisfied: Some(("v2.0.1".to_owned(), "containerd-11091".to_owned())),
            violated,
        }],
    };
    assert!(!witness(None).as_expected());
    assert!(witness(Some(("a mutant".to_owned(), "containerd-11091".to_owned()))).as_expected());
}
