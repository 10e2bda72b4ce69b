//! Reproducers of every violation in the suite: what is written down is the node of the counterexample, and what is
//! predicted of it is what becomes of it there.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use shimproof_model::abstraction::Abstract;
use shimproof_model::catalog::Catalog;
use shimproof_model::catalog::provenance::Row as _;
use shimproof_model::log::Quiet;
use shimproof_model::trace::{Compare, NamedAction, Trace};
use shimproof_model::world::Client;
use shimproof_model::{Action, Call, ContainerState, Node, Refusal, World};
use shimproof_properties::Engine;
use shimproof_reports::{
    Reproducer, ReproducerError, Verdict, Verification, run_suite, with_builtin_scenarios,
};
use shimproof_scenario::{Design, Outcome, Overrides, Scenario};
use shimproof_search::{Limits, PackedOptions};
use shimproof_sim::{predict, replay_trace, stage_name};

const FAULTS: [&str; 12] = [
    "containerd-restart",
    "containerd-upgrade",
    "config-change",
    "kubelet-restart",
    "gate-flip",
    "kubelet-upgrade",
    "shim-upgrade",
    "rpc-timeout",
    "container-exit",
    "shim-crash",
    "delete-pod",
    "create-again",
];

/// Every counterexample of the suite, with its scenario and the design that stands in for the scenario's own.
fn for_each_counterexample(mut look_at: impl FnMut(&Scenario, Option<&Design>, &Trace)) {
    with_builtin_scenarios(|scenarios| {
        let report = run_suite(
            Catalog::embedded(),
            scenarios,
            Engine::Exact(PackedOptions::default()),
            &Limits::default(),
            &mut (),
        )
        .unwrap();
        for Verification {
            scenario, results, ..
        } in &report.verifications
        {
            let scenario = scenarios
                .iter()
                .find(|other| other.file.name == *scenario)
                .unwrap();
            let violated = results
                .iter()
                .filter(|result| result.verdict == Verdict::Violated);
            for trace in violated.filter_map(|result| result.trace.as_ref()) {
                let design = trace.setting.design.as_ref();
                let design = design.map(|name| Design::named(Catalog::embedded(), name).unwrap());
                look_at(scenario, design.as_ref(), trace);
            }
        }
    })
    .unwrap();
}

fn overrides(design: Option<&Design>) -> Overrides {
    Overrides {
        design: design.map(|design| design.containerd.clone()),
        ..Overrides::default()
    }
}

#[test]
fn what_is_predicted_of_a_reproducer_is_what_becomes_of_it_in_the_counterexample() {
    let (mut written, mut predicted, mut refused, mut made_up) = (0, 0, 0, 0);
    for_each_counterexample(|scenario, design, trace| {
        let what = format!("{} under {}: {}", trace.scenario, trace.design, trace.property);
        let catalog = Catalog::embedded();
        let world: World<Abstract> = scenario.world(catalog, &overrides(design)).unwrap();
        let containerd = design.map(|design| &design.containerd);
        let reproducer = match Reproducer::of(catalog, scenario, containerd, trace) {
            Ok(reproducer) => reproducer,
            Err(ReproducerError::NotReal { .. }) => {
                let proposed = world
                    .containerd
                    .iter()
                    .any(|release| !release.row.proposed().is_empty());
                assert!(
                    proposed || world.shims.iter().any(|shim| shim.hypothetical),
                    "{what}"
                );
                made_up += 1;
                return;
            }
            Err(error) => panic!("{what}: {error}"),
        };
        written += 1;

        // The files are the node of the counterexample: it runs there.
        let read = Scenario::from_files(&reproducer.files).unwrap();
        let replayed = replay_trace(
            &what,
            trace,
            &read,
            catalog,
            &Overrides::default(),
            Compare::Steps,
        )
        .unwrap();
        assert!(replayed.parts.is_none(), "{what}: {:?}", replayed.parts);

        let again = predict(&read, catalog).unwrap();
        assert_eq!(again.outcome, reproducer.prediction.outcome, "{what}");
        assert_eq!(again.error, reproducer.prediction.error, "{what}");
        assert_eq!(
            reproducer.prediction.outcome,
            read.file.expect.unwrap().outcome.unwrap()
        );

        let faults = trace
            .all_steps()
            .any(|step| FAULTS.contains(&step.action.name.as_str()));
        let asks_any = trace.property == "containerd-guards-itself" || world.client == Client::Any;
        assert_eq!(reproducer.predicted, !faults && !asks_any, "{what}");
        if reproducer.predicted {
            predicted += 1;
            let becomes = becomes_of_it(&world, trace, &scenario.container().name);
            refused += usize::from(becomes.is_some());
            let stage = reproducer.prediction.stage.map(stage_name);
            assert_eq!(
                becomes.map(|refusal| refusal.stage().to_string()).as_deref(),
                stage,
                "{what}"
            );
            assert_eq!(
                reproducer.prediction.outcome == Outcome::Rejected,
                becomes.is_some()
            );
            if let Some(stored) = trace.aftermath.iter().find_map(|step| step.refusal.as_ref()) {
                assert_eq!(Some(stored.stage.as_str()), stage, "{what}");
            }
        }
    });
    // What is counted is in the suite.
    assert!(
        written > 100 && predicted > 50 && refused > 20 && made_up > 5,
        "{written} {predicted} {refused} {made_up}"
    );
}

