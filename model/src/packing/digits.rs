//! Numbers in mixed radix, and codes for the values of a set.

use std::hash::Hash;

use rustc_hash::FxHashMap;

use super::Misfit;

/// Writes digits of different radices into one number, the first one lowest.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) code: u64,
    scale: u64,
}

impl Writer {
    pub(super) const fn new() -> Self {
        Self { code: 0, scale: 1 }
    }

    /// Adds a digit; `field` is what it belongs to.
    #[inline]
    pub(super) fn put(
        &mut self,
        field: &'static str,
        digit: impl Into<u64>,
        radix: impl Into<u64>,
    ) -> Result<(), Misfit> {
        let (digit, radix) = (digit.into(), radix.into());
        if digit >= radix {
            return Err(Misfit { field });
        }
        self.code += digit * self.scale;
        self.scale *= radix;
        Ok(())
    }
}

/// Reads what a [`Writer`] wrote.
#[derive(Debug)]
pub(super) struct Reader(pub(super) u64);

impl Reader {
    #[inline]
    pub(super) fn take(&mut self, radix: impl Into<u64>) -> u64 {
        let radix = radix.into();
        let digit = self.0 % radix;
        self.0 /= radix;
        digit
    }

    /// A digit of a radix that fits a byte.
    #[inline]
    pub(super) fn byte(&mut self, radix: impl Into<u64>) -> u8 {
        byte(self.take(radix))
    }

    #[inline]
    pub(super) fn yes(&mut self) -> bool {
        self.take(2_u64) != 0
    }
}

/// A number that is known to be below 256.
#[inline]
pub(super) const fn byte(number: u64) -> u8 {
    debug_assert!(number < 256);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the radix it was read with is at most 256"
    )]
    let byte = number as u8;
    byte
}

/// The bits that numbers below `values` need.
pub(super) const fn bits_for(values: u64) -> u32 {
    u64::BITS - values.saturating_sub(1).leading_zeros()
}

/// The values of a finite set, numbered in the order in which they were found.
#[derive(Clone, Debug)]
pub(super) struct Codes<T> {
    values: Vec<T>,
    numbers: FxHashMap<T, u32>,
}

impl<T: Copy + Eq + Hash> Codes<T> {
    pub(super) fn of(found: impl IntoIterator<Item = T>) -> Self {
        let mut codes = Self {
            values: Vec::new(),
            numbers: FxHashMap::default(),
        };
        for value in found {
            codes.add(value);
        }
        codes
    }

    /// Whether it is new.
    pub(super) fn add(&mut self, value: T) -> bool {
        let number = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        let new = !self.numbers.contains_key(&value);
        if new {
            self.numbers.insert(value, number);
            self.values.push(value);
        }
        new
    }

    pub(super) fn len(&self) -> u64 {
        self.values.len() as u64
    }

    pub(super) fn get(&self, number: usize) -> Option<T> {
        self.values.get(number).copied()
    }

    #[inline]
    pub(super) fn number(&self, field: &'static str, value: &T) -> Result<u64, Misfit> {
        self.numbers
            .get(value)
            .map(|number| u64::from(*number))
            .ok_or(Misfit { field })
    }

    /// The value of a number that [`Self::number`] gave.
    #[inline]
    pub(super) fn value(&self, number: u64) -> T {
        self.values[usize::try_from(number).unwrap_or(usize::MAX)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_come_back_in_their_order() {
        let mut writer = Writer::new();
        for (digit, radix) in [(2_u64, 3_u64), (0, 1), (6, 7), (1, 2)] {
            writer.put("digit", digit, radix).unwrap();
        }
        assert_eq!(
            writer.put("too large", 5_u64, 5_u64),
            Err(Misfit { field: "too large" })
        );
        let mut reader = Reader(writer.code);
        assert_eq!([3_u64, 1, 7, 2].map(|radix| reader.take(radix)), [2, 0, 6, 1]);
    }

    #[test]
    fn bits_are_just_enough() {
        assert_eq!(
            [0, 1, 2, 3, 4, 5, 256, 257].map(bits_for),
            [0, 0, 1, 2, 2, 3, 8, 9]
        );
    }
}
