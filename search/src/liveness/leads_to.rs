//! `P ~> Q` under weak fairness.
//!
//! A run that breaks the promise comes to a state with P and without Q, and stays without Q from there on. So
//! a run is followed in two phases, before the promise and after it, and after it through states without Q
//! only. The states after the promise form a graph; the states that a run visits again and again lie in one
//! strongly connected component of it. Weak fairness asks that each process takes a step in it that changes
//! the state or is somewhere in it unable to. What a part of a component gives, the whole component gives
//! too, so a fair run exists in a component exactly if the run that takes every step of it is fair. (With
//! strong fairness this would not be so.) A state where nobody is obliged to do anything is a component in
//! which one may stay for ever.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use super::components::{Successors, components};
use super::graph::{GraphStep, StepGraph};
use super::{FairSystem, Lasso, LivenessVerdict, LivenessVerdictOf};
use crate::Bound;
use crate::breadth_first::Halt;

impl<S: FairSystem + ?Sized> StepGraph<'_, S> {
    pub(super) fn leads_to(
        &self,
        premise: &[bool],
        conclusion: &[bool],
    ) -> Result<LivenessVerdictOf<S>, Halt<S>> {
        let broken = BrokenPromises::search(self, premise, conclusion)?;
        let components = FairComponents::of(self, &broken)?;
        let Some(&entry) = broken.nearest.iter().find(|state| components.is_fair(**state)) else {
            return Ok(if self.is_complete() {
                LivenessVerdict::Holds {
                    vacuous: !premise.contains(&true),
                }
            } else {
                LivenessVerdict::Unknown
            });
        };
        let (promise, since) = broken.steps_to(self, entry);
        let mut stem = self.path_to(promise)?;
        let promised_at = stem.len();
        stem.steps.extend(self.retrace(&since)?);
        let cycle = self.retrace(&components.cycle(self, entry)?)?;
        Ok(LivenessVerdict::Violated(Lasso {
            stem,
            promised_at,
            cycle,
        }))
    }
}

/// The states at which a promise is open on some run, by the shortest such run.
struct BrokenPromises {
    /// The states themselves, nearest to an initial state first.
    nearest: Vec<u32>,
    /// For each state of the graph, how the run comes to it with the promise open.
    arrivals: Vec<Option<Arrival>>,
}

#[derive(Clone, Copy)]
enum Arrival {
    /// It makes the promise.
    Promise,
    /// By this step of this state, at which the promise was open already.
    Step { from: u32, place: usize },
}

impl BrokenPromises {
    fn search<S: FairSystem + ?Sized>(
        graph: &StepGraph<'_, S>,
        premise: &[bool],
        conclusion: &[bool],
    ) -> Result<Self, Bound> {
        let mut arrivals: Vec<Option<Arrival>> = vec![None; conclusion.len()];
        let mut nearest = Vec::new();
        let distances = graph.distances();
        // Not kept there; and what follows is known.
        let stays_open = |state: u32| graph.is_expanded(state) && !conclusion[state as usize];
        let mut promises = graph
            .states()
            .filter(|state| premise[*state as usize] && stays_open(*state))
            .peekable();

        // All runs that are `distance` steps long are continued together with those that have just made a
        // promise.
        let mut frontier: Vec<u32> = Vec::new();
        let mut distance = 0;
        loop {
            if frontier.is_empty() {
                let Some(promise) = promises.peek() else { break };
                distance = distances[*promise as usize].max(distance);
            }
            while let Some(promise) = promises.next_if(|promise| distances[*promise as usize] <= distance) {
                let arrival = &mut arrivals[promise as usize];
                if arrival.is_none() {
                    *arrival = Some(Arrival::Promise);
                    frontier.push(promise);
                }
            }
            nearest.extend_from_slice(&frontier);
            let mut next = Vec::new();
            for from in frontier {
                graph.look()?;
                for step in graph.steps(from).filter(|step| stays_open(step.to)) {
                    let arrival = &mut arrivals[step.to as usize];
                    if arrival.is_none() {
                        *arrival = Some(Arrival::Step {
                            from,
                            place: step.place,
                        });
                        next.push(step.to);
                    }
                }
            }
            frontier = next;
            distance += 1;
        }
        Ok(Self { nearest, arrivals })
    }

