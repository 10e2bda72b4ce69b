//! Whether the container's cgroup is below that of its pod.
//!
//! The kubelet names the parent in the way of its own driver, and containerd passes the name on
//! (`getCgroupsPath`, internal/cri/server/helpers.go@v2.0.1). An OCI runtime on the other driver takes
//! `SLICE:PREFIX:NAME` for a directory of that name at the root: the container then escapes its pod's limits
//! (CVE-2025-47291). The other way round runc and its like refuse the path, and no pod starts on that node.

use shimproof_model::catalog::{Catalog, CgroupDriverSource, ContainerdRow, OciRuntimeKind, ShimRow};
use shimproof_model::guards::{RuntimeType, get_runtime_options_type};
use shimproof_model::{Domain as _, Target, TypeUrl, oci_create_text};
use shimproof_scenario::{Handler, Loaded, OptionsTable, Scenario, Which, loading_of};

use super::defects::{Carrier, Running};
use super::run::{CgroupsPath, Run, Sent};
use super::stand_in::{container_id, pod_uid};
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

/// Whether the OCI runtime that a shim runs for this Create is on the systemd driver, and gets a path of a kubelet
/// on the other one.
pub(super) fn path_refused(
    scenario: &Scenario,
    run: &Run,
    task: Target,
    create: &Sent,
) -> Option<CgroupsPath> {
    if of_kubelet(scenario, run)? != Driver::Cgroupfs {
        return None;
    }
    let row = run.world.shim(create.shim?);
    let carrier = Carrier::of(run, create);
    if row.oci_runtime != OciRuntimeKind::FromOptions || in_force(&carrier) != Driver::Systemd {
        return None;
    }
    let binary = usize::from(Wire::oci_runtime(carrier.options));
    let oci_runtime = run.world.oci_runtimes[binary].row.as_ref()?.id.clone();
    let words = CgroupDriverSource::embedded().refusal_of(&oci_runtime)?;
    Some(CgroupsPath {
        task,
        words,
        oci_runtime,
    })
}

/// The words of the refusal, in the wrappers of the release. The path is that of a best-effort pod: a scenario does
/// not say which class of service its pod is in.
pub(super) fn refusal_text(scenario: &Scenario, run: &Run, refused: &CgroupsPath) -> String {
    let pod = &scenario.pod.name;
    let sandbox = container_id(pod, "sandbox");
    let task = match refused.task {
        Target::Sandbox => sandbox.clone(),
        Target::Container(_) => container_id(pod, &scenario.container().name),
    };
    let path = format!("/kubepods/besteffort/pod{}/{task}", pod_uid(pod));
    let reason = refused.words.text.replace("{path}", &path);
    oci_create_text(&run.world.containerd[0].row, refused.task, &reason).replace("<id>", &sandbox)
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
