//! Changes of behaviours that nothing can show, with the source that says so.

use shimproof_model::catalog::{ContainerdField, KubeletField};

use super::field::{Component, FieldChange};

/// A behaviour that nothing reads where it would have this value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CannotShow {
    /// Whose rows.
    pub component: Component,
    /// The behaviour.
    pub field: &'static str,
    /// The value that rows are changed to; any, if there is none.
    pub value: Option<&'static str>,
    /// Why nothing reads it.
    pub reason: &'static str,
    /// Where that can be read.
    pub source: &'static str,
}

/// What cannot show. `verify --mutants` fails if something on the list shows somewhere.
const CANNOT_SHOW: &[CannotShow] = &[
    containerd(
        ContainerdField::FailedValidation,
        Some("leaves-shim"),
        "the releases that it changes validate no features",
        "runtime/v2/manager.go@v1.7.34, core/runtime/v2/manager.go@v2.0.0-rc.1",
    ),
    containerd(
        ContainerdField::CompareUserns,
        Some("true"),
        "the releases that it changes do not know user namespaces, and look at neither configuration",
        "pkg/cri/server/container_create.go@v1.6.39",
    ),
    kubelet(
        KubeletField::TextGateOff,
        Some("the feature gate \"UserNamespacesSupport\" is disabled: can't set spec.HostUsers"),
        "the releases that it changes refuse nothing while the gate is off, or have it locked on",
        "kubernetes: pkg/kubelet/userns_manager.go@v1.25.0, pkg/kubelet/userns/userns_manager.go@v1.29.4, \
         pkg/features/kube_features.go@v1.36.0",
    ),
    kubelet(
        KubeletField::TextHandlersNotSet,
        None,
        "no pod is synced before CRI Status answered once, and its list of handlers was stored",
        "kubernetes: pkg/kubelet/kubelet.go (syncLoop, updateRuntimeUp), pkg/kubelet/kuberuntime/helpers.go (toKubeRuntimeStatus), \
         pkg/kubelet/runtime.go (setRuntimeHandlers)",
    ),
    kubelet(
        KubeletField::TextHandlerUnknownDefault,
        None,
        "a list of handlers always has the default one, under the empty name",
        "internal/cri/server/service.go@v2.0.5 (introspectRuntimeHandlers), internal/cri/server/service.go@v2.3.4 \
         (introspectRuntimeHandler)",
    ),
    kubelet(
        KubeletField::HostNetworkGate,
        Some("UserNamespacesHostNetworkSupport"),
        "the releases that it changes forbid such pods, whatever a gate says",
        "kubernetes: pkg/apis/core/validation/validation.go@v1.34.0 (validateHostUsers)",
    ),
    kubelet(
        KubeletField::TextHostNetworkFeature,
        Some("Pod requires node features that are not available: UserNamespacesHostNetworkSupport"),
        "the releases that it changes do not ask for the feature",
        "kubernetes: staging/src/k8s.io/component-helpers/nodedeclaredfeatures/features/registry.go@v1.35.0",
    ),
    kubelet(
        KubeletField::Volumes,
        None,
        "it decides which pods the API server takes, and a scenario with another pod is bad input",
        "kubernetes: pkg/apis/core/validation/validation.go@v1.27.0 (validateHostUsers)",
    ),
];

const fn containerd(
    field: ContainerdField,
    value: Option<&'static str>,
    reason: &'static str,
    source: &'static str,
) -> CannotShow {
    CannotShow {
        component: Component::Containerd,
        field: field.as_str(),
        value,
        reason,
        source,
    }
}

const fn kubelet(
    field: KubeletField,
    value: Option<&'static str>,
    reason: &'static str,
    source: &'static str,
) -> CannotShow {
    CannotShow {
        component: Component::Kubelet,
        field: field.as_str(),
        value,
        reason,
        source,
    }
}

/// Why nothing can show the change, if that is on the list.
pub fn cannot_show(change: &FieldChange) -> Option<&'static CannotShow> {
    CANNOT_SHOW.iter().find(|entry| {
        entry.component == change.component
            && entry.field == change.field
            && entry.value.is_none_or(|value| match &change.value {
                serde_json::Value::String(text) => text == value,
                other => other.to_string().as_str() == value,
            })
    })
}

#[cfg(test)]
mod tests {
    use shimproof_model::catalog::Catalog;

    use super::*;
    use crate::mutation::field_changes;

    #[test]
    fn every_entry_is_about_a_change() {
        let changes = field_changes(Catalog::embedded());
        for entry in CANNOT_SHOW {
            let about = changes.iter().any(|change| cannot_show(change) == Some(entry));
            assert!(about, "{}: {}", entry.field, entry.reason);
        }
    }
}
