//! What to type on the node: the acts of a run for a cluster, and for crictl alone.

use shimproof_model::world::RestartPolicy;

use super::Case;
use super::acts::{Act, Fault, Request};
use super::crictl::{Call, calls, host_path, image, pod_of};
use super::files::{CONFIG_AFTER, POD, RUNTIME_CLASS, further_pod};

/// A line for a shell, or a comment above it.
fn comment(text: &str) -> String {
    format!("# {text}")
}

/// With Kubernetes: pods are created, and each fault follows when it is due.
pub(super) fn with_kubernetes(case: &Case<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    let mut created = false;
    let create = |lines: &mut Vec<String>| {
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.extend(creation(case));
    };
    for act in &case.acts {
        match act {
            // What happens before the first call can happen before there is a pod.
            Act::Call { .. } if !created => {
                create(&mut lines);
                created = true;
            }
            Act::Call { .. } => {}
            Act::Fault {
                pod,
                fault,
                after,
                meanwhile,
            } => {
                if !lines.is_empty() {
                    lines.push(String::new());
                }
                lines.push(comment(&format!("After: {after}")));
                if let Some(meanwhile) = meanwhile {
                    lines.push(comment(&format!("and before this is answered: {meanwhile}")));
                }
                let name = &pod_of(case, pod.unwrap_or_default()).name;
                let of_pod = format!("POD=$(crictl pods --name {name} --latest --quiet)");
                let of_container = r#"CONTAINER=$(crictl ps --all --pod "$POD" --latest --quiet)"#.to_owned();
                match fault {
                    Fault::ShimCrash => lines.push(of_pod),
                    Fault::ContainerExit(_) => lines.extend([of_pod, of_container]),
                    _ => {}
                }
                lines.extend(fault_lines(case, fault, name, "POD", "CONTAINER"));
            }
        }
    }
    if !created {
        create(&mut lines);
    }
    lines.push(String::new());
    for pod in std::iter::once(&case.scenario.pod).chain(&case.scenario.more_pods) {
        lines.push(format!("kubectl describe pod {}", pod.name));
    }
    lines
}

/// How the pods come to be.
fn creation(case: &Case<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    if case.scenario.file.pod.runtime_class.is_some() {
        lines.push(format!("kubectl apply -f {RUNTIME_CLASS}"));
    }
    let copies = case
        .world
        .pods
        .len()
        .saturating_sub(case.scenario.more_pods.len());
    if copies > 1 {
        lines.push(comment(&format!(
            "{copies} copies of it, each under a name of its own"
        )));
    }
    lines.push(format!("kubectl apply -f {POD}"));
    for number in 0..case.scenario.more_pods.len() {
        lines.push(format!("kubectl apply -f {}", further_pod(number)));
    }
    lines
}

/// With crictl alone: the requests of the run, one after another, and what happens to containerd between them.
pub(super) fn with_crictl(case: &Case<'_>) -> Vec<String> {
    let mut lines = preparations(case);
    let (calls, _) = calls(case);
    let mut calls = calls.into_iter();
    let several = case.world.pods.len() > 1;
    let variable = |name: &str, pod: usize| {
        if several {
            format!("{name}_{pod}")
        } else {
            name.to_owned()
        }
    };
    for act in &case.acts {
        match act {
            Act::Call { pod, request } => {
                let Some(call) = calls.next() else { break };
                let name = |number: usize| {
                    let spec = case.world.pod_spec(case.world.pods[*pod]);
                    spec.containers[number]
                        .name
                        .to_uppercase()
                        .replace(|c: char| !c.is_ascii_alphanumeric(), "_")
                };
                let of_pod = variable("POD", *pod);
                let of_container = |number: usize| variable(&format!("CONTAINER_{}", name(number)), *pod);
                lines.push(call_line(case, *pod, request, &call, &of_pod, &of_container));
            }
            Act::Fault { fault, .. } if fault.is_of_kubelet() => {
                lines.push(comment(&format!(
                    "{}: crictl does not notice; the next request is what the kubelet sends then",
                    kubelet_fault(fault)
                )));
            }
            Act::Fault { pod, fault, .. } => {
                let pod = pod.unwrap_or_default();
                let name = &pod_of(case, pod).name;
                let of_container = match fault {
                    Fault::ContainerExit(number) => {
                        let spec = case.world.pod_spec(case.world.pods[pod]);
                        let name = spec.containers[*number].name.to_uppercase();
                        let name = name.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
                        variable(&format!("CONTAINER_{name}"), pod)
                    }
                    _ => String::new(),
                };
                let of_pod = variable("POD", pod);
                match fault {
                    Fault::DeletePod => lines.push(format!("crictl rmp --force \"${of_pod}\"")),
                    // The next request creates it.
                    Fault::CreateAgain => {}
                    _ => lines.extend(fault_lines(case, fault, name, &of_pod, &of_container)),
                }
            }
        }
    }
    lines
}

