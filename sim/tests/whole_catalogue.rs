//! Every release with every shim comes to an end, in words without a placeholder.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use std::path::PathBuf;

use shimproof_model::catalog::Catalog;
use shimproof_model::world::Containerd;
use shimproof_scenario::{Outcome, Overrides, Scenario, ShimSection};
use shimproof_sim::{PredictError, predict_with, render_text};

/// Texts of the catalogue and of the machine have these where a value belongs.
const PLACEHOLDERS: [&str; 10] = [
    "<id>",
    "<path>",
    "<uid>",
    "<src>",
    "<config_body>",
    "{id}",
    "{url}",
    "{inner}",
    "{body}",
    "{handler}",
];

fn scenario(name: &str) -> Scenario {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/incidents-more")
        .join(name);
    Scenario::load(&path).unwrap()
}

/// With a table of the generic type, under the name of gVisor's runtime type; the shim is another each time.
fn on_every_release(mut scenario: Scenario, host_users: Option<bool>, gates: &[(&str, bool)]) -> usize {
    let catalog = Catalog::embedded();
    scenario.pod.host_users = host_users;
    for (gate, on) in gates {
        scenario
            .file
            .kubernetes
            .feature_gates
            .insert((*gate).to_owned(), *on);
    }
    let mut rejected = 0;
    for release in catalog.containerd() {
        for shim in catalog.shims() {
            let version = shim.versions[0].first.to_string();
            let section = ShimSection {
                shim: shim.name.clone(),
                version,
                links: Vec::new(),
            };
            scenario
                .file
                .shims
                .insert("io.containerd.runsc.v1".to_owned(), section);
            let overrides = Overrides {
                design: Some(Containerd::new(release.id.clone(), release)),
                ..Overrides::default()
            };
            let prediction = predict_with(&scenario, catalog, &overrides);
            let prediction = match prediction {
                Ok(prediction) => prediction,
                // v1.2 reads no configuration of version 2, so that there the handler does not exist.
                Err(PredictError::Scenario(_)) => continue,
                Err(error) => panic!("{} with {}: {error}", release.id, shim.id),
            };
            let text = render_text(&prediction);
            let refused = prediction.outcome == Outcome::Rejected;
            assert_eq!(
                refused,
                prediction.error.is_some(),
                "{} with {}",
                release.id,
                shim.id
            );
            assert_eq!(
                refused,
                prediction.stage.is_some() && prediction.target.is_some(),
                "{text}"
            );
            assert_eq!(
                prediction.outcome == Outcome::Misconfigured,
                !prediction.defects.is_empty(),
                "{text}"
            );
            for placeholder in PLACEHOLDERS {
                assert!(
                    !text.contains(placeholder),
                    "{} with {}: {placeholder} in {text}",
                    release.id,
                    shim.id
                );
            }
            rejected += usize::from(refused);
        }
    }
    rejected
}

#[test]
fn ordinary_pods() {
    assert!(on_every_release(scenario("gvisor-6414--fixed"), None, &[]) > 0);
}

#[test]
fn pods_with_a_user_namespace_and_a_kubelet_that_asks_nobody() {
    let mut scenario = scenario("gvisor-6414--fixed");
    "1.29.3".clone_into(&mut scenario.file.kubernetes.version);
    let gates = [("UserNamespacesSupport", true)];
    assert!(on_every_release(scenario, Some(false), &gates) > 0);
}

#[test]
fn pods_in_the_network_of_the_host() {
    let mut scenario = scenario("gvisor-6414--fixed");
    "1.35.2".clone_into(&mut scenario.file.kubernetes.version);
    scenario.pod.host_network = true;
    let gates = [("UserNamespacesHostNetworkSupport", true)];
    assert!(on_every_release(scenario, Some(false), &gates) > 0);
}

/// A run is the same each time.
#[test]
fn predictions_repeat() {
    let scenario = scenario("containerd-11568");
    let catalog = Catalog::embedded();
    let once = predict_with(&scenario, catalog, &Overrides::default()).unwrap();
    let again = predict_with(&scenario, catalog, &Overrides::default()).unwrap();
    assert_eq!(
        serde_json::to_string(&once).unwrap(),
        serde_json::to_string(&again).unwrap()
    );
    assert_eq!(render_text(&once), render_text(&again));
}
