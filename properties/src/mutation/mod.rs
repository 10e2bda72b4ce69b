//! Mutants: designs that differ from a given one in one decision, one guard or one behaviour of a row.
//!
//! Guards are decision tables, so a mutant of a guard is another table of the same shape: one entry decides
//! otherwise, or the guard is dropped and decides always the same. Behaviours of a row are mutated to what some
//! other row of the catalogue has, which weakens a guard to its neighbour. What a shim or an OCI runtime does is
//! no design of containerd or the kubelet and is not mutated; nor are the tables of the shims' channels.
//!
//! A mutant that no property, reachability or expectation minds is a survivor. It is *equivalent* if that is
//! computed: in each scenario every reachable state offers the same steps, which [`Explored::first_difference`]
//! finds out state by state. Its input *cannot occur* if no scenario asks the guard about it and
//! [`CANNOT_OCCUR`] says why, with a source. Nothing else excuses one.

mod asked;
mod cannot_occur;
mod cannot_show;
mod explored;
mod field;
mod mutant;
mod nodes;
mod table;

pub use asked::Asked;
pub use cannot_occur::{CANNOT_OCCUR, CannotOccur, Given, Row, cannot_occur};
pub use cannot_show::{CannotShow, cannot_show};
pub use explored::{Difference, Explored};
pub use field::{Component, FieldChange, NOT_MUTATED, field_changes};
pub use mutant::{Change, Mutant, mutants_of_guards};
pub use nodes::CatalogueNode;
pub use table::{Shape, Table, shape};