fn call_line(
    case: &Case<'_>,
    pod: usize,
    request: &Request,
    call: &Call,
    of_pod: &str,
    of_container: &dyn Fn(usize) -> String,
) -> String {
    let sandbox = call.sandbox.as_deref().unwrap_or_default();
    match request {
        Request::RunPodSandbox(_) => {
            let handler = case.scenario.runtime_handler(pod_of(case, pod));
            let handler = if handler.is_empty() {
                String::new()
            } else {
                format!("--runtime {handler} ")
            };
            format!("{of_pod}=$(crictl runp {handler}{sandbox})")
        }
        Request::CreateContainer { container, .. } => {
            let file = call.container.as_deref().unwrap_or_default();
            format!(
                "{}=$(crictl create \"${of_pod}\" {file} {sandbox})",
                of_container(*container)
            )
        }
        Request::StartContainer(container) => format!("crictl start \"${}\"", of_container(*container)),
    }
}

/// Images that the containers need, and what they mount.
fn preparations(case: &Case<'_>) -> Vec<String> {
    let pods = || std::iter::once(&case.scenario.pod).chain(&case.scenario.more_pods);
    let mut lines: Vec<String> = Vec::new();
    for container in pods().flat_map(|pod| &pod.containers) {
        lines.push(format!("crictl pull {}", image(container)));
        for mount in &container.mounts {
            lines.push(format!("mkdir -p {}", host_path(&mount.volume)));
        }
    }
    let (_, files) = calls(case);
    let hosts = host_path("etc-hosts");
    if files.values().any(|text| text.contains(&hosts)) {
        lines.push(format!("install -D /etc/hosts {hosts}"));
    }
    let mut told: Vec<String> = Vec::new();
    for line in lines {
        if !told.contains(&line) {
            told.push(line);
        }
    }
    told
}

fn kubelet_fault(fault: &Fault) -> String {
    match fault {
        Fault::GateFlip { gate, on } => {
            format!("Here {gate} is turned {}", if *on { "on" } else { "off" })
        }
        Fault::KubeletUpgrade(version) => format!("Here the kubelet is upgraded to {version}"),
        _ => "Here the kubelet restarts".to_owned(),
    }
}

fn fault_lines(case: &Case<'_>, fault: &Fault, pod: &str, of_pod: &str, of_container: &str) -> Vec<String> {
    let lines = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect();
    // `containerd-shim-NAME -namespace k8s.io -id ID …` is the shim of a sandbox.
    let shim = format!("$(pgrep -f -- \"-id ${of_pod}\")");
    match fault {
        Fault::ContainerdRestart => lines(&["systemctl restart containerd"]),
        Fault::ContainerdUpgrade(version) => vec![
            comment(&format!(
                "put containerd {version} in place of the one that is installed"
            )),
            "systemctl restart containerd".to_owned(),
        ],
        Fault::ConfigChange => vec![
            format!("cp {CONFIG_AFTER} /etc/containerd/config.toml"),
            "systemctl restart containerd".to_owned(),
        ],
        Fault::KubeletRestart => lines(&["systemctl restart kubelet"]),
        Fault::GateFlip { gate, on } => vec![
            format!(
                "sed -i 's/{gate}: {}/{gate}: {on}/' /var/lib/kubelet/config.yaml",
                !on
            ),
            "systemctl restart kubelet".to_owned(),
        ],
        Fault::KubeletUpgrade(version) => vec![
            comment(&format!(
                "put kubelet {version} in place of the one that is installed"
            )),
            "systemctl restart kubelet".to_owned(),
        ],
        Fault::ShimUpgrade { binary, version } => vec![comment(&format!(
            "put {version} of the shim of {binary} in place of the one on disk; shims that run stay as they are"
        ))],
        Fault::RpcTimeout => vec![
            comment(
                "the client's deadline passes before the call is answered: 2 minutes for the kubelet, unless \
                 `runtimeRequestTimeout` says otherwise; `--timeout` for crictl",
            ),
            "kill -STOP $(pidof containerd); sleep 130; kill -CONT $(pidof containerd)".to_owned(),
        ],
        Fault::ContainerExit(_) => vec![format!(
            "ctr --namespace k8s.io task kill --signal SIGKILL \"${of_container}\""
        )],
        Fault::ShimCrash => vec![format!("kill -KILL {shim}")],
        Fault::DeletePod => vec![format!("kubectl delete pod {pod} --wait=false")],
        Fault::CreateAgain => {
            let number = case.scenario.more_pods.iter().position(|more| more.name == pod);
            let manifest = number.map_or_else(|| POD.to_owned(), further_pod);
            vec![format!("kubectl apply -f {manifest}")]
        }
    }
}

/// Whether the kubelet tries again by itself what fails.
pub(super) fn tries_again(case: &Case<'_>) -> bool {
    case.world
        .pod_specs
        .first()
        .is_some_and(|spec| spec.restart_policy != RestartPolicy::Never)
}
