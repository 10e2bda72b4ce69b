//! User-namespace options of the CRI, `NamespaceOption.userns_options`.

use crate::finite::finite_enum;

/// What one configuration of a request carries.
///
/// A kubelet sends the first three only; a client such as crictl or critest can send any.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Userns<M> {
    /// No options.
    Nil,
    /// Mode NODE without mappings.
    Node,
    /// Mode POD with one line of mappings.
    Pod(M),
    /// The configuration has no `linux` section at all.
    LinuxNil,
    /// Mode NODE with mappings.
    NodeWithMappings,
    /// Mode POD without mappings.
    PodWithoutMappings,
    /// Mode POD with two lines of mappings.
    PodTwoLines,
    /// Mode POD with a line of length 0.
    PodZeroLength,
    /// Mode CONTAINER.
    Container,
    /// Mode TARGET.
    Target,
}

finite_enum! {
    /// The mode, as guards see it.
    pub enum UsernsMode {
        /// The configuration has no `linux` section.
        LinuxNil = "no linux section",
        /// No options.
        Nil = "nil",
        /// Mode NODE.
        Node = "NODE",
        /// Mode POD.
        Pod = "POD",
        /// Mode CONTAINER.
        Container = "CONTAINER",
        /// Mode TARGET.
        Target = "TARGET",
    }
}

impl<M: Copy> Userns<M> {
    /// The mode.
    pub fn mode(self) -> UsernsMode {
        match self {
            Self::LinuxNil => UsernsMode::LinuxNil,
            Self::Nil => UsernsMode::Nil,
            Self::Node | Self::NodeWithMappings => UsernsMode::Node,
            Self::Pod(_) | Self::PodWithoutMappings | Self::PodTwoLines | Self::PodZeroLength => {
                UsernsMode::Pod
            }
            Self::Container => UsernsMode::Container,
            Self::Target => UsernsMode::Target,
        }
    }

    /// The mapping of well-formed options of mode POD.
    pub fn mapping(self) -> Option<M> {
        match self {
            Self::Pod(mapping) => Some(mapping),
            _ => None,
        }
    }
}

impl<M> std::fmt::Display for Userns<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Nil => "UsernsOptions nil",
            Self::Node => "UsernsOptions NODE",
            Self::Pod(_) => "UsernsOptions POD with a mapping",
            Self::LinuxNil => "no linux section",
            Self::NodeWithMappings => "UsernsOptions NODE with mappings",
            Self::PodWithoutMappings => "UsernsOptions POD without mappings",
            Self::PodTwoLines => "UsernsOptions POD with two lines of mappings",
            Self::PodZeroLength => "UsernsOptions POD with a mapping of length 0",
            Self::Container => "UsernsOptions CONTAINER",
            Self::Target => "UsernsOptions TARGET",
        })
    }
}
