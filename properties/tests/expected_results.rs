//! The built-in scenarios against what they expect: verdicts, what can be reached, and where a run without faults
//! ends. The sizes of all state spaces are kept as a snapshot.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use shimproof_model::catalog::Catalog;
use shimproof_model::{Abstract, Refusal, Stage};
use shimproof_properties::reachability::{self, UNREACHABLE};
use shimproof_properties::{Engine, Finding, Findings, Machine, all, check, policies_of};
use shimproof_scenario::{Design, Expect, ExpectedVerdict, Outcome, Overrides, Scenario};
use shimproof_search::{Answer, Limits, PackedOptions};

/// A scenario, and what was found out under its own releases and under each design that it names.
struct Decided {
    name: String,
    expect: Expect,
    /// By design; the scenario's own releases have no name.
    searches: Vec<(Option<String>, Search)>,
    /// Its own releases, without any fault.
    fault_free: Search,
}

struct Search {
    answers: BTreeMap<String, Answer>,
    /// Where the refusals that were met stand.
    stages: BTreeSet<Stage>,
    states: u64,
    transitions: u64,
    depth: u32,
}

static SUITE: LazyLock<Vec<Decided>> =
    LazyLock::new(|| directories().iter().map(|path| decide(path)).collect());

fn directories() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut found: Vec<PathBuf> = root
        .read_dir()
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("scenario.toml").is_file())
        .collect();
    found.sort();
    found
}

fn decide(directory: &Path) -> Decided {
    let scenario = Scenario::load(directory)
        .unwrap_or_else(|error| panic!("{}: {:?}", directory.display(), miette::Report::new(error)));
    let expect = scenario.file.expect.clone().unwrap_or_default();
    let designs = std::iter::once(None).chain(expect.designs.keys().cloned().map(Some));
    let name = scenario.file.name.clone();
    assert_eq!(
        Some(name.as_str()),
        directory.file_name().and_then(|name| name.to_str())
    );
    Decided {
        searches: designs
            .map(|design| (design.clone(), search(&scenario, design, None)))
            .collect(),
        fault_free: search(&scenario, None, Some(0)),
        name,
        expect,
    }
}

/// Searches with our engine, replays every path that it gives, and asks Stateright for the same.
fn search(scenario: &Scenario, design: Option<String>, faults: Option<u32>) -> Search {
    let catalog = Catalog::embedded();
    let what = format!(
        "{} ({})",
        scenario.file.name,
        design.as_deref().unwrap_or("own releases")
    );
    let design = design.map(|name| {
        Design::named(catalog, &name)
            .unwrap_or_else(|error| panic!("{what}: {error}"))
            .containerd
    });
    let world = scenario
        .world(
            catalog,
            &Overrides {
                design,
                faults,
                pods: None,
                ..Overrides::default()
            },
        )
        .unwrap_or_else(|error| panic!("{what}: {:?}", miette::Report::new(error)));
    let machine = Arc::new(Machine::<Abstract>::new(world));
    let found = |engine| {
        let properties = [all(), policies_of(machine.world())].concat();
        let limits = Limits::default();
        check(
            &machine,
            &properties,
            &reachability::all(),
            engine,
            &limits,
            &mut (),
        )
        .unwrap()
    };
    let exact = found(Engine::Exact(PackedOptions::default()));
    for finding in &exact.findings {
        if let Some(path) = &finding.path {
            path.replay(&*machine)
                .unwrap_or_else(|error| panic!("{what}, {}: {error}", finding.id));
        }
    }
    agrees(&what, &exact, &found(Engine::Stateright));
    let last_refusal = |finding: &Finding<Abstract>| {
        let (taken, _) = finding.path.as_ref()?.steps.last()?;
        taken
            .refusal
            .filter(|refusal| finding.id == format!("refused:{}", refusal.id()))
    };
    let mut answers: BTreeMap<String, Answer> = exact
        .findings
        .iter()
        .map(|finding| (finding.id.clone(), finding.answer))
        .collect();
    answers.extend(common::further(&what, &machine, exact.unknown));
    Search {
        stages: exact
            .findings
            .iter()
            .filter_map(last_refusal)
            .map(Refusal::stage)
            .collect(),
        answers,
        states: exact.states,
        transitions: exact.transitions,
        depth: exact.depth.unwrap(),
    }
}

fn agrees(what: &str, exact: &Findings<Abstract>, oracle: &Findings<Abstract>) {
    assert_eq!(
        (exact.bound, oracle.bound),
        (None, None),
        "{what}: a bound was reached"
    );
    assert_eq!(
        exact.states, oracle.states,
        "{what}: Stateright counts other states"
    );
    assert_eq!(
        exact.transitions, oracle.transitions,
        "{what}: Stateright counts other transitions"
    );
    for (finding, other) in exact.findings.iter().zip(&oracle.findings) {
        assert_eq!(
            (&finding.id, finding.answer),
            (&other.id, other.answer),
            "{what}: Stateright has another verdict"
        );
    }
}

fn answer_of(expected: ExpectedVerdict) -> Answer {
    match expected {
        ExpectedVerdict::Holds => Answer::Holds { vacuous: false },
        ExpectedVerdict::HoldsVacuously => Answer::Holds { vacuous: true },
        ExpectedVerdict::Violated => Answer::Violated,
        ExpectedVerdict::Unreached => Answer::Unreached,
        ExpectedVerdict::Unknown => Answer::Unknown,
    }
}

