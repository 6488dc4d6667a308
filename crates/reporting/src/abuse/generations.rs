use std::{collections::HashMap, hash::Hash, mem, time::Duration};

use video_chat_kernel::Timestamp;

/// A map that forgets: what was not touched for `lifetime` goes, and never more than `capacity` entries stay.
///
/// Two halves, young and old. A touched entry moves to the young half; when that is full, or `lifetime` after the
/// last turn, the old half is dropped and the young becomes the old. So an entry lives at least `lifetime` after
/// it was last touched, unless more than `capacity / 2` others were touched since.
pub(super) struct Generations<K, V> {
    young: HashMap<K, V>,
    old: HashMap<K, V>,
    half: usize,
    lifetime: Duration,
    turned_at: Timestamp,
}

impl<K: Eq + Hash, V: Default> Generations<K, V> {
    pub(super) fn new(capacity: usize, lifetime: Duration) -> Self {
        let (young, old) = (HashMap::new(), HashMap::new());
        Self { young, old, half: (capacity / 2).max(1), lifetime, turned_at: Timestamp::default() }
    }

    /// The entry of `key`, made when there is none.
    pub(super) fn touch(&mut self, key: K, now: Timestamp) -> &mut V {
        let idle = now.since(self.turned_at) >= self.lifetime;
        if idle || (self.young.len() >= self.half && !self.young.contains_key(&key)) {
            self.old = mem::take(&mut self.young);
            self.turned_at = now;
        }
        let kept = self.old.remove(&key);
        self.young.entry(key).or_insert_with(|| kept.unwrap_or_default())
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_more_than_its_capacity() {
        let mut map = Generations::<u32, u8>::new(100, Duration::from_secs(10));
        for key in 0..10_000 {
            map.touch(key, Timestamp::from_millis(key.into()));
            assert!(map.len() <= 100);
        }
    }

    #[test]
    fn what_is_touched_lives_and_what_is_not_is_forgotten() {
        let mut map = Generations::<u32, u8>::new(100, Duration::from_secs(10));
        *map.touch(1, Timestamp::from_secs(100)) = 7;
        *map.touch(2, Timestamp::from_secs(100)) = 7;
        for second in (105..200).step_by(5) {
            assert_eq!(*map.touch(1, Timestamp::from_secs(second)), 7);
        }
        assert_eq!(*map.touch(2, Timestamp::from_secs(200)), 0);
    }

    #[test]
    fn lives_its_whole_lifetime_whenever_the_halves_turn() {
        for last in 100..120 {
            let mut map = Generations::<u32, u8>::new(100, Duration::from_secs(10));
            map.touch(9, Timestamp::from_secs(100));
            *map.touch(1, Timestamp::from_secs(last)) = 7;
            map.touch(9, Timestamp::from_secs(last + 4));
            map.touch(9, Timestamp::from_secs(last + 8));
            assert_eq!(*map.touch(1, Timestamp::from_secs(last + 10)), 7, "{last}");
        }
    }
}
