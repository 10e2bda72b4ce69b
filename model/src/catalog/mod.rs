//! The catalogue: how releases behave, as data with sources.
//!
//! The files under `catalog/` are part of the binary. Nothing in the machine asks for a version: it asks a row,
//! and a version only selects the row. A version that no row covers is an error that names the nearest rows.

mod cgroup_driver;
mod containerd_row;
mod designs;
mod error;
mod kubelet_row;
mod lookup;
pub mod provenance;
mod shim_row;
pub mod version;

use std::sync::OnceLock;

use serde::Deserialize;

pub use cgroup_driver::{CgroupDriverGate, CgroupDriverSource, RuntimeConfigCall};
pub use containerd_row::{
    ConfigImports, ConfigKeyMatching, ConfigMigration, ConfigRuntimes, ContainerdField, ContainerdRow,
    CriUserns, DaemonTaskOptions, DefaultRuncOptions, FailedValidation, IdmappedMounts, InfoOptions,
    Introspection, IntrospectionNilOptions, IoOwnerGuard, IoOwnerId, NoPivot, OptionsFallback, PinUserns,
    StartForAppContainers, StartReply, StartStdin, TaskApiEndpoint, TaskOptionsBase, Window,
};
pub use designs::NamedDesign;
pub use error::{CatalogError, LookupError};
pub use kubelet_row::{GateOffHostUsers, HostNetwork, KubeletField, KubeletRow, Volumes};
pub use shim_row::{
    ChownsStdio, Condition, CreateChannel, ErrorClass, InfoChannel, InfoFeatures, JoinsUserns, Misframed,
    OciFeatures, OciRuntimeField, OciRuntimeKind, OciRuntimeRow, Pipes, Rule, Scope, ShimField, ShimRow,
    StartChannel, StartReads, StartReplies, Then, ValueOnWire,
};

use provenance::Row;

/// Everything that is known of releases.
#[derive(Debug)]
pub struct Catalog {
    containerd: Vec<ContainerdRow>,
    kubelet: Vec<KubeletRow>,
    shims: Vec<ShimRow>,
    oci_runtimes: Vec<OciRuntimeRow>,
    designs: Vec<NamedDesign>,
}

/// The text of the files of a catalogue, each with the name that errors give it.
#[derive(Clone, Copy, Debug)]
pub struct CatalogText<'a> {
    /// `containerd.toml`.
    pub containerd: &'a str,
    /// `kubelet.toml`.
    pub kubelet: &'a str,
    /// `shims.toml`.
    pub shims: &'a str,
    /// `oci-runtimes.toml`.
    pub oci_runtimes: &'a str,
    /// `designs.toml`.
    pub designs: &'a str,
}

