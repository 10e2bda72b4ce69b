//! The guards of kubelet and containerd as decision tables, and the tables that rows name.

use crate::catalog::{
    ContainerdRow, DaemonTaskOptions, GateOffHostUsers, IdmappedMounts, InfoOptions, Introspection,
    IoOwnerGuard, KubeletRow, OptionsFallback, PinUserns, StartForAppContainers, TaskApiEndpoint,
    TaskOptionsBase,
};
use crate::domain::Value;
use crate::finite::{DecisionTable, finite_enum};
use crate::type_url::TypeUrl;
use crate::userns::UsernsMode;

finite_enum! {
    /// A guard of the machine, by the function that it stands in.
    pub enum Guard {
        /// The kubelet's decision on a pod's user-namespace options.
        GetOrCreateUserNamespaceMappings = "GetOrCreateUserNamespaceMappings",
        /// Whether a handler's features are asked for.
        IntrospectRuntimeFeatures = "introspectRuntimeFeatures",
        /// Whether the user namespace is pinned.
        PinUserNamespace = "pinUserNamespace",
        /// What becomes of id-mapped mounts of a container.
        WithMounts = "WithMounts",
        /// Whether the two configurations of `CreateContainer` agree.
        SameUsernsConfig = "sameUsernsConfig",
        /// Whether an owner of the pipes is written.
        UpdateContainerIoOwner = "updateContainerIOOwner",
        /// What task options start from.
        GetRuncOptions = "getRuncOptions",
        /// What becomes of the task API endpoint.
        WithTaskApiEndpoint = "WithTaskAPIEndpoint",
        /// Which task options the tasks service lets pass.
        FormatOptions = "formatOptions",
        /// Whether `start` is executed for a container.
        ShimManagerStart = "ShimManager.Start",
        /// Which options travel.
        OptionsFallback = "task options or runtime options",
        /// Which options `-info` gets when features are validated.
        ValidateRuntimeFeatures = "validateRuntimeFeatures",
        /// What the shim does with the options of Create.
        ShimCreate = "the shim's Create",
        /// What the shim does with the standard input of `start`.
        ShimStart = "the shim's start",
        /// What the shim does with options on the standard input of `-info`.
        ShimInfo = "the shim's -info",
    }
}

finite_enum! {
    /// A runtime type, as far as containerd tells them apart (`getRuntimeOptionsType`, an exact match).
    pub enum RuntimeType {
        /// `io.containerd.runc.v2`.
        RuncV2 = "io.containerd.runc.v2",
        /// `io.containerd.runc.v1`.
        RuncV1 = "io.containerd.runc.v1",
        /// `io.containerd.runtime.v1.linux`.
        LinuxV1 = "io.containerd.runtime.v1.linux",
        /// `io.containerd.runhcs.v1`.
        RunhcsV1 = "io.containerd.runhcs.v1",
        /// Any other.
        Other = "another runtime type",
    }
}

impl RuntimeType {
    /// The class of a runtime type as it is configured.
    pub fn of(runtime_type: &str) -> Self {
        match runtime_type {
            "io.containerd.runc.v2" => Self::RuncV2,
            "io.containerd.runc.v1" => Self::RuncV1,
            "io.containerd.runtime.v1.linux" => Self::LinuxV1,
            "io.containerd.runhcs.v1" => Self::RunhcsV1,
            _ => Self::Other,
        }
    }
}

finite_enum! {
    /// Options of a container or a task, as guards see them.
    pub enum OptionsState {
        /// None.
        Absent = "absent",
        /// `containerd.runc.v1.Options` whose value is nil.
        RuncNil = "containerd.runc.v1.Options without value",
        /// Another type whose value is nil.
        OtherNil = "of another type without value",
        /// `containerd.runc.v1.Options` whose value has no bytes, but is not nil.
        RuncEmpty = "containerd.runc.v1.Options with an empty value",
        /// Another type whose value has no bytes, but is not nil.
        OtherEmpty = "of another type with an empty value",
        /// `containerd.runc.v1.Options` with a value.
        Runc = "containerd.runc.v1.Options",
        /// Another type with a value.
        Other = "of another type",
    }
}

impl OptionsState {
    /// The state of options of that type and value.
    pub fn of(options: Option<(TypeUrl, Value)>) -> Self {
        match options {
            None => Self::Absent,
            Some((TypeUrl::RuncV1, Value::Nil)) => Self::RuncNil,
            Some((_, Value::Nil)) => Self::OtherNil,
            Some((TypeUrl::RuncV1, Value::Empty)) => Self::RuncEmpty,
            Some((_, Value::Empty)) => Self::OtherEmpty,
            Some((TypeUrl::RuncV1, Value::Set)) => Self::Runc,
            Some((_, Value::Set)) => Self::Other,
        }
    }

