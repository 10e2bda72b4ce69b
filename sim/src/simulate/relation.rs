//! When a concrete state is one of those that an abstract state stands for.
//!
//! An abstract message *is* the vector of answers to what control and shims ask of one, so that two messages belong
//! together when they give the same answers, and two states when all else is equal. Blocks of host ids belong
//! together by their number.

use shimproof_model::abstraction::{Abstract, Block, HostId, Key, Keys};
use shimproof_model::catalog::Condition;
use shimproof_model::{
    Action, Container, ContainerState, Domain, Environment, Finite as _, InFlight, Phase, Pod, PodAction,
    Sandbox, TypeUrl, User, Userns, World,
};
use shimproof_scenario::{FromConfiguration, SYSTEMD_CGROUP_IN_BODY};

use crate::wire::{self, Id, Wire};

/// The number of ids in a block, as the kubelet gives them out.
const BLOCK: u32 = 65536;

/// A finite domain that is said to be the abstraction of [`Wire`].
pub trait Abstraction: FromConfiguration {
    /// An id of the host, as far as the abstraction tells it apart; none for root, which leaves no bytes.
    fn owner(id: Self::Id) -> Option<Owner>;
    /// The number of a block of host ids, from 0.
    fn block(mapping: Self::Mapping) -> u32;
}

/// An owner of pipes that is not root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The container's own id, unmapped.
    Identity,
    /// An id in the block of that number.
    InBlock(u32),
}

impl Abstraction for Abstract {
    fn owner(id: HostId) -> Option<Owner> {
        match id {
            HostId::Root => None,
            HostId::Identity => Some(Owner::Identity),
            HostId::InBlock(block) => Some(Owner::InBlock(u32::from(block))),
        }
    }

    fn block(mapping: Block) -> u32 {
        u32::from(mapping.0)
    }
}

fn owner_on_wire(id: Id) -> Option<Owner> {
    // Without a mapping the id is one of the stand-ins for users of containers.
    let unmapped = [User::NonRoot, User::AboveMapping]
        .into_iter()
        .any(|user| Wire::to_host(None, user) == Ok(id));
    match id {
        Id { uid: 0, gid: 0 } => None,
        _ if unmapped => Some(Owner::Identity),
        _ => Some(Owner::InBlock((id.uid / BLOCK).wrapping_sub(1))),
    }
}

fn block_on_wire(mapping: wire::Mapping) -> u32 {
    (mapping.host / BLOCK).wrapping_sub(1)
}

/// Where two states are not related.
pub(super) type Difference = String;

fn same<T: PartialEq + std::fmt::Debug>(what: &str, concrete: &T, abstracted: &T) -> Result<(), Difference> {
    if concrete == abstracted {
        Ok(())
    } else {
        Err(format!(
            "{what}: {concrete:?} in bytes, {abstracted:?} in the abstraction"
        ))
    }
}

/// The options with the number of their block in place of the mapping.
fn numbered<M: Copy>(userns: Userns<M>, block: impl Fn(M) -> u32) -> Userns<u32> {
    match userns {
        Userns::Pod(mapping) => Userns::Pod(block(mapping)),
        Userns::Nil => Userns::Nil,
        Userns::Node => Userns::Node,
        Userns::LinuxNil => Userns::LinuxNil,
        Userns::NodeWithMappings => Userns::NodeWithMappings,
        Userns::PodWithoutMappings => Userns::PodWithoutMappings,
        Userns::PodTwoLines => Userns::PodTwoLines,
        Userns::PodZeroLength => Userns::PodZeroLength,
        Userns::Container => Userns::Container,
        Userns::Target => Userns::Target,
    }
}

fn userns<A: Abstraction>(
    what: &str,
    concrete: Userns<wire::Mapping>,
    abstracted: Userns<A::Mapping>,
) -> Result<(), Difference> {
    same(
        what,
        &numbered(concrete, block_on_wire),
        &numbered(abstracted, A::block),
    )
}

