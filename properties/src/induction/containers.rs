//! The containers of a state.

use shimproof_model::guards::Mounts;
use shimproof_model::{Container, ContainerState};

use super::draw::{Draw, Stop};
use super::field::Field;
use super::images::USERS;
use super::node::CREATED;

impl Draw<'_> {
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
            shim: 0,
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

    pub(super) fn set_oci_runtime(&mut self, index: usize) {
        if self.oci_runtime != index {
            self.oci_runtime = index;
            self.world.oci_runtimes[0]
                .row
                .clone_from(&self.cases.oci_runtimes[index]);
        }
    }
}
