//! What properties say of a state, by what they say of each of its pods.

use std::cell::RefCell;

use rustc_hash::FxHashMap;
use shimproof_model::packing::MAX_WORDS;

use super::{EnvironmentWords, PackedMachine, environment_of};

/// The most properties that a search decides.
pub(crate) const MAX_PROPERTIES: usize = u128::BITS as usize;

/// Which properties a state breaks, and which speak of it: a bit for each, the first one lowest.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Judgement {
    pub(crate) broken: u128,
    pub(crate) spoken_of: u128,
}

impl Judgement {
    const fn and(self, other: Self) -> Self {
        Self {
            broken: self.broken | other.broken,
            spoken_of: self.spoken_of | other.spoken_of,
        }
    }
}

type Words = [u64; MAX_WORDS];

/// What a thread remembers, of one machine at a time. A state is asked about many times, once for each property;
/// and it has the pods of others.
struct Judged {
    machine: u64,
    recent: [(Words, Judgement); RECENT],
    pods: FxHashMap<(EnvironmentWords, u64, u8), Judgement>,
    pairs: FxHashMap<[(u64, u8); 2], Judgement>,
}

const RECENT: usize = 16;
/// Some 32 MiB.
const MAX_PODS_JUDGED: usize = 1 << 18;

thread_local! {
    static JUDGED: RefCell<Judged> = RefCell::new(Judged::of(0));
}

impl Judged {
    fn of(machine: u64) -> Self {
        Self {
            machine,
            // No state is all ones: the fields of an environment do not fill their words to the last value.
            recent: [([u64::MAX; MAX_WORDS], Judgement::default()); RECENT],
            pods: FxHashMap::default(),
            pairs: FxHashMap::default(),
        }
    }
}

impl<const W: usize> PackedMachine<W> {
    /// What the properties say of a state.
    #[inline]
    pub(crate) fn judge(&self, state: &[u64; W]) -> Judgement {
        let words = padded(state);
        let place = recent_place(&words);
        JUDGED.with_borrow_mut(|judged| {
            if judged.machine == self.number && judged.recent[place].0 == words {
                return judged.recent[place].1;
            }
            if judged.machine != self.number {
                *judged = Judged::of(self.number);
            }
            let judgement = self.judge_pods(judged, state);
            judged.recent[place] = (words, judgement);
            judgement
        })
    }

    fn judge_pods(&self, judged: &mut Judged, state: &[u64; W]) -> Judgement {
        let first = self.packing.environment_words();
        let env = environment_of(state, first);
        let specs = &self.machine.world().pods;
        let mut all = Judgement::default();
        for (place, (word, spec)) in state[first..].iter().zip(specs).enumerate() {
            let key = (env, *word, *spec);
            let judgement = if let Some(judgement) = judged.pods.get(&key) {
                *judgement
            } else {
                let judgement = self.judge_pod(&env, place, *word);
                if judged.pods.len() >= MAX_PODS_JUDGED {
                    judged.pods.clear();
                }
                judged.pods.insert(key, judgement);
                judgement
            };
            all = all.and(judgement);
        }
        if self.properties.iter().any(|property| property.between.is_some()) {
            let pods: Vec<(usize, u64, u8)> = state[first..]
                .iter()
                .zip(specs)
                .enumerate()
                .map(|(place, (word, spec))| (place, *word, *spec))
                .collect();
            for (number, one) in pods.iter().enumerate() {
                for other in &pods[number + 1..] {
                    all = all.and(self.judge_pair(judged, *one, *other));
                }
            }
        }
        all
    }

    /// What the properties say of two pods, each with its place, its word and its specification.
    fn judge_pair(&self, judged: &mut Judged, one: (usize, u64, u8), other: (usize, u64, u8)) -> Judgement {
        let key = [(one.1, one.2), (other.1, other.2)];
        if let Some(judgement) = judged.pairs.get(&key) {
            return *judgement;
        }
        let world = self.machine.world();
        let pod = |(place, word, _)| self.packing.unpack_pod(place, word);
        let (one, other) = (pod(one), pod(other));
        let mut judgement = Judgement::default();
        for (number, property) in self.properties.iter().enumerate() {
            let Some(between) = property.between else { continue };
            let broken = (between.broken)(world, &one, &other).is_some();
            judgement.broken |= u128::from(broken) << number;
            judgement.spoken_of |= u128::from((between.antecedent)(world, &one, &other)) << number;
        }
        if judged.pairs.len() >= MAX_PODS_JUDGED {
            judged.pairs.clear();
        }
        judged.pairs.insert(key, judgement);
        judgement
    }

    #[cold]
    fn judge_pod(&self, env: &EnvironmentWords, place: usize, word: u64) -> Judgement {
        let world = self.machine.world();
        let env = self.packing.unpack_environment(env);
        let pod = self.packing.unpack_pod(place, word);
        let mut judgement = Judgement::default();
        for (number, property) in self.properties.iter().enumerate() {
            let broken = (property.broken)(world, &env, &pod, &mut |fact| self.facts[number].insert(fact));
            let spoken_of = (property.antecedent)(world, &env, &pod);
            judgement.broken |= u128::from(broken.is_some()) << number;
            judgement.spoken_of |= u128::from(spoken_of) << number;
        }
        judgement
    }
}

#[inline]
fn padded<const W: usize>(state: &[u64; W]) -> Words {
    let mut words = Words::default();
    words[..W].copy_from_slice(state);
    words
}

#[inline]
fn recent_place(words: &Words) -> usize {
    let mixed = words.iter().fold(0, |mixed: u64, word| {
        (mixed.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95)
    });
    // The highest bits are the best mixed ones.
    usize::try_from(mixed >> 60).unwrap_or_default() % RECENT
}
