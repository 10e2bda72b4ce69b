//! From a scenario to a world of the model: releases are looked up, configurations are loaded as each of them
//! does it, and everything that the machine can meet gets a number.

mod binaries;
mod loading;
mod oci_runtimes;
mod pods;
mod table;
mod tables;

use shimproof_model::abstraction::Abstract;
use shimproof_model::catalog::{Catalog, ContainerdRow, LookupError};
use shimproof_model::guards::RuntimeType;
use shimproof_model::world::{
    Budget, Client, Configuration, Containerd, HandlerConfig, Kubelet, MAX_HANDLERS, MAX_PODS, Sandboxer,
    World,
};

use crate::containerd::{ContainerdConfig, Loaded, Workload};
use crate::design::{Design, DesignError};
use crate::error::ScenarioError;
use crate::scenario::{Scenario, Which, value_place};

use binaries::Binaries;
pub use loading::loading_of;
use oci_runtimes::OciRuntimes;
pub use table::{FromConfiguration, WrittenTable};
pub use tables::SYSTEMD_CGROUP_IN_BODY;
use tables::Tables;

/// What a caller wants otherwise than the scenario says.
#[derive(Clone, Debug, Default)]
pub struct Overrides {
    /// A containerd release or design that stands in for the scenario's own releases.
    pub design: Option<Containerd>,
    /// How many copies of the pod there are.
    pub pods: Option<u32>,
    /// How many faults can happen in all.
    pub faults: Option<u32>,
    /// How often each kind of fault can happen, for each time that the scenario says.
    pub repeated: Option<u32>,
    /// The most pods of the node, if not as many as a search takes; the machine numbers them with a byte.
    pub most_pods: Option<u8>,
    /// Whether a handler that no release would find in the file is an outcome, as it is on a node, and no bad input.
    pub missing_handlers: bool,
}

/// A runtime handler as pods ask for it.
type HandlerKey = (String, Workload);

impl Scenario {
    /// The world of the scenario, as the search explores it.
    ///
    /// # Errors
    /// If a release or a component is not in the catalogue, or something that the search needs is not said.
    pub fn world(&self, catalog: &Catalog, overrides: &Overrides) -> Result<World<Abstract>, ScenarioError> {
        self.world_in(catalog, overrides)
    }

    /// The world of the scenario in any domain.
    ///
    /// # Errors
    /// As [`Self::world`].
    pub fn world_in<D: FromConfiguration>(
        &self,
        catalog: &Catalog,
        overrides: &Overrides,
    ) -> Result<World<D>, ScenarioError> {
        let containerd = self.containerd_releases(catalog, overrides)?;
        let kubelets = self.kubelets(catalog)?;
        let handlers = self.handler_keys()?;
        let whiches: &[Which] = if self.file.verify.config_after.is_some() {
            &[Which::Before, Which::After]
        } else {
            &[Which::Before]
        };

        let mut loaded = Vec::new();
        for which in whiches {
            let releases = containerd
                .iter()
                .map(|release| self.containerd_config(*which, &loading_of(&release.row)));
            loaded.push(releases.collect::<Result<Vec<Loaded>, _>>()?);
        }
        if !overrides.missing_handlers
            && !self.file.pod.handler_missing
            && let Some(Loaded::Config(config)) = loaded.first().and_then(|releases| releases.first())
        {
            self.check_handlers_exist(catalog, config)?;
        }

        let mut tables = Tables::default();
        let mut oci_runtimes = OciRuntimes::new(self, catalog)?;
        let mut binaries = Binaries::new(self, catalog, &containerd);
        let mut configurations = Vec::new();
        for (which, releases) in whiches.iter().zip(&loaded) {
            let mut configuration = Configuration {
                name: self.config_name(*which),
                refusals: Vec::new(),
                handlers: Vec::new(),
                no_pivot: false,
            };
            for (release, loaded) in containerd.iter().zip(releases) {
                let (refusal, configured) = match loaded {
                    Loaded::Refused(refusal) => (Some(refusal.text().to_owned()), vec![None; handlers.len()]),
                    Loaded::Config(config) if config.cri_disabled => (
                        Some("the CRI plugin is disabled".to_owned()),
                        vec![None; handlers.len()],
                    ),
                    Loaded::Config(config) => {
                        configuration.no_pivot |= config.no_pivot;
                        let configured = handlers
                            .iter()
                            .map(|key| {
                                handler_config(
                                    config,
                                    key,
                                    &release.row,
                                    &mut tables,
                                    &mut oci_runtimes,
                                    &mut binaries,
                                )
                            })
                            .collect::<Result<Vec<_>, _>>()?;
                        {
                            let refusal = config.check_plugins().err();
                            (
                                refusal.map(|said| format!("invalid plugin config: {said}")),
                                configured,
                            )
                        }
                    }
                };
                configuration.refusals.push(refusal);
                configuration.handlers.push(configured);
            }
            configurations.push(configuration);
        }

        let (pod_specs, pods) = self.pod_specs(&handlers, overrides)?;
        let (shims, binaries) = binaries.finish()?;
        let shim_upgrades = binaries
            .iter()
            .map(|binary| binary.rows.len().saturating_sub(1))
            .sum::<usize>();
        let faults = self.budget(
            overrides,
            containerd.len(),
            kubelets.len(),
            configurations.len(),
            shim_upgrades,
        )?;
        Ok(World {
            containerd,
            kubelets,
            shims,
            binaries,
            oci_runtimes: oci_runtimes.finish(),
            configurations,
            handlers: handlers.into_iter().map(|(name, _)| name).collect(),
            pod_specs,
            pods,
            client: match self.file.verify.client {
                crate::file::Client::Kubelet => Client::Kubelet,
                crate::file::Client::Any => Client::Any,
            },
            faults,
        })
    }

