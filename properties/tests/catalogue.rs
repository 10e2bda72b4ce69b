//! What the catalogue says of its properties, found out by running: that each can be kept and can be broken, and since
//! when releases keep it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use shimproof_model::catalog::{Catalog, ContainerdRow, IoOwnerId};
use shimproof_model::guards::{
    Base, EndpointDecision, HandlerFeatures, HostUsers, Network, Pin, UsernsDecision,
};
use shimproof_model::world::{Client, Containerd};
use shimproof_model::{Abstract, Finite as _, UsernsMode, World};
use shimproof_properties::{
    About, Counterexample, Engine, LiveFindings, Machine, all, check, check_live, containerd_guards_itself,
    find_live, live, policies, under_any_client,
};
use shimproof_scenario::{Overrides, Scenario};
use shimproof_search::{Answer, Limits};

fn scenario(name: &str) -> Scenario {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../examples")
        .join(name);
    Scenario::load(&path).unwrap_or_else(|error| panic!("{name}: {:?}", miette::Report::new(error)))
}

/// Everything that the catalogue of properties has.
fn abouts() -> Vec<About> {
    let of_states = all::<Abstract>()
        .into_iter()
        .chain([containerd_guards_itself()])
        .chain(policies());
    let of_runs = live::<Abstract>();
    of_states
        .map(|property| property.about)
        .chain(of_runs.into_iter().map(|property| property.about))
        .collect()
}

/// The answers to all of them, policies too.
fn answers(scenario: &Scenario, design: Option<Containerd>) -> BTreeMap<String, Answer> {
    let overrides = Overrides {
        design,
        ..Overrides::default()
    };
    let world = scenario.world(Catalog::embedded(), &overrides).unwrap();
    answers_of(scenario, world)
}

fn answers_of(scenario: &Scenario, world: World<Abstract>) -> BTreeMap<String, Answer> {
    let machine = Arc::new(Machine::<Abstract>::new(world));
    let properties = [all(), policies()].concat();
    let limits = Limits::default();
    let found = check(&machine, &properties, &[], Engine::default(), &limits, &mut ()).unwrap();
    let further = common::further(&scenario.file.name, &machine, found.unknown);
    let of_states = found
        .findings
        .into_iter()
        .map(|finding| (finding.id, finding.answer));
    of_states.chain(further).collect()
}

fn design(name: &str) -> (String, ContainerdRow) {
    let row = Catalog::embedded().design_row(name).unwrap().clone();
    (name.to_owned(), row)
}

fn release(name: &str) -> Containerd {
    let (name, row) = design(name);
    Containerd::new(name, &row)
}

/// The named designs, and two that nobody has made: v2.0.1 with the id inside of the container for the one on the host,
/// and v2.0.0 that pins a user namespace for every sandbox and leaves endpoints out.
fn designs() -> Vec<Containerd> {
    let (_, mut row) = design("v2.0.1");
    row.io_owner_id = IoOwnerId::ContainerId;
    let unmapped = Containerd::new("hypothetical: the id of the container as owner".to_owned(), &row);
    let (_, row) = design("v2.0.0");
    let name = "hypothetical: pins always, and leaves endpoints out";
    let mut careless = Containerd::new(name.to_owned(), &row);
    for input in <(UsernsMode, Network)>::all() {
        careless.guards.pin_userns.redecide(input, Pin::Pinned, name);
    }
    for input in <(bool, Base)>::all() {
        let table = &mut careless.guards.task_api_endpoint;
        table.redecide(input, EndpointDecision::Nothing, name);
    }
    let named = Catalog::embedded().designs().iter();
    named
        .map(|named| release(&named.name))
        .chain([unmapped, careless])
        .collect()
}

/// A kubelet that nobody has made: it never sends user-namespace options.
fn silent_kubelet(scenario: &Scenario) -> World<Abstract> {
    let mut world = scenario
        .world(Catalog::embedded(), &Overrides::default())
        .unwrap();
    for kubelet in &mut world.kubelets {
        for input in <(bool, HostUsers, HandlerFeatures)>::all() {
            let name = "hypothetical: sends nothing";
            kubelet.guard.redecide(input, UsernsDecision::Nil, name);
        }
    }
    world
}