/// Whether two actions are one: only blocks are named differently.
pub(super) fn same_action<A: Abstraction>(concrete: Action<Wire>, abstracted: Action<A>) -> bool {
    let one = |left: Userns<wire::Mapping>, right: Userns<A::Mapping>| {
        numbered(left, block_on_wire) == numbered(right, A::block)
    };
    match (concrete, abstracted) {
        (Action::Environment(left), Action::Environment(right)) => left == right,
        (Action::Pod(left_pod, left), Action::Pod(right_pod, right)) => {
            left_pod == right_pod
                && match (left, right) {
                    (PodAction::CallRunPodSandbox(left), PodAction::CallRunPodSandbox(right)) => {
                        one(left, right)
                    }
                    (
                        PodAction::CallCreateContainer {
                            container: left,
                            sandbox_userns: left_sandbox,
                            container_userns: left_container,
                        },
                        PodAction::CallCreateContainer {
                            container: right,
                            sandbox_userns: right_sandbox,
                            container_userns: right_container,
                        },
                    ) => {
                        left == right
                            && one(left_sandbox, right_sandbox)
                            && one(left_container, right_container)
                    }
                    (PodAction::CallStartContainer(left), PodAction::CallStartContainer(right))
                    | (PodAction::ContainerExit(left), PodAction::ContainerExit(right)) => left == right,
                    (PodAction::SyncPod, PodAction::SyncPod)
                    | (PodAction::BackOffElapsed, PodAction::BackOffElapsed)
                    | (PodAction::Deliver, PodAction::Deliver)
                    | (PodAction::SyncTerminatedPod, PodAction::SyncTerminatedPod)
                    | (PodAction::CreateAgain, PodAction::CreateAgain)
                    | (PodAction::RpcTimeout, PodAction::RpcTimeout)
                    | (PodAction::ShimCrash, PodAction::ShimCrash)
                    | (PodAction::DeletePod, PodAction::DeletePod) => true,
                    _ => false,
                }
        }
        _ => false,
    }
}

/// Whether what the pods share is related. The records of mappings are, if those of the pods are.
pub(super) fn environments<A: Abstraction>(
    concrete: &Environment<Wire>,
    abstracted: &Environment<A>,
) -> Result<(), Difference> {
    same("the kubelet", &concrete.kubelet, &abstracted.kubelet)?;
    same("containerd", &concrete.containerd, &abstracted.containerd)?;
    same("the shims on disk", &concrete.on_disk, &abstracted.on_disk)?;
    same("the budget of faults", &concrete.faults, &abstracted.faults)
}

/// The worlds of a run, and the pod whose messages are compared.
pub(super) struct Pair<'a, A: Abstraction> {
    pub wire: &'a World<Wire>,
    pub abstracted: &'a World<A>,
    pub pods: (&'a Pod<Wire>, &'a Pod<A>),
}

