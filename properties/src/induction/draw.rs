//! Draws states that satisfy the invariant, field by field: what a clause ties to other fields is built, not
//! filtered.

use shimproof_model::abstraction::{Abstract, Any, Block, Blocks};
use shimproof_model::guards::{HostUsers, Mounts, Network};
use shimproof_model::world::{
    Binary, Budget, Client, Configuration, ContainerSpec, HandlerConfig, MAX_BINARIES, MAX_HANDLERS,
    OciRuntime, PodSpec, RestartPolicy, Sandboxer,
};
use shimproof_model::{
    Container, ContainerState, ContainerdState, Domain, Environment, InFlight, Introspected, KubeletState,
    Pod, Sandbox, SandboxState, Server, Target, TypeUrl, User, Userns, UsernsMode, World,
};

use super::cases::{Cases, FORMS, Form, SANDBOXERS};
use super::clause::{Clause, Clauses};
use super::field::Field;
use super::images::{self, Provenance, USERS};
use super::tape::{self, Tape};

/// Why drawing or checking ends early.
pub(super) type Stop = tape::Stop<Clause>;

/// The slots of configurations of a world: the one recorded, the one loaded now, and the one that is next.
pub(super) const RECORDED: u8 = 0;
pub(super) const CURRENT: u8 = 1;
pub(super) const NEXT: u8 = 2;

/// The binaries of a world.
pub(super) const BY_TYPE: u8 = 0;
pub(super) const BY_PATH: u8 = 1;

/// One environment and one pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct State {
    pub env: Environment<Abstract>,
    pub pod: Pod<Abstract>,
}

/// What a slot holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Setting {
    pub handler: usize,
    pub sandboxer: usize,
    pub form: Form,
    pub refused: bool,
}

impl Setting {
    const PLAIN: Self = Self {
        handler: 0,
        sandboxer: 0,
        form: FORMS[0],
        refused: false,
    };
}

/// A state that is being drawn, and the state after a step.
pub(super) struct Draw<'c> {
    pub cases: &'c Cases,
    pub clauses: Clauses,
    pub tape: Tape,
    pub world: World<Abstract>,
    pub before: State,
    /// After the step, once it is taken.
    pub after: Option<State>,
    /// Whether records and messages are drawn without what a step that only passes over them does not read.
    pub light: bool,
    settings: [Setting; 3],
    built: [Option<Setting>; 3],
    oci_runtime: usize,
}

impl<'c> Draw<'c> {
    pub fn new(cases: &'c Cases, clauses: Clauses, tape: Tape) -> Self {
        let mut draw = Self {
            cases,
            clauses,
            tape,
            world: world(cases),
            before: canonical(),
            after: None,
            light: false,
            settings: [Setting::PLAIN; 3],
            built: [None; 3],
            oci_runtime: 0,
        };
        draw.build_configurations();
        draw
    }

    /// Begins a new state, in which no field is drawn yet.
    pub fn begin(&mut self) {
        self.before = canonical();
        self.after = None;
        self.light = false;
        self.settings = [Setting::PLAIN; 3];
        self.world.client = Client::Kubelet;
        let spec = &mut self.world.pod_specs[0];
        spec.host_users = HostUsers::Unset;
        spec.network = Network::Pod;
        spec.restart_policy = RestartPolicy::Always;
        spec.volumes_idmappable = true;
        for container in &mut spec.containers {
            container.user = User::NonRoot;
            container.terminal = false;
        }
        self.set_oci_runtime(0);
    }

    // Choices.

    pub fn pick(&mut self, field: Field, count: usize) -> Result<usize, Stop> {
        let value = |index| u16::try_from(index).unwrap_or(u16::MAX);
        self.tape
            .draw(field, count, value, |value| value)
            .map(usize::from)
    }

    pub fn flag(&mut self, field: Field) -> Result<bool, Stop> {
        Ok(self.pick(field, 2)? == 1)
    }

