//! The search for a path: breadth first over hidden steps between the recorded events.

use std::collections::HashSet;

use shimproof_model::log::{Decided, Story};
use shimproof_model::world::{Client, World};
use shimproof_model::{Action, Call, InFlight, Node, Pod, PodAction, Refusal, Target, Userns};

use super::diagnosis::{Candidate, Instead, LongestPrefix, MatchedPath, Validation};
use super::recording::{CallObserved, Event, Recording, ReplyObserved};
use super::text::alike;
use crate::predict::grpc_code;
use crate::wire::Wire;

/// No more states are looked at between two events. Without faults there are some ten.
const MOST_HIDDEN: usize = 20_000;

/// Whether a recording is a path of the machine in a world, for its first pod and its first container. The client
/// is any; the world's faults are among the hidden steps.
pub fn validate(recording: &Recording, world: &World<Wire>) -> Validation {
    let mut world = world.clone();
    world.client = Client::Any;
    world.pods.truncate(1);
    let mut search = Search {
        world: &world,
        visited: Vec::new(),
        complete: true,
    };
    let mut story = Story::default();
    let node = Node::initial(&world, &mut story);
    search.visited.push(Visited {
        node,
        from: None,
        matched: 0,
        decisions: story.decisions,
        refused: None,
    });
    let mut frontier = vec![0];
    for (matched, event) in recording.events.iter().enumerate() {
        let reached = search.hidden(&frontier);
        let next = search.take(&reached, event, matched + 1);
        if next.is_empty() {
            let candidates = reached.iter().filter_map(|&at| search.candidate(at, event));
            return Validation::LongestPrefix(Box::new(LongestPrefix {
                matched,
                event: event.clone(),
                candidates: candidates.collect(),
                states: frontier
                    .iter()
                    .map(|&at| search.visited[at].node.clone())
                    .collect(),
                complete: search.complete,
            }));
        }
        frontier = next;
    }
    // The frontier is not empty: it begins with the initial state, and an empty one ends the loop.
    Validation::Path(search.path(frontier[0]))
}

struct Search<'w> {
    world: &'w World<Wire>,
    visited: Vec<Visited>,
    complete: bool,
}

struct Visited {
    node: Node<Wire>,
    /// The step that led here.
    from: Option<(usize, Action<Wire>)>,
    /// How many events lie behind.
    matched: usize,
    /// What was decided in that step.
    decisions: Vec<Decided>,
    /// The refusal that the call under way met, in the words that it had there.
    refused: Option<(Refusal, String)>,
}

