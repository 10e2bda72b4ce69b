//! Shims: what they do with the options on each channel, and the OCI runtime behind them.

mod create;
mod delivered;
mod info;
mod oci_create;
mod reply;
mod start;

pub use delivered::{Delivered, Delivery, delivered};
pub(crate) use info::reported_features;
pub use reply::task_api;
pub(crate) use reply::{Understood, error_text, understood};
