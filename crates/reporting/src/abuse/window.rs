use std::{collections::VecDeque, time::Duration};

use video_chat_kernel::Timestamp;

/// The distinct things seen within a sliding window, at most `limit` of them: the oldest goes first.
#[derive(Default)]
pub(super) struct Window(VecDeque<(Timestamp, u128)>);

impl Window {
    /// Notes `item` and answers how many distinct ones were seen within `span` up to `now`.
    pub(super) fn note(&mut self, item: u128, now: Timestamp, span: Duration, limit: usize) -> usize {
        self.0.retain(|(at, seen)| *seen != item && now.since(*at) < span);
        while self.0.len() >= limit.max(1) {
            self.0.pop_front();
        }
        self.0.push_back((now, item));
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_the_distinct_within_the_span_up_to_the_limit() {
        let mut window = Window::default();
        let mut note = |item, at| window.note(item, Timestamp::from_secs(at), Duration::from_secs(10), 3);
        assert_eq!([note(1, 0), note(1, 1), note(2, 2), note(3, 3), note(4, 4)], [1, 1, 2, 3, 3]);
        assert_eq!(note(5, 12), 3); // 2 has left the span
        assert_eq!(note(5, 30), 1);
    }
}