/// Why the container does not run in the end, if nothing happens to the node: the first refusal of the pod's sandbox or
/// of the container, in the counterexample and after it.
fn becomes_of_it(world: &World<Abstract>, trace: &Trace, container: &str) -> Option<Refusal> {
    let spec = world.pod_spec(world.pods[0]);
    let index = spec
        .containers
        .iter()
        .position(|other| other.name == container)
        .unwrap();
    let mut node = Node::initial(world, &mut Quiet);
    let mut stored = trace.all_steps();
    for _ in 0..200 {
        let mut enabled = Vec::new();
        node.enabled(world, &mut enabled);
        let action: Action<Abstract> = match stored.next() {
            Some(step) => step.action.enabled_in(world, &node).unwrap(),
            None => *enabled
                .iter()
                .find(|action| !FAULTS.contains(&NamedAction::of(**action).name.as_str()))?,
        };
        let about = node.pods[0].call();
        let refusal = node.apply(world, action, &mut Quiet).err();
        let concerns = match about {
            None | Some(Call::RunPodSandbox) => true,
            Some(Call::CreateContainer(number) | Call::StartContainer(number)) => {
                usize::from(number) == index
            }
        };
        if let Some(refusal) = refusal.filter(|_| concerns) {
            return Some(refusal);
        }
        let state = node.pods[0].containers[index].map(|container| container.state);
        if matches!(state, Some(ContainerState::Running { .. })) {
            return None;
        }
    }
    panic!("{}: no end", trace.scenario);
}

#[test]
fn every_request_of_any_client_is_written_as_crictl_takes_it() {
    let mut seen = 0;
    for_each_counterexample(|scenario, design, trace| {
        let containerd = design.map(|design| &design.containerd);
        let Ok(reproducer) = Reproducer::of(Catalog::embedded(), scenario, containerd, trace) else {
            return;
        };
        let readme = &reproducer.files["README.md"];
        for (name, text) in &reproducer.files {
            if name.starts_with("crictl/") {
                let config: serde_json::Value = serde_json::from_str(text).unwrap();
                assert!(config["metadata"]["name"].is_string(), "{name}");
                assert!(
                    readme.contains(name.as_str()),
                    "{name} is used by no command:\n{readme}"
                );
                seen += 1;
            }
        }
        assert!(!readme.contains("  \n\n\n"), "{readme}");
        let sends = trace.all_steps().filter_map(|step| step.sends.as_ref());
        let pods = sends.filter(|sent| {
            sent.message
                .contains("container configuration: UsernsOptions POD with a mapping")
        });
        if pods.count() > 0 {
            let container = &reproducer.files["crictl/container-1.json"];
            let all: Vec<&String> = reproducer.files.values().collect();
            assert!(
                all.iter().any(|text| text.contains("\"host_id\"")),
                "{}: {container}",
                trace.scenario
            );
        }
    });
    assert!(seen > 100);
}
