//! Against the plain search, on random graphs of tens of thousands of nodes: many batches, all partitions,
//! tables that grow.

use proptest::prelude::*;
use shimproof_search::{Limits, PackedSystem, Property, Verdict, breadth_first};

use super::{answers, lengths, options, search};

/// A graph whose edges are drawn by a hash: up to five from each node, some of them to the node itself.
#[derive(Clone, Copy, Debug)]
struct Scattered {
    nodes: u64,
    seed: u64,
}

impl Scattered {
    fn draw(self, node: u64, what: u64) -> u64 {
        // The finalizer of MurmurHash3.
        let mut bits = node ^ self.seed ^ what.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        for factor in [0xff51_afd7_ed55_8ccd, 0xc4ce_b9fe_1a85_ec53] {
            bits = (bits ^ bits >> 33).wrapping_mul(factor);
        }
        bits ^ bits >> 33
    }

    fn state(node: u64) -> [u64; 2] {
        [node, node << 32]
    }
}

impl PackedSystem for Scattered {
    type State = [u64; 2];
    type Action = u8;
    type Scratch = ();

    const ACTION_KINDS: &'static [&'static str] = &["0", "1", "2", "3", "4"];

    fn action_kind(action: &u8) -> usize {
        usize::from(*action)
    }

    fn initial(&self, emit: &mut dyn FnMut(&[u64; 2])) {
        for number in 0..3 {
            emit(&Self::state(self.draw(number, 7) % self.nodes));
        }
    }

    fn successors(&self, state: &[u64; 2], (): &mut (), emit: &mut impl FnMut(u8, &[u64; 2])) {
        let node = state[0];
        let count = self.draw(node, 8) % 6;
        for (action, number) in (0_u8..).zip(0..count) {
            let drawn = self.draw(node, number);
            let to = if drawn >> 60 == 0 {
                node
            } else {
                drawn % self.nodes
            };
            emit(action, &Self::state(to));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn counts_verdicts_and_lengths_are_those_of_the_plain_search(
        nodes in 1_u64..60_000, seed: u64, target in 0_u64..60_000, threads in 1_usize..4,
    ) {
        let system = Scattered { nodes, seed };
        let properties = [
            Property::always("not the target", move |_: &Scattered, state: &[u64; 2]| state[0] != target),
            Property::reachable_step("into the target", move |_: &Scattered, from: &[u64; 2], _, to: &[u64; 2]| {
                from != to && to[0] == target
            }),
        ];
        let packed = search(&system, &properties, &options(threads, false), &Limits::default());
        let plain = breadth_first(&system, &properties, &Limits::default(), &mut ()).unwrap();
        let found = &packed.search;
        prop_assert_eq!(
            (found.states, found.initial_states, found.terminal_states, found.transitions, found.depth),
            (plain.states, plain.initial_states, plain.terminal_states, plain.transitions, plain.depth)
        );
        prop_assert_eq!(
            answers::<Scattered>(&packed),
            plain.verdicts.iter().map(Verdict::answer).collect::<Vec<_>>()
        );
        prop_assert_eq!(
            lengths::<Scattered>(&packed),
            plain.verdicts.iter().map(|verdict| verdict.path().map(shimproof_search::Path::len)).collect::<Vec<_>>()
        );
        for path in found.verdicts.iter().filter_map(Verdict::path) {
            prop_assert_eq!(path.replay(&system), Ok(()));
        }
    }
}