    /// Whether there are options and their type is `containerd.runc.v1.Options`.
    pub fn is_runc(self) -> bool {
        matches!(self, Self::RuncNil | Self::RuncEmpty | Self::Runc)
    }
}

finite_enum! {
    /// What the kubelet knows of a runtime handler.
    pub enum HandlerFeatures {
        /// No list was ever stored.
        NotSet = "no list stored",
        /// The runtime reports no list.
        EmptyList = "the runtime reports no handlers",
        /// The list does not have the handler.
        NotListed = "not in the list",
        /// The handler is listed without user namespaces.
        WithoutUserns = "user_namespaces false or unset",
        /// The handler is listed with user namespaces.
        WithUserns = "user_namespaces true",
    }
}

finite_enum! {
    /// `pod.spec.hostUsers`.
    pub enum HostUsers {
        /// Not set.
        Unset = "unset",
        /// `true`.
        True = "true",
        /// `false`: the pod asks for a user namespace.
        False = "false",
    }
}

finite_enum! {
    /// What the kubelet decides.
    pub enum UsernsDecision {
        /// No options.
        Nil = "nil",
        /// Mode NODE.
        Node = "NODE",
        /// Mode POD with the pod's mapping.
        Pod = "POD",
        /// Refused: the gate is off.
        RefuseGate = "refuse: the gate is off",
        /// Refused: no list of handlers was stored.
        RefuseNotSet = "refuse: no list of handlers",
        /// Refused: the runtime reports no handlers.
        RefuseEmptyList = "refuse: the runtime reports no handlers",
        /// Refused: the handler is not listed.
        RefuseNotListed = "refuse: the handler is not known",
        /// Refused: the handler does not support user namespaces.
        RefuseWithoutUserns = "refuse: the handler does not support user namespaces",
    }
}

finite_enum! {
    /// Whether CRI Status reports a handler's features.
    pub enum Introspect {
        /// CRI Status lists no handlers.
        NoList = "no list",
        /// The handler is listed without features.
        ListOnly = "listed without features",
        /// The shim is asked.
        Ask = "the shim is asked",
    }
}

finite_enum! {
    /// What task options start from.
    pub enum Base {
        /// A new `containerd.runc.v1.Options`.
        FreshRunc = "a new containerd.runc.v1.Options",
        /// A new `containerd.linux.runc.CreateOptions`.
        FreshCreateOptions = "a new containerd.linux.runc.CreateOptions",
        /// A copy of the runtime options.
        Copy = "a copy of the runtime options",
        /// There is no way: the runtime options are of another type.
        Fail = "an error: StartContainer fails",
    }
}

finite_enum! {
    /// What becomes of a valid task API endpoint.
    pub enum EndpointDecision {
        /// Nothing: there is none, or the release does not pass it on.
        Nothing = "not written",
        /// It is written into the task options.
        Write = "written into the task options",
        /// It is left out, as the runtime options are of another type.
        Skip = "left out: the runtime options are of another type",
        /// `StartContainer` fails.
        Fail = "an error",
    }
}

finite_enum! {
    /// Which options travel.
    pub enum OptionsSource {
        /// The task options.
        Task = "the task options",
        /// The runtime options.
        Runtime = "the runtime options",
        /// None.
        Nothing = "nothing",
    }
}

finite_enum! {
    /// The network of a pod.
    pub enum Network {
        /// Its own.
        Pod = "its own network",
        /// The node's.
        Node = "the host's network",
    }
}

finite_enum! {
    /// What becomes of id-mapped mounts.
    pub enum Mounts {
        /// No mount is id-mapped.
        Plain = "no mount is id-mapped",
        /// containerd's own mounts (hostname, hosts, resolv.conf) have mappings in the OCI specification.
        OwnIdmapped = "containerd's own mounts are id-mapped",
        /// The mounts of the request have them.
        Idmapped = "the mounts of the request are id-mapped",
        /// `CreateContainer` refuses them.
        Refused = "refused",
    }
}

finite_enum! {
    /// Whether an owner of the pipes is written.
    pub enum Owner {
        /// It is not.
        NotWritten = "no owner is written",
        /// It is.
        Written = "an owner is written",
    }
}

