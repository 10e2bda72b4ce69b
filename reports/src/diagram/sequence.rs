//! A trace as lifelines and events.

use shimproof_model::Finite;
use shimproof_model::guards::Guard;
use shimproof_model::trace::{GuardDecision, Trace, TraceStep};

/// A participant, from left to right as a request meets them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lifeline {
    /// Who calls the CRI: the kubelet, or any other client.
    Kubelet,
    /// containerd's CRI plugin.
    CriPlugin,
    /// containerd's client library, inside the CRI plugin: it puts task options together.
    Client,
    /// containerd's tasks service with the task and shim managers behind it.
    TasksService,
    /// The shim: its binary when it is executed, its process when it is called.
    Shim,
    /// The OCI runtime behind the shim.
    OciRuntime,
}

impl Lifeline {
    /// All of them, from left to right.
    pub const ALL: [Self; 6] = [
        Self::Kubelet,
        Self::CriPlugin,
        Self::Client,
        Self::TasksService,
        Self::Shim,
        Self::OciRuntime,
    ];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Kubelet => "kubelet",
            Self::CriPlugin => "CRI plugin",
            Self::Client => "client",
            Self::TasksService => "tasks service",
            Self::Shim => "shim",
            Self::OciRuntime => "OCI runtime",
        }
    }

    /// The lifeline of an actor or addressee of a trace; none for faults and the operator.
    fn of(actor: &str) -> Option<Self> {
        Some(match actor {
            "kubelet" | "client" => Self::Kubelet,
            "CRI plugin" => Self::CriPlugin,
            "containerd" => Self::TasksService,
            "shim" | "shim binary" => Self::Shim,
            _ => return None,
        })
    }

    /// Where a guard stands.
    fn of_guard(decision: &GuardDecision) -> Option<Self> {
        let guard = Guard::all().find(|guard| guard.as_str() == decision.guard)?;
        Some(match guard {
            Guard::GetOrCreateUserNamespaceMappings => Self::Kubelet,
            Guard::IntrospectRuntimeFeatures
            | Guard::PinUserNamespace
            | Guard::WithMounts
            | Guard::SameUsernsConfig
            | Guard::UpdateContainerIoOwner => Self::CriPlugin,
            Guard::GetRuncOptions | Guard::WithTaskApiEndpoint => Self::Client,
            Guard::FormatOptions
            | Guard::ShimManagerStart
            | Guard::OptionsFallback
            | Guard::ValidateRuntimeFeatures => Self::TasksService,
            Guard::ShimCreate | Guard::ShimStart | Guard::ShimInfo => Self::Shim,
        })
    }
}

/// Something on the diagram, from top to bottom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A message.
    Message {
        /// Who sends it.
        from: Lifeline,
        /// Who gets it.
        to: Lifeline,
        /// What it says.
        text: String,
        /// Whether it is an answer.
        reply: bool,
        /// Whether it carries an error, or is the one that breaks the property.
        bad: bool,
    },
    /// A decision.
    Note {
        /// Whose.
        over: Lifeline,
        /// Which guard, and what it decided.
        text: String,
        /// Whether it refuses.
        bad: bool,
    },
    /// A fault, or what the operator does: over all lifelines.
    Fault(String),
    /// What is broken here: the property, and how.
    Violation {
        /// The property.
        property: String,
        /// What is wrong.
        what: String,
    },
    /// From here on: what comes of it.
    Aftermath,
    /// A cycle begins, which repeats for ever.
    LoopStart,
    /// The cycle goes back to where it began.
    LoopEnd,
}

/// A sequence diagram.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// What it shows.
    pub title: String,
    /// The lifelines that take part, from left to right.
    pub lifelines: Vec<Lifeline>,
    /// What happens, from top to bottom.
    pub events: Vec<Event>,
    /// What the first lifeline is called: the kubelet, or another client.
    pub client: &'static str,
}

impl Sequence {
    /// The diagram of a trace.
    pub fn of(trace: &Trace) -> Self {
        let several_pods = trace
            .all_steps()
            .any(|step| step.action.pod.is_some_and(|pod| pod > 0));
        // Without a finding it is a run that shows nothing in particular.
        let finds = !trace.property.is_empty() && !trace.finding.is_empty();
        let mut events = Vec::new();
        for (index, step) in trace.steps.iter().enumerate() {
            let last = index + 1 == trace.steps.len() && trace.cycle.is_none() && finds;
            add_step(step, several_pods, last, &mut events);
        }
        if let Some(cycle) = trace.cycle.as_ref().filter(|cycle| !cycle.steps.is_empty()) {
            events.push(Event::LoopStart);
            for step in &cycle.steps {
                add_step(step, several_pods, false, &mut events);
            }
            events.push(Event::LoopEnd);
        }
        if finds {
            events.push(Event::Violation {
                property: trace.property.clone(),
                what: trace.finding.clone(),
            });
        }
        if !trace.aftermath.is_empty() {
            events.push(Event::Aftermath);
            for step in &trace.aftermath {
                add_step(step, several_pods, false, &mut events);
            }
        }
        let lifelines = Lifeline::ALL
            .into_iter()
            .filter(|lifeline| events.iter().any(|event| event.involves(*lifeline)))
            .collect();
        let other_client = trace.all_steps().any(|step| step.actor == "client");
        Self {
            title: if finds {
                format!("{}, {}: {}", trace.scenario, trace.design, trace.property)
            } else {
                format!("{}, {}", trace.scenario, trace.design)
            },
            lifelines,
            events,
            client: if other_client {
                "CRI client"
            } else {
                Lifeline::Kubelet.as_str()
            },
        }
    }

