//! Real incidents, and their mended or not yet affected twins, are predicted as they were observed.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on has failed"
)]

use std::path::PathBuf;

use shimproof_model::catalog::Catalog;
use shimproof_sim::{Agreement, score};

fn all_agree(folder: &str, at_least: usize) {
    let directory = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../tests")
        .join(folder);
    let scored = score(&directory, Catalog::embedded())
        .unwrap_or_else(|error| panic!("{:?}", miette::Report::new(error)));
    assert!(scored.len() >= at_least, "{}", scored.len());
    let report: Vec<String> = scored
        .into_iter()
        .filter_map(|scored| {
            let what = match scored.agreement {
                Agreement::Agrees | Agreement::NothingExpected => return None,
                Agreement::Differs(differences) => differences.join("; "),
                Agreement::Unusable => scored
                    .prediction
                    .map_or_else(|error| error.to_string(), |_| String::new()),
            };
            Some(format!("{}: {what}", scored.path.display()))
        })
        .collect();
    assert!(report.is_empty(), "{report:#?}");
}

#[test]
fn incidents_that_were_observed() {
    all_agree("incidents", 21);
}

#[test]
fn incidents_from_further_reports() {
    all_agree("incidents-more", 30);
}
