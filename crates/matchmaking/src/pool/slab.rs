/// How many entries share an allocation. Growing adds a page and never moves what is there.
const PAGE: usize = 1024;

/// Values under small, dense numbers that are used again. Pages, so that a million entries never are copied at once.
#[derive(Debug)]
pub(super) struct Slab<T> {
    pages: Vec<Vec<Slot<T>>>,
    /// The number freed last.
    free: Option<u32>,
}

#[derive(Debug)]
enum Slot<T> {
    Used(T),
    /// The number freed before this one.
    Free(Option<u32>),
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { pages: Vec::new(), free: None }
    }
}

impl<T> Slab<T> {
    /// Stores `value` and tells its number.
    pub(super) fn insert(&mut self, value: T) -> u32 {
        if let Some(number) = self.free
            && let Some(slot) = slot_mut(&mut self.pages, number)
            && let Slot::Free(next) = *slot
        {
            *slot = Slot::Used(value);
            self.free = next;
            return number;
        }
        let full = self.pages.last().is_none_or(|page| page.len() == PAGE);
        if full {
            self.pages.push(Vec::with_capacity(if self.pages.is_empty() { 0 } else { PAGE }));
        }
        let whole = self.pages.len().saturating_sub(1) * PAGE;
        let used = self.pages.last_mut().map_or(0, |page| {
            page.push(Slot::Used(value));
            page.len() - 1
        });
        u32::try_from(whole + used).unwrap_or(u32::MAX)
    }

    pub(super) fn get(&self, number: u32) -> Option<&T> {
        let number = number as usize;
        match self.pages.get(number / PAGE)?.get(number % PAGE)? {
            Slot::Used(value) => Some(value),
            Slot::Free(_) => None,
        }
    }

    pub(super) fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        match slot_mut(&mut self.pages, number)? {
            Slot::Used(value) => Some(value),
            Slot::Free(_) => None,
        }
    }

    /// Every value with its number, by number.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        (0..).zip(self.pages.iter().flatten()).filter_map(|(number, slot)| match slot {
            Slot::Used(value) => Some((number, value)),
            Slot::Free(_) => None,
        })
    }

    pub(super) fn remove(&mut self, number: u32) -> Option<T> {
        let slot = slot_mut(&mut self.pages, number)?;
        if let Slot::Free(_) = slot {
            return None;
        }
        let freed = std::mem::replace(slot, Slot::Free(self.free));
        self.free = Some(number);
        match freed {
            Slot::Used(value) => Some(value),
            Slot::Free(_) => None,
        }
    }
}

fn slot_mut<T>(pages: &mut [Vec<Slot<T>>], number: u32) -> Option<&mut Slot<T>> {
    let number = number as usize;
    pages.get_mut(number / PAGE)?.get_mut(number % PAGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_dense_and_used_again() {
        let mut slab = Slab::default();
        let numbers: Vec<u32> = (0..3_000).map(|value| slab.insert(value)).collect();
        assert_eq!(numbers, (0..3_000).collect::<Vec<u32>>());
        assert_eq!(slab.remove(7), Some(7));
        assert_eq!(slab.remove(7), None);
        assert_eq!(slab.remove(2_000), Some(2_000));
        assert_eq!((slab.insert(-1), slab.insert(-2), slab.insert(-3)), (2_000, 7, 3_000));
        assert_eq!((slab.get(7), slab.get(2_000), slab.get(3_001)), (Some(&-2), Some(&-1), None));
        slab.remove(0);
        assert_eq!(slab.iter().count(), 3_000);
        assert_eq!(slab.iter().next(), Some((1, &1)));
    }
}
