//! The sweep as text: a line for how something changed, and below it where.

use std::fmt::Write as _;

use super::{Class, Followed, Places, Sweep, SweepChange};
use crate::style::{Styles, set};
use crate::trace_text::{Detail, Found, trace_text};

/// How many shims of a place are named before the rest is counted.
const SHIMS: usize = 6;

/// How much is told before the rest is counted.
#[derive(Clone, Copy)]
struct Told {
    /// Classes of a change.
    classes: usize,
    /// The same for hypothetical shims.
    hypothetical: usize,
    /// Places of a class.
    places: usize,
}

impl Told {
    const fn new(classes: usize, hypothetical: usize, places: usize) -> Self {
        Self {
            classes,
            hypothetical,
            places,
        }
    }
}

/// From much to little.
const AS_FITS: [Told; 5] = [
    Told::new(5, 2, 2),
    Told::new(4, 2, 1),
    Told::new(3, 1, 1),
    Told::new(2, 1, 1),
    Told::new(1, 1, 1),
];

impl Sweep {
    /// The sweep as text, as much of it as fits into so many lines.
    pub fn text(&self, lines: usize, styles: &Styles) -> String {
        let mut text = String::new();
        for told in AS_FITS {
            text = self.told(told, styles);
            if text.lines().count() <= lines {
                break;
            }
        }
        text
    }

    fn told(&self, told: Told, styles: &Styles) -> String {
        let mut text = String::new();
        // Writing into a string does not fail.
        let _ = writeln!(
            text,
            "Over the catalogue, one run without faults for each combination of kubelet, shim, configuration and pod:"
        );
        let _ = writeln!(
            text,
            "  {} combinations: {} regressed, {} fixed, {} refused in another way, {} unchanged",
            self.combinations,
            self.count(SweepChange::Regressed),
            self.count(SweepChange::Fixed),
            self.count(SweepChange::Changed),
            self.unchanged
        );
        if self.left_out > 0 {
            let _ = writeln!(
                text,
                "  ({} handlers are left out: under either design their shim does not take what the operator wrote, or the framing of `start`)",
                self.left_out
            );
        }
        for change in [SweepChange::Regressed, SweepChange::Fixed, SweepChange::Changed] {
            let of: Vec<&Class> = self
                .classes
                .iter()
                .filter(|class| class.change == change)
                .collect();
            classes_text(&mut text, &of, told.classes, told.places, styles);
        }
        if !self.hypothetical.is_empty() {
            let _ = writeln!(text);
            let _ = writeln!(
                text,
                "Hypothetical shims, which nobody runs and which are not counted above ({} combinations):",
                self.hypothetical_combinations
            );
            let of: Vec<&Class> = self.hypothetical.iter().collect();
            classes_text(&mut text, &of, told.hypothetical, told.places, styles);
        }
        text
    }
}

impl Class {
    /// The class with every place of it.
    pub fn text(&self, styles: &Styles) -> String {
        let mut text = String::new();
        class_text(&mut text, self, usize::MAX, styles);
        text
    }
}

impl Followed {
    /// Both runs, step by step.
    pub fn text(&self, styles: &Styles) -> String {
        let mut text = String::new();
        let _ = writeln!(text, "One of them: {}", self.combination);
        if let (shim, Some(notes)) = &self.shim {
            let _ = writeln!(text, "About {shim}: {notes}");
        }
        for (trace, breaks) in &self.runs {
            let _ = writeln!(text);
            let _ = writeln!(text, "Under {}", set(styles.name, &trace.design));
            let breaks: Vec<Found<'_>> = breaks
                .iter()
                .map(|(property, what)| Found {
                    property,
                    what,
                    clause: None,
                })
                .collect();
            text.push_str(&trace_text(trace, &breaks, Detail::Changes, styles));
            let refusal = trace.steps.last().and_then(|step| step.refusal.as_ref());
            let _ = match refusal {
                Some(refusal) => writeln!(
                    text,
                    "  It ends at {}: {}",
                    refusal.stage,
                    set(styles.bad, &refusal.error.replace('\n', " "))
                ),
                None => writeln!(text, "  The pod runs."),
            };
        }
        text
    }
}

fn classes_text(text: &mut String, classes: &[&Class], most: usize, places: usize, styles: &Styles) {
    for class in classes.iter().take(most) {
        class_text(text, class, places, styles);
    }
    let rest = classes.get(most..).unwrap_or_default();
    if let (Some(first), Some(last)) = (rest.first(), rest.last()) {
        let combinations: usize = rest.iter().map(|class| class.combinations).sum();
        let numbers = if rest.len() == 1 {
            format!("#{}", first.number)
        } else {
            format!("#{} … #{}", first.number, last.number)
        };
        let _ = writeln!(text, "  {numbers}: {combinations} more combinations");
    }
}

fn class_text(text: &mut String, class: &Class, most: usize, styles: &Styles) {
    let style = match class.change {
        SweepChange::Regressed => styles.bad,
        SweepChange::Fixed => styles.good,
        SweepChange::Changed => styles.open,
    };
    let _ = writeln!(
        text,
        "  #{} {} ({}): {} → {}",
        class.number,
        set(style, class.change.as_str()),
        class.combinations,
        class.before,
        class.after
    );
    let told: Vec<String> = class
        .places
        .iter()
        .take(most)
        .map(|place| place_text(place, most == usize::MAX))
        .collect();
    let more = match class.places.get(most..).unwrap_or_default() {
        [] => String::new(),
        rest => {
            let combinations: usize = rest.iter().map(|place| place.combinations).sum();
            format!("; … and {combinations} more combinations")
        }
    };
    let _ = writeln!(text, "       {}{more}", told.join("\n       "));
}

/// A list of shims, the first by name.
pub(crate) fn some(shims: &[String]) -> String {
    match shims.len().saturating_sub(SHIMS) {
        0 => shims.join(", "),
        more => format!("{} and {more} more", shims[..SHIMS].join(", ")),
    }
}

fn place_text(place: &Places, whole: bool) -> String {
    format!(
        "{}; {}; {}; kubelet {}",
        place.pods.join(" or "),
        if whole {
            place.shims.join(", ")
        } else {
            some(&place.shims)
        },
        place.configurations.join(" or "),
        place.kubelets.join(" or ")
    )
}
