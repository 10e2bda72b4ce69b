//! Messages about tasks, with their options.

use shimproof_model::abstraction::{Abstract, Any};
use shimproof_model::{Domain, InFlight, Server, Target, TypeUrl, UsernsMode};

use super::clause::Clause;
use super::draw::{CURRENT, Draw, RECORDED, Stop};
use super::field::Field;
use super::images;
use super::images::Provenance;
use super::node::CREATED;

/// Which message about a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TaskMessage {
    LoadShimInfo,
    ShimStart,
    Info,
    Create,
}

/// Every type.
pub(super) const TYPES: [TypeUrl; 6] = [
    TypeUrl::RuncV1,
    TypeUrl::RuntimeoptionsV1,
    TypeUrl::CriRuntimeoptionsV1,
    TypeUrl::RunhcsV1,
    TypeUrl::LinuxRuncOptions,
    TypeUrl::LinuxCreateOptions,
];

impl Draw<'_> {
    /// For which task; a container has a record.
    pub fn target(&mut self) -> Result<Target, Stop> {
        if self.pick(Field::Target, 2)? == 0 {
            return Ok(Target::Sandbox);
        }
        let container = self.container()?;
        if self.clauses.contains(Clause::ContainerRecord) {
            self.before.pod.containers[usize::from(container)].get_or_insert(CREATED);
        } else {
            self.progress(container)?;
        }
        Ok(Target::Container(container))
    }

    /// How far a container came that has a record.
    pub fn recorded_container(&mut self, container: u8) -> Result<(), Stop> {
        self.progress(container)?;
        let there = self.before.pod.containers[usize::from(container)].is_some();
        if there || !self.clauses.contains(Clause::ContainerRecord) {
            Ok(())
        } else {
            Err(Stop::NoState)
        }
    }

    /// Task options in flight.
    pub fn task_options(&mut self, target: Target) -> Result<Option<Any>, Stop> {
        if !self.clauses.contains(Clause::TaskOptions) {
            return self.any(Field::TaskOptions);
        }
        let handler = self.setting(RECORDED).handler;
        let no_pivot = self.setting(CURRENT).form.no_pivot;
        let sandboxer = self.sandboxer()?;
        match target {
            Target::Sandbox => {
                let handler = &self.cases.handlers[handler];
                images::sandbox_options(&self.cases.containerd, handler, sandboxer, no_pivot)
                    .map_err(|_| Stop::NoState)
            }
            Target::Container(container) => {
                let images = self.cases.images(handler, sandboxer, no_pivot);
                let index = if self.light {
                    0
                } else {
                    self.pick(Field::TaskOptions, images.len())?
                };
                let image = images.get(index).ok_or(Stop::NoState)?;
                self.set_provenance(container, image.from[0]);
                Ok(image.task)
            }
        }
    }

    /// Where the drawn task options of a container come from, as far as the container's own user namespace goes.
    pub fn origin(&mut self, container: u8) -> Result<(), Stop> {
        let Some(index) = self.tape.values.get(Field::TaskOptions) else {
            return Ok(());
        };
        if !self.clauses.contains(Clause::TaskOptions) {
            return Ok(());
        }
        let setting = self.setting(RECORDED);
        let no_pivot = self.setting(CURRENT).form.no_pivot;
        let images = self.cases.images(setting.handler, setting.sandboxer(), no_pivot);
        let from = &images[usize::from(index)].from;
        let pod = |index: u16| from[usize::from(index)].userns.mode() == UsernsMode::Pod;
        let count = u16::try_from(from.len()).unwrap_or(u16::MAX);
        let first = |wanted: bool| (0..count).find(|index| pod(*index) == wanted);
        let classes: Vec<u16> = [first(false), first(true)].into_iter().flatten().collect();
        let chosen = self.class(Field::Provenance, &classes, |index| {
            first(pod(index)).unwrap_or(index)
        })?;
        self.set_provenance(container, from[usize::from(chosen)]);
        Ok(())
    }

    pub fn set_provenance(&mut self, container: u8, from: Provenance) {
        if let Some(record) = &mut self.before.pod.containers[usize::from(container)] {
            record.userns = from.userns;
        }
        self.world.pod_specs[0].containers[usize::from(container)].user = from.user;
    }

    /// A message about a task: which of `kinds`.
    pub fn task_message(&mut self, kind: TaskMessage) -> Result<Target, Stop> {
        let target = self.target()?;
        let task_options = self.task_options(target)?;
        let server = match kind {
            TaskMessage::Info | TaskMessage::Create => self.server(kind)?,
            TaskMessage::LoadShimInfo | TaskMessage::ShimStart => Server::Sandbox,
        };
        let containerd = &self.cases.containerd;
        let handler = &self.cases.handlers[self.setting(RECORDED).handler];
        let task = task_options.as_ref();
        let options = match kind {
            TaskMessage::LoadShimInfo => None,
            _ if !self.clauses.contains(Clause::MessageOptions) => self.any(Field::MessageOptions)?,
            TaskMessage::ShimStart => images::options_on_the_way(containerd, handler, task),
            TaskMessage::Info => images::info_options(containerd, handler, task),
            TaskMessage::Create => {
                images::options_on_the_way(containerd, handler, task).map(Abstract::through_ttrpc)
            }
        };
        self.before.pod.in_flight = Some(match kind {
            TaskMessage::LoadShimInfo => InFlight::LoadShimInfo { target, task_options },
            TaskMessage::ShimStart => InFlight::ShimStart {
                target,
                options,
                task_options,
            },
            TaskMessage::Info => InFlight::Info {
                target,
                server,
                options,
                task_options,
            },
            TaskMessage::Create => InFlight::Create {
                target,
                server,
                options,
            },
        });
        Ok(target)
    }

    /// Who serves the task. Which shim of its own it is, only the one that gets `Create` shows.
    pub(super) fn server(&mut self, kind: TaskMessage) -> Result<Server, Stop> {
        if self.light || self.pick(Field::Server, 2)? == 0 {
            return Ok(Server::Sandbox);
        }
        let candidates = self.servable();
        let shim = match (kind, candidates.first()) {
            (TaskMessage::Info, Some(first)) => *first,
            _ => self.among(Field::OwnShim, &candidates)?,
        };
        Ok(Server::Own(u8::try_from(shim).unwrap_or(u8::MAX)))
    }

    /// Puts another shim of its own in the place of the one that was not drawn.
    pub fn set_own_shim(&mut self, shim: u16) {
        let own = Server::Own(u8::try_from(shim).unwrap_or(u8::MAX));
        for state in [Some(&mut self.before), self.after.as_mut()]
            .into_iter()
            .flatten()
        {
            if let Some(InFlight::Info { server, .. } | InFlight::Create { server, .. }) =
                &mut state.pod.in_flight
            {
                *server = own;
            }
        }
    }

    /// Options of which nothing is known.
    pub(super) fn any(&mut self, field: Field) -> Result<Option<Any>, Stop> {
        let index = self.pick(field, TYPES.len() + 1)?;
        Ok(TYPES.get(index).map(|url| {
            let mut any = Abstract::fresh(*url);
            Abstract::set_io_owner(&mut any, images::OWNERS[1]);
            any
        }))
    }
}
