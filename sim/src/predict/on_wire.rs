//! The bytes that leave containerd on each channel.

use prost::Message as _;
use shimproof_model::Channel;
use shimproof_model::catalog::StartStdin;

use crate::wire::Any;
use crate::wire::message::{BootstrapParams, CreateTaskRequest, Extension};

/// The namespace of Kubernetes in containerd.
const NAMESPACE: &str = "k8s.io";

/// Where containerd keeps the bundles of tasks.
const BUNDLES: &str = "/run/containerd/io.containerd.runtime.v2.task/k8s.io";

/// Binaries that are written a bare `Any` in every release (pkg/shim/util.go@v2.3.4).
const EXCEPTED: [&str; 2] = ["shim-runc-v1", "shim-runhcs-v1"];

/// To whom and by whom a message is sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sending<'a> {
    pub channel: Channel,
    /// The id of the task.
    pub id: &'a str,
    /// The file name of the shim's binary.
    pub binary: &'a str,
    /// How the release writes the standard input of `start`.
    pub framing: StartStdin,
    /// What the operator calls the release.
    pub release: &'a str,
}

/// The request of Create, or the standard input of `start` or `-info`; none where nothing is written.
pub(super) fn bytes(sending: Sending<'_>, options: Option<&Any>) -> Option<Vec<u8>> {
    let any = options.map(Any::on_wire);
    match sending.channel {
        Channel::Create => Some(
            CreateTaskRequest {
                id: sending.id.to_owned(),
                bundle: format!("{BUNDLES}/{}", sending.id),
                options: any,
                ..CreateTaskRequest::default()
            }
            .encode_to_vec(),
        ),
        Channel::Info => any.map(|any| any.encode_to_vec()),
        Channel::Start => {
            let excepted = EXCEPTED.iter().any(|name| sending.binary.contains(name));
            match sending.framing {
                StartStdin::Nothing => None,
                StartStdin::BootstrapParams if !excepted => {
                    let extension = any.map(|any| Extension { value: Some(any) });
                    let params = BootstrapParams {
                        instance_id: sending.id.to_owned(),
                        namespace: NAMESPACE.to_owned(),
                        containerd_version: sending.release.to_owned(),
                        containerd_ttrpc_address: "/run/containerd/containerd.sock.ttrpc".to_owned(),
                        containerd_grpc_address: "/run/containerd/containerd.sock".to_owned(),
                        containerd_binary: "/usr/local/bin/containerd".to_owned(),
                        extensions: extension.into_iter().collect(),
                        ..BootstrapParams::default()
                    };
                    Some(params.encode_to_vec())
                }
                StartStdin::RawAny | StartStdin::BootstrapParams => any.map(|any| any.encode_to_vec()),
            }
        }
    }
}
