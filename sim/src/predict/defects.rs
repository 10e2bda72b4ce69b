//! What is configured and not in force, once the container runs.

use shimproof_model::catalog::{Catalog, OciRuntimeKind, Rule, Scope, ShimField, Then};
use shimproof_model::guards::HostUsers;
use shimproof_model::log::Fact;
use shimproof_model::world::Sandboxer;
use shimproof_model::{Channel, Container, ContainerState, Delivered, Domain, Finite, Target, TypeUrl};
use shimproof_scenario::{
    Defect, Loaded, SYSTEMD_CGROUP_IN_BODY, Scenario, ScenarioError, Which, loading_of,
};

use super::run::{Run, Sent};
use super::{cgroups, pipes};
use crate::wire::{Any, Id, Table, Wire};

/// The container as it runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Running {
    /// Whether it is in a user namespace of its pod.
    pub in_userns: bool,
    /// The owner that the shim gave to its pipes.
    pub pipe_owner: Option<Id>,
    /// Its OCI runtime, by number.
    pub oci_runtime: u8,
    /// The shim that serves it.
    pub shim: u8,
}

/// The message that the shim takes the container's options from, and what it does with it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Carrier<'r> {
    pub options: Option<&'r Any>,
    outcome: Delivered,
    rule: Option<&'r Rule>,
}

/// What is wrong with the container that runs, sorted.
pub(super) fn defects(
    scenario: &Scenario,
    catalog: &Catalog,
    run: &Run,
    facts: &mut Vec<Fact>,
) -> Result<Vec<Defect>, ScenarioError> {
    let Some(running) = running(run) else {
        return Ok(Vec::new());
    };
    let carrier = carrier(run, running.shim);
    let mut found = Vec::new();
    if let Some(table) = run.pod().recorded_table(&run.world) {
        options(run, running.shim, table, &carrier, &mut found);
        // A name that leads to no other runtime is no defect: the default one may be named.
        let runs = &run.world.oci_runtimes[usize::from(running.oci_runtime)].binary_name;
        let selects = run.world.shim(running.shim).oci_runtime == OciRuntimeKind::FromOptions;
        if selects && table.binary_name().is_some_and(|wanted| wanted != runs) {
            found.push(Defect::WrongOciRuntime);
        }
    }
    if drops_runtime_path(scenario, run)? {
        found.push(Defect::OptionLost("runtime_path".to_owned()));
    }
    if run.world.pod_spec(0).host_users == HostUsers::False && !running.in_userns {
        found.push(Defect::UsernsNotCreated);
    }
    facts.push(Fact::Shim(running.shim, ShimField::Pipes));
    if pipes::cannot_be_opened(scenario, run, &running, facts) {
        found.push(Defect::PipeNotOpenable);
    }
    if cgroups::parent_is_wrong(scenario, catalog, run, &running, &carrier) {
        found.push(Defect::WrongCgroupParent);
    }
    found.sort();
    found.dedup();
    Ok(found)
}

fn running(run: &Run) -> Option<Running> {
    let record = run.pod().containers[usize::from(run.container)];
    let Some(Container {
        state:
            ContainerState::Running {
                in_userns,
                pipe_owner,
                oci_runtime,
                shim,
            },
        ..
    }) = record
    else {
        return None;
    };
    Some(Running {
        in_userns,
        pipe_owner,
        oci_runtime,
        shim,
    })
}

/// A shim that looks only at the options of the task that builds the sandbox takes them from there; under the
/// sandbox API there is no such task.
fn carrier(run: &Run, shim: u8) -> Carrier<'_> {
    let task = match run.world.shim(shim).create.scope {
        Scope::FirstContainer => Target::Sandbox,
        Scope::EveryContainer | Scope::Never => Target::Container(run.container),
    };
    let none = Carrier {
        options: None,
        outcome: Delivered::NotRead,
        rule: None,
    };
    run.to_shim(Channel::Create, task)
        .last()
        .map_or(none, |(sent, options)| Carrier::of(run, sent, options))
}

fn rule<'r>(run: &'r Run, sent: &Sent, channel: Channel) -> Option<&'r Rule> {
    let row = run.world.shim(sent.shim?);
    let rules = match channel {
        Channel::Create => &row.create.rules,
        Channel::Start => &row.start.rules,
        Channel::Info => &row.info.rules,
    };
    rules.get(usize::from(sent.delivery?.rule?))
}

