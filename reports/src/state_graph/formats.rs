//! State graphs as text, DOT and GraphML.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use petgraph::visit::EdgeRef;

use super::bottleneck::Bottleneck;
use super::explore::StateGraph;
use super::quotient::Quotient;
use crate::xml;

/// The graph in Graphviz's language.
pub fn dot(quotient: &Quotient) -> String {
    let mut text = String::from(
        "digraph states {\n  rankdir=TB; node [shape=box, style=rounded, fontname=\"sans-serif\"];\n",
    );
    for index in quotient.graph.node_indices() {
        let class = &quotient.graph[index];
        let mut lines = class.lines();
        if let Some(broken) = &class.broken {
            lines.insert(0, format!("✗ {}: {broken}", quotient.property));
        }
        if class.states > 1 {
            lines.push(format!("({} states)", class.states));
        }
        let mut attributes = format!("label={}", quoted(&lines.join("\n")));
        if class.initial {
            attributes.push_str(", penwidth=2");
        }
        if class.broken.is_some() {
            attributes.push_str(", color=\"#b42318\", peripheries=2");
        }
        // Writing into a string does not fail.
        let _ = writeln!(text, "  s{} [{attributes}];", index.index());
    }
    for edge in quotient.graph.edge_references() {
        let _ = writeln!(
            text,
            "  s{} -> s{} [label={}];",
            edge.source().index(),
            edge.target().index(),
            quoted(&edge.weight().label())
        );
    }
    text.push_str("}\n");
    text
}

fn quoted(text: &str) -> String {
    let escaped = text
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\l");
    format!("\"{escaped}\\l\"")
}

/// The graph as GraphML (<http://graphml.graphdrawing.org/>), for yEd, Gephi and NetworkX.
pub fn graphml(quotient: &Quotient) -> String {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<graphml xmlns=\"http://graphml.graphdrawing.org/xmlns\">\n",
    );
    let mut names: Vec<&str> = Vec::new();
    if let Some(first) = quotient.graph.node_weights().next() {
        names.extend(first.fields.iter().map(|field| field.field.as_str()));
    }
    let keys = ["states", "depth", "initial", "violates"];
    let mut key = |id: &str, of: &str, name: &str, kind: &str| {
        // Writing into a string does not fail.
        let _ = writeln!(
            text,
            "  <key id=\"{id}\" for=\"{of}\" attr.name=\"{}\" attr.type=\"{kind}\"/>",
            xml::escape(name)
        );
    };
    for (name, kind) in keys.iter().zip(["int", "int", "boolean", "string"]) {
        key(name, "node", name, kind);
    }
    for (index, name) in names.iter().enumerate() {
        key(&format!("f{index}"), "node", name, "string");
    }
    key("label", "edge", "label", "string");
    text.push_str("  <graph id=\"states\" edgedefault=\"directed\">\n");
    for index in quotient.graph.node_indices() {
        let class = &quotient.graph[index];
        let _ = writeln!(text, "    <node id=\"s{}\">", index.index());
        let mut data = |key: &str, value: &str| {
            let _ = writeln!(text, "      <data key=\"{key}\">{}</data>", xml::escape(value));
        };
        data("states", &class.states.to_string());
        data("depth", &class.depth.to_string());
        data("initial", &class.initial.to_string());
        data("violates", class.broken.as_deref().unwrap_or(""));
        for (number, field) in class.fields.iter().enumerate() {
            data(&format!("f{number}"), &field.value);
        }
        text.push_str("    </node>\n");
    }
    for edge in quotient.graph.edge_references() {
        let _ = writeln!(
            text,
            "    <edge source=\"s{}\" target=\"s{}\"><data key=\"label\">{}</data></edge>",
            edge.source().index(),
            edge.target().index(),
            xml::escape(&edge.weight().label())
        );
    }
    text.push_str("  </graph>\n</graphml>\n");
    text
}

/// The numbers of a graph, and where every bad run passes.
pub fn text(states: &StateGraph<'_>, quotient: &Quotient) -> String {
    let mut text = String::new();
    let violations = states.violations().len();
    // Writing into a string does not fail.
    let _ = writeln!(
        text,
        "{} states, {} steps between them; {} classes of states, {} kinds of steps between those",
        states.graph.node_count(),
        states.graph.edge_count(),
        quotient.graph.node_count(),
        quotient.graph.edge_count()
    );
    let Some(bottleneck) = Bottleneck::of(states) else {
        let _ = writeln!(text, "No state breaks {}.", states.property);
        return text;
    };
    let _ = writeln!(text, "{violations} states break {}.\n", states.property);
    let _ = writeln!(text, "Every run there passes these states:");
    let mut before = Vec::new();
    for state in &bottleneck.states {
        let fields = states.fields(*state);
        let changed: Vec<String> = fields
            .iter()
            .enumerate()
            .filter(|(index, field)| before.get(*index) != Some(*field))
            .map(|(_, field)| format!("{}: {}", field.field, field.value))
            .collect();
        let depth = states.graph[*state].depth;
        if before.is_empty() {
            let _ = writeln!(text, "  after {depth:>2} steps or more: the initial state");
        } else {
            let changed = if changed.is_empty() {
                "nothing that is shown differs".to_owned()
            } else {
                changed.join("; ")
            };
            let _ = writeln!(text, "  after {depth:>2} steps or more: {changed}");
        }
        before = fields;
    }
    let _ = writeln!(text, "\nAnd these decisions are taken on every such run:");
    for decision in &bottleneck.decisions {
        let _ = writeln!(text, "  {decision}");
    }
    if bottleneck.decisions.is_empty() {
        let _ = writeln!(text, "  none: no single decision is on every such run");
    }
    let mut transitions: BTreeMap<(&str, &[String]), usize> = BTreeMap::new();
    for transition in &bottleneck.transitions {
        *transitions
            .entry((&transition.event, &transition.decisions))
            .or_default() += 1;
    }
    let _ = writeln!(
        text,
        "\nThe fewest transitions that cut off every such run: {}",
        bottleneck.transitions.len()
    );
    for ((event, decisions), count) in transitions {
        let times = if count == 1 {
            String::new()
        } else {
            format!(" (in {count} states)")
        };
        let _ = writeln!(text, "  {event}{times}");
        for decision in decisions {
            let _ = writeln!(text, "      {decision}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_what_graphviz_would_read() {
        assert_eq!(quoted("a \"b\"\nc\\"), "\"a \\\"b\\\"\\lc\\\\\\l\"");
    }
}
