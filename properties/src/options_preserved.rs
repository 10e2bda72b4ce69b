//! Property 4.

use shimproof_model::{Delivered, Domain};

use crate::options_accepted::delivery;
use crate::property::{Broken, Property};

/// `options-preserved`.
pub fn property<D: Domain>() -> Property<D> {
    Property {
        id: "options-preserved",
        statement: "On every channel that the shim reads, what containerd sends agrees, on every field that the \
                    operator set, with the handler's options table as it was at RunPodSandbox.",
        formula: "G ∀ pod: in_flight(pod) = m to a shim that reads m.channel ⇒ table(sandbox) ⊆ fields(m.options)",
        why: "An option that is lost on the way is not reported by anyone: the container runs in the wrong cgroup, or \
              with the wrong OCI runtime.",
        incidents: &[
            "CVE-2025-47291",
            "containerd#11169",
            "containerd#11568",
            "containerd#10249",
        ],
        broken: |world, env, pod, rests_on| {
            let table = pod.recorded_table(world)?;
            let (_, message, delivery) = delivery(world, env, pod, rests_on)?;
            if delivery.outcome == Delivered::NotRead || D::preserves(message.options, table) {
                return None;
            }
            let lost = D::lost(message.options, table).join(", ");
            Some(Broken {
                what: format!(
                    "what containerd sends on {} does not carry {lost} of the handler's options table",
                    message.channel.as_str()
                ),
            })
        },
        antecedent: |world, _, pod| {
            pod.to_shim().is_some()
                && pod
                    .recorded_table(world)
                    .is_some_and(|table| !D::preserves(None, table))
        },
    }
}
