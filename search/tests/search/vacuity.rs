//! Hollow questions are called hollow.

use shimproof_search::{Answer, Limits, Property, breadth_first};

use crate::graph::Graph;

fn answer(graph: &Graph, property: Property<Graph>) -> Answer {
    breadth_first(graph, &[property], &Limits::default(), &mut ())
        .unwrap()
        .verdicts[0]
        .answer()
}

#[test]
fn an_antecedent_that_never_came_true() {
    let implication = || Property::always("42 implies nonsense", |_: &Graph, node: &u8| *node != 42);
    let graph = Graph::chain(5);
    assert_eq!(answer(&graph, implication()), Answer::Holds { vacuous: false });
    assert_eq!(
        answer(&graph, implication().with_antecedent(|_, node| *node == 42)),
        Answer::Holds { vacuous: true }
    );
    assert_eq!(
        answer(&graph, implication().with_antecedent(|_, node| *node == 5)),
        Answer::Holds { vacuous: false }
    );
    assert_eq!(
        answer(&graph, implication().with_step_antecedent(|_, _, _, to| *to == 0)),
        Answer::Holds { vacuous: true }
    );
    assert_eq!(
        answer(&graph, implication().with_step_antecedent(|_, _, _, to| *to == 5)),
        Answer::Holds { vacuous: false }
    );
}

#[test]
fn a_system_without_states() {
    let graph = Graph {
        initial: vec![],
        edges: vec![],
    };
    assert_eq!(
        answer(&graph, Property::always("false", |_, _| false)),
        Answer::Holds { vacuous: true }
    );
    assert_eq!(
        answer(&graph, Property::reachable("true", |_, _| true)),
        Answer::Unreached
    );
}

#[test]
fn a_question_about_steps_of_a_system_without_steps() {
    let graph = Graph::chain(0);
    assert_eq!(
        answer(&graph, Property::always_step("false", |_, _, _, _| false)),
        Answer::Holds { vacuous: true }
    );
    assert_eq!(
        answer(&graph, Property::always("true", |_, _| true)),
        Answer::Holds { vacuous: false }
    );
}
