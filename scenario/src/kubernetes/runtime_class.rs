//! `RuntimeClass`: the name that a pod says and the handler that containerd hears.

use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::error::ScenarioError;
use crate::snippet::Place;

use super::documents::Document;

/// A `RuntimeClass` (`node.k8s.io/v1`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuntimeClass {
    /// What pods call it.
    pub name: String,
    /// The entry of `runtimes` in the containerd configuration.
    pub handler: String,
    /// Where the handler is written.
    pub place: Place,
}

#[derive(Deserialize)]
struct Object {
    metadata: Metadata,
    handler: Option<Spanned<String>>,
    spec: Option<Spec>,
}

#[derive(Deserialize)]
struct Metadata {
    name: Spanned<String>,
}

/// `node.k8s.io/v1alpha1` has the handler here.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Spec {
    runtime_handler: Option<Spanned<String>>,
}

pub(super) fn read(document: &Document<'_>) -> Result<RuntimeClass, ScenarioError> {
    let object: Object = document.read()?;
    let name = document.name("name", &object.metadata.name)?;
    let handler = object
        .handler
        .or_else(|| object.spec.and_then(|spec| spec.runtime_handler))
        .ok_or_else(|| {
            ScenarioError::bad_value(
                &document.beginning(),
                format!("RuntimeClass `{name}` has no handler"),
                "add `handler: NAME`, an entry of `runtimes` in the containerd configuration".to_owned(),
            )
        })?;
    let place = document.place(&handler);
    Ok(RuntimeClass {
        name,
        handler: document.name("handler", &handler)?,
        place,
    })
}
