//! What the packed search promises.

mod coverage;
mod faults;
mod limits;
mod processes;
mod random_graphs;
mod reproducible;
mod scattered;
mod symmetry;
mod two_phase_commit;

use std::num::NonZero;

use shimproof_search::{
    Answer, Limits, PackedOptions, PackedOutcomeOf, PackedSystem, Path, Property, Verdict,
    packed_breadth_first,
};

use crate::graph::Graph;

pub fn options(threads: usize, symmetry: bool) -> PackedOptions {
    PackedOptions {
        threads: NonZero::new(threads).unwrap(),
        symmetry,
        memory: None,
    }
}

/// An outcome without its time.
pub fn search<S: PackedSystem>(
    system: &S,
    properties: &[Property<S>],
    options: &PackedOptions,
    limits: &Limits,
) -> PackedOutcomeOf<S> {
    let mut outcome = packed_breadth_first(system, properties, options, limits, &mut ()).unwrap();
    outcome.search.duration = std::time::Duration::ZERO;
    outcome
}

pub fn answers<S: PackedSystem>(outcome: &PackedOutcomeOf<S>) -> Vec<Answer> {
    outcome.search.verdicts.iter().map(Verdict::answer).collect()
}

pub fn lengths<S: PackedSystem>(outcome: &PackedOutcomeOf<S>) -> Vec<Option<usize>> {
    let paths = outcome.search.verdicts.iter().map(Verdict::path);
    paths.map(|path| path.map(Path::len)).collect()
}

/// A graph whose nodes are spread over several words.
#[derive(Clone, Debug)]
pub struct PackedGraph(pub Graph);

pub type Words = [u64; 3];

pub fn words(node: u8) -> Words {
    let node = u64::from(node);
    [node << 60 | 1, node.wrapping_mul(0x9e37_79b9_7f4a_7c15), node]
}

pub fn node(words: &Words) -> u8 {
    u8::try_from(words[2]).unwrap()
}

impl PackedSystem for PackedGraph {
    type State = Words;
    type Action = u8;
    type Scratch = ();

    const ACTION_KINDS: &'static [&'static str] = &["zero", "one", "two", "three", "never"];

    fn action_kind(action: &u8) -> usize {
        usize::from(*action)
    }

    fn initial(&self, emit: &mut dyn FnMut(&Words)) {
        for node in &self.0.initial {
            emit(&words(*node));
        }
    }

    fn successors(&self, state: &Words, (): &mut (), emit: &mut impl FnMut(u8, &Words)) {
        for (action, to) in &self.0.edges[usize::from(node(state))] {
            emit(*action, &words(*to));
        }
    }
}
