//! A digest of a state that is the same on every machine, and stays the same while what can be said of the state
//! does: it is taken of words, not of the machine's own representation.

use std::fmt::Write as _;

use crate::domain::Domain;
use crate::node::Node;
use crate::pod::{Container, ContainerState, InFlight, Phase, Pod, Sandbox, Server, Target};
use crate::userns::Userns;
use crate::world::World;

use super::fields::{Field, fields};
use super::message::describe_message;

/// FNV-1a, 64 bits (Fowler, Noll, Vo): it tells states of one trace apart; nothing is found by it.
fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

/// The digest of a state, as 16 hexadecimal digits.
pub fn digest<D: Domain>(world: &World<D>, node: &Node<D>) -> String {
    format!("{:016x}", fnv(&told(world, node)))
}

/// Everything that tells the states of a world apart: the fields that are shown, and what is not worth showing.
fn told<D: Domain>(world: &World<D>, node: &Node<D>) -> String {
    let mut text = String::new();
    for Field { field, value } in fields(world, node) {
        line(&mut text, &field, &value);
    }
    let env = &node.environment;
    let faults = &env.faults;
    let left = [
        faults.total,
        faults.containerd_restart,
        faults.kubelet_restart,
        faults.shim_crash,
        faults.rpc_timeout,
        faults.container_exit,
        faults.pod_delete,
        faults.gate_flip,
        faults.containerd_upgrade,
        faults.kubelet_upgrade,
        faults.shim_upgrade,
        faults.config_change,
    ];
    line(&mut text, "faults left", &format!("{left:?}"));
    let status = env.kubelet.status.map(|status| status.host_network_userns);
    line(&mut text, "CRI Status", &format!("{status:?}"));
    for pod in &node.pods {
        pod_told(&mut text, world, pod);
        if let Some(sent) = describe_message(world, env, pod) {
            line(&mut text, &sent.to, &sent.message);
        }
        if let Some(message) = &pod.in_flight {
            message_told(&mut text, message);
        }
    }
    text
}

fn line(text: &mut String, name: &str, value: &str) {
    // Writing into a string does not fail.
    let _ = writeln!(text, "{name}={value}");
}

fn pod_told<D: Domain>(text: &mut String, world: &World<D>, pod: &Pod<D>) {
    line(text, "pod", &world.pod_spec(pod.spec).name);
    if let Phase::Syncing {
        sandbox_userns,
        next,
        failed,
    } = pod.phase
    {
        line(text, "sync", &userns(sandbox_userns));
        line(text, "sync at", &format!("{next} {failed}"));
    }
    if let Some(sandbox) = &pod.sandbox {
        sandbox_told(text, sandbox);
    }
    for container in pod.containers.iter().flatten() {
        container_told(text, *container);
    }
}

fn sandbox_told<D: Domain>(text: &mut String, sandbox: &Sandbox<D>) {
    line(text, "sandbox userns", &userns(sandbox.userns));
    let record = format!(
        "{} {} {} {} {:?}",
        sandbox.configuration,
        sandbox.containerd,
        sandbox.selected.as_str(),
        sandbox.in_store,
        sandbox.shim
    );
    line(text, "sandbox record", &record);
    line(text, "sandbox options", &options::<D>(sandbox.options.as_ref()));
}

fn container_told<D: Domain>(text: &mut String, container: Container<D>) {
    line(text, "container userns", &userns(container.userns));
    line(text, "container mounts", &format!("{:?}", container.mounts));
    if let ContainerState::Running { oci_runtime, .. } = container.state {
        line(text, "container runtime", &oci_runtime.to_string());
    }
}

/// What the words for people leave out of a message.
fn message_told<D: Domain>(text: &mut String, message: &InFlight<D>) {
    let task = |target: &Target| match target {
        Target::Sandbox => "sandbox".to_owned(),
        Target::Container(container) => format!("container {container}"),
    };
    let by = |server: &Server| match server {
        Server::Sandbox => "the sandbox's".to_owned(),
        Server::Own(shim) => format!("its own, {shim}"),
    };
    let any = |any: &Option<D::Any>| options::<D>(any.as_ref());
    let told = match message {
        InFlight::RunPodSandbox { userns: sandbox } => userns(*sandbox),
        InFlight::CreateContainer {
            sandbox_userns,
            container_userns,
            ..
        } => format!("{} {}", userns(*sandbox_userns), userns(*container_userns)),
        InFlight::LoadShimInfo { target, task_options } => {
            format!("load {} {}", task(target), any(task_options))
        }
        InFlight::ShimStart {
            target,
            options,
            task_options,
        } => format!("start {} {} {}", task(target), any(options), any(task_options)),
        InFlight::Info {
            target,
            server,
            options,
            task_options,
        } => format!(
            "info {} {} {} {}",
            task(target),
            by(server),
            any(options),
            any(task_options)
        ),
        InFlight::Create {
            target,
            server,
            options,
        } => format!("create {} {} {}", task(target), by(server), any(options)),
        InFlight::ShimReply { target, result } => {
            format!("reply {} {:?}", task(target), result.map_err(crate::Refusal::id))
        }
        InFlight::Reply { call, result } => {
            format!("reply {call:?} {:?}", result.map_err(crate::Refusal::id))
        }
        InFlight::StartContainer { .. } | InFlight::CreateSandbox => return,
    };
    line(text, "message", &told);
}

fn userns<M: std::fmt::Debug>(userns: Userns<M>) -> String {
    match userns {
        Userns::Pod(mapping) => format!("POD {mapping:?}"),
        other => other.to_string(),
    }
}

/// A message in words, and what the words leave out: whether empty bytes are nil.
fn options<D: Domain>(any: Option<&D::Any>) -> String {
    any.map_or_else(
        || "absent".to_owned(),
        |any| format!("{} {:?}", D::describe(any), D::value(any)),
    )
}
