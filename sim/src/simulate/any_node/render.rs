//! The files of a node that chance drew.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use toml::{Table, Value};

use super::{AnyNode, Configuration, Pods};

impl AnyNode {
    /// The files, by name: a scenario.
    pub fn files(&self) -> BTreeMap<String, String> {
        let mut files = BTreeMap::new();
        let mut put = |name: &str, text: String| files.insert(name.to_owned(), text);
        put("scenario.toml", self.scenario().to_string());
        for (configuration, name) in self.configurations.iter().zip(["config.toml", "config-2.toml"]) {
            put(name, configuration.text());
        }
        let mut handlers: Vec<&str> = self.pods.iter().map(|pods| pods.handler.as_str()).collect();
        handlers.sort_unstable();
        handlers.dedup();
        let classes: Vec<String> = handlers.into_iter().map(runtime_class).collect();
        put("runtimeclass.yaml", classes.join("---\n"));
        if let Some(ids) = self.ids_per_pod {
            let text = format!(
                "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nuserNamespaces:\n  idsPerPod: {ids}\n"
            );
            put("kubelet.yaml", text);
        }
        for pods in &self.pods {
            put(&format!("{}.yaml", pods.name), pods.text());
        }
        files
    }

    fn scenario(&self) -> Table {
        let mut scenario = Table::new();
        let mut put = |key: &str, value: Value| scenario.insert(key.to_owned(), value);
        put("name", self.name.as_str().into());
        put("title", "A node that chance drew".into());
        let mut kubernetes = table([("version", self.kubelets[0].as_str().into())]);
        let gates: Table = self
            .gates
            .iter()
            .map(|(gate, on)| (gate.clone(), (*on).into()))
            .collect();
        kubernetes.insert("feature-gates".to_owned(), gates.into());
        if self.ids_per_pod.is_some() {
            kubernetes.insert("kubelet-config".to_owned(), "kubelet.yaml".into());
        }
        put("kubernetes", kubernetes.into());
        let containerd = table([
            ("version", self.containerd[0].as_str().into()),
            ("config", "config.toml".into()),
        ]);
        put("containerd", containerd.into());
        let shims: Table = self
            .shims
            .iter()
            .map(|(key, shim)| {
                let section = table([
                    ("shim", shim.name.as_str().into()),
                    ("version", shim.versions[0].as_str().into()),
                ]);
                (key.clone(), section.into())
            })
            .collect();
        put("shims", shims.into());
        let oci_runtimes: Table = self
            .oci_runtimes
            .iter()
            .map(|(binary, installed)| {
                let section = match installed {
                    None => table([("absent", true.into())]),
                    Some((name, version)) => table([
                        ("name", name.as_str().into()),
                        ("version", version.as_str().into()),
                    ]),
                };
                (binary.clone(), section.into())
            })
            .collect();
        put("oci-runtimes", oci_runtimes.into());
        let pod = table([
            ("manifest", format!("{}.yaml", self.pods[0].name).into()),
            ("runtime-class", "runtimeclass.yaml".into()),
            ("volumes-idmapped", self.volumes_idmapped.into()),
        ]);
        put("pod", pod.into());
        put("verify", self.verify().into());
        scenario
    }

    fn verify(&self) -> Table {
        let number = |number: usize| Value::Integer(i64::try_from(number).unwrap_or(i64::MAX));
        let more: Vec<Value> = self.pods[1..]
            .iter()
            .flat_map(|pods| {
                let name: Value = format!("{}.yaml", pods.name).into();
                std::iter::repeat_n(name, pods.copies)
            })
            .collect();
        let budget: Table = self
            .budget
            .iter()
            .map(|(kind, times)| (kind.clone(), i64::from(*times).into()))
            .collect();
        let later = |releases: &[String]| -> Value {
            let later: Vec<Value> = releases[1..]
                .iter()
                .map(|release| release.as_str().into())
                .collect();
            later.into()
        };
        let shims: Table = self
            .shims
            .iter()
            .map(|(key, shim)| (key.clone(), later(&shim.versions)))
            .collect();
        let mut verify = table([
            ("client", if self.any_client { "any" } else { "kubelet" }.into()),
            ("pods", number(self.pods[0].copies)),
            ("more-pods", more.into()),
            ("faults", i64::from(self.faults).into()),
            ("budget", budget.into()),
            (
                "upgrade-to",
                table([
                    ("containerd", later(&self.containerd)),
                    ("kubernetes", later(&self.kubelets)),
                    ("shims", shims.into()),
                ])
                .into(),
            ),
        ]);
        if self.configurations.len() > 1 {
            verify.insert("config-after".to_owned(), "config-2.toml".into());
        }
        verify
    }
}

fn table<const N: usize>(entries: [(&str, Value); N]) -> Table {
    entries
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect()
}

impl Configuration {
    fn text(&self) -> String {
        let runtimes: Table = self
            .handlers
            .iter()
            .map(|(name, handler)| {
                let mut section = table([("runtime_type", handler.runtime_type.as_str().into())]);
                if let Some(path) = &handler.runtime_path {
                    section.insert("runtime_path".to_owned(), path.as_str().into());
                }
                if let Some(sandboxer) = &handler.sandboxer {
                    section.insert("sandboxer".to_owned(), sandboxer.as_str().into());
                }
                if let Some(options) = &handler.options {
                    section.insert("options".to_owned(), options.clone().into());
                }
                (name.clone(), section.into())
            })
            .collect();
        let default = self.handlers.keys().next().map_or("none", String::as_str);
        let mut containerd = table([
            ("default_runtime_name", default.into()),
            ("runtimes", runtimes.into()),
        ]);
        if self.no_pivot {
            containerd.insert("no_pivot".to_owned(), true.into());
        }
        let plugin = match self.version {
            1 => "cri",
            2 => "io.containerd.grpc.v1.cri",
            _ => "io.containerd.cri.v1.runtime",
        };
        let plugins = table([(plugin, table([("containerd", containerd.into())]).into())]);
        table([
            ("version", i64::from(self.version).into()),
            ("plugins", plugins.into()),
        ])
        .to_string()
    }
}

fn runtime_class(handler: &str) -> String {
    format!(
        "apiVersion: node.k8s.io/v1\nkind: RuntimeClass\nmetadata:\n  name: {handler}\nhandler: {handler}\n"
    )
}

impl Pods {
    fn text(&self) -> String {
        let mut text = format!(
            "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {}\nspec:\n  runtimeClassName: {}\n  restartPolicy: {}\n",
            self.name, self.handler, self.restart_policy
        );
        // Writing into a string does not fail.
        if let Some(host_users) = self.host_users {
            let _ = writeln!(text, "  hostUsers: {host_users}");
        }
        if self.host_network {
            let _ = writeln!(text, "  hostNetwork: true");
        }
        let _ = writeln!(text, "  containers:");
        for container in &self.containers {
            let _ = writeln!(text, "  - name: {}\n    image: example.org/app", container.name);
            if container.tty {
                let _ = writeln!(text, "    tty: true");
            }
            if let Some(user) = container.user {
                let _ = writeln!(text, "    securityContext:\n      runAsUser: {user}");
            }
        }
        text
    }
}
