//! Inputs of guards that cannot occur, with the source that says so.

use shimproof_model::catalog::{ContainerdField, ContainerdRow};
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

/// Rows of containerd, by one of their behaviours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Given {
    /// The behaviour.
    pub field: ContainerdField,
    /// Its value, as JSON has it without quotes.
    pub value: &'static str,
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

const USERNS_KNOWN: Option<Given> = Some(Given {
    field: ContainerdField::CriUserns,
    value: "created",
});
const OWNER_OF_POD: Option<Given> = Some(Given {
    field: ContainerdField::IoOwnerGuard,
    value: "unless-nil-or-node",
});
const COPIED: Option<Given> = Some(Given {
    field: ContainerdField::TaskOptionsBase,
    value: "copy-of-runtime-options",
});
const STORE_ASKED: Option<Given> = Some(Given {
    field: ContainerdField::StartForAppContainers,
    value: "protocol-below-3",
});
const RUNC_V1_GONE: Option<Given> = Some(Given {
    field: ContainerdField::RuncV1Runtime,
    value: "false",
});
const NO_PIVOT_GONE: Option<Given> = Some(Given {
    field: ContainerdField::NoPivot,
    value: "absent",
});

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
                                  pkg/kubelet/userns/userns_manager.go (MakeUserNsManager refuses a first id below the length of a \
                                  mapping; usernsManager.allocateOne)";
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
        reason: "no pod is synced before CRI Status answered once, and the answer is stored as a list that is not nil",
        source: "kubernetes: pkg/kubelet/kubelet.go (syncLoopIteration, updateRuntimeUp), pkg/kubelet/kubelet_getters.go",
    },
    CannotOccur {
        guard: Guard::PinUserNamespace,
        inputs: &[UNSUPPORTED, ANY],
        given: None,
        reason: "RunPodSandbox refuses the mode before it pins anything",
        source: "internal/cri/server/podsandbox/sandbox_run_linux.go@v2.0.1 (parseUsernsIDs)",
    },
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
    // Features are validated for mode POD only, whatever the release writes an owner for.
    entry(
        Guard::ValidateRuntimeFeatures,
        &[RUNC_EMPTY, ANY],
        None,
        OWNER_NOT_0,
        OWNER_NOT_0_SOURCE,
    ),
    entry(
        Guard::ValidateRuntimeFeatures,
        &[&["absent"], ANY],
        OWNER_OF_POD,
        "features are validated only where mounts are id-mapped, which is for mode POD, and there an owner was written into the task \
         options, or StartContainer failed",
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
        &[&["false"], ANY],
        STORE_ASKED,
        "every sandbox of the release is in the store; only one that an older release left is not",
        "internal/cri/server/sandbox_run.go@v2.0.6, core/runtime/v2/shim_manager.go@v2.0.6",
    ),
    entry(
        Guard::ShimManagerStart,
        &[&["false"], &["false"]],
        None,
        "the releases that do not put sandboxes into the store refuse a shim whose protocol is above 2",
        "runtime/v2/shim.go@v1.7.34 (parseStartResponse: unsupported shim version), core/runtime/v2/shim_manager.go@v2.0.6",
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

    fn is_true_of(&self, rows: &[ContainerdRow]) -> bool {
        let Some(Given { field, value }) = self.given else {
            return true;
        };
        rows.iter().all(|row| {
            serde_json::to_value(row).is_ok_and(|row| match &row[field.as_str()] {
                serde_json::Value::String(text) => text == value,
                other => other.to_string().as_str() == value,
            })
        })
    }
}

/// Why an input cannot occur under any of these rows of containerd, if it is on the list.
pub fn cannot_occur(guard: Guard, input: usize, rows: &[ContainerdRow]) -> Option<&'static CannotOccur> {
    let shape = shape(guard)?;
    let parts = shape.inputs.get(input)?;
    CANNOT_OCCUR
        .iter()
        .find(|entry| entry.guard == guard && entry.is_about(parts) && entry.is_true_of(rows))
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
