//! `GetOrCreateUserNamespaceMappings`, pkg/kubelet/userns/userns_manager.go; called anew for the sandbox
//! configuration, for the sandbox configuration passed to `CreateContainer`, and for each container.

use crate::catalog::{HostNetwork, KubeletField};
use crate::domain::Domain;
use crate::finite::Finite;
use crate::guards::{Guard, HandlerFeatures, HostUsers, Network, UsernsDecision};
use crate::log::Log;
use crate::refusal::Refusal;
use crate::step::Step;
use crate::userns::Userns;

impl<D: Domain, L: Log> Step<'_, D, L> {
    /// The user-namespace options of the pod, now; allocates the mapping if the pod has none yet.
    pub(super) fn get_or_create_user_namespace_mappings(
        &mut self,
        of: &str,
    ) -> Result<Userns<D::Mapping>, Refusal> {
        let gate = self.env.kubelet.gate;
        let host_users = self.host_users();
        let handler = usize::from(self.spec().handler);
        let features = self
            .env
            .kubelet
            .status
            .map_or(HandlerFeatures::NotSet, |status| status.handlers[handler]);
        let input = (gate, host_users, features);
        self.log.asked(
            Guard::GetOrCreateUserNamespaceMappings,
            self.env.kubelet.row,
            input.index(),
        );
        let decision = self.kubelet().guard.decide(input);
        let row = &self.kubelet().row.id;
        self.on_kubelet(KubeletField::UsernsOptions);
        match (gate, host_users) {
            (false, HostUsers::True | HostUsers::False) => self.on_kubelet(KubeletField::GateOffHostUsers),
            (true, HostUsers::False) => self.on_kubelet(KubeletField::HandlerCheck),
            _ => {}
        }
        self.decided(
            Guard::GetOrCreateUserNamespaceMappings,
            decision,
            || {
                let gate = if gate { "on" } else { "off" };
                format!("for the {of}: gate {gate}, hostUsers {host_users}, handler: {features}")
            },
            || format!("kubelet {row}"),
            || "kubernetes: pkg/kubelet/userns/userns_manager.go".to_owned(),
        );
        match decision {
            UsernsDecision::Nil => Ok(Userns::Nil),
            UsernsDecision::Node => Ok(Userns::Node),
            UsernsDecision::Pod => Ok(Userns::Pod(self.create_user_ns())),
            UsernsDecision::RefuseGate => Err(Refusal::GateOff),
            UsernsDecision::RefuseNotSet => Err(Refusal::HandlersNotSet),
            UsernsDecision::RefuseEmptyList => Err(Refusal::HandlersEmpty),
            UsernsDecision::RefuseNotListed => Err(Refusal::HandlerNotListed),
            UsernsDecision::RefuseWithoutUserns => Err(Refusal::HandlerWithoutUserns),
        }
    }

    /// The mapping in the pod's directory; a new one only if there is none (`createUserNs`).
    fn create_user_ns(&mut self) -> D::Mapping {
        let mappings = &mut self.env.mappings;
        *self.pod.mapping.get_or_insert_with(|| D::allocate(mappings))
    }

    /// `hostUsers` as the kubelet sees it: an API without the field drops it.
    fn host_users(&self) -> HostUsers {
        if self.kubelet().row.userns_options {
            self.spec().host_users
        } else {
            HostUsers::Unset
        }
    }

    /// Validation and admission of a pod that has a user namespace in the host's network: pkg/apis/core/
    /// validation/validation.go (`validateHostUsers`), and the node's declared features.
    pub(super) fn admit_host_network(&mut self) -> Result<(), Refusal> {
        if self.host_users() != HostUsers::False || self.spec().network != Network::Node {
            return Ok(());
        }
        // Validation happened when the pod was created; admission is repeated when the kubelet restarts.
        if self.pod.sandbox.is_none() {
            self.on_kubelet(KubeletField::HostNetwork);
            let kubelet = self.kubelet();
            if kubelet.row.host_network == HostNetwork::Forbidden || !kubelet.host_network_gate {
                return Err(Refusal::HostNetworkForbidden);
            }
        }
        self.on_kubelet(KubeletField::HostNetworkFeatureCheck);
        let declared = self
            .env
            .kubelet
            .status
            .is_some_and(|status| status.host_network_userns);
        if self.kubelet().row.host_network_feature_check && !declared {
            return Err(Refusal::HostNetworkNotDeclared);
        }
        Ok(())
    }
}
