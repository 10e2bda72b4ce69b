//! wip
#![allow(missing_docs)]
pub mod wire;
pub use wire::Wire;
