//! How the value of a row's field is known.

use crate::finite::finite_enum;

finite_enum! {
    /// How a fact is known, from the strongest to the weakest.
    pub enum Known {
        /// Seen when real components were run.
        Executed = "executed",
        /// Read in the source at the tags of the row.
        Read = "read",
        /// Concluded from other facts; neither run nor read.
        Inferred = "inferred",
        /// Neither a fact nor known: a design file proposes it.
        Proposed = "proposed",
    }
}

/// What every row of the catalogue has.
pub trait Row {
    /// The name of the row, unique in its file.
    fn id(&self) -> &str;
    /// Public sources, as `path@tag`, issue or pull request.
    fn sources(&self) -> &[String];
    /// Keys whose value was seen when real components were run.
    fn executed(&self) -> &[String];
    /// Keys whose value is only inferred.
    fn inferred(&self) -> &[String];
    /// Keys whose value no release has: a design file proposes it.
    fn proposed(&self) -> &[String] {
        &[]
    }
    /// What a reader of the row should know besides.
    fn notes(&self) -> Option<&str>;
    /// The keys that `executed` and `inferred` may name.
    fn keys() -> Vec<&'static str>
    where
        Self: Sized;

    /// How the value of `key` is known: read in the source, unless the row says otherwise.
    fn known(&self, key: &str) -> Known {
        if self.proposed().iter().any(|k| k == key) {
            Known::Proposed
        } else if self.inferred().iter().any(|k| k == key) {
            Known::Inferred
        } else if self.executed().iter().any(|k| k == key) {
            Known::Executed
        } else {
            Known::Read
        }
    }
}

/// Implements [`Row`] for a struct with the fields `id`, `sources`, `executed`, `inferred` and `notes`, and
/// `proposed` where a design can change the row.
macro_rules! row {
    ($row:ty, $field:ty $(, $proposed:ident)?) => {
        impl $crate::catalog::provenance::Row for $row {
            fn id(&self) -> &str {
                &self.id
            }
            fn sources(&self) -> &[String] {
                &self.sources
            }
            fn executed(&self) -> &[String] {
                &self.executed
            }
            fn inferred(&self) -> &[String] {
                &self.inferred
            }
            $(fn proposed(&self) -> &[String] {
                &self.$proposed
            })?
            fn notes(&self) -> Option<&str> {
                self.notes.as_deref()
            }
            fn keys() -> Vec<&'static str> {
                <$field as $crate::finite::Finite>::all()
                    .map(<$field>::as_str)
                    .collect()
            }
        }
    };
}
pub(crate) use row;
