//! Choices, made one after another and tried in every way.
//!
//! A state is drawn field by field, when a field is first read (C. Boyapati, S. Khurshid, D. Marinov: *Korat:
//! Automated Testing Based on Java Predicates*, ISSTA 2002). Whoever draws is run again for each further way of
//! choosing, so that loops over fields need not be written, and fields that nobody reads are never varied.

use super::field::{Field, Fields};

/// Why a run ends early.
#[derive(Debug)]
pub(super) enum Stop<B> {
    /// There is no such state.
    NoState,
    /// What was to be shown does not hold.
    Broken(B),
}

/// What stands for a field that was not drawn.
const UNDRAWN: u16 = u16::MAX;

/// The values of the fields that were drawn.
#[derive(Clone, Debug)]
pub(super) struct Values([u16; 64]);

impl Default for Values {
    fn default() -> Self {
        Self([UNDRAWN; 64])
    }
}

impl Values {
    pub fn get(&self, field: Field) -> Option<u16> {
        Some(self.0[field as usize]).filter(|value| *value != UNDRAWN)
    }

    pub fn set(&mut self, field: Field, value: u16) {
        self.0[field as usize] = value;
    }
}

/// Where choices come from.
#[derive(Clone, Debug)]
enum Source {
    /// Every way is tried, in order.
    Every(Vec<Choice>),
    /// By chance: numbers, one for each field.
    #[cfg(test)]
    Chance(Vec<u16>),
    /// As in a state that was drawn before.
    #[cfg(test)]
    Guided(Values),
}

#[derive(Clone, Copy, Debug)]
struct Choice {
    taken: u16,
    of: u16,
}

/// A sequence of choices.
#[derive(Clone, Debug)]
pub(super) struct Tape {
    source: Source,
    at: usize,
    pub values: Values,
    pub support: Fields,
}

impl Tape {
    /// Tries every way.
    pub fn every() -> Self {
        Self::new(Source::Every(Vec::new()))
    }

    #[cfg(test)]
    pub fn chance(numbers: Vec<u16>) -> Self {
        Self::new(Source::Chance(numbers))
    }

    #[cfg(test)]
    pub fn guided(values: Values) -> Self {
        Self::new(Source::Guided(values))
    }

    fn new(source: Source) -> Self {
        Self {
            source,
            at: 0,
            values: Values::default(),
            support: Fields::default(),
        }
    }

    /// The value of a field: one of `count`, of which `value` gives each. The same field is drawn once. Where a step
    /// cannot tell some values apart, `class` says which one stands for a value.
    pub fn draw<B>(
        &mut self,
        field: Field,
        count: usize,
        value: impl Fn(usize) -> u16,
        class: impl Fn(u16) -> u16,
    ) -> Result<u16, Stop<B>> {
        if let Some(drawn) = self.values.get(field) {
            return Ok(drawn);
        }
        #[cfg(not(test))]
        let _ = class;
        if count == 0 {
            return Err(Stop::NoState);
        }
        let taken = match &mut self.source {
            Source::Every(choices) => {
                if self.at == choices.len() {
                    choices.push(Choice {
                        taken: 0,
                        of: u16::try_from(count).unwrap_or(u16::MAX),
                    });
                }
                self.at += 1;
                usize::from(choices[self.at - 1].taken)
            }
            #[cfg(test)]
            Source::Chance(numbers) => usize::from(numbers[field as usize]) % count,
            #[cfg(test)]
            Source::Guided(values) => {
                let wanted = values.get(field).map(class);
                (0..count)
                    .find(|index| Some(value(*index)) == wanted)
                    .unwrap_or_else(|| panic!("{field:?} = {wanted:?} is not among the {count} values"))
            }
        };
        self.support.insert(field);
        self.values.set(field, value(taken));
        Ok(value(taken))
    }

    /// Begins anew, with the next way of choosing; false if every way was tried.
    pub fn advance(&mut self) -> bool {
        let at = self.at;
        self.rewind();
        match &mut self.source {
            Source::Every(choices) => {
                choices.truncate(at);
                while let Some(last) = choices.last_mut() {
                    last.taken += 1;
                    if last.taken < last.of {
                        return true;
                    }
                    choices.pop();
                }
                false
            }
            #[cfg(test)]
            Source::Chance(_) | Source::Guided(_) => false,
        }
    }

    fn rewind(&mut self) {
        self.at = 0;
        self.values = Values::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_of_choosing_is_tried_once_and_unread_fields_are_not_varied() {
        let mut tape = Tape::every();
        let mut seen = Vec::new();
        loop {
            let draw = |tape: &mut Tape, field, count: usize| {
                let value = |index| u16::try_from(index).unwrap();
                tape.draw::<()>(field, count, value, |value| value).unwrap()
            };
            let first = draw(&mut tape, Field::Gate, 2);
            // The second field is read in one of the cases only.
            let second = (first == 1).then(|| draw(&mut tape, Field::Network, 3));
            seen.push((first, second));
            if !tape.advance() {
                break;
            }
        }
        assert_eq!(seen, [(0, None), (1, Some(0)), (1, Some(1)), (1, Some(2))]);
        assert!(tape.support.contains(Field::Network) && !tape.support.contains(Field::Phase));
    }
}
