//! The variables of guards in design files: their names, the words that they can be, and what those stand for.

use shimproof_model::UsernsMode;
use shimproof_model::guards::{Base, Network, OptionsState, RuntimeType};

/// The word that stands for every value that guards do not tell apart.
pub const OTHER: &str = "other";

/// A variable of a guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name in expressions.
    pub name: &'static str,
    /// What it can be.
    pub values: Values,
    /// What it means.
    pub meaning: &'static str,
}

/// What a variable can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// `true` or `false`.
    Bool,
    /// One of these words, each with what it stands for.
    Words(&'static [(&'static str, &'static str)]),
}

impl Values {
    /// The words; none of a yes or no.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        let words: &[_] = match self {
            Self::Bool => &[],
            Self::Words(words) => words,
        };
        words.iter().map(|(word, _)| *word)
    }

    /// Whether one of the words stands for many values, so that two of them need not be equal.
    pub fn open(self) -> bool {
        self.words().any(|word| word == OTHER)
    }
}

/// What a variable is in one combination of inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// A yes or no.
    Bool(bool),
    /// A word.
    Text(&'static str),
}

impl std::fmt::Display for Word {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bool(value) => write!(f, "{value}"),
            Self::Text(word) => write!(f, "'{word}'"),
        }
    }
}

/// `NamespaceOption.userns_options` of the container's own configuration.
pub const USERNS_MODE: Variable = Variable {
    name: "userns.mode",
    values: Values::Words(&[
        ("nil", "no user-namespace options, or no linux section at all"),
        (
            "NODE",
            "the pod is in the host's user namespace; what a kubelet with the gate on sends for an ordinary pod",
        ),
        ("POD", "the pod has a user namespace of its own"),
        ("CONTAINER", "no kubelet sends it"),
        ("TARGET", "no kubelet sends it"),
    ]),
    meaning: "the mode of the user-namespace options in the configuration of the container",
};

/// The runtime type of the sandbox record.
pub const RUNTIME_TYPE: Variable = Variable {
    name: "runtime.type",
    values: Values::Words(&[
        ("io.containerd.runc.v2", "that name, exactly"),
        ("io.containerd.runc.v1", "that name, exactly"),
        ("io.containerd.runtime.v1.linux", "that name, exactly"),
        ("io.containerd.runhcs.v1", "that name, exactly"),
        (
            OTHER,
            "any other name, and any absolute path, also that of containerd-shim-runc-v2",
        ),
    ]),
    meaning: "`runtime_type` of the handler, as the sandbox record has it",
};

const TYPE_URLS: Values = Values::Words(&[
    (
        "",
        "there are no options: the handler has no options table, and the release makes none",
    ),
    ("containerd.runc.v1.Options", "options of the runc family"),
    (
        OTHER,
        "options of any other type, such as runtimeoptions.v1.Options",
    ),
]);

const TASK_TYPE_URLS: Values = Values::Words(&[
    ("", "there are none: StartContainer had nothing to set"),
    ("containerd.runc.v1.Options", "options of the runc family"),
    (OTHER, "options of any other type"),
]);

const TASK_VALUES: Values = Values::Words(&[
    ("nil", "there are no options, or their value is nil"),
    (
        "empty",
        "the value has no bytes, but is not nil: every field has its zero value, as with an owner of id 0",
    ),
    ("set", "the value has bytes"),
]);

const ANY_VALUES: Values = Values::Words(&[
    ("nil", "there are no options, or their value is nil"),
    (
        "empty",
        "the value has no bytes, but is not nil: an options table without keys",
    ),
    ("set", "the value has bytes"),
]);

/// The type of the runtime options of the sandbox record.
pub const RUNTIME_OPTIONS_TYPE_URL: Variable = Variable {
    name: "runtime.options.type_url",
    values: TYPE_URLS,
    meaning: "the type of the runtime options that RunPodSandbox generated from the handler's table",
};

/// Whether the runtime options have a value.
pub const RUNTIME_OPTIONS_VALUE: Variable = Variable {
    name: "runtime.options.value",
    values: ANY_VALUES,
    meaning: "whether those options have a value",
};

/// The type of the task options.
pub const TASK_OPTIONS_TYPE_URL: Variable = Variable {
    name: "task.options.type_url",
    values: TASK_TYPE_URLS,
    meaning: "the type of the task options that StartContainer made; '' if it made none",
};