    pub(crate) fn lookup_error(&self, path: &[&str], error: &LookupError) -> ScenarioError {
        ScenarioError::bad_value(&value_place(&self.source, path), error.to_string(), None)
    }

    fn containerd_releases(
        &self,
        catalog: &Catalog,
        overrides: &Overrides,
    ) -> Result<Vec<Containerd>, ScenarioError> {
        if let Some(design) = &overrides.design {
            return Ok(vec![design.clone()]);
        }
        let own = (&self.file.containerd.version, &["containerd", "version"][..]);
        let later = &self.file.verify.upgrade_to.containerd;
        let later = later
            .iter()
            .map(|version| (version, &["verify", "upgrade-to", "containerd"][..]));
        std::iter::once(own)
            .chain(later)
            .map(|(version, path)| match Design::named(catalog, version) {
                Ok(design) => Ok(design.containerd),
                Err(DesignError::Unknown(error)) => Err(self.lookup_error(path, &error)),
                Err(DesignError::File(error)) => Err(*error),
            })
            .collect()
    }

    fn kubelets(&self, catalog: &Catalog) -> Result<Vec<Kubelet>, ScenarioError> {
        let own = (&self.file.kubernetes.version, &["kubernetes", "version"][..]);
        let later = &self.file.verify.upgrade_to.kubernetes;
        let later = later
            .iter()
            .map(|version| (version, &["verify", "upgrade-to", "kubernetes"][..]));
        let gates = |gate: &str| {
            let own = self.file.kubernetes.feature_gates.get(gate);
            own.or_else(|| self.kubelet.as_ref()?.feature_gates.get(gate))
                .copied()
        };
        self.check_gates(catalog)?;
        std::iter::once(own)
            .chain(later)
            .map(|(version, path)| match catalog.kubelet_row(version) {
                Ok(row) => Ok(Kubelet::new(version.clone(), row, gates)),
                Err(error) => Err(self.lookup_error(path, &error)),
            })
            .collect()
    }

    /// A gate that matters here and is misspelt, or that the kubelet has locked, would silently change the answer.
    fn check_gates(&self, catalog: &Catalog) -> Result<(), ScenarioError> {
        let known: Vec<&str> = catalog
            .kubelet()
            .iter()
            .flat_map(|row| [row.gate.as_str(), row.host_network_gate.as_str()])
            .filter(|gate| !gate.is_empty())
            .collect();
        for (gate, on) in &self.file.kubernetes.feature_gates {
            let place = || value_place(&self.source, &["kubernetes", "feature-gates", gate]);
            let near = crate::nearest::nearest(gate, known.iter().copied());
            let misspelt = !known.contains(&gate.as_str())
                && near
                    .first()
                    .is_some_and(|near| strsim::damerau_levenshtein(near, gate) <= 3);
            if misspelt {
                let message = format!("no kubelet has the feature gate `{gate}`");
                return Err(ScenarioError::bad_value(
                    &place(),
                    message,
                    near.first().map(|near| format!("did you mean `{near}`?")),
                ));
            }
            let row = catalog.kubelet_row(&self.file.kubernetes.version).ok();
            if let Some(row) =
                row.filter(|row| row.gate_locked && row.gate == *gate && row.gate_default != *on)
            {
                let message = format!("kubelet {} has the gate `{gate}` locked", row.id);
                return Err(ScenarioError::bad_value(
                    &place(),
                    message,
                    "leave it out".to_owned(),
                ));
            }
        }
        Ok(())
    }

