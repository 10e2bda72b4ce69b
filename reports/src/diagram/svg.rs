//! Diagrams as self-contained SVG, for a light and a dark page.

use std::fmt::Write as _;

use super::layout::{FONT_SIZE, LINE_HEIGHT, width, wrap};
use super::sequence::{Event, Lifeline, Sequence};
use crate::xml;

/// From one lifeline to the next, in pixels.
const SPACING: f64 = 200.0;
/// Left and right of the first and last lifeline, in pixels.
const MARGIN: f64 = 115.0;
/// The widest box over one lifeline, in pixels.
const NOTE: f64 = 220.0;
/// Between two events, in pixels.
const GAP: f64 = 10.0;
/// Inside a box, in pixels.
const PADDING: f64 = 5.0;

/// The style of a diagram. Pages that embed several have it once.
pub(crate) const STYLE: &str = "\
.d{--ink:#1b1f24;--dim:#57606a;--line:#8c959f;--note:#f3f5f8;--page:#ffffff;--bad:#b42318;--badbg:#fdecea;--fault:#7a4b00;--faultbg:#fff4e0}\
@media (prefers-color-scheme:dark){.d{--ink:#e6edf3;--dim:#9aa5b1;--line:#6e7781;--note:#1f2630;--page:#0f141a;--bad:#ff8a80;--badbg:#3a1a1a;--fault:#f0c674;--faultbg:#332a14}}\
.d text{font:12px system-ui,-apple-system,'Segoe UI',sans-serif;fill:var(--ink)}\
.d .page{fill:var(--page)}.d .life{stroke:var(--line);stroke-dasharray:3 4}\
.d .head{fill:var(--note);stroke:var(--line)}.d .head+text{font-weight:600}\
.d .note{fill:var(--note);stroke:none}.d text.note{fill:var(--dim)}\
.d .arrow{stroke:var(--ink);fill:none}.d .tip{fill:var(--ink)}.d .reply{stroke-dasharray:5 3}\
.d .bad{stroke:var(--bad)}.d text.bad,.d .tip.bad{fill:var(--bad);stroke:none}\
.d .badbox{fill:var(--badbg);stroke:var(--bad)}.d .faultbox{fill:var(--faultbg);stroke:var(--fault)}\
.d text.fault{fill:var(--fault)}.d .loop{fill:none;stroke:var(--dim);stroke-dasharray:6 3}";

/// The diagram as an SVG document. It needs nothing else to be shown.
pub fn svg(sequence: &Sequence) -> String {
    drawing(sequence).document(&format!("<style>{STYLE}</style>\n"))
}

/// The diagram as part of a page that has its style.
pub(crate) fn embedded_svg(sequence: &Sequence) -> String {
    drawing(sequence).document("")
}

fn drawing(sequence: &Sequence) -> Drawing<'_> {
    let mut drawing = Drawing::new(sequence);
    for event in &sequence.events {
        drawing.event(event);
    }
    drawing
}

struct Drawing<'a> {
    sequence: &'a Sequence,
    body: String,
    y: f64,
    loops: Vec<f64>,
}

impl<'a> Drawing<'a> {
    fn new(sequence: &'a Sequence) -> Self {
        Self {
            sequence,
            body: String::new(),
            y: 56.0,
            loops: Vec::new(),
        }
    }

    fn x(&self, lifeline: Lifeline) -> f64 {
        let index = self
            .sequence
            .lifelines
            .iter()
            .position(|other| *other == lifeline)
            .unwrap_or_default();
        // There are six lifelines.
        #[allow(clippy::cast_precision_loss)]
        let index = index as f64;
        MARGIN + index * SPACING
    }

    fn width(&self) -> f64 {
        self.sequence
            .lifelines
            .last()
            .map_or(2.0 * MARGIN, |last| self.x(*last) + MARGIN)
    }

    fn event(&mut self, event: &Event) {
        match event {
            Event::Message {
                from,
                to,
                text,
                reply,
                bad,
            } => self.message(*from, *to, text, *reply, *bad),
            Event::Note { over, text, bad } => {
                let lines = wrap(text, NOTE - 2.0 * PADDING);
                let class = if *bad { ("badbox", "bad") } else { ("note", "note") };
                let middle = self.x(*over);
                self.boxed(middle, &lines, class);
            }
            Event::Fault(text) => self.banner(text, ("faultbox", "fault")),
            Event::Violation { property, what } => {
                self.banner(&format!("✗ {property}: {what}"), ("badbox", "bad"));
            }
            Event::Aftermath => self.banner("What comes of it, if nothing else happens", ("note", "note")),
            Event::LoopStart => {
                self.y += GAP;
                self.loops.push(self.y);
                self.lines(&["for ever:".to_owned()], 8.0, "start", "note");
            }
            Event::LoopEnd => {
                if let Some(top) = self.loops.pop() {
                    let (width, height) = (self.width() - 8.0, self.y - top + GAP);
                    self.draw(&format!(
                        r#"<rect class="loop" x="4" y="{top:.0}" width="{width:.0}" height="{height:.0}" rx="6"/>"#
                    ));
                    self.y += 2.0 * GAP;
                }
            }
        }
    }