    fn contains(&self, state: u32) -> bool {
        self.arrivals[state as usize].is_some()
    }

    /// The state that makes the promise, and the steps from there to `state`.
    fn steps_to<S: FairSystem + ?Sized>(
        &self,
        graph: &StepGraph<'_, S>,
        state: u32,
    ) -> (u32, Vec<GraphStep>) {
        let mut steps = Vec::new();
        let mut at = state;
        while let Some(Arrival::Step { from, place }) = self.arrivals[at as usize] {
            steps.push(graph.step(from, place));
            at = from;
        }
        steps.reverse();
        (at, steps)
    }
}

/// The strongly connected components of the states at which a promise is open, and which of them let a fair
/// run stay.
struct FairComponents {
    /// For each state of the graph, the number of its component.
    of_state: Vec<u32>,
    is_fair: Vec<bool>,
}

/// Of a state at which no promise is open.
const NO_COMPONENT: u32 = u32::MAX;

impl FairComponents {
    fn of<S: FairSystem + ?Sized>(graph: &StepGraph<'_, S>, broken: &BrokenPromises) -> Result<Self, Bound> {
        let mut of_state = vec![NO_COMPONENT; broken.arrivals.len()];
        let mut is_fair = Vec::new();
        let mut number = 0;
        let roots = broken.nearest.iter().copied();
        let open = WhileOpen { graph, broken };
        components(of_state.len(), roots, &open, |members| {
            for member in members {
                of_state[*member as usize] = number;
            }
            let mut always_enabled = u64::MAX;
            let mut taken = 0;
            for &member in members {
                always_enabled &= graph.enabled(member);
                for step in graph
                    .steps(member)
                    .filter(|step| of_state[step.to as usize] == number)
                {
                    taken |= step.taken;
                }
            }
            is_fair.push(always_enabled & !taken == 0);
            number += 1;
        })?;
        Ok(Self { of_state, is_fair })
    }

    fn is_fair(&self, state: u32) -> bool {
        let number = self.of_state[state as usize];
        number != NO_COMPONENT && self.is_fair[number as usize]
    }

    /// A short walk from a state of a fair component back to it, in which each process acts or is unable to.
    /// Empty if no process is able to in `entry`.
    fn cycle<S: FairSystem + ?Sized>(
        &self,
        graph: &StepGraph<'_, S>,
        entry: u32,
    ) -> Result<Vec<GraphStep>, Bound> {
        // A process that cannot act in `entry` is unable to once in every round; only the others matter.
        let start = Walk {
            at: entry,
            owed: graph.enabled(entry),
        };
        if start.owed == 0 {
            return Ok(Vec::new());
        }
        let is_closed = |walk: Walk| walk.at == entry && walk.owed == 0;
        let room = usize::try_from(graph.memory_of_walk / BYTES_OF_A_PAIR).unwrap_or(usize::MAX);
        if let Some((steps, _)) = self.shortest_walk(graph, start, MAX_PAIRS.min(room), is_closed)? {
            return Ok(steps);
        }
        self.pieced_cycle(graph, start)
    }

    /// The walk that each time takes the shortest way to where some process acts or is unable to, and home in
    /// the end.
    fn pieced_cycle<S: FairSystem + ?Sized>(
        &self,
        graph: &StepGraph<'_, S>,
        start: Walk,
    ) -> Result<Vec<GraphStep>, Bound> {
        let mut cycle = Vec::new();
        let mut walk = start;
        while walk.owed != 0 || walk.at != start.at {
            let is_progress = |next: Walk| {
                if walk.owed == 0 {
                    next.at == start.at
                } else {
                    next.owed != walk.owed
                }
            };
            // Each state of a component leads to each other, and in a fair one everything owed can be paid,
            // so there is a walk; without one, the loop must end all the same.
            let Some((steps, next)) = self.shortest_walk(graph, walk, usize::MAX, is_progress)? else {
                break;
            };
            cycle.extend(steps);
            walk = next;
        }
        Ok(cycle)
    }