    fn handler_keys(&self) -> Result<Vec<HandlerKey>, ScenarioError> {
        let mut keys: Vec<HandlerKey> = Vec::new();
        for pod in std::iter::once(&self.pod).chain(&self.more_pods) {
            let key = (self.runtime_handler(pod).to_owned(), pod.workload());
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        if keys.len() > MAX_HANDLERS {
            let message = format!(
                "the pods use {} runtime handlers; the machine has at most {MAX_HANDLERS}",
                keys.len()
            );
            return Err(ScenarioError::bad_value(
                &value_place(&self.source, &["verify", "more-pods"]),
                message,
                None,
            ));
        }
        Ok(keys)
    }

    /// A handler that the file has, but that this release does not read, is an outcome; one that no release
    /// would find in the file is bad input.
    fn check_handlers_exist(
        &self,
        catalog: &Catalog,
        config: &ContainerdConfig,
    ) -> Result<(), ScenarioError> {
        let Err(error) = self.check_handlers(config) else {
            return Ok(());
        };
        for row in catalog.containerd() {
            if let Ok(Loaded::Config(other)) = self.containerd_config(Which::Before, &loading_of(row))
                && self.check_handlers(&other).is_ok()
            {
                return Ok(());
            }
        }
        Err(error)
    }

    fn config_name(&self, which: Which) -> String {
        let path = match which {
            Which::Before => self.file.containerd.config.as_ref(),
            Which::After => self.file.verify.config_after.as_ref(),
        };
        path.map_or_else(|| "the defaults".to_owned(), |path| path.display().to_string())
    }

    fn budget(
        &self,
        overrides: &Overrides,
        releases: usize,
        kubelets: usize,
        configurations: usize,
        shim_upgrades: usize,
    ) -> Result<Budget, ScenarioError> {
        let given = &self.file.verify.budget;
        let repeated = overrides.repeated.unwrap_or(1);
        let count = |key: &str, value: u32| {
            let value = if key == "faults" {
                value
            } else {
                value.saturating_mul(repeated)
            };
            u8::try_from(value).map_err(|_| {
                let place = value_place(&self.source, &["verify", "budget", key]);
                ScenarioError::bad_value(
                    &place,
                    format!("{value} faults of a kind are too many"),
                    "255 is the most".to_owned(),
                )
            })
        };
        let more = |length: usize| u8::try_from(length.saturating_sub(1)).unwrap_or(u8::MAX);
        Ok(Budget {
            total: count("faults", overrides.faults.unwrap_or(self.file.verify.faults))?,
            containerd_restart: count("containerd-restart", given.containerd_restart.unwrap_or(1))?,
            kubelet_restart: count("kubelet-restart", given.kubelet_restart.unwrap_or(1))?,
            shim_crash: count("shim-crash", given.shim_crash.unwrap_or(1))?,
            rpc_timeout: count("rpc-timeout", given.rpc_timeout.unwrap_or(1))?,
            container_exit: count("container-exit", given.container_exit.unwrap_or(1))?,
            pod_delete: count("pod-delete", given.pod_delete.unwrap_or(1))?,
            gate_flip: count("gate-flip", given.gate_flip.unwrap_or(0))?,
            containerd_upgrade: more(releases),
            kubelet_upgrade: more(kubelets),
            shim_upgrade: u8::try_from(shim_upgrades).unwrap_or(u8::MAX),
            config_change: more(configurations),
        })
    }

    pub(crate) fn pods_in_all(&self, overrides: &Overrides) -> Result<usize, ScenarioError> {
        let copies = overrides.pods.unwrap_or(self.file.verify.pods);
        let pods = usize::try_from(copies)
            .unwrap_or(usize::MAX)
            .saturating_add(self.more_pods.len());
        let most = overrides.most_pods.map_or(MAX_PODS, usize::from);
        if copies == 0 || pods > most {
            let message = format!("{pods} pods: a node of the machine has 1 to {most}");
            return Err(ScenarioError::bad_value(
                &value_place(&self.source, &["verify", "pods"]),
                message,
                None,
            ));
        }
        Ok(usize::try_from(copies).unwrap_or(usize::MAX))
    }
}

fn handler_config<D: FromConfiguration>(
    config: &ContainerdConfig,
    (name, workload): &HandlerKey,
    row: &ContainerdRow,
    tables: &mut Tables,
    oci_runtimes: &mut OciRuntimes<'_>,
    binaries: &mut Binaries<'_>,
) -> Result<Option<HandlerConfig<D>>, ScenarioError> {
    let Ok((_, handler)) = config.sandbox_runtime(name, *workload) else {
        return Ok(None);
    };
    let runtime_type = RuntimeType::of(&handler.runtime_type);
    let options = tables.table::<D>(handler, runtime_type, row, config.keys, oci_runtimes)?;
    let path = handler.runtime_path.as_deref().filter(|path| !path.is_empty());
    let path_binary = path.map(|path| binaries.binary(path, handler)).transpose()?;
    // What the type leads to matters where no path stands before it.
    let type_binary = match (path_binary, binaries.binary(&handler.runtime_type, handler)) {
        (None, Err(error)) => return Err(error),
        (_, found) => found.ok(),
    };
    Ok(Some(HandlerConfig {
        runtime_type_name: handler.runtime_type.clone(),
        runtime_type,
        path_binary,
        type_binary,
        options,
        sandboxer: match handler.sandboxer.as_str() {
            "" | "podsandbox" => Sandboxer::PodSandbox,
            "shim" => Sandboxer::Shim,
            _ => Sandboxer::Remote,
        },
    }))
}
