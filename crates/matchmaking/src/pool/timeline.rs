use std::time::Duration;

use video_chat_kernel::Timestamp;

use super::order::Key;

/// A reading this far behind the latest is a thread that lost a race; further behind, the clock was set back.
const RACE: u64 = 1_000;

/// The furthest one reading moves the pool's time, so that a single absurd one does no lasting harm.
const LEAP: Duration = Duration::from_hours(24);

/// The pool's own time: it follows the wall clock forward and never steps back.
///
/// While a wall clock that was set back catches up, the pool's time goes on at the same pace, so that order,
/// rematches and graces stay what they were.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    /// The wall clock's reading that `now` stands for.
    wall: Option<Timestamp>,
    now: Timestamp,
    last: Key,
}

impl Timeline {
    /// Takes in a reading of the wall clock.
    pub(super) fn read(&mut self, wall: Timestamp) {
        let before = self.wall.unwrap_or(wall);
        if wall >= before {
            self.now = self.now.after(wall.since(before).min(LEAP));
            self.wall = Some(wall);
        } else if before.as_millis() - wall.as_millis() > RACE {
            self.wall = Some(wall);
        }
    }

    /// The present instant of the pool's time.
    pub(super) fn now(&self) -> Timestamp {
        self.now
    }

    /// The place of one that begins to wait now: behind all that were given before.
    pub(super) fn key(&mut self) -> Key {
        self.last = self.last.next().max(Key::at(self.now));
        self.last
    }

    /// What the wall clock would have shown at `instant` had it never been set.
    pub(super) fn wall(&self, instant: Timestamp) -> Timestamp {
        self.wall.unwrap_or_default().before(self.now.since(instant))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn keys_follow_the_order_of_asking_even_within_a_millisecond_and_across_steps_back() {
        let mut time = Timeline::default();
        let mut last = Key::default();
        for wall in [5_000, 5_000, 5_001, 4_999, 100, 101, 9_000_000, 0, 0] {
            time.read(at(wall));
            let key = time.key();
            assert!(key > last, "{wall}");
            last = key;
        }
    }

    #[test]
    fn after_a_step_back_time_goes_on_at_the_same_pace() {
        let mut time = Timeline::default();
        time.read(at(10_000_000));
        let start = time.now();
        time.read(at(1_000_000));
        assert_eq!(time.now(), start);
        time.read(at(1_000_250));
        assert_eq!(time.now().since(start), Duration::from_millis(250));
        assert_eq!(time.wall(start), at(1_000_000));
    }

    #[test]
    fn a_reading_that_lost_a_race_neither_steps_back_nor_speeds_time_up() {
        let mut time = Timeline::default();
        time.read(at(10_000));
        let start = time.now();
        for _ in 0..1_000 {
            time.read(at(9_999));
            time.read(at(10_000));
        }
        assert_eq!(time.now(), start);
    }

    #[test]
    fn one_absurd_reading_does_no_lasting_harm() {
        let mut time = Timeline::default();
        time.read(at(1_000));
        time.read(at(u64::MAX));
        time.read(at(2_000));
        let then = time.now();
        time.read(at(2_500));
        assert_eq!(time.now().since(then), Duration::from_millis(500));
    }
}
