//! Which handler a pod gets.

use super::cri::UNTRUSTED;
use super::{ContainerdConfig, Handler};

/// What the annotation `io.kubernetes.cri.untrusted-workload` of a pod says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Workload {
    /// Nothing, or anything but `true`.
    Trusted,
    /// `true`.
    Untrusted {
        /// Whether the pod shares the node's network, processes or IPC.
        host_access: bool,
    },
}

impl ContainerdConfig {
    /// The handler of a pod and its name (`GetSandboxRuntime`, internal/cri/config/config.go@v2.3.4, with the
    /// same answers from v1.2 on). An empty `handler` is the default one.
    ///
    /// # Errors
    /// What containerd says.
    pub fn sandbox_runtime<'a>(
        &'a self,
        handler: &'a str,
        workload: Workload,
    ) -> Result<(&'a str, &'a Handler), String> {
        let name = match workload {
            Workload::Untrusted { .. } if !handler.is_empty() && handler != UNTRUSTED => {
                return Err("untrusted workload with explicit runtime handler is not allowed".to_owned());
            }
            Workload::Untrusted { host_access: true } => {
                return Err("untrusted workload with host access is not allowed".to_owned());
            }
            Workload::Untrusted { host_access: false } => UNTRUSTED,
            Workload::Trusted if handler.is_empty() => &self.default_runtime_name,
            Workload::Trusted => handler,
        };
        self.handlers
            .get(name)
            .map(|found| (name, found))
            .ok_or_else(|| format!("no runtime for {name:?} is configured"))
    }
}
