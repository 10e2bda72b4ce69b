//! Nodes as a few words.
//!
//! A [`Packing`] is reckoned from a world: for each field of a state, how many values it can have there. The
//! environment comes first, then each pod in a word of its own, so that a step rewrites the words that it
//! changes. What follows from other fields has no bits: the options of a sandbox record follow from
//! configuration and release, and all ids of a pod are in one block. Packing checks that this is so: a state that
//! breaks it is a [`Misfit`], never another state.

mod digits;
mod environment;
mod in_flight;
mod messages;
mod pod;
mod refusals;
#[cfg(test)]
mod round_trip;

use crate::abstraction::Abstract;
use crate::environment::Environment;
use crate::guards::{HostUsers, Network};
use crate::node::Node;
use crate::pod::Pod;
use crate::world::{Client, MAX_PODS, PodSpec, World};

use environment::EnvironmentPacking;
use pod::PodPacking;

/// The most words that a state has.
pub const MAX_WORDS: usize = environment::MAX_WORDS + MAX_PODS;

/// A world whose states do not pack.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackingError {
    /// Too many pods.
    #[error("{pods} pods are more than the {MAX_PODS} that a state has room for")]
    Pods {
        /// How many there are.
        pods: usize,
    },
    /// The environment needs too many bits.
    #[error(
        "the environment does not fit its words: there is no room for the {bits} bits of its field `{field}`"
    )]
    Environment {
        /// The first field without room.
        field: &'static str,
        /// The bits that it needs.
        bits: u32,
    },
    /// A pod needs too many bits.
    #[error(
        "the state of pod `{pod}` needs {needed} bits and has 64; the widest field is its {field} with {bits} bits"
    )]
    Pod {
        /// The pod.
        pod: String,
        /// The bits that it needs.
        needed: u32,
        /// Its widest field.
        field: &'static str,
        /// The bits of that field.
        bits: u32,
    },
}

/// A state has a value that its world does not provide for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the field `{field}` has a value that nothing in this world leads to")]
pub struct Misfit {
    /// The field.
    pub field: &'static str,
}

/// How the states of a world are packed.
#[derive(Clone, Debug)]
pub struct Packing {
    environment: EnvironmentPacking,
    /// For each of [`World::pod_specs`].
    pods: Vec<PodPacking>,
    /// For each pod, its specification.
    specs: Vec<u8>,
    /// Whether blocks are interchangeable.
    renames_blocks: bool,
}

impl Packing {
    /// The packing of a world's states.
    ///
    /// # Errors
    /// [`PackingError`], with the field that has no room.
    pub fn new(world: &World<Abstract>) -> Result<Self, PackingError> {
        if world.pods.len() > MAX_PODS {
            return Err(PackingError::Pods {
                pods: world.pods.len(),
            });
        }
        let specs = 0..u8::try_from(world.pod_specs.len()).unwrap_or(u8::MAX);
        Ok(Self {
            environment: EnvironmentPacking::new(world)?,
            pods: specs
                .map(|spec| PodPacking::new(world, spec))
                .collect::<Result<_, _>>()?,
            specs: world.pods.clone(),
            renames_blocks: world.client == Client::Kubelet
                && !world.pod_specs.iter().any(can_run_without_its_block),
        })
    }

    /// How many words a state has.
    pub const fn words(&self) -> usize {
        self.environment.words() + self.specs.len()
    }

    /// How many of them are the environment's, the first ones.
    pub const fn environment_words(&self) -> usize {
        self.environment.words()
    }

    /// Writes an environment into the first words of a state.
    ///
    /// # Errors
    /// [`Misfit`] if it is not one of this world.
    pub fn pack_environment(&self, env: &Environment<Abstract>, words: &mut [u64]) -> Result<(), Misfit> {
        self.environment.pack(env, words)
    }

    /// The environment in the first words of a state.
    pub fn unpack_environment(&self, words: &[u64]) -> Environment<Abstract> {
        self.environment.unpack(words)
    }

    /// The word of a pod.
    ///
    /// # Errors
    /// [`Misfit`] if it is not a pod of this world.
    pub fn pack_pod(&self, pod: &Pod<Abstract>) -> Result<u64, Misfit> {
        let field = "specification";
        self.pods
            .get(usize::from(pod.spec))
            .ok_or(Misfit { field })?
            .pack(pod)
    }

    /// The pod of a word, by its place on the node.
    pub fn unpack_pod(&self, place: usize, word: u64) -> Pod<Abstract> {
        self.of(place).unpack(word)
    }

    /// Writes a node into [`Self::words`] words.
    ///
    /// # Errors
    /// [`Misfit`] if it is not a node of this world.
    pub fn pack(&self, node: &Node<Abstract>, words: &mut [u64]) -> Result<(), Misfit> {
        let specs = node.pods.iter().map(|pod| pod.spec);
        if !specs.eq(self.specs.iter().copied()) {
            return Err(Misfit { field: "pods" });
        }
        self.pack_environment(&node.environment, words)?;
        for (word, pod) in words[self.environment_words()..].iter_mut().zip(&node.pods) {
            *word = self.pack_pod(pod)?;
        }
        Ok(())
    }

    /// The node of these words.
    pub fn unpack(&self, words: &[u64]) -> Node<Abstract> {
        let pods = &words[self.environment_words()..self.words()];
        Node {
            environment: self.unpack_environment(words),
            pods: pods
                .iter()
                .enumerate()
                .map(|(place, word)| self.unpack_pod(place, *word))
                .collect(),
        }
    }

    /// Replaces a node by the one that stands for all that differ from it only in which of several pods of one
    /// specification is which, and in which blocks of ids they have.
    ///
    /// A step sees the environment and one pod, so that it does not matter which pod is which. Nor does the number
    /// of a block: an id in a block is only compared with others of the same pod, and blocks of two pods only for
    /// being the same one. The kubelet gives out the lowest free block, so that the steps of two such nodes lead to
    /// blocks of different numbers; but to nodes that differ in nothing else. What is left of a block that was
    /// given back would be an exception, as its number may be given out again or not; but it stands in records of
    /// containers that ended, which nobody asks. Where it can stand elsewhere, blocks keep their numbers.
    pub fn canonical(&self, words: &mut [u64]) {
        let (env, pods) = words.split_at_mut(self.environment_words());
        let pods = &mut pods[..self.specs.len()];
        if self.renames_blocks {
            for (word, spec) in pods.iter_mut().zip(&self.specs) {
                *word = self.pods[usize::from(*spec)].without_block(*word).0;
            }
        }
        // Each pod moves before those of its specification that are greater.
        for last in 1..pods.len() {
            let mut at = last;
            for before in (0..last)
                .rev()
                .filter(|before| self.specs[*before] == self.specs[last])
            {
                if pods[before] <= pods[at] {
                    break;
                }
                pods.swap(before, at);
                at = before;
            }
        }
        if self.renames_blocks {
            let mut given_out = 0;
            for (place, word) in pods.iter_mut().enumerate() {
                if self.of(place).without_block(*word).1 {
                    *word += PodPacking::block_offset(given_out);
                    given_out += 1;
                }
            }
            self.environment.set_blocks(env, (1 << given_out) - 1);
        }
    }

    fn of(&self, place: usize) -> &PodPacking {
        &self.pods[usize::from(self.specs[place])]
    }
}

/// Whether the pod can fail while its containers run, so that its block is given back under them: only admission
/// does that to a pod, which is repeated when the kubelet restarts.
fn can_run_without_its_block(pod: &PodSpec) -> bool {
    pod.network == Network::Node && pod.host_users == HostUsers::False
}
