//! Whether the container's cgroup is below that of its pod.
//!
//! The kubelet names the parent in the way of its own driver, and containerd passes the name on
//! (`getCgroupsPath`, internal/cri/server/helpers.go@v2.0.1). An OCI runtime on the other driver takes
//! `SLICE:PREFIX:NAME` for a directory of that name at the root: the container then escapes its pod's limits
//! (CVE-2025-47291). The other way round, runc refuses a path where it expects such a name.

use shimproof_model::catalog::{Catalog, CgroupDriverSource, ContainerdRow, OciRuntimeKind, ShimRow};
use shimproof_model::guards::{RuntimeType, get_runtime_options_type};
use shimproof_model::{Channel, Domain as _, Target, TypeUrl};
use shimproof_scenario::{Handler, Loaded, OptionsTable, Scenario, Which, loading_of};

use super::defects::{Carrier, Running};
use super::run::{Run, Sent};
use crate::wire::{Content, Table, Wire};

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
    let Some(kubelet) = of_kubelet(scenario, run) else {
        return false;
    };
    let row = run.world.shim(running.shim);
    takes_the_driver_from_options(row, catalog) && kubelet != in_force(carrier)
}

/// A request to create a task that its OCI runtime refuses: the kubelet names a path, and the options say systemd.
pub(super) struct RefusedPath {
    /// The number of the message.
    pub sent: usize,
    /// The task.
    pub task: Target,
    /// The OCI runtime.
    pub oci_runtime: u8,
    /// What the OCI runtime says, with `{path}` for the cgroup.
    pub reason: String,
}

/// The first such request.
pub(super) fn refused_path(scenario: &Scenario, run: &Run) -> Option<RefusedPath> {
    if of_kubelet(scenario, run)? != Driver::Cgroupfs {
        return None;
    }
    let refused = |(number, sent): (usize, &Sent)| {
        let (Channel::Create, task, options) = sent.to_shim()? else {
            return None;
        };
        let selects = run.world.shim(sent.shim?).oci_runtime == OciRuntimeKind::FromOptions;
        if !selects || in_force(&Carrier::of(run, sent, options)) != Driver::Systemd {
            return None;
        }
        let oci_runtime = Wire::oci_runtime(options);
        let row = run.world.oci_runtimes[usize::from(oci_runtime)].row.as_ref()?;
        Some(RefusedPath {
            sent: number,
            task,
            oci_runtime,
            reason: row.cgroupfs_path_text.clone()?,
        })
    };
    run.sent.iter().enumerate().find_map(refused)
}

/// The kubelet's driver: what its configuration says, or what containerd told it.
fn of_kubelet(scenario: &Scenario, run: &Run) -> Option<Driver> {
    let config = scenario.kubelet.as_ref()?;
    let configured = match config.cgroup_driver.as_deref()? {
        "systemd" => Driver::Systemd,
        _ => Driver::Cgroupfs,
    };
    let source = CgroupDriverSource::embedded();
    let of_scenario = scenario.file.kubernetes.feature_gates.get(&source.gate);
    let gate = of_scenario
        .or_else(|| config.feature_gates.get(&source.gate))
        .copied();
    let row = &run.world.containerd[0].row;
    if !source.is_the_runtime(&scenario.file.kubernetes.version, gate, &row.id) {
        return Some(configured);
    }
    of_runtime_config(scenario, row)
}

/// What CRI `RuntimeConfig` says: the driver of the first handler with options of runc, the default handler first and
/// then by name (`getCgroupDriver`, internal/cri/server/runtime_config_linux.go@v2.0.1). Without one, it depends on
/// whether systemd runs on the node, which a scenario does not say.
fn of_runtime_config(scenario: &Scenario, row: &ContainerdRow) -> Option<Driver> {
    let Ok(Loaded::Config(config)) = scenario.containerd_config(Which::Before, &loading_of(row)) else {
        return None;
    };
    let default = config.handlers.get_key_value(&config.default_runtime_name);
    let others = config
        .handlers
        .iter()
        .filter(|(name, _)| **name != config.default_runtime_name);
    let of_runc = |handler: &&Handler| {
        handler.options != OptionsTable::Absent
            && get_runtime_options_type(row, RuntimeType::of(&handler.runtime_type)) == TypeUrl::RuncV1
    };
    let handler = default
        .into_iter()
        .chain(others)
        .map(|(_, handler)| handler)
        .find(of_runc)?;
    let set = handler.options.as_runc(config.keys).known;
    Some(
        if set.get(SYSTEMD_CGROUP).and_then(toml::Value::as_bool) == Some(true) {
            Driver::Systemd
        } else {
            Driver::Cgroupfs
        },
    )
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
