//! What containerd and shims read when they handle a message.

use shimproof_model::abstraction::Block;
use shimproof_model::catalog::OciRuntimeKind;
use shimproof_model::guards::{Mounts, Network};
use shimproof_model::world::Sandboxer;
use shimproof_model::{Container, ContainerState, InFlight, Refusal, Server, Target, Userns, UsernsMode};

use super::assumption::Assumption;
use super::cases::FORMS;
use super::clause::Clause;
use super::draw::{CURRENT, Draw, Stop};
use super::field::Field;
use super::images;
use super::interruption::{READY, SANDBOX};
use super::messages::TaskMessage;

impl Draw<'_> {
    pub(super) fn draw_run_pod_sandbox(&mut self) -> Result<(), Stop> {
        self.before.pod.in_flight = Some(InFlight::RunPodSandbox { userns: Userns::Nil });
        if !self.current_form()?.configured {
            return Ok(());
        }
        let sandboxer = self.current_handler()?;
        let userns = self.userns(Field::RequestUserns)?;
        self.before.pod.in_flight = Some(InFlight::RunPodSandbox { userns });
        match sandboxer {
            Sandboxer::PodSandbox => self.network()?,
            Sandboxer::Shim => {}
            Sandboxer::Remote => self.on_disk(CURRENT)?,
        }
        Ok(())
    }

    pub(super) fn create_container(&mut self) -> Result<(), Stop> {
        self.before.pod.in_flight = Some(InFlight::CreateContainer {
            container: self.container()?,
            sandbox_userns: self.userns(Field::RequestSandboxUserns)?,
            container_userns: self.userns(Field::RequestUserns)?,
            idmapped_mounts: self.flag(Field::RequestMounts)?,
        });
        Ok(())
    }

    pub(super) fn draw_start_container(&mut self) -> Result<(), Stop> {
        let container = self.container()?;
        self.before.pod.in_flight = Some(InFlight::StartContainer { container });
        self.recorded_container(container)?;
        if self.pick(Field::Sandbox, SANDBOX.len())? != READY {
            return self.not_ready();
        }
        if !self.current_form()?.configured {
            self.record()?;
            return Ok(());
        }
        let handler = self.record()?;
        self.endpoint()?;
        let mut read = Userns::LinuxNil;
        if self.before.pod.containers[usize::from(container)].is_some() {
            read = self.container_userns(container)?;
            self.idmapped(container)?;
        }
        if images::writes_owner(&self.cases.containerd, &self.cases.handlers[handler], read) {
            self.user(container)?;
        }
        self.in_store()?;
        self.serving_class()
    }

    /// A sandbox that is there or not, as it was drawn, but does not run.
    pub(super) fn not_ready(&mut self) -> Result<(), Stop> {
        if let Some(state) = SANDBOX[self.pick(Field::Sandbox, SANDBOX.len())?] {
            self.record()?;
            self.sandbox().state = state;
        }
        Ok(())
    }

    /// A sandbox in any state, or none.
    pub(super) fn maybe_record(&mut self) -> Result<(), Stop> {
        self.not_ready()
    }

    pub(super) fn container_userns(&mut self, container: u8) -> Result<Userns<Block>, Stop> {
        let userns = self.userns(Field::ContainerUserns)?;
        if let Some(record) = &mut self.before.pod.containers[usize::from(container)] {
            record.userns = userns;
        }
        Ok(userns)
    }

    pub(super) fn in_store(&mut self) -> Result<(), Stop> {
        let in_store = self.flag(Field::InStore)?;
        self.sandbox().in_store = in_store;
        Ok(())
    }

    /// Mounts are those of a record.
    pub(super) fn idmapped(&mut self, container: u8) -> Result<(), Stop> {
        if self.before.pod.containers[usize::from(container)].is_some() {
            self.mounts(container)?;
        }
        Ok(())
    }

    /// The OCI runtime reads the user-namespace options of sandbox and container, pinning, the network, mounts and volumes.
    pub(super) fn draw_create(&mut self) -> Result<(), Stop> {
        // Of the configuration only `no_pivot` matters, through the task options.
        let no_pivot = |form: u16| if FORMS[usize::from(form)].no_pivot { 2 } else { 0 };
        let form = self.class(Field::CurrentForm, &[0, 2], no_pivot)?;
        self.setting_mut(CURRENT).form = FORMS[usize::from(form)];
        self.record()?;
        let target = self.task_message(TaskMessage::Create)?;
        let shim = if let Some(InFlight::Create {
            server: Server::Own(shim),
            ..
        }) = self.before.pod.in_flight
        {
            shim
        } else {
            self.serving()?;
            match self.sandbox().shim {
                Some(shim) => shim,
                None => return Ok(()),
            }
        };
        let row = &self.cases.shims[usize::from(shim)];
        if row.oci_runtime == OciRuntimeKind::FromOptions {
            self.oci_runtime()?;
        }
        let pod = |userns: u16| {
            let mode = images::USERNS[usize::from(userns)].mode();
            if mode == UsernsMode::Pod { 2 } else { 0 }
        };
        let classes: &[u16] = if self.cases.assumes(Assumption::NoPodUserns) {
            &[0]
        } else {
            &[0, 2]
        };
        let userns = self.class(Field::SandboxUserns, classes, pod)?;
        let pinned = userns == 2 && self.flag(Field::Pinned)?;
        let sandbox = self.sandbox();
        sandbox.userns = images::USERNS[usize::from(userns)];
        sandbox.pinned = pinned;
        let Target::Container(container) = target else {
            // In the network of the host some runtimes that are part of their shim do not come up.
            let built_in = row.oci_runtime != OciRuntimeKind::FromOptions;
            if userns == 2 && !pinned && built_in && row.userns_in_host_network_text.is_some() {
                self.network()?;
            }
            return Ok(());
        };
        self.origin(container)?;
        if let Some(record) = self.before.pod.containers[usize::from(container)] {
            let idmapped = |mounts: u16| if mounts == 2 { 2 } else { 0 };
            let mounts = if self.class(Field::Mounts, &[0, 2], idmapped)? == 2 {
                self.volumes()?;
                Mounts::Idmapped
            } else {
                Mounts::Plain
            };
            self.before.pod.containers[usize::from(container)] = Some(Container { mounts, ..record });
        }
        if row.applies_io_owner {
            self.terminal(container)?;
        }
        Ok(())
    }

    /// What a sandbox has of user namespaces.
    #[cfg(test)]
    pub(super) fn sandbox_userns(&mut self) -> Result<(), Stop> {
        let userns = self.userns(Field::SandboxUserns)?;
        let pinned = self.flag(Field::Pinned)?;
        let sandbox = self.sandbox();
        sandbox.userns = userns;
        sandbox.pinned = pinned && userns.mode() == UsernsMode::Pod;
        Ok(())
    }

    pub(super) fn terminal(&mut self, container: u8) -> Result<(), Stop> {
        let terminal = self.flag(Field::Terminal)?;
        self.world.pod_specs[0].containers[usize::from(container)].terminal = terminal;
        Ok(())
    }

    pub(super) fn volumes(&mut self) -> Result<(), Stop> {
        self.world.pod_specs[0].volumes_idmappable = self.flag(Field::Volumes)?;
        Ok(())
    }

    pub(super) fn network(&mut self) -> Result<(), Stop> {
        self.world.pod_specs[0].network = [Network::Pod, Network::Node][self.pick(Field::Network, 2)?];
        Ok(())
    }

    pub(super) fn create_sandbox(&mut self) -> Result<(), Stop> {
        self.record()?;
        let sandboxer = self.sandboxer()?;
        if sandboxer == Sandboxer::PodSandbox && self.clauses.contains(Clause::SandboxApi) {
            return Err(Stop::NoState);
        }
        self.before.pod.in_flight = Some(InFlight::CreateSandbox);
        Ok(())
    }

    pub(super) fn shim_reply(&mut self) -> Result<(), Stop> {
        let success = self.flag(Field::Success)?;
        let target = self.target()?;
        if let Target::Container(container) = target {
            self.progress(container)?;
            let runs = matches!(
                self.before.pod.containers[usize::from(container)],
                Some(record) if matches!(record.state, ContainerState::Running { .. })
            );
            if success && !runs && self.clauses.contains(Clause::Answered) {
                return Err(Stop::NoState);
            }
        }
        let result = if success { Ok(()) } else { Err(Refusal::ShimGone) };
        self.before.pod.in_flight = Some(InFlight::ShimReply { target, result });
        Ok(())
    }
}