finite_enum! {
    /// Whether a message passes a check.
    pub enum Acceptance {
        /// It does not.
        Refused = "refused",
        /// It does.
        Accepted = "accepted",
    }
}

finite_enum! {
    /// How the shim of a task is reached.
    pub enum Invocation {
        /// Through the connection of the sandbox's shim.
        Connect = "connects to the sandbox's shim",
        /// By executing `<shim> start`.
        Execute = "executes `<shim> start`",
    }
}

finite_enum! {
    /// Whether the user namespace is pinned.
    pub enum Pin {
        /// It is not: the runtime creates one if the specification asks for it.
        NotPinned = "not pinned",
        /// It is, and the runtime joins it by path.
        Pinned = "pinned, to be joined by path",
    }
}

/// The guards of one containerd row.
#[derive(Clone, Debug)]
pub struct ContainerdGuards {
    /// Whether `updateContainerIOOwner` writes an owner.
    pub io_owner: DecisionTable<(UsernsMode, RuntimeType, OptionsState), Owner>,
    /// What a helper that sets a field of the task options starts from, by the runtime options.
    pub task_options_base: DecisionTable<(RuntimeType, OptionsState), Base>,
    /// What `WithTaskAPIEndpoint` does, by whether the endpoint is valid and by the base.
    pub task_api_endpoint: DecisionTable<(bool, Base), EndpointDecision>,
    /// Which task options the tasks service lets pass.
    pub format_options: DecisionTable<(RuntimeType, OptionsState), Acceptance>,
    /// Which options travel, by the task options.
    pub options_fallback: DecisionTable<OptionsState, OptionsSource>,
    /// Which options `-info` gets, by task options and runtime options; none if features are not validated.
    pub info_options: Option<DecisionTable<(OptionsState, OptionsState), OptionsSource>>,
    /// Whether `start` is executed, by whether the sandbox is in the store and its shim's protocol is below 3.
    pub start: DecisionTable<(bool, bool), Invocation>,
    /// Whether a handler's features are asked for.
    pub introspect: DecisionTable<RuntimeType, Introspect>,
    /// Whether the user namespace is pinned.
    pub pin_userns: DecisionTable<(UsernsMode, Network), Pin>,
    /// What becomes of mounts, by mode and whether the client wants them id-mapped.
    pub mounts: DecisionTable<(UsernsMode, bool), Mounts>,
    /// Whether the two configurations may differ.
    pub same_userns_config: DecisionTable<bool, Acceptance>,
}

impl ContainerdGuards {
    /// The tables that a row names.
    pub fn of(row: &ContainerdRow) -> Self {
        Self {
            io_owner: io_owner(row.io_owner_guard),
            task_options_base: task_options_base(row.task_options_base),
            task_api_endpoint: task_api_endpoint(row.task_api_endpoint),
            format_options: format_options(row.daemon_task_options),
            options_fallback: options_fallback(row.options_fallback),
            info_options: info_options(row.info_options, row.options_fallback),
            start: start(row.start_for_app_containers),
            introspect: introspect(row.introspection),
            pin_userns: pin_userns(row.pin_userns),
            mounts: mounts(row.idmapped_mounts, row.own_mounts_idmapped),
            same_userns_config: DecisionTable::tabulate(
                if row.compare_userns {
                    "compared"
                } else {
                    "not compared"
                },
                |differ| {
                    if differ && row.compare_userns {
                        Acceptance::Refused
                    } else {
                        Acceptance::Accepted
                    }
                },
            ),
        }
    }
}

/// internal/cri/server/container_start_linux.go@v2.0.1 (`updateContainerIOOwner`). No release looks at the
/// runtime type or at the options; the inputs are there for designs that do.
fn io_owner(guard: IoOwnerGuard) -> DecisionTable<(UsernsMode, RuntimeType, OptionsState), Owner> {
    let written = |mode| match guard {
        IoOwnerGuard::Never => false,
        IoOwnerGuard::UnlessNil => !matches!(mode, UsernsMode::LinuxNil | UsernsMode::Nil),
        IoOwnerGuard::UnlessNilOrNode => {
            !matches!(mode, UsernsMode::LinuxNil | UsernsMode::Nil | UsernsMode::Node)
        }
    };
    DecisionTable::tabulate(guard.as_str(), |(mode, _, _)| {
        if written(mode) {
            Owner::Written
        } else {
            Owner::NotWritten
        }
    })
}

