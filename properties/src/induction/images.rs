//! What a message of a design is made of: the image of row, configuration and user-namespace options.
//!
//! Written down a second time, in the words of the clauses and over the guards of the design. That the machine's
//! functions stay inside is what the checks of the steps show.

use shimproof_model::abstraction::{Abstract, Any, Block, HostId};
use shimproof_model::catalog::{CriUserns, NoPivot, TaskApiEndpoint};
use shimproof_model::guards::{
    Acceptance, Base, EndpointDecision, OptionsSource, OptionsState, Owner, RuntimeType,
};
use shimproof_model::world::{Containerd, Sandboxer};
use shimproof_model::{Domain, Target, TypeUrl, User, Userns};

use super::cases::Handler;

/// The id block that stands for that of the pod. No clause asks which one it is.
pub(super) const BLOCK: Block = Block(0);

/// An owner of each kind.
pub(super) const OWNERS: [HostId; 3] = [HostId::Root, HostId::Identity, HostId::InBlock(BLOCK.0)];

/// All user-namespace options that a client can send; a kubelet sends the first three.
pub(super) const USERNS: [Userns<Block>; 10] = [
    Userns::Nil,
    Userns::Node,
    Userns::Pod(BLOCK),
    Userns::LinuxNil,
    Userns::NodeWithMappings,
    Userns::PodWithoutMappings,
    Userns::PodTwoLines,
    Userns::PodZeroLength,
    Userns::Container,
    Userns::Target,
];

/// The users that a container can have.
pub(super) const USERS: [User; 3] = [User::NonRoot, User::Root, User::AboveMapping];

/// Why a request gets no further than its task options.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refused;

/// Options as guards see them.
pub(super) fn state_of(any: Option<&Any>) -> OptionsState {
    OptionsState::of(any.map(|any| (Abstract::type_url(any), Abstract::value(any))))
}

/// Whether a sandbox of the handler can have a task API endpoint.
pub(super) fn endpoint_possible(containerd: &Containerd, sandboxer: Sandboxer) -> bool {
    containerd.row.task_api_endpoint != TaskApiEndpoint::Absent && sandboxer != Sandboxer::PodSandbox
}

/// The task options from `no_pivot`.
pub(super) fn no_pivot_options(containerd: &Containerd, handler: &Handler, target: Target) -> Option<Any> {
    let runc = matches!(handler.runtime_type, RuntimeType::RuncV1 | RuntimeType::RuncV2);
    let linux = handler.runtime_type == RuntimeType::LinuxV1;
    let sandbox = target == Target::Sandbox;
    let url = match containerd.row.no_pivot {
        NoPivot::Runc if runc => TypeUrl::RuncV1,
        NoPivot::RuncSandbox if runc && sandbox => TypeUrl::RuncV1,
        NoPivot::RuncSandbox if linux && !sandbox => TypeUrl::LinuxCreateOptions,
        NoPivot::LinuxV1 if linux => TypeUrl::LinuxCreateOptions,
        _ => return None,
    };
    let mut any = Abstract::fresh(url);
    Abstract::set_no_pivot_root(&mut any);
    Some(any)
}

/// The task options of a container.
pub(super) fn container_options(
    containerd: &Containerd,
    handler: &Handler,
    no_pivot: bool,
    userns: Userns<Block>,
    user: User,
    endpoint: bool,
) -> Result<Option<Any>, Refused> {
    let runtime = state_of(handler.options.as_ref());
    let base = containerd
        .guards
        .task_options_base
        .decide((handler.runtime_type, runtime));
    let start = |task: Option<Any>| match (task, base, handler.options) {
        (Some(task), ..) => Ok(task),
        (None, Base::FreshCreateOptions, _) => Ok(Abstract::fresh(TypeUrl::LinuxCreateOptions)),
        (None, Base::Copy | Base::Fail, Some(options)) => {
            Abstract::copy_as_runc(&options).map_err(|_| Refused)
        }
        (None, ..) => Ok(Abstract::fresh(TypeUrl::RuncV1)),
    };
    let mut task = no_pivot
        .then(|| no_pivot_options(containerd, handler, Target::Container(0)))
        .flatten();
    if endpoint {
        match containerd.guards.task_api_endpoint.decide((true, base)) {
            EndpointDecision::Nothing | EndpointDecision::Skip => {}
            EndpointDecision::Write | EndpointDecision::Fail => {
                let mut any = start(task)?;
                Abstract::set_task_api_endpoint(&mut any);
                task = Some(any);
            }
        }
    }
    if writes_owner(containerd, handler, userns) {
        let mapping = match containerd.row.cri_userns {
            CriUserns::Absent => None,
            CriUserns::Created => userns.mapping(),
        };
        let owner = Abstract::to_host(mapping, user).map_err(|_| Refused)?;
        let mut any = start(task)?;
        Abstract::set_io_owner(&mut any, owner);
        task = Some(any);
    }
    passed(containerd, handler, task)
}

