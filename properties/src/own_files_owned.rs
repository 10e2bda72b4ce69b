//! Whose containerd's own files are in a user namespace.

use shimproof_model::catalog::ContainerdField;
use shimproof_model::guards::Mounts;
use shimproof_model::log::Fact;
use shimproof_model::trace::FailedClause;
use shimproof_model::{Container, ContainerState, Domain, Pod};

use crate::property::{About, Broken, Property, Since, broken, kept};

/// What the catalogue says of it.
const ABOUT: About = About {
    id: "own-files-owned",
    statement: "The files that containerd itself mounts into a running container with a user namespace of its own (hostname, \
                resolv.conf, and hosts where the client mounts none) are mounted with the container's mapping.",
    formula: "G ∀ pod, c: running(c) ∧ in_userns(c) ⇒ idmapped(own_files(c))",
    why: "The files are root's on the host. Without the mapping they are nobody's in the container, and its root cannot write them.",
    incidents: &[],
    since: Since {
        text: "v2.0.0: it passes the mapping of the container on to the mounts that it adds. v1.7 does not, and runs such a container \
               under a kubelet that asks for no id-mapped mounts.",
        sources: &[
            "https://github.com/containerd/containerd/commit/97dfa7f55697650225c45aa4cf8e7082ecd168af",
            "internal/cri/server/container_create.go@v2.0.1 (linuxContainerMounts)",
            "pkg/cri/server/container_create_linux.go@v1.7.34 (containerMounts)",
        ],
        shown_by: &[
            broken("idmap-not-requested-1.7", "v1.7.24"),
            kept("containerd-10598", "v2.0.1"),
        ],
    },
    scenarios: &["idmap-not-requested-1.7", "containerd-10598"],
};

/// `own-files-owned`.
pub fn property<D: Domain>() -> Property<D> {
    Property {
        id: ABOUT.id,
        about: ABOUT,
        broken: |world, env, pod, rests_on| {
            let (index, container) =
                in_userns(pod).find(|(_, container)| container.mounts == Mounts::Plain)?;
            rests_on(Fact::Containerd(
                env.containerd.row,
                ContainerdField::OwnMountsIdmapped,
            ));
            let spec = world.pod_spec(pod.spec);
            let name = spec.containers.get(index).map_or("?", |spec| spec.name.as_str());
            Some(Broken {
                what: format!(
                    "container {name} runs in a user namespace, and containerd's own files in it are mounted without its mapping"
                ),
                clause: FailedClause::new(
                    "idmapped(own_files(c))",
                    [
                        ("c", name.to_owned()),
                        ("mounts(c)", container.mounts.to_string()),
                    ],
                ),
            })
        },
        antecedent: |_, _, pod| in_userns(pod).next().is_some(),
        between: None,
    }
}

/// The running containers that are in a user namespace of the pod's own.
fn in_userns<D: Domain>(pod: &Pod<D>) -> impl Iterator<Item = (usize, &Container<D>)> {
    let runs_in_one =
        |container: &Container<D>| matches!(container.state, ContainerState::Running { in_userns: true, .. });
    pod.containers
        .iter()
        .enumerate()
        .filter_map(|(index, container)| Some((index, container.as_ref()?)))
        .filter(move |(_, container)| runs_in_one(container))
}