    pub fn among(&mut self, field: Field, values: &[u16]) -> Result<u16, Stop> {
        self.tape
            .draw(field, values.len(), |index| values[index], |value| value)
    }

    /// One of `values`, each of which stands for a class of values that the step cannot tell apart.
    pub fn class(&mut self, field: Field, values: &[u16], class: impl Fn(u16) -> u16) -> Result<u16, Stop> {
        self.tape
            .draw(field, values.len(), |index| values[index], class)
    }

    /// User-namespace options that the client can send.
    pub fn userns(&mut self, field: Field) -> Result<Userns<Block>, Stop> {
        let all = if self.clauses.contains(Clause::UsernsOptions) {
            self.cases.userns()
        } else {
            &images::USERNS
        };
        Ok(all[self.pick(field, all.len())?])
    }

    // Configurations.

    pub fn setting(&self, slot: u8) -> Setting {
        self.settings[usize::from(slot)]
    }

    pub fn setting_mut(&mut self, slot: u8) -> &mut Setting {
        &mut self.settings[usize::from(slot)]
    }

    pub fn sandboxer_of(&self, setting: Setting) -> Sandboxer {
        SANDBOXERS[setting.sandboxer]
    }

    /// Whether a configuration of the node sets `no_pivot`, as far as it was drawn.
    pub fn no_pivot(&self) -> bool {
        self.setting(CURRENT).form.no_pivot || self.setting(NEXT).form.no_pivot
    }

    pub fn current_form(&mut self) -> Result<Form, Stop> {
        let form = FORMS[self.pick(Field::CurrentForm, FORMS.len())?];
        self.setting_mut(CURRENT).form = form;
        Ok(form)
    }

    /// Runtime type, table and sandboxer of the configuration that is loaded now.
    pub fn current_handler(&mut self) -> Result<Sandboxer, Stop> {
        let handler = self.pick(Field::CurrentHandler, self.cases.handlers.len())?;
        let sandboxer = self.pick(Field::CurrentSandboxer, self.cases.sandboxers())?;
        let setting = self.setting_mut(CURRENT);
        setting.handler = handler;
        setting.sandboxer = sandboxer;
        Ok(SANDBOXERS[sandboxer])
    }

    /// A sandbox that runs, recorded under some configuration.
    pub fn record(&mut self) -> Result<usize, Stop> {
        let handlers = u16::try_from(self.cases.handlers.len()).unwrap_or(u16::MAX);
        let usable: Vec<u16> = (0..handlers)
            .filter(|index| !self.shims_of(usize::from(*index), Sandboxer::PodSandbox).is_empty())
            .collect();
        let index = usize::from(match usable.first() {
            Some(first) if self.light => *first,
            _ => self.among(Field::Recorded, &usable)?,
        });
        self.setting_mut(RECORDED).handler = index;
        let handler = &self.cases.handlers[index];
        let selected = if self.clauses.contains(Clause::SelectedType) {
            handler.selected
        } else {
            TYPES[self.pick(Field::SelectedType, TYPES.len())?]
        };
        let options = if self.clauses.contains(Clause::RuntimeOptions) {
            handler.options
        } else {
            self.any(Field::RuntimeOptions)?
        };
        let shim = self.servable().first().and_then(|shim| u8::try_from(*shim).ok());
        self.before.pod.sandbox = Some(Sandbox {
            state: SandboxState::Ready,
            configuration: RECORDED,
            containerd: 0,
            selected,
            options,
            userns: Userns::Nil,
            pinned: false,
            in_store: true,
            endpoint: false,
            shim,
        });
        Ok(index)
    }

    pub fn sandboxer(&mut self) -> Result<Sandboxer, Stop> {
        let sandboxer = self.pick(Field::Sandboxer, self.cases.sandboxers())?;
        self.setting_mut(RECORDED).sandboxer = sandboxer;
        Ok(SANDBOXERS[sandboxer])
    }

