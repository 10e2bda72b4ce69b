//! One run without faults for every combination of kubelet, shim, configuration and pod that the catalogue has,
//! under two designs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use shimproof_model::abstraction::{Abstract, Key, Table};
use shimproof_model::catalog::{Catalog, ContainerdRow, OciRuntimeRow, ShimRow};
use shimproof_model::guards::{HostUsers, Network, RuntimeType};
use shimproof_model::log::Quiet;
use shimproof_model::world::{
    Binary, Budget, Client, Configuration, ContainerSpec, Containerd, HandlerConfig, Kubelet, OciRuntime,
    PodSpec, RestartPolicy, Sandboxer,
};
use shimproof_model::{
    Action, EnvironmentAction, Node, Phase, PodAction, Refusal, StartFailure, User, World,
};

use crate::style::{Styles, set};

/// The runc that stands behind shims which run an OCI runtime: one that supports user namespaces.
const RUNC: (&str, &str) = ("runc", "1.2.3");
/// The most steps of a run without faults, and more than enough.
const MOST_STEPS: usize = 64;

/// What becomes of a pod in a run without faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    Runs { in_userns: bool },
    Refused { stage: &'static str, id: &'static str },
}

impl Outcome {
    fn text(self, asks_for_userns: bool) -> String {
        match self {
            Self::Runs { in_userns: false } if asks_for_userns => "runs without a user namespace".to_owned(),
            Self::Runs { .. } => "runs".to_owned(),
            Self::Refused { stage, id } => format!("{id} at {stage}"),
        }
    }
}

/// The pods of the sweep.
const PODS: [(&str, HostUsers, Network); 3] = [
    ("ordinary pod", HostUsers::Unset, Network::Pod),
    ("hostUsers: false", HostUsers::False, Network::Pod),
    (
        "hostUsers: false, hostNetwork: true",
        HostUsers::False,
        Network::Node,
    ),
];

/// The configurations of the sweep.
const TABLES: [&str; 2] = ["no options table", "options table"];

/// How something changed: for which pod, from what, to what.
type ChangeKey = (usize, Outcome, Outcome);
/// Where it changed: for which shim, which configuration, which kubelet.
type Place = (usize, usize, String);
/// A configuration, and a kubelet by name.
type TableAndKubelet<'a> = (usize, &'a str);

/// Combinations that changed in the same way for the same shims.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    before: String,
    after: String,
    runs_before: bool,
    runs_after: bool,
    shims: Vec<String>,
    pod: &'static str,
    tables: BTreeSet<&'static str>,
    kubelets: Vec<String>,
    combinations: usize,
}

/// What changes between two designs over the whole catalogue.
#[derive(Clone, Debug)]
pub struct Sweep {
    combinations: usize,
    unchanged: usize,
    groups: Vec<Group>,
}

impl Sweep {
    /// How many combinations ran before and do not now.
    pub fn regressions(&self) -> usize {
        self.groups
            .iter()
            .filter(|group| group.runs_before && !group.runs_after)
            .map(|group| group.combinations)
            .sum()
    }

    /// The sweep as text.
    pub fn text(&self, styles: &Styles) -> String {
        let mut text = String::new();
        // Writing into a string does not fail.
        let _ = writeln!(
            text,
            "Over the catalogue, one run without faults for each of {} combinations of kubelet, shim, configuration \
             and pod: {} unchanged, {} changed (`changed`: refused before, and refused in another way now)",
            self.combinations,
            self.unchanged,
            self.combinations - self.unchanged
        );
        for group in &self.groups {
            let (style, word) = match (group.runs_before, group.runs_after) {
                (false, true) => (styles.good, "fixed"),
                (true, false) => (styles.bad, "regressed"),
                _ => (styles.open, "changed"),
            };
            let _ = writeln!(
                text,
                "  {} ({}): {} → {}",
                set(style, word),
                group.combinations,
                group.before,
                group.after
            );
            let tables: Vec<&str> = group.tables.iter().copied().collect();
            let _ = writeln!(
                text,
                "    {}; {}; kubelet {}",
                group.pod,
                tables.join(" or "),
                group.kubelets.join(", ")
            );
            let _ = writeln!(text, "    shims {}", group.shims.join(", "));
        }
        text
    }
}

