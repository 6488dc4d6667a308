use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use video_chat_kernel::{SessionId, Timestamp, Unavailable};
use video_chat_reporting::{SessionLog, SessionRecord};

/// The calls of this process, kept in memory until 24 h after their end.
///
/// Bounded: beyond its capacity the call that ended first is forgotten, and when none has ended, the one that began
/// first. Every call costs amortised constant time.
#[derive(Debug)]
pub struct MemorySessions {
    state: Mutex<State>,
}

impl MemorySessions {
    /// Calls kept by default: some 150 MB when all places are taken.
    pub const DEFAULT_CAPACITY: usize = 500_000;

    /// An empty log of the default capacity.
    pub fn new() -> Self {
        Self::with_capacity(Self::DEFAULT_CAPACITY)
    }

    /// An empty log of at most `capacity` calls (at least one).
    pub fn with_capacity(capacity: usize) -> Self {
        Self { state: Mutex::new(State { capacity: capacity.max(1), ..State::default() }) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Every change leaves the state whole enough to go on with: a forgotten call at worst.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemorySessions {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl SessionLog for MemorySessions {
    async fn opened(&self, record: SessionRecord) -> Result<(), Unavailable> {
        self.state().opened(record);
        Ok(())
    }

    async fn ended(&self, session: SessionId, at: Timestamp) -> Result<(), Unavailable> {
        self.state().ended(session, at);
        Ok(())
    }

    async fn find(&self, session: SessionId, now: Timestamp) -> Result<Option<SessionRecord>, Unavailable> {
        Ok(self.state().find(session, now))
    }
}

#[derive(Debug, Default)]
struct State {
    records: HashMap<SessionId, SessionRecord>,
    /// Ended calls, the first ended first. Each is in `records`.
    ended: VecDeque<SessionId>,
    /// Calls by their beginning. Some have ended or gone since; they are swept when they outnumber the rest.
    begun: VecDeque<SessionId>,
    capacity: usize,
}

impl State {
    fn opened(&mut self, record: SessionRecord) {
        let session = record.session;
        self.forget_expired(record.started_at);
        if self.records.contains_key(&session) {
            return;
        }
        while self.records.len() >= self.capacity && self.evict() {}
        self.begun.push_back(session);
        self.records.insert(session, record);
        self.sweep();
    }

    fn ended(&mut self, session: SessionId, at: Timestamp) {
        if let Some(record) = self.records.get_mut(&session)
            && record.ended_at.is_none()
        {
            record.ended_at = Some(at);
            self.ended.push_back(session);
        }
        self.forget_expired(at);
    }

    fn find(&self, session: SessionId, now: Timestamp) -> Option<SessionRecord> {
        self.records.get(&session).filter(|record| record.is_reportable(now)).cloned()
    }

    fn forget_expired(&mut self, now: Timestamp) {
        while let Some(session) = self.ended.front()
            && self.records.get(session).is_none_or(|record| !record.is_reportable(now))
        {
            self.records.remove(session);
            self.ended.pop_front();
        }
    }

    /// Forgets one call; false when there is none.
    fn evict(&mut self) -> bool {
        if let Some(session) = self.ended.pop_front() {
            return self.records.remove(&session).is_some();
        }
        // None has ended, so whoever is still in `begun` and known is live.
        while let Some(session) = self.begun.pop_front() {
            if self.records.remove(&session).is_some() {
                return true;
            }
        }
        false
    }

    fn sweep(&mut self) {
        const SLACK: usize = 64;
        if self.begun.len() > 2 * self.records.len() + SLACK {
            self.begun.retain(|session| self.records.contains_key(session));
        }
    }
}

#[cfg(test)]
mod tests {
    use video_chat_kernel::{DeviceId, PeerAlias};
    use video_chat_reporting::REPORTABLE_FOR;

    use super::*;

    fn session(number: u64) -> SessionId {
        SessionId::from_bytes(u128::from(number).to_be_bytes())
    }

    fn record(number: u64) -> SessionRecord {
        let device = |name| DeviceId::parse(name).unwrap();
        SessionRecord {
            session: session(number),
            participants: [
                (device("ann"), PeerAlias::from_bytes([1; 16])),
                (device("bob"), PeerAlias::from_bytes([2; 16])),
            ],
            started_at: Timestamp::from_secs(number),
            ended_at: None,
        }
    }

    fn state(capacity: usize) -> State {
        State { capacity, ..State::default() }
    }

    #[test]
    fn ended_calls_go_first_then_the_oldest() {
        let mut state = state(3);
        (1..=3).for_each(|number| state.opened(record(number)));
        state.ended(session(2), Timestamp::from_secs(4));
        state.opened(record(5));
        state.opened(record(6));
        let now = Timestamp::from_secs(7);
        let known = [1, 2, 3, 5, 6].map(|number| state.find(session(number), now).is_some());
        assert_eq!(known, [false, false, true, true, true]);
    }

    #[test]
    fn memory_stays_bounded_whatever_ends() {
        let mut state = state(100);
        state.opened(record(0));
        for number in 1..10_000 {
            state.opened(record(number));
            if number % 3 > 0 {
                state.ended(session(number), Timestamp::from_secs(number));
            }
            assert!(state.records.len() <= 100 && state.ended.len() <= 100 && state.begun.len() <= 264);
        }
    }

    #[test]
    fn expired_calls_leave_memory() {
        let mut state = state(100);
        for number in 1..=50 {
            state.opened(record(number));
            state.ended(session(number), Timestamp::from_secs(number));
        }
        let late = Timestamp::from_secs(51).after(REPORTABLE_FOR);
        state.opened(record(late.as_secs()));
        assert_eq!((state.records.len(), state.ended.len()), (1, 0));
    }
}
