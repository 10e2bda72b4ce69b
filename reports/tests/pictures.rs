//! Diagrams, ITF and state graphs of the founding case, and of every violation in the suite.

#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use petgraph::visit::{Bfs, EdgeFiltered, EdgeRef};
use shimproof_model::catalog::Catalog;
use shimproof_model::trace::Trace;
use shimproof_properties::{Engine, find};
use shimproof_reports::diagram::{Event, Lifeline, Sequence, mermaid, svg};
use shimproof_reports::state_graph::{self, Bottleneck, OUTCOME, Quotient, StateGraph};
use shimproof_reports::{
    Detail, Question, TraceFormat, Verdict, itf, run_suite, verify, with_builtin_scenarios,
};
use shimproof_scenario::{Design, Overrides, Scenario};
use shimproof_search::{Limits, PackedOptions};

fn with_scenario<T>(name: &str, use_it: impl FnOnce(&Scenario) -> T) -> T {
    with_builtin_scenarios(|scenarios| {
        use_it(
            scenarios
                .iter()
                .find(|scenario| scenario.file.name == name)
                .unwrap(),
        )
    })
    .unwrap()
}

fn founding_trace() -> Trace {
    with_scenario("containerd-11091", |scenario| {
        let question = Question {
            scenario,
            design: Some(
                &Design::named(Catalog::embedded(), "nil-check-missing-node")
                    .unwrap()
                    .containerd,
            ),
            properties: &["options-accepted".to_owned()],
            reachabilities: false,
            pods: None,
            faults: None,
            engine: Engine::Exact(PackedOptions::default()),
            limits: &Limits::default(),
        };
        let mut verification = verify(Catalog::embedded(), &question, &mut ()).unwrap();
        assert_eq!(verification.results[0].verdict, Verdict::Violated);
        verification.results.remove(0).trace.unwrap()
    })
}

#[test]
fn the_founding_case_as_mermaid() {
    insta::assert_snapshot!(mermaid(&Sequence::of(&founding_trace())));
}

#[test]
fn the_message_that_breaks_the_property_is_marked_and_nothing_before_it() {
    let sequence = Sequence::of(&founding_trace());
    let violation = sequence
        .events
        .iter()
        .position(|event| matches!(event, Event::Violation { .. }))
        .unwrap();
    let bad: Vec<usize> = sequence
        .events
        .iter()
        .enumerate()
        .filter(|(_, event)| matches!(event, Event::Message { bad: true, .. }))
        .map(|(index, _)| index)
        .collect();
    assert_eq!(bad[0], violation - 1);
    assert!(matches!(
        &sequence.events[violation - 1],
        Event::Message { from: Lifeline::TasksService, to: Lifeline::Shim, text, .. }
            if text.contains("containerd.runc.v1.Options")
    ));
}

#[test]
fn every_trace_of_the_suite_can_be_drawn_and_exchanged() {
    let report = with_builtin_scenarios(|scenarios| {
        run_suite(
            Catalog::embedded(),
            scenarios,
            Engine::Exact(PackedOptions::default()),
            &Limits::default(),
            &mut (),
        )
    })
    .unwrap()
    .unwrap();
    let mut drawn = 0;
    for verification in &report.verifications {
        for trace in verification
            .results
            .iter()
            .filter_map(|result| result.trace.as_ref())
        {
            let picture = svg(&Sequence::of(trace));
            let document = roxmltree::Document::parse(&picture).unwrap();
            assert!(document.root_element().descendants().count() > 10);

            let itf = itf(trace);
            let read: itf::Trace<itf::Value> = serde_json::from_value(itf).unwrap();
            assert_eq!(read.states.len(), 1 + trace.all_steps().count());

            let kept: Trace =
                serde_json::from_str(&TraceFormat::Json.render(trace, Detail::Changes)).unwrap();
            assert_eq!(&kept, trace);
            drawn += 1;
        }
    }
    assert!(drawn > 50, "{drawn}");
}

#[test]
fn states_of_a_trace_follow_from_its_changes() {
    let trace = founding_trace();
    let states = trace.states();
    let last = states.last().unwrap();
    let of = |name: &str| &last.iter().find(|field| field.field == name).unwrap().value;
    assert_eq!(of("pod.container app"), "exited");
    assert_eq!(of("kubelet.release"), "1.31.2");
}

#[test]
fn every_bad_run_passes_the_bottleneck() {
    let property = find("options-accepted").unwrap();
    with_scenario("containerd-11091", |scenario| {
        let catalog = Catalog::embedded();
        let world = |design: &str| {
            let overrides = Overrides {
                design: Some(Design::named(catalog, design).unwrap().containerd),
                ..Overrides::default()
            };
            scenario.world(catalog, &overrides).unwrap()
        };
        let window = world("nil-check-missing-node");
        let states = StateGraph::explore(&window, &property, 10_000).unwrap();
        let bottleneck = Bottleneck::of(&states).unwrap();
        // Bar the transitions of the cut, and no violation is left; bar all but one, and one is.
        let violated = |barred: &dyn Fn(usize) -> bool| {
            let open =
                EdgeFiltered::from_fn(&states.graph, |edge| {
                    !bottleneck.transitions.iter().enumerate().any(|(index, cut)| {
                        barred(index) && cut.from == edge.source() && cut.to == edge.target()
                    })
                });
            let mut visit = Bfs::new(&open, states.initial());
            while let Some(state) = visit.next(&open) {
                if states.graph[state].broken.is_some() {
                    return true;
                }
            }
            false
        };
        assert!(!violated(&|_| true));
        for left in 0..bottleneck.transitions.len() {
            assert!(violated(&|index| index != left), "the cut is not minimal: {left}");
        }
        assert!(
            bottleneck
                .decisions
                .iter()
                .any(|decision| decision.starts_with("updateContainerIOOwner")
                    && decision.ends_with("an owner is written"))
        );
        insta::assert_snapshot!(state_graph::text(
            &states,
            &Quotient::of(&states, &[OUTCOME.to_owned()]).unwrap()
        ));

        let mended = world("nil-or-node");
        let states = StateGraph::explore(&mended, &property, 10_000).unwrap();
        assert_eq!(Bottleneck::of(&states), None);
    });
}

#[test]
fn folding_loses_no_state_and_never_hides_a_violation() {
    let property = find("options-preserved").unwrap();
    with_scenario("CVE-2025-47291", |scenario| {
        let world = scenario
            .world(Catalog::embedded(), &Overrides::default())
            .unwrap();
        let states = StateGraph::explore(&world, &property, 10_000).unwrap();
        for by in [
            vec![],
            vec![OUTCOME.to_owned()],
            vec!["containerd".to_owned(), "pod.phase".to_owned()],
        ] {
            let quotient = Quotient::of(&states, &by).unwrap();
            let folded: usize = quotient.graph.node_weights().map(|class| class.states).sum();
            assert_eq!(folded, states.graph.node_count());
            let bad: usize = quotient
                .graph
                .node_weights()
                .filter(|class| class.broken.is_some())
                .map(|class| class.states)
                .sum();
            assert_eq!(bad, states.violations().len());
            let picture = state_graph::svg(&quotient);
            roxmltree::Document::parse(&picture).unwrap();
            roxmltree::Document::parse(&state_graph::graphml(&quotient)).unwrap();
        }
        assert_eq!(Quotient::of(&states, &["pot".to_owned()]).unwrap_err(), "pot");
        let quotient = Quotient::of(&states, &[OUTCOME.to_owned()]).unwrap();
        insta::assert_snapshot!(state_graph::dot(&quotient));
    });
}
