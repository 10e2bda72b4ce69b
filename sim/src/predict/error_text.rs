//! The words of a refusal with the real values in them, inside all wrappers of the release.

use shimproof_model::world::{HandlerConfig, World};
use shimproof_model::{Refusal, StartFailure, Target, oci_create_text};
use shimproof_scenario::Scenario;

use super::cgroups::RefusedPath;
use super::owner::user_of;
use super::run::{Refused, Run};
use super::stand_in::{container_id, pod_uid};
use crate::wire::{Any, Wire};

/// Where containerd's release archive puts its binaries, and so finds shims beside itself.
const DIRECTORY: &str = "/usr/local/bin";

/// Why the daemon does not come up, in its own words.
pub(super) fn of_daemon(world: &World<Wire>, failure: StartFailure) -> String {
    match failure {
        StartFailure::ConfigRefused => world.configurations[0].refusals[0]
            .clone()
            .unwrap_or_else(|| "the configuration is refused".to_owned()),
        StartFailure::IntrospectionPanic => {
            "panic: runtime error: invalid memory address or nil pointer dereference".to_owned()
        }
    }
}

/// What the client of the CRI gets to read, or what the kubelet says where it makes no call.
pub(super) fn of_refusal(scenario: &Scenario, run: &Run, refused: &Refused) -> String {
    let mut world = run.world.clone();
    let id = |task: &str| container_id(&scenario.pod.name, task);
    let sandbox_id = id("sandbox");
    let task_id = match refused.task {
        Target::Sandbox => sandbox_id.clone(),
        Target::Container(_) => id(&scenario.container().name),
    };
    let options = run
        .sent
        .iter()
        .rev()
        .find_map(super::run::Sent::to_shim)
        .and_then(|(_, _, options)| options);
    for shim in &mut world.shims {
        let rules = shim
            .create
            .rules
            .iter_mut()
            .chain(&mut shim.start.rules)
            .chain(&mut shim.info.rules);
        let texts = rules
            .map(|rule| &mut rule.text)
            .chain([&mut shim.start.misframed_text, &mut shim.info.text]);
        for text in texts.flatten() {
            *text = with_values(text, &task_id, options);
        }
    }
    let env = &refused.before.environment;
    let pod = &refused.before.pods[0];
    let text = refused.refusal.text(refused.task, &world, env, pod);
    let user = user_of(scenario, scenario.container());
    // What is not mapped is the user, or else the group (`WithUIDOwner` is asked for first).
    let unmapped = if refused.refusal == Refusal::UserNotMapped {
        user.uid
    } else {
        0
    };
    text.replace(
        "<id>",
        if text.starts_with("failed to generate container") {
            &task_id
        } else {
            &sandbox_id
        },
    )
    .replace("<task>", &task_id)
    .replace("<path>", &shim_path(&world, refused))
    .replace("<uid>", &unmapped.to_string())
    .replace("<src>", &first_mount(scenario))
}

/// What the client gets to read when the OCI runtime refuses a cgroup: `JOIN(PARENT, ID)` (`getCgroupsPath`,
/// internal/cri/server/helpers.go@v2.0.1). The parent's quality of service is left open.
pub(super) fn of_cgroup(scenario: &Scenario, run: &Run, refused: &RefusedPath) -> String {
    let name = match refused.task {
        Target::Sandbox => "sandbox",
        Target::Container(_) => &scenario.container().name,
    };
    let pod = &scenario.pod.name;
    let path = format!("/kubepods/…/pod{}/{}", pod_uid(pod), container_id(pod, name));
    let row = &run.world.containerd[0].row;
    oci_create_text(&refused.reason.replace("{path}", &path), refused.task, row)
        .replace("<id>", &container_id(pod, "sandbox"))
}

fn with_values(text: &str, id: &str, options: Option<&Any>) -> String {
    let (inner, body) =
        options.map_or_else(Default::default, |any| (any.inner_type_url(), any.config_body()));
    // The shims that quote the body are in Rust, and print it as Rust's `Debug` does.
    let body = body.trim_start_matches('/').escape_debug().to_string();
    text.replace("{inner}", &inner)
        .replace("{body}", &body)
        .replace("{id}", id)
}

/// The binary that is executed (`BinaryName` and `resolveRuntimePath`, `core/runtime/v2/shim_manager.go@v2.0.1`).
fn shim_path(world: &World<Wire>, refused: &Refused) -> String {
    let pod = &refused.before.pods[0];
    let containerd = &refused.before.environment.containerd;
    let handler = world.pod_spec(pod.spec).handler;
    let config = world.handler_config(containerd.row, containerd.configuration, handler);
    let Some(binary) = config.and_then(HandlerConfig::binary) else {
        return String::new();
    };
    let name = &world.binaries[usize::from(binary)].name;
    if name.contains('/') {
        return name.clone();
    }
    let mut parts = name.rsplit('.');
    let (version, runtime) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    format!("{DIRECTORY}/containerd-shim-{runtime}-{version}")
}

/// The first mount that the kubelet asks for with mappings: containerd puts those with the fewest parts in their
/// path first (`orderedMounts`, `pkg/cri/opts/spec_linux_opts.go@v1.7.27`).
fn first_mount(scenario: &Scenario) -> String {
    let directory = format!("/var/lib/kubelet/pods/{}", pod_uid(&scenario.pod.name));
    let depth = |path: &str| path.split('/').filter(|part| !part.is_empty()).count();
    let volumes = &scenario.container().mounts;
    let first = volumes
        .iter()
        .min_by_key(|mount| depth(&mount.path))
        .filter(|mount| depth(&mount.path) <= 2);
    first.map_or_else(
        || format!("{directory}/etc-hosts"),
        |mount| {
            let plugin = match mount.kind {
                shimproof_scenario::VolumeKind::ConfigMap => "configmap",
                shimproof_scenario::VolumeKind::Secret => "secret",
                shimproof_scenario::VolumeKind::Projected => "projected",
                shimproof_scenario::VolumeKind::DownwardApi => "downward-api",
                _ => "empty-dir",
            };
            format!("{directory}/volumes/kubernetes.io~{plugin}/{}", mount.volume)
        },
    )
}
