//! What the pods of a node share.

use crate::domain::Domain;
use crate::guards::{HandlerFeatures, Introspect};
use crate::world::{Budget, MAX_BINARIES, MAX_HANDLERS};

/// The shared part of a node's state.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Environment<D: Domain> {
    /// The kubelet.
    pub kubelet: KubeletState,
    /// containerd.
    pub containerd: ContainerdState,
    /// For each binary, which of its rows is on disk: an index into [`crate::world::World::shims`].
    pub on_disk: [u8; MAX_BINARIES],
    /// Host ids that the kubelet has given out.
    pub mappings: D::Mappings,
    /// Faults that can still happen.
    pub faults: Budget,
}

/// The kubelet's own state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KubeletState {
    /// Which of [`crate::world::World::kubelets`] runs.
    pub row: u8,
    /// Whether its gate for user namespaces is on.
    pub gate: bool,
    /// What CRI Status said last, for each handler; none before the first answer.
    pub status: Option<CriStatus>,
}

/// What CRI Status says that matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CriStatus {
    /// Of each runtime handler.
    pub handlers: [HandlerFeatures; MAX_HANDLERS],
    /// `features.user_namespaces_host_network`.
    pub host_network_userns: bool,
}

/// containerd's own state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ContainerdState {
    /// Which of [`crate::world::World::containerd`] runs.
    pub row: u8,
    /// Which of [`crate::world::World::configurations`] it loaded.
    pub configuration: u8,
    /// Whether it came up.
    pub up: Result<(), StartFailure>,
    /// What it found out about each handler when it started.
    pub introspected: [Introspected; MAX_HANDLERS],
}

/// Why containerd did not start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum StartFailure {
    /// The release refuses the configuration, for its version or for what it says.
    ConfigRefused,
    /// The introspection of a handler without options panicked (issue #10062).
    IntrospectionPanic,
}

/// What containerd found out about a handler when it started.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Introspected {
    /// The handler is not configured.
    NotConfigured,
    /// Its features were not asked for, or not obtained.
    Without(Introspect),
    /// Its features, and whether they make user namespaces possible.
    Features {
        /// `supportsCRIUserns`.
        userns: bool,
    },
}