/// Whether an owner of pipes is written for a container with these options.
pub(super) fn writes_owner(containerd: &Containerd, handler: &Handler, userns: Userns<Block>) -> bool {
    let options = state_of(handler.options.as_ref());
    let input = (userns.mode(), handler.runtime_type, options);
    containerd.guards.io_owner.decide(input) == Owner::Written
}

/// The task options of a sandbox.
pub(super) fn sandbox_options(
    containerd: &Containerd,
    handler: &Handler,
    sandboxer: Sandboxer,
    no_pivot: bool,
) -> Result<Option<Any>, Refused> {
    match sandboxer {
        Sandboxer::PodSandbox => {
            let task = no_pivot
                .then(|| no_pivot_options(containerd, handler, Target::Sandbox))
                .flatten();
            passed(containerd, handler, task)
        }
        Sandboxer::Shim => Ok(None),
        // Its controller is there already: nothing is started for it.
        Sandboxer::Remote => Err(Refused),
    }
}

/// What the tasks service lets pass.
fn passed(containerd: &Containerd, handler: &Handler, task: Option<Any>) -> Result<Option<Any>, Refused> {
    let input = (handler.runtime_type, state_of(task.as_ref()));
    if task.is_some() && containerd.guards.format_options.decide(input) == Acceptance::Refused {
        return Err(Refused);
    }
    Ok(task)
}

/// Task options or runtime options.
pub(super) fn options_on_the_way(
    containerd: &Containerd,
    handler: &Handler,
    task: Option<&Any>,
) -> Option<Any> {
    let source = containerd.guards.options_fallback.decide(state_of(task));
    chosen(source, handler, task)
}

/// The options of `-info`, when features are validated.
pub(super) fn info_options(containerd: &Containerd, handler: &Handler, task: Option<&Any>) -> Option<Any> {
    let table = containerd.guards.info_options.as_ref()?;
    let source = table.decide((state_of(task), state_of(handler.options.as_ref())));
    chosen(source, handler, task)
}

fn chosen(source: OptionsSource, handler: &Handler, task: Option<&Any>) -> Option<Any> {
    match source {
        OptionsSource::Task => task.copied(),
        OptionsSource::Runtime => handler.options,
        OptionsSource::Nothing => None,
    }
}

/// Where task options come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Provenance {
    pub userns: Userns<Block>,
    pub user: User,
    pub endpoint: bool,
}

/// Task options, with all that they can come from.
#[derive(Clone, Debug)]
pub(super) struct Image {
    pub task: Option<Any>,
    pub from: Vec<Provenance>,
}

/// The task options that a container can get, each once.
pub(super) fn of_containers(
    containerd: &Containerd,
    handler: &Handler,
    sandboxer: Sandboxer,
    no_pivot: bool,
    userns: &[Userns<Block>],
) -> Vec<Image> {
    let endpoints: &[bool] = if endpoint_possible(containerd, sandboxer) {
        &[false, true]
    } else {
        &[false]
    };
    let mut images: Vec<Image> = Vec::new();
    for &endpoint in endpoints {
        for &userns in userns {
            for user in USERS {
                let Ok(task) = container_options(containerd, handler, no_pivot, userns, user, endpoint)
                else {
                    continue;
                };
                let from = Provenance {
                    userns,
                    user,
                    endpoint,
                };
                match images.iter_mut().find(|image| image.task == task) {
                    Some(image) => image.from.push(from),
                    None => images.push(Image {
                        task,
                        from: vec![from],
                    }),
                }
            }
        }
    }
    images
}