    /// A shortest walk inside the component from `start` to a goal; none if more than `max_pairs` pairs were
    /// looked at.
    fn shortest_walk<S: FairSystem + ?Sized>(
        &self,
        graph: &StepGraph<'_, S>,
        start: Walk,
        max_pairs: usize,
        is_goal: impl Fn(Walk) -> bool,
    ) -> Result<Option<(Vec<GraphStep>, Walk)>, Bound> {
        let component = self.of_state[start.at as usize];
        let mut arrivals: FxHashMap<Walk, Option<(Walk, GraphStep)>> = FxHashMap::default();
        arrivals.insert(start, None);
        let mut queue = VecDeque::from([start]);
        while let Some(walk) = queue.pop_front() {
            graph.look()?;
            for step in graph.steps(walk.at) {
                if self.of_state[step.to as usize] != component {
                    continue;
                }
                let next = Walk {
                    at: step.to,
                    owed: walk.owed & !step.taken & graph.enabled(step.to),
                };
                if arrivals.contains_key(&next) {
                    continue;
                }
                arrivals.insert(next, Some((walk, step)));
                if is_goal(next) {
                    let mut steps = Vec::new();
                    let mut at = next;
                    while let Some(Some((before, step))) = arrivals.get(&at) {
                        steps.push(*step);
                        at = *before;
                    }
                    steps.reverse();
                    return Ok(Some((steps, next)));
                }
                if arrivals.len() > max_pairs {
                    return Ok(None);
                }
                queue.push_back(next);
            }
        }
        Ok(None)
    }
}

/// How many pairs of a state and a set of processes are looked at before a shortest cycle is given up.
const MAX_PAIRS: usize = 1 << 22;
/// What a pair takes while a table of them grows.
const BYTES_OF_A_PAIR: u64 = 256;

/// A state, and the processes that have neither acted nor been unable to since the walk began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Walk {
    at: u32,
    owed: u64,
}

/// The steps between states at which a promise is open.
struct WhileOpen<'a, 'b, S: FairSystem + ?Sized> {
    graph: &'a StepGraph<'b, S>,
    broken: &'a BrokenPromises,
}

impl<S: FairSystem + ?Sized> Successors for WhileOpen<'_, '_, S> {
    fn successor(&self, node: u32, position: usize) -> Option<u32> {
        let place = self.graph.places(node).nth(position)?;
        let to = self.graph.step(node, place).to;
        // A step that leaves is shown as one that stays: it connects nothing.
        Some(if self.broken.contains(to) { to } else { node })
    }

    fn look(&self) -> Result<(), Bound> {
        self.graph.look()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{Limits, TransitionSystem};

    /// For each node, its steps: the process, and the target.
    #[derive(Debug)]
    struct Ring(Vec<Vec<(u8, u8)>>);

    impl TransitionSystem for Ring {
        type State = u8;
        type Action = u8;

        fn initial_states(&self) -> Vec<u8> {
            vec![0]
        }

        fn successors(&self, state: &u8, out: &mut Vec<(u8, u8)>) {
            out.extend_from_slice(&self.0[usize::from(*state)]);
        }
    }

    impl FairSystem for Ring {
        type Process = u8;

        fn process(&self, action: &u8) -> Option<u8> {
            Some(*action)
        }
    }

    proptest! {
        /// Large components are rare in tests, so the way that is taken in them is compared with the exact
        /// one here.
        #[test]
        fn a_pieced_cycle_is_fair_and_not_shorter(
            steps in prop::collection::vec(prop::collection::vec((0_u8..4, 0_u8..6), 1..4), 6)
        ) {
            let ring = Ring(steps);
            let limits = Limits::default();
            let graph = StepGraph::explore(&ring, &limits, &mut ()).unwrap();
            let (always, never) = (vec![true; graph.states().len()], vec![false; graph.states().len()]);
            let broken = BrokenPromises::search(&graph, &always, &never).unwrap();
            let components = FairComponents::of(&graph, &broken).unwrap();
            for entry in graph.states().filter(|state| components.is_fair(*state) && graph.enabled(*state) != 0) {
                let start = Walk { at: entry, owed: graph.enabled(entry) };
                let pieced = components.pieced_cycle(&graph, start).unwrap();
                let mut walk = start;
                for step in &pieced {
                    prop_assert_eq!(step.from, walk.at);
                    walk = Walk { at: step.to, owed: walk.owed & !step.taken & graph.enabled(step.to) };
                }
                prop_assert_eq!(walk, Walk { at: entry, owed: 0 });
                prop_assert!(components.cycle(&graph, entry).unwrap().len() <= pieced.len());
            }
        }
    }
}
