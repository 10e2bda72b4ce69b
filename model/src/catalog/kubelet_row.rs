//! Rows of `catalog/kubelet.toml`: one for each range of kubelet releases that behave alike.

use serde::{Deserialize, Serialize};

use super::provenance::row;
use super::version::Range;
use crate::finite::finite_enum;

/// How one range of kubelet releases decides the user-namespace options of a pod.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct KubeletRow {
    /// The name of the row.
    pub id: String,
    /// The releases that behave so.
    pub releases: Vec<Range>,
    /// Public sources.
    pub sources: Vec<String>,
    /// Keys that were seen when real components were run.
    #[serde(default)]
    pub executed: Vec<String>,
    /// Keys that are only inferred.
    #[serde(default)]
    pub inferred: Vec<String>,
    /// What to know besides.
    pub notes: Option<String>,

    /// Whether its CRI has user-namespace options.
    pub userns_options: bool,
    /// The feature gate; empty where there is none.
    pub gate: String,
    /// Whether the gate is on by default.
    pub gate_default: bool,
    /// Whether the gate cannot be changed.
    pub gate_locked: bool,
    /// What happens when `hostUsers` is set while the gate is off.
    pub gate_off_host_users: GateOffHostUsers,
    /// Whether the runtime handler must report user namespaces before mode POD is sent.
    pub handler_check: bool,
    /// The refusal when `hostUsers` is set while the gate is off.
    pub text_gate_off: String,
    /// The refusal when no list of handlers was ever stored; `{handler}` is the handler's name.
    pub text_handlers_not_set: String,
    /// The refusal when the runtime reports no handlers.
    pub text_handlers_empty: String,
    /// The same for the default handler, whose name is empty.
    pub text_handlers_empty_default: String,
    /// The refusal when the handler is not in the list.
    pub text_handler_unknown: String,
    /// The same for the default handler.
    pub text_handler_unknown_default: String,
    /// The refusal when the handler is listed without user namespaces.
    pub text_handler_unsupported: String,
    /// The same for the default handler.
    pub text_handler_unsupported_default: String,
    /// Whether mounts of a POD-mode container carry mappings.
    pub mount_idmappings: bool,
    /// Whether a pod of the host's network can have a user namespace.
    pub host_network: HostNetwork,
    /// The gate that allows it; empty where there is none.
    pub host_network_gate: String,
    /// Whether that gate is on by default.
    pub host_network_gate_default: bool,
    /// Whether admission wants the runtime to declare `user_namespaces_host_network`.
    pub host_network_feature_check: bool,
    /// The refusal of that admission.
    pub text_host_network_feature: String,
    /// Which volumes a pod with a user namespace may have.
    pub volumes: Volumes,
}

row!(KubeletRow, KubeletField);

finite_enum! {
    /// The behaviours of a kubelet row, by the keys they have in the catalogue.
    pub enum KubeletField {
        /// [`KubeletRow::userns_options`].
        UsernsOptions = "userns-options",
        /// [`KubeletRow::gate`].
        Gate = "gate",
        /// [`KubeletRow::gate_default`].
        GateDefault = "gate-default",
        /// [`KubeletRow::gate_locked`].
        GateLocked = "gate-locked",
        /// [`KubeletRow::gate_off_host_users`].
        GateOffHostUsers = "gate-off-host-users",
        /// [`KubeletRow::handler_check`].
        HandlerCheck = "handler-check",
        /// [`KubeletRow::text_gate_off`].
        TextGateOff = "text-gate-off",
        /// [`KubeletRow::text_handlers_not_set`].
        TextHandlersNotSet = "text-handlers-not-set",
        /// [`KubeletRow::text_handlers_empty`].
        TextHandlersEmpty = "text-handlers-empty",
        /// [`KubeletRow::text_handlers_empty_default`].
        TextHandlersEmptyDefault = "text-handlers-empty-default",
        /// [`KubeletRow::text_handler_unknown`].
        TextHandlerUnknown = "text-handler-unknown",
        /// [`KubeletRow::text_handler_unknown_default`].
        TextHandlerUnknownDefault = "text-handler-unknown-default",
        /// [`KubeletRow::text_handler_unsupported`].
        TextHandlerUnsupported = "text-handler-unsupported",
        /// [`KubeletRow::text_handler_unsupported_default`].
        TextHandlerUnsupportedDefault = "text-handler-unsupported-default",
        /// [`KubeletRow::mount_idmappings`].
        MountIdmappings = "mount-idmappings",
        /// [`KubeletRow::host_network`].
        HostNetwork = "host-network",
        /// [`KubeletRow::host_network_gate`].
        HostNetworkGate = "host-network-gate",
        /// [`KubeletRow::host_network_gate_default`].
        HostNetworkGateDefault = "host-network-gate-default",
        /// [`KubeletRow::host_network_feature_check`].
        HostNetworkFeatureCheck = "host-network-feature-check",
        /// [`KubeletRow::text_host_network_feature`].
        TextHostNetworkFeature = "text-host-network-feature",
        /// [`KubeletRow::volumes`].
        Volumes = "volumes",
    }
}

finite_enum! {
    /// What happens when `hostUsers` is set while the gate is off.
    pub enum GateOffHostUsers {
        /// No options are sent: the request is silently ignored.
        Nil = "nil",
        /// The kubelet refuses the pod.
        Refused = "refused",
    }
}

finite_enum! {
    /// Whether a pod of the host's network can have a user namespace.
    pub enum HostNetwork {
        /// Validation forbids it.
        Forbidden = "forbidden",
        /// A gate allows it.
        Gated = "gated",
    }
}

finite_enum! {
    /// Which volumes a pod with a user namespace may have.
    pub enum Volumes {
        /// Only emptyDir, secret, downwardAPI, configMap and projected ones.
        StatelessOnly = "stateless-only",
        /// Any.
        Any = "any",
    }
}
