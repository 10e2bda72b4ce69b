//! The machine: kubelet, containerd and shims, the messages between them, and the catalogue of releases.
//!
//! # What this model does not promise
//!
//! It follows the runtime options and what decides about them. It does not model images, networks, resources,
//! admission by other components, or time; an RPC deadline or a crash can strike between any two messages, and
//! a crash inside a step counts as one before it. A pod has at most two containers and makes one call at a
//! time; of several attempts at a container the latest record is kept. What a release does is what its
//! [`catalog`] row says, and each field of a row says how it is known.
//!
//! # How it is written
//!
//! Control is generic over a [`Domain`] of values: [`Abstract`] is finite, so that every behaviour can be
//! explored; another domain can carry real bytes. A [`step()`] reads and writes the [`Environment`] and at most
//! one [`Pod`]; [`Node`] is only storage. Guards are total decision tables ([`guards`]), which a row names.
//! Functions carry the names of the Go functions that they model, and their docs give the source.

pub mod abstraction;
pub mod catalog;
mod containerd;
mod domain;
mod environment;
mod fault;
mod finite;
pub mod guards;
mod kubelet;
pub mod log;
mod node;
pub mod packing;
mod pod;
mod refusal;
mod refusal_text;
mod shim;
mod step;
pub mod trace;
mod type_url;
mod userns;
pub mod world;

pub use abstraction::Abstract;
pub use domain::{CannotUnmarshal, Domain, NotMapped, User, Value};
pub use environment::{ContainerdState, CriStatus, Environment, Introspected, KubeletState, StartFailure};
pub use fault::{EnvironmentAction, is_fault, step_environment, step_pod_after_environment};
pub use finite::{DecisionTable, Finite};
pub use node::{Action, Node, enabled_environment, enabled_pod};
pub use pod::{
    Call, Channel, Container, ContainerState, InFlight, LeftBehind, Phase, Pod, Sandbox, SandboxState,
    Server, Target, ToShim,
};
pub use refusal::{Refusal, Stage, UnsupportedMode};
pub use refusal_text::oci_create_text;
pub use shim::{Delivered, Delivery, delivered, task_api};
pub use step::{PodAction, step};
pub use type_url::TypeUrl;
pub use userns::{Userns, UsernsMode};
pub use world::World;
