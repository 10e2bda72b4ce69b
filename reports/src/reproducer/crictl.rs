//! The requests of the CRI as crictl takes them: JSON with the names of `api.proto`, enumerations as numbers
//! (vendor/k8s.io/cri-api/pkg/apis/runtime/v1/api.pb.go@v2.0.1).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use shimproof_model::Userns;
use shimproof_scenario::{Container, Pod};

use super::Case;
use super::acts::{Act, Options, Request};

/// `NamespaceMode`.
const CONTAINER: u8 = 1;
const NODE: u8 = 2;
const TARGET: u8 = 3;
const POD: u8 = 0;

/// How many ids a pod has, if the kubelet's configuration does not say.
const IDS_PER_POD: u64 = 65536;

/// A call, with the names of the files that it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Call {
    /// The configuration of the sandbox in the request, for `RunPodSandbox` and `CreateContainer`.
    pub sandbox: Option<String>,
    /// The configuration of the container, for `CreateContainer`.
    pub container: Option<String>,
}

/// The files of all calls: equal configurations share one.
pub(super) fn files(case: &Case<'_>) -> BTreeMap<String, String> {
    calls(case).1
}

/// For each call its files, and all of them with their contents.
pub(super) fn calls(case: &Case<'_>) -> (Vec<Call>, BTreeMap<String, String>) {
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    let mut calls = Vec::new();
    for act in &case.acts {
        let Act::Call { pod, request } = act else { continue };
        let written = pod_of(case, *pod);
        let call = match request {
            Request::RunPodSandbox(userns) => Call {
                sandbox: Some(file(&mut files, "pod", &sandbox(case, *pod, written, *userns))),
                container: None,
            },
            Request::CreateContainer {
                container: number,
                sandbox: of_sandbox,
                userns,
                idmapped_mounts,
            } => {
                let name = &case.world.pod_spec(case.world.pods[*pod]).containers[*number].name;
                let of_container = written
                    .container(Some(name))
                    .map(|found| container(case, written, found, *userns, *idmapped_mounts));
                Call {
                    sandbox: Some(file(
                        &mut files,
                        "pod",
                        &sandbox(case, *pod, written, *of_sandbox),
                    )),
                    container: of_container.map(|text| file(&mut files, "container", &text)),
                }
            }
            Request::StartContainer(_) => Call {
                sandbox: None,
                container: None,
            },
        };
        calls.push(call);
    }
    (calls, files)
}

/// The file that has the contents: one that is there, or one more.
fn file(files: &mut BTreeMap<String, String>, kind: &str, contents: &Value) -> String {
    let text = format!("{contents:#}\n");
    let prefix = format!("crictl/{kind}-");
    let same = files
        .iter()
        .find(|(name, other)| name.starts_with(&prefix) && **other == text);
    if let Some((name, _)) = same {
        return name.clone();
    }
    let number = files.keys().filter(|name| name.starts_with(&prefix)).count() + 1;
    let name = format!("{prefix}{number}.json");
    files.insert(name.clone(), text);
    name
}

/// The manifest of a pod of the node.
pub(super) fn pod_of<'a>(case: &Case<'a>, pod: usize) -> &'a Pod {
    let name = &case.world.pod_spec(case.world.pods[pod]).name;
    let scenario = case.scenario;
    std::iter::once(&scenario.pod)
        .chain(&scenario.more_pods)
        .find(|pod| pod.name == *name)
        .unwrap_or(&scenario.pod)
}

fn sandbox(case: &Case<'_>, index: usize, pod: &Pod, userns: Options) -> Value {
    let mut config = json!({
        "metadata": {
            "name": pod.name,
            "namespace": "default",
            "uid": format!("shimproof-{}-{index}", pod.name),
            "attempt": 0,
        },
        "hostname": pod.name,
        "log_directory": "/tmp",
    });
    if userns != Userns::LinuxNil {
        let mut security = json!({ "namespace_options": namespaces(case, pod, userns) });
        add(&mut security, "run_as_user", id(pod.run_as.user));
        add(&mut security, "run_as_group", id(pod.run_as.group));
        config["linux"] = json!({ "security_context": security });
    }
    if !pod.annotations.is_empty() {
        config["annotations"] = json!(pod.annotations);
    }
    config
}

