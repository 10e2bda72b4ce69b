//! A design file as it is written. What it means is decided by [`super::design`].

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, schema_for};
use serde::Deserialize;
use shimproof_model::catalog::ContainerdRow;
use toml::Spanned;

/// A design of containerd: a base, the behaviours that differ from it, and guards written as CEL expressions.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Shimproof design")]
pub struct DesignFile {
    /// The name in reports. Left out, it is the name of the file without its ending.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub(super) name: Option<Spanned<String>>,
    /// What the design starts from: a release tag such as v2.3.4, a commit of the catalogue such as
    /// release/2.0@952ad6b3a, the name of a design, or the path of another design file, relative to this one.
    #[schemars(with = "String")]
    pub(super) base: Spanned<String>,
    /// What the design stands for, in a sentence.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub(super) title: Option<Spanned<String>>,
    /// Where it is discussed.
    #[serde(default)]
    pub(super) sources: Vec<String>,
    /// Behaviours of the catalogue that differ from the base, by the keys of `shimproof show releases RELEASE`.
    #[serde(default)]
    #[schemars(schema_with = "behaviours")]
    pub(super) behaviour: BTreeMap<Spanned<String>, Spanned<toml::Value>>,
    /// Guards that replace those of the base.
    #[serde(default)]
    pub(super) guards: Guards,
}

/// Guards that replace those of the base. `shimproof show designs --variables` lists what each decides, and the
/// variables that it sees.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Guards {
    /// Whether `updateContainerIOOwner` writes an owner of the stdio pipes into the task options.
    pub io_owner: Option<When>,
    /// What a helper that sets a field of the task options starts from: 'fresh', 'fresh-create-options', 'copy'
    /// or 'fail'.
    pub task_options_base: Option<Decision>,
    /// What `WithTaskAPIEndpoint` does: 'nothing', 'write', 'skip' or 'fail'.
    pub task_api_endpoint: Option<Decision>,
    /// Whether the tasks service lets task options pass.
    pub format_options: Option<When>,
    /// Which options travel with Create: 'task', 'runtime' or 'nothing'.
    pub options_fallback: Option<Decision>,
    /// Which options `-info` gets when features are validated: 'task', 'runtime' or 'nothing'.
    pub info_options: Option<Decision>,
    /// Whether `<shim> start` is executed for a container of a running sandbox.
    pub start: Option<When>,
    /// Whether a shim is asked for its features when containerd starts.
    pub introspect: Option<When>,
    /// Whether the user namespace of a pod is pinned, to be joined by path.
    pub pin_userns: Option<When>,
    /// What becomes of mounts: 'plain', 'own-idmapped', 'idmapped' or 'refuse'.
    pub mounts: Option<Decision>,
    /// Whether `CreateContainer` goes on.
    pub same_userns_config: Option<When>,
}

/// A guard that says yes or no.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct When {
    /// A CEL expression that is true or false.
    #[schemars(with = "String")]
    pub when: Spanned<String>,
}

/// A guard that names its decision.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Decision {
    /// A CEL expression whose value is one of the decisions.
    #[schemars(with = "String")]
    pub decision: Spanned<String>,
}

/// The behaviours of a row of containerd.toml, none of them required.
fn behaviours(generator: &mut SchemaGenerator) -> Schema {
    let mut schema = ContainerdRow::json_schema(generator);
    schema.remove("required");
    schema.insert(
        "description".to_owned(),
        "Behaviours of the catalogue that differ from the base, by the keys of `shimproof show releases RELEASE`."
            .into(),
    );
    schema
}

/// The JSON schema of design files.
pub fn design_schema() -> serde_json::Value {
    schema_for!(DesignFile).to_value()
}
