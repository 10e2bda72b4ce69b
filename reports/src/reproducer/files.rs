//! The node as files: its configuration, its manifests, and the scenario that names them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use shimproof_model::catalog::Catalog;
use shimproof_sim::{Prediction, outcome_name, stage_name, target_name};
use toml::{Table, Value};

use super::acts::{Act, Fault};
use super::{Case, ReproducerError};

/// The configuration of containerd, as the operator has it.
pub(super) const CONFIG: &str = "config.toml";
/// The one that the operator changes to.
pub(super) const CONFIG_AFTER: &str = "config-after.toml";
/// The Pod.
pub(super) const POD: &str = "pod.yaml";
/// The `RuntimeClass`.
pub(super) const RUNTIME_CLASS: &str = "runtimeclass.yaml";
/// What the kubelet's configuration has to have.
pub(super) const KUBELET: &str = "kubelet.yaml";
const SCENARIO: &str = "scenario.toml";

/// The manifest of a further pod, counted from 0.
pub(super) fn further_pod(number: usize) -> String {
    format!("pod-{}.yaml", number + 2)
}

/// The files of the node with the scenario that names them.
pub(super) fn of_node(
    case: &Case<'_>,
    catalog: &Catalog,
    own_design: bool,
) -> Result<BTreeMap<String, String>, ReproducerError> {
    let scenario = case.scenario;
    let mut files = BTreeMap::new();
    // The scenario has been read, so that it is TOML, and the tables that it needs are there.
    let mut file: Table = scenario.text().parse().unwrap_or_default();
    let mut copy = |from: &Path, to: &str| {
        let text = scenario.text_of(from).unwrap_or_default().to_owned();
        files.insert(to.to_owned(), text);
        Value::from(to)
    };

    let pod = section(&mut file, "pod");
    pod.insert("manifest".to_owned(), copy(&scenario.file.pod.manifest, POD));
    if let Some(class) = &scenario.file.pod.runtime_class {
        pod.insert("runtime-class".to_owned(), copy(class, RUNTIME_CLASS));
    }
    let containerd = section(&mut file, "containerd");
    if let Some(config) = &scenario.file.containerd.config {
        containerd.insert("config".to_owned(), copy(config, CONFIG));
    }
    let release = release(catalog, &case.world.containerd[0].version)?;
    containerd.insert("version".to_owned(), release.into());
    let verify = section(&mut file, "verify");
    if let Some(after) = &scenario.file.verify.config_after {
        verify.insert("config-after".to_owned(), copy(after, CONFIG_AFTER));
    }
    if !scenario.file.verify.more_pods.is_empty() {
        let more = scenario.file.verify.more_pods.iter().enumerate();
        let more: Vec<Value> = more
            .map(|(number, manifest)| copy(manifest, &further_pod(number)))
            .collect();
        verify.insert("more-pods".to_owned(), more.into());
    }
    if let Some(pods) = case.trace.setting.pods {
        verify.insert("pods".to_owned(), i64::from(pods).into());
    }
    if let Some(faults) = case.trace.setting.faults {
        verify.insert("faults".to_owned(), i64::from(faults).into());
    }
    // A design stands in for all releases of the scenario.
    if own_design && let Some(Value::Table(upgrade)) = verify.get_mut("upgrade-to") {
        upgrade.remove("containerd");
    }
    let kubelet = kubelet_configuration(case);
    let kubernetes = section(&mut file, "kubernetes");
    if let Some(kubelet) = kubelet {
        kubernetes.insert("kubelet-config".to_owned(), KUBELET.into());
        files.insert(KUBELET.to_owned(), kubelet);
    }
    let name = format!("{}--{}", scenario.file.name, case.trace.property);
    file.insert("name".to_owned(), name.into());
    file.insert(
        "title".to_owned(),
        format!("{}: {}", case.trace.property, case.trace.finding).into(),
    );
    file.remove("expect");
    for (name, text) in &files {
        let imports = |text: &str| {
            text.parse::<Table>()
                .is_ok_and(|table| table.contains_key("imports"))
        };
        if name.starts_with("config") && imports(text) {
            return Err(ReproducerError::Imports { file: name.clone() });
        }
    }
    files.insert(SCENARIO.to_owned(), file.to_string());
    Ok(files)
}

/// What the scenario is to expect: what the model says.
pub(super) fn expect(files: &mut BTreeMap<String, String>, case: &Case<'_>, prediction: &Prediction) {
    let Some(scenario) = files.get_mut(SCENARIO) else {
        return;
    };
    let mut expect = Table::new();
    let mut put = |key: &str, value: &str| expect.insert(key.to_owned(), value.into());
    put("outcome", outcome_name(prediction.outcome));
    if let Some(target) = prediction.target {
        put("target", target_name(target));
    }
    if let Some(stage) = prediction.stage {
        put("stage", stage_name(stage));
    }
    if !prediction.defects.is_empty() {
        let defects: Vec<Value> = prediction
            .defects
            .iter()
            .map(|defect| defect.to_string().into())
            .collect();
        expect.insert("defects".to_owned(), defects.into());
    }
    let verdicts = Table::from_iter([(case.trace.property.clone(), Value::from("violated"))]);
    expect.insert("verdicts".to_owned(), verdicts.into());
    let table = Table::from_iter([("expect".to_owned(), Value::from(expect))]);
    *scenario = format!(
        "# Made from a counterexample. What stands under [expect] is what the model says, not what was observed.\n\
         {scenario}\n{table}"
    );
}

/// The release behind the name of a design.
pub(super) fn release(catalog: &Catalog, version: &str) -> Result<String, ReproducerError> {
    let named = catalog.designs().iter().find(|design| design.name == version);
    let release = named.map_or(version, |design| design.base.as_str());
    match catalog.containerd_row(release) {
        Ok(_) => Ok(release.to_owned()),
        Err(_) => Err(ReproducerError::NotReal {
            what: format!("{version} is a design, not a build of containerd"),
        }),
    }
}

/// What the kubelet's configuration has to have; none if its defaults do.
fn kubelet_configuration(case: &Case<'_>) -> Option<String> {
    let written = case.scenario.kubelet.clone().unwrap_or_default();
    let mut gates = written.feature_gates;
    gates.extend(case.scenario.file.kubernetes.feature_gates.clone());
    for act in &case.acts {
        if let Act::Fault {
            fault: Fault::GateFlip { gate, on },
            ..
        } = act
        {
            // What is turned on has to be off before.
            gates.entry(gate.clone()).or_insert(!on);
        }
    }
    let mut text = String::new();
    if let Some(driver) = &written.cgroup_driver {
        // Writing into a string does not fail.
        let _ = writeln!(text, "cgroupDriver: {driver}");
    }
    if !gates.is_empty() {
        text += "featureGates:\n";
        for (gate, on) in &gates {
            let _ = writeln!(text, "  {gate}: {on}");
        }
    }
    if let Some(ids) = written.ids_per_pod {
        let _ = writeln!(text, "userNamespaces:\n  idsPerPod: {ids}");
    }
    (!text.is_empty())
        .then(|| format!("apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n{text}"))
}

fn section<'t>(file: &'t mut Table, name: &str) -> &'t mut Table {
    let entry = file.entry(name).or_insert_with(|| Table::new().into());
    if !entry.is_table() {
        *entry = Table::new().into();
    }
    entry.as_table_mut().expect("it was made a table above")
}
