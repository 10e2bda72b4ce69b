//! The reply of `<shim> start`, and what containerd reads in it: `parseStartResponse`, core/runtime/v2/shim.go@v2.0.1
//! and @v2.3.4, runtime/v2/shim.go@v1.7.34; runtime/v2/binary.go@v1.6.39 takes the whole reply for an address.

use crate::catalog::{ContainerdRow, ShimRow, StartReplies, StartReply, StartStdin};

/// What a shim writes on the standard output of `start`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    /// The bare address of its socket.
    Address,
    /// JSON with the version of its task API.
    Json,
    /// The message `BootstrapResult`.
    Result,
}

/// What containerd makes of a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Understood {
    /// It connects, and speaks that version of the task API.
    Connects(u8),
    /// The version is above the highest that it speaks.
    VersionTooHigh,
    /// It takes the whole reply for an address, which nobody listens on.
    TakenForAddress,
}

/// In which form a shim answers this release.
pub(crate) fn reply(shim: &ShimRow, containerd: &ContainerdRow) -> Reply {
    let asked = containerd.start_stdin == StartStdin::BootstrapParams;
    match shim.start.replies {
        StartReplies::AddressOrResult | StartReplies::JsonOrResult | StartReplies::BootstrapResult
            if asked =>
        {
            Reply::Result
        }
        StartReplies::BootstrapResult => Reply::Result,
        StartReplies::Address | StartReplies::AddressOrResult => Reply::Address,
        StartReplies::Json | StartReplies::JsonOrResult => Reply::Json,
    }
}

/// What this release makes of the reply of a shim.
pub(crate) fn understood(shim: &ShimRow, containerd: &ContainerdRow) -> Understood {
    let (reads, version) = (containerd.start_reply, shim.protocol);
    match (reads, reply(shim, containerd)) {
        (_, Reply::Address) => Understood::Connects(2),
        (StartReply::Address, _) | (StartReply::JsonUpTo2 | StartReply::JsonUpTo3, Reply::Result) => {
            Understood::TakenForAddress
        }
        (_, Reply::Json) if version > reads.highest() => Understood::VersionTooHigh,
        (_, Reply::Json | Reply::Result) => Understood::Connects(version),
    }
}

/// The version of the task API that this release speaks with a shim; a bare address stands for version 2.
pub fn task_api(shim: &ShimRow, containerd: &ContainerdRow) -> u8 {
    match understood(shim, containerd) {
        Understood::Connects(version) => version,
        Understood::VersionTooHigh | Understood::TakenForAddress => shim.protocol,
    }
}

/// What this release says to a reply that it does not understand, inside its wrappers.
pub(crate) fn error_text(shim: &ShimRow, containerd: &ContainerdRow) -> String {
    const SOCKET: &str = "unix:///run/containerd/s/…";
    let version = shim.protocol;
    if understood(shim, containerd) == Understood::VersionTooHigh {
        return format!("unsupported shim version ({version}): not implemented");
    }
    // An address without a scheme is one in the abstract namespace, of at most 108 bytes (AnonDialer,
    // runtime/v2/shim/util_unix.go@v1.6.39 and @v1.7.34); the NUL before it shows nowhere. From 2.0 on a scheme that
    // is not known is refused before.
    let wrapper = match containerd.start_reply {
        StartReply::Address => "",
        StartReply::JsonUpTo2 | StartReply::JsonUpTo3 | StartReply::BootstrapResult => {
            "failed to create TTRPC connection: "
        }
    };
    match reply(shim, containerd) {
        Reply::Result
            if matches!(
                containerd.start_reply,
                StartReply::Address | StartReply::JsonUpTo2
            ) =>
        {
            let message = format!("\u{8}\u{3}\u{12}Y{SOCKET}\u{1a}\u{5}ttrpc");
            format!("{wrapper}dial unix {message}: connect: connection refused")
        }
        Reply::Result => format!("{wrapper}unsupported protocol: \u{8}\u{3}\u{12}Yunix"),
        Reply::Json if shim.start.replies == StartReplies::JsonOrResult => {
            let json = format!(r#"{{"address":"{SOCKET}","protocol":"ttrpc","version":{version}}}"#);
            format!("{wrapper}dial unix {json}: connect: invalid argument")
        }
        Reply::Json | Reply::Address => {
            let json = format!(r#"{{"version":{version},"address":"{SOCKET}","protocol":"ttrpc"}}"#);
            format!("{wrapper}dial unix {json}: connect: invalid argument")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;

    fn pair(shim: (&str, &str), containerd: &str) -> (ShimRow, ContainerdRow) {
        let catalog = Catalog::embedded();
        let shim = catalog.shim_row(shim.0, shim.1).unwrap().clone();
        let row = catalog.containerd_row(containerd).unwrap().clone();
        (shim, row)
    }

    #[test]
    fn a_release_reads_the_replies_of_its_own_shim() {
        let catalog = Catalog::embedded();
        for row in catalog.containerd() {
            let shim = catalog.shim_row_by_id(&row.shipped_shim).unwrap();
            assert!(
                matches!(understood(shim, row), Understood::Connects(_)),
                "{} with {}",
                row.id,
                shim.id
            );
        }
    }

    #[test]
    fn a_shim_of_a_later_release_is_not_understood() {
        let cases = [
            (("runc-go", "v2.0.0"), "v1.7.27", Understood::VersionTooHigh),
            (("runc-go", "v2.0.0"), "v1.6.38", Understood::TakenForAddress),
            (("runc-go", "v2.3.0"), "v1.7.27", Understood::TakenForAddress),
            (("runc-go", "v2.3.0"), "v2.2.6", Understood::TakenForAddress),
            (
                ("runsc", "release-20260601.0"),
                "v1.6.38",
                Understood::TakenForAddress,
            ),
            (
                ("runsc", "release-20260601.0"),
                "v1.7.27",
                Understood::Connects(2),
            ),
            (("runc-go", "v1.7.27"), "v2.3.4", Understood::Connects(2)),
            (("systemd-shim", "2026-07-20"), "v2.2.6", Understood::Connects(2)),
            (("systemd-shim", "2026-07-20"), "v2.3.4", Understood::Connects(3)),
        ];
        for (shim, containerd, expected) in cases {
            let (shim, row) = pair(shim, containerd);
            assert_eq!(understood(&shim, &row), expected, "{} with {}", row.id, shim.id);
        }
    }

    #[test]
    fn the_words_are_those_of_the_release() {
        for (shim, containerd, text) in [
            (
                "v2.0.0",
                "v1.7.27",
                "unsupported shim version (3): not implemented",
            ),
            (
                "v2.0.0",
                "v1.6.38",
                "dial unix {\"version\":3,\"address\":\"unix:///run/containerd/s/…\",\"protocol\":\"ttrpc\"}: connect: invalid argument",
            ),
            (
                "v2.3.0",
                "v1.7.27",
                "failed to create TTRPC connection: dial unix \u{8}\u{3}\u{12}Yunix:///run/containerd/s/…\u{1a}\u{5}ttrpc: connect: connection refused",
            ),
            (
                "v2.3.0",
                "v2.2.6",
                "failed to create TTRPC connection: unsupported protocol: \u{8}\u{3}\u{12}Yunix",
            ),
        ] {
            let (shim, row) = pair(("runc-go", shim), containerd);
            assert_eq!(error_text(&shim, &row), text);
        }
    }
}
