//! The graph of a scenario's states: drawn, folded by what one looks at, and cut where every bad run passes.

mod bottleneck;
mod explore;
mod formats;
mod quotient;
mod svg;

pub use bottleneck::{Bottleneck, GuardedTransition};
pub use explore::{GraphError, State, StateGraph, Transition};
pub use formats::{dot, graphml, text};
pub use quotient::{Class, OUTCOME, Quotient, Step};
pub use svg::svg;
