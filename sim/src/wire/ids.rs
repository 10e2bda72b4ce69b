//! Ids of the host, and the blocks of them that pods have.

use std::collections::BTreeSet;

/// How many ids a pod gets, unless the kubelet's configuration says otherwise.
const IDS_PER_POD: u32 = 65536;

/// A user of the host and its group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Id {
    /// The user.
    pub uid: u32,
    /// The group.
    pub gid: u32,
}

/// The id mapping of a pod: one line, the same for users and groups, that begins with id 0 of the container
/// (`createUserNs`, `pkg/kubelet/userns/userns_manager.go`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mapping {
    /// The host id of the container's id 0.
    pub host: u32,
    /// How many ids it takes in.
    pub length: u32,
}

/// A line of an id map, of users or of groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Line {
    /// The first id of the container.
    pub container: u32,
    /// The id of the host that it stands for.
    pub host: u32,
    /// How many ids.
    pub length: u32,
}

/// What is no id: `-1`, the greatest of 32 bits.
const INVALID: u32 = u32::MAX;

/// The host id of an id of the container, by the first line that takes it in; none if no line does. A line that
/// reaches beyond 32 bits ends the search, whatever stands after it (`toHost`, internal/userns/idmap.go@v2.0.1).
pub fn to_host(id: u32, lines: &[Line]) -> Option<u32> {
    for line in lines {
        let end = line.container.checked_add(line.length)?;
        if (line.container..end).contains(&id) {
            return line
                .host
                .checked_add(id - line.container)
                .filter(|host| *host != INVALID);
        }
    }
    None
}

impl Mapping {
    /// The host ids of a user and group of the container; none if one of them is not taken in.
    pub fn to_host(self, inside: Id) -> Option<Id> {
        let lines = [Line {
            container: 0,
            host: self.host,
            length: self.length,
        }];
        Some(Id {
            uid: to_host(inside.uid, &lines)?,
            gid: to_host(inside.gid, &lines)?,
        })
    }

    /// Whether a host id has an id in the container.
    pub fn contains(self, host: u32) -> bool {
        host.checked_sub(self.host)
            .is_some_and(|offset| offset < self.length)
    }
}

/// Which blocks are given out. The kubelet keeps the first block of the host for the host.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Mappings(BTreeSet<u32>);

impl Mappings {
    /// Gives out the first block that is free.
    pub(super) fn allocate(&mut self) -> Mapping {
        // 65535 blocks fit above the first; a node has far fewer pods.
        let block = (1..=u32::from(u16::MAX))
            .find(|block| !self.0.contains(block))
            .unwrap_or(u16::MAX.into());
        self.0.insert(block);
        Mapping {
            host: block * IDS_PER_POD,
            length: IDS_PER_POD,
        }
    }

    /// Takes a block back.
    pub(super) fn release(&mut self, mapping: Mapping) {
        self.0.remove(&(mapping.host / IDS_PER_POD));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Ids and lengths where something can go wrong: small ones, and those about 2^16, 2^31 and 2^32.
    fn number() -> impl Strategy<Value = u32> {
        let near = |at: u32| (0..4_u32).prop_map(move |off| at.wrapping_sub(2).wrapping_add(off));
        prop_oneof![0..5_u32, near(65536), near(1 << 31), near(0), any::<u32>()]
    }

    fn line() -> impl Strategy<Value = Line> {
        (number(), number(), number()).prop_map(|(container, host, length)| Line {
            container,
            host,
            length,
        })
    }

    proptest! {
        /// Against plain arithmetic on wider numbers: empty maps, many lines, lines that overlap, lines at the edge.
        #[test]
        fn ids_are_mapped_by_the_first_line_before_one_that_overflows(
            id in number(),
            lines in prop::collection::vec(line(), 0..6),
        ) {
            let fits = |line: &Line| u64::from(line.container) + u64::from(line.length) < 1 << 32;
            let first = lines
                .iter()
                .take_while(|line| fits(line))
                .find(|line| id >= line.container && id - line.container < line.length);
            let expected = first
                .map(|line| u64::from(line.host) + u64::from(id - line.container))
                .filter(|host| *host < u64::from(u32::MAX));
            prop_assert_eq!(to_host(id, &lines).map(u64::from), expected);
        }

        /// No two pods share an id of the host.
        #[test]
        fn blocks_do_not_overlap(kept in prop::collection::vec(any::<bool>(), 1..300)) {
            let mut mappings = Mappings::default();
            let mut given: Vec<Mapping> = Vec::new();
            for keep in kept {
                let next = mappings.allocate();
                prop_assert!(given.iter().all(|other| !other.contains(next.host)));
                if keep {
                    given.push(next);
                } else {
                    mappings.release(next);
                }
            }
        }
    }

    #[test]
    fn the_last_id_of_the_last_block_is_none() {
        let last = Mapping {
            host: 65535 * IDS_PER_POD,
            length: IDS_PER_POD,
        };
        let of = |id| last.to_host(Id { uid: id, gid: 0 }).map(|id| id.uid);
        assert_eq!(of(65534), Some(u32::MAX - 1));
        assert_eq!((of(65535), of(65536)), (None, None));
    }
}
