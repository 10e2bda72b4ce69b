//! Property 3.

use shimproof_model::Domain;
use shimproof_model::trace::FailedClause;

use crate::options_accepted::delivery;
use crate::property::{About, Broken, Property, Since, about_message, broken, kept};

/// What the catalogue says of it.
const ABOUT: About = About {
    id: "never-misread",
    statement: "No option message in flight to a shim is one that the shim takes for another one.",
    formula: "G ∀ pod: in_flight(pod) = m to a shim s ⇒ ¬misread(s, m.channel, m.options)",
    why: "A shim that decodes a message as another one acts upon what nobody wrote: a TOML text becomes the name of a cgroup. \
          Where that ends in an error, the error names something else.",
    incidents: &["rust-extensions#377"],
    since: Since {
        text: "The Rust runc shim decodes any type as containerd.runc.v1.Options. Up to v1.6 containerd sends it nothing that \
               reads as more than that; from v1.7.0 on the whole table travels as a text in field 3, which is shim_cgroup there. \
               No release of containerd since keeps it for this shim under a name of its own. From v2.3.0 on `start` gets another \
               message on its standard input, which shims built before take for an Any.",
        sources: &[
            "https://github.com/containerd/rust-extensions/issues/377",
            "https://github.com/containerd/containerd/pull/9671",
            "pkg/shim/util.go@v2.3.0",
        ],
        shown_by: &[
            kept("rust-extensions-377", "v1.6.39"),
            broken("rust-extensions-377", "v1.7.24"),
            broken("rust-extensions-377", "v2.0.1"),
            kept("start-framing", "v2.2.7"),
            broken("start-framing", "v2.3.4"),
        ],
    },
    scenarios: &["rust-extensions-377", "start-framing"],
};

/// `never-misread`.
pub fn property<D: Domain>() -> Property<D> {
    Property {
        id: ABOUT.id,
        about: ABOUT,
        broken: |world, env, pod, rests_on| {
            let (shim, message, delivery) = delivery(world, env, pod, rests_on)?;
            delivery.misread.then(|| {
                let row = world.shim(shim);
                let what = match message.options {
                    Some(options) => D::type_url(options).as_str(),
                    None => "what stands there",
                };
                Broken {
                    what: format!(
                        "the shim {} ({}) takes {what} on {} for another message",
                        row.name,
                        row.id,
                        message.channel.as_str()
                    ),
                    clause: FailedClause::new(
                        "¬misread(s, m.channel, m.options)",
                        about_message::<D>(row, &message),
                    ),
                }
            })
        },
        antecedent: |_, _, pod| pod.to_shim().is_some(),
        between: None,
    }
}
