//! Property 1.

use shimproof_model::{Domain, TypeUrl};

use crate::property::{Broken, Property};

/// `type-as-configured`.
pub fn property<D: Domain>() -> Property<D> {
    Property {
        id: "type-as-configured",
        statement: "Every option message that containerd sends for a handler is absent, or has the type that the \
                    handler's configuration selected when the sandbox was made.",
        formula: "G ∀ pod: in_flight(pod) to a shim with options ⇒ options.type_url = type(sandbox.runtime_type)",
        why: "It needs no knowledge of the shim: a design that keeps it cannot send any shim a type that its operator \
              did not choose, also shims that nobody has listed.",
        incidents: &["containerd#11091", "containerd#12986"],
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
            })
        },
        antecedent: |_, _, pod| pod.to_shim().is_some_and(|message| message.options.is_some()),
    }
}
