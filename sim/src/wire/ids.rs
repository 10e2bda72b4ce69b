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

impl Mapping {
    /// The host ids of a user and group of the container; none if one of them is not taken in.
    pub fn to_host(self, inside: Id) -> Option<Id> {
        let map = |id: u32| (id < self.length).then(|| self.host.checked_add(id)).flatten();
        Some(Id {
            uid: map(inside.uid)?,
            gid: map(inside.gid)?,
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
