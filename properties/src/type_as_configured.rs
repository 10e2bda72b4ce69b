//! Property 1.

use shimproof_model::trace::FailedClause;
use shimproof_model::{Domain, TypeUrl};

use crate::property::{About, Broken, Property, Since, broken, kept};

/// What the catalogue says of it.
const ABOUT: About = About {
    id: "type-as-configured",
    statement: "Every option message that containerd sends for a handler is absent, or has the type that the \
                handler's configuration selected when the sandbox was made.",
    formula: "G ∀ pod: in_flight(pod) to a shim with options ⇒ options.type_url = type(sandbox.runtime_type)",
    why: "It needs no knowledge of the shim: a design that keeps it cannot send any shim a type that its operator \
          did not choose, also shims that nobody has listed.",
    incidents: &["containerd#11091", "containerd#12986"],
    since: Since {
        text: "Every release keeps it for an ordinary pod but those of the window of 2024: it was kept up to v2.0.0, and is again \
               from v2.0.1 on. For a handler with `sandboxer = \"shim\"` no release from v2.0.0-rc.2 on keeps it, as the address \
               of the task API travels in runc options; for a pod with a user namespace none from v2.0.1 on, once a shim other \
               than runc's is given one.",
        sources: &[
            "https://github.com/containerd/containerd/pull/10906",
            "https://github.com/containerd/containerd/pull/11104",
            "https://github.com/containerd/containerd/pull/12986",
        ],
        shown_by: &[
            kept("containerd-11091", "v2.0.0"),
            broken("containerd-11091", "release/2.0@952ad6b3a"),
            kept("containerd-11091", "v2.0.1"),
            kept("sandbox-api-endpoint", "v2.0.0-rc.1"),
            broken("sandbox-api-endpoint", "v2.0.0-rc.2"),
            broken("joins-userns-admitted", "v2.3.4"),
        ],
    },
    scenarios: &["sandbox-api-endpoint", "joins-userns-admitted"],
};

/// `type-as-configured`.
pub fn property<D: Domain>() -> Property<D> {
    Property {
        id: ABOUT.id,
        about: ABOUT,
        broken: |_, _, pod, _| {
            let message = pod.to_shim()?;
            let url = D::type_url(message.options?);
            let selected = pod.sandbox.as_ref()?.selected;
            // The runtime v1 has a type of its own for task options.
            let task_type = selected == TypeUrl::LinuxRuncOptions && url == TypeUrl::LinuxCreateOptions;
            (url != selected && !task_type).then(|| Broken {
                what: format!(
                    "containerd sends {url} on {}, and the handler's configuration selects {selected}",
                    message.channel.as_str()
                ),
                clause: FailedClause::new(
                    "options.type_url = type(sandbox.runtime_type)",
                    [
                        ("options.type_url", url.to_string()),
                        ("type(sandbox.runtime_type)", selected.to_string()),
                    ],
                ),
            })
        },
        antecedent: |_, _, pod| pod.to_shim().is_some_and(|message| message.options.is_some()),
        between: None,
    }
}
