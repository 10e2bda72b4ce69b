//! `catalog/cgroup-driver.toml`: whose word the kubelet takes for the cgroup driver.

use std::sync::LazyLock;

use serde::Deserialize;

use super::version::{Range, Version};

/// Whose word the kubelet takes for the cgroup driver.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CgroupDriverSource {
    /// The feature gate.
    pub gate: String,
    /// Releases of the kubelet that have it.
    pub kubelet: Vec<CgroupDriverGate>,
    /// The other side.
    pub containerd: RuntimeConfigCall,
}

/// The gate in some releases of the kubelet.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CgroupDriverGate {
    /// The releases.
    pub releases: Vec<Range>,
    /// Whether it is on by default.
    pub default: bool,
    /// Whether it cannot be changed.
    pub locked: bool,
    /// Public sources.
    pub sources: Vec<String>,
}

/// CRI `RuntimeConfig`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RuntimeConfigCall {
    /// Rows of containerd that do not have the call.
    pub without_runtime_config: Vec<String>,
    /// Public sources.
    pub sources: Vec<String>,
}

static EMBEDDED: LazyLock<CgroupDriverSource> = LazyLock::new(|| {
    #[expect(
        clippy::expect_used,
        reason = "the file is part of the binary, and a test reads it"
    )]
    toml::from_str(include_str!("../../catalog/cgroup-driver.toml")).expect("the catalogue is readable")
});

impl CgroupDriverSource {
    /// The table that is part of the binary.
    pub fn embedded() -> &'static Self {
        &EMBEDDED
    }

    /// Whether the kubelet of a release, with the gate set or left alone, takes the word of a row of containerd.
    pub fn is_the_runtime(&self, kubelet: &str, gate: Option<bool>, containerd: &str) -> bool {
        let without = &self.containerd.without_runtime_config;
        self.kubelet_asks(kubelet, gate) && !without.iter().any(|row| row == containerd)
    }

    fn kubelet_asks(&self, kubelet: &str, gate: Option<bool>) -> bool {
        let text = kubelet.strip_prefix('v').unwrap_or(kubelet);
        let parts = text.split('.').count();
        let text = if parts == 2 {
            format!("{text}.x")
        } else {
            text.to_owned()
        };
        let Ok(version) = Version::parse(&text) else {
            return false;
        };
        let row = self
            .kubelet
            .iter()
            .find(|row| row.releases.iter().any(|range| range.contains(&version)));
        row.is_some_and(|row| {
            let set = if row.locked { None } else { gate };
            set.unwrap_or(row.default)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;

    #[test]
    fn the_gate_follows_the_release() {
        let table = CgroupDriverSource::embedded();
        let asks = |kubelet, gate| table.is_the_runtime(kubelet, gate, "v2.0.1-v2.0.2");
        assert!(!asks("1.27.3", Some(true)));
        assert!(!asks("1.30.2", None));
        assert!(asks("1.30.2", Some(true)));
        assert!(asks("1.31", None));
        assert!(!asks("1.33.1", Some(false)));
        assert!(asks("1.34.0", Some(false)));
        assert!(!table.is_the_runtime("1.33.1", None, "v1.7.17-v1.7.34"));
    }

    #[test]
    fn the_rows_that_it_names_are_those_before_2_0() {
        let named = &CgroupDriverSource::embedded().containerd.without_runtime_config;
        let old: Vec<&String> = Catalog::embedded()
            .containerd()
            .iter()
            .map(|row| &row.id)
            .filter(|id| id.starts_with("v1."))
            .collect();
        assert_eq!(named.iter().collect::<Vec<_>>(), old);
    }
}
