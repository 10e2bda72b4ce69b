//! Property 13.

use shimproof_model::world::{Budget, Client};
use shimproof_model::{Domain, World};

use crate::property::{About, Property, Since, broken, kept};

/// What the catalogue says of it.
const ABOUT: About = About {
    id: "containerd-guards-itself",
    statement: "options-accepted, whoever calls the CRI: any client, with any user-namespace options in any configuration. Of the \
                scenario's faults those count that change a release or a file.",
    formula: "client = any ⊨ options-accepted",
    why: "Where only the kubelet's check keeps a message from a shim, another client, another kubelet or a changed gate lets it \
          through.",
    incidents: &["containerd#11091"],
    since: Since {
        text: "Up to v2.0.0 no client can make containerd send gVisor what it refuses. From the window of 2024 on any client can, \
               with a container of mode POD in an ordinary sandbox: CreateContainer compares the two configurations of its \
               request, never the sandbox's own.",
        sources: &[
            "internal/cri/server/container_create.go@v2.0.1",
            "https://github.com/containerd/containerd/pull/10906",
        ],
        shown_by: &[
            kept("any-client-gvisor", "v2.0.0"),
            broken("any-client-gvisor", "v2.0.1"),
            broken("any-client-gvisor", "v2.3.4"),
        ],
    },
    scenarios: &["any-client-gvisor"],
};

/// `containerd-guards-itself`: `options-accepted`, asked of [`under_any_client`].
pub fn containerd_guards_itself<D: Domain>() -> Property<D> {
    Property {
        id: ABOUT.id,
        about: ABOUT,
        ..crate::options_accepted::property()
    }
}

/// The same node with any client, once for each kind of pod that it has, and with that pod alone.
///
/// A client that may send anything at any time does without the faults that only change when something is sent: what
/// is kept are upgrades and changes of a configuration. Without the other faults, and without a kubelet that gives out
/// ids, nothing that one pod does changes what another finds: a message that is refused on a node with several pods is
/// refused on the node with that pod alone.
pub fn under_any_client<D: Domain>(world: &World<D>) -> Vec<World<D>> {
    let Budget {
        total,
        containerd_upgrade,
        shim_upgrade,
        config_change,
        ..
    } = world.faults;
    let kept = containerd_upgrade
        .saturating_add(shim_upgrade)
        .saturating_add(config_change);
    let mut specs = world.pods.clone();
    specs.sort_unstable();
    specs.dedup();
    let alone = |spec| World {
        client: Client::Any,
        faults: Budget {
            total: total.min(kept),
            containerd_upgrade,
            shim_upgrade,
            config_change,
            ..Budget::NONE
        },
        pods: vec![spec],
        ..world.clone()
    };
    specs.into_iter().map(alone).collect()
}
