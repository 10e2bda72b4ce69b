//! Diagrams for Markdown: Mermaid's `sequenceDiagram`, which GitHub renders.

use std::fmt::Write as _;

use super::sequence::{Event, Lifeline, Sequence};

/// The diagram as Mermaid text.
pub fn mermaid(sequence: &Sequence) -> String {
    let mut text = String::from("sequenceDiagram\n");
    let mut line = |line: String| {
        text.push_str("    ");
        text.push_str(&line);
        text.push('\n');
    };
    for lifeline in &sequence.lifelines {
        line(format!(
            "participant {} as {}",
            id(*lifeline),
            sequence.name(*lifeline)
        ));
    }
    let (first, last) = match sequence.lifelines.as_slice() {
        [] => return text,
        [only] => (*only, *only),
        [first, .., last] => (*first, *last),
    };
    let over_all = if first == last {
        id(first).to_owned()
    } else {
        format!("{},{}", id(first), id(last))
    };
    for event in &sequence.events {
        match event {
            Event::Message {
                from,
                to,
                text,
                reply,
                bad,
            } => {
                // A cross at the end marks what fails, also without colours.
                let arrow = match (reply, bad) {
                    (false, false) => "->>",
                    (true, false) => "-->>",
                    (false, true) => "-x",
                    (true, true) => "--x",
                };
                line(format!("{}{arrow}{}: {}", id(*from), id(*to), escape(text)));
            }
            Event::Note { over, text, .. } => line(format!("Note over {}: {}", id(*over), escape(text))),
            Event::Fault(text) => line(format!("Note over {over_all}: ⚡ {}", escape(text))),
            Event::Violation { property, what } => {
                line("rect rgba(220, 38, 38, 0.18)".to_owned());
                line(format!(
                    "Note over {over_all}: ✗ {}: {}",
                    escape(property),
                    escape(what)
                ));
                line("end".to_owned());
            }
            Event::Aftermath => line(format!("Note over {over_all}: What comes of it")),
            Event::LoopStart => line("loop for ever".to_owned()),
            Event::LoopEnd => line("end".to_owned()),
        }
    }
    text
}

fn id(lifeline: Lifeline) -> &'static str {
    match lifeline {
        Lifeline::Kubelet => "kubelet",
        Lifeline::CriPlugin => "cri",
        Lifeline::Client => "client",
        Lifeline::TasksService => "tasks",
        Lifeline::Shim => "shim",
        Lifeline::OciRuntime => "oci",
    }
}

/// What Mermaid would take for its own syntax: entities begin with `#`, statements end with `;` or a line's end.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '#' | ';' | '<' | '>' => {
                // Writing into a string does not fail.
                let _ = write!(escaped, "#{};", u32::from(c));
            }
            '\n' | '\r' => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}