impl<'r> Carrier<'r> {
    /// A request to create a task.
    pub fn of(run: &'r Run, sent: &'r Sent, options: Option<&'r Any>) -> Self {
        Self {
            options,
            outcome: sent
                .delivery
                .map_or(Delivered::NotRead, |delivery| delivery.outcome),
            rule: rule(run, sent, Channel::Create),
        }
    }
}

impl Carrier<'_> {
    /// Whether the shim acts upon the operator's key in this message.
    pub fn applies(&self, key: &str) -> bool {
        let in_body = |key: &str| SYSTEMD_CGROUP_IN_BODY.contains(&key);
        let applied = |rule: &Rule| {
            rule.applies.as_ref().is_none_or(|keys| {
                keys.iter()
                    .any(|other| other == key || (in_body(other) && in_body(key)))
            })
        };
        self.outcome == Delivered::Applied && self.rule.is_none_or(applied)
    }
}

fn options(run: &Run, shim: u8, table: &Table, carrier: &Carrier<'_>, found: &mut Vec<Defect>) {
    let by_sandbox_api = run
        .pod()
        .recorded_handler_config(&run.world)
        .is_some_and(|config| config.sandboxer == Sandboxer::Shim);
    let unread = by_sandbox_api && carrier.options.is_none() && carrier.outcome == Delivered::NotRead;
    let lost = Wire::lost(carrier.options, table);
    for key in table.operator_keys() {
        if applied_at_start(run, table, &key) {
            continue;
        }
        // `TypeUrl` says what the rest of the table is; by itself it asks for nothing.
        let tag = key == "TypeUrl";
        let defect = match carrier.outcome {
            _ if unread && tag => continue,
            _ if unread => Defect::OptionIgnored(key),
            _ if lost.contains(&key) => Defect::OptionLost(key),
            Delivered::Unknown => continue,
            _ if tag => continue,
            Delivered::Misread if read_as_another(run, shim, table, &key) => Defect::OptionMisread(key),
            Delivered::Applied if carrier.applies(&key) => continue,
            _ => Defect::OptionIgnored(key),
        };
        found.push(defect);
    }
}

/// Whether the shim has taken the key from the standard input of `start` already, as runc's does `ShimCgroup`.
fn applied_at_start(run: &Run, table: &Table, key: &str) -> bool {
    let tasks = [Target::Sandbox, Target::Container(run.container)];
    tasks
        .into_iter()
        .flat_map(|task| run.to_shim(Channel::Start, task))
        .any(|(sent, options)| {
            let applies = rule(run, sent, Channel::Start).and_then(|rule| rule.applies.as_ref());
            sent.delivery
                .is_some_and(|delivery| delivery.outcome == Delivered::Applied)
                && applies.is_some_and(|keys| keys.iter().any(|other| other == key))
                && !Wire::lost(options, table).iter().any(|other| other == key)
        })
}

/// Whether a shim that decodes by field number takes the key for something else. The message that it takes every
/// other for is the one that it applies.
fn read_as_another(run: &Run, shim: u8, table: &Table, key: &str) -> bool {
    let rules = &run.world.shim(shim).create.rules;
    let expected = rules
        .iter()
        .find(|rule| rule.then == Then::Applied)
        .map(|rule| rule.url.as_str());
    TypeUrl::all().any(|url| Some(url.as_str()) == expected && table.read_as(key, url))
}

/// Whether the handler has a `runtime_path` that the release does not know.
fn drops_runtime_path(scenario: &Scenario, run: &Run) -> Result<bool, ScenarioError> {
    let row = &run.world.containerd[0].row;
    if row.runtime_path_key {
        return Ok(false);
    }
    let mut loading = loading_of(row);
    loading.runtime_path_key = true;
    let Loaded::Config(config) = scenario.containerd_config(Which::Before, &loading)? else {
        return Ok(false);
    };
    let handler = config.sandbox_runtime(scenario.runtime_handler(&scenario.pod), scenario.pod.workload());
    Ok(handler.is_ok_and(|(_, handler)| handler.runtime_path.is_some()))
}
