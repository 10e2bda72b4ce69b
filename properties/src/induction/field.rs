//! The fields of a node with one pod, as far as a step or a clause can read them.

/// Declares the fields with the names that reports give them.
macro_rules! fields {
    ($($(#[$meta:meta])* $name:ident = $text:literal),+ $(,)?) => {
        /// A field of a node with one pod. What is drawn of a state is a set of these.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Field { $($(#[$meta])* $name),+ }

        impl Field {
            /// Every field.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// Its name in reports.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }
        }
    };
}

fields! {
    /// Who calls the CRI: the kubelet or any client.
    Client = "client",
    /// Which half of an action of the node: what it does to the environment, or to a pod.
    Half = "environment or pod",
    /// Class of the kubelet's row.
    KubeletRow = "kubelet row",
    /// Whether the kubelet's gate is on.
    Gate = "kubelet gate",
    /// What the kubelet has stored of the handler.
    Features = "stored handler features",
    /// Whether the stored status declares user namespaces in the host's network.
    HostNetworkFeature = "stored host-network feature",
    /// What containerd found out about the handler.
    Introspected = "introspected features",
    /// Whether the release refuses the configuration that is loaded next.
    Refused = "configuration refused",
    /// Of the configuration loaded now: whether the handler is in it, with a path, with `no_pivot`.
    CurrentForm = "current configuration",
    /// Of the configuration loaded now: runtime type and options table of the handler.
    CurrentHandler = "current runtime type and table",
    /// Of the configuration loaded now: the sandboxer of the handler.
    CurrentSandboxer = "current sandboxer",
    /// The configuration that is loaded next.
    NextForm = "next configuration",
    /// The shim on disk that the runtime type leads to.
    ShimByType = "shim on disk",
    /// The shim on disk that the path leads to.
    ShimByPath = "shim on disk, by path",
    /// The shim that replaces it.
    NextShim = "next shim on disk",
    /// The OCI runtime.
    OciRuntime = "OCI runtime",
    /// Which id blocks are given out.
    Mappings = "given-out id blocks",
    /// `hostUsers`.
    HostUsers = "hostUsers",
    /// `hostNetwork`.
    Network = "hostNetwork",
    /// `restartPolicy`.
    RestartPolicy = "restartPolicy",
    /// Whether the pod's volumes can be id-mapped.
    Volumes = "id-mappable volumes",
    /// The user of the container.
    User = "container user",
    /// Whether the container has a terminal.
    Terminal = "terminal",
    /// Where the kubelet's worker of the pod is.
    Phase = "phase",
    /// The user-namespace options that the sync generated for the sandbox.
    SyncUserns = "userns options of the sync",
    /// The next container of the sync.
    SyncNext = "next container of the sync",
    /// Whether a step of the sync failed.
    SyncFailed = "failure in the sync",
    /// Whether the pod has an id mapping.
    Mapping = "pod mapping",
    /// Whether there is a sandbox, and whether it runs.
    Sandbox = "sandbox",
    /// Runtime type and options table of the recorded configuration.
    Recorded = "recorded runtime type and table",
    /// The sandboxer of the recorded configuration.
    Sandboxer = "recorded sandboxer",
    /// The recorded type, where no clause ties it to the configuration.
    SelectedType = "selected type",
    /// The recorded options, where no clause ties them to the configuration.
    RuntimeOptions = "runtime options",
    /// The user-namespace options of the sandbox.
    SandboxUserns = "userns options of the sandbox",
    /// Whether the user namespace is pinned.
    Pinned = "pinned user namespace",
    /// Whether the sandbox store knows the sandbox.
    InStore = "sandbox store",
    /// Whether an endpoint is recorded.
    Endpoint = "task API endpoint",
    /// Whether a process serves the sandbox, and its protocol.
    ServingClass = "protocol of the serving shim",
    /// The shim that serves the sandbox.
    ServingShim = "serving shim",
    /// Which container.
    Container = "container number",
    /// How far the first container came.
    FirstContainer = "first container",
    /// How far the second container came.
    SecondContainer = "second container",
    /// The user-namespace options of the container.
    ContainerUserns = "userns options of the container",
    /// Which of the container's mounts are id-mapped.
    Mounts = "id-mapped mounts",
    /// Which message is in flight.
    Message = "message in flight",
    /// For which task.
    Target = "task of the message",
    /// Who will serve the task.
    Server = "server of the task",
    /// The shim that was started for the task.
    OwnShim = "shim of its own",
    /// The task options of the message.
    TaskOptions = "task options",
    /// Of which user-namespace options, user and endpoint the task options are the image.
    Provenance = "origin of the task options",
    /// The options of the message, where no clause ties them to the task options.
    MessageOptions = "options of the message",
    /// The user-namespace options of a request.
    RequestUserns = "userns options of the request",
    /// Those of the sandbox configuration in the request.
    RequestSandboxUserns = "userns options of the sandbox in the request",
    /// Whether the request wants mounts id-mapped.
    RequestMounts = "mounts of the request",
    /// The call that is answered.
    Call = "call",
    /// Whether the answer is a success.
    Success = "success",
}

/// A set of fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fields(u64);

impl Fields {
    /// Adds a field.
    pub fn insert(&mut self, field: Field) {
        self.0 |= 1 << field as u64;
    }

    /// Whether the field is in the set.
    pub fn contains(self, field: Field) -> bool {
        self.0 & 1 << field as u64 != 0
    }

    /// The fields in the order of their declaration.
    pub fn iter(self) -> impl Iterator<Item = Field> {
        Field::ALL
            .iter()
            .copied()
            .filter(move |field| self.contains(*field))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_a_bit_of_its_own() {
        assert!(Field::ALL.len() <= 64);
        let mut all = Fields::default();
        for field in Field::ALL {
            assert!(!all.contains(*field));
            all.insert(*field);
        }
        assert_eq!(all.iter().count(), Field::ALL.len());
    }
}
