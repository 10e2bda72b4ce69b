//! `shimproof graph`.

use shimproof_model::catalog::Catalog;
use shimproof_properties::find;
use shimproof_reports::state_graph::{Quotient, StateGraph, dot, graphml, svg, text};
use shimproof_reports::unknown_property;
use shimproof_scenario::Scenario;

use crate::args::{self, GraphFormat};
use crate::exit::ExitCode;
use crate::failure::Failure;
use crate::output::{Output, write_file};
use crate::verify::{overrides, with_scenario};

/// More boxes than this make no picture that one can read.
const MOST_DRAWN: usize = 150;

pub fn run(arguments: &args::Graph, output: Output) -> Result<ExitCode, Failure> {
    let property = find(&arguments.property).ok_or_else(|| unknown_property(&arguments.property))?;
    let catalog = Catalog::embedded();
    let overrides = overrides(arguments.design.as_deref(), arguments.pods, arguments.faults)?;
    let document = with_scenario(&arguments.scenario, |scenario: &Scenario| {
        let world = scenario.world(catalog, &overrides)?;
        let states = StateGraph::explore(&world, &property, arguments.max_states).map_err(|error| {
            Failure::Request {
                what: error.to_string(),
                help: "give fewer faults or pods (`--faults`, `--pods`), or more room (`--max-states`)"
                    .to_owned(),
            }
        })?;
        let quotient = Quotient::of(&states, &arguments.by).map_err(|field| Failure::Request {
            what: format!("no field is called `{field}`, and none begins with it"),
            help: format!("`outcome`, or one of: {}", field_names(&states)),
        })?;
        Ok(match arguments.format {
            GraphFormat::Text => text(&states, &quotient),
            GraphFormat::Dot => dot(&quotient),
            GraphFormat::Graphml => graphml(&quotient),
            GraphFormat::Svg if quotient.graph.node_count() > MOST_DRAWN => {
                return Err(Failure::Request {
                    what: format!(
                        "a picture of {} boxes cannot be read",
                        quotient.graph.node_count()
                    ),
                    help: "fold states that agree on something (`--by outcome`), or take `--format dot`"
                        .to_owned(),
                });
            }
            GraphFormat::Svg => svg(&quotient),
        })
    })?;
    match &arguments.output {
        Some(file) => write_file(file, &document)?,
        None => output.document(&document),
    }
    Ok(ExitCode::Ok)
}

fn field_names(states: &StateGraph<'_>) -> String {
    let names: Vec<String> = states
        .fields(states.initial())
        .into_iter()
        .map(|field| format!("`{}`", field.field))
        .collect();
    names.join(", ")
}
