//! containerd: CRI plugin, client, tasks service, task manager and shim manager, in the order of a request.
//!
//! The files are named for those of containerd; functions carry the names that they have there.

mod container_create;
mod container_start;
mod introspect;
mod new_task;
mod parse_userns;
mod sandbox_run;
mod shim_manager;
mod task_manager;
mod task_opts;

pub(crate) use introspect::start_containerd;
