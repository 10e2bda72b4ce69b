//! A folded graph as SVG: a row for each distance from the initial state.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use petgraph::Direction;
use petgraph::graph::NodeIndex;
use petgraph::visit::EdgeRef;

use super::quotient::{Class, Quotient};
use crate::diagram::layout::{LINE_HEIGHT, width, wrap};
use crate::xml;

/// The widest box, in pixels.
const BOX: f64 = 250.0;
/// Between boxes of a row, in pixels.
const GAP: f64 = 36.0;
/// Between rows, in pixels.
const ROW_GAP: f64 = 70.0;
/// How often rows are put in order by where their neighbours stand (Sugiyama, Tagawa and Toda, 1981).
const SWEEPS: usize = 8;

const STYLE: &str = "\
.g{--ink:#1b1f24;--dim:#57606a;--line:#8c959f;--box:#f3f5f8;--page:#fff;--bad:#b42318;--badbox:#fdecea}\
@media (prefers-color-scheme:dark){.g{--ink:#e6edf3;--dim:#9aa5b1;--line:#6e7781;--box:#1f2630;--page:#0f141a;--bad:#ff8a80;--badbox:#3a1a1a}}\
.g text{font:12px system-ui,-apple-system,'Segoe UI',sans-serif;fill:var(--ink)}.g .page{fill:var(--page)}\
.g rect.s{fill:var(--box);stroke:var(--line)}.g rect.initial{stroke:var(--ink);stroke-width:2}\
.g rect.bad{fill:var(--badbox);stroke:var(--bad);stroke-width:2}.g text.bad{fill:var(--bad)}\
.g path.e{fill:none;stroke:var(--line)}.g path.back{stroke-dasharray:4 3}.g path.tip{fill:var(--line)}\
.g text.l{fill:var(--dim);font-size:10px}";

struct Placed {
    lines: Vec<String>,
    x: f64,
    y: f64,
    width: f64,
    height: f64,
}

/// The graph as an SVG document. It needs nothing else to be shown.
pub fn svg(quotient: &Quotient) -> String {
    let rows = rows(quotient);
    let placed = place(quotient, &rows);
    let page_width = placed.iter().map(|p| p.x + p.width).fold(200.0, f64::max) + GAP;
    let page_height = placed.iter().map(|p| p.y + p.height).fold(60.0, f64::max) + GAP;
    let mut body = String::new();
    for edge in quotient.graph.edge_references() {
        let (from, to) = (&placed[edge.source().index()], &placed[edge.target().index()]);
        draw_edge(&mut body, from, to, &edge.weight().label());
    }
    for (class, at) in quotient.graph.node_weights().zip(&placed) {
        draw_class(&mut body, class, at);
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"g\" role=\"img\" viewBox=\"0 0 {page_width:.0} {page_height:.0}\" \
         width=\"{page_width:.0}\" height=\"{page_height:.0}\">\n<title>States by {}</title>\n<style>{STYLE}</style>\n\
         <rect class=\"page\" width=\"100%\" height=\"100%\"/>\n{body}</svg>\n",
        xml::escape(quotient.property)
    )
}

fn rows(quotient: &Quotient) -> Vec<Vec<NodeIndex>> {
    let mut by_depth: BTreeMap<u32, Vec<NodeIndex>> = BTreeMap::new();
    for index in quotient.graph.node_indices() {
        by_depth
            .entry(quotient.graph[index].depth)
            .or_default()
            .push(index);
    }
    let mut rows: Vec<Vec<NodeIndex>> = by_depth.into_values().collect();
    let mut position = vec![0.0; quotient.graph.node_count()];
    let remember = |rows: &[Vec<NodeIndex>], position: &mut Vec<f64>| {
        for row in rows {
            for (place, index) in row.iter().enumerate() {
                #[allow(clippy::cast_precision_loss)] // A row has few boxes.
                let place = (place as f64 + 0.5) / row.len() as f64;
                position[index.index()] = place;
            }
        }
    };
    remember(&rows, &mut position);
    for sweep in 0..SWEEPS {
        let direction = if sweep % 2 == 0 {
            Direction::Incoming
        } else {
            Direction::Outgoing
        };
        for row in &mut rows {
            let mean = |index: &NodeIndex| {
                let neighbours: Vec<f64> = quotient
                    .graph
                    .neighbors_directed(*index, direction)
                    .map(|other| position[other.index()])
                    .collect();
                if neighbours.is_empty() {
                    return position[index.index()];
                }
                #[allow(clippy::cast_precision_loss)] // A box has few neighbours.
                let count = neighbours.len() as f64;
                neighbours.iter().sum::<f64>() / count
            };
            row.sort_by(|a, b| mean(a).total_cmp(&mean(b)).then(a.cmp(b)));
        }
        remember(&rows, &mut position);
    }
    rows
}

