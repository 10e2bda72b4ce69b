//! The guards that a design file can write: what each decides, and which variables it sees.

use shimproof_model::catalog::ContainerdField;

use super::variables::{
    BASE, BASES, NETWORK_MODE, REQUEST_IDMAPPED_MOUNTS, REQUEST_USERNS_DIFFERS, RUNTIME_OPTIONS_TYPE_URL,
    RUNTIME_OPTIONS_VALUE, RUNTIME_TYPE, SANDBOX_IN_STORE, SHIM_PROTOCOL_BELOW_3, TASK_OPTIONS_TYPE_URL,
    TASK_OPTIONS_VALUE, USERNS_MODE, Variable,
};

/// A guard of containerd as design files write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Form {
    /// Its key under `[guards]`.
    pub guard: &'static str,
    /// The function that it stands in.
    pub function: &'static str,
    /// The behaviour of the catalogue that it replaces.
    pub field: ContainerdField,
    /// What its expression yields.
    pub yields: Yields,
    /// The variables that it sees.
    pub variables: &'static [Variable],
}

/// What an expression yields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Yields {
    /// A yes or no, under the key `when`; the text says what `true` means.
    When(&'static str),
    /// One of these words, under the key `decision`, each with its meaning.
    Decision(&'static [(&'static str, &'static str)]),
}

impl Yields {
    /// The key of the expression.
    pub fn key(self) -> &'static str {
        match self {
            Self::When(_) => "when",
            Self::Decision(_) => "decision",
        }
    }
}

const SOURCES: &[(&str, &str)] = &[
    ("task", "the task options travel"),
    ("runtime", "the runtime options travel"),
    ("nothing", "no options travel"),
];

pub(super) const IO_OWNER: Form = Form {
    guard: "io_owner",
    function: "updateContainerIOOwner",
    field: ContainerdField::IoOwnerGuard,
    yields: Yields::When("an owner of the stdio pipes is written into the task options"),
    variables: &[
        USERNS_MODE,
        RUNTIME_TYPE,
        RUNTIME_OPTIONS_TYPE_URL,
        RUNTIME_OPTIONS_VALUE,
    ],
};

pub(super) const TASK_OPTIONS_BASE: Form = Form {
    guard: "task_options_base",
    function: "getRuncOptions",
    field: ContainerdField::TaskOptionsBase,
    yields: Yields::Decision(BASES),
    variables: &[RUNTIME_TYPE, RUNTIME_OPTIONS_TYPE_URL, RUNTIME_OPTIONS_VALUE],
};

pub(super) const TASK_API_ENDPOINT: Form = Form {
    guard: "task_api_endpoint",
    function: "WithTaskAPIEndpoint",
    field: ContainerdField::TaskApiEndpoint,
    yields: Yields::Decision(&[
        ("nothing", "it is not written"),
        ("write", "it is written into the task options"),
        (
            "skip",
            "it is left out, as the runtime options are of another type",
        ),
        ("fail", "StartContainer fails"),
    ]),
    variables: &[BASE],
};

pub(super) const FORMAT_OPTIONS: Form = Form {
    guard: "format_options",
    function: "formatOptions",
    field: ContainerdField::DaemonTaskOptions,
    yields: Yields::When("the tasks service lets the task options pass; asked only where there are some"),
    variables: &[RUNTIME_TYPE, TASK_OPTIONS_TYPE_URL, TASK_OPTIONS_VALUE],
};

pub(super) const OPTIONS_FALLBACK: Form = Form {
    guard: "options_fallback",
    function: "shimTask.Create",
    field: ContainerdField::OptionsFallback,
    yields: Yields::Decision(SOURCES),
    variables: &[TASK_OPTIONS_TYPE_URL, TASK_OPTIONS_VALUE],
};

pub(super) const INFO_OPTIONS: Form = Form {
    guard: "info_options",
    function: "validateRuntimeFeatures",
    field: ContainerdField::InfoOptions,
    yields: Yields::Decision(SOURCES),
    variables: &[
        TASK_OPTIONS_TYPE_URL,
        TASK_OPTIONS_VALUE,
        RUNTIME_OPTIONS_TYPE_URL,
        RUNTIME_OPTIONS_VALUE,
    ],
};

pub(super) const START: Form = Form {
    guard: "start",
    function: "ShimManager.Start",
    field: ContainerdField::StartForAppContainers,
    yields: Yields::When(
        "`<shim> start` is executed for a container of a running sandbox; else containerd connects to the sandbox's shim",
    ),
    variables: &[SANDBOX_IN_STORE, SHIM_PROTOCOL_BELOW_3],
};

pub(super) const INTROSPECT: Form = Form {
    guard: "introspect",
    function: "introspectRuntimeFeatures",
    field: ContainerdField::Introspection,
    yields: Yields::When(
        "the shim is asked for its features when containerd starts; else its handler is listed without",
    ),
    variables: &[RUNTIME_TYPE],
};

pub(super) const PIN_USERNS: Form = Form {
    guard: "pin_userns",
    function: "RunPodSandbox",
    field: ContainerdField::PinUserns,
    yields: Yields::When("the user namespace is pinned, to be joined by path; asked only for mode POD"),
    variables: &[NETWORK_MODE],
};

pub(super) const MOUNTS: Form = Form {
    guard: "mounts",
    function: "WithMounts",
    field: ContainerdField::IdmappedMounts,
    yields: Yields::Decision(&[
        ("plain", "no mount is id-mapped"),
        (
            "own-idmapped",
            "containerd's own mounts (hostname, hosts, resolv.conf) are id-mapped; in mode POD only",
        ),
        (
            "idmapped",
            "the mounts of the request are id-mapped; only where it asks for that",
        ),
        ("refuse", "CreateContainer refuses them"),
    ]),
    variables: &[USERNS_MODE, REQUEST_IDMAPPED_MOUNTS],
};

pub(super) const SAME_USERNS_CONFIG: Form = Form {
    guard: "same_userns_config",
    function: "sameUsernsConfig",
    field: ContainerdField::CompareUserns,
    yields: Yields::When("CreateContainer goes on"),
    variables: &[REQUEST_USERNS_DIFFERS],
};

/// Every guard that a design file can write.
pub const FORMS: [Form; 11] = [
    IO_OWNER,
    TASK_OPTIONS_BASE,
    TASK_API_ENDPOINT,
    FORMAT_OPTIONS,
    OPTIONS_FALLBACK,
    INFO_OPTIONS,
    START,
    INTROSPECT,
    PIN_USERNS,
    MOUNTS,
    SAME_USERNS_CONFIG,
];
