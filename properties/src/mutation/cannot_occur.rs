//! Inputs of guards that cannot occur, with the source that says so.

use shimproof_model::catalog::provenance::{Known, Row as _};
use shimproof_model::catalog::{ContainerdField, ContainerdRow, KubeletField, KubeletRow};
use shimproof_model::guards::Guard;

use super::table::shape;

/// Inputs about which no component asks a guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CannotOccur {
    /// The guard.
    pub guard: Guard,
    /// For each part of an input, the values that it is about; all, if there are none.
    pub inputs: &'static [&'static [&'static str]],
    /// The rows that it is true of; all, if there is none.
    pub given: Option<Given>,
    /// Why nobody asks.
    pub reason: &'static str,
    /// Where that can be read.
    pub source: &'static str,
}

/// Rows, by one of their behaviours and its value as JSON has it without quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// Rows of containerd.
    Containerd(ContainerdField, &'static str),
    /// Rows of the kubelet.
    Kubelet(KubeletField, &'static str),
}

/// The row whose guard is asked.
#[derive(Clone, Copy, Debug)]
pub enum Row<'a> {
    /// A row of containerd.
    Containerd(&'a ContainerdRow),
    /// A row of the kubelet.
    Kubelet(&'a KubeletRow),
}

impl Row<'_> {
    /// Its name.
    pub fn id(&self) -> &str {
        match self {
            Self::Containerd(row) => &row.id,
            Self::Kubelet(row) => &row.id,
        }
    }

    fn is(&self, given: Given) -> bool {
        let (row, field, value) = match (self, given) {
            // A guard of a design file stands in place of the row's.
            (Self::Containerd(row), Given::Containerd(field, _))
                if row.known(field.as_str()) == Known::Proposed =>
            {
                return false;
            }
            (Self::Containerd(row), Given::Containerd(field, value)) => {
                (serde_json::to_value(row), field.as_str(), value)
            }
            (Self::Kubelet(row), Given::Kubelet(field, value)) => {
                (serde_json::to_value(row), field.as_str(), value)
            }
            (Self::Containerd(_), Given::Kubelet(..)) | (Self::Kubelet(_), Given::Containerd(..)) => {
                return false;
            }
        };
        row.is_ok_and(|row| match &row[field] {
            serde_json::Value::String(text) => text == value,
            other => other.to_string().as_str() == value,
        })
    }
}

const RUNC: &[&str] = &["io.containerd.runc.v2"];
const RUNC_V1: &[&str] = &["io.containerd.runc.v1"];
const LINUX: &[&str] = &["io.containerd.runtime.v1.linux"];
const NOT_RUNC: &[&str] = &[
    "io.containerd.runtime.v1.linux",
    "io.containerd.runhcs.v1",
    "another runtime type",
];
/// Options of `containerd.runc.v1.Options`.
const OF_RUNC: &[&str] = &[
    "containerd.runc.v1.Options without value",
    "containerd.runc.v1.Options with an empty value",
    "containerd.runc.v1.Options",
];
/// Options of another type.
const OF_OTHERS: &[&str] = &[
    "of another type without value",
    "of another type with an empty value",
    "of another type",
];
/// Options whose value has no bytes, but is not nil.
const EMPTY: &[&str] = &[
    "containerd.runc.v1.Options with an empty value",
    "of another type with an empty value",
];
/// Options whose value is nil.
const NIL: &[&str] = &[
    "containerd.runc.v1.Options without value",
    "of another type without value",
];
const ANY: &[&str] = &[];
/// Modes that the CRI plugin does not support.
const UNSUPPORTED: &[&str] = &["CONTAINER", "TARGET"];

const USERNS_KNOWN: Option<Given> = Some(Given::Containerd(ContainerdField::CriUserns, "created"));
const OWNER_OF_POD: Option<Given> = Some(Given::Containerd(
    ContainerdField::IoOwnerGuard,
    "unless-nil-or-node",
));
const COPIED: Option<Given> = Some(Given::Containerd(
    ContainerdField::TaskOptionsBase,
    "copy-of-runtime-options",
));
const NO_GATE: Option<Given> = Some(Given::Kubelet(KubeletField::Gate, ""));
const NO_USERNS: Option<Given> = Some(Given::Containerd(ContainerdField::CriUserns, "absent"));
const NO_ENDPOINT: Option<Given> = Some(Given::Containerd(ContainerdField::TaskApiEndpoint, "absent"));
const FRESH_BY_NAME: Option<Given> = Some(Given::Containerd(
    ContainerdField::TaskOptionsBase,
    "fresh-by-name",
));
const NO_SANDBOXER: Option<Given> = Some(Given::Containerd(ContainerdField::SandboxerKey, "false"));
const RUNC_V1_GONE: Option<Given> = Some(Given::Containerd(ContainerdField::RuncV1Runtime, "false"));
const NO_PIVOT_GONE: Option<Given> = Some(Given::Containerd(ContainerdField::NoPivot, "absent"));

const STORED: &str = "runtime options are read from the container's record, where a value without bytes is left out and read \
                      as nil";
const STORED_SOURCE: &str =
    "core/metadata/boltutil/helpers.go@v2.0.1 (ReadAny), metadata/boltutil/helpers.go@v1.7.34";
const BY_TYPE: &str = "the runtime type decides the type of its options, by an exact match: io.containerd.runc.v2 has \
                       containerd.runc.v1.Options and no other";
const BY_TYPE_SOURCE: &str =
    "internal/cri/config/config.go@v2.0.1 (getRuntimeOptionsType), pkg/cri/server/helpers.go@v1.7.34";
const BY_OTHER_TYPE: &str = "the runtime type decides the type of its options, by an exact match: only runc's has \
                             containerd.runc.v1.Options";
const MARSHALLED: &str = "task options are marshalled in the process of the tasks service, and the encoding of a message is never \
                          a nil slice";
const MARSHALLED_SOURCE: &str = "client/container.go@v2.0.1 (NewTask), client/services.go@v2.0.1, vendor/github.com/containerd/\
                                 typeurl/v2/types.go@v2.0.1 (MarshalAny)";
const OWNER_NOT_0: &str = "task options without bytes are those of owner 0; an owner is written for mode POD, and the kubelet's \
                           mappings begin above id 0. Clients that map a pod to host id 0 are not modelled";
const OWNER_NOT_0_SOURCE: &str = "internal/cri/server/container_start_linux.go@v2.0.1, kubernetes: \
                                  pkg/kubelet/userns/userns_manager.go@v1.29.14 (the first block of ids is never given out), \
                                  pkg/kubelet/userns/userns_manager.go@v1.36.3 (MakeUserNsManager refuses a first id below the length \
                                  of a mapping)";
const RUNC_EMPTY: &[&str] = &["containerd.runc.v1.Options with an empty value"];
const NEVER_EMPTY: &str = "the only task options of another type are those of `no_pivot`, in which no_pivot_root is true, so that \
                           they have bytes";
const NO_PIVOT_SOURCE: &str = "pkg/cri/server/container_start.go@v1.6.39, \
                               vendor/github.com/containerd/cri/pkg/server/container_start.go@v1.3.10";

type Inputs = &'static [&'static [&'static str]];

const fn entry(
    guard: Guard,
    inputs: Inputs,
    given: Option<Given>,
    reason: &'static str,
    source: &'static str,
) -> CannotOccur {
    CannotOccur {
        guard,
        inputs,
        given,
        reason,
        source,
    }
}

const fn stored(guard: Guard, inputs: Inputs) -> CannotOccur {
    entry(guard, inputs, None, STORED, STORED_SOURCE)
}

const fn by_type(guard: Guard, inputs: Inputs, given: Option<Given>, reason: &'static str) -> CannotOccur {
    entry(guard, inputs, given, reason, BY_TYPE_SOURCE)
}

const fn marshalled(guard: Guard, inputs: Inputs) -> CannotOccur {
    entry(guard, inputs, None, MARSHALLED, MARSHALLED_SOURCE)
}

const fn no_pivot(guard: Guard, inputs: Inputs, given: Option<Given>, reason: &'static str) -> CannotOccur {
    entry(guard, inputs, given, reason, NO_PIVOT_SOURCE)
}

/// What cannot occur. `verify --mutants` fails if a guard is asked about one of these in some scenario.
pub const CANNOT_OCCUR: &[CannotOccur] = &[
    CannotOccur {
        guard: Guard::GetOrCreateUserNamespaceMappings,
        inputs: &[ANY, ANY, &["no list stored"]],
        given: None,
        reason: "no pod is synced before CRI Status answered once, and its list of handlers was stored",
        source: "kubernetes: pkg/kubelet/kubelet.go (syncLoop, updateRuntimeUp), pkg/kubelet/kuberuntime/helpers.go (toKubeRuntimeStatus), \
         pkg/kubelet/runtime.go (setRuntimeHandlers)",
    },
    entry(
        Guard::GetOrCreateUserNamespaceMappings,
        &[&["true"], ANY, ANY],
        NO_GATE,
        "the release has no such gate, so that it is never on",
        "kubernetes: pkg/features/kube_features.go@v1.24.0",
    ),
    entry(
        Guard::SameUsernsConfig,
        &[ANY],
        NO_USERNS,
        "a release that does not know user namespaces looks at neither configuration",
        "pkg/cri/server/container_create.go@v1.6.39",
    ),
    CannotOccur {
        guard: Guard::PinUserNamespace,
        inputs: &[UNSUPPORTED, ANY],
        given: None,
        reason: "RunPodSandbox refuses the mode before it pins anything",
        source: "internal/cri/server/podsandbox/sandbox_run_linux.go@v2.0.1 (parseUsernsIDs)",
    },
    entry(
        Guard::PinUserNamespace,
        &[&["no linux section"], &["the host's network"]],
        None,
        "the mode of the network is in the linux section: without one it is the pod's own",
        "internal/cri/server/helpers.go@v2.0.1 (hostNetwork)",
    ),
    CannotOccur {
        guard: Guard::WithMounts,
        inputs: &[UNSUPPORTED, ANY],
        given: USERNS_KNOWN,
        reason: "CreateContainer refuses the mode before it looks at mounts",
        source: "internal/cri/server/container_create.go@v2.0.1 (parseUsernsIDs)",
    },
    CannotOccur {
        guard: Guard::WithMounts,
        inputs: &[
            &["no linux section", "nil", "NODE", "CONTAINER", "TARGET"],
            &["true"],
        ],
        given: None,
        reason: "a kubelet writes mappings into mounts of a container of mode POD only",
        source: "kubernetes: pkg/kubelet/kubelet_pods.go (makeMounts)",
    },
    CannotOccur {
        guard: Guard::UpdateContainerIoOwner,
        inputs: &[UNSUPPORTED, RUNC_V1, OF_OTHERS],
        given: None,
        reason: "the releases that do not refuse the mode are those that do not know user namespaces, and there \
                 io.containerd.runc.v1 has containerd.runc.v1.Options",
        source: "internal/cri/server/container_create.go@v2.0.1 (parseUsernsIDs), pkg/cri/server/helpers.go@v1.6.39 \
                 (getRuntimeOptionsType)",
    },
    CannotOccur {
        guard: Guard::UpdateContainerIoOwner,
        inputs: &[UNSUPPORTED, ANY, ANY],
        given: USERNS_KNOWN,
        reason: "CreateContainer refused the mode, so that there is no such container to start",
        source: "internal/cri/server/container_create.go@v2.0.1 (parseUsernsIDs)",
    },
    stored(Guard::UpdateContainerIoOwner, &[ANY, ANY, EMPTY]),
    stored(Guard::GetRuncOptions, &[ANY, EMPTY]),
    stored(Guard::ValidateRuntimeFeatures, &[ANY, EMPTY]),
    by_type(
        Guard::UpdateContainerIoOwner,
        &[ANY, RUNC, OF_OTHERS],
        None,
        BY_TYPE,
    ),
    by_type(
        Guard::UpdateContainerIoOwner,
        &[ANY, NOT_RUNC, OF_RUNC],
        None,
        BY_OTHER_TYPE,
    ),
    by_type(
        Guard::UpdateContainerIoOwner,
        &[ANY, RUNC_V1, OF_RUNC],
        RUNC_V1_GONE,
        BY_OTHER_TYPE,
    ),
    by_type(Guard::GetRuncOptions, &[RUNC, OF_OTHERS], None, BY_TYPE),
    by_type(Guard::GetRuncOptions, &[NOT_RUNC, OF_RUNC], None, BY_OTHER_TYPE),
    CannotOccur {
        guard: Guard::GetRuncOptions,
        inputs: &[RUNC_V1, OF_RUNC],
        given: None,
        reason: "the CRI plugin asks it for an owner or an endpoint, from v2.0.0-rc.2 on, and there only io.containerd.runc.v2 has \
                 containerd.runc.v1.Options",
        source: "internal/cri/config/config.go@v2.0.0-rc.2 (getRuntimeOptionsType), client/task_opts.go@v2.0.0-rc.2, \
                 pkg/cri/server/container_start.go@v1.7.34",
    },
    entry(
        Guard::GetRuncOptions,
        &[ANY, ANY],
        FRESH_BY_NAME,
        "the CRI plugin of the release sets task options from `no_pivot` alone, as a whole, and neither an owner nor an endpoint",
        "pkg/cri/server/sandbox_run_linux.go@v1.7.34 (taskOpts), pkg/cri/server/sandbox_run_linux.go@v1.6.39 (taskOpts), \
         vendor/github.com/containerd/cri/pkg/server/container_start.go@v1.3.10",
    ),
    entry(
        Guard::WithTaskApiEndpoint,
        &[ANY, ANY],
        NO_ENDPOINT,
        "the release has no such function",
        "client/task_opts.go@v2.0.0-rc.1, task_opts.go@v1.7.34",
    ),
    CannotOccur {
        guard: Guard::WithTaskApiEndpoint,
        inputs: &[&["false"], ANY],
        given: None,
        reason: "StartContainer calls it only for an endpoint that is valid",
        source: "internal/cri/server/container_start.go@v2.0.1 (endpoint.IsValid)",
    },
    CannotOccur {
        guard: Guard::WithTaskApiEndpoint,
        inputs: &[ANY, &["a new containerd.linux.runc.CreateOptions"]],
        given: None,
        reason: "only helpers of the 1.x client start from it, and 1.x has no endpoints",
        source: "task_opts_unix.go@v1.7.34, internal/cri/server/container_start.go@v2.0.0-rc.2",
    },
    CannotOccur {
        guard: Guard::FormatOptions,
        inputs: &[ANY, &["absent"]],
        given: None,
        reason: "the tasks service calls it only if there are task options",
        source: "plugins/services/tasks/local.go@v2.0.1 (Create), services/tasks/local.go@v1.7.34",
    },
    marshalled(Guard::FormatOptions, &[ANY, NIL]),
    entry(
        Guard::FormatOptions,
        &[ANY, RUNC_EMPTY],
        OWNER_OF_POD,
        OWNER_NOT_0,
        OWNER_NOT_0_SOURCE,
    ),
    entry(
        Guard::OptionsFallback,
        &[RUNC_EMPTY],
        OWNER_OF_POD,
        OWNER_NOT_0,
        OWNER_NOT_0_SOURCE,
    ),
    entry(
        Guard::ValidateRuntimeFeatures,
        &[RUNC_EMPTY, ANY],
        None,
        "features are validated for mode POD only, and what is written into task options there is an endpoint, which has bytes, or \
         the owner, whose host id is not 0 in the kubelet's mappings. Clients that map a pod to host id 0 are not modelled",
        OWNER_NOT_0_SOURCE,
    ),
    entry(
        Guard::ValidateRuntimeFeatures,
        &[&["absent"], ANY],
        OWNER_OF_POD,
        "features are validated only where mounts are id-mapped, which is for mode POD, and there an owner was written into the task \
         options, or StartContainer failed. Containers restored from a checkpoint are not modelled",
        "internal/cri/server/container_start_linux.go@v2.0.1, core/runtime/v2/task_manager.go@v2.0.1 (validateRuntimeFeatures)",
    ),
    entry(
        Guard::ValidateRuntimeFeatures,
        &[OF_RUNC, &["of another type"]],
        COPIED,
        "task options start from a copy of the runtime options, and StartContainer fails where those are of another type",
        "client/task.go@v2.0.5 (getRuncOptions)",
    ),
    entry(
        Guard::ShimManagerStart,
        &[&["true"], ANY],
        NO_SANDBOXER,
        "the CRI plugin of the release tells the task manager of no sandbox, so that no store is asked; its sandboxed twin in 1.7, \
         which ENABLE_CRI_SANDBOXES turns on, is not modelled",
        "pkg/cri/server/sandbox_run.go@v1.7.27, pkg/cri/server/container_create.go@v1.7.27, runtime/v2/manager.go@v1.7.27 (Start)",
    ),
    entry(
        Guard::ShimManagerStart,
        &[&["false"], &["false"]],
        None,
        "the releases that do not put sandboxes into the store fail with a shim whose protocol is above 2: 1.7 refuses the version, \
         and those before dial its answer as an address",
        "runtime/v2/shim.go@v1.7.34 (parseStartResponse: unsupported shim version), runtime/v2/binary.go@v1.6.39 (Start), \
         core/runtime/v2/shim_manager.go@v2.0.6",
    ),
    no_pivot(
        Guard::FormatOptions,
        &[ANY, &["of another type with an empty value"]],
        None,
        NEVER_EMPTY,
    ),
    no_pivot(
        Guard::FormatOptions,
        &[
            &[
                "io.containerd.runc.v2",
                "io.containerd.runc.v1",
                "io.containerd.runhcs.v1",
                "another runtime type",
            ],
            OF_OTHERS,
        ],
        None,
        "the only task options of another type are those of `no_pivot` for io.containerd.runtime.v1.linux",
    ),
    no_pivot(
        Guard::FormatOptions,
        &[LINUX, OF_OTHERS],
        NO_PIVOT_GONE,
        "the only task options of another type are those of `no_pivot`, which the release does not have",
    ),
    marshalled(Guard::OptionsFallback, &[NIL]),
    no_pivot(
        Guard::OptionsFallback,
        &[&["of another type with an empty value"]],
        None,
        NEVER_EMPTY,
    ),
    no_pivot(
        Guard::OptionsFallback,
        &[OF_OTHERS],
        NO_PIVOT_GONE,
        "the only task options of another type are those of `no_pivot`, which the release does not have",
    ),
    marshalled(Guard::ValidateRuntimeFeatures, &[NIL, ANY]),
    no_pivot(
        Guard::ValidateRuntimeFeatures,
        &[OF_OTHERS, ANY],
        None,
        "the only task options of another type are those of `no_pivot`, which no release has that validates features",
    ),
];

impl CannotOccur {
    fn is_about(&self, parts: &[String]) -> bool {
        self.inputs
            .iter()
            .zip(parts)
            .all(|(values, part)| values.is_empty() || values.contains(&part.as_str()))
    }

    fn is_true_of(&self, row: Row<'_>) -> bool {
        self.given.is_none_or(|given| row.is(given))
    }
}

/// Why no guard of this row is asked about an input, if that is on the list.
pub fn cannot_occur(guard: Guard, input: usize, row: Row<'_>) -> Option<&'static CannotOccur> {
    let shape = shape(guard)?;
    let parts = shape.inputs.get(input)?;
    CANNOT_OCCUR
        .iter()
        .find(|entry| entry.guard == guard && entry.is_about(parts) && entry.is_true_of(row))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_about_inputs_that_exist() {
        for entry in CANNOT_OCCUR {
            let shape = shape(entry.guard).unwrap_or_else(|| panic!("{} has no table", entry.guard));
            assert_eq!(entry.inputs.len(), shape.labels.len(), "{}", entry.reason);
            for (part, values) in entry.inputs.iter().enumerate() {
                for value in *values {
                    let known = shape.inputs.iter().any(|parts| parts[part] == *value);
                    assert!(known, "{} has no `{value}`", entry.guard);
                }
            }
            assert!(!entry.source.is_empty());
        }
    }
}
