//! The invariant: a conjunction of clauses, each with a name.

use shimproof_model::abstraction::{Abstract, Any, Block};
use shimproof_model::world::Sandboxer;
use shimproof_model::{
    Call, Container, ContainerState, Domain, InFlight, Phase, Pod, Server, Target, Userns,
};

use super::draw::{Draw, State};
use super::images;

/// A clause of the invariant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Clause {
    /// The recorded type.
    SelectedType,
    /// The recorded options.
    RuntimeOptions,
    /// The recorded endpoint.
    Endpoint,
    /// The sandbox API is used where a shim is the sandboxer.
    SandboxApi,
    /// Task options in flight.
    TaskOptions,
    /// Options on their way to a shim.
    MessageOptions,
    /// The processes that serve a pod.
    ServingShim,
    /// User-namespace options anywhere.
    UsernsOptions,
    /// The record of a container that a message is about.
    ContainerRecord,
    /// A shim's success.
    Answered,
    /// The property itself.
    Property,
}

impl Clause {
    /// Every clause; the property is the last.
    pub const ALL: [Self; 11] = [
        Self::SelectedType,
        Self::RuntimeOptions,
        Self::Endpoint,
        Self::SandboxApi,
        Self::TaskOptions,
        Self::MessageOptions,
        Self::ServingShim,
        Self::UsernsOptions,
        Self::ContainerRecord,
        Self::Answered,
        Self::Property,
    ];

    /// Its name in reports.
    pub fn id(self) -> &'static str {
        match self {
            Self::SelectedType => "selected-type",
            Self::RuntimeOptions => "runtime-options",
            Self::Endpoint => "endpoint-of-a-shim",
            Self::SandboxApi => "sandbox-api-of-a-shim",
            Self::TaskOptions => "task-options",
            Self::MessageOptions => "message-options",
            Self::ServingShim => "serving-shim",
            Self::UsernsOptions => "userns-options",
            Self::ContainerRecord => "container-record",
            Self::Answered => "answered-when-running",
            Self::Property => "property",
        }
    }

    /// What it says of a pod.
    pub fn statement(self) -> &'static str {
        match self {
            Self::SelectedType => "the type of a sandbox record is the one that its configuration selected",
            Self::RuntimeOptions => {
                "the options of a sandbox record are what GenerateRuntimeOptions gives for its configuration"
            }
            Self::Endpoint => {
                "a sandbox record has an endpoint only if its sandboxer is a shim and the release records it"
            }
            Self::SandboxApi => "CreateSandbox is in flight only for a sandbox whose sandboxer is a shim",
            Self::TaskOptions => {
                "task options in flight are the image of the recorded configuration, no_pivot as loaded now, the \
                 container's user-namespace options and user, and an endpoint that is allowed"
            }
            Self::MessageOptions => {
                "options on their way to a shim are what the exclusive rule makes of those task options and the \
                 recorded runtime options"
            }
            Self::ServingShim => "a process that serves a pod is a shim to which the pod's handler can lead",
            Self::UsernsOptions => {
                "user-namespace options in requests, records and syncs are such as the client sends"
            }
            Self::ContainerRecord => {
                "the success of CreateContainer, StartContainer and messages about a container's task are in flight only \
                 while the container has a record"
            }
            Self::Answered => "the success of a shim's Create is in flight only while the container runs",
            Self::Property => "the property itself",
        }
    }
}

/// A set of clauses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clauses(u16);

impl Clauses {
    /// All clauses.
    pub fn all() -> Self {
        Self(u16::MAX)
    }

    /// Without one of them.
    #[must_use]
    pub fn without(self, clause: Clause) -> Self {
        Self(self.0 & !(1 << clause as u16))
    }

    /// Whether it is among them.
    pub fn contains(self, clause: Clause) -> bool {
        self.0 & 1 << clause as u16 != 0
    }
}