#[test]
fn every_property_is_kept_by_one_design_and_broken_by_another() {
    let mut kept = BTreeSet::new();
    let mut broken = BTreeSet::new();
    // The scenarios that properties name are those that show them; the others are there for other questions.
    let scenarios: BTreeSet<&str> = abouts()
        .iter()
        .flat_map(|about| about.scenarios.iter().copied())
        .collect();
    let mut sort = |answers: BTreeMap<String, Answer>| {
        for (id, answer) in answers {
            match answer {
                Answer::Holds { vacuous: false } => kept.insert(id),
                Answer::Violated => broken.insert(id),
                _ => false,
            };
        }
    };
    for name in scenarios {
        let scenario = scenario(name);
        for design in std::iter::once(None).chain(designs().into_iter().map(Some)) {
            sort(answers(&scenario, design));
        }
    }
    let founding = scenario("containerd-11091");
    sort(answers_of(&founding, silent_kubelet(&founding)));
    for about in abouts() {
        assert!(kept.contains(about.id), "nothing keeps {}", about.id);
        assert!(broken.contains(about.id), "nothing breaks {}", about.id);
    }
}

/// A search for whole runs that is cut short says so, and does not say that something holds.
#[test]
fn a_bound_leaves_whole_runs_open() {
    let overrides = Overrides {
        design: Some(release("nil-or-node")),
        ..Overrides::default()
    };
    let world = scenario("containerd-11091")
        .world(Catalog::embedded(), &overrides)
        .unwrap();
    let machine = Arc::new(Machine::<Abstract>::new(world));
    let stopped = Arc::new(std::sync::atomic::AtomicBool::new(true));
    let bounds = [
        Limits {
            max_states: Some(100),
            ..Limits::default()
        },
        Limits {
            stop: Some(stopped),
            ..Limits::default()
        },
    ];
    for limits in bounds {
        let found = check_live(&machine, &live(), false, Engine::default(), &limits, &mut ()).unwrap();
        assert!(found.bound.is_some());
        for finding in &found.findings {
            assert_eq!(finding.answer, Answer::Unknown, "{}", finding.id);
        }
    }
    // Nothing holds either where it is not known what a shim does.
    let found = check_live(
        &machine,
        &live(),
        true,
        Engine::default(),
        &Limits::default(),
        &mut (),
    )
    .unwrap();
    assert!(
        found
            .findings
            .iter()
            .all(|finding| finding.answer == Answer::Unknown)
    );
}

/// What `under_any_client` leaves out changes no verdict: the same with all the faults of the scenario, and with two
/// pods on one node.
#[test]
fn faults_that_change_no_file_and_other_pods_add_nothing_under_any_client() {
    for (name, named, pods, faults) in [
        ("containerd-11091", "nil-check-missing-node", 1, 2),
        ("containerd-11091", "nil-or-node", 1, 2),
        ("gvisor-userns-admitted", "v2.3.4", 1, 2),
        ("gvisor-userns-admitted", "v2.0.0", 1, 2),
        ("sandbox-api-endpoint", "v2.0.0", 1, 2),
        ("gvisor-userns-admitted", "v2.3.4", 2, 0),
        ("gvisor-userns-admitted", "v2.0.0", 2, 0),
    ] {
        let overrides = Overrides {
            design: Some(release(named)),
            pods: Some(pods),
            faults: Some(faults),
            ..Overrides::default()
        };
        let world = scenario(name).world(Catalog::embedded(), &overrides).unwrap();
        let asked = [containerd_guards_itself()];
        let answer = |world| {
            let machine = Arc::new(Machine::<Abstract>::new(world));
            let limits = Limits::default();
            let found = check(&machine, &asked, &[], Engine::default(), &limits, &mut ()).unwrap();
            found.findings[0].answer
        };
        let with_all = World {
            client: Client::Any,
            ..world.clone()
        };
        let alone: Vec<Answer> = under_any_client(&world).into_iter().map(answer).collect();
        assert_eq!(common::worst(&alone), answer(with_all), "{name} under {named}");
    }
}

