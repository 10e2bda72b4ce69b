//! The real user of a container. The machine tells users apart only as far as decisions need it, so that what it
//! writes as an owner is a stand-in; the real ids take its place before the message goes on.

use shimproof_model::world::World;
use shimproof_model::{Domain, InFlight, Pod, Target};
use shimproof_scenario::{Container, Scenario};

use crate::wire::{Any, Id, Wire};

/// The user of each container of the pod.
#[derive(Clone, Debug)]
pub(super) struct RealUsers {
    containers: Vec<(shimproof_model::User, Id)>,
}

impl RealUsers {
    pub fn of(scenario: &Scenario, world: &World<Wire>) -> Self {
        let spec = world.pod_spec(0);
        let containers = spec.containers.iter().map(|container| {
            let written = scenario.pod.container(Some(&container.name));
            (
                container.user,
                written.map_or_else(Id::default, |written| user_of(scenario, written)),
            )
        });
        Self {
            containers: containers.collect(),
        }
    }

    /// Puts the real owner where the message in flight has the stand-in.
    pub fn write_into(&self, pod: &mut Pod<Wire>) {
        let records = pod.containers;
        let write = |target: Target, options: &mut Option<Any>| {
            let (Target::Container(number), Some(any)) = (target, options) else {
                return;
            };
            let Some((kind, real)) = self.containers.get(usize::from(number)) else {
                return;
            };
            let mapping = records[usize::from(number)].and_then(|record| record.userns.mapping());
            let stand_in = Wire::to_host(mapping, *kind).ok();
            let owner = match mapping {
                None => Some(*real),
                Some(mapping) => mapping.to_host(*real),
            };
            if let Some(owner) = owner
                && any.owner().is_some()
                && any.owner() == stand_in
            {
                any.set_owner(owner);
            }
        };
        match &mut pod.in_flight {
            Some(InFlight::LoadShimInfo { target, task_options }) => write(*target, task_options),
            Some(
                InFlight::ShimStart {
                    target,
                    options,
                    task_options,
                }
                | InFlight::Info {
                    target,
                    options,
                    task_options,
                    ..
                },
            ) => {
                write(*target, options);
                write(*target, task_options);
            }
            Some(InFlight::Create { target, options, .. }) => write(*target, options),
            _ => {}
        }
    }
}

/// The user that a container's process runs as. A `runAsUser` that the image does not have gets group 0
/// (`WithUserID`, `pkg/oci/spec_opts.go@v2.0.1`).
pub(super) fn user_of(scenario: &Scenario, container: &Container) -> Id {
    let image = scenario.file.pod.image_user;
    let pod = scenario.pod.run_as;
    let uid = container.run_as.user.or(pod.user).unwrap_or(image.uid);
    let of_image = if uid == image.uid { image.gid } else { 0 };
    Id {
        uid,
        gid: container.run_as.group.or(pod.group).unwrap_or(of_image),
    }
}
