//! A digest of a state that is the same on every machine.

use std::hash::{Hash, Hasher};

use crate::domain::Domain;
use crate::node::Node;

/// FNV-1a, 64 bits (Fowler, Noll, Vo): it tells states of one trace apart; nothing is found by it.
struct Fnv(u64);

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

/// The digest of a state, as 16 hexadecimal digits.
pub fn digest<D: Domain>(node: &Node<D>) -> String {
    let mut hasher = Fnv(0xcbf2_9ce4_8422_2325);
    node.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
