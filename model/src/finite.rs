//! Finite types and total decision tables over them.
//!
//! A guard of a component is a [`DecisionTable`]: one decision for every combination of its inputs, none
//! missing. A release row names a table; a mutant or a proposed design is another table of the same shape.

use std::fmt;
use std::marker::PhantomData;

/// A type with finitely many values, numbered from 0 without gaps.
pub trait Finite: Copy + fmt::Debug {
    /// How many values there are.
    const CARDINALITY: usize;
    /// The number of this value, below [`Self::CARDINALITY`].
    fn index(self) -> usize;
    /// The value with this number; `None` at or above [`Self::CARDINALITY`].
    fn from_index(index: usize) -> Option<Self>;
    /// The names of its parts: one, but for a combination.
    fn parts(self) -> Vec<String> {
        vec![format!("{self:?}")]
    }
    /// All values in the order of their numbers.
    fn all() -> impl Iterator<Item = Self> {
        (0..Self::CARDINALITY).filter_map(Self::from_index)
    }
}

impl Finite for bool {
    const CARDINALITY: usize = 2;
    fn index(self) -> usize {
        usize::from(self)
    }
    fn from_index(index: usize) -> Option<Self> {
        match index {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl<A: Finite, B: Finite> Finite for (A, B) {
    const CARDINALITY: usize = A::CARDINALITY * B::CARDINALITY;
    fn index(self) -> usize {
        self.0.index() * B::CARDINALITY + self.1.index()
    }
    fn from_index(index: usize) -> Option<Self> {
        Some((
            A::from_index(index / B::CARDINALITY)?,
            B::from_index(index % B::CARDINALITY)?,
        ))
    }
    fn parts(self) -> Vec<String> {
        [self.0.parts(), self.1.parts()].concat()
    }
}

impl<A: Finite, B: Finite, C: Finite> Finite for (A, B, C) {
    const CARDINALITY: usize = A::CARDINALITY * B::CARDINALITY * C::CARDINALITY;
    fn index(self) -> usize {
        ((self.0, self.1).index()) * C::CARDINALITY + self.2.index()
    }
    fn from_index(index: usize) -> Option<Self> {
        let (a, b) = <(A, B)>::from_index(index / C::CARDINALITY)?;
        Some((a, b, C::from_index(index % C::CARDINALITY)?))
    }
    fn parts(self) -> Vec<String> {
        [self.0.parts(), self.1.parts(), self.2.parts()].concat()
    }
}

/// Declares an enum whose variants are its finite values, each with the name it has in files and reports.
macro_rules! finite_enum {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Deserialize, serde::Serialize, schemars::JsonSchema)]
        $vis enum $name { $($(#[$vmeta])* #[serde(rename = $text)] $variant),+ }

        impl $crate::finite::Finite for $name {
            const CARDINALITY: usize = [$($name::$variant),+].len();
            fn index(self) -> usize { self as usize }
            fn from_index(index: usize) -> Option<Self> {
                const ALL: &[$name] = &[$($name::$variant),+];
                ALL.get(index).copied()
            }
            fn parts(self) -> Vec<String> { vec![self.as_str().to_owned()] }
        }

        impl $name {
            /// The name of this value in files and reports.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.as_str()) }
        }
    };
}
pub(crate) use finite_enum;

/// One decision for each combination of finite inputs.
#[derive(Clone, PartialEq, Eq)]
pub struct DecisionTable<I, O> {
    name: String,
    decisions: Vec<O>,
    inputs: PhantomData<fn(I)>,
}

impl<I: Finite, O: Copy> DecisionTable<I, O> {
    /// Tabulates `decide` over every combination of inputs; `name` is what reports call the table.
    pub fn tabulate(name: impl Into<String>, decide: impl Fn(I) -> O) -> Self {
        Self {
            name: name.into(),
            decisions: I::all().map(decide).collect(),
            inputs: PhantomData,
        }
    }

    /// What reports call this table.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The decision for these inputs.
    pub fn decide(&self, input: I) -> O {
        self.decisions[input.index()]
    }

    /// Decides otherwise for these inputs; `name` is what reports call the table from now on.
    pub fn redecide(&mut self, input: I, decision: O, name: impl Into<String>) {
        self.decisions[input.index()] = decision;
        self.name = name.into();
    }
}

impl<I: Finite, O: fmt::Debug> fmt::Debug for DecisionTable<I, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "DecisionTable({}, {} entries)",
            self.name,
            self.decisions.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tuples_number_every_combination_once() {
        type Input = (bool, bool, bool);
        let seen: Vec<usize> = Input::all().map(Finite::index).collect();
        assert_eq!(seen, (0..8).collect::<Vec<_>>());
        assert_eq!(Input::from_index(8), None);
    }

    #[test]
    fn a_table_that_decides_otherwise_does_so_for_one_input() {
        let mut table = DecisionTable::tabulate("and", |(a, b): (bool, bool)| a && b);
        table.redecide((true, false), true, "first");
        let decisions: Vec<bool> = <(bool, bool)>::all().map(|input| table.decide(input)).collect();
        assert_eq!(decisions, [false, false, true, true]);
        assert_eq!(table.name(), "first");
    }

    #[test]
    fn a_combination_has_the_names_of_its_parts() {
        use crate::userns::UsernsMode;
        assert_eq!((UsernsMode::Node, true).parts(), ["NODE", "true"]);
    }

    #[test]
    fn a_table_answers_for_every_input() {
        let table = DecisionTable::tabulate("and", |(a, b): (bool, bool)| a && b);
        for input in <(bool, bool)>::all() {
            assert_eq!(table.decide(input), input.0 && input.1);
        }
    }
}
