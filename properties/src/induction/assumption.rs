//! What a proof takes for granted of a node, each with a name.

/// What is taken for granted of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Assumption {
    /// Upgrades stay inside the design.
    UpgradesInside,
    /// Handlers lead to shims of the catalogue.
    KnownShims,
    /// Shims accept what configurations alone make of their options.
    ConfigurationAccepted,
    /// The first that is not always made: no handler leaves its sandbox to the shim.
    PodSandbox,
    /// No pod asks for a user namespace.
    NoPodUserns,
    /// Every handler has an options table with something in it.
    OptionsSet,
    /// Handlers with options of the runc type lead to shims that apply an owner of pipes.
    RuncAppliesOwner,
}

impl Assumption {
    /// Those that a proof can need in addition.
    pub const FURTHER: &'static [Self] = &[
        Self::PodSandbox,
        Self::NoPodUserns,
        Self::OptionsSet,
        Self::RuncAppliesOwner,
    ];

    /// Those that are made for a property whatever the design.
    pub fn of(property: &str) -> Vec<Self> {
        let mut assumptions = vec![Self::UpgradesInside, Self::KnownShims];
        // Which type is sent is no matter of what shims make of it.
        if property != "type-as-configured" {
            assumptions.push(Self::ConfigurationAccepted);
        }
        assumptions
    }

    /// Its name in reports.
    pub fn id(self) -> &'static str {
        match self {
            Self::UpgradesInside => "upgrades-inside",
            Self::KnownShims => "known-shims",
            Self::ConfigurationAccepted => "configuration-accepted",
            Self::PodSandbox => "podsandbox",
            Self::NoPodUserns => "no-pod-userns",
            Self::OptionsSet => "options-set",
            Self::RuncAppliesOwner => "runc-applies-owner",
        }
    }

    /// What it says.
    pub fn statement(self) -> &'static str {
        match self {
            Self::UpgradesInside => {
                "containerd is restarted and upgraded at any time, but only to releases of the same design"
            }
            Self::KnownShims => {
                "the runtime type and the path of a handler lead to shims of the catalogue, before and after any \
                 upgrade of them"
            }
            Self::ConfigurationAccepted => {
                "of a handler's configurations over time and the shims that it leads to over time, each shim \
                 rejects on no channel what each configuration alone makes of its options: what \
                 GenerateRuntimeOptions gives, and the task options from no_pivot; what it does with them is known, and \
                 it implements the sandbox API where it is the sandboxer"
            }
            Self::PodSandbox => "every handler has the sandboxer podsandbox, the default",
            Self::NoPodUserns => "the client is a kubelet, and no pod has hostUsers: false",
            Self::OptionsSet => {
                "every handler has an options table from which something goes into the message"
            }
            Self::RuncAppliesOwner => {
                "a handler whose options are of the runc type leads to shims that make the pipes on the host and \
                 apply an owner to them"
            }
        }
    }
}
