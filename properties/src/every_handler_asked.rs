//! The policy of the designs that introspect every handler.

use shimproof_model::catalog::{ContainerdField, InfoFeatures, OciFeatures, ShimField};
use shimproof_model::log::Fact;
use shimproof_model::trace::FailedClause;
use shimproof_model::{Domain, Environment, Introspected, Pod, World};

use crate::property::{About, Broken, Property, Since, broken, kept};

/// What the catalogue says of it.
const ABOUT: About = About {
    id: "every-handler-asked",
    statement: "CRI Status tells of no handler that it lacks user namespaces, or nothing at all, if its shim on disk supports them \
                and was not replaced since. A policy: asked of designs that introspect every handler, and of others by name.",
    formula: "G ∀ handler: supports_userns(shim_on_disk(handler)) ∧ ¬replaced ⇒ told(handler) = features",
    why: "A kubelet from 1.30 on refuses a pod with `hostUsers: false` if its handler is not told to support user namespaces: a \
          shim that does is never tried.",
    incidents: &[],
    since: Since {
        text: "v2.2.7, v2.3.4 and v2.4.0-beta.0. Releases before ask only handlers of the type io.containerd.runc.v2, and 1.x has \
               no list of handlers.",
        sources: &[
            "internal/cri/server/service.go@v2.3.3",
            "internal/cri/server/service.go@v2.3.4",
            "internal/cri/server/service.go@v2.2.7",
        ],
        shown_by: &[
            broken("gvisor-userns-runc-only-introspection", "v2.3.3"),
            kept("gvisor-userns-runc-only-introspection", "v2.3.4"),
        ],
    },
    scenarios: &["gvisor-userns-runc-only-introspection"],
};

/// `every-handler-asked`.
pub fn property<D: Domain>() -> Property<D> {
    Property {
        id: ABOUT.id,
        about: ABOUT,
        broken: |world, env, pod, rests_on| {
            let shim = supports_user_namespaces(world, env, pod)?;
            let handler = usize::from(world.pod_spec(pod.spec).handler);
            let told = env.containerd.introspected[handler];
            rests_on(Fact::Containerd(
                env.containerd.row,
                ContainerdField::Introspection,
            ));
            rests_on(Fact::Shim(shim, ShimField::InfoFeatures));
            let Introspected::Without(decision) = told else {
                return None;
            };
            let name = &world.handlers[handler];
            Some(Broken {
                what: format!(
                    "the shim {} of handler {name} supports user namespaces, and CRI Status does not say so",
                    world.shim(shim).id
                ),
                clause: FailedClause::new(
                    "told(handler) = features",
                    [("handler", name.clone()), ("told(handler)", decision.to_string())],
                ),
            })
        },
        antecedent: |world, env, pod| supports_user_namespaces(world, env, pod).is_some(),
        between: None,
    }
}

/// The shim on disk of a pod's handler, if it supports user namespaces whatever options it is asked with, or with
/// the only OCI runtime of the node.
fn supports_user_namespaces<D: Domain>(world: &World<D>, env: &Environment<D>, pod: &Pod<D>) -> Option<u8> {
    let replaced = env.faults.shim_upgrade != world.faults.shim_upgrade;
    if replaced || env.containerd.up.is_err() {
        return None;
    }
    let binary = pod.current_handler_config(world, env)?.binary()?;
    let shim = env.on_disk[usize::from(binary)];
    let info = &world.shim(shim).info;
    let supported = match info.features {
        InfoFeatures::Userns => true,
        InfoFeatures::OciRuntime => world.oci_runtimes.iter().all(|runtime| {
            runtime
                .row
                .as_ref()
                .is_some_and(|row| row.features == OciFeatures::Userns)
        }),
        InfoFeatures::None | InfoFeatures::NoIdmap => false,
    };
    // A shim that refuses some options on this channel may refuse the handler's.
    (supported && info.supported && info.rules.is_empty()).then_some(shim)
}