fn place(quotient: &Quotient, rows: &[Vec<NodeIndex>]) -> Vec<Placed> {
    let mut placed: Vec<Placed> = quotient
        .graph
        .node_weights()
        .map(|class| {
            let mut lines: Vec<String> = Vec::new();
            if let Some(broken) = &class.broken {
                lines.extend(wrap(&format!("✗ {broken}"), BOX - 12.0));
            }
            for line in class.lines() {
                lines.extend(wrap(&line, BOX - 12.0));
            }
            if class.states > 1 {
                lines.push(format!("{} states", class.states));
            }
            let widest = lines.iter().map(|line| width(line)).fold(60.0, f64::max);
            #[allow(clippy::cast_precision_loss)] // A handful of lines.
            let height = lines.len() as f64 * LINE_HEIGHT + 10.0;
            Placed {
                lines,
                x: 0.0,
                y: 0.0,
                width: widest + 12.0,
                height,
            }
        })
        .collect();
    let row_width = |row: &[NodeIndex], placed: &[Placed]| {
        row.iter()
            .map(|index| placed[index.index()].width + GAP)
            .sum::<f64>()
    };
    let widest = rows.iter().map(|row| row_width(row, &placed)).fold(0.0, f64::max);
    let mut y = GAP;
    for row in rows {
        let mut x = GAP + (widest - row_width(row, &placed)) / 2.0;
        let mut tallest: f64 = 0.0;
        for index in row {
            let at = &mut placed[index.index()];
            (at.x, at.y) = (x, y);
            x += at.width + GAP;
            tallest = tallest.max(at.height);
        }
        y += tallest + ROW_GAP;
    }
    placed
}

fn draw_class(body: &mut String, class: &Class, at: &Placed) {
    let kind = if class.broken.is_some() {
        "s bad"
    } else if class.initial {
        "s initial"
    } else {
        "s"
    };
    // Writing into a string does not fail.
    let _ = writeln!(
        body,
        r#"<rect class="{kind}" x="{:.0}" y="{:.0}" width="{:.0}" height="{:.0}" rx="6"/>"#,
        at.x, at.y, at.width, at.height
    );
    let mut y = at.y + LINE_HEIGHT + 1.0;
    for line in &at.lines {
        let text = if line.starts_with('✗') { "bad" } else { "" };
        let _ = writeln!(
            body,
            r#"<text class="{text}" x="{:.0}" y="{y:.0}">{}</text>"#,
            at.x + 6.0,
            xml::escape(line)
        );
        y += LINE_HEIGHT;
    }
}

fn draw_edge(body: &mut String, from: &Placed, to: &Placed, label: &str) {
    let back = to.y <= from.y;
    let (x1, y1) = (
        from.x + from.width / 2.0,
        if back { from.y } else { from.y + from.height },
    );
    let (x2, y2) = (to.x + to.width / 2.0, if back { to.y + to.height } else { to.y });
    // Edges to rows above bend to the right, so that they do not lie on those that come down.
    let bend = if back {
        from.width.max(to.width) / 2.0 + GAP
    } else {
        0.0
    };
    let (c1, c2) = if back {
        (y1 - 40.0, y2 + 40.0)
    } else {
        (y1 + 36.0, y2 - 36.0)
    };
    let class = if back { "e back" } else { "e" };
    let (b1, b2) = (x1 + bend, x2 + bend);
    let tip = if back { 6.0 } else { -6.0 };
    // Writing into a string does not fail.
    let _ = writeln!(
        body,
        r#"<path class="{class}" d="M{x1:.0} {y1:.0}C{b1:.0} {c1:.0} {b2:.0} {c2:.0} {x2:.0} {y2:.0}"/><path class="tip" d="M{x2:.0} {y2:.0}l-4 {tip:.0}h8z"/>"#
    );
    let (x, y) = (f64::midpoint(b1, b2), f64::midpoint(c1, c2));
    for (row, line) in wrap(label, 150.0).iter().take(3).enumerate() {
        #[allow(clippy::cast_precision_loss)] // At most three.
        let y = y + row as f64 * 11.0;
        let _ = writeln!(
            body,
            r#"<text class="l" x="{x:.0}" y="{y:.0}" text-anchor="middle">{}</text>"#,
            xml::escape(line)
        );
    }
}
