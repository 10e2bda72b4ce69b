//! The kubelet: when it calls the CRI, and with which user-namespace options.

mod reply;
mod sync_pod;
mod update_runtime_up;
mod user_namespace_mappings;

pub(crate) use update_runtime_up::{next_status, update_runtime_up};
