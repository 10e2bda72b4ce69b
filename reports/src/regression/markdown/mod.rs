//! The report as a comment on a pull request: one page, with what is long folded.

mod escape;
mod tail;

use std::fmt::Write as _;

use super::Report;
use super::story::{ClassStory, Run, Story};
use crate::comparison::Change;
use crate::sweep::SweepChange;

use escape::{code, escape, mark};
use tail::tail;

/// A comment on GitHub has no more characters than this.
pub const MOST_CHARACTERS: usize = 65_536;

/// A part that may be left out, and the line that stands in its place then.
struct Folded {
    text: String,
    in_place: String,
}

/// The report as Markdown that GitHub renders, within [`MOST_CHARACTERS`]: traces that do not fit are named with the
/// command that prints them.
pub fn regression_markdown(report: &Report) -> String {
    let head = head(report);
    let mut parts: Vec<Folded> = Vec::new();
    for change in [SweepChange::Regressed, SweepChange::Fixed, SweepChange::Changed] {
        let classes = report.sweep.iter().flat_map(|swept| &swept.classes);
        parts.extend(classes.filter(|class| class.change == change).map(class_part));
    }
    let of_catalogue = parts.len();
    parts.extend(report.stories.iter().map(|story| story_part(report, story)));
    let tail = tail(report);

    // What must be there, and the lines of all that could be left out.
    let headings = [
        "\n### Over the catalogue\n\n",
        "\n### Traces in the scenarios\n\n",
        LEFT_OUT,
    ];
    let mut room = MOST_CHARACTERS
        .saturating_sub(characters(&head) + characters(&tail))
        .saturating_sub(headings.into_iter().map(characters).sum())
        .saturating_sub(parts.iter().map(|part| characters(&part.in_place)).sum());
    let fits: Vec<bool> = order(&parts, of_catalogue)
        .into_iter()
        .map(|index| {
            let more = characters(&parts[index].text).saturating_sub(characters(&parts[index].in_place));
            let fits = more <= room;
            if fits {
                room -= more;
            }
            (index, fits)
        })
        .fold(vec![false; parts.len()], |mut all, (index, fits)| {
            all[index] = fits;
            all
        });

    let mut text = head;
    for (index, (part, fits)) in parts.iter().zip(&fits).enumerate() {
        if index == 0 && of_catalogue > 0 {
            text.push_str(headings[0]);
        }
        if index == of_catalogue {
            text.push_str(headings[1]);
        }
        text.push_str(if *fits { &part.text } else { &part.in_place });
    }
    if fits.contains(&false) {
        text.push_str(LEFT_OUT);
    }
    text.push_str(&tail);
    text
}

const LEFT_OUT: &str = "\nA comment has 65,536 characters: the traces of the lines with a command were left out. \
                        `--format html` has them all.\n";

/// In which order parts get room: the first of the catalogue and the first of the scenarios in turn.
fn order(parts: &[Folded], of_catalogue: usize) -> Vec<usize> {
    let (mut one, mut other) = (0..of_catalogue, of_catalogue..parts.len());
    let mut order = Vec::new();
    loop {
        let next = [one.next(), other.next()];
        if next == [None, None] {
            return order;
        }
        order.extend(next.into_iter().flatten());
    }
}

fn characters(text: &str) -> usize {
    text.chars().count()
}

