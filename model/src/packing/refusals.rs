//! Every refusal that a world can give to a pod.

use crate::abstraction::Abstract;
use crate::finite::Finite;
use crate::pod::{Call, Channel};
use crate::refusal::{Refusal, UnsupportedMode};
use crate::type_url::TypeUrl;
use crate::userns::UsernsMode;
use crate::world::World;

use super::digits::Codes;

/// The refusals, of a pod with so many containers.
pub(super) fn refusals(world: &World<Abstract>, containers: u8) -> Codes<Refusal> {
    let mut all = vec![
        Refusal::GateOff,
        Refusal::HandlersNotSet,
        Refusal::HandlersEmpty,
        Refusal::HandlerNotListed,
        Refusal::HandlerWithoutUserns,
        Refusal::HostNetworkForbidden,
        Refusal::HostNetworkNotDeclared,
        Refusal::UsernsConfigDiffers,
        Refusal::SandboxNotRunning,
        Refusal::UserNotMapped,
        Refusal::InvalidTaskCreateOption,
        Refusal::InfoWithoutFeatures,
        Refusal::IdmapUnsupported { oci_runtime: None },
        Refusal::VolumeNotIdmappable,
        Refusal::Unavailable,
        Refusal::DeadlineExceeded,
        Refusal::ShimGone,
    ];
    for mode in UsernsMode::all() {
        all.extend([
            Refusal::PinWithoutNetns { mode },
            Refusal::IdmapMountsUnsupported { mode },
        ]);
    }
    for call in calls(containers) {
        all.extend([
            Refusal::NoRuntimeConfigured(call),
            Refusal::NodeWithMappings(call),
            Refusal::PodWithoutMappings(call),
            Refusal::TwoMappingLines(call),
            Refusal::ZeroMappingLength(call),
            Refusal::UnsupportedUsernsMode(call, UnsupportedMode::Container),
            Refusal::UnsupportedUsernsMode(call, UnsupportedMode::Target),
        ]);
    }
    all.extend(TypeUrl::all().map(|url| Refusal::CannotCopyRuntimeOptions { url }));
    for oci_runtime in numbers(world.oci_runtimes.len()) {
        all.extend([
            Refusal::InfoRuntimeMissing { oci_runtime },
            Refusal::IdmapUnsupported {
                oci_runtime: Some(oci_runtime),
            },
            Refusal::OciRuntimeCannotJoinUserns { oci_runtime },
            Refusal::SandboxWithoutUserns { oci_runtime },
            Refusal::OciRuntimeMissing { oci_runtime },
        ]);
    }
    for shim in numbers(world.shims.len()) {
        all.extend([
            Refusal::SandboxApiMissing { shim },
            Refusal::InfoFlagUnknown { shim },
            Refusal::StartMisframed { shim },
            Refusal::StartReplyVersion { shim },
            Refusal::StartReplyUnread { shim },
            Refusal::CannotJoinUserns { shim },
            Refusal::UsernsInHostNetwork { shim },
        ]);
        all.extend(rejections(world, shim));
    }
    Codes::of(all)
}

/// What the rules of a shim can reject.
fn rejections(world: &World<Abstract>, shim: u8) -> impl Iterator<Item = Refusal> {
    let row = world.shim(shim);
    let rules = [
        (Channel::Create, row.create.rules.len()),
        (Channel::Start, row.start.rules.len()),
        (Channel::Info, row.info.rules.len()),
    ];
    rules.into_iter().flat_map(move |(channel, rules)| {
        numbers(rules).flat_map(move |rule| {
            <(TypeUrl, bool)>::all().map(move |(url, inner_runsc)| Refusal::Rejected {
                channel,
                shim,
                rule,
                url,
                inner_runsc,
            })
        })
    })
}

/// The calls of the CRI that a pod with so many containers can be in.
pub(super) fn calls(containers: u8) -> impl Iterator<Item = Call> {
    let of_containers = (0..containers)
        .flat_map(|container| [Call::CreateContainer(container), Call::StartContainer(container)]);
    std::iter::once(Call::RunPodSandbox).chain(of_containers)
}

fn numbers(count: usize) -> impl Iterator<Item = u8> {
    0..u8::try_from(count).unwrap_or(u8::MAX)
}