    /// Whether the record has an endpoint.
    pub fn endpoint(&mut self) -> Result<(), Stop> {
        let free = !self.clauses.contains(Clause::Endpoint);
        let possible = free || {
            let sandboxer = self.sandboxer()?;
            images::endpoint_possible(&self.cases.containerd, sandboxer)
        };
        if possible && self.flag(Field::Endpoint)? {
            self.sandbox().endpoint = true;
        }
        Ok(())
    }

    /// The sandbox, which must have been drawn.
    pub fn sandbox(&mut self) -> &mut Sandbox<Abstract> {
        #[expect(clippy::expect_used, reason = "callers draw the record first")]
        self.before.pod.sandbox.as_mut().expect("a record was drawn")
    }

    // Shims.

    /// The shims that a handler can lead to.
    fn shims_of(&self, handler: usize, sandboxer: Sandboxer) -> &'c [u16] {
        self.cases.accepted(handler, self.no_pivot(), sandboxer)
    }

    /// The shims that the handler of a slot can lead to.
    pub fn reachable(&self, slot: u8) -> &'c [u16] {
        let setting = self.setting(slot);
        self.shims_of(setting.handler, self.sandboxer_of(setting))
    }

    /// The shims that can serve a sandbox of the recorded handler.
    pub fn servable(&self) -> Vec<u16> {
        if self.clauses.contains(Clause::ServingShim) {
            self.reachable(RECORDED).to_vec()
        } else {
            (0..).zip(&self.cases.shims).map(|(index, _)| index).collect()
        }
    }

    /// Whether a process serves the sandbox, and which protocol it speaks.
    pub fn serving_class(&mut self) -> Result<(), Stop> {
        let shims = self.servable();
        let below_3 = |shim: &u16| self.cases.shims[usize::from(*shim)].protocol < 3;
        let old = shims.iter().copied().find(below_3);
        let new = shims.iter().copied().find(|shim| !below_3(shim));
        let classes = [Some(None), old.map(Some), new.map(Some)];
        let there: Vec<u16> = [1, 2, 0]
            .into_iter()
            .filter(|class| classes[usize::from(*class)].is_some())
            .collect();
        let class = self.among(Field::ServingClass, &there)?;
        let shim = classes[usize::from(class)].flatten();
        self.sandbox().shim = shim.and_then(|shim| u8::try_from(shim).ok());
        Ok(())
    }

    /// The shims that can serve the sandbox, given what was drawn of it.
    pub fn serving_candidates(&self) -> Vec<u16> {
        let below_3 = |shim: u16| self.cases.shims[usize::from(shim)].protocol < 3;
        let class = self.tape.values.get(Field::ServingClass);
        self.servable()
            .into_iter()
            .filter(|shim| match class {
                Some(0) => false,
                Some(1) => below_3(*shim),
                Some(_) => !below_3(*shim),
                None => true,
            })
            .collect()
    }

    /// The process that serves the sandbox, or none.
    pub fn serving(&mut self) -> Result<(), Stop> {
        self.serving_class()?;
        if self.sandbox().shim.is_some() {
            let candidates = self.serving_candidates();
            let shim = self.among(Field::ServingShim, &candidates)?;
            self.set_serving(shim);
        }
        Ok(())
    }

    pub fn set_serving(&mut self, shim: u16) {
        let shim = u8::try_from(shim).ok();
        for state in [Some(&mut self.before), self.after.as_mut()].into_iter().flatten() {
            if let Some(sandbox) = &mut state.pod.sandbox {
                sandbox.shim = shim;
            }
        }
    }

    /// The binary that a request of a pod executes now.
    pub fn binary(&self) -> (u8, Field) {
        if self.setting(CURRENT).form.path {
            (BY_PATH, Field::ShimByPath)
        } else {
            (BY_TYPE, Field::ShimByType)
        }
    }

    /// The shim that a request for the handler of `slot` executes now.
    pub fn on_disk(&mut self, slot: u8) -> Result<(), Stop> {
        let candidates = self.reachable(slot);
        let (binary, field) = self.binary();
        let shim = self.among(field, candidates)?;
        self.set_on_disk(binary, shim);
        Ok(())
    }

    pub fn set_on_disk(&mut self, binary: u8, shim: u16) {
        let shim = u8::try_from(shim).unwrap_or(u8::MAX);
        for state in [Some(&mut self.before), self.after.as_mut()].into_iter().flatten() {
            state.env.on_disk[usize::from(binary)] = shim;
        }
    }

    // Containers.

    pub fn container(&mut self) -> Result<u8, Stop> {
        Ok(u8::from(self.flag(Field::Container)?))
    }

    /// How far a container came, with user-namespace options and mounts that are not drawn.
    pub fn progress(&mut self, container: u8) -> Result<(), Stop> {
        let field = if container == 0 {
            Field::FirstContainer
        } else {
            Field::SecondContainer
        };
        let running = ContainerState::Running {
            in_userns: false,
            pipe_owner: None,
            oci_runtime: 0,
        };
        let states = [
            None,
            Some(ContainerState::Created),
            Some(running),
            Some(ContainerState::Exited),
        ];
        let state = states[self.pick(field, states.len())?];
        let known = self.before.pod.containers[usize::from(container)];
        self.before.pod.containers[usize::from(container)] = state.map(|state| Container {
            state,
            ..known.unwrap_or(CREATED)
        });
        Ok(())
    }

    pub fn mounts(&mut self, container: u8) -> Result<(), Stop> {
        const MOUNTS: [Mounts; 3] = [Mounts::Plain, Mounts::OwnIdmapped, Mounts::Idmapped];
        let mounts = MOUNTS[self.pick(Field::Mounts, MOUNTS.len())?];
        if let Some(record) = &mut self.before.pod.containers[usize::from(container)] {
            record.mounts = mounts;
        }
        Ok(())
    }

    pub fn user(&mut self, container: u8) -> Result<(), Stop> {
        let user = USERS[self.pick(Field::User, USERS.len())?];
        self.world.pod_specs[0].containers[usize::from(container)].user = user;
        Ok(())
    }

    pub fn oci_runtime(&mut self) -> Result<(), Stop> {
        let index = self.pick(Field::OciRuntime, self.cases.oci_runtimes.len())?;
        self.set_oci_runtime(index);
        Ok(())
    }

    fn set_oci_runtime(&mut self, index: usize) {
        if self.oci_runtime != index {
            self.oci_runtime = index;
            self.world.oci_runtimes[0].row.clone_from(&self.cases.oci_runtimes[index]);
        }
    }

    // Messages about tasks.

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
        let images = self.cases.images(setting.handler, self.sandboxer_of(setting), no_pivot);
        let from = &images[usize::from(index)].from;
        let pod = |index: u16| from[usize::from(index)].userns.mode() == UsernsMode::Pod;
        let count = u16::try_from(from.len()).unwrap_or(u16::MAX);
        let first = |wanted: bool| (0..count).find(|index| pod(*index) == wanted);
        let classes: Vec<u16> = [first(false), first(true)].into_iter().flatten().collect();
        let chosen = self.class(Field::Provenance, &classes, |index| first(pod(index)).unwrap_or(index))?;
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
    fn server(&mut self, kind: TaskMessage) -> Result<Server, Stop> {
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
        for state in [Some(&mut self.before), self.after.as_mut()].into_iter().flatten() {
            if let Some(InFlight::Info { server, .. } | InFlight::Create { server, .. }) = &mut state.pod.in_flight
            {
                *server = own;
            }
        }
    }

    /// Options of which nothing is known.
    fn any(&mut self, field: Field) -> Result<Option<Any>, Stop> {
        let index = self.pick(field, TYPES.len() + 1)?;
        Ok(TYPES.get(index).map(|url| {
            let mut any = Abstract::fresh(*url);
            Abstract::set_io_owner(&mut any, images::OWNERS[1]);
            any
        }))
    }

    /// Puts the drawn configurations into the world.
    pub fn build_configurations(&mut self) {
        for (slot, setting) in self.settings.iter().enumerate() {
            if self.built[slot] == Some(*setting) {
                continue;
            }
            self.built[slot] = Some(*setting);
            let handler = &self.cases.handlers[setting.handler];
            let config = setting.form.configured.then(|| HandlerConfig {
                runtime_type_name: handler.runtime_type.to_string(),
                runtime_type: handler.runtime_type,
                path_binary: setting.form.path.then_some(BY_PATH),
                type_binary: Some(BY_TYPE),
                options: handler.table,
                sandboxer: SANDBOXERS[setting.sandboxer],
            });
            let configuration = &mut self.world.configurations[slot];
            configuration.refusals = vec![setting.refused.then(|| "refused".to_owned()); 2];
            configuration.handlers = vec![vec![config]; 2];
            configuration.no_pivot = setting.form.no_pivot;
        }
    }
}

