//! Why it comes to that: the guards that decided, and what each defect consists in.

use shimproof_model::catalog::provenance::Row as _;
use shimproof_model::catalog::{ContainerdField, ShimField};
use shimproof_model::guards::Guard;
use shimproof_model::log::Decided;
use shimproof_model::{Channel, Domain as _, Refusal, Target};
use shimproof_scenario::{Defect, Loaded, Scenario, Which, loading_of, suggest};

use super::run::{End, Run};
use crate::wire::Wire;

/// The sentences that explain a prediction, each with its source.
pub(super) fn because(scenario: &Scenario, run: &Run, defects: &[Defect]) -> Vec<String> {
    let mut lines: Vec<String> = guards(run, defects).into_iter().map(sentence).collect();
    lines.extend(of_reply(run));
    lines.extend(of_missing_handler(scenario, run));
    if let End::CgroupRefused(..) = run.end {
        lines.push(
            "the kubelet's cgroup driver is cgroupfs, so that it names the pod's cgroup by a path; the options tell the \
             OCI runtime to use systemd, which takes SLICE:PREFIX:NAME"
                .to_owned(),
        );
    }
    lines.extend(defects.iter().map(|defect| of_defect(run, defect)));
    lines
}

fn sentence(decided: &Decided) -> String {
    format!(
        "{} decides `{}` on {}: table `{}`, {}",
        decided.guard, decided.decision, decided.inputs, decided.table, decided.source
    )
}

/// Which handlers there are, where the pod's is not one of them.
fn of_missing_handler(scenario: &Scenario, run: &Run) -> Option<String> {
    let End::Refused(refused) = &run.end else {
        return None;
    };
    let Refusal::NoRuntimeConfigured(_) = refused.refusal else {
        return None;
    };
    let row = &run.world.containerd[usize::from(refused.before.environment.containerd.row)].row;
    let config = scenario.containerd_config(Which::Before, &loading_of(row)).ok()?;
    let Loaded::Config(config) = config else {
        return None;
    };
    let wanted = scenario.runtime_handler(&scenario.pod);
    let help = suggest(wanted, config.handlers.keys().map(String::as_str));
    Some(format!(
        "the configuration, as {} reads it, has no handler `{wanted}`; {help}",
        row.id
    ))
}

/// The answer to `start`, where it is that on which containerd stops.
fn of_reply(run: &Run) -> Option<String> {
    let End::Refused(refused) = &run.end else {
        return None;
    };
    let (Refusal::StartReplyVersion { shim }
    | Refusal::StartReplyUnread { shim }
    | Refusal::StartMisframed { shim }) = refused.refusal
    else {
        return None;
    };
    let shim = run.world.shim(shim);
    if matches!(refused.refusal, Refusal::StartMisframed { .. }) && shim.start.misframed_text.is_some() {
        return None;
    }
    let containerd = &run.world.containerd[usize::from(refused.before.environment.containerd.row)].row;
    let replies = ShimField::StartReplies.as_str();
    let reads = ContainerdField::StartReply.as_str();
    Some(format!(
        "containerd stops at the answer to `start`: {replies} = {} of {} (task API {}), {}, and {reads} = {} of {}, {}; {}",
        shim.start.replies.as_str(),
        shim.id,
        shim.protocol,
        shim.known(replies),
        containerd.start_reply.as_str(),
        containerd.id,
        containerd.known(reads),
        containerd.start_reply.source(),
    ))
}

/// The last decision of each guard that bears on how the run ended, in the order in which they were taken.
fn guards<'r>(run: &'r Run, defects: &[Defect]) -> Vec<&'r Decided> {
    let decisions = &run.story.decisions;
    let refused_by = match &run.end {
        End::Refused(_) => decisions.last().map(|decided| decided.guard),
        End::CgroupRefused(..) => Some(Guard::ShimCreate),
        End::Runs | End::Down(_) => None,
    };
    let is_option = |defect: &Defect| {
        matches!(
            defect,
            Defect::OptionLost(_) | Defect::WrongOciRuntime | Defect::WrongCgroupParent
        )
    };
    let bears = |guard: Guard| match guard {
        _ if Some(guard) == refused_by => true,
        Guard::GetOrCreateUserNamespaceMappings => {
            refused_by.is_some() || defects.contains(&Defect::UsernsNotCreated)
        }
        Guard::IntrospectRuntimeFeatures => refused_by == Some(Guard::GetOrCreateUserNamespaceMappings),
        Guard::UpdateContainerIoOwner => {
            refused_by.is_some()
                || defects
                    .iter()
                    .any(|defect| is_option(defect) || *defect == Defect::PipeNotOpenable)
        }
        Guard::GetRuncOptions | Guard::WithTaskApiEndpoint | Guard::OptionsFallback => {
            refused_by.is_some() || defects.iter().any(is_option)
        }
        Guard::ShimCreate => defects.iter().any(|defect| {
            matches!(
                defect,
                Defect::OptionIgnored(_) | Defect::OptionMisread(_) | Defect::WrongCgroupParent
            )
        }),
        _ => false,
    };
    let is_last = |at: usize| {
        !decisions[at + 1..]
            .iter()
            .any(|later| later.guard == decisions[at].guard)
    };
    (0..decisions.len())
        .filter(|at| bears(decisions[*at].guard) && is_last(*at))
        .map(|at| &decisions[at])
        .collect()
}

fn of_defect(run: &Run, defect: &Defect) -> String {
    let task = Target::Container(run.container);
    let create = run.to_shim(Channel::Create, task).last();
    let sent = create
        .and_then(|(_, options)| options)
        .map_or_else(|| "no options".to_owned(), Wire::describe);
    let shim = create
        .and_then(|(sent, _)| sent.shim)
        .map_or("the shim", |shim| run.world.shim(shim).id.as_str());
    match defect {
        Defect::OptionLost(key) if key == "runtime_path" => {
            "the release does not know `runtime_path`: the binary that the runtime type leads to is executed".to_owned()
        }
        Defect::OptionLost(key) => format!("`{key}` is configured, but Create carries {sent}"),
        Defect::OptionIgnored(key) => format!("`{key}` is configured, but the shim ({shim}) does not act upon it"),
        Defect::OptionMisread(key) => {
            format!("the shim ({shim}) takes the field that carries `{key}` for another one: Create carries {sent}")
        }
        Defect::PipeNotOpenable => {
            "the shim makes the stdio pipes, and neither its owner of them nor the OCI runtime lets the container's \
             user open them again"
                .to_owned()
        }
        Defect::UsernsNotCreated => "the pod has `hostUsers: false`, and no user namespace of its own".to_owned(),
        Defect::WrongOciRuntime => "another OCI runtime runs than `BinaryName` names".to_owned(),
        Defect::WrongCgroupParent => {
            format!("the kubelet and the runtime use different cgroup drivers: Create carries {sent}")
        }
    }
}