impl<A: Abstraction> Pair<'_, A> {
    /// Whether the pods are related.
    pub fn related(&self) -> Result<(), Difference> {
        let (wire, abstracted) = self.pods;
        same("the kind of pod", &wire.spec, &abstracted.spec)?;
        phases(wire.phase, abstracted.phase)?;
        same(
            "the mapping of the pod",
            &wire.mapping.map(block_on_wire),
            &abstracted.mapping.map(A::block),
        )?;
        match (&wire.sandbox, &abstracted.sandbox) {
            (None, None) => {}
            (Some(left), Some(right)) => self.sandboxes(left, right)?,
            (left, right) => same("whether there is a sandbox", &left.is_some(), &right.is_some())?,
        }
        for (left, right) in wire.containers.iter().zip(&abstracted.containers) {
            containers(*left, *right)?;
        }
        match (&wire.in_flight, &abstracted.in_flight) {
            (None, None) => Ok(()),
            (Some(left), Some(right)) => self.messages(left, right),
            (left, right) => same(
                "whether a message is in flight",
                &left.is_some(),
                &right.is_some(),
            ),
        }
    }

    fn sandboxes(&self, left: &Sandbox<Wire>, right: &Sandbox<A>) -> Result<(), Difference> {
        same("the state of the sandbox", &left.state, &right.state)?;
        same(
            "the configuration of the sandbox",
            &(left.configuration, left.containerd, left.selected),
            &(right.configuration, right.containerd, right.selected),
        )?;
        userns::<A>("the options of the sandbox", left.userns, right.userns)?;
        same(
            "the record of the sandbox",
            &(left.pinned, left.in_store, left.endpoint, left.shim),
            &(right.pinned, right.in_store, right.endpoint, right.shim),
        )?;
        self.options(
            "the runtime options of the sandbox",
            left.options.as_ref(),
            right.options.as_ref(),
        )
    }

    fn messages(&self, left: &InFlight<Wire>, right: &InFlight<A>) -> Result<(), Difference> {
        use InFlight as M;
        match (left, right) {
            (M::RunPodSandbox { userns: left }, M::RunPodSandbox { userns: right }) => {
                userns::<A>("RunPodSandbox", *left, *right)
            }
            (
                M::CreateContainer {
                    container,
                    sandbox_userns,
                    container_userns,
                    idmapped_mounts,
                },
                M::CreateContainer {
                    container: other,
                    sandbox_userns: other_sandbox,
                    container_userns: other_container,
                    idmapped_mounts: other_mounts,
                },
            ) => {
                same(
                    "CreateContainer",
                    &(container, idmapped_mounts),
                    &(other, other_mounts),
                )?;
                userns::<A>("CreateContainer", *sandbox_userns, *other_sandbox)?;
                userns::<A>("CreateContainer", *container_userns, *other_container)
            }
            (M::StartContainer { container: left }, M::StartContainer { container: right }) => {
                same("StartContainer", left, right)
            }
            (
                M::LoadShimInfo { target, task_options },
                M::LoadShimInfo {
                    target: other,
                    task_options: others,
                },
            ) => {
                same("the target", target, other)?;
                self.options("the task options", task_options.as_ref(), others.as_ref())
            }
            (
                M::ShimStart {
                    target,
                    options,
                    task_options,
                },
                M::ShimStart {
                    target: other,
                    options: others,
                    task_options: other_task,
                },
            ) => {
                same("the target", target, other)?;
                self.options("the options of `start`", options.as_ref(), others.as_ref())?;
                self.options("the task options", task_options.as_ref(), other_task.as_ref())
            }
            (
                M::Info {
                    target,
                    server,
                    options,
                    task_options,
                },
                M::Info {
                    target: other,
                    server: other_server,
                    options: others,
                    task_options: other_task,
                },
            ) => {
                same("the target", &(target, server), &(other, other_server))?;
                self.options("the options of `-info`", options.as_ref(), others.as_ref())?;
                self.options("the task options", task_options.as_ref(), other_task.as_ref())
            }
            (
                M::Create {
                    target,
                    server,
                    options,
                },
                M::Create {
                    target: other,
                    server: other_server,
                    options: others,
                },
            ) => {
                same("the target", &(target, server), &(other, other_server))?;
                self.options("the options of Create", options.as_ref(), others.as_ref())
            }
            (M::CreateSandbox, M::CreateSandbox) => Ok(()),
            (
                M::ShimReply { target, result },
                M::ShimReply {
                    target: other,
                    result: others,
                },
            ) => same("the reply of the shim", &(target, result), &(other, others)),
            (
                M::Reply { call, result },
                M::Reply {
                    call: other,
                    result: others,
                },
            ) => same("the reply to the client", &(call, result), &(other, others)),
            (left, right) => Err(format!(
                "the message in flight: {left:?} in bytes, {right:?} in the abstraction"
            )),
        }
    }

    /// Everything that is asked of a message is answered alike.
    fn options(
        &self,
        what: &str,
        left: Option<&wire::Any>,
        right: Option<&A::Any>,
    ) -> Result<(), Difference> {
        let (left, right) = match (left, right) {
            (None, None) => return Ok(()),
            (Some(left), Some(right)) => (left, right),
            (left, right) => {
                return same(
                    &format!("{what}: whether there are any"),
                    &left.is_some(),
                    &right.is_some(),
                );
            }
        };
        let differs = |difference: Difference| format!("{what}: {difference}");
        let check = || {
            same("the type", &Wire::type_url(left), &A::type_url(right))?;
            same("the value", &Wire::value(left), &A::value(right))?;
            for condition in Condition::all() {
                same(
                    condition.as_str(),
                    &Wire::holds(left, condition),
                    &A::holds(right, condition),
                )?;
            }
            same(
                "the owner of the pipes",
                &Wire::io_owner(left).and_then(owner_on_wire),
                &A::io_owner(right).and_then(A::owner),
            )?;
            same(
                "the OCI runtime",
                &Wire::oci_runtime(Some(left)),
                &A::oci_runtime(Some(right)),
            )?;
            let tables = (
                self.pods.0.recorded_table(self.wire),
                self.pods.1.recorded_table(self.abstracted),
            );
            match tables {
                (Some(table), Some(other)) => {
                    let lost = (Wire::lost(Some(left), table), A::lost(Some(right), other));
                    same("whether options are lost", &lost.0.is_empty(), &lost.1.is_empty())?;
                    same(
                        "the options that are lost",
                        &keys(table.url, &lost.0),
                        &keys(table.url, &lost.1),
                    )
                }
                (left, right) => same("whether there is a table", &left.is_some(), &right.is_some()),
            }
        };
        check().map_err(differs)
    }
}

