//! The kubelet's cgroup driver: its own configuration's, or what containerd says.

#![expect(clippy::unwrap_used, reason = "what a test cannot do fails it")]

use std::collections::BTreeMap;

use shimproof_model::catalog::Catalog;
use shimproof_scenario::{Defect, Outcome, Scenario};
use shimproof_sim::{Prediction, predict};

fn run(kubernetes: &str, containerd: &str, runtimes: &str, gate: &str) -> Prediction {
    run_on("systemd", kubernetes, containerd, runtimes, gate, "")
}

fn run_on(
    driver: &str,
    kubernetes: &str,
    containerd: &str,
    runtimes: &str,
    gate: &str,
    oci_runtimes: &str,
) -> Prediction {
    let old = containerd.starts_with("v1.");
    let (version, plugin) = if old {
        (2, "io.containerd.grpc.v1.cri")
    } else {
        (3, "io.containerd.cri.v1.runtime")
    };
    let config = runtimes.replace("RUNTIMES", &format!("plugins.'{plugin}'.containerd.runtimes"));
    let files = [
        (
            "scenario.toml",
            format!(
                "name = 'x'\n[kubernetes]\nversion = '{kubernetes}'\nkubelet-config = 'kubelet.yaml'\n\
                 [containerd]\nversion = '{containerd}'\nconfig = 'config.toml'\n[pod]\nmanifest = 'pod.yaml'\n\
                 {oci_runtimes}"
            ),
        ),
        ("config.toml", format!("version = {version}\n{config}")),
        (
            "kubelet.yaml",
            format!(
                "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\ncgroupDriver: {driver}\n{gate}"
            ),
        ),
        (
            "pod.yaml",
            "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:\n  containers: [{name: app, image: x}]\n"
                .to_owned(),
        ),
    ];
    let files: BTreeMap<String, String> = files
        .into_iter()
        .map(|(name, text)| (name.to_owned(), text))
        .collect();
    predict(&Scenario::from_files(&files).unwrap(), Catalog::embedded()).unwrap()
}

const WITHOUT: &str = "[RUNTIMES.runc]\nruntime_type = 'io.containerd.runc.v2'\n";

#[test]
fn a_kubelet_that_asks_cannot_disagree() {
    let gate = |on: bool| format!("featureGates: {{KubeletCgroupDriverFromCRI: {on}}}\n");
    for (kubernetes, containerd, gate, wrong) in [
        // Before 1.31 the gate is off, before 2.0 there is no such call, from 1.34 on the gate is locked.
        ("1.30.2", "v2.0.1", String::new(), true),
        ("1.30.2", "v2.0.1", gate(true), false),
        ("1.31.2", "v2.0.1", String::new(), false),
        ("1.33.1", "v2.0.1", gate(false), true),
        ("1.33.1", "v1.7.24", String::new(), true),
        ("1.34.0", "v2.0.1", String::new(), false),
    ] {
        let prediction = run(kubernetes, containerd, WITHOUT, &gate);
        let expected = if wrong {
            vec![Defect::WrongCgroupParent]
        } else {
            Vec::new()
        };
        assert_eq!(prediction.defects, expected, "{kubernetes} {containerd} {gate}");
    }
}

/// The first handler that has options of runc decides, the default one before all others.
#[test]
fn one_handler_speaks_for_all() {
    let other =
        "[RUNTIMES.a]\nruntime_type = 'io.containerd.runc.v2'\n[RUNTIMES.a.options]\nSystemdCgroup = true\n";
    let prediction = run("1.33.1", "v2.0.1", &format!("{other}{WITHOUT}"), "");
    assert_eq!(
        (prediction.outcome, prediction.defects),
        (Outcome::Started, vec![])
    );
}

/// The other way round the path has no colon, and no OCI runtime on the systemd driver takes it.
#[test]
fn a_path_of_the_cgroupfs_driver_is_refused_on_the_systemd_driver() {
    let runc = "[RUNTIMES.runc]\nruntime_type = 'io.containerd.runc.v2'\n[RUNTIMES.runc.options]\nSystemdCgroup = true\n";
    let crun = format!("{runc}BinaryName = '/usr/bin/crun'\n");
    let of_runc = "[oci-runtimes.runc]\nname = 'runc'\nversion = '1.1.12'\n";
    let of_crun = "[oci-runtimes.'/usr/bin/crun']\nname = 'crun'\nversion = '1.14'\n";
    let run = |containerd, runtimes: &str, oci| run_on("cgroupfs", "1.30.2", containerd, runtimes, "", oci);
    let prediction = run("v1.7.24", runc, of_runc);
    let error = prediction.error.unwrap();
    assert!(
        error.starts_with(
            "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create \
             failed: expected cgroupsPath to be of format \"slice:prefix:name\" for systemd cgroups, got \
             \"/kubepods/…/pod"
        ),
        "{error}"
    );
    assert!(error.ends_with("\" instead: unknown"), "{error}");
    assert_eq!(prediction.because.len(), 1);
    // As it was seen with crun by `crictl` (containerd issue #11169).
    let prediction = run("v2.0.1", &crun, of_crun);
    let event = prediction.event.unwrap();
    assert!(event.message.starts_with(
        "Failed to create pod sandbox: rpc error: code = Unknown desc = failed to start sandbox \""
    ));
    assert!(event.message.ends_with(
        "\": failed to create containerd task: failed to create shim task: OCI runtime create failed: sd-bus call: \
         Invalid unit name or type.: Invalid argument"
    ));
    // Both on the same driver, and a kubelet that asks containerd.
    assert_eq!(run("v1.7.24", WITHOUT, of_runc).outcome, Outcome::Started);
    let asks = run_on("cgroupfs", "1.34.0", "v2.0.1", runc, "", of_runc);
    assert_eq!(asks.outcome, Outcome::Started);
}
