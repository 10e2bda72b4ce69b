//! Random systems of identical processes that share a variable.

use proptest::prelude::*;
use shimproof_search::PackedSystem;

/// Each process has a state below 4, and moves by the same table: from its state and the shared one, to
/// others.
#[derive(Clone, Debug)]
pub struct Processes {
    count: u32,
    /// For each shared state (below 3) and each state of a process.
    moves: Vec<Vec<(u64, u64)>>,
}

const BITS: u32 = 4;

/// A state, as the processes: the second word has four bits for each, one of them set so that absent
/// processes differ from those in state 0.
impl Processes {
    pub fn locals(state: &[u64; 2]) -> impl Iterator<Item = u64> {
        let word = state[1];
        (0..16)
            .map(move |process| word >> (BITS * process) & 0xf)
            .filter(|local| local & 8 != 0)
            .map(|local| local & 3)
    }
}

impl PackedSystem for Processes {
    type State = [u64; 2];
    /// Which process moves, and which of its moves.
    type Action = (u32, usize);
    type Scratch = ();

    const ACTION_KINDS: &'static [&'static str] = &["move"];

    fn action_kind(_: &(u32, usize)) -> usize {
        0
    }

    fn initial(&self, emit: &mut dyn FnMut(&[u64; 2])) {
        let all = (0..self.count).fold(0, |all, process| all | 8 << (BITS * process));
        emit(&[0, all]);
    }

    fn successors(&self, state: &[u64; 2], (): &mut (), emit: &mut impl FnMut((u32, usize), &[u64; 2])) {
        for process in 0..self.count {
            let shift = BITS * process;
            let local = state[1] >> shift & 3;
            let row = usize::try_from(state[0] * 4 + local).unwrap();
            for (number, (shared, local)) in self.moves[row].iter().enumerate() {
                let rest = state[1] & !(3 << shift);
                emit((process, number), &[*shared, rest | local << shift]);
            }
        }
    }

    fn canonical(&self, state: &mut [u64; 2]) {
        let mut locals: Vec<u64> = (0..self.count)
            .map(|process| state[1] >> (BITS * process) & 0xf)
            .collect();
        locals.sort_unstable();
        state[1] = locals.iter().fold(0, |all, local| all << BITS | local);
    }
}

pub fn processes() -> impl Strategy<Value = Processes> {
    let moves = prop::collection::vec(prop::collection::vec((0_u64..3, 0_u64..4), 0..3), 12);
    (1_u32..5, moves).prop_map(|(count, moves)| Processes { count, moves })
}
