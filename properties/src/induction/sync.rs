//! What the kubelet reads.

use shimproof_model::abstraction::Abstract;
use shimproof_model::guards::{HandlerFeatures, HostUsers, Introspect};
use shimproof_model::world::{Client, MAX_HANDLERS, RestartPolicy};
use shimproof_model::{
    Call, ContainerState, CriStatus, Domain, InFlight, Introspected, Phase, Refusal, Userns,
};

use super::assumption::Assumption;
use super::draw::{Draw, Stop};
use super::field::Field;

impl Draw<'_> {
    /// The reply of a call. Whoever handles it does not ask which container was to be started.
    pub(super) fn reply(&mut self, handled: bool) -> Result<Call, Stop> {
        let call = match self.pick(Field::Call, 3)? {
            0 => Call::RunPodSandbox,
            1 => Call::CreateContainer(self.container()?),
            _ if handled => Call::StartContainer(0),
            _ => Call::StartContainer(self.container()?),
        };
        let result = if self.flag(Field::Success)? {
            Ok(())
        } else {
            Err(Refusal::ShimGone)
        };
        if let (Call::CreateContainer(container), Ok(())) = (call, result) {
            self.recorded_container(container)?;
        }
        self.before.pod.in_flight = Some(InFlight::Reply { call, result });
        Ok(call)
    }

    pub(super) fn phase(&mut self) -> Result<(), Stop> {
        self.before.pod.phase = match self.pick(Field::Phase, 8)? {
            0 => Phase::Pending,
            1 => Phase::Waiting,
            2 => Phase::Settled,
            3 => Phase::Failed,
            4 => Phase::LeftAlone,
            5 => Phase::Terminated,
            6 => Phase::Deleted,
            _ => Phase::Syncing {
                sandbox_userns: Userns::Nil,
                next: 0,
                failed: false,
            },
        };
        Ok(())
    }

    #[cfg(test)]
    pub(super) fn sync_progress(&mut self) -> Result<(), Stop> {
        if matches!(self.before.pod.phase, Phase::Syncing { .. }) {
            self.before.pod.phase = Phase::Syncing {
                sandbox_userns: self.userns(Field::SyncUserns)?,
                next: u8::try_from(self.pick(Field::SyncNext, 3)?).unwrap_or(0),
                failed: self.flag(Field::SyncFailed)?,
            };
        }
        Ok(())
    }

    pub(super) fn mapping(&mut self) -> Result<(), Stop> {
        if self.flag(Field::Mapping)? {
            // The block is given out: the first of a node of which nothing else is drawn.
            self.before.pod.mapping = Some(Abstract::allocate(&mut self.before.env.mappings));
        }
        Ok(())
    }

    pub(super) fn host_users(&mut self) -> Result<HostUsers, Stop> {
        const ALL: [HostUsers; 3] = [HostUsers::Unset, HostUsers::True, HostUsers::False];
        let values = if self.cases.assumes(Assumption::NoPodUserns) {
            &ALL[..2]
        } else {
            &ALL[..]
        };
        let host_users = values[self.pick(Field::HostUsers, values.len())?];
        self.world.pod_specs[0].host_users = host_users;
        Ok(host_users)
    }

    pub(super) fn restart_policy(&mut self) -> Result<(), Stop> {
        const ALL: [RestartPolicy; 3] = [
            RestartPolicy::Always,
            RestartPolicy::OnFailure,
            RestartPolicy::Never,
        ];
        self.world.pod_specs[0].restart_policy = ALL[self.pick(Field::RestartPolicy, ALL.len())?];
        Ok(())
    }

    /// What the kubelet decides by.
    pub(super) fn kubelet(&mut self, host_network: bool) -> Result<(), Stop> {
        self.kubelet_row(host_network)?;
        if self.host_users()? == HostUsers::False {
            self.features(host_network)?;
            self.mapping()?;
        }
        Ok(())
    }

    pub(super) fn kubelet_row(&mut self, host_network: bool) -> Result<(), Stop> {
        let rows = u16::try_from(self.cases.kubelets.len()).unwrap_or(u16::MAX);
        // Each class stands there without and with the gate for the host's network.
        let either = |row: u16| if host_network { row } else { row & !1 };
        let rows: Vec<u16> = (0..rows).filter(|row| either(*row) == *row).collect();
        let row = self.class(Field::KubeletRow, &rows, either)?;
        self.before.env.kubelet.row = u8::try_from(row).unwrap_or(0);
        self.before.env.kubelet.gate = self.flag(Field::Gate)?;
        Ok(())
    }

    pub(super) fn features(&mut self, host_network: bool) -> Result<(), Stop> {
        const ALL: [HandlerFeatures; 5] = [
            HandlerFeatures::NotSet,
            HandlerFeatures::EmptyList,
            HandlerFeatures::NotListed,
            HandlerFeatures::WithoutUserns,
            HandlerFeatures::WithUserns,
        ];
        let features = ALL[self.pick(Field::Features, ALL.len())?];
        let host_network_userns = host_network && self.flag(Field::HostNetworkFeature)?;
        // `NotSet` is what no status reads as.
        self.before.env.kubelet.status = (features != HandlerFeatures::NotSet).then_some(CriStatus {
            handlers: [features; MAX_HANDLERS],
            host_network_userns,
        });
        Ok(())
    }

    /// A reply: what the kubelet does with it, or any client.
    pub(super) fn draw_reply(&mut self) -> Result<(), Stop> {
        self.light = true;
        let call = self.reply(true)?;
        self.world.client = self.client()?;
        if self.world.client == Client::Any {
            return Ok(());
        }
        self.phase()?;
        let syncing = matches!(self.before.pod.phase, Phase::Syncing { .. });
        let success = self.flag(Field::Success)?;
        match (call, success) {
            _ if !syncing => return Ok(()),
            (Call::RunPodSandbox, false) | (Call::CreateContainer(_), true) => return Ok(()),
            (Call::RunPodSandbox, true) => self.kubelet(false)?,
            _ => {}
        }
        self.progress(0)?;
        self.progress(1)?;
        self.restart_policy()?;
        if call == Call::RunPodSandbox {
            return Ok(());
        }
        let next = self.pick(Field::SyncNext, 3)?;
        let failed = self.flag(Field::SyncFailed)?;
        let never = self.world.pod_specs[0].restart_policy == RestartPolicy::Never;
        let to_start = self.before.pod.containers[next.min(2)..].iter().any(|record| {
            record.is_none_or(|record| match record.state {
                ContainerState::Created => true,
                ContainerState::Running { .. } => false,
                ContainerState::Exited => !never,
            })
        });
        // Only a container that is to be started makes the kubelet decide on user namespaces.
        let sandbox_userns = if to_start {
            self.kubelet(false)?;
            self.userns(Field::SyncUserns)?
        } else {
            Userns::Nil
        };
        self.before.pod.phase = Phase::Syncing {
            sandbox_userns,
            next: u8::try_from(next).unwrap_or(0),
            failed,
        };
        Ok(())
    }

    pub(super) fn client(&mut self) -> Result<Client, Stop> {
        // Without pods in user namespaces, the client is a kubelet.
        let clients = if self.cases.assumes(Assumption::NoPodUserns) {
            1
        } else {
            2
        };
        Ok([Client::Kubelet, Client::Any][self.pick(Field::Client, clients)?])
    }

    pub(super) fn draw_sync_pod(&mut self) -> Result<(), Stop> {
        self.light = true;
        self.maybe_record()?;
        self.progress(0)?;
        self.progress(1)?;
        self.restart_policy()?;
        self.network()?;
        self.kubelet(true)
    }

    /// The kubelet's status is written; no clause reads it.
    pub(super) fn draw_status(&mut self) -> Result<(), Stop> {
        const ALL: [Introspected; 5] = [
            Introspected::NotConfigured,
            Introspected::Without(Introspect::NoList),
            Introspected::Without(Introspect::ListOnly),
            Introspected::Features { userns: false },
            Introspected::Features { userns: true },
        ];
        let introspected = ALL[self.pick(Field::Introspected, ALL.len())?];
        self.before.env.containerd.introspected[0] = introspected;
        self.features(true)
    }
}
