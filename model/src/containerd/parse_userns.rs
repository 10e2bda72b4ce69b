//! `parseUsernsIDs`, internal/cri/server/helpers.go@v2.0.1.

use crate::pod::Call;
use crate::refusal::{Refusal, UnsupportedMode};
use crate::userns::Userns;

/// The mapping of user-namespace options; none if they ask for no user namespace.
pub(super) fn parse_userns_ids<M: Copy>(userns: Userns<M>, call: Call) -> Result<Option<M>, Refusal> {
    match userns {
        Userns::LinuxNil | Userns::Nil | Userns::Node => Ok(None),
        Userns::Pod(mapping) => Ok(Some(mapping)),
        Userns::NodeWithMappings => Err(Refusal::NodeWithMappings(call)),
        Userns::PodWithoutMappings => Err(Refusal::PodWithoutMappings(call)),
        Userns::PodTwoLines => Err(Refusal::TwoMappingLines(call)),
        Userns::PodZeroLength => Err(Refusal::ZeroMappingLength(call)),
        Userns::Container => Err(Refusal::UnsupportedUsernsMode(call, UnsupportedMode::Container)),
        Userns::Target => Err(Refusal::UnsupportedUsernsMode(call, UnsupportedMode::Target)),
    }
}
