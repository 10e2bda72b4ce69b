//! OCI runtimes behind the runc shim, numbered; the default one is number 0.

use shimproof_model::catalog::Catalog;
use shimproof_model::world::OciRuntime;

use crate::containerd::Handler;
use crate::error::ScenarioError;
use crate::file;
use crate::scenario::Scenario;

/// The release of runc that stands on the path where a scenario does not say: the newest that the catalogue has.
const DEFAULT_NAME: &str = "runc";

#[derive(Debug)]
pub(super) struct OciRuntimes<'s> {
    scenario: &'s Scenario,
    catalog: &'s Catalog,
    found: Vec<OciRuntime>,
}

impl<'s> OciRuntimes<'s> {
    pub fn new(scenario: &'s Scenario, catalog: &'s Catalog) -> Result<Self, ScenarioError> {
        let mut runtimes = Self {
            scenario,
            catalog,
            found: Vec::new(),
        };
        let default = if scenario.file.oci_runtimes.contains_key(DEFAULT_NAME) {
            runtimes.named(DEFAULT_NAME)?
        } else {
            runtimes.newest(DEFAULT_NAME)
        };
        runtimes.found.push(default);
        Ok(runtimes)
    }

    /// The number of the runtime that `BinaryName` selects.
    pub fn index(&mut self, binary_name: &str, handler: &Handler) -> Result<u8, ScenarioError> {
        if let Some(index) = self
            .found
            .iter()
            .position(|runtime| runtime.binary_name == binary_name)
        {
            return Ok(u8::try_from(index).unwrap_or(u8::MAX));
        }
        let runtime = if self.scenario.file.oci_runtimes.contains_key(binary_name) {
            self.named(binary_name)?
        } else {
            let name = binary_name.rsplit('/').next().unwrap_or(binary_name);
            if self.catalog.oci_runtimes().iter().any(|row| row.name == name) {
                OciRuntime {
                    binary_name: binary_name.to_owned(),
                    ..self.newest(name)
                }
            } else {
                let message = format!(
                    "the scenario does not say which OCI runtime `{binary_name}` is: add [oci-runtimes.\"{binary_name}\"] \
                     with name and version"
                );
                return Err(handler.bad_options(message));
            }
        };
        self.found.push(runtime);
        Ok(u8::try_from(self.found.len() - 1).unwrap_or(u8::MAX))
    }

    pub fn finish(self) -> Vec<OciRuntime> {
        self.found
    }

    fn named(&self, binary_name: &str) -> Result<OciRuntime, ScenarioError> {
        let absent = OciRuntime {
            binary_name: binary_name.to_owned(),
            version: "not installed".to_owned(),
            row: None,
        };
        match self.scenario.file.oci_runtimes.get(binary_name) {
            None | Some(file::OciRuntime::Absent) => Ok(absent),
            Some(file::OciRuntime::Installed { name, version }) => {
                let row = self.catalog.oci_runtime_row(name, version).map_err(|error| {
                    self.scenario
                        .lookup_error(&["oci-runtimes", binary_name, "version"], &error)
                })?;
                Ok(OciRuntime {
                    binary_name: binary_name.to_owned(),
                    version: format!("{name} {version}"),
                    row: Some(row.clone()),
                })
            }
        }
    }

    fn newest(&self, name: &str) -> OciRuntime {
        let rows = self.catalog.oci_runtimes().iter().filter(|row| row.name == name);
        let newest = rows
            .filter_map(|row| Some((row, row.versions.last()?)))
            .max_by(|(_, a), (_, b)| a.last.precedence(&b.last));
        OciRuntime {
            binary_name: name.to_owned(),
            version: newest.map_or_else(String::new, |(_, range)| {
                format!("{name} {} (assumed)", range.last)
            }),
            row: newest.map(|(row, _)| row.clone()),
        }
    }
}
