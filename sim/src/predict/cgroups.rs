//! Whether the container's cgroup is below that of its pod.
//!
//! The kubelet names the parent in the way of its own driver, and containerd passes the name on
//! (`getCgroupsPath`, internal/cri/server/helpers.go@v2.0.1). An OCI runtime on the other driver takes
//! `SLICE:PREFIX:NAME` for a directory of that name at the root: the container then escapes its pod's limits
//! (CVE-2025-47291).

use shimproof_model::catalog::{Catalog, OciRuntimeKind, ShimRow};
use shimproof_scenario::Scenario;

use super::defects::{Carrier, Running};
use super::run::Run;
use crate::wire::{Content, Table};

/// The option that selects the driver.
const SYSTEMD_CGROUP: &str = "SystemdCgroup";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Driver {
    Systemd,
    Cgroupfs,
}

/// Whether kubelet and runtime use different drivers. A scenario that does not say which driver the kubelet has
/// is one in which they were made to agree.
pub(super) fn parent_is_wrong(
    scenario: &Scenario,
    catalog: &Catalog,
    run: &Run,
    running: &Running,
    carrier: &Carrier<'_>,
) -> bool {
    let kubelet = match scenario
        .kubelet
        .as_ref()
        .and_then(|kubelet| kubelet.cgroup_driver.as_deref())
    {
        Some("systemd") => Driver::Systemd,
        Some(_) => Driver::Cgroupfs,
        None => return false,
    };
    let row = run.world.shim(running.shim);
    takes_the_driver_from_options(row, catalog) && kubelet != in_force(carrier)
}

/// Whether containers are placed as the options say. Others have a configuration of their own, or a guest.
fn takes_the_driver_from_options(row: &ShimRow, catalog: &Catalog) -> bool {
    let knows_the_key = |other: &ShimRow| {
        let keys = other
            .create
            .rules
            .iter()
            .filter_map(|rule| rule.applies.as_ref())
            .flatten();
        other.name == row.name && keys.into_iter().any(|key| key == SYSTEMD_CGROUP)
    };
    // A release that does not look at the option yet places containers as the later ones do without it.
    row.oci_runtime == OciRuntimeKind::FromOptions || catalog.shims().iter().any(knows_the_key)
}

/// The driver of the runtime: cgroupfs, unless the option arrives and is acted upon.
fn in_force(carrier: &Carrier<'_>) -> Driver {
    let set = match carrier.options.map(|any| (any, any.content())) {
        Some((_, Ok(Content::Runc(message)))) => message.systemd_cgroup,
        Some((any, Ok(Content::Runtime(_)))) => Table::systemd_cgroup_in(&any.config_body()),
        _ => false,
    };
    if set && carrier.applies(SYSTEMD_CGROUP) {
        Driver::Systemd
    } else {
        Driver::Cgroupfs
    }
}
