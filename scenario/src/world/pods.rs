//! Pods as the machine asks for them.

use shimproof_model::User;
use shimproof_model::guards::{HostUsers, Network};
use shimproof_model::world::{self, ContainerSpec, MAX_CONTAINERS, PodSpec};

use crate::error::ScenarioError;
use crate::kubernetes::{Container, Pod, RestartPolicy};
use crate::scenario::Scenario;

use super::{HandlerKey, Overrides};

/// The length of a pod's mapping, where the kubelet's configuration does not say otherwise.
const IDS_PER_POD: u64 = 65536;

impl Scenario {
    /// The kinds of pods, and for each pod its kind.
    pub(super) fn pod_specs(
        &self,
        handlers: &[HandlerKey],
        overrides: &Overrides,
    ) -> Result<(Vec<PodSpec>, Vec<u8>), ScenarioError> {
        let copies = self.pods_in_all(overrides)?;
        let mut specs = vec![self.pod_spec(&self.pod, handlers, Some(&self.container().name))];
        let mut pods = vec![0; copies];
        for pod in &self.more_pods {
            let spec = self.pod_spec(pod, handlers, None);
            let number = specs.iter().position(|other| *other == spec).unwrap_or_else(|| {
                specs.push(spec);
                specs.len() - 1
            });
            pods.push(u8::try_from(number).unwrap_or(u8::MAX));
        }
        Ok((specs, pods))
    }

    /// Of a pod with more containers than the machine has, the one that is looked at comes first and the others
    /// in their order: containers of a pod do not influence each other's options.
    fn pod_spec(&self, pod: &Pod, handlers: &[HandlerKey], container: Option<&str>) -> PodSpec {
        let mut containers: Vec<&Container> = pod.containers.iter().collect();
        if containers.len() > MAX_CONTAINERS {
            containers.sort_by_key(|other| Some(other.name.as_str()) != container);
            containers.truncate(MAX_CONTAINERS);
        }
        let key = (self.runtime_handler(pod).to_owned(), pod.workload());
        let handler = handlers
            .iter()
            .position(|other| *other == key)
            .unwrap_or_default();
        PodSpec {
            name: pod.name.clone(),
            handler: u8::try_from(handler).unwrap_or(u8::MAX),
            host_users: match pod.host_users {
                None => HostUsers::Unset,
                Some(true) => HostUsers::True,
                Some(false) => HostUsers::False,
            },
            network: if pod.host_network {
                Network::Node
            } else {
                Network::Pod
            },
            restart_policy: match pod.restart_policy {
                RestartPolicy::Always => world::RestartPolicy::Always,
                RestartPolicy::OnFailure => world::RestartPolicy::OnFailure,
                RestartPolicy::Never => world::RestartPolicy::Never,
            },
            containers: containers
                .into_iter()
                .map(|container| ContainerSpec {
                    name: container.name.clone(),
                    user: self.user(pod, container),
                    terminal: container.tty,
                })
                .collect(),
            volumes_idmappable: self.file.pod.volumes_idmapped,
        }
    }

    fn user(&self, pod: &Pod, container: &Container) -> User {
        let uid = container
            .run_as
            .user
            .or(pod.run_as.user)
            .unwrap_or(self.file.pod.image_user.uid);
        let ids = self
            .kubelet
            .as_ref()
            .and_then(|kubelet| kubelet.ids_per_pod)
            .unwrap_or(IDS_PER_POD);
        match uid {
            0 => User::Root,
            uid if u64::from(uid) >= ids => User::AboveMapping,
            _ => User::NonRoot,
        }
    }
}