/// Runs every combination under both designs.
pub fn sweep(catalog: &Catalog, before: &ContainerdRow, after: &ContainerdRow) -> Sweep {
    let runc = catalog.oci_runtime_row(RUNC.0, RUNC.1).ok();
    // Keyed by everything but shim and kubelet: pod, what it was and what it is.
    let mut changed: BTreeMap<ChangeKey, Vec<Place>> = BTreeMap::new();
    let (mut combinations, mut unchanged) = (0, 0);
    for (shim, row) in catalog
        .shims()
        .iter()
        .enumerate()
        .filter(|(_, row)| !row.hypothetical)
    {
        for kubelet in catalog.kubelet() {
            for gate in [false, true] {
                if (gate && kubelet.gate.is_empty()) || (!gate && kubelet.gate_locked) {
                    continue;
                }
                let name = match (kubelet.gate.is_empty(), gate) {
                    (true, _) => kubelet.id.clone(),
                    (false, true) => format!("{} (gate on)", kubelet.id),
                    (false, false) => format!("{} (gate off)", kubelet.id),
                };
                for table in 0..TABLES.len() {
                    for (pod, asked) in PODS.into_iter().enumerate() {
                        let outcome = |design: &ContainerdRow| {
                            let kubelet = Kubelet::new(kubelet.id.clone(), kubelet, |_| Some(gate));
                            run(&world(design, kubelet, row, runc, table == 1, asked))
                        };
                        let (was, is) = (outcome(before), outcome(after));
                        combinations += 1;
                        if was == is {
                            unchanged += 1;
                        } else {
                            changed
                                .entry((pod, was, is))
                                .or_default()
                                .push((shim, table, name.clone()));
                        }
                    }
                }
            }
        }
    }
    let groups = changed
        .into_iter()
        .flat_map(|(key, found)| fold(catalog, key, &found))
        .collect();
    Sweep {
        combinations,
        unchanged,
        groups,
    }
}

