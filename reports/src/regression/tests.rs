//! The founding comparison in each format.

use std::sync::OnceLock;

use shimproof_search::Limits;

use super::*;
use crate::builtin::{FOUNDING_CASE, with_builtin_scenarios};
use crate::comparison::compare;
use crate::sweep::sweep;

/// The designs, what changes in the founding case, and over the catalogue.
fn founding() -> &'static (Design, Design, Comparison, Sweep) {
    static FOUNDING: OnceLock<(Design, Design, Comparison, Sweep)> = OnceLock::new();
    FOUNDING.get_or_init(|| {
        let catalog = Catalog::embedded();
        // Backwards, so that something regresses.
        let (before, after) = (
            Design::named(catalog, "nil-or-node").unwrap(),
            Design::named(catalog, "nil-check-missing-node").unwrap(),
        );
        let comparison = with_builtin_scenarios(|scenarios| {
            let founding: Vec<_> = scenarios
                .iter()
                .filter(|s| s.file.name == FOUNDING_CASE)
                .collect();
            compare(catalog, (&before, &after), &founding, &Limits::default(), &mut ()).unwrap()
        })
        .unwrap();
        let sweep = sweep(catalog, &before.containerd, &after.containerd);
        (before, after, comparison, sweep)
    })
}

fn with_report<T>(of_catalogue: bool, use_it: impl FnOnce(&Report, &Compared<'_>) -> T) -> T {
    let (before, after, comparison, sweep) = founding();
    let compared = Compared {
        designs: (before, after),
        comparison,
        sweep: of_catalogue.then_some(sweep),
        inductions: &[],
        scenario: Some(FOUNDING_CASE),
        command: "shimproof compare nil-or-node nil-check-missing-node containerd-11091",
    };
    use_it(&Report::new(Catalog::embedded(), &compared), &compared)
}

#[test]
fn markdown_fits_into_a_comment_and_says_what_was_left_out() {
    let small = with_report(false, |report, _| regression_markdown(report));
    assert!(!small.contains("were left out"));
    let large = with_report(true, |report, _| regression_markdown(report));
    assert!(large.chars().count() <= MOST_CHARACTERS);
    assert!(
        large.contains("were left out")
            && large.contains("`shimproof compare nil-or-node nil-check-missing-node")
    );
    for text in [small, large] {
        assert_eq!(
            text.matches("<details").count(),
            text.matches("</details>").count()
        );
        assert_eq!(text.matches("```").count() % 2, 0);
    }
}

#[test]
fn a_page_is_whole_and_needs_nothing_else() {
    let page = with_report(true, |report, _| regression_html(report));
    assert!(page.contains("default-src &#x27;none&#x27;") || page.contains("default-src 'none'"));
    for outside in ["src=", "@import", "url(", "<link", "onclick", "style=\""] {
        assert!(!page.contains(outside), "{outside}");
    }
    assert_eq!(
        page.matches("<details").count(),
        page.matches("</details>").count()
    );
    assert_eq!(page.matches("<table").count(), page.matches("</table>").count());
    // Every story has its diagram, and so has each line of the catalogue under both designs.
    let runs = with_report(true, |report, _| {
        let swept = report.sweep.as_ref().unwrap();
        report.stories.len() + 2 * (swept.classes.len() + swept.hypothetical.len())
    });
    assert_eq!(page.matches("<svg").count(), runs);
}

#[test]
fn a_text_is_never_markup() {
    let (before, after, comparison, _) = founding();
    let mut before = before.clone();
    before.title = "<script>alert(1)</script> & \"more\"".to_owned();
    let compared = Compared {
        designs: (&before, after),
        comparison,
        sweep: None,
        inductions: &[],
        scenario: None,
        command: "<img>",
    };
    let report = Report::new(Catalog::embedded(), &compared);
    for text in [regression_html(&report), regression_markdown(&report)] {
        assert!(text.contains("&lt;script&gt;") && !text.contains("<script>alert"));
    }
}

#[test]
fn every_regression_is_a_failed_test_and_a_finding() {
    let regressed = founding().2.regressions();
    assert!(regressed > 0);
    let junit = with_report(false, |report, _| regression_junit(report).unwrap());
    assert_eq!(junit.matches("<failure").count(), regressed);
    let sarif = with_report(false, |report, _| regression_sarif(report));
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), regressed);
    for result in results {
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "model/catalog/containerd.toml");
        let line = usize::try_from(place["region"]["startLine"].as_u64().unwrap()).unwrap();
        let text = shimproof_model::catalog::EMBEDDED
            .containerd
            .lines()
            .nth(line - 1)
            .unwrap();
        assert_eq!(text, "io-owner-guard = \"unless-nil\"");
    }
}

#[test]
fn the_report_is_the_same_every_time() {
    let formats = || {
        with_report(true, |report, compared| {
            [
                regression_html(report),
                regression_markdown(report),
                regression_junit(report).unwrap(),
                regression_sarif(report).to_string(),
                regression_json(report, compared).to_string(),
            ]
        })
    };
    assert_eq!(formats(), formats());
}

#[test]
fn the_founding_comparison() {
    with_report(false, |report, _| {
        // These change with every edit of the catalogue; other tests look at them.
        let mut report = report.clone();
        report.catalogue.sha256 = "0".repeat(64);
        for difference in &mut report.differences {
            difference.before.place.line = 1;
            difference.after.place.line = 1;
        }
        insta::assert_snapshot!("markdown", regression_markdown(&report));
        insta::assert_snapshot!("junit", regression_junit(&report).unwrap());
        insta::assert_json_snapshot!("sarif", regression_sarif(&report));
    });
}
