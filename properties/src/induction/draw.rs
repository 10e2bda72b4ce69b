//! Draws states that satisfy the invariant, field by field: what a clause ties to other fields is built, not
//! filtered.

use shimproof_model::abstraction::{Abstract, Block};
use shimproof_model::guards::{HostUsers, Network};
use shimproof_model::world::{Client, HandlerConfig, RestartPolicy, Sandboxer};
use shimproof_model::{Environment, Pod, Sandbox, SandboxState, User, Userns, World};

use super::cases::{Cases, FORMS, Form, SANDBOXERS};
use super::clause::{Clause, Clauses};
use super::field::Field;
use super::images;
use super::messages::TYPES;
use super::node::{canonical, world};
use super::tape;
use super::tape::Tape;

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

    pub fn sandboxer(self) -> Sandboxer {
        SANDBOXERS[self.sandboxer]
    }
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
    pub oci_runtime: usize,
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
        self.tape.draw(field, values.len(), |index| values[index], class)
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
            .filter(|index| {
                !self
                    .shims_of(usize::from(*index), Sandboxer::PodSandbox)
                    .is_empty()
            })
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