/// The keys of that name; of the messages whose keys the abstraction does not tell apart, every key is another.
fn keys(url: TypeUrl, names: &[String]) -> Keys {
    let told_apart = matches!(
        url,
        TypeUrl::RuncV1 | TypeUrl::RuntimeoptionsV1 | TypeUrl::CriRuntimeoptionsV1
    );
    let in_body = url != TypeUrl::RuncV1;
    let key = |name: &String| {
        if in_body && told_apart && SYSTEMD_CGROUP_IN_BODY.contains(&name.as_str()) {
            return Some(Key::SystemdCgroup);
        }
        Key::all().find(|key| told_apart && key.as_str() == name)
    };
    names.iter().map(|name| key(name).unwrap_or(Key::Other)).collect()
}

fn phases<A: Abstraction>(left: Phase<Wire>, right: Phase<A>) -> Result<(), Difference> {
    match (left, right) {
        (
            Phase::Syncing {
                sandbox_userns,
                next,
                failed,
            },
            Phase::Syncing {
                sandbox_userns: other_userns,
                next: other,
                failed: other_failed,
            },
        ) => {
            same("the sync", &(next, failed), &(other, other_failed))?;
            userns::<A>("the sync's sandbox configuration", sandbox_userns, other_userns)
        }
        (Phase::Pending, Phase::Pending)
        | (Phase::Waiting, Phase::Waiting)
        | (Phase::Settled, Phase::Settled)
        | (Phase::Failed, Phase::Failed)
        | (Phase::LeftAlone, Phase::LeftAlone)
        | (Phase::Terminated, Phase::Terminated)
        | (Phase::Deleted, Phase::Deleted) => Ok(()),
        (left, right) => Err(format!(
            "the phase: {left:?} in bytes, {right:?} in the abstraction"
        )),
    }
}

fn containers<A: Abstraction>(
    left: Option<Container<Wire>>,
    right: Option<Container<A>>,
) -> Result<(), Difference> {
    let (left, right) = match (left, right) {
        (Some(left), Some(right)) => (left, right),
        (left, right) => {
            return same("whether there is a container", &left.is_some(), &right.is_some());
        }
    };
    userns::<A>("the options of a container", left.userns, right.userns)?;
    same("the mounts of a container", &left.mounts, &right.mounts)?;
    same(
        "what a container left behind",
        &left.left_behind,
        &right.left_behind,
    )?;
    match (left.state, right.state) {
        (
            ContainerState::Running {
                in_userns,
                pipe_owner,
                oci_runtime,
                shim,
            },
            ContainerState::Running {
                in_userns: other_userns,
                pipe_owner: other_owner,
                oci_runtime: other_runtime,
                shim: other_shim,
            },
        ) => {
            same(
                "a running container",
                &(in_userns, oci_runtime, shim),
                &(other_userns, other_runtime, other_shim),
            )?;
            same(
                "the owner of a container's pipes",
                &pipe_owner.and_then(owner_on_wire),
                &other_owner.and_then(A::owner),
            )
        }
        (ContainerState::Created, ContainerState::Created)
        | (ContainerState::Exited, ContainerState::Exited) => Ok(()),
        (left, right) => Err(format!(
            "the state of a container: {left:?} in bytes, {right:?} in the abstraction"
        )),
    }
}
