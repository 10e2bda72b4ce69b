//! Predictions for readers and for programs.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use std::path::PathBuf;

use shimproof_model::catalog::Catalog;
use shimproof_model::catalog::provenance::Known;
use shimproof_scenario::Scenario;
use shimproof_sim::{Prediction, neighbours, predict, render_neighbours, render_text};

fn scenario(incident: &str) -> Scenario {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../tests")
        .join(incident);
    Scenario::load(&path).unwrap()
}

fn prediction(incident: &str) -> Prediction {
    predict(&scenario(incident), Catalog::embedded()).unwrap()
}

#[test]
fn what_would_change_the_founding_case() {
    let scenario = scenario("incidents/containerd-11091");
    let prediction = predict(&scenario, Catalog::embedded()).unwrap();
    let neighbours = neighbours(&scenario, Catalog::embedded(), &prediction);
    insta::assert_snapshot!("founding_case_neighbours", render_neighbours(&neighbours));
}

#[test]
fn a_neighbour_ends_otherwise() {
    let scenario = scenario("incidents-more/runwasi-821--fixed");
    let prediction = predict(&scenario, Catalog::embedded()).unwrap();
    let found = neighbours(&scenario, Catalog::embedded(), &prediction);
    assert!(
        found
            .iter()
            .any(|neighbour| neighbour.change == "containerd-shim-wasmtime/v0.5.0"),
        "{found:?}"
    );
    assert!(
        found
            .iter()
            .all(|neighbour| neighbour.outcome != prediction.outcome),
        "{found:?}"
    );
}

#[test]
fn the_weakest_fact_is_named() {
    assert_eq!(prediction("incidents/containerd-11091").provenance, Known::Read);
    let inferred = prediction("incidents/CVE-2025-47291--v2.0.4");
    assert_eq!(inferred.provenance, Known::Inferred);
    assert_eq!(inferred.weakest, ["joins-userns-by-path of runc-1.2"]);
}

#[test]
fn the_founding_case() {
    let prediction = prediction("incidents/containerd-11091");
    insta::assert_snapshot!("founding_case_text", render_text(&prediction));
    insta::assert_json_snapshot!("founding_case_json", prediction);
}

#[test]
fn a_pod_that_runs_but_not_as_configured() {
    let prediction = prediction("incidents/CVE-2025-47291--v2.0.4");
    insta::assert_snapshot!("misconfigured_text", render_text(&prediction));
}

#[test]
fn a_sandbox_that_does_not_come_up() {
    let prediction = prediction("incidents/rust-extensions-377");
    let event = prediction.event.unwrap();
    assert!(
        event
            .message
            .starts_with("Failed to create pod sandbox: rpc error: code = Unknown desc = ")
    );
    assert_eq!(event.reason.as_str(), "FailedCreatePodSandBox");
    insta::assert_snapshot!("sandbox_error", prediction.error.unwrap());
}

#[test]
fn a_refusal_of_the_kubelet_has_no_code() {
    let prediction = prediction("incidents-more/gvisor-13303");
    assert_eq!(prediction.code, None);
    insta::assert_snapshot!("kubelet_event", prediction.event.unwrap().message);
}

#[test]
fn the_owner_is_the_real_user() {
    let prediction = prediction("incidents-more/youki-non-root--window");
    let create = prediction
        .requests
        .iter()
        .rfind(|request| request.call == "Create")
        .unwrap();
    insta::assert_json_snapshot!("owner_of_a_real_user", create);
}

/// The source is that of the release on the node, not of the newest one.
#[test]
fn what_reads_the_answer_to_start_is_that_of_the_release() {
    for (incident, source) in [
        ("incidents-more/gvisor-13985", "runtime/v2/binary.go@v1.6.39"),
        (
            "incidents-more/containerd-10979",
            "; parseStartResponse, runtime/v2/shim.go@v1.7.34",
        ),
    ] {
        let because = prediction(incident).because;
        let about = because.iter().find(|line| line.contains("the answer to `start`"));
        assert!(about.is_some_and(|line| line.ends_with(source)), "{because:?}");
    }
}
