//! Sequence diagrams of traces: who sent what to whom, which guard decided, where it broke.
//!
//! [`Sequence::of`] turns a trace into lifelines and events; [`mermaid`] and [`svg`] draw them.

pub(crate) mod layout;
mod mermaid;
mod sequence;
mod svg;

pub use mermaid::mermaid;
pub use sequence::{Event, Lifeline, Sequence};
pub use svg::svg;
pub(crate) use svg::{STYLE, embedded_svg};
