//! What to install, what to type, and what to expect.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use shimproof_model::catalog::{Catalog, OciRuntimeKind};
use shimproof_model::world::Client;
use shimproof_sim::{Prediction, outcome_name, stage_name, target_name};

use super::Case;
use super::acts::{Act, Fault};
use super::commands::{tries_again, with_crictl, with_kubernetes};
use super::files::{CONFIG, CONFIG_AFTER, KUBELET, release};

/// The text of the README.
pub(super) fn readme(
    case: &Case<'_>,
    catalog: &Catalog,
    files: &BTreeMap<String, String>,
    prediction: &Prediction,
) -> String {
    let trace = case.trace;
    let mut text = format!(
        "# {}: {}\n\nA counterexample: {}.\n",
        trace.scenario, trace.property, trace.finding
    );
    let mut paragraph = |part: String| {
        text.push('\n');
        text.push_str(part.trim_end());
        text.push('\n');
    };
    paragraph(
        "These files were made from a counterexample that a search of the model found; nobody has run them yet. What \
         the model knows of these releases, and how, says `shimproof show releases` and `shimproof show shims`."
            .to_owned(),
    );
    if let Some(clause) = &trace.clause {
        let mut part = format!(
            "What is false in the end, of the property's formula:\n\n    {}\n",
            clause.formula
        );
        for value in &clause.values {
            // Writing into a string does not fail.
            let _ = writeln!(part, "      {} = {}", value.field, value.value);
        }
        paragraph(part);
    }
    if let Some(notes) = notes(case.scenario.text()) {
        paragraph(format!("What is said of the scenario:\n\n{notes}"));
    }
    paragraph("## What has to be installed".to_owned());
    paragraph(components(case, catalog));
    paragraph("## The node".to_owned());
    paragraph(node(case, files));
    if case.world.client == Client::Kubelet {
        paragraph("## With Kubernetes".to_owned());
        paragraph(shell(&with_kubernetes(case)));
        if between_two_steps(case) {
            paragraph(
                "What has to happen between two steps of containerd needs luck, several attempts, or a debugger."
                    .to_owned(),
            );
        }
    }
    paragraph("## With crictl alone".to_owned());
    let why = if case.world.client == Client::Kubelet {
        "The same requests without a kubelet, which would remove the pods: stop it before. The files below `crictl/` have \
         what the kubelet sends of user namespaces, users and mounts; the rest of its request is left out."
    } else {
        "The counterexample is about a client that is no kubelet. The files below `crictl/` are its requests."
    };
    paragraph(why.to_owned());
    paragraph(shell(&with_crictl(case)));
    paragraph("## What is to be expected".to_owned());
    paragraph(expected(case, prediction));
    paragraph("## What the model says".to_owned());
    let mut lines = vec!["shimproof predict .".to_owned()];
    lines.push(format!("shimproof verify . --property {}", trace.property));
    paragraph(shell(&lines));
    paragraph(if case.predicted {
        "`predict` says what becomes of the pod on this node, on real bytes, and it is what becomes of it in the \
         counterexample."
            .to_owned()
    } else {
        "`predict` is about the node before anything happens to it and about a kubelet, so that it does not show the \
         counterexample; `verify` finds it again."
            .to_owned()
    });
    if !prediction.weakest.is_empty() {
        let mut part =
            "The prediction rests on facts that were neither read in the source nor executed:\n\n".to_owned();
        for fact in &prediction.weakest {
            let _ = writeln!(part, "* {fact}");
        }
        paragraph(part);
    }
    text
}

fn shell(lines: &[String]) -> String {
    format!("```sh\n{}\n```", lines.join("\n"))
}

/// The comment at the head of the scenario file, as a quotation.
fn notes(scenario: &str) -> Option<String> {
    let lines: Vec<&str> = scenario
        .lines()
        .take_while(|line| line.starts_with('#'))
        .map(|line| line.trim_start_matches('#').trim())
        .collect();
    (!lines.is_empty()).then(|| format!("> {}", lines.join("\n> ")))
}

