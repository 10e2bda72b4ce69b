//! Property 9.

use shimproof_model::catalog::{ChownsStdio, OciRuntimeField, OciRuntimeKind, Pipes, ShimField};
use shimproof_model::log::Fact;
use shimproof_model::trace::FailedClause;
use shimproof_model::{Container, ContainerState, Domain, Pod, User, World};

use crate::property::{About, Broken, Property, Since, broken, kept};

/// What the catalogue says of it.
const ABOUT: About = About {
    id: "pipe-openable",
    statement: "Where the shim makes pipes on the host, the first process of every container can open its standard output \
                again, given what its OCI runtime gives away by itself.",
    formula: "G ∀ pod, c: running(c) ∧ pipes(shim(c)) = host ∧ ¬terminal(c) ⇒ opens(user(c), owner(pipe(c)), mapping(c))",
    why: "A program that writes to /dev/stdout or /dev/stderr, as nginx and many log drivers do, fails with EACCES.",
    incidents: &["containerd#10598", "runc#4475"],
    since: Since {
        text: "With runc and a pod with a user namespace no release up to v2.0.0 keeps it, and every one from v2.0.1 on does. With \
               youki, which gives stdio to nobody, and an ordinary pod whose process is not root, the window of 2024 kept it and \
               v2.0.1 does not: the fix of #11091 takes it back.",
        sources: &[
            "https://github.com/containerd/containerd/issues/10598",
            "https://github.com/containerd/containerd/pull/10906",
            "https://github.com/containerd/containerd/pull/11104",
        ],
        shown_by: &[
            broken("containerd-10598", "v2.0.0"),
            kept("containerd-10598", "v2.0.1"),
            kept("youki-pipe-owner", "release/2.0@952ad6b3a"),
            broken("youki-pipe-owner", "v2.0.0"),
            broken("youki-pipe-owner", "v2.0.1"),
        ],
    },
    scenarios: &[
        "containerd-10598",
        "containerd-10598-non-root",
        "youki-pipe-owner",
    ],
};

/// `pipe-openable`.
pub fn property<D: Domain>() -> Property<D> {
    Property {
        id: ABOUT.id,
        about: ABOUT,
        broken: |world, _, pod, rests_on| {
            with_host_pipes(world, pod).find_map(|stdio| {
                rests_on(Fact::Shim(stdio.shim, ShimField::Pipes));
                rests_on(Fact::OciRuntime(stdio.oci_runtime, OciRuntimeField::ChownsStdio));
                let row = world.oci_runtimes[usize::from(stdio.oci_runtime)].row.as_ref()?;
                (!stdio.opens(row.chowns_stdio)).then(|| Broken {
                    what: format!(
                        "the process of container {} cannot open its pipes again: they belong to {}, and {} ({}) does not \
                         give them away",
                        stdio.name,
                        D::describe_id(stdio.owner),
                        row.name,
                        row.id
                    ),
                    clause: FailedClause::new(
                        "opens(user(c), owner(pipe(c)), mapping(c))",
                        [
                            ("c", stdio.name.to_owned()),
                            ("user(c)", stdio.user.to_string()),
                            ("owner(pipe(c))", D::describe_id(stdio.owner)),
                            ("mapping(c)", stdio.mapping.map_or_else(|| "none, it is in the host's user namespace".to_owned(), |mapping| format!("{mapping:?}"))),
                        ],
                    ),
                })
            })
        },
        antecedent: |world, _, pod| with_host_pipes(world, pod).next().is_some(),
        between: None,
    }
}

/// What stands between a running container and its pipes.
struct Stdio<'w, D: Domain> {
    name: &'w str,
    user: User,
    shim: u8,
    oci_runtime: u8,
    owner: D::Id,
    mapping: Option<D::Mapping>,
}

/// The running containers whose pipes were made on the host and given by an OCI runtime to a process of the host. A
/// sandbox with a kernel of its own has its own idea of who owns them.
fn with_host_pipes<'w, D: Domain>(world: &'w World<D>, pod: &Pod<D>) -> impl Iterator<Item = Stdio<'w, D>> {
    let specs = &world.pod_spec(pod.spec).containers;
    specs.iter().zip(pod.containers).filter_map(|(spec, record)| {
        let Container { userns, state, .. } = record?;
        let ContainerState::Running {
            in_userns,
            pipe_owner,
            oci_runtime,
            shim,
        } = state
        else {
            return None;
        };
        let row = world.shim(shim);
        let on_host = row.pipes == Pipes::Host && row.oci_runtime == OciRuntimeKind::FromOptions;
        if spec.terminal || !on_host {
            return None;
        }
        // Whoever is given no owner makes pipes as root of the host, who always has an id there.
        let owner = pipe_owner.or_else(|| D::to_host(None, User::Root).ok())?;
        Some(Stdio {
            name: &spec.name,
            user: spec.user,
            shim,
            oci_runtime,
            owner,
            mapping: userns.mapping().filter(|_| in_userns),
        })
    })
}

impl<D: Domain> Stdio<'_, D> {
    /// pipe(7) and user_namespaces(7): a capability counts for an inode only if its owners are mapped.
    fn opens(&self, chowns: ChownsStdio) -> bool {
        let mapped = D::is_mapped(self.mapping, self.owner);
        match chowns {
            // Given to the container's root from outside, it can be given to its user from inside.
            ChownsStdio::FromHost => true,
            ChownsStdio::InUserns => mapped,
            ChownsStdio::No => {
                let own = D::to_host(self.mapping, self.user) == Ok(self.owner);
                own || (self.user == User::Root && mapped)
            }
        }
    }
}