fn head(report: &Report) -> String {
    let mut text = String::new();
    let (before, after) = (&report.before, &report.after);
    // Writing into a string does not fail.
    let _ = writeln!(
        text,
        "## Shimproof: {} → {}\n",
        escape(&before.name),
        escape(&after.name)
    );
    let mark = if report.regressions() > 0 { "❌" } else { "✅" };
    let _ = writeln!(text, "{mark} **{}**\n", report.headline());
    let _ = writeln!(
        text,
        "| | regressed | fixed | refused in another way | unchanged | unknown |"
    );
    let _ = writeln!(text, "|---|--:|--:|--:|--:|--:|");
    for count in &report.summary {
        let or_none = |count: Option<usize>| count.map_or_else(|| "–".to_owned(), |count| count.to_string());
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {} | {} |",
            count.what,
            count.regressed,
            count.fixed,
            or_none(count.changed),
            count.unchanged,
            or_none(count.unknown)
        );
    }
    let _ = writeln!(text, "\n### What the designs do differently\n");
    if report.differences.is_empty() {
        let _ = writeln!(text, "They behave alike in everything that the catalogue knows.");
    } else {
        let (was, is) = (escape(&before.name), escape(&after.name));
        let _ = writeln!(
            text,
            "| behaviour | {was} | {is} | written at |\n|---|---|---|---|"
        );
        for difference in &report.differences {
            let value = |value: &super::describe::Value| format!("{} ({})", code(&value.text), value.known);
            let at = &difference.after.place;
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} |",
                code(&difference.key),
                value(&difference.before),
                value(&difference.after),
                code(&format!("{}:{}", at.file, at.line))
            );
        }
    }
    for side in [before, after] {
        let releases = side.releases.join(", ");
        let title = if side.title.is_empty() {
            String::new()
        } else {
            format!(": {}", escape(&side.title))
        };
        let base = side
            .base
            .as_ref()
            .map(|base| format!(", from {}", escape(base)))
            .unwrap_or_default();
        let _ = writeln!(
            text,
            "\n<details><summary><b>{}</b>{title}{base}; catalogue row {} ({})</summary>\n",
            escape(&side.name),
            escape(&side.row),
            escape(&releases)
        );
        if let Some(notes) = &side.notes {
            let _ = writeln!(text, "{}\n", escape(notes));
        }
        for source in &side.sources {
            let _ = writeln!(text, "- {}", source_text(source));
        }
        let _ = writeln!(text, "\n</details>");
    }
    text
}

/// A source is a link, or a path at a tag.
fn source_text(source: &str) -> String {
    if source.starts_with("https://") {
        source.to_owned()
    } else {
        code(source)
    }
}

fn class_part(class: &ClassStory) -> Folded {
    let line = format!(
        "{} line {}, {} ({}): {} → {}",
        mark(class.change.as_str()),
        class.number,
        class.change.as_str(),
        class.combinations,
        class.before,
        class.after
    );
    let mut text = format!("<details><summary>{}</summary>\n\n", escape(&line));
    for place in &class.places {
        let _ = writeln!(
            text,
            "- {}; {}; {}; kubelet {}",
            escape(&place.pods.join(" or ")),
            escape(&place.shims.join(", ")),
            escape(&place.configurations.join(" or ")),
            escape(&place.kubelets.join(" or "))
        );
    }
    if class.change == SweepChange::Changed {
        let _ = writeln!(text, "\n`{}` prints both runs.\n\n</details>\n", class.command);
    } else {
        let other = match class.change {
            SweepChange::Fixed => &class.runs[1],
            _ => &class.runs[0],
        };
        let _ = writeln!(text, "\nOne of them: {}.", escape(&class.combination));
        if let Some(end) = &other.end {
            let _ = writeln!(text, "Under {}: {}.", escape(&other.design), escape(end));
        }
        run_text(&mut text, class.telling());
        let _ = writeln!(text, "`{}`\n\n</details>\n", class.command);
    }
    Folded {
        text,
        in_place: format!("- {}: `{}`\n", escape(&line), class.command),
    }
}

fn story_part(report: &Report, story: &Story) -> Folded {
    let verdicts = match story.change {
        Change::Fixed => "violated → holds",
        _ => "holds → violated",
    };
    let line = format!(
        "{} {}: {} ({verdicts}), by {}",
        mark(story.change.as_str()),
        story.scenario,
        story.properties.join(", "),
        story.run.length
    );
    let mut text = format!("<details><summary>{}</summary>\n\n", escape(&line));
    let _ = writeln!(text, "{}", escape(&story.title));
    if let Some(line) = report.scenarios.iter().find(|line| line.name == story.scenario) {
        let _ = writeln!(text, "{}", escape(&line.components.join("; ")));
    }
    run_text(&mut text, &story.run);
    let _ = writeln!(text, "`{}`\n\n</details>\n", story.command);
    Folded {
        text,
        in_place: format!("- {}: `{}`\n", escape(&line), story.command),
    }
}

/// The diagram, then the steps.
fn run_text(text: &mut String, run: &Run) {
    let _ = writeln!(text, "\nUnder {}:\n", escape(&run.design));
    let _ = writeln!(text, "```mermaid\n{}```\n", run.mermaid);
    let _ = writeln!(
        text,
        "<details><summary>Step by step</summary>\n\n```text\n{}```\n\n</details>\n",
        run.text
    );
}