/// The components with their versions.
fn components(case: &Case<'_>, catalog: &Catalog) -> String {
    let world = &case.world;
    let mut text = "| component | version | remarks |\n|---|---|---|\n".to_owned();
    let mut row = |component: &str, version: &str, remark: &str| {
        // Writing into a string does not fail.
        let _ = writeln!(text, "| {component} | {version} | {remark} |");
    };
    let upgraded = upgrades(case);
    let of_run = |number: usize, version: &str| number == 0 || upgraded.iter().any(|to| to == version);
    let later = |number: usize| if number == 0 { "" } else { "what is upgraded to" };
    for (number, containerd) in world.containerd.iter().enumerate() {
        if !of_run(number, &containerd.version) {
            continue;
        }
        let version = release(catalog, &containerd.version).unwrap_or_else(|_| containerd.version.clone());
        let remark = match version.split_once('@') {
            Some((branch, commit)) => format!("built from commit {commit} of branch {branch}"),
            None => later(number).to_owned(),
        };
        row("containerd", &version, &remark);
    }
    if world.client == Client::Kubelet {
        for (number, kubelet) in world.kubelets.iter().enumerate() {
            if !of_run(number, &kubelet.version) {
                continue;
            }
            let gate = |name: &str, on: bool| {
                (!name.is_empty()).then(|| format!("{name} {}", if on { "on" } else { "off" }))
            };
            let gates = [
                gate(&kubelet.row.gate, kubelet.gate),
                gate(&kubelet.row.host_network_gate, kubelet.host_network_gate),
                Some(later(number).to_owned()).filter(|later| !later.is_empty()),
            ];
            let remark: Vec<String> = gates.into_iter().flatten().collect();
            row("kubelet", &kubelet.version, &remark.join("; "));
        }
    }
    for binary in &world.binaries {
        for (number, (version, shim)) in binary.versions.iter().zip(&binary.rows).enumerate() {
            if !of_run(number, version) {
                continue;
            }
            let shim = world.shim(*shim);
            let linked = case
                .scenario
                .file
                .shims
                .get(&binary.name)
                .map(|section| section.links.join(", "))
                .filter(|links| !links.is_empty() && number == 0)
                .map(|links| format!("; a build that links {links}"));
            let remark = format!(
                "`{}`, for {}{}{}",
                shim.binary,
                binary.name,
                if number == 0 { "" } else { ": what is upgraded to" },
                linked.unwrap_or_default()
            );
            row(&shim.name, version, &remark);
        }
    }
    let from_options =
        |shim: &shimproof_model::catalog::ShimRow| shim.oci_runtime == OciRuntimeKind::FromOptions;
    if world.shims.iter().any(from_options) {
        for runtime in &world.oci_runtimes {
            match &runtime.row {
                Some(_) => row(
                    "OCI runtime",
                    &runtime.version,
                    &format!("as `{}`", runtime.binary_name),
                ),
                None => row(
                    "OCI runtime",
                    "none",
                    &format!("nothing is installed as `{}`", runtime.binary_name),
                ),
            }
        }
    }
    text
}

/// Whether something happens while a message is on its way.
fn between_two_steps(case: &Case<'_>) -> bool {
    case.acts.iter().any(|act| {
        matches!(
            act,
            Act::Fault {
                meanwhile: Some(_),
                ..
            }
        )
    })
}

/// The versions that something is upgraded to in the run.
fn upgrades(case: &Case<'_>) -> Vec<String> {
    let faults = case.acts.iter().filter_map(|act| match act {
        Act::Fault { fault, .. } => Some(fault),
        Act::Call { .. } => None,
    });
    let versions = faults.filter_map(|fault| match fault {
        Fault::ContainerdUpgrade(version)
        | Fault::KubeletUpgrade(version)
        | Fault::ShimUpgrade { version, .. } => Some(version.clone()),
        _ => None,
    });
    versions.collect()
}

/// Where the files go.
fn node(case: &Case<'_>, files: &BTreeMap<String, String>) -> String {
    let mut lines = Vec::new();
    if files.contains_key(CONFIG) {
        lines.push(format!("install -D {CONFIG} /etc/containerd/config.toml"));
    } else {
        lines.push("rm -f /etc/containerd/config.toml  # the defaults hold".to_owned());
    }
    lines.push("systemctl restart containerd".to_owned());
    let mut after = String::new();
    if files.contains_key(KUBELET) && case.world.client == Client::Kubelet {
        lines.push(format!(
            "# what {KUBELET} has goes into /var/lib/kubelet/config.yaml, where the rest of the node's own stays"
        ));
        lines.push("systemctl restart kubelet".to_owned());
    }
    if files.contains_key(CONFIG_AFTER) {
        after = format!("\n\n`{CONFIG_AFTER}` is what the operator changes the configuration to.");
    }
    format!("{}{after}", shell(&lines))
}

/// What one will see.
fn expected(case: &Case<'_>, prediction: &Prediction) -> String {
    if case.predicted {
        return of_prediction(case, prediction);
    }
    let steps = case.trace.all_steps();
    let refusal = steps.filter_map(|step| step.refusal.as_ref()).last();
    match refusal {
        Some(refusal) => {
            let own = if refusal.stage == "kubelet" {
                "\n\nThat is the kubelet's own refusal, which crictl does not meet."
            } else {
                ""
            };
            format!(
                "It ends with a refusal at {}:\n\n    {}{own}",
                refusal.stage, refusal.error
            )
        }
        None => format!(
            "No call is refused. What is wrong is not reported by anyone: {}.",
            case.trace.finding
        ),
    }
}

fn of_prediction(case: &Case<'_>, prediction: &Prediction) -> String {
    let mut text = outcome_text(prediction);
    if let Some(error) = &prediction.error {
        let _ = write!(text, "\n\n    {error}");
    }
    if let Some(event) = &prediction.event {
        let _ = write!(
            text,
            "\n\n`kubectl describe pod` shows an event {}:\n\n    {}",
            event.reason.as_str(),
            event.message
        );
        if tries_again(case) {
            text += "\n\nThe kubelet tries again, with the same result.";
        }
    }
    for defect in &prediction.defects {
        let _ = write!(text, "\n\n* `{defect}`");
    }
    if prediction.error.is_some() {
        text += "\n\ncrictl prints the error itself. Ids of sandboxes, containers and pods are others on each node.";
    }
    text
}

fn outcome_text(prediction: &Prediction) -> String {
    match (prediction.target, prediction.stage) {
        (Some(target), Some(stage)) => format!(
            "The {} is {} at {}:",
            target_name(target),
            outcome_name(prediction.outcome),
            stage_name(stage)
        ),
        _ if prediction.defects.is_empty() => {
            "The pod runs, and all that was configured is in force; what is wrong is on the way to there."
                .to_owned()
        }
        _ => "The pod runs, but not as it was asked for:".to_owned(),
    }
}
