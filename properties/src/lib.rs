//! What must hold of the machine, one property a file.
//!
//! A property is a predicate over the environment and one pod, generic over the domain of values, so that
//! exhaustive search and concrete runs share it. [`Machine`] is the machine of `shimproof-model` as a transition
//! system; [`check`] decides a list of properties on it.

mod can_recover;
mod catalog;
mod check;
mod containerd_guards_itself;
mod endpoint_carried;
mod every_handler_asked;
mod fairness;
mod host_network_declared;
mod hostusers_carried;
pub mod induction;
mod live;
mod machine;
mod mappings_disjoint;
pub mod mutation;
mod never_misread;
mod no_leaked_shim;
mod options_accepted;
mod options_agree;
mod options_in_force;
mod options_preserved;
mod ordinary_pod_requested;
mod own_files_owned;
mod owner_is_process_owner;
mod owner_needs_userns;
mod owner_only_if_applied;
mod packed_machine;
mod pipe_openable;
mod property;
pub mod reachability;
mod requested_pod_runs;
mod start_per_container;
mod type_as_configured;
mod userns_honoured;
mod userns_only_if_asked;
mod validated_as_created;
mod whole_runs;

pub use catalog::{all, find, policies, policies_of};
pub use check::{CheckError, Covered, Engine, Finding, Findings, check};
pub use containerd_guards_itself::{containerd_guards_itself, under_any_client};
pub use fairness::Process;
pub use live::{Counterexample, LiveFinding, LiveFindings, LiveProperty, check_live, find_live, live};
pub use machine::{Machine, Taken};
pub use packed_machine::{ACTION_KINDS, GuardCoverage, PackedMachine, PackedStep};
pub use property::{About, Between, Broken, OfTwo, Property, PropertyKind, Shown, Since};