/// Which message about a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TaskMessage {
    LoadShimInfo,
    ShimStart,
    Info,
    Create,
}

const TYPES: [TypeUrl; 6] = [
    TypeUrl::RuncV1,
    TypeUrl::RuntimeoptionsV1,
    TypeUrl::CriRuntimeoptionsV1,
    TypeUrl::RunhcsV1,
    TypeUrl::LinuxRuncOptions,
    TypeUrl::LinuxCreateOptions,
];

const CREATED: Container<Abstract> = Container {
    userns: Userns::Nil,
    mounts: Mounts::Plain,
    state: ContainerState::Created,
};

fn canonical() -> State {
    let once = Budget {
        total: 1,
        containerd_restart: 1,
        kubelet_restart: 1,
        shim_crash: 1,
        rpc_timeout: 1,
        container_exit: 1,
        pod_delete: 1,
        gate_flip: 1,
        containerd_upgrade: 1,
        kubelet_upgrade: 1,
        shim_upgrade: 1,
        config_change: 1,
    };
    State {
        env: Environment {
            kubelet: KubeletState {
                row: 0,
                gate: true,
                status: None,
            },
            containerd: ContainerdState {
                row: 0,
                configuration: CURRENT,
                up: Ok(()),
                introspected: [Introspected::NotConfigured; MAX_HANDLERS],
            },
            on_disk: [0; MAX_BINARIES],
            mappings: Blocks::default(),
            faults: once,
        },
        pod: Pod::new(0),
    }
}

