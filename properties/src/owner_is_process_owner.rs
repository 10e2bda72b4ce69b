//! Property 8.

use shimproof_model::catalog::CriUserns;
use shimproof_model::trace::FailedClause;
use shimproof_model::{Channel, Domain, Environment, Pod, Target, World};

use crate::property::{About, Broken, Property, Since, kept};

/// What the catalogue says of it.
const ABOUT: About = About {
    id: "owner-is-process-owner",
    statement: "An owner of pipes that containerd writes is the id that the container's process has on the host: by the \
                container's own mapping, or the same id where it has none.",
    formula: "G ∀ pod, c: in_flight(pod) = Create for c with io_uid = o ⇒ o = host(mapping(c), user(c))",
    why: "Any other owner leaves the pipe closed to the process, and one in the block of another pod opens it to that pod.",
    incidents: &["containerd#10598"],
    since: Since {
        text: "Every release that writes an owner, from the window of 2024 on, maps the user by the mappings of the container's own \
               OCI specification. A design that forgets to is refuted by this.",
        sources: &[
            "internal/cri/server/container_start_linux.go@v2.0.1",
            "internal/userns/idmap.go@v2.0.1",
        ],
        shown_by: &[
            kept("containerd-10598", "release/2.0@952ad6b3a"),
            kept("containerd-10598", "v2.0.1"),
            kept("containerd-10598-fixed", "v2.3.4"),
        ],
    },
    scenarios: &["containerd-10598", "containerd-10598-fixed"],
};

/// `owner-is-process-owner`.
pub fn property<D: Domain>() -> Property<D> {
    Property {
        id: ABOUT.id,
        about: ABOUT,
        broken: |world, env, pod, _| {
            let (owner, container) = written(pod)?;
            let process = process(world, env, pod, container)?;
            (owner != process).then(|| Broken {
                what: format!(
                    "containerd writes {} as owner of the pipes, and the container's process is {}",
                    D::describe_id(owner),
                    D::describe_id(process)
                ),
                clause: FailedClause::new(
                    "o = host(mapping(c), user(c))",
                    [
                        ("o", D::describe_id(owner)),
                        ("host(mapping(c), user(c))", D::describe_id(process)),
                    ],
                ),
            })
        },
        antecedent: |_, _, pod| written(pod).is_some(),
        between: None,
    }
}

fn written<D: Domain>(pod: &Pod<D>) -> Option<(D::Id, u8)> {
    let message = pod
        .to_shim()
        .filter(|message| message.channel == Channel::Create)?;
    let Target::Container(container) = message.target else {
        return None;
    };
    Some((D::io_owner(message.options?)?, container))
}

/// The id on the host of the container's process; none if its user is in no mapping, so that it never runs.
fn process<D: Domain>(world: &World<D>, env: &Environment<D>, pod: &Pod<D>, container: u8) -> Option<D::Id> {
    let index = usize::from(container);
    let user = world.pod_spec(pod.spec).containers[index].user;
    let known = world.containerd[usize::from(env.containerd.row)].row.cri_userns == CriUserns::Created;
    let mapping = pod.containers[index]
        .filter(|_| known)
        .and_then(|record| record.userns.mapping());
    D::to_host(mapping, user).ok()
}
