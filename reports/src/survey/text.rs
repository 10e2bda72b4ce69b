//! A survey as text.

use std::fmt::Write as _;

use super::{OfProperty, Survey};
use crate::style::{Styles, set};
use crate::sweep::Places;

/// How many places of a property are told before the rest is counted.
const PLACES: usize = 4;

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
        let count = |places: &[Places]| places.iter().map(|place| place.combinations).sum::<usize>();
        // Writing into a string does not fail.
        let _ = writeln!(
            text,
            "{} over the catalogue: {} handlers, each a shim, the way in which it is named, and its options table",
            set(styles.name, &self.design),
            self.handlers
        );
        let _ = writeln!(
            text,
            "  {} of them do not work by themselves: the shim does not take what RunPodSandbox generates from what the \
             operator wrote",
            count(&self.incompatible)
        );
        for place in &self.incompatible {
            let _ = writeln!(
                text,
                "       {}; {}",
                place.shims.join(", "),
                place.configurations.join(" or ")
            );
        }
        if !self.unknown.is_empty() {
            let _ = writeln!(
                text,
                "  of {} it is not known whether they do",
                count(&self.unknown)
            );
            for place in &self.unknown {
                let _ = writeln!(
                    text,
                    "       {}; {}",
                    place.shims.join(", "),
                    place.configurations.join(" or ")
                );
            }
        }
        let _ = writeln!(
            text,
            "What follows is about the others, so that whatever fails is what containerd adds."
        );
        let _ = writeln!(text);
        let _ = writeln!(
            text,
            "Any CRI client, which sends any user-namespace options at any time: {} searches",
            self.searched
        );
        properties(&mut text, &self.any_client, false, styles);
        let _ = writeln!(text);
        let _ = writeln!(
            text,
            "Every kubelet with every state of its gates: {} runs without faults",
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
                place.shims.join(", "),
                place.configurations.join(" or ")
            );
        }
        if of.places.len() > PLACES {
            let rest: usize = of.places[PLACES..].iter().map(|place| place.combinations).sum();
            let _ = writeln!(text, "       … and {rest} more");
        }
    }
}
