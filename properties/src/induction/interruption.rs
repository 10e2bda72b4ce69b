//! What faults and restarts read: the message that they interrupt, and the records behind it.

use shimproof_model::catalog::IntrospectionNilOptions;
use shimproof_model::{InFlight, SandboxState, Userns};

use super::cases::FORMS;
use super::draw::{BY_PATH, BY_TYPE, Draw, NEXT, RECORDED, Stop};
use super::field::Field;
use super::messages::TaskMessage;

/// Kinds of messages that an interruption tells apart.
pub(super) const MESSAGES: usize = 11;
/// The number of `ShimStart` among them.
const START: u16 = 5;
/// The number of `Info` among them.
const INFO: u16 = 6;

/// No sandbox, or one in some state.
pub(super) const SANDBOX: [Option<SandboxState>; 4] = [
    Some(SandboxState::Ready),
    None,
    Some(SandboxState::Creating),
    Some(SandboxState::NotReady),
];
/// The number of a sandbox that runs.
pub(super) const READY: usize = 0;

impl Draw<'_> {
    /// containerd starts with the configuration of `slot`. The environment and each pod are looked at by
    /// themselves: the pod's half reads whether containerd came up.
    pub(super) fn draw_restart(&mut self, slot: u8) -> Result<(), Stop> {
        let form = if slot == NEXT {
            let form = FORMS[self.pick(Field::NextForm, FORMS.len())?];
            self.setting_mut(NEXT).form = form;
            form
        } else {
            self.current_form()?
        };
        let refused = self.flag(Field::Refused)?;
        self.setting_mut(slot).refused = refused;
        let starts = form.configured && !refused;
        let environment = self.pick(Field::Half, 2)? == 0;
        let panics = self.cases.containerd.row.introspection_nil_options == IntrospectionNilOptions::Panics;
        if starts && (environment || panics) {
            let handler = self.pick(Field::CurrentHandler, self.cases.handlers.len())?;
            self.setting_mut(slot).handler = handler;
        }
        if !environment {
            return self.interrupted();
        }
        if starts {
            let (binary, field) = if form.path {
                (BY_PATH, Field::ShimByPath)
            } else {
                (BY_TYPE, Field::ShimByType)
            };
            let shim = self.pick(field, self.cases.shims.len())?;
            self.set_on_disk(binary, u16::try_from(shim).unwrap_or(0));
            self.oci_runtime()?;
        }
        Ok(())
    }

    pub(super) fn draw_kubelet_restart(&mut self, upgrade: bool) -> Result<(), Stop> {
        if self.pick(Field::Half, 2)? == 0 {
            // An upgrade has a release to go to; from which one does not matter.
            let row = self.pick(
                Field::KubeletRow,
                self.cases.kubelets.len() - usize::from(upgrade),
            )?;
            self.before.env.kubelet.row = u8::try_from(row).unwrap_or(0);
            self.before.env.kubelet.gate = self.flag(Field::Gate)?;
            return Ok(());
        }
        self.phase()?;
        self.interrupted()
    }

    /// The shim on disk is replaced while a message is on its way to it.
    pub(super) fn draw_shim_upgrade(&mut self) -> Result<u8, Stop> {
        self.current_form()?;
        self.record()?;
        let kind = match self.among(Field::Message, &[START, INFO])? {
            START => TaskMessage::ShimStart,
            _ => TaskMessage::Info,
        };
        self.task_message(kind)?;
        let (binary, _) = self.binary();
        let candidates = self.reachable(RECORDED);
        let next = u8::try_from(self.among(Field::NextShim, candidates)?).unwrap_or(0);
        self.set_upgrade(binary, next, next);
        Ok(binary)
    }

    /// The shim that is on disk, and the one that replaces it.
    pub(super) fn set_upgrade(&mut self, binary: u8, shim: u8, next: u8) {
        self.before.env.on_disk[usize::from(binary)] = shim;
        let rows = &mut self.world.binaries[usize::from(binary)].rows;
        // Where both are one, the first place of the two is found.
        *rows = vec![shim, next];
    }

    /// A pod that is interrupted in whatever it does.
    pub(super) fn interrupted(&mut self) -> Result<(), Stop> {
        self.light = true;
        let message = self.pick(Field::Message, MESSAGES)?;
        self.message(message, false)
    }

    /// A message in flight, by its kind, and the records that it needs. `fully`: with every field of it.
    pub(super) fn message(&mut self, kind: usize, fully: bool) -> Result<(), Stop> {
        let task = match kind {
            4 => Some(TaskMessage::LoadShimInfo),
            5 => Some(TaskMessage::ShimStart),
            6 => Some(TaskMessage::Info),
            7 => Some(TaskMessage::Create),
            _ => None,
        };
        match (kind, task) {
            (_, Some(task)) => {
                self.record()?;
                self.task_message(task)?;
            }
            (1, _) => {
                self.maybe_record()?;
                let userns = if fully {
                    self.userns(Field::RequestUserns)?
                } else {
                    Userns::Nil
                };
                self.before.pod.in_flight = Some(InFlight::RunPodSandbox { userns });
            }
            (2, _) if fully => {
                self.maybe_record()?;
                self.create_container()?;
            }
            (2 | 3, _) => {
                self.maybe_record()?;
                let container = self.container()?;
                if kind == 2 {
                    self.progress(container)?;
                } else {
                    self.recorded_container(container)?;
                }
                self.before.pod.in_flight = Some(if kind == 2 {
                    InFlight::CreateContainer {
                        container,
                        sandbox_userns: Userns::Nil,
                        container_userns: Userns::Nil,
                        idmapped_mounts: false,
                    }
                } else {
                    InFlight::StartContainer { container }
                });
            }
            (8, _) => self.create_sandbox()?,
            (9, _) => {
                self.record()?;
                self.shim_reply()?;
            }
            (10, _) => {
                self.maybe_record()?;
                self.reply(false)?;
            }
            _ => self.maybe_record()?,
        }
        if self.before.pod.sandbox.is_some() {
            self.sandboxer()?;
            self.endpoint()?;
            self.serving_class()?;
        }
        Ok(())
    }
}
