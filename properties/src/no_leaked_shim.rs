//! Property 12.

use shimproof_model::catalog::{ContainerdField, ShimField};
use shimproof_model::log::Fact;
use shimproof_model::trace::FailedClause;
use shimproof_model::{Call, Domain, InFlight, LeftBehind, Pod};

use crate::property::{About, Broken, Property, Since, broken, kept};

/// What the catalogue says of it.
const ABOUT: About = About {
    id: "no-leaked-shim",
    statement: "When StartContainer has failed, and also after containerd restarts then, the container's task is in no list of \
                containerd, and no process that was started for it lives.",
    formula: "G ∀ pod, c: exited(c) ⇒ ¬listed(task(c)) ∧ ¬lives(own_shim(task(c)))",
    why: "A kubelet starts a refused container again and again, each time under a new id: every attempt leaves an entry, and with a \
          shim that serves one container, a process that nobody ends when the pod is deleted.",
    incidents: &["containerd#6860", "containerd#11708"],
    since: Since {
        text: "Up to v2.0.0-rc.1 features are not validated. Every release from v2.0.0-rc.2 on, v2.4.0-beta.0 included, deletes only \
               the bundle when the validation fails: the entry stays in the list of shims until containerd restarts, and the restart \
               finds no bundle to know the process by. Create that fails leaves nothing. That v2.1.0 and v2.1.1 do not shut down a \
               process of a container's own whose shim answers Delete with `not found` is not modelled: rows of shims do not say what \
               Delete answers.",
        sources: &[
            "core/runtime/v2/task_manager.go@v2.0.0-rc.2",
            "core/runtime/v2/task_manager.go@v2.4.0-beta.0",
            "core/runtime/v2/shim_load.go@v2.0.6",
            "https://github.com/containerd/containerd/issues/6860",
            "https://github.com/containerd/containerd/commit/1ac97c2c131a76aa509161f83d318a6ac73df1dd",
        ],
        shown_by: &[
            broken("containerd-10249", "v2.0.0-rc.2"),
            broken("joins-userns-without-info", "v2.0.1"),
            kept("containerd-11091", "release/2.0@952ad6b3a"),
        ],
    },
    scenarios: &[
        "joins-userns-without-info",
        "gvisor-gate-flip",
        "containerd-11091",
    ],
};

/// `no-leaked-shim`.
pub fn property<D: Domain>() -> Property<D> {
    Property {
        id: ABOUT.id,
        about: ABOUT,
        broken: |world, env, pod, rests_on| {
            let (container, left_behind) = left_behind(pod)?;
            rests_on(Fact::Containerd(
                env.containerd.row,
                ContainerdField::FailedValidation,
            ));
            let name = world
                .pod_spec(pod.spec)
                .containers
                .get(container)
                .map_or("?", |container| container.name.as_str());
            if let Some(shim) = pod.shim_on_disk(world, env) {
                rests_on(Fact::Shim(shim, ShimField::Grouping));
            }
            let (listed, lives, what) = match left_behind {
                LeftBehind::Nothing => return None,
                LeftBehind::Entry => (true, false, "is still in containerd's list of shims"),
                LeftBehind::EntryAndProcess => (
                    true,
                    true,
                    "is still in containerd's list of shims, and the process that was started for it runs",
                ),
                LeftBehind::Process => (
                    false,
                    true,
                    "left the process that was started for it, which containerd does not know any more",
                ),
            };
            Some(Broken {
                what: format!("container {name} failed to start and {what}"),
                clause: FailedClause::new(
                    "¬listed(task(c)) ∧ ¬lives(own_shim(task(c)))",
                    [
                        ("c", name.to_owned()),
                        ("listed(task(c))", listed.to_string()),
                        ("lives(own_shim(task(c)))", lives.to_string()),
                    ],
                ),
            })
        },
        antecedent: |_, _, pod| {
            left_behind(pod).is_some()
                || matches!(
                    pod.in_flight,
                    Some(InFlight::Reply {
                        call: Call::StartContainer(_),
                        result: Err(_)
                    })
                )
        },
        between: None,
    }
}

/// The first container whose failed start left something behind.
fn left_behind<D: Domain>(pod: &Pod<D>) -> Option<(usize, LeftBehind)> {
    pod.containers.iter().enumerate().find_map(|(number, record)| {
        let left_behind = record.as_ref()?.left_behind;
        (left_behind != LeftBehind::Nothing).then_some((number, left_behind))
    })
}