/// A world in which everything can be set: the design twice, so that it can be upgraded to itself.
fn world(cases: &Cases) -> World<Abstract> {
    let binary = |name: &str| Binary {
        name: name.to_owned(),
        rows: (0..)
            .zip(&cases.shims)
            .map(|(index, _)| index)
            .collect(),
        shipped: None,
        versions: cases.shims.iter().map(|row| row.id.clone()).collect(),
    };
    let configuration = |name: &str| Configuration {
        name: name.to_owned(),
        refusals: vec![None; 2],
        handlers: vec![vec![None]; 2],
        no_pivot: false,
    };
    let container = |name: &str| ContainerSpec {
        name: name.to_owned(),
        user: User::NonRoot,
        terminal: false,
    };
    World {
        containerd: vec![cases.containerd.clone(); 2],
        kubelets: cases.kubelets.clone(),
        shims: cases.shims.clone(),
        binaries: vec![binary("by runtime type"), binary("by path")],
        oci_runtimes: vec![OciRuntime {
            binary_name: "runc".to_owned(),
            version: String::new(),
            row: cases.oci_runtimes[0].clone(),
        }],
        configurations: vec![
            configuration("the one recorded"),
            configuration("the one loaded now"),
            configuration("the next one"),
        ],
        handlers: vec!["handler".to_owned()],
        pod_specs: vec![PodSpec {
            name: "pod".to_owned(),
            handler: 0,
            host_users: HostUsers::Unset,
            network: Network::Pod,
            restart_policy: RestartPolicy::Always,
            containers: vec![container("first"), container("second")],
            volumes_idmappable: true,
        }],
        pods: vec![0],
        client: Client::Kubelet,
        faults: canonical().env.faults,
    }
}
