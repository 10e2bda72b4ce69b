//! `AG (P => EF Q)`.

use super::graph::StepGraph;
use super::{FairSystem, LivenessVerdict, LivenessVerdictOf};
use crate::Bound;
use crate::breadth_first::Halt;

impl<S: FairSystem + ?Sized> StepGraph<'_, S> {
    pub(super) fn recoverable(
        &self,
        premise: &[bool],
        conclusion: &[bool],
    ) -> Result<LivenessVerdictOf<S>, Halt<S>> {
        let recovers = self.reach(conclusion)?;
        // States are ordered by distance, so the first is a nearest.
        let lost = self
            .states()
            .find(|state| premise[*state as usize] && !recovers[*state as usize]);
        Ok(match lost {
            Some(state) => LivenessVerdict::Unrecoverable(self.path_to(state)?),
            None if self.is_complete() => LivenessVerdict::Holds {
                vacuous: !premise.contains(&true),
            },
            None => LivenessVerdict::Unknown,
        })
    }

    /// For each state, whether a run from it comes to one of the targets, or to a state whose steps are not
    /// known.
    fn reach(&self, targets: &[bool]) -> Result<Vec<bool>, Bound> {
        let mut reach = targets.to_vec();
        let mut queue = Vec::new();
        for state in self.states() {
            reach[state as usize] |= !self.is_expanded(state);
            if reach[state as usize] {
                queue.push(state);
            }
        }
        let predecessors = Predecessors::of(self)?;
        while let Some(state) = queue.pop() {
            self.look()?;
            for &before in predecessors.of_state(state) {
                if !reach[before as usize] {
                    reach[before as usize] = true;
                    queue.push(before);
                }
            }
        }
        Ok(reach)
    }
}

/// The steps, by the state to which they lead.
struct Predecessors {
    /// For each state, where its predecessors start; one more for the end of the last.
    starts: Vec<usize>,
    from: Vec<u32>,
}

impl Predecessors {
    fn of<S: FairSystem + ?Sized>(graph: &StepGraph<'_, S>) -> Result<Self, Bound> {
        let mut starts = vec![0; graph.states().len() + 1];
        for state in graph.expanded_states() {
            graph.look()?;
            for step in graph.steps(state) {
                starts[step.to as usize + 1] += 1;
            }
        }
        for state in graph.states() {
            starts[state as usize + 1] += starts[state as usize];
        }
        let mut next = starts.clone();
        let mut from = vec![0; starts.last().copied().unwrap_or(0)];
        for state in graph.expanded_states() {
            graph.look()?;
            for step in graph.steps(state) {
                let place = &mut next[step.to as usize];
                from[*place] = state;
                *place += 1;
            }
        }
        Ok(Self { starts, from })
    }

    fn of_state(&self, state: u32) -> &[u32] {
        &self.from[self.starts[state as usize]..self.starts[state as usize + 1]]
    }
}
