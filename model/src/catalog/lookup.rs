//! From a version to its row.

use super::version::{Range, Version};
use super::{
    Catalog, CatalogError, CatalogText, ContainerdRow, KubeletRow, LookupError, NamedDesign, OciRuntimeRow,
    ShimRow,
};

/// The shortest commit prefix that is looked up.
const COMMIT_PREFIX: usize = 7;

impl Catalog {
    /// The row of a tag such as `v2.0.3`, or of `BRANCH@COMMIT` inside a window of the catalogue.
    ///
    /// # Errors
    /// [`LookupError`] if the text names no release, or no row covers it.
    pub fn containerd_row(&self, given: &str) -> Result<&ContainerdRow, LookupError> {
        if let Some((branch, commit)) = given.split_once('@') {
            return self.containerd_window(given, branch, commit);
        }
        let version = Version::parse(given)
            .ok()
            .filter(|v| matches!(v.prefix(), "v" | "") && v.components().len() == 3);
        let Some(version) = version else {
            return Err(LookupError::NotAVersion {
                given: given.to_owned(),
                component: "containerd",
                expected: "a tag such as v2.0.1, or BRANCH@COMMIT such as release/2.0@952ad6b3a",
            });
        };
        self.containerd
            .iter()
            .find(|row| covers(&row.releases, &version))
            .ok_or_else(|| {
                not_covered(
                    "containerd",
                    given,
                    &version,
                    self.containerd.iter().map(|r| (&*r.id, &*r.releases)),
                )
            })
    }

    fn containerd_window(
        &self,
        given: &str,
        branch: &str,
        commit: &str,
    ) -> Result<&ContainerdRow, LookupError> {
        let is_commit = commit.len() >= COMMIT_PREFIX && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
        let commit = commit.to_ascii_lowercase();
        self.containerd
            .iter()
            .find(|row| {
                is_commit
                    && row.windows.iter().any(|window| {
                        window.branch == branch
                            && window.commits.iter().any(|known| known.starts_with(&commit))
                    })
            })
            .ok_or_else(|| LookupError::NotCovered {
                given: given.to_owned(),
                component: "containerd".to_owned(),
                nearest: self
                    .containerd
                    .iter()
                    .flat_map(|row| &row.windows)
                    .map(|window| {
                        let short = |hash: &str| hash.get(..9).unwrap_or(hash).to_owned();
                        let end = window
                            .end
                            .as_deref()
                            .map_or("its newest commit read".to_owned(), short);
                        format!("{}@{} up to {end}", window.branch, short(&window.first))
                    })
                    .collect(),
            })
    }

    /// The row of a kubelet release, `1.MINOR` or `1.MINOR.PATCH`; `1.MINOR` is its newest patch that is known.
    ///
    /// # Errors
    /// [`LookupError`] if the text names no release, or no row covers it.
    pub fn kubelet_row(&self, given: &str) -> Result<&KubeletRow, LookupError> {
        let text = given.strip_prefix('v').unwrap_or(given);
        let version = Version::parse(text).ok().filter(|v| v.prefix().is_empty());
        let version = match version {
            Some(v) if v.components().len() == 3 => Some(v),
            Some(v) if v.components().len() == 2 => Version::parse(&format!("{text}.x")).ok(),
            _ => None,
        };
        let Some(version) = version else {
            return Err(LookupError::NotAVersion {
                given: given.to_owned(),
                component: "Kubernetes",
                expected: "1.MINOR or 1.MINOR.PATCH, such as 1.31.2",
            });
        };
        self.kubelet
            .iter()
            .find(|row| covers(&row.releases, &version))
            .ok_or_else(|| {
                not_covered(
                    "Kubernetes",
                    given,
                    &version,
                    self.kubelet.iter().map(|r| (&*r.id, &*r.releases)),
                )
            })
    }

    /// The rows that cover some patch of `1.MINOR`, in the order of the catalogue; none if it is no minor version.
    pub fn kubelet_rows_of_minor(&self, minor: &str) -> Vec<&KubeletRow> {
        /// More patches than any minor version has had.
        const PATCHES: u32 = 100;
        let text = minor.strip_prefix('v').unwrap_or(minor);
        let is_minor = Version::parse(text).is_ok_and(|v| v.prefix().is_empty() && v.components().len() == 2);
        if !is_minor {
            return Vec::new();
        }
        let patches: Vec<Version> = (0..PATCHES)
            .filter_map(|patch| Version::parse(&format!("{text}.{patch}")).ok())
            .collect();
        let of_minor = |row: &&KubeletRow| patches.iter().any(|patch| covers(&row.releases, patch));
        self.kubelet.iter().filter(of_minor).collect()
    }

    /// The row of a release of a shim.
    ///
    /// # Errors
    /// [`LookupError`] if there is no shim of that name, the text is no version, or no row covers it.
    pub fn shim_row(&self, name: &str, given: &str) -> Result<&ShimRow, LookupError> {
        let rows: Vec<&ShimRow> = self.shims.iter().filter(|row| row.name == name).collect();
        if rows.is_empty() {
            return Err(unknown(
                "shim",
                name,
                self.shims.iter().map(|row| row.name.as_str()),
            ));
        }
        let version = Version::parse(given).map_err(|_| LookupError::NotAVersion {
            given: given.to_owned(),
            component: "shim",
            expected: "a tag of its repository, such as release-20241118.0 or v0.19.0",
        })?;
        let fits = |row: &&&ShimRow| {
            row.tag_prefix
                .as_deref()
                .is_none_or(|prefix| prefix == version.prefix())
        };
        rows.iter()
            .find(|row| fits(row) && covers(&row.versions, &version))
            .copied()
            .ok_or_else(|| {
                not_covered(
                    name,
                    given,
                    &version,
                    rows.iter().filter(fits).map(|r| (&*r.id, &*r.versions)),
                )
            })
    }

