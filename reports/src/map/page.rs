//! The map as one page that needs nothing else.

use minijinja::value::Serde;
use minijinja::{Environment, context};

use super::CompatibilityMap;
use crate::diagram::STYLE;
use crate::page;
use crate::regression::catalogue_digest;

const TEMPLATE: &str = include_str!("map.html");
const CSS: &str = include_str!("map.css");
const SCRIPT: &str = include_str!("map.js");

/// The map as HTML; `command` is the one that makes it.
///
/// # Panics
/// If the template is wrong, which tests exclude.
#[expect(
    clippy::expect_used,
    reason = "the template is constant; what a map has is the same whatever it is about"
)]
pub fn map_html(map: &CompatibilityMap, command: &str) -> String {
    let style = format!("{}{CSS}{STYLE}{}", page::CSS, page::PRINT);
    // Inside a script element only `<` could end it.
    let data = serde_json::to_string(map)
        .expect("a map is made of texts and numbers")
        .replace('<', "\\u003c");
    let mut environment = Environment::new();
    environment
        .add_template("map.html", TEMPLATE)
        .expect("the template parses");
    let template = environment.get_template("map.html").expect("it was just added");
    let sizes = serde_json::json!({
        "containerd": vec![0; map.containerd.len()], "shims": vec![0; map.shims.len()],
        "kubelets": vec![0; map.kubelets.len()], "handlers": vec![0; map.handlers.len()],
        "pods": vec![0; map.pods.len()],
    });
    let page = template
        .render(context! {
            map => Serde(sizes),
            combinations => map.combinations,
            tool => env!("CARGO_PKG_VERSION"),
            digest => catalogue_digest(),
            command => command,
            policy => page::policy(&style, SCRIPT),
            style => style,
            script => SCRIPT,
            data => data,
        })
        .expect("every value of the template is one of a map");
    format!("{page}\n")
}