/// The files that are part of the binary.
pub const EMBEDDED: CatalogText<'static> = CatalogText {
    containerd: include_str!("../../catalog/containerd.toml"),
    kubelet: include_str!("../../catalog/kubelet.toml"),
    shims: include_str!("../../catalog/shims.toml"),
    oci_runtimes: include_str!("../../catalog/oci-runtimes.toml"),
    designs: include_str!("../../catalog/designs.toml"),
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ContainerdFile {
    containerd: Vec<ContainerdRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct KubeletFile {
    kubelet: Vec<KubeletRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ShimFile {
    shim: Vec<ShimRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct OciRuntimeFile {
    oci_runtime: Vec<OciRuntimeRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DesignFile {
    design: Vec<NamedDesign>,
}

impl Catalog {
    /// The catalogue that is part of the binary.
    ///
    /// # Panics
    /// If an embedded file does not parse, which a test of this crate excludes.
    pub fn embedded() -> &'static Self {
        static CATALOG: OnceLock<Catalog> = OnceLock::new();
        #[expect(
            clippy::expect_used,
            reason = "the embedded text is constant; `the_embedded_catalogue_parses` parses it"
        )]
        CATALOG.get_or_init(|| Self::parse(&EMBEDDED).expect("the embedded catalogue parses"))
    }

    /// Reads a catalogue.
    ///
    /// # Errors
    /// [`CatalogError`] names the file, the line and the key of an unknown key or value, a row that is there
    /// twice, two rows that claim one version, or a reference to a row that does not exist.
    pub fn parse(text: &CatalogText<'_>) -> Result<Self, CatalogError> {
        let catalog = Self {
            containerd: read::<ContainerdFile>("containerd.toml", text.containerd)?.containerd,
            kubelet: read::<KubeletFile>("kubelet.toml", text.kubelet)?.kubelet,
            shims: read::<ShimFile>("shims.toml", text.shims)?.shim,
            oci_runtimes: read::<OciRuntimeFile>("oci-runtimes.toml", text.oci_runtimes)?.oci_runtime,
            designs: read::<DesignFile>("designs.toml", text.designs)?.design,
        };
        check_rows("containerd.toml", text.containerd, &catalog.containerd)?;
        check_rows("kubelet.toml", text.kubelet, &catalog.kubelet)?;
        check_rows("shims.toml", text.shims, &catalog.shims)?;
        check_rows("oci-runtimes.toml", text.oci_runtimes, &catalog.oci_runtimes)?;
        catalog.check_ranges(text)?;
        for row in &catalog.containerd {
            if !catalog.shims.iter().any(|shim| shim.id == row.shipped_shim) {
                let what = format!(
                    "`shipped-shim` names `{}`, which shims.toml does not have",
                    row.shipped_shim
                );
                return Err(CatalogError::in_row(
                    "containerd.toml",
                    text.containerd,
                    &row.id,
                    what,
                ));
            }
        }
        for shim in &catalog.shims {
            Self::check_shim(shim, text.shims)?;
        }
        for design in &catalog.designs {
            if catalog.containerd_row(&design.base).is_err() {
                let what = format!(
                    "`base` names `{}`, which no row of containerd.toml covers",
                    design.base
                );
                return Err(CatalogError::in_row(
                    "designs.toml",
                    text.designs,
                    &design.name,
                    what,
                ));
            }
        }
        Ok(catalog)
    }

    /// The same catalogue, in which each containerd and kubelet row is what these make of it.
    #[must_use]
    pub fn with_rows(
        &self,
        containerd: impl Fn(&ContainerdRow) -> ContainerdRow,
        kubelet: impl Fn(&KubeletRow) -> KubeletRow,
    ) -> Self {
        Self {
            containerd: self.containerd.iter().map(containerd).collect(),
            kubelet: self.kubelet.iter().map(kubelet).collect(),
            shims: self.shims.clone(),
            oci_runtimes: self.oci_runtimes.clone(),
            designs: self.designs.clone(),
        }
    }

    /// Rows of containerd releases, in the order of the file.
    pub fn containerd(&self) -> &[ContainerdRow] {
        &self.containerd
    }

    /// Rows of kubelet releases.
    pub fn kubelet(&self) -> &[KubeletRow] {
        &self.kubelet
    }

    /// Rows of shims.
    pub fn shims(&self) -> &[ShimRow] {
        &self.shims
    }

    /// Rows of OCI runtimes.
    pub fn oci_runtimes(&self) -> &[OciRuntimeRow] {
        &self.oci_runtimes
    }

    /// Designs that have a name.
    pub fn designs(&self) -> &[NamedDesign] {
        &self.designs
    }

    fn check_shim(shim: &ShimRow, text: &str) -> Result<(), CatalogError> {
        let fail = |what: String| Err(CatalogError::in_row("shims.toml", text, &shim.id, what));
        let urls: Vec<&str> = <crate::TypeUrl as crate::Finite>::all()
            .map(crate::TypeUrl::as_str)
            .collect();
        for (channel, rules) in [
            ("create", &shim.create.rules),
            ("start", &shim.start.rules),
            ("info", &shim.info.rules),
        ] {
            for rule in rules {
                if !(rule.url.is_empty()
                    || rule.url == "*"
                    || rule.url == "linked"
                    || urls.contains(&rule.url.as_str()))
                {
                    return fail(format!("`{channel}.rules` has the unknown url `{}`", rule.url));
                }
                if rule.then == Then::Rejected && rule.text.is_none() {
                    return fail(format!("a rejection in `{channel}.rules` has no `text`"));
                }
            }
            if let Some(last) = rules.last()
                && (last.url != "*" || last.value.is_some() || !last.when.is_empty())
            {
                return fail(format!(
                    "the last rule of `{channel}.rules` must take every message"
                ));
            }
        }
        if shim.create.scope != Scope::Never && shim.create.rules.is_empty() {
            return fail("`create.rules` is empty, but `create.scope` is not `never`".to_owned());
        }
        if shim.start.reads != StartReads::Nothing && shim.start.rules.is_empty() {
            return fail("`start.rules` is empty, but `start.reads` is not `nothing`".to_owned());
        }
        if !shim.info.supported && shim.info.text.is_none() {
            return fail("`info.text` says how an unknown flag fails; it is missing".to_owned());
        }
        if shim.joins_userns_by_path == JoinsUserns::No && shim.join_userns_text.is_none() {
            return fail("`join-userns-text` is missing".to_owned());
        }
        Ok(())
    }
}

fn read<T: serde::de::DeserializeOwned>(file: &'static str, text: &str) -> Result<T, CatalogError> {
    toml::from_str(text).map_err(|error| CatalogError::syntax(file, text, &error))
}

fn check_rows<R: Row>(file: &'static str, text: &str, rows: &[R]) -> Result<(), CatalogError> {
    let keys = R::keys();
    for (i, row) in rows.iter().enumerate() {
        if rows[..i].iter().any(|other| other.id() == row.id()) {
            return Err(CatalogError::in_row(
                file,
                text,
                row.id(),
                "there are two rows with this id".to_owned(),
            ));
        }
        if row.sources().is_empty() {
            return Err(CatalogError::in_row(
                file,
                text,
                row.id(),
                "the row has no sources".to_owned(),
            ));
        }
        for key in row.executed().iter().chain(row.inferred()) {
            if !keys.contains(&key.as_str()) {
                let what = format!("`{key}` is no behaviour of such a row");
                return Err(CatalogError::in_row(file, text, row.id(), what));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_catalogue_parses() {
        if let Err(error) = Catalog::parse(&EMBEDDED) {
            panic!("{error}");
        }
    }

    #[test]
    fn versions_lead_to_their_rows() {
        let catalog = Catalog::embedded();
        assert_eq!(catalog.containerd_row("v2.0.3").unwrap().id, "v2.0.3-v2.0.4");
        for window in ["release/2.0@952ad6b3a", "release/2.0@cf07f28ee"] {
            assert_eq!(
                catalog.containerd_row(window).unwrap().io_owner_guard,
                IoOwnerGuard::UnlessNil
            );
        }
        assert_eq!(
            catalog.design_row("nil-or-node").unwrap().io_owner_guard,
            IoOwnerGuard::UnlessNilOrNode
        );
        assert!(!catalog.kubelet_row("1.31.2").unwrap().gate_default);
        assert!(catalog.kubelet_row("1.33").unwrap().gate_default);
        assert!(!catalog.kubelet_row("1.20.4").unwrap().userns_options);
        let rows = |minor| -> Vec<&str> {
            let rows = catalog.kubelet_rows_of_minor(minor);
            rows.into_iter().map(|row| row.id.as_str()).collect()
        };
        assert_eq!(rows("1.31"), ["1.30-1.31-early", "1.31.10-1.32"]);
        assert_eq!(rows("1.36"), ["1.36"]);
        assert!(rows("1.36.0").is_empty() && rows("later").is_empty());
        assert_eq!(
            catalog.shim_row("runsc", "release-20241118.0").unwrap().name,
            "runsc"
        );
        assert!(catalog.oci_runtime_row("runc", "1.2.3").is_ok());
    }

    #[test]
    fn every_row_can_be_found_by_the_ends_of_its_ranges() {
        let catalog = Catalog::embedded();
        for row in catalog.containerd() {
            for version in row.releases.iter().flat_map(|range| [&range.first, &range.last]) {
                assert_eq!(catalog.containerd_row(version.as_str()).unwrap().id, row.id);
            }
            for window in &row.windows {
                let commit = window.commits.first().unwrap();
                assert_eq!(
                    catalog
                        .containerd_row(&format!("{}@{commit}", window.branch))
                        .unwrap()
                        .id,
                    row.id
                );
            }
        }
        for row in catalog.kubelet() {
            for version in row.releases.iter().flat_map(|range| [&range.first, &range.last]) {
                assert_eq!(catalog.kubelet_row(version.as_str()).unwrap().id, row.id);
            }
        }
        for row in catalog.shims() {
            for version in row.versions.iter().flat_map(|range| [&range.first, &range.last]) {
                assert_eq!(catalog.shim_row(&row.name, version.as_str()).unwrap().id, row.id);
            }
        }
    }

    #[test]
    fn a_version_that_no_row_covers_names_the_nearest_rows() {
        let catalog = Catalog::embedded();
        let text = catalog.containerd_row("v2.9.0").unwrap_err().to_string();
        assert!(text.contains("nearest rows are v2.4.0-beta.0"), "{text}");
        let text = catalog
            .containerd_row("release/2.0@0123456")
            .unwrap_err()
            .to_string();
        assert!(text.contains("release/2.0@952ad6b3a up to 8c6dd50d9"), "{text}");
        let text = catalog
            .shim_row("runcs", "release-20241118.0")
            .unwrap_err()
            .to_string();
        assert!(text.contains("no shim `runcs`; there are runsc"), "{text}");
        let text = catalog.design_row("nil-or-nod").unwrap_err().to_string();
        assert!(
            text.contains("no design `nil-or-nod`; there are nil-or-node"),
            "{text}"
        );
        assert!(catalog.kubelet_row("1.37.0").is_err());
        assert!(catalog.kubelet_row("2").is_err());
    }

    fn with_containerd(replace: &str, by: &str) -> Result<Catalog, CatalogError> {
        let text = EMBEDDED.containerd.replacen(replace, by, 1);
        assert_ne!(text, EMBEDDED.containerd);
        Catalog::parse(&CatalogText {
            containerd: &text,
            ..EMBEDDED
        })
    }

    #[test]
    fn unknown_keys_and_values_are_errors_with_their_place() {
        let unknown_key = with_containerd("pin-userns", "pin-usernss").unwrap_err();
        assert_eq!(unknown_key.file, "containerd.toml");
        assert!(
            unknown_key.line > 1 && unknown_key.what.contains("pin-usernss"),
            "{unknown_key}"
        );
        let unknown_value = with_containerd("\"unless-nil-or-node\"", "\"unless-nodes\"").unwrap_err();
        assert!(unknown_value.what.contains("unless-nodes"), "{unknown_value}");
        let unknown_shim =
            with_containerd("shipped-shim = \"runc-go-2.3\"", "shipped-shim = \"runc-go-9\"").unwrap_err();
        assert!(
            unknown_shim.row.is_some() && unknown_shim.what.contains("runc-go-9"),
            "{unknown_shim}"
        );
    }

    #[test]
    fn two_rows_cannot_claim_one_version() {
        let error = with_containerd("last = \"v2.0.2\"", "last = \"v2.0.3\"").unwrap_err();
        assert!(error.what.contains("is also in row"), "{error}");
    }

    #[test]
    fn a_row_says_how_each_of_its_fields_is_known() {
        use provenance::Known;
        let catalog = Catalog::embedded();
        let window = catalog.containerd_row("release/2.0@952ad6b3a").unwrap();
        assert_eq!(window.known("io-owner-guard"), Known::Executed);
        assert_eq!(window.known("no-pivot"), Known::Read);
    }
}
