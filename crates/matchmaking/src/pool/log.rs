use std::collections::VecDeque;

/// How many records share an allocation.
const PAGE: usize = 1024;

/// Records under serial numbers from 1, forgotten from the front. Pages, so that growing never copies them all.
#[derive(Debug)]
pub(super) struct Log<T> {
    pages: VecDeque<Vec<T>>,
    /// The serial number of the first record of the first page.
    base: u64,
    /// How many records of the first page are forgotten.
    gone: usize,
    len: usize,
}

impl<T> Default for Log<T> {
    fn default() -> Self {
        Self { pages: VecDeque::new(), base: 1, gone: 0, len: 0 }
    }
}

impl<T: Copy> Log<T> {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The serial number the next record will have.
    pub(super) fn next(&self) -> u64 {
        self.base + (self.gone + self.len) as u64
    }

    pub(super) fn push(&mut self, record: T) {
        match self.pages.back_mut() {
            Some(page) if page.len() < PAGE => page.push(record),
            _ => {
                let mut page = Vec::with_capacity(if self.pages.is_empty() { 0 } else { PAGE });
                page.push(record);
                self.pages.push_back(page);
            }
        }
        self.len += 1;
    }

    pub(super) fn get(&self, serial: u64) -> Option<&T> {
        let (page, place) = self.locate(serial)?;
        self.pages.get(page)?.get(place)
    }

    pub(super) fn get_mut(&mut self, serial: u64) -> Option<&mut T> {
        let (page, place) = self.locate(serial)?;
        self.pages.get_mut(page)?.get_mut(place)
    }

    /// The oldest record that is not forgotten.
    pub(super) fn front(&self) -> Option<&T> {
        self.pages.front()?.get(self.gone)
    }

    /// Forgets the oldest record; answers it and its serial number.
    pub(super) fn pop_front(&mut self) -> Option<(u64, T)> {
        let record = *self.front()?;
        let serial = self.base + self.gone as u64;
        self.gone += 1;
        self.len -= 1;
        if self.gone == PAGE {
            self.pages.pop_front();
            self.base += PAGE as u64;
            self.gone = 0;
        }
        Some((serial, record))
    }

    fn locate(&self, serial: u64) -> Option<(usize, usize)> {
        let offset = usize::try_from(serial.checked_sub(self.base)?).ok()?;
        (offset >= self.gone).then_some((offset / PAGE, offset % PAGE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serial_numbers_stay_while_the_front_is_forgotten() {
        let mut log = Log::default();
        for round in 0..10_000_u64 {
            let serial = log.next();
            assert_eq!(serial, round + 1);
            log.push(serial * 2);
            if log.len() > 1_500 {
                assert_eq!(log.pop_front(), Some((serial - 1_500, (serial - 1_500) * 2)));
                assert_eq!(log.get(serial - 1_500), None);
            }
            assert_eq!(log.get(serial), Some(&(serial * 2)));
        }
        assert_eq!(log.get(8_501), Some(&17_002));
        assert_eq!((log.get(0), log.get(10_001)), (None, None));
        assert!(log.pages.len() <= 3);
    }

    #[test]
    fn a_record_can_be_changed_and_the_log_emptied() {
        let mut log = Log::default();
        log.push('a');
        *log.get_mut(1).unwrap() = 'b';
        assert_eq!(log.pop_front(), Some((1, 'b')));
        assert_eq!(log.pop_front(), None);
        log.push('c');
        assert_eq!(log.get(2), Some(&'c'));
    }
}
