//! A scenario with all its files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::containerd::{ConfigLoading, ContainerdConfig, Loaded, Tree, load_containerd_config_text};
use crate::error::ScenarioError;
use crate::file::ScenarioFile;
use crate::kubernetes::{
    Container, KubeletConfig, KubernetesObjects, Pod, RuntimeClass, read_kubelet_config, read_kubernetes,
};
use crate::nearest::{quoted, suggest};
use crate::snippet::{Place, Snippet};

/// Which of the two containerd configurations of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Which {
    /// `[containerd] config`.
    Before,
    /// `[verify] config-after`, or the one before if the scenario has no other.
    After,
}

/// A scenario file, and what it names. The containerd configuration is read but not yet understood, as that
/// depends on the release.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The scenario file.
    pub file: ScenarioFile,
    /// The directory that its paths are relative to.
    pub directory: PathBuf,
    /// The Pod.
    pub pod: Pod,
    /// The Pods of `[verify] more-pods`.
    pub more_pods: Vec<Pod>,
    /// Every `RuntimeClass` of its files.
    pub runtime_classes: Vec<RuntimeClass>,
    /// The kubelet's configuration, if the scenario names one.
    pub kubelet: Option<KubeletConfig>,
    pub(crate) source: Snippet,
    files: BTreeMap<PathBuf, Snippet>,
    container: Container,
    before: Snippet,
    after: Option<Snippet>,
}

impl Scenario {
    /// Reads a scenario from its directory or its `scenario.toml`.
    ///
    /// # Errors
    /// If one of its files is missing or wrong, or if they do not fit together.
    pub fn load(path: &Path) -> Result<Self, ScenarioError> {
        let path = if path.is_dir() {
            path.join("scenario.toml")
        } else {
            path.to_owned()
        };
        let source = Snippet::read(&path, "the command line")?;
        let directory = path.parent().map(Path::to_owned).unwrap_or_default();
        Self::read(source, directory, &|path, referrer| Snippet::read(path, referrer))
    }

    /// Reads a scenario from files that are not on a disk, `scenario.toml` among them. `imports` of its
    /// configuration lead to none of them.
    ///
    /// # Errors
    /// As [`Self::load`].
    pub fn from_files(files: &BTreeMap<String, String>) -> Result<Self, ScenarioError> {
        let read = |path: &Path, referrer: &str| {
            let text = files.get(&*path.to_string_lossy());
            let text = text.ok_or_else(|| ScenarioError::Missing {
                path: path.display().to_string(),
                referrer: referrer.to_owned(),
            })?;
            Ok(Snippet::new(path, text))
        };
        let source = read(Path::new("scenario.toml"), "every scenario")?;
        Self::read(source, PathBuf::new(), &read)
    }

    fn read(
        source: Snippet,
        directory: PathBuf,
        read: &dyn Fn(&Path, &str) -> Result<Snippet, ScenarioError>,
    ) -> Result<Self, ScenarioError> {
        let file = ScenarioFile::parse(&source)?;
        let mut files = BTreeMap::new();
        let mut read = |name: &Path, key: &str| {
            let text = read(&directory.join(name), &format!("`{key}` in {}", source.name()))?;
            files.insert(name.to_owned(), text.clone());
            Ok::<Snippet, ScenarioError>(text)
        };

        let manifest = read(&file.pod.manifest, "[pod] manifest")?;
        let KubernetesObjects {
            mut pods,
            mut runtime_classes,
        } = read_kubernetes(&manifest)?;
        let pod = one_pod(&mut pods, &manifest)?;
        if let Some(name) = &file.pod.runtime_class {
            runtime_classes.extend(read_kubernetes(&read(name, "[pod] runtime-class")?)?.runtime_classes);
        }
        let mut more_pods = Vec::new();
        for name in &file.verify.more_pods {
            let manifest = read(name, "[verify] more-pods")?;
            let mut objects = read_kubernetes(&manifest)?;
            more_pods.push(one_pod(&mut objects.pods, &manifest)?);
            runtime_classes.append(&mut objects.runtime_classes);
        }
        let container = pod
            .container(file.pod.container.as_deref())
            .cloned()
            .ok_or_else(|| {
                let names = pod.containers.iter().map(|container| container.name.as_str());
                let name = file.pod.container.as_deref().unwrap_or_default();
                ScenarioError::bad_value(
                    &value_place(&source, &["pod", "container"]),
                    format!("Pod `{}` has no container `{name}`", pod.name),
                    suggest(name, names),
                )
            })?;
        let kubelet = file.kubernetes.kubelet_config.as_ref();
        let kubelet = kubelet
            .map(|name| read_kubelet_config(&read(name, "[kubernetes] kubelet-config")?))
            .transpose()?;
        let before = match &file.containerd.config {
            Some(name) => read(name, "[containerd] config")?,
            // A daemon without a file runs on its defaults, and so it does with an empty one.
            None => Snippet::new(directory.join("config.toml"), ""),
        };
        let after = file
            .verify
            .config_after
            .as_ref()
            .map(|name| read(name, "[verify] config-after"))
            .transpose()?;
        let scenario = Self {
            file,
            directory,
            pod,
            more_pods,
            runtime_classes,
            kubelet,
            source,
            files,
            container,
            before,
            after,
        };
        scenario.check_runtime_classes()?;
        Ok(scenario)
    }

