//! `updateRuntimeUp`, pkg/kubelet/kubelet.go: every 5 s the kubelet stores what CRI Status says.

use crate::catalog::Introspection;
use crate::domain::Domain;
use crate::environment::{CriStatus, Environment, Introspected};
use crate::guards::HandlerFeatures;
use crate::world::{MAX_HANDLERS, World};

/// What CRI Status says now (internal/cri/server/status.go@v2.3.4); none while containerd is down.
fn status<D: Domain>(world: &World<D>, env: &Environment<D>) -> Option<CriStatus> {
    env.containerd.up.ok()?;
    let row = &world.containerd[usize::from(env.containerd.row)].row;
    let no_list = row.introspection == Introspection::Absent;
    let mut handlers = [HandlerFeatures::NotListed; MAX_HANDLERS];
    for (features, introspected) in handlers.iter_mut().zip(env.containerd.introspected) {
        *features = match introspected {
            _ if no_list => HandlerFeatures::EmptyList,
            Introspected::NotConfigured => HandlerFeatures::NotListed,
            Introspected::Without(_) | Introspected::Features { userns: false } => {
                HandlerFeatures::WithoutUserns
            }
            Introspected::Features { userns: true } => HandlerFeatures::WithUserns,
        };
    }
    Some(CriStatus {
        handlers,
        host_network_userns: row.userns_host_network_feature,
    })
}

/// Stores what CRI Status says. The features that a node declares are found out once, when the kubelet starts
/// (pkg/kubelet/kubelet_node_declared_features.go@v1.36.3), and kept until it restarts.
pub(crate) fn update_runtime_up<D: Domain>(world: &World<D>, env: &mut Environment<D>) {
    env.kubelet.status = next_status(world, env);
}

/// What the kubelet has stored after the next [`update_runtime_up`].
pub(crate) fn next_status<D: Domain>(world: &World<D>, env: &Environment<D>) -> Option<CriStatus> {
    let Some(mut status) = status(world, env) else {
        return env.kubelet.status;
    };
    if let Some(stored) = env.kubelet.status {
        status.host_network_userns = stored.host_network_userns;
    }
    Some(status)
}