    /// The row of a shim by its id.
    pub fn shim_row_by_id(&self, id: &str) -> Option<&ShimRow> {
        self.shims.iter().find(|row| row.id == id)
    }

    /// The row of a release of an OCI runtime.
    ///
    /// # Errors
    /// [`LookupError`] if there is no runtime of that name, the text is no version, or no row covers it.
    pub fn oci_runtime_row(&self, name: &str, given: &str) -> Result<&OciRuntimeRow, LookupError> {
        let rows: Vec<&OciRuntimeRow> = self.oci_runtimes.iter().filter(|row| row.name == name).collect();
        if rows.is_empty() {
            return Err(unknown(
                "OCI runtime",
                name,
                self.oci_runtimes.iter().map(|row| row.name.as_str()),
            ));
        }
        let version = Version::parse(given).map_err(|_| LookupError::NotAVersion {
            given: given.to_owned(),
            component: "OCI runtime",
            expected: "a release number, such as 1.2.3",
        })?;
        rows.iter()
            .find(|row| covers(&row.versions, &version))
            .copied()
            .ok_or_else(|| not_covered(name, given, &version, rows.iter().map(|r| (&*r.id, &*r.versions))))
    }

    /// The design of that name.
    pub fn named_design(&self, name: &str) -> Option<&NamedDesign> {
        self.designs.iter().find(|design| design.name == name)
    }

    /// The row that a design name or a release stands for.
    ///
    /// # Errors
    /// [`LookupError`] if it is neither.
    pub fn design_row(&self, given: &str) -> Result<&ContainerdRow, LookupError> {
        if let Some(design) = self.named_design(given) {
            return self.containerd_row(&design.base);
        }
        match self.containerd_row(given) {
            Err(LookupError::NotAVersion { .. }) => Err(unknown(
                "design",
                given,
                self.designs.iter().map(|design| design.name.as_str()),
            )),
            other => other,
        }
    }

    pub(super) fn check_ranges(&self, text: &CatalogText<'_>) -> Result<(), CatalogError> {
        let containerd: Vec<_> = self
            .containerd
            .iter()
            .map(|r| (r.id.as_str(), String::new(), r.releases.as_slice()))
            .collect();
        disjoint("containerd.toml", text.containerd, &containerd)?;
        let kubelet: Vec<_> = self
            .kubelet
            .iter()
            .map(|r| (r.id.as_str(), String::new(), r.releases.as_slice()))
            .collect();
        disjoint("kubelet.toml", text.kubelet, &kubelet)?;
        let key = |r: &ShimRow| format!("{} {}", r.name, r.tag_prefix.as_deref().unwrap_or_default());
        let shims: Vec<_> = self
            .shims
            .iter()
            .map(|r| (r.id.as_str(), key(r), r.versions.as_slice()))
            .collect();
        disjoint("shims.toml", text.shims, &shims)?;
        let oci: Vec<_> = self
            .oci_runtimes
            .iter()
            .map(|r| (r.id.as_str(), r.name.clone(), r.versions.as_slice()))
            .collect();
        disjoint("oci-runtimes.toml", text.oci_runtimes, &oci)
    }
}

fn covers(ranges: &[Range], version: &Version) -> bool {
    ranges.iter().any(|range| range.contains(version))
}

/// Each row as id, the name within which versions are compared, and its ranges.
fn disjoint(file: &'static str, text: &str, rows: &[(&str, String, &[Range])]) -> Result<(), CatalogError> {
    for (i, (id, key, ranges)) in rows.iter().enumerate() {
        for (other, other_key, other_ranges) in &rows[..i] {
            let overlap = ranges.iter().find(|range| {
                other_ranges
                    .iter()
                    .any(|o| o.contains(&range.first) || o.contains(&range.last) || range.contains(&o.first))
            });
            if let Some(range) = overlap.filter(|_| key == other_key) {
                let what = format!("the range {range} is also in row `{other}`");
                return Err(CatalogError::in_row(file, text, id, what));
            }
        }
    }
    Ok(())
}

fn unknown<'a>(kind: &'static str, given: &str, names: impl Iterator<Item = &'a str>) -> LookupError {
    let mut known: Vec<String> = Vec::new();
    for name in names {
        if !known.iter().any(|k| k == name) {
            known.push(name.to_owned());
        }
    }
    known.sort_by_key(|name| strsim::damerau_levenshtein(name, given));
    LookupError::UnknownName {
        given: given.to_owned(),
        kind,
        known,
    }
}

fn not_covered<'a>(
    component: &str,
    given: &str,
    version: &Version,
    rows: impl Iterator<Item = (&'a str, &'a [Range])>,
) -> LookupError {
    let ranges: Vec<(&Range, String)> = rows
        .flat_map(|(id, ranges)| ranges.iter().map(move |range| (range, format!("{id} ({range})"))))
        .collect();
    let below = ranges
        .iter()
        .filter(|(range, _)| range.last.precedence(version).is_lt())
        .max_by(|a, b| a.0.last.precedence(&b.0.last));
    let above = ranges
        .iter()
        .filter(|(range, _)| range.first.precedence(version).is_gt())
        .min_by(|a, b| a.0.first.precedence(&b.0.first));
    let nearest = below
        .into_iter()
        .chain(above)
        .map(|(_, text)| text.clone())
        .collect();
    LookupError::NotCovered {
        given: given.to_owned(),
        component: component.to_owned(),
        nearest,
    }
}
