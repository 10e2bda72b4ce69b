//! The converse of property 10.

use shimproof_model::catalog::ContainerdField;
use shimproof_model::guards::Mounts;
use shimproof_model::log::Fact;
use shimproof_model::trace::FailedClause;
use shimproof_model::{Domain, InFlight, Pod, Refusal, UsernsMode};

use crate::property::{About, Broken, Property, Since, kept};

/// What the catalogue says of it.
const ABOUT: About = About {
    id: "userns-only-if-asked",
    statement: "For a sandbox or a container whose user-namespace options are not of mode POD, containerd pins no user namespace, \
                has no mount id-mapped, and refuses no call because it cannot.",
    formula: "G ∀ pod, c: pinned(pod) ∨ idmapped(c) ∨ refused(pod, netns to pin from) ∨ refused(c, id-mapped mounts) ⇒ mode = POD",
    why: "A pod that did not ask for a user namespace must not notice that containerd has them. What is pinned for it is the host's, \
          and what is id-mapped for it has other owners.",
    incidents: &[],
    since: Since {
        text: "Every release keeps it: the pin, the mounts and their refusal are all behind a test of the mode.",
        sources: &[
            "pkg/cri/sbserver/podsandbox/sandbox_run_linux.go@v1.7.0",
            "internal/cri/server/podsandbox/sandbox_run_linux.go@v2.0.1",
            "internal/cri/server/container_create.go@v2.0.1",
        ],
        shown_by: &[
            kept("any-client-gvisor", "v2.0.1"),
            kept("any-client-gvisor", "v2.3.4"),
            kept("containerd-10598", "v2.0.1"),
        ],
    },
    scenarios: &["any-client-gvisor", "containerd-10598"],
};

/// `userns-only-if-asked`.
pub fn property<D: Domain>() -> Property<D> {
    Property {
        id: ABOUT.id,
        about: ABOUT,
        broken: |_, env, pod, rests_on| {
            let (field, mode, what) = done(pod)
                .chain(refused(pod))
                .find(|(_, mode, _)| *mode != UsernsMode::Pod)?;
            rests_on(Fact::Containerd(env.containerd.row, field));
            Some(Broken {
                what: format!("{what}, and its options are of mode {mode}"),
                clause: FailedClause::new("mode = POD", [("mode", mode.to_string())]),
            })
        },
        antecedent: |_, _, pod| pod.sandbox.is_some() || refused(pod).next().is_some(),
        between: None,
    }
}

/// What containerd did about user namespaces, and for which mode.
fn done<D: Domain>(pod: &Pod<D>) -> impl Iterator<Item = (ContainerdField, UsernsMode, &'static str)> {
    let sandbox = pod.sandbox.iter().filter(|sandbox| sandbox.pinned);
    let containers = pod.containers.iter().flatten();
    sandbox
        .map(|sandbox| {
            let what = "a user namespace is pinned for the sandbox";
            (ContainerdField::PinUserns, sandbox.userns.mode(), what)
        })
        .chain(containers.filter_map(|container| {
            let (field, what) = match container.mounts {
                Mounts::OwnIdmapped => (
                    ContainerdField::OwnMountsIdmapped,
                    "containerd's own mounts of a container are id-mapped",
                ),
                Mounts::Idmapped => (
                    ContainerdField::IdmappedMounts,
                    "the mounts of a container are id-mapped",
                ),
                Mounts::Plain | Mounts::Refused => return None,
            };
            Some((field, container.userns.mode(), what))
        }))
}

/// What it refused because of user namespaces, and for which mode.
fn refused<D: Domain>(pod: &Pod<D>) -> impl Iterator<Item = (ContainerdField, UsernsMode, &'static str)> {
    let told = match pod.in_flight {
        Some(InFlight::Reply {
            result: Err(Refusal::PinWithoutNetns { mode }),
            ..
        }) => Some((
            ContainerdField::PinUserns,
            mode,
            "the sandbox is refused, as there is nothing to pin a user namespace by",
        )),
        Some(InFlight::Reply {
            result: Err(Refusal::IdmapMountsUnsupported { mode }),
            ..
        }) => Some((
            ContainerdField::IdmappedMounts,
            mode,
            "a container is refused, as mounts cannot be id-mapped",
        )),
        _ => None,
    };
    told.into_iter()
}