/// client/task.go@v2.0.5 (`getRuncOptions`), client/task_opts_unix.go@v2.0.1, task_opts_unix.go@v1.7.24.
fn task_options_base(base: TaskOptionsBase) -> DecisionTable<(RuntimeType, OptionsState), Base> {
    DecisionTable::tabulate(base.as_str(), |(runtime, options)| match base {
        TaskOptionsBase::Fresh => Base::FreshRunc,
        TaskOptionsBase::FreshByName => match runtime {
            RuntimeType::RuncV1 | RuntimeType::RuncV2 => Base::FreshRunc,
            _ => Base::FreshCreateOptions,
        },
        TaskOptionsBase::CopyOfRuntimeOptions => match options {
            OptionsState::Absent | OptionsState::RuncNil | OptionsState::OtherNil => Base::FreshRunc,
            OptionsState::RuncEmpty | OptionsState::Runc => Base::Copy,
            OptionsState::OtherEmpty | OptionsState::Other => Base::Fail,
        },
    })
}

/// client/task_opts.go@v2.0.0, @v2.0.5 and @v2.3.1 (`WithTaskAPIEndpoint`).
fn task_api_endpoint(endpoint: TaskApiEndpoint) -> DecisionTable<(bool, Base), EndpointDecision> {
    DecisionTable::tabulate(endpoint.as_str(), |(valid, base)| match (endpoint, valid, base) {
        (_, false, _) | (TaskApiEndpoint::Absent, ..) => EndpointDecision::Nothing,
        (TaskApiEndpoint::CopyOrError, true, Base::Fail) => EndpointDecision::Fail,
        (TaskApiEndpoint::CopyOrSkip, true, Base::Fail) => EndpointDecision::Skip,
        (_, true, _) => EndpointDecision::Write,
    })
}

/// plugins/services/tasks/local.go@v2.0.1 (`formatOptions`), services/tasks/local.go@v1.7.34 (`getRestorePath`).
fn format_options(accepts: DaemonTaskOptions) -> DecisionTable<(RuntimeType, OptionsState), Acceptance> {
    let accepted = |runtime, options: OptionsState| match accepts {
        _ if options == OptionsState::Absent => true,
        DaemonTaskOptions::RuncOnly => options.is_runc(),
        DaemonTaskOptions::ByRuntimeName => {
            !matches!(runtime, RuntimeType::RuncV1 | RuntimeType::RuncV2) || options.is_runc()
        }
    };
    DecisionTable::tabulate(accepts.as_str(), |(runtime, options)| {
        if accepted(runtime, options) {
            Acceptance::Accepted
        } else {
            Acceptance::Refused
        }
    })
}

/// core/runtime/v2/shim.go@v2.0.0 (`Create`), runtime/v2/shim.go@v1.6.39. Absent options are a nil pointer
/// inside an interface from 1.7 on, so that the test for a nil value is the one that finds them.
fn options_fallback(fallback: OptionsFallback) -> DecisionTable<OptionsState, OptionsSource> {
    DecisionTable::tabulate(fallback.as_str(), |task| match (fallback, task) {
        (_, OptionsState::Absent)
        | (OptionsFallback::NilPointerOrNilValue, OptionsState::RuncNil | OptionsState::OtherNil) => {
            OptionsSource::Runtime
        }
        _ => OptionsSource::Task,
    })
}

/// core/runtime/v2/task_manager.go@v2.0.1 and @v2.0.3 (`validateRuntimeFeatures`).
fn info_options(
    info: InfoOptions,
    fallback: OptionsFallback,
) -> Option<DecisionTable<(OptionsState, OptionsState), OptionsSource>> {
    let first_is_absent = options_fallback(fallback);
    let decide = move |(task, runtime): (OptionsState, OptionsState)| match info {
        InfoOptions::Absent | InfoOptions::None => OptionsSource::Nothing,
        InfoOptions::TaskThenRuntime => first_is_absent.decide(task),
        InfoOptions::RuntimeThenTask => match first_is_absent.decide(runtime) {
            OptionsSource::Runtime => OptionsSource::Task,
            _ => OptionsSource::Runtime,
        },
    };
    (info != InfoOptions::Absent).then(|| DecisionTable::tabulate(info.as_str(), decide))
}

/// core/runtime/v2/shim_manager.go@v2.0.1 (`Start`): connects to the shim of the sandbox, whether the sandbox
/// store knows it or not; @v2.0.6; runtime/v2/manager.go@v1.7.34.
fn start(start: StartForAppContainers) -> DecisionTable<(bool, bool), Invocation> {
    DecisionTable::tabulate(start.as_str(), |(known, below_3): (bool, bool)| {
        let execute = match start {
            StartForAppContainers::Always => true,
            StartForAppContainers::Never => false,
            StartForAppContainers::ProtocolBelow3 => !known || below_3,
        };
        if execute {
            Invocation::Execute
        } else {
            Invocation::Connect
        }
    })
}