    /// The text of the scenario file.
    pub fn text(&self) -> &str {
        self.source.text()
    }

    /// The text of a file that the scenario file names, by that name.
    pub fn text_of(&self, name: &Path) -> Option<&str> {
        self.files.get(name).map(Snippet::text)
    }

    /// The container that is looked at.
    pub fn container(&self) -> &Container {
        &self.container
    }

    /// The `RuntimeClass` of a pod, if it names one.
    pub fn runtime_class(&self, pod: &Pod) -> Option<&RuntimeClass> {
        let name = pod.runtime_class.as_ref()?;
        self.runtime_classes.iter().find(|class| &class.name == name)
    }

    /// What the kubelet sends as `runtime_handler` for a pod: empty without a `RuntimeClass`.
    pub fn runtime_handler(&self, pod: &Pod) -> &str {
        self.runtime_class(pod).map_or("", |class| class.handler.as_str())
    }

    /// Understands a configuration as a release of containerd does.
    ///
    /// # Errors
    /// As [`crate::load_containerd_config`].
    pub fn containerd_config(&self, which: Which, loading: &ConfigLoading) -> Result<Loaded, ScenarioError> {
        let source = match which {
            Which::Before => &self.before,
            Which::After => self.after.as_ref().unwrap_or(&self.before),
        };
        load_containerd_config_text(source, loading)
    }

    /// Checks that each pod's handler is one of the configuration. A caller who wants containerd's own answer
    /// instead, for a configuration that changes, has [`ContainerdConfig::sandbox_runtime`].
    ///
    /// # Errors
    /// For the first handler that the configuration does not have, with the nearest ones.
    pub fn check_handlers(&self, config: &ContainerdConfig) -> Result<(), ScenarioError> {
        for class in std::iter::once(&self.pod)
            .chain(&self.more_pods)
            .filter_map(|pod| self.runtime_class(pod))
        {
            if !config.handlers.contains_key(&class.handler) {
                return Err(ScenarioError::UnknownHandler {
                    class: class.name.clone(),
                    handler: class.handler.clone(),
                    help: suggest(&class.handler, config.handlers.keys().map(String::as_str)),
                    source_code: class.place.source(),
                    at: class.place.span(),
                });
            }
        }
        Ok(())
    }

    fn check_runtime_classes(&self) -> Result<(), ScenarioError> {
        for pod in std::iter::once(&self.pod).chain(&self.more_pods) {
            if let Some(name) = &pod.runtime_class
                && self.runtime_class(pod).is_none()
            {
                let known: Vec<&str> = self
                    .runtime_classes
                    .iter()
                    .map(|class| class.name.as_str())
                    .collect();
                let help = if known.is_empty() {
                    "add a RuntimeClass to the Pod's file, or name its file in `[pod] runtime-class`"
                        .to_owned()
                } else {
                    format!(
                        "the files of the scenario have {}; add this one to `[pod] runtime-class`",
                        quoted(&known)
                    )
                };
                return Err(ScenarioError::MissingRuntimeClass {
                    name: name.clone(),
                    help,
                    source_code: pod.place.source(),
                    at: pod.place.span(),
                });
            }
        }
        Ok(())
    }
}

fn one_pod(pods: &mut Vec<Pod>, manifest: &Snippet) -> Result<Pod, ScenarioError> {
    match (pods.pop(), pods.len()) {
        (Some(pod), 0) => Ok(pod),
        (Some(second), _) => Err(ScenarioError::Pod {
            message: format!("{} holds more than one Pod", manifest.name()),
            help: "name further Pods in `[verify] more-pods`, each in a file of its own".to_owned(),
            source_code: manifest.clone(),
            at: second.beginning.span(),
            label: "one of them",
        }),
        (None, _) => Err(ScenarioError::Pod {
            message: format!("{} holds no Pod", manifest.name()),
            help: "`apiVersion: v1` and `kind: Pod` begin one".to_owned(),
            source_code: manifest.clone(),
            at: manifest.span(0..0),
            label: "here",
        }),
    }
}

/// Where a key of the scenario file stands, as far down as the file has it. The file has been parsed before.
pub(crate) fn value_place(source: &Snippet, path: &[&str]) -> Place {
    let mut place = source.place(0..0);
    let Ok(mut tree) = Tree::parse(source) else {
        return place;
    };
    for key in path {
        let Some(item) = tree.0.remove(*key) else {
            return place;
        };
        place = item.place.clone();
        match item.node {
            crate::containerd::Node::Table(inner) => tree = inner,
            crate::containerd::Node::Leaf(_) => return place,
        }
    }
    place
}