fn container(
    case: &Case<'_>,
    pod: &Pod,
    container: &Container,
    userns: Options,
    idmapped_mounts: bool,
) -> Value {
    let mut config = json!({
        "metadata": { "name": container.name, "attempt": 0 },
        "image": { "image": image(container) },
        "log_path": format!("{}.log", container.name),
    });
    add(&mut config, "command", list(&container.command));
    add(&mut config, "args", list(&container.args));
    add(&mut config, "stdin", container.stdin.then(|| true.into()));
    add(&mut config, "tty", container.tty.then(|| true.into()));
    add(&mut config, "mounts", mounts(case, container, idmapped_mounts));
    if userns != Userns::LinuxNil {
        let mut security = json!({ "namespace_options": namespaces(case, pod, userns) });
        add(
            &mut security,
            "run_as_user",
            id(container.run_as.user.or(pod.run_as.user)),
        );
        add(
            &mut security,
            "run_as_group",
            id(container.run_as.group.or(pod.run_as.group)),
        );
        add(
            &mut security,
            "privileged",
            container.privileged.then(|| true.into()),
        );
        config["linux"] = json!({ "security_context": security });
    }
    config
}

/// The image of a container; a manifest of a scenario may have none.
pub(super) fn image(container: &Container) -> &str {
    container.image.as_deref().unwrap_or("registry.k8s.io/pause:3.10")
}

fn namespaces(case: &Case<'_>, pod: &Pod, userns: Options) -> Value {
    let namespace = |node: bool, otherwise: u8| if node { NODE } else { otherwise };
    let mut options = json!({
        "network": namespace(pod.host_network, POD),
        "pid": namespace(pod.host_pid, CONTAINER),
        "ipc": namespace(pod.host_ipc, POD),
    });
    add(&mut options, "userns_options", userns_options(case, userns));
    options
}

fn userns_options(case: &Case<'_>, userns: Options) -> Option<Value> {
    let ids = ids_per_pod(case);
    let with = |mode: u8, lines: &[(u64, u64, u64)]| {
        let lines: Vec<Value> = lines
            .iter()
            .map(|(host, container, length)| json!({ "host_id": host, "container_id": container, "length": length }))
            .collect();
        let mut options = json!({ "mode": mode });
        if !lines.is_empty() {
            options["uids"] = json!(lines);
            options["gids"] = json!(lines);
        }
        Some(options)
    };
    match userns {
        Userns::LinuxNil | Userns::Nil => None,
        Userns::Node => with(NODE, &[]),
        // The kubelet gives out blocks in order, above the ids of the host.
        Userns::Pod(block) => with(POD, &[((u64::from(block.0) + 1) * ids, 0, ids)]),
        Userns::NodeWithMappings => with(NODE, &[(ids, 0, ids)]),
        Userns::PodWithoutMappings => with(POD, &[]),
        Userns::PodTwoLines => with(POD, &[(ids, 0, ids / 2), (2 * ids, ids / 2, ids / 2)]),
        Userns::PodZeroLength => with(POD, &[(ids, 0, 0)]),
        Userns::Container => with(CONTAINER, &[]),
        Userns::Target => with(TARGET, &[]),
    }
}

fn ids_per_pod(case: &Case<'_>) -> u64 {
    let configured = case
        .scenario
        .kubelet
        .as_ref()
        .and_then(|kubelet| kubelet.ids_per_pod);
    configured.unwrap_or(IDS_PER_POD)
}

/// The volumes, from directories that the README makes; where mappings are asked for and there are none, the file that
/// the kubelet itself mounts into each container.
fn mounts(case: &Case<'_>, container: &Container, idmapped: bool) -> Option<Value> {
    let mut mounts: Vec<(String, &str, bool)> = container
        .mounts
        .iter()
        .map(|mount| (host_path(&mount.volume), mount.path.as_str(), mount.read_only))
        .collect();
    if mounts.is_empty() && idmapped {
        mounts.push((host_path("etc-hosts"), "/etc/hosts", false));
    }
    let ids = ids_per_pod(case);
    let mounts: Vec<Value> = mounts
        .into_iter()
        .map(|(host, path, read_only)| {
            let mut mount = json!({ "host_path": host, "container_path": path });
            add(&mut mount, "readonly", read_only.then(|| true.into()));
            if idmapped {
                let line = json!([{ "host_id": ids, "container_id": 0, "length": ids }]);
                mount["uidMappings"] = line.clone();
                mount["gidMappings"] = line;
            }
            mount
        })
        .collect();
    (!mounts.is_empty()).then(|| mounts.into())
}

/// Where the README puts what a container mounts.
pub(super) fn host_path(volume: &str) -> String {
    format!("/var/tmp/reproducer/{volume}")
}

fn id(id: Option<u32>) -> Option<Value> {
    id.map(|id| json!({ "value": id }))
}

fn list(words: &[String]) -> Option<Value> {
    (!words.is_empty()).then(|| json!(words))
}

fn add(object: &mut Value, key: &str, value: Option<Value>) {
    let fields: Option<&mut Map<String, Value>> = object.as_object_mut();
    if let (Some(fields), Some(value)) = (fields, value) {
        fields.insert(key.to_owned(), value);
    }
}