/// Shims for which the same configurations and kubelets changed stand together.
fn fold(catalog: &Catalog, (pod, was, is): ChangeKey, found: &[Place]) -> Vec<Group> {
    let mut by_shim: BTreeMap<usize, Vec<TableAndKubelet<'_>>> = BTreeMap::new();
    for (shim, table, kubelet) in found {
        by_shim.entry(*shim).or_default().push((*table, kubelet));
    }
    let mut groups: Vec<(Vec<TableAndKubelet<'_>>, Vec<usize>)> = Vec::new();
    for (shim, combinations) in by_shim {
        match groups.iter_mut().find(|(known, _)| *known == combinations) {
            Some((_, shims)) => shims.push(shim),
            None => groups.push((combinations, vec![shim])),
        }
    }
    let (name, host_users, _) = PODS[pod];
    let asks = host_users == HostUsers::False;
    groups
        .into_iter()
        .map(|(combinations, shims)| {
            let mut kubelets: Vec<String> = Vec::new();
            for (_, kubelet) in &combinations {
                if !kubelets.iter().any(|known| known == kubelet) {
                    kubelets.push((*kubelet).to_owned());
                }
            }
            Group {
                before: was.text(asks),
                after: is.text(asks),
                runs_before: matches!(was, Outcome::Runs { .. }),
                runs_after: matches!(is, Outcome::Runs { .. }),
                combinations: combinations.len() * shims.len(),
                shims: shims
                    .into_iter()
                    .map(|shim| catalog.shims()[shim].id.clone())
                    .collect(),
                pod: name,
                tables: combinations.iter().map(|(table, _)| TABLES[*table]).collect(),
                kubelets,
            }
        })
        .collect()
}

fn world(
    design: &ContainerdRow,
    kubelet: Kubelet,
    shim: &ShimRow,
    runc: Option<&OciRuntimeRow>,
    with_table: bool,
    (name, host_users, network): (&str, HostUsers, Network),
) -> World<Abstract> {
    let runtime_type_name = shim.runtime_types.first().cloned().unwrap_or_default();
    let runtime_type = RuntimeType::of(&runtime_type_name);
    // What operators write: the cgroup driver for runc, a path to the shim's own configuration for others.
    let keys = match runtime_type {
        RuntimeType::RuncV1 | RuntimeType::RuncV2 => [Key::SystemdCgroup].into_iter().collect(),
        _ if shim.name.starts_with("runwasi") || shim.name == "spin" => {
            [Key::SystemdCgroup].into_iter().collect()
        }
        _ => [Key::TypeUrl, Key::ConfigPath].into_iter().collect(),
    };
    let table = Table {
        id: 1,
        keys,
        oci_runtime: 0,
        inner_runsc: shim.name.starts_with("runsc"),
    };
    World {
        containerd: vec![Containerd::new(design.id.clone(), design)],
        kubelets: vec![kubelet],
        shims: vec![shim.clone()],
        binaries: vec![Binary {
            name: runtime_type_name.clone(),
            rows: vec![0],
            shipped: None,
            versions: vec![shim.id.clone()],
        }],
        oci_runtimes: vec![OciRuntime {
            binary_name: RUNC.0.to_owned(),
            version: RUNC.1.to_owned(),
            row: runc.cloned(),
        }],
        configurations: vec![Configuration {
            name: "config.toml".to_owned(),
            refusals: vec![None],
            handlers: vec![vec![Some(HandlerConfig {
                runtime_type_name,
                runtime_type,
                path_binary: None,
                type_binary: Some(0),
                options: with_table.then_some(table),
                sandboxer: Sandboxer::PodSandbox,
            })]],
            no_pivot: false,
        }],
        handlers: vec!["handler".to_owned()],
        pod_specs: vec![PodSpec {
            name: name.to_owned(),
            handler: 0,
            host_users,
            network,
            restart_policy: RestartPolicy::Always,
            containers: vec![ContainerSpec {
                name: "app".to_owned(),
                user: User::Root,
                terminal: false,
            }],
            volumes_idmappable: true,
        }],
        pods: vec![0],
        client: Client::Kubelet,
        faults: Budget::NONE,
    }
}

/// The run without faults: it ends when the pod runs, or at the first refusal.
fn run(world: &World<Abstract>) -> Outcome {
    let mut node = Node::initial(world, &mut Quiet);
    if let Err(failure) = node.environment.containerd.up {
        let id = match failure {
            StartFailure::ConfigRefused => "configuration-refused",
            StartFailure::IntrospectionPanic => "introspection-panic",
        };
        return Outcome::Refused {
            stage: "containerd-config",
            id,
        };
    }
    let refused = |refusal: Refusal| Outcome::Refused {
        stage: refusal.stage().as_str(),
        id: refusal.id(),
    };
    let mut step = Action::Environment(EnvironmentAction::UpdateRuntimeUp);
    for _ in 0..MOST_STEPS {
        if let Err(refusal) = node.apply(world, step, &mut Quiet) {
            return refused(refusal);
        }
        let pod = &node.pods[0];
        if pod.phase == Phase::Settled {
            break;
        }
        step = Action::Pod(
            0,
            if pod.in_flight.is_some() {
                PodAction::Deliver
            } else {
                PodAction::SyncPod
            },
        );
    }
    let in_userns = node.pods[0].containers.iter().flatten().all(|container| {
        matches!(
            container.state,
            shimproof_model::ContainerState::Running { in_userns: true, .. }
        )
    });
    Outcome::Runs { in_userns }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(before: &str, after: &str) -> Sweep {
        let catalog = Catalog::embedded();
        sweep(
            catalog,
            catalog.design_row(before).unwrap(),
            catalog.design_row(after).unwrap(),
        )
    }

    #[test]
    fn a_design_changes_nothing_against_itself() {
        let sweep = between("nil-or-node", "nil-or-node");
        assert_eq!(sweep.combinations, sweep.unchanged);
    }

    #[test]
    fn the_fix_of_11091_fixes_ordinary_pods_and_breaks_none() {
        let sweep = between("nil-check-missing-node", "nil-or-node");
        assert_eq!(sweep.regressions(), 0);
        let fixed: Vec<&Group> = sweep
            .groups
            .iter()
            .filter(|group| group.runs_after && !group.runs_before)
            .collect();
        assert!(!fixed.is_empty());
        assert!(
            fixed
                .iter()
                .all(|group| group.pod == "ordinary pod" && group.before.contains("create-rejected"))
        );
        assert!(
            fixed
                .iter()
                .any(|group| group.shims.iter().any(|shim| shim == "runsc-20211026"))
        );
    }

    #[test]
    fn the_reopened_hole_shows_as_a_changed_refusal() {
        let text = between("v2.3.3", "v2.3.4").text(&Styles::plain());
        assert!(
            text.contains("handler-without-userns at kubelet → cannot-join-userns at oci-create"),
            "{text}"
        );
        assert!(text.contains("→ create-rejected at shim-create"), "{text}");
    }
}
