//! A survey as text.

use std::fmt::Write as _;

use super::{OfProperty, Survey};
use crate::style::{Styles, set};
use crate::sweep::some;

/// How many places of a property are told before the rest is counted.
const PLACES: usize = 3;

impl Survey {
    /// Whether no property is violated for any handler.
    pub fn holds(&self) -> bool {
        self.any_client
            .iter()
            .chain(&self.kubelets)
            .all(|of| of.violated == 0)
    }

    /// Whether something was not found out.
    pub fn open(&self) -> bool {
        self.any_client.iter().any(|of| of.open > 0)
    }

    /// The survey as text.
    pub fn text(&self, styles: &Styles) -> String {
        let mut text = String::new();
        // Writing into a string does not fail.
        let _ = writeln!(
            text,
            "{} over the catalogue: {} handlers, each a shim, the way in which it is named, and its options table",
            set(styles.name, &self.design),
            self.handlers
        );
        for (places, what) in [
            (
                &self.incompatible,
                "are wrong by themselves: on Create, start or -info the shim does not take what RunPodSandbox generates from \
                 what the operator wrote",
            ),
            (
                &self.misframed,
                "are too old or too new: the shim reads the standard input of `start` in the framing of another release",
            ),
            (&self.unknown, "are not known well enough"),
        ] {
            let count: usize = places.iter().map(|place| place.combinations).sum();
            let _ = writeln!(text, "  {count} of them {what}");
            for place in places {
                let _ = writeln!(
                    text,
                    "       {}; {}",
                    some(&place.shims),
                    place.configurations.join(" or ")
                );
            }
        }
        let _ = writeln!(
            text,
            "What follows is about the others, so that whatever is violated is what containerd adds or leaves out."
        );
        let _ = writeln!(text);
        let _ = writeln!(
            text,
            "Under any CRI client, which sends any user-namespace options at any time ({} searches):",
            self.searched
        );
        properties(&mut text, &self.any_client, false, styles);
        let _ = writeln!(text);
        let _ = writeln!(
            text,
            "Under every kubelet with every state of its gates ({} runs without faults):",
            self.runs
        );
        properties(&mut text, &self.kubelets, true, styles);
        text
    }
}

fn properties(text: &mut String, all: &[OfProperty], kubelets: bool, styles: &Styles) {
    let width = all.iter().map(|of| of.property.len()).max().unwrap_or_default();
    for of in all {
        let (style, verdict) = match (of.violated, of.open) {
            (0, 0) => (styles.good, "holds".to_owned()),
            (0, open) => (styles.open, format!("unknown for {open}")),
            (violated, 0) => (styles.bad, format!("violated for {violated}")),
            (violated, open) => (styles.bad, format!("violated for {violated}, unknown for {open}")),
        };
        let _ = writeln!(text, "  {:width$}  {}", of.property, set(style, &verdict));
        for place in of.places.iter().take(PLACES) {
            let kubelet = if kubelets {
                format!("; kubelet {}", place.kubelets.join(" or "))
            } else {
                String::new()
            };
            let _ = writeln!(
                text,
                "       {}; {}; {}{kubelet}",
                place.pods.join(" or "),
                some(&place.shims),
                place.configurations.join(" or ")
            );
        }
        if of.places.len() > PLACES {
            let rest: usize = of.places[PLACES..].iter().map(|place| place.combinations).sum();
            let _ = writeln!(text, "       … and {rest} more");
        }
    }
}
