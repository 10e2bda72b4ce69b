//! Every message that can be in flight for a pod.

use crate::abstraction::{Abstract, Any, HostId};
use crate::domain::Domain;
use crate::type_url::TypeUrl;
use crate::world::World;

use super::digits::Codes;

/// The messages that the steps of the machine can make out of those that `RunPodSandbox` generates: everything
/// that follows from `recorded` and new messages by the operations of [`Domain`]. Owners in a block are in
/// block 0, which stands for the pod's.
pub(super) fn messages(world: &World<Abstract>, recorded: impl Iterator<Item = Any>) -> Codes<Any> {
    let no_pivot = world
        .configurations
        .iter()
        .any(|configuration| configuration.no_pivot);
    let fresh = [TypeUrl::RuncV1, TypeUrl::LinuxCreateOptions].map(Abstract::fresh);
    let mut codes = Codes::of(recorded.chain(fresh));
    let mut next = 0;
    while let Some(any) = codes.get(next) {
        next += 1;
        for owner in [HostId::Root, HostId::Identity, HostId::InBlock(0)] {
            let mut owned = any;
            Abstract::set_io_owner(&mut owned, owner);
            codes.add(owned);
        }
        let mut with_endpoint = any;
        Abstract::set_task_api_endpoint(&mut with_endpoint);
        codes.add(with_endpoint);
        if no_pivot {
            let mut without_pivot = any;
            Abstract::set_no_pivot_root(&mut without_pivot);
            codes.add(without_pivot);
        }
        codes.add(Abstract::through_store(any));
        codes.add(Abstract::through_ttrpc(any));
        if let Ok(copy) = Abstract::copy_as_runc(&any) {
            codes.add(copy);
        }
    }
    codes
}
