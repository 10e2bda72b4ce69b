//! Shim binaries, numbered, with the releases that each of them can be.

use shimproof_model::catalog::{Catalog, LookupError, ShimRow};
use shimproof_model::world::{Binary, Containerd, MAX_BINARIES};
use shimproof_model::{Finite, TypeUrl};

use crate::containerd::Handler;
use crate::error::ScenarioError;
use crate::file::ShimSection;
use crate::scenario::{Scenario, value_place};

/// The runtime type that the shim shipped with containerd serves.
const SHIPPED_TYPE: &str = "io.containerd.runc.v2";
/// Its file name.
const SHIPPED_BINARY: &str = "containerd-shim-runc-v2";

#[derive(Debug)]
pub(super) struct Binaries<'s> {
    scenario: &'s Scenario,
    catalog: &'s Catalog,
    containerd: &'s [Containerd],
    shims: Vec<ShimRow>,
    found: Vec<Binary>,
}

impl<'s> Binaries<'s> {
    pub fn new(scenario: &'s Scenario, catalog: &'s Catalog, containerd: &'s [Containerd]) -> Self {
        Self {
            scenario,
            catalog,
            containerd,
            shims: Vec::new(),
            found: Vec::new(),
        }
    }

    /// The number of the binary that a `runtime_path` or a `runtime_type` leads to.
    pub fn binary(&mut self, name: &str, handler: &Handler) -> Result<u8, ScenarioError> {
        if let Some(index) = self.found.iter().position(|binary| binary.name == name) {
            return Ok(u8::try_from(index).unwrap_or(u8::MAX));
        }
        let sections = &self.scenario.file.shims;
        let key = [name, handler.runtime_type.as_str()]
            .into_iter()
            .find(|key| sections.contains_key(*key));
        let binary = match key {
            Some(key) => self.named(name, key)?,
            None if name == SHIPPED_TYPE || name.rsplit('/').next() == Some(SHIPPED_BINARY) => {
                self.shipped(name)
            }
            None => {
                return Err(handler.bad_options(format!(
                    "the scenario does not say which shim serves `{name}`: add [shims.\"{name}\"] with shim and version"
                )));
            }
        };
        self.found.push(binary);
        Ok(u8::try_from(self.found.len() - 1).unwrap_or(u8::MAX))
    }

    pub fn finish(self) -> Result<(Vec<ShimRow>, Vec<Binary>), ScenarioError> {
        if self.found.len() > MAX_BINARIES {
            let message = format!(
                "the handlers execute {} shim binaries; the machine has at most {MAX_BINARIES}",
                self.found.len()
            );
            return Err(ScenarioError::bad_value(
                &value_place(&self.scenario.source, &["shims"]),
                message,
                None,
            ));
        }
        Ok((self.shims, self.found))
    }

    fn named(&mut self, name: &str, key: &str) -> Result<Binary, ScenarioError> {
        let section = &self.scenario.file.shims[key];
        let links = self.links(section, key)?;
        let later = self
            .scenario
            .file
            .verify
            .upgrade_to
            .shims
            .get(key)
            .map(Vec::as_slice)
            .unwrap_or_default();
        let mut rows = Vec::new();
        let mut versions = Vec::new();
        for (number, version) in std::iter::once(&section.version).chain(later).enumerate() {
            let path: &[&str] = if number == 0 {
                &["shims", key, "version"]
            } else {
                &["verify", "upgrade-to", "shims", key]
            };
            let mut row = self
                .catalog
                .shim_row(&section.shim, version)
                .map_err(|error| {
                    let unknown_name = matches!(error, LookupError::UnknownName { .. });
                    let path = if unknown_name {
                        &["shims", key, "shim"]
                    } else {
                        path
                    };
                    self.scenario.lookup_error(path, &error)
                })?
                .clone();
            // What a build links beyond its row is known of the build that the scenario names.
            if number == 0 {
                row.links.extend(
                    links
                        .iter()
                        .filter(|url| !row.links.contains(url))
                        .copied()
                        .collect::<Vec<_>>(),
                );
            }
            rows.push(self.number(row));
            versions.push(version.clone());
        }
        Ok(Binary {
            name: name.to_owned(),
            rows,
            shipped: None,
            versions,
        })
    }

    fn shipped(&mut self, name: &str) -> Binary {
        let containerd = self.containerd;
        let shipped: Vec<u8> = containerd
            .iter()
            .filter_map(|release| self.catalog.shim_row_by_id(&release.row.shipped_shim).cloned())
            .map(|row| self.number(row))
            .collect();
        Binary {
            name: name.to_owned(),
            rows: shipped[..1].to_vec(),
            versions: vec![format!("as shipped with containerd {}", containerd[0].version)],
            shipped: Some(shipped),
        }
    }

    fn links(&self, section: &ShimSection, key: &str) -> Result<Vec<TypeUrl>, ScenarioError> {
        section
            .links
            .iter()
            .map(|link| {
                TypeUrl::all().find(|url| url.as_str() == link).ok_or_else(|| {
                    let known: Vec<&str> = TypeUrl::all().map(TypeUrl::as_str).collect();
                    ScenarioError::bad_value(
                        &value_place(&self.scenario.source, &["shims", key, "links"]),
                        format!("`{link}` is no option message that containerd sends"),
                        crate::nearest::suggest(link, known),
                    )
                })
            })
            .collect()
    }

    fn number(&mut self, row: ShimRow) -> u8 {
        let index = self
            .shims
            .iter()
            .position(|shim| *shim == row)
            .unwrap_or_else(|| {
                self.shims.push(row);
                self.shims.len() - 1
            });
        u8::try_from(index).unwrap_or(u8::MAX)
    }
}