    /// What a lifeline is called on this diagram.
    pub fn name(&self, lifeline: Lifeline) -> &'static str {
        if lifeline == Lifeline::Kubelet {
            self.client
        } else {
            lifeline.as_str()
        }
    }
}

impl Event {
    fn involves(&self, lifeline: Lifeline) -> bool {
        match self {
            Self::Message { from, to, .. } => *from == lifeline || *to == lifeline,
            Self::Note { over, .. } => *over == lifeline,
            _ => false,
        }
    }
}

/// One step: its decisions where they are taken, the hand-overs inside containerd between them, and what is sent.
fn add_step(step: &TraceStep, several_pods: bool, breaks: bool, events: &mut Vec<Event>) {
    let Some(actor) = Lifeline::of(&step.actor) else {
        events.push(Event::Fault(format!("{}: {}", step.actor, step.event)));
        return;
    };
    // containerd waits for the shim binary that it executes, and goes on with its answer.
    let executed = step.actor == "shim binary";
    let sent = step.sends.as_ref();
    let to = sent.and_then(|sent| Lifeline::of(&sent.to));
    if to.is_none() && step.guards.is_empty() && step.refusal.is_none() {
        if !step.event.starts_with("handles ") {
            events.push(Event::Note {
                over: actor,
                text: step.event.clone(),
                bad: false,
            });
        }
        return;
    }
    let mut at = actor;
    for decision in &step.guards {
        let over = Lifeline::of_guard(decision).unwrap_or(at);
        hand_over(&mut at, over, executed, events);
        events.push(Event::Note {
            over,
            text: format!("{}: {} ⇒ {}", decision.guard, decision.inputs, decision.decision),
            bad: false,
        });
    }
    if let Some(refusal) = &step.refusal {
        if refusal.stage == "oci-create" {
            events.push(message(
                Lifeline::Shim,
                Lifeline::OciRuntime,
                "create",
                false,
                false,
            ));
            at = Lifeline::OciRuntime;
        }
        let text = format!("refused at {}", refusal.stage);
        // On its way back to the client it is the same refusal.
        let said =
            |event: &Event| matches!(event, Event::Note { text: other, bad: true, .. } if *other == text);
        if !events.iter().rev().take(3).any(said) {
            events.push(Event::Note {
                over: at,
                text,
                bad: true,
            });
        }
        if at == Lifeline::OciRuntime {
            events.push(message(at, Lifeline::Shim, "error", true, true));
            at = Lifeline::Shim;
        }
    }
    let (Some(to), Some(sent)) = (to, sent) else {
        return;
    };
    let reply = sent.message.starts_with("reply to ");
    if reply {
        // An answer to the CRI comes from the CRI plugin, whoever found it out.
        let from = if to == Lifeline::Kubelet {
            Lifeline::CriPlugin
        } else {
            at
        };
        if from != at && from != to {
            events.push(message(
                at,
                from,
                if step.refusal.is_some() { "error" } else { "ok" },
                true,
                step.refusal.is_some(),
            ));
        }
        let bad = sent.message.contains(": error: ");
        events.push(message(
            from,
            to,
            &of_pod(step, several_pods, &sent.message),
            true,
            bad || breaks,
        ));
        return;
    }
    if to == Lifeline::Shim {
        hand_over(&mut at, Lifeline::TasksService, executed, events);
    }
    events.push(message(
        at,
        to,
        &of_pod(step, several_pods, &sent.message),
        false,
        breaks,
    ));
}

/// The request goes from one part of containerd to the next.
fn hand_over(at: &mut Lifeline, to: Lifeline, executed: bool, events: &mut Vec<Event>) {
    if *at == to {
        return;
    }
    if *at == Lifeline::Shim && executed {
        events.push(message(*at, Lifeline::TasksService, "its answer", true, false));
        *at = Lifeline::TasksService;
        return hand_over(at, to, false, events);
    }
    let text = match to {
        Lifeline::Client => "task options",
        Lifeline::TasksService => "Tasks.Create",
        _ => "",
    };
    if *at < to && !text.is_empty() {
        events.push(message(*at, to, text, false, false));
    }
    *at = to;
}

fn message(from: Lifeline, to: Lifeline, text: &str, reply: bool, bad: bool) -> Event {
    Event::Message {
        from,
        to,
        text: text.to_owned(),
        reply,
        bad,
    }
}

fn of_pod(step: &TraceStep, several_pods: bool, text: &str) -> String {
    match step.action.pod {
        Some(pod) if several_pods => format!("pod {pod}: {text}"),
        _ => text.to_owned(),
    }
}
