//! How the facts are known that a prediction rests on.

use shimproof_model::catalog::provenance::{Known, Row};
use shimproof_model::catalog::{ContainerdField, OciRuntimeField, ShimField};
use shimproof_model::log::Fact;
use shimproof_model::world::World;
use shimproof_model::{Channel, Refusal, Stage};

use crate::wire::Wire;

/// The weakest of the facts: how it is known, and, where that is less than read, which facts are known so.
pub(super) fn weakest(world: &World<Wire>, facts: &[Fact]) -> (Known, Vec<String>) {
    let known: Vec<(Known, String)> = facts.iter().filter_map(|fact| how(world, *fact)).collect();
    let weakest = known
        .iter()
        .map(|(known, _)| *known)
        .max()
        .unwrap_or(Known::Executed);
    let mut named: Vec<String> = known
        .into_iter()
        .filter(|(known, _)| *known == weakest && weakest == Known::Inferred)
        .map(|(_, name)| name)
        .collect();
    named.sort();
    named.dedup();
    (weakest, named)
}

fn how(world: &World<Wire>, fact: Fact) -> Option<(Known, String)> {
    fn of(row: &impl Row, field: &str) -> (Known, String) {
        (row.known(field), format!("{} of {}", field, row.id()))
    }
    Some(match fact {
        Fact::Containerd(row, field) => of(&world.containerd[usize::from(row)].row, field.as_str()),
        Fact::Kubelet(row, field) => of(&world.kubelets[usize::from(row)].row, field.as_str()),
        Fact::Shim(row, field) => of(world.shim(row), field.as_str()),
        Fact::OciRuntime(row, field) => {
            of(world.oci_runtimes[usize::from(row)].row.as_ref()?, field.as_str())
        }
    })
}

/// The facts that the words of a refusal come from.
pub(super) fn of_text(world: &World<Wire>, refusal: Refusal) -> Vec<Fact> {
    let wrappers: &[ContainerdField] = match refusal.stage() {
        Stage::ShimStart => &[
            ContainerdField::ShimStartWrapper,
            ContainerdField::ErrorClassSuffix,
        ],
        Stage::ShimCreate | Stage::OciCreate => &[
            ContainerdField::ShimCreateWrapper,
            ContainerdField::ErrorClassSuffix,
        ],
        Stage::TasksService | Stage::RuntimeFeatures => &[ContainerdField::ErrorClassSuffix],
        _ => &[],
    };
    let wrappers = wrappers.iter().map(|field| Fact::Containerd(0, *field));
    let own = match refusal {
        Refusal::InfoFlagUnknown { shim } => Some(Fact::Shim(shim, ShimField::InfoText)),
        Refusal::StartMisframed { shim } => Some(Fact::Shim(shim, ShimField::StartMisframedText)),
        Refusal::StartReplyVersion { shim } | Refusal::StartReplyUnread { shim } => {
            Some(Fact::Shim(shim, ShimField::StartReplies))
        }
        Refusal::UsernsInHostNetwork { shim } => Some(Fact::Shim(shim, ShimField::UsernsInHostNetworkText)),
        Refusal::CannotJoinUserns { shim } => Some(Fact::Shim(shim, ShimField::JoinUsernsText)),
        Refusal::Rejected { channel, shim, .. } => Some(Fact::Shim(
            shim,
            match channel {
                Channel::Create => ShimField::CreateRules,
                Channel::Start => ShimField::StartRules,
                Channel::Info => ShimField::InfoRules,
            },
        )),
        Refusal::IdmapUnsupported {
            oci_runtime: Some(oci_runtime),
        } => {
            let installed = world.oci_runtimes[usize::from(oci_runtime)].row.is_some();
            installed.then_some(Fact::OciRuntime(oci_runtime, OciRuntimeField::FeaturesText))
        }
        _ => None,
    };
    wrappers.chain(own).collect()
}