/// Packed states are states: the same verdicts, numbers and counterexamples, step by step, as whole nodes give.
#[test]
fn packed_whole_runs_are_those_of_nodes() {
    for (name, pods, faults) in [
        ("containerd-11091", 1, 2),
        ("containerd-11091", 2, 0),
        ("containerd-11091-job", 1, 1),
        ("gvisor-gate-flip", 1, 2),
        ("containerd-10598-fixed", 2, 0),
        ("gvisor-userns-admitted", 1, 3),
    ] {
        let overrides = Overrides {
            pods: Some(pods),
            faults: Some(faults),
            ..Overrides::default()
        };
        let world = scenario(name).world(Catalog::embedded(), &overrides).unwrap();
        let found = |engine| {
            let machine = Arc::new(Machine::<Abstract>::new(world.clone()));
            let found = check_live(&machine, &live(), false, engine, &Limits::default(), &mut ()).unwrap();
            let runs: Vec<_> = found
                .findings
                .into_iter()
                .map(|finding| {
                    let run = finding
                        .counterexample
                        .map(|found| (found.pod, found.stem, found.promised_at, found.cycle));
                    (finding.answer, run)
                })
                .collect();
            (
                runs,
                found.states,
                found.transitions,
                found.depth,
                machine.facts(),
            )
        };
        assert_eq!(
            found(Engine::default()),
            found(Engine::Plain),
            "{name}, {pods} pods, {faults} faults"
        );
    }
}

fn whole_runs(name: &str) -> (Arc<Machine<Abstract>>, LiveFindings<Abstract>) {
    let world = scenario(name)
        .world(Catalog::embedded(), &Overrides::default())
        .unwrap();
    let machine = Arc::new(Machine::<Abstract>::new(world));
    let (engine, limits) = (Engine::default(), Limits::default());
    let found = check_live(&machine, &live(), false, engine, &limits, &mut ()).unwrap();
    (machine, found)
}

fn of_crash_loop(found: &LiveFindings<Abstract>) -> &Counterexample<Abstract> {
    let crash_loop = found
        .findings
        .iter()
        .find(|finding| finding.id == "requested-pod-runs");
    crash_loop.unwrap().counterexample.as_ref().unwrap()
}

/// The counterexample of the founding case is the crash loop itself.
#[test]
fn the_crash_loop_is_a_cycle_that_an_option_causes() {
    let (machine, found) = whole_runs("containerd-11091");
    let counterexample = of_crash_loop(&found);
    let refusals: Vec<&str> = counterexample
        .cycle
        .iter()
        .flatten()
        .filter_map(|(taken, _)| Some(taken.refusal?.id()))
        .collect();
    assert_eq!(refusals, ["create-rejected", "create-rejected"]);
    let told = (find_live("requested-pod-runs").unwrap().explain)(machine.world(), counterexample);
    assert!(told.contains("an option is the cause"), "{told}");
    assert!(told.contains("again and again"), "{told}");
    // With `restartPolicy: Never` the pod fails, and nothing happens any more.
    let (machine, found) = whole_runs("containerd-11091-job");
    let counterexample = of_crash_loop(&found);
    assert_eq!(counterexample.cycle, Some(Vec::new()));
    let told = (find_live("requested-pod-runs").unwrap().explain)(machine.world(), counterexample);
    assert!(told.contains("fails for good"), "{told}");
}

#[test]
fn releases_keep_them_since_when_the_catalogue_says() {
    let mut wrong = Vec::new();
    let mut found: BTreeMap<(&str, &str), BTreeMap<String, Answer>> = BTreeMap::new();
    for about in abouts() {
        assert!(
            !about.since.shown_by.is_empty() && !about.since.sources.is_empty(),
            "{}",
            about.id
        );
        for shown in about.since.shown_by {
            let answers = found
                .entry((shown.scenario, shown.design))
                .or_insert_with(|| answers(&scenario(shown.scenario), Some(release(shown.design))));
            let expected = if shown.holds {
                Answer::Holds { vacuous: false }
            } else {
                Answer::Violated
            };
            let answer = answers[about.id];
            let nothing_to_do = shown.holds && answer == (Answer::Holds { vacuous: true });
            if answer != expected && !nothing_to_do {
                wrong.push(format!("{}: {shown:?}: {answer:?}", about.id));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}
