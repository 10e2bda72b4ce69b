//! What a map keeps once: texts, steps, events of diagrams, outcomes, runs and grids of them.

use std::collections::HashMap;
use std::hash::Hash;

use serde::Serialize;

use shimproof_model::trace::{Trace, TraceStep};

use super::runs::Told;
use crate::diagram::{Event, Lifeline, Sequence};

/// Things by number, each once.
#[derive(Debug)]
pub(super) struct Pool<T> {
    items: Vec<T>,
    numbers: HashMap<T, usize>,
}

impl<T: Clone + Eq + Hash> Pool<T> {
    fn new() -> Self {
        Self {
            items: Vec::new(),
            numbers: HashMap::new(),
        }
    }

    pub fn number(&mut self, item: T) -> usize {
        if let Some(number) = self.numbers.get(&item) {
            return *number;
        }
        self.items.push(item.clone());
        self.numbers.insert(item, self.items.len() - 1);
        self.items.len() - 1
    }

    pub fn into_items(self) -> Vec<T> {
        self.items
    }
}

/// A step: actor, event, guards, refusal and what is sent to whom. Names that depend on the shim are open.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub(super) struct Step {
    #[serde(rename = "a")]
    actor: usize,
    #[serde(rename = "e")]
    event: usize,
    /// Name, inputs, decision.
    #[serde(rename = "g", skip_serializing_if = "Vec::is_empty")]
    guards: Vec<[usize; 3]>,
    /// Stage, error.
    #[serde(rename = "r", skip_serializing_if = "Option::is_none")]
    refusal: Option<[usize; 2]>,
    /// To whom, what.
    #[serde(rename = "s", skip_serializing_if = "Option::is_none")]
    sends: Option<[usize; 2]>,
}

/// An event of a diagram.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum DiagramEvent {
    /// From and to by number, text, whether it is a reply, whether it fails.
    Message(usize, usize, usize, bool, bool),
    /// Over whom, text, whether it refuses.
    Note(usize, usize, bool),
    /// Over everyone.
    Fault(usize),
}

/// What becomes of a pod.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub(super) struct OutcomeEntry {
    pub text: String,
    pub kind: Kind,
    /// A bit for each property.
    pub broken: u32,
}

/// How a cell looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Kind {
    /// The pod runs, and nothing is violated.
    Runs,
    /// It runs, and something is violated.
    Breaks,
    /// It is refused, and nothing is violated.
    Refused,
    /// It is refused, and something is violated.
    Fails,
    /// It is refused, since this shim does not take what this release makes of this configuration, whatever the pod.
    Incompatible,
}

/// A run.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub(super) struct Story {
    #[serde(rename = "o")]
    outcome: usize,
    #[serde(rename = "s")]
    steps: Vec<usize>,
    #[serde(rename = "d")]
    events: Vec<usize>,
    /// Property by number, what is wrong.
    #[serde(rename = "b", skip_serializing_if = "Vec::is_empty")]
    breaks: Vec<[usize; 2]>,
}

/// Everything that is kept once.
#[derive(Debug)]
pub(super) struct Pools {
    pub texts: Pool<String>,
    pub steps: Pool<Step>,
    pub events: Pool<DiagramEvent>,
    pub outcomes: Pool<OutcomeEntry>,
    pub stories: Pool<Story>,
    pub grids: Pool<Vec<usize>>,
}

impl Pools {
    pub fn new() -> Self {
        Self {
            texts: Pool::new(),
            steps: Pool::new(),
            events: Pool::new(),
            outcomes: Pool::new(),
            stories: Pool::new(),
            grids: Pool::new(),
        }
    }
}

impl Pools {
    fn text(&mut self, text: &str) -> usize {
        self.texts.number(text.to_owned())
    }

    /// The number of a run.
    pub fn story(&mut self, told: &Told) -> usize {
        let steps = told.steps.iter().map(|step| self.step(step)).collect();
        let events = Sequence::of(&Trace::of_steps(told.steps.clone()))
            .events
            .iter()
            .filter_map(|event| self.event(event))
            .collect();
        let breaks = told
            .breaks
            .iter()
            .map(|(property, what)| [*property, self.text(what)])
            .collect();
        let outcome = self.outcomes.number(told.outcome.clone());
        self.stories.number(Story {
            outcome,
            steps,
            events,
            breaks,
        })
    }

    fn step(&mut self, step: &TraceStep) -> usize {
        let step = Step {
            actor: self.text(&step.actor),
            event: self.text(&step.event),
            guards: step
                .guards
                .iter()
                .map(|guard| [&guard.guard, &guard.inputs, &guard.decision].map(|text| self.text(text)))
                .collect(),
            refusal: step
                .refusal
                .as_ref()
                .map(|refusal| [self.text(&refusal.stage), self.text(&refusal.error)]),
            sends: step
                .sends
                .as_ref()
                .map(|sent| [self.text(&sent.to), self.text(&sent.message)]),
        };
        self.steps.number(step)
    }

    /// None for what runs without faults do not have.
    fn event(&mut self, event: &Event) -> Option<usize> {
        let place = |lifeline: Lifeline| {
            Lifeline::ALL
                .iter()
                .position(|other| *other == lifeline)
                .unwrap_or_default()
        };
        let event = match event {
            Event::Message {
                from,
                to,
                text,
                reply,
                bad,
            } => DiagramEvent::Message(place(*from), place(*to), self.text(text), *reply, *bad),
            Event::Note { over, text, bad } => DiagramEvent::Note(place(*over), self.text(text), *bad),
            Event::Fault(text) => DiagramEvent::Fault(self.text(text)),
            Event::Violation { .. } | Event::Aftermath | Event::LoopStart | Event::LoopEnd => return None,
        };
        Some(self.events.number(event))
    }
}