impl Draw<'_> {
    /// Whether a clause other than the property holds of a state.
    pub(super) fn clause_holds(&self, clause: Clause, state: &State) -> bool {
        let pod = &state.pod;
        let Some(sandbox) = &pod.sandbox else {
            return match clause {
                // A message about a task has a sandbox record behind it.
                Clause::TaskOptions | Clause::MessageOptions => task_target(pod).is_none(),
                Clause::SandboxApi => !matches!(pod.in_flight, Some(InFlight::CreateSandbox)),
                Clause::UsernsOptions => self.userns_hold(pod),
                Clause::ContainerRecord => recorded(pod),
                Clause::Answered => answered(pod),
                _ => true,
            };
        };
        let setting = self.setting(sandbox.configuration);
        let handler = &self.cases.handlers[setting.handler];
        let sandboxer = setting.sandboxer();
        match clause {
            Clause::SelectedType => setting.form.configured && sandbox.selected == handler.selected,
            Clause::RuntimeOptions => setting.form.configured && sandbox.options == handler.options,
            Clause::Endpoint => {
                !sandbox.endpoint || images::endpoint_possible(&self.cases.containerd, sandboxer)
            }
            Clause::SandboxApi => {
                !matches!(pod.in_flight, Some(InFlight::CreateSandbox)) || sandboxer != Sandboxer::PodSandbox
            }
            Clause::TaskOptions => match &pod.in_flight {
                Some(
                    InFlight::LoadShimInfo { target, task_options }
                    | InFlight::ShimStart {
                        target, task_options, ..
                    }
                    | InFlight::Info {
                        target, task_options, ..
                    },
                ) => self
                    .task_images(state, *target)
                    .any(|image| image == *task_options),
                _ => true,
            },
            Clause::MessageOptions => match &pod.in_flight {
                Some(InFlight::ShimStart {
                    options,
                    task_options,
                    ..
                }) => {
                    *options
                        == images::options_on_the_way(&self.cases.containerd, handler, task_options.as_ref())
                }
                Some(InFlight::Info {
                    options,
                    task_options,
                    ..
                }) => {
                    *options == images::info_options(&self.cases.containerd, handler, task_options.as_ref())
                }
                Some(InFlight::Create { target, options, .. }) => {
                    self.task_images(state, *target).any(|task| {
                        images::options_on_the_way(&self.cases.containerd, handler, task.as_ref())
                            .map(Abstract::through_ttrpc)
                            == *options
                    })
                }
                _ => true,
            },
            Clause::ServingShim => {
                let allowed = self.cases.accepted(setting.handler, self.no_pivot(), sandboxer);
                let own = match &pod.in_flight {
                    Some(
                        InFlight::Info {
                            server: Server::Own(shim),
                            ..
                        }
                        | InFlight::Create {
                            server: Server::Own(shim),
                            ..
                        },
                    ) => Some(*shim),
                    _ => None,
                };
                sandbox
                    .shim
                    .into_iter()
                    .chain(own)
                    .all(|shim| allowed.contains(&u16::from(shim)))
            }
            Clause::UsernsOptions => self.userns_hold(pod),
            Clause::ContainerRecord => recorded(pod),
            Clause::Answered => answered(pod),
            Clause::Property => true,
        }
    }

    /// Every task options that can be in flight for a task of a state.
    fn task_images<'s>(&'s self, state: &'s State, target: Target) -> impl Iterator<Item = Option<Any>> + 's {
        let setting = state
            .pod
            .sandbox
            .as_ref()
            .map(|sandbox| self.setting(sandbox.configuration));
        let no_pivot = self.setting(state.env.containerd.configuration).form.no_pivot;
        [false, true].into_iter().filter_map(move |endpoint| {
            let setting = setting?;
            let handler = &self.cases.handlers[setting.handler];
            let containerd = &self.cases.containerd;
            let sandboxer = setting.sandboxer();
            match target {
                Target::Sandbox if endpoint => None,
                Target::Sandbox => images::sandbox_options(containerd, handler, sandboxer, no_pivot).ok(),
                Target::Container(_) if endpoint && !images::endpoint_possible(containerd, sandboxer) => None,
                Target::Container(container) => {
                    let record = state.pod.containers[usize::from(container)];
                    let userns = record.map_or(Userns::LinuxNil, |record| record.userns);
                    let user = self.world.pod_specs[0].containers[usize::from(container)].user;
                    images::container_options(containerd, handler, no_pivot, userns, user, endpoint).ok()
                }
            }
        })
    }

    fn userns_hold(&self, pod: &Pod<Abstract>) -> bool {
        // Which block it is does not matter.
        let kind = std::mem::discriminant::<Userns<Block>>;
        let allowed = |userns| {
            self.cases
                .userns()
                .iter()
                .any(|known| kind(known) == kind(&userns))
        };
        let requests = match &pod.in_flight {
            Some(InFlight::RunPodSandbox { userns }) => [Some(*userns), None],
            Some(InFlight::CreateContainer {
                sandbox_userns,
                container_userns,
                ..
            }) => [Some(*sandbox_userns), Some(*container_userns)],
            _ => [None, None],
        };
        let sync = match pod.phase {
            Phase::Syncing { sandbox_userns, .. } => Some(sandbox_userns),
            _ => None,
        };
        let records = pod.containers.iter().flatten().map(|record| record.userns);
        let sandbox = pod.sandbox.iter().map(|sandbox| sandbox.userns);
        requests
            .into_iter()
            .flatten()
            .chain(sync)
            .chain(records)
            .chain(sandbox)
            .all(allowed)
    }
}

/// The task that a message in flight is about, if it carries task options or options.
fn task_target(pod: &Pod<Abstract>) -> Option<Target> {
    match &pod.in_flight {
        Some(
            InFlight::LoadShimInfo { target, .. }
            | InFlight::ShimStart { target, .. }
            | InFlight::Info { target, .. }
            | InFlight::Create { target, .. },
        ) => Some(*target),
        _ => None,
    }
}

/// Whether a container that a message in flight is about has a record.
fn recorded(pod: &Pod<Abstract>) -> bool {
    let container = match &pod.in_flight {
        Some(
            InFlight::StartContainer { container }
            | InFlight::Reply {
                call: Call::CreateContainer(container),
                result: Ok(()),
            },
        ) => *container,
        _ => match task_target(pod) {
            Some(Target::Container(container)) => container,
            _ => return true,
        },
    };
    pod.containers[usize::from(container)].is_some()
}

fn answered(pod: &Pod<Abstract>) -> bool {
    let Some(InFlight::ShimReply {
        target: Target::Container(container),
        result: Ok(()),
    }) = &pod.in_flight
    else {
        return true;
    };
    matches!(
        pod.containers[usize::from(*container)],
        Some(Container {
            state: ContainerState::Running { .. },
            ..
        })
    )
}