    fn message(&mut self, from: Lifeline, to: Lifeline, text: &str, reply: bool, bad: bool) {
        let (start, end) = (self.x(from), self.x(to));
        let left = start.min(end);
        let span = (end - start).abs();
        // A short arrow may have a text that is wider than itself, to the right, if nothing is there.
        let lines = wrap(text, span.max(SPACING) - 16.0);
        let class = if bad { "bad" } else { "" };
        self.lines(&lines, left + span / 2.0, "middle", class);
        // The arrow is no underline.
        self.y += 3.0;
        let y = self.y;
        let dash = if reply { " reply" } else { "" };
        self.draw(&format!(
            r#"<line class="arrow {class}{dash}" x1="{start:.0}" y1="{y:.0}" x2="{end:.0}" y2="{y:.0}"/>"#
        ));
        let back = if end > start { -8.0 } else { 8.0 };
        if bad {
            let (near, far) = (end + back - 4.0, end + back + 4.0);
            self.draw(&format!(
                r#"<path class="arrow bad" d="M{near:.0} {:.0}L{far:.0} {:.0}M{near:.0} {:.0}L{far:.0} {:.0}"/>"#,
                y - 4.0,
                y + 4.0,
                y + 4.0,
                y - 4.0
            ));
        }
        self.draw(&format!(
            r#"<path class="tip {class}" d="M{end:.0} {y:.0}l{back:.0} -4v8z"/>"#
        ));
        self.y += GAP;
    }

    /// A box over one lifeline.
    fn boxed(&mut self, middle: f64, lines: &[String], (shape, text): (&str, &str)) {
        let width = lines.iter().map(|line| width(line)).fold(0.0, f64::max) + 2.0 * PADDING;
        #[allow(clippy::cast_precision_loss)] // A handful of lines.
        let height = lines.len() as f64 * LINE_HEIGHT + PADDING;
        let (x, y) = (middle - width / 2.0, self.y);
        self.draw(&format!(
            r#"<rect class="{shape}" x="{x:.0}" y="{y:.0}" width="{width:.0}" height="{height:.0}" rx="4"/>"#
        ));
        self.lines(lines, middle, "middle", text);
        self.y += GAP;
    }

    /// A box over all lifelines.
    fn banner(&mut self, text: &str, (shape, class): (&str, &str)) {
        let width = self.width();
        let lines = wrap(text, width - 40.0);
        #[allow(clippy::cast_precision_loss)] // A handful of lines.
        let height = lines.len() as f64 * LINE_HEIGHT + PADDING;
        let y = self.y;
        self.draw(&format!(
            r#"<rect class="{shape}" x="10" y="{y:.0}" width="{:.0}" height="{height:.0}" rx="4"/>"#,
            width - 20.0
        ));
        self.lines(&lines, width / 2.0, "middle", class);
        self.y += GAP;
    }

    fn lines(&mut self, lines: &[String], x: f64, anchor: &str, class: &str) {
        for line in lines {
            self.y += LINE_HEIGHT;
            let y = self.y - 2.0;
            let line = xml::escape(line);
            self.draw(&format!(
                r#"<text class="{class}" x="{x:.0}" y="{y:.0}" text-anchor="{anchor}">{line}</text>"#
            ));
        }
    }

    fn draw(&mut self, element: &str) {
        self.body.push_str(element);
        self.body.push('\n');
    }

    fn document(self, style: &str) -> String {
        let (width, height) = (self.width(), self.y + 16.0);
        let title = xml::escape(&self.sequence.title);
        let mut head = String::new();
        for lifeline in &self.sequence.lifelines {
            let x = self.x(*lifeline);
            let name = self.sequence.name(*lifeline);
            // Writing into a string does not fail.
            let _ = writeln!(
                head,
                r#"<line class="life" x1="{x:.0}" y1="38" x2="{x:.0}" y2="{:.0}"/><rect class="head" x="{:.0}" y="10" width="110" height="28" rx="5"/><text x="{x:.0}" y="{:.0}" text-anchor="middle">{name}</text>"#,
                height - 8.0,
                x - 55.0,
                24.0 + FONT_SIZE / 3.0,
            );
        }
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"d\" role=\"img\" viewBox=\"0 0 {width:.0} {height:.0}\" \
             width=\"{width:.0}\" height=\"{height:.0}\">\n<title>{title}</title>\n{style}\
             <rect class=\"page\" width=\"100%\" height=\"100%\"/>\n{head}{}</svg>\n",
            self.body
        )
    }
}