impl Search {
    fn compare<'e>(
        &self,
        what: &str,
        expected: impl Iterator<Item = (&'e String, Answer)>,
        differences: &mut Vec<String>,
    ) {
        for (id, expected) in expected {
            match self.answers.get(id) {
                None => differences.push(format!("{what}: there is no property `{id}`")),
                Some(found) if *found == expected => {}
                Some(found) => {
                    differences.push(format!("{what}: {id}: expected {expected:?}, found {found:?}"));
                }
            }
        }
    }

    fn reaches(&self, id: &str) -> bool {
        self.answers.get(id) == Some(&Answer::Reached)
    }
}

#[test]
fn every_scenario_has_the_results_that_it_expects() {
    let mut differences = Vec::new();
    for scenario in SUITE.iter() {
        let name = &scenario.name;
        for (design, search) in &scenario.searches {
            let (what, verdicts) = match design {
                None => (name.clone(), &scenario.expect.verdicts),
                Some(design) => (
                    format!("{name} under {design}"),
                    &scenario.expect.designs[design].verdicts,
                ),
            };
            let verdicts = verdicts.iter().map(|(id, verdict)| (id, answer_of(*verdict)));
            search.compare(&what, verdicts, &mut differences);
        }
        let own = &scenario.searches[0].1;
        own.compare(
            name,
            scenario.expect.reachable.iter().map(|id| (id, Answer::Reached)),
            &mut differences,
        );
        own.compare(
            name,
            scenario
                .expect
                .unreachable
                .iter()
                .map(|id| (id, Answer::Unreached)),
            &mut differences,
        );
        if scenario.expect.verdicts.is_empty() && scenario.expect.reachable.is_empty() {
            differences.push(format!("{name}: expects nothing"));
        }
    }
    assert!(differences.is_empty(), "\n{}", differences.join("\n"));
}

/// `outcome` and `stage` are about one run without faults: all that can happen then is that the pod runs, or that
/// it is refused, and refused again.
#[test]
fn a_run_without_faults_ends_as_observed() {
    for Decided {
        name,
        expect,
        fault_free,
        ..
    } in SUITE.iter()
    {
        let runs = fault_free.reaches("pod-runs");
        match expect.outcome {
            None => {}
            Some(Outcome::Rejected) => assert!(!runs, "{name}: the pod runs"),
            Some(Outcome::Started | Outcome::Misconfigured) => assert!(runs, "{name}: the pod does not run"),
        }
        if let Some(stage) = expect.stage {
            let stages: Vec<&str> = fault_free.stages.iter().map(|stage| stage.as_str()).collect();
            // Where containerd does not come up, nobody is refused: nothing is asked.
            let expected = match stage {
                shimproof_scenario::Stage::ContainerdConfig => Vec::new(),
                other => vec![stage_name(other)],
            };
            assert_eq!(stages, expected, "{name}");
        }
    }
}

fn stage_name(stage: shimproof_scenario::Stage) -> &'static str {
    use shimproof_scenario::Stage as Expected;
    match stage {
        Expected::ContainerdConfig => Stage::ContainerdConfig,
        Expected::Kubelet => Stage::Kubelet,
        Expected::RunPodSandbox => Stage::RunPodSandbox,
        Expected::CreateContainer => Stage::CreateContainer,
        Expected::ClientTaskOptions => Stage::ClientTaskOptions,
        Expected::TasksService => Stage::TasksService,
        Expected::ShimStart => Stage::ShimStart,
        Expected::RuntimeFeatures => Stage::RuntimeFeatures,
        Expected::ShimCreate => Stage::ShimCreate,
        Expected::OciCreate => Stage::OciCreate,
    }
    .as_str()
}

#[test]
fn what_is_not_unreachable_is_reached_by_some_scenario() {
    let reached: BTreeSet<&str> = SUITE
        .iter()
        .flat_map(|scenario| &scenario.searches)
        .flat_map(|(_, search)| search.answers.keys().filter(|id| search.reaches(id)))
        .map(String::as_str)
        .collect();
    let missing: Vec<String> = reachability::all()
        .into_iter()
        .map(|reachability| reachability.id)
        .filter(|id| reachability::unreachable(id).is_none() && !reached.contains(id.as_str()))
        .collect();
    assert!(missing.is_empty(), "no scenario reaches\n{}", missing.join("\n"));
    for entry in UNREACHABLE {
        assert!(
            !reached.contains(entry.id),
            "{} is reached: it is not true that {}",
            entry.id,
            entry.reason
        );
    }
}

/// A change of the machine shows here first: one that is meant is accepted with `cargo insta review`.
#[test]
fn state_spaces_have_the_sizes_that_they_had() {
    let mut table = String::new();
    for scenario in SUITE.iter() {
        for (design, search) in &scenario.searches {
            let Search {
                states,
                transitions,
                depth,
                ..
            } = search;
            let design = design.as_deref().unwrap_or("-");
            let name = &scenario.name;
            writeln!(
                table,
                "{name:<44} {design:<24} {states:>7} {transitions:>7} {depth:>3}"
            )
            .unwrap();
        }
    }
    let columns = format!(
        "{:<44} {:<24} {:>7} {:>7} {:>3}",
        "scenario", "design", "states", "steps", "depth"
    );
    insta::assert_snapshot!("state_spaces", format!("{columns}\n{table}"));
}
