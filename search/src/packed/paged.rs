//! A vector that never moves.

/// A growing array in pages of `1 << BITS` items. Growth moves nothing (but the first page, while it is the
/// only one), so it costs no copies and leaves no holes in the heap, and at most one page stands empty.
#[derive(Debug)]
pub(super) struct Paged<T, const BITS: u32> {
    pages: Vec<Vec<T>>,
    len: usize,
}

impl<T: Copy, const BITS: u32> Paged<T, BITS> {
    const PAGE: usize = 1 << BITS;
    const MASK: usize = Self::PAGE - 1;

    pub(super) const fn new() -> Self {
        Self {
            pages: Vec::new(),
            len: 0,
        }
    }

    #[inline]
    pub(super) const fn len(&self) -> usize {
        self.len
    }

    #[inline]
    pub(super) fn get(&self, index: usize) -> &T {
        &self.pages[index >> BITS][index & Self::MASK]
    }

    #[inline]
    pub(super) fn get_mut(&mut self, index: usize) -> &mut T {
        &mut self.pages[index >> BITS][index & Self::MASK]
    }

    /// The room that there is.
    pub(super) fn capacity(&self) -> usize {
        Self::rounded(self.pages.first().map_or(0, Vec::capacity), self.pages.len())
    }

    /// The room that there would be after `reserve`.
    pub(super) fn capacity_for(&self, len: usize) -> usize {
        if len <= self.capacity() {
            return self.capacity();
        }
        let first = len.max(4).next_power_of_two().min(Self::PAGE);
        Self::rounded(first, len.div_ceil(Self::PAGE))
    }

    const fn rounded(first: usize, pages: usize) -> usize {
        if pages > 1 { pages * Self::PAGE } else { first }
    }

    /// Makes room for `len` items in all. Whether the memory was there.
    pub(super) fn reserve(&mut self, len: usize) -> bool {
        if len <= self.capacity() {
            return true;
        }
        let target = self.capacity_for(len);
        let pages = len.div_ceil(Self::PAGE);
        if self.pages.try_reserve(pages - self.pages.len()).is_err() {
            return false;
        }
        if self.pages.is_empty() {
            self.pages.push(Vec::new());
        }
        let first = &mut self.pages[0];
        let wanted = target.min(Self::PAGE);
        if first.try_reserve_exact(wanted - first.len()).is_err() {
            return false;
        }
        while self.pages.len() < pages {
            let mut page = Vec::new();
            if page.try_reserve_exact(Self::PAGE).is_err() {
                return false;
            }
            self.pages.push(page);
        }
        true
    }

    /// Adds an item for which there is room.
    #[inline]
    pub(super) fn push(&mut self, item: T) {
        self.pages[self.len >> BITS].push(item);
        self.len += 1;
    }

    /// Makes it `len` copies of an item, for which there is room.
    pub(super) fn fill(&mut self, len: usize, item: T) {
        let mut left = len;
        for page in &mut self.pages {
            page.clear();
            page.resize(left.min(Self::PAGE), item);
            left -= page.len();
        }
        self.len = len - left;
    }

    /// The items of a range, page by page.
    pub(super) fn slices(&self, from: usize, count: usize) -> impl Iterator<Item = &[T]> {
        let end = from + count;
        let pages = from >> BITS..end.div_ceil(Self::PAGE).max(from >> BITS);
        pages.map(move |page| {
            let base = page << BITS;
            &self.pages[page][from.max(base) - base..end.min(base + Self::PAGE) - base]
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn is_a_vector(len in 0_usize..70, from in 0_usize..70, count in 0_usize..70) {
            let mut paged: Paged<usize, 3> = Paged::new();
            for item in 0..len {
                let promised = paged.capacity_for(item + 1);
                prop_assert!(paged.reserve(item + 1));
                prop_assert_eq!(paged.capacity(), promised);
                paged.push(item);
            }
            prop_assert_eq!(paged.len(), len);
            let from = from.min(len);
            let count = count.min(len - from);
            let sliced: Vec<usize> = paged.slices(from, count).flatten().copied().collect();
            prop_assert_eq!(sliced, (from..from + count).collect::<Vec<_>>());
            for item in 0..len {
                prop_assert_eq!(*paged.get(item), item);
            }
        }
    }
}
