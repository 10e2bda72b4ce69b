//! Inputs of guards that cannot occur, with the source that says so.

use shimproof_model::guards::Guard;

use super::table::shape;

/// Inputs about which no component asks a guard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CannotOccur {
    /// The guard.
    pub guard: Guard,
    /// For each part of an input, the values that it is about; all, if there are none.
    pub inputs: &'static [&'static [&'static str]],
    /// Why nobody asks.
    pub reason: &'static str,
    /// Where that can be read.
    pub source: &'static str,
}

/// What cannot occur. A test fails if a guard is asked about one of these in some scenario.
pub const CANNOT_OCCUR: &[CannotOccur] = &[];

impl CannotOccur {
    fn is_about(&self, parts: &[String]) -> bool {
        self.inputs
            .iter()
            .zip(parts)
            .all(|(values, part)| values.is_empty() || values.contains(&part.as_str()))
    }
}

/// Why an input cannot occur, if it is on the list.
pub fn cannot_occur(guard: Guard, input: usize) -> Option<&'static CannotOccur> {
    let shape = shape(guard)?;
    let parts = shape.inputs.get(input)?;
    CANNOT_OCCUR
        .iter()
        .find(|entry| entry.guard == guard && entry.is_about(parts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_about_inputs_that_exist() {
        for entry in CANNOT_OCCUR {
            let shape = shape(entry.guard).unwrap_or_else(|| panic!("{} has no table", entry.guard));
            assert_eq!(entry.inputs.len(), shape.labels.len(), "{}", entry.reason);
            for (part, values) in entry.inputs.iter().enumerate() {
                for value in *values {
                    let known = shape.inputs.iter().any(|parts| parts[part] == *value);
                    assert!(known, "{} has no `{value}`", entry.guard);
                }
            }
            assert!(!entry.source.is_empty());
        }
    }
}
