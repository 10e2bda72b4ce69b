//! Messages on the wire, with the field numbers of their `.proto` files.

mod bootstrap;
mod linux;
mod runc;
mod runhcs;
mod runtimeoptions;
mod task;

pub use bootstrap::{BootstrapParams, Extension};
pub use linux::{CreateOptions, RuncOptions};
pub use runc::Options as RuncV1Options;
pub use runhcs::Options as RunhcsOptions;
pub use runtimeoptions::{CriOptions as CriRuntimeOptions, Options as RuntimeOptions};
pub use task::{Any, CreateTaskRequest, Mount};