/// internal/cri/server/service.go@v2.0.1 and @v2.3.4 (`introspectRuntimeFeatures`).
fn introspect(introspection: Introspection) -> DecisionTable<RuntimeType, Introspect> {
    DecisionTable::tabulate(introspection.as_str(), |runtime| match introspection {
        Introspection::Absent => Introspect::NoList,
        Introspection::RuncV2Only if runtime != RuntimeType::RuncV2 => Introspect::ListOnly,
        Introspection::RuncV2Only | Introspection::EveryHandler => Introspect::Ask,
    })
}

/// internal/cri/server/podsandbox/sandbox_run_linux.go@v2.0.1 and @v2.3.4.
fn pin_userns(pin: PinUserns) -> DecisionTable<(UsernsMode, Network), Pin> {
    DecisionTable::tabulate(pin.as_str(), |(mode, network)| {
        let pinned = match pin {
            PinUserns::None => false,
            PinUserns::Always => true,
            PinUserns::UnlessHostNetwork => network == Network::Pod,
        };
        if pinned && mode == UsernsMode::Pod {
            Pin::Pinned
        } else {
            Pin::NotPinned
        }
    })
}

/// pkg/cri/opts/spec_linux_opts.go@v1.7.1, internal/cri/server/container_create.go@v2.0.1.
fn mounts(client: IdmappedMounts, own: bool) -> DecisionTable<(UsernsMode, bool), Mounts> {
    let name = format!("{client}{}", if own { ", own mounts too" } else { "" });
    DecisionTable::tabulate(name, |(mode, wanted)| {
        let own = own && mode == UsernsMode::Pod;
        match client {
            IdmappedMounts::Refused if wanted => Mounts::Refused,
            IdmappedMounts::Passed if wanted => Mounts::Idmapped,
            _ if own => Mounts::OwnIdmapped,
            _ => Mounts::Plain,
        }
    })
}

/// The kubelet's decision, by gate, `hostUsers` and what is known of the handler: pkg/kubelet/userns/
/// userns_manager.go (`GetOrCreateUserNamespaceMappings`).
pub type KubeletGuard = DecisionTable<(bool, HostUsers, HandlerFeatures), UsernsDecision>;

/// The decision table of a kubelet row.
pub fn get_or_create_user_namespace_mappings(row: &KubeletRow) -> KubeletGuard {
    DecisionTable::tabulate(row.id.clone(), |(gate, host_users, handler)| {
        if !row.userns_options {
            return UsernsDecision::Nil;
        }
        match (gate, host_users) {
            (false, HostUsers::True | HostUsers::False)
                if row.gate_off_host_users == GateOffHostUsers::Refused =>
            {
                UsernsDecision::RefuseGate
            }
            (false, _) => UsernsDecision::Nil,
            (true, HostUsers::Unset | HostUsers::True) => UsernsDecision::Node,
            (true, HostUsers::False) if !row.handler_check => UsernsDecision::Pod,
            (true, HostUsers::False) => match handler {
                HandlerFeatures::NotSet => UsernsDecision::RefuseNotSet,
                HandlerFeatures::EmptyList => UsernsDecision::RefuseEmptyList,
                HandlerFeatures::NotListed => UsernsDecision::RefuseNotListed,
                HandlerFeatures::WithoutUserns => UsernsDecision::RefuseWithoutUserns,
                HandlerFeatures::WithUserns => UsernsDecision::Pod,
            },
        }
    })
}

/// The type that a runtime type selects: `getRuntimeOptionsType`, internal/cri/config/config.go@v2.0.1,
/// pkg/cri/server/helpers.go@v1.7.34.
pub fn get_runtime_options_type(row: &ContainerdRow, runtime: RuntimeType) -> TypeUrl {
    match runtime {
        RuntimeType::RuncV2 => TypeUrl::RuncV1,
        RuntimeType::RuncV1 if row.runc_v1_runtime => TypeUrl::RuncV1,
        RuntimeType::LinuxV1 if row.linux_runtime_options => TypeUrl::LinuxRuncOptions,
        RuntimeType::RunhcsV1 => TypeUrl::RunhcsV1,
        RuntimeType::RuncV1 | RuntimeType::LinuxV1 | RuntimeType::Other => row.generic_type_url,
    }
}
