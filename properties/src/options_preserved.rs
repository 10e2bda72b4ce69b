//! Property 4.

use shimproof_model::trace::FailedClause;
use shimproof_model::{Delivered, Domain};

use crate::options_accepted::delivery;
use crate::property::{About, Broken, Property, Since, broken, described, kept};

/// What the catalogue says of it.
const ABOUT: About = About {
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
    since: Since {
        text: "Kept up to v2.0.0 and from v2.0.5 on (v2.1.0-beta.1 on its branch), where task options start from a copy of the \
               runtime options: ordinary pods lose options in the window of 2024, pods with a user namespace in v2.0.1 to v2.0.4. \
               A release that validates features without options (v2.0.0-rc.2) loses them on `-info`.",
        sources: &[
            "https://github.com/containerd/containerd/pull/11569",
            "https://github.com/containerd/containerd/security/advisories/GHSA-cxfp-7pvr-95ff",
            "https://github.com/containerd/containerd/pull/10251",
        ],
        shown_by: &[
            kept("CVE-2025-47291", "v2.0.0"),
            broken("CVE-2025-47291", "v2.0.1"),
            broken("CVE-2025-47291", "v2.0.3"),
            kept("CVE-2025-47291", "v2.0.5"),
            broken("CVE-2025-47291", "v2.1.0-beta.0"),
            broken("containerd-10249", "v2.0.0-rc.2"),
            kept("containerd-10249", "v2.0.0"),
        ],
    },
    scenarios: &["CVE-2025-47291", "runc-window"],
};

/// `options-preserved`.
pub fn property<D: Domain>() -> Property<D> {
    Property {
        id: ABOUT.id,
        about: ABOUT,
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
                clause: FailedClause::new(
                    "table(sandbox) ⊆ fields(m.options)",
                    [
                        ("m.channel", message.channel.as_str().to_owned()),
                        ("table(sandbox)", D::lost(None, table).join(", ")),
                        ("m.options", described::<D>(message.options)),
                    ],
                ),
            })
        },
        antecedent: |world, _, pod| {
            pod.to_shim().is_some()
                && pod
                    .recorded_table(world)
                    .is_some_and(|table| !D::preserves(None, table))
        },
        between: None,
    }
}
