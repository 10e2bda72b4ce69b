//! Whether a container's init can re-open its stdio, as `/proc/self/fd/1` (containerd issue #10598).

use shimproof_model::catalog::{ChownsStdio, OciRuntimeField, OciRuntimeKind, Pipes};
use shimproof_model::log::Fact;
use shimproof_scenario::Scenario;

use super::defects::Running;
use super::owner::user_of;
use super::run::Run;
use crate::wire::{Id, Mapping};

/// Whether the pipes belong to somebody whose files the container's user may not open.
///
/// That is asked only where the shim makes the pipes on the host and an OCI runtime hands them to a process of
/// the host: a sandbox with a kernel of its own has its own idea of who owns them.
pub(super) fn cannot_be_opened(
    scenario: &Scenario,
    run: &Run,
    running: &Running,
    facts: &mut Vec<Fact>,
) -> bool {
    let shim = run.world.shim(running.shim);
    let container = scenario.container();
    if container.tty || shim.pipes != Pipes::Host || shim.oci_runtime != OciRuntimeKind::FromOptions {
        return false;
    }
    let Some(oci_runtime) = &run.world.oci_runtimes[usize::from(running.oci_runtime)].row else {
        return false;
    };
    facts.push(Fact::OciRuntime(
        running.oci_runtime,
        OciRuntimeField::ChownsStdio,
    ));
    let record = run.pod().containers[usize::from(run.container)];
    let mapping = record
        .filter(|_| running.in_userns)
        .and_then(|record| record.userns.mapping());
    // Whoever is not given an owner makes pipes as root of the host.
    let owner = running.pipe_owner.unwrap_or_default();
    !opens(
        oci_runtime.chowns_stdio,
        owner,
        user_of(scenario, container),
        mapping,
    )
}

/// pipe(7) and `user_namespaces(7)`: a capability counts for an inode only if both its owners are mapped.
fn opens(chowns: ChownsStdio, owner: Id, user: Id, mapping: Option<Mapping>) -> bool {
    let mapped = |owner: Id| mapping.is_none_or(|to| to.contains(owner.uid) && to.contains(owner.gid));
    let as_host = match mapping {
        None => Some(user),
        Some(mapping) => mapping.to_host(user),
    };
    match chowns {
        // Given to the container's root from outside, it can be given to its user from inside.
        ChownsStdio::FromHost => true,
        ChownsStdio::InUserns => mapped(owner),
        ChownsStdio::No => {
            let own = as_host.is_some_and(|host| host.uid == owner.uid);
            own || (user.uid == 0 && mapped(owner))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: Id = Id { uid: 0, gid: 0 };
    const USER: Id = Id { uid: 1000, gid: 1000 };
    const POD: Mapping = Mapping {
        host: 65536,
        length: 65536,
    };

    #[test]
    fn runc_cannot_give_away_what_is_not_mapped() {
        for user in [ROOT, USER] {
            assert!(!opens(ChownsStdio::InUserns, ROOT, user, Some(POD)));
            assert!(opens(
                ChownsStdio::InUserns,
                POD.to_host(user).unwrap(),
                user,
                Some(POD)
            ));
            assert!(opens(ChownsStdio::InUserns, ROOT, user, None));
            assert!(opens(ChownsStdio::FromHost, ROOT, user, Some(POD)));
        }
    }

    #[test]
    fn a_runtime_that_does_not_chown_needs_the_right_owner() {
        assert!(opens(ChownsStdio::No, ROOT, ROOT, None));
        assert!(!opens(ChownsStdio::No, ROOT, USER, None));
        assert!(opens(ChownsStdio::No, USER, USER, None));
        assert!(!opens(ChownsStdio::No, ROOT, ROOT, Some(POD)));
        assert!(opens(
            ChownsStdio::No,
            POD.to_host(USER).unwrap(),
            USER,
            Some(POD)
        ));
    }
}