impl Search<'_> {
    /// All states that hidden steps lead to, those that they begin in first.
    fn hidden(&mut self, from: &[usize]) -> Vec<usize> {
        let mut seen: HashSet<Node<Wire>> = from.iter().map(|&at| self.visited[at].node.clone()).collect();
        let mut reached = from.to_vec();
        let mut next = 0;
        while let Some(&at) = reached.get(next) {
            next += 1;
            for action in self.enabled(at) {
                if self.is_visible(at, action) {
                    continue;
                }
                let visited = self.after(at, action);
                if !seen.insert(visited.node.clone()) {
                    continue;
                }
                if reached.len() == MOST_HIDDEN {
                    self.complete = false;
                    return reached;
                }
                reached.push(self.visited.len());
                self.visited.push(visited);
            }
        }
        reached
    }

    fn enabled(&self, at: usize) -> Vec<Action<Wire>> {
        let mut enabled = Vec::new();
        self.visited[at].node.enabled(self.world, &mut enabled);
        enabled
    }

    fn pod(&self, at: usize) -> Option<&Pod<Wire>> {
        self.visited[at].node.pods.first()
    }

    /// Whether the client takes part in the step.
    fn is_visible(&self, at: usize, action: Action<Wire>) -> bool {
        let Action::Pod(_, action) = action else {
            return false;
        };
        match action {
            PodAction::CallRunPodSandbox(_)
            | PodAction::CallCreateContainer { .. }
            | PodAction::CallStartContainer(_) => true,
            PodAction::Deliver => self.reply(at).is_some(),
            _ => false,
        }
    }

    fn reply(&self, at: usize) -> Option<(Call, Result<(), Refusal>)> {
        match self.pod(at)?.in_flight.as_ref()? {
            InFlight::Reply { call, result } => Some((*call, *result)),
            _ => None,
        }
    }

    fn after(&self, at: usize, action: Action<Wire>) -> Visited {
        let before = &self.visited[at];
        let mut story = Story::default();
        let mut node = before.node.clone();
        let refusal = node.apply(self.world, action, &mut story).err();
        let refused = match refusal {
            // The words depend on the state that the refusal is given in; on its way back it stays the same.
            Some(refusal) if before.refused.is_none() => {
                let text = before.node.pods.first().map(|pod| self.text(refusal, at, pod));
                text.map(|text| (refusal, text))
            }
            _ => before.refused.clone(),
        };
        Visited {
            node,
            from: Some((at, action)),
            matched: before.matched,
            decisions: story.decisions,
            refused,
        }
    }

    /// The error as the client's library prints it.
    fn text(&self, refusal: Refusal, at: usize, pod: &Pod<Wire>) -> String {
        let target = match pod.call() {
            Some(Call::CreateContainer(container) | Call::StartContainer(container)) => {
                Target::Container(container)
            }
            Some(Call::RunPodSandbox) | None => Target::Sandbox,
        };
        let text = refusal.text(target, self.world, &self.visited[at].node.environment, pod);
        match grpc_code(refusal, self.world) {
            Some(code) => format!("rpc error: code = {} desc = {text}", code.as_str()),
            None => text,
        }
    }

    /// What the client gets in a state with a reply for it.
    fn answer(&self, at: usize, result: Result<(), Refusal>) -> ReplyObserved {
        let Err(refusal) = result else {
            return ReplyObserved::Ok;
        };
        let told = self.visited[at]
            .refused
            .as_ref()
            .filter(|(first, _)| *first == refusal)
            .map(|(_, text)| text.clone());
        let told = told.or_else(|| self.pod(at).map(|pod| self.text(refusal, at, pod)));
        ReplyObserved::Error(told.unwrap_or_default())
    }

    /// The states after an event, from each state in which it can happen.
    fn take(&mut self, reached: &[usize], event: &Event, matched: usize) -> Vec<usize> {
        let mut next = Vec::new();
        let mut seen = HashSet::new();
        for &at in reached {
            for action in self.enabled(at) {
                if !self.is(at, action, event) {
                    continue;
                }
                let visited = Visited {
                    matched,
                    refused: None,
                    ..self.after(at, action)
                };
                if seen.insert(visited.node.clone()) {
                    next.push(self.visited.len());
                    self.visited.push(visited);
                }
            }
        }
        next
    }

    fn is(&self, at: usize, action: Action<Wire>, event: &Event) -> bool {
        let Action::Pod(_, action) = action else {
            return false;
        };
        match (event, action) {
            (Event::Called(CallObserved::RunPodSandbox(observed)), PodAction::CallRunPodSandbox(userns)) => {
                *observed == without_mapping(&userns)
            }
            (
                Event::Called(CallObserved::CreateContainer(observed)),
                PodAction::CallCreateContainer {
                    container: 0,
                    container_userns,
                    ..
                },
            ) => *observed == without_mapping(&container_userns),
            (Event::Called(CallObserved::StartContainer), PodAction::CallStartContainer(0)) => true,
            (Event::Replied(call, observed), PodAction::Deliver) => self
                .reply(at)
                .is_some_and(|(of, result)| of == *call && same(observed, &self.answer(at, result))),
            _ => false,
        }
    }

    /// What the machine does in place of an event; none in a state that only hidden steps lead out of.
    fn candidate(&self, at: usize, event: &Event) -> Option<Candidate> {
        let idle = self.pod(at).is_none_or(|pod| pod.in_flight.is_none());
        let instead = match (self.reply(at), event) {
            (Some((_, result)), _) => Instead::Answered {
                refusal: result.err(),
                reply: self.answer(at, result),
            },
            (None, _) if idle => match self.visited[at].node.environment.containerd.up {
                Err(failure) => Instead::Down(failure),
                Ok(()) => Instead::CallNotMade,
            },
            (None, _) => return None,
        };
        Some(Candidate {
            instead,
            decisions: self.decisions(at),
        })
    }

    /// The decisions since the last event.
    fn decisions(&self, at: usize) -> Vec<Decided> {
        let matched = self.visited[at].matched;
        let mut steps = Vec::new();
        let mut current = Some(at);
        while let Some(visited) = current.map(|at| &self.visited[at]) {
            if visited.matched != matched {
                break;
            }
            steps.push(visited.decisions.as_slice());
            current = visited.from.map(|(from, _)| from);
        }
        steps.iter().rev().flat_map(|step| step.iter().cloned()).collect()
    }

    fn path(&self, end: usize) -> MatchedPath {
        let mut actions = Vec::new();
        let mut at = end;
        while let Some((from, action)) = self.visited[at].from {
            actions.push(action);
            at = from;
        }
        actions.reverse();
        MatchedPath {
            actions,
            end: self.visited[end].node.clone(),
        }
    }
}

fn same(observed: &ReplyObserved, answer: &ReplyObserved) -> bool {
    match (observed, answer) {
        (ReplyObserved::Ok, ReplyObserved::Ok) => true,
        (ReplyObserved::Error(one), ReplyObserved::Error(other)) => alike(one, other),
        _ => false,
    }
}

/// A recording does not have the numbers of a mapping.
fn without_mapping<M>(userns: &Userns<M>) -> Userns<()> {
    match userns {
        Userns::Nil => Userns::Nil,
        Userns::Node => Userns::Node,
        Userns::Pod(_) => Userns::Pod(()),
        Userns::LinuxNil => Userns::LinuxNil,
        Userns::NodeWithMappings => Userns::NodeWithMappings,
        Userns::PodWithoutMappings => Userns::PodWithoutMappings,
        Userns::PodTwoLines => Userns::PodTwoLines,
        Userns::PodZeroLength => Userns::PodZeroLength,
        Userns::Container => Userns::Container,
        Userns::Target => Userns::Target,
    }
}
