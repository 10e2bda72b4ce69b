//! Shims: what they do with the options on each channel, and the OCI runtime behind them.

mod create;
mod delivered;
mod info;
mod oci_create;
mod start;

pub use delivered::{Delivered, Delivery, delivered};
pub(crate) use info::reported_features;