/// Whether the task options have a value.
pub const TASK_OPTIONS_VALUE: Variable = Variable {
    name: "task.options.value",
    values: TASK_VALUES,
    meaning: "whether the task options have a value",
};

/// What task options would start from.
pub const BASE: Variable = Variable {
    name: "task.options.base",
    values: Values::Words(BASES),
    meaning: "what `task_options_base` decides for the runtime options of the sandbox",
};

/// The decisions of `task_options_base`.
pub const BASES: &[(&str, &str)] = &[
    ("fresh", "a new containerd.runc.v1.Options"),
    (
        "fresh-create-options",
        "a new containerd.linux.runc.CreateOptions",
    ),
    (
        "copy",
        "a copy of the runtime options; a new containerd.runc.v1.Options if there are none",
    ),
    ("fail", "StartContainer fails"),
];

/// The network of the pod.
pub const NETWORK_MODE: Variable = Variable {
    name: "network.mode",
    values: Values::Words(&[
        ("POD", "the pod has a network of its own"),
        ("NODE", "the pod has `hostNetwork: true`"),
    ]),
    meaning: "`NamespaceOption.network` of the sandbox",
};

/// Whether the client wants id-mapped mounts.
pub const REQUEST_IDMAPPED_MOUNTS: Variable = Variable {
    name: "request.idmapped_mounts",
    values: Values::Bool,
    meaning: "whether mounts in the request of CreateContainer have id mappings",
};

/// Whether the configurations of one request differ.
pub const REQUEST_USERNS_DIFFERS: Variable = Variable {
    name: "request.userns_differs",
    values: Values::Bool,
    meaning: "whether the user-namespace options of the container's configuration differ from those of the sandbox's configuration in the same request",
};

/// Whether the sandbox store knows the sandbox.
pub const SANDBOX_IN_STORE: Variable = Variable {
    name: "sandbox.in_store",
    values: Values::Bool,
    meaning: "whether the sandbox store knows the sandbox",
};

/// Whether the shim of the sandbox speaks an old protocol.
pub const SHIM_PROTOCOL_BELOW_3: Variable = Variable {
    name: "shim.protocol_below_3",
    values: Values::Bool,
    meaning: "whether the sandbox's shim speaks a version of the task API below 3",
};

/// The word of a mode. Generated getters give nil for what a missing section would hold.
pub(super) fn mode(mode: UsernsMode) -> Word {
    Word::Text(match mode {
        UsernsMode::LinuxNil | UsernsMode::Nil => "nil",
        UsernsMode::Node => "NODE",
        UsernsMode::Pod => "POD",
        UsernsMode::Container => "CONTAINER",
        UsernsMode::Target => "TARGET",
    })
}

pub(super) fn runtime_type(runtime: RuntimeType) -> Word {
    Word::Text(match runtime {
        RuntimeType::RuncV2 | RuntimeType::RuncV1 | RuntimeType::LinuxV1 | RuntimeType::RunhcsV1 => {
            runtime.as_str()
        }
        RuntimeType::Other => OTHER,
    })
}

/// Type and value of options.
pub(super) fn options(state: OptionsState) -> [Word; 2] {
    let (url, value) = match state {
        OptionsState::Absent => ("", "nil"),
        OptionsState::RuncNil => ("containerd.runc.v1.Options", "nil"),
        OptionsState::OtherNil => (OTHER, "nil"),
        OptionsState::RuncEmpty => ("containerd.runc.v1.Options", "empty"),
        OptionsState::OtherEmpty => (OTHER, "empty"),
        OptionsState::Runc => ("containerd.runc.v1.Options", "set"),
        OptionsState::Other => (OTHER, "set"),
    };
    [Word::Text(url), Word::Text(value)]
}

pub(super) fn base(base: Base) -> Word {
    Word::Text(match base {
        Base::FreshRunc => "fresh",
        Base::FreshCreateOptions => "fresh-create-options",
        Base::Copy => "copy",
        Base::Fail => "fail",
    })
}

pub(super) fn network(network: Network) -> Word {
    Word::Text(match network {
        Network::Pod => "POD",
        Network::Node => "NODE",
    })
}
