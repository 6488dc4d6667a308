use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use video_chat_kernel::{NodeId, SessionId, Timestamp, Unavailable};
use video_chat_signaling::{
    Side,
    ports::{Abort, CallRecord, Calls, LIVE_FOR, OFFER_FOR, OVER_FOR},
};

/// The calls of the nodes of one process. A call of a method costs a look at every record: for tests.
#[derive(Debug, Default)]
pub struct MemoryCalls {
    entries: Mutex<HashMap<SessionId, Entry>>,
}

#[derive(Debug)]
struct Entry {
    stage: Stage,
    until: Timestamp,
}

#[derive(Debug)]
enum Stage {
    Offered(CallRecord),
    Live(CallRecord),
    Over,
}

impl MemoryCalls {
    fn entries(&self, now: Timestamp) -> MutexGuard<'_, HashMap<SessionId, Entry>> {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|_, entry| entry.until > now);
        entries
    }
}

#[async_trait]
impl Calls for MemoryCalls {
    async fn offer(&self, call: &CallRecord, now: Timestamp) -> Result<(), Unavailable> {
        let offered = || Entry { stage: Stage::Offered(call.clone()), until: now.after(OFFER_FOR) };
        self.entries(now).entry(call.session).or_insert_with(offered);
        Ok(())
    }

    async fn accept(&self, session: SessionId, now: Timestamp) -> Result<bool, Unavailable> {
        let mut entries = self.entries(now);
        Ok(match entries.get_mut(&session).map(|entry| (&entry.stage, &mut entry.until)) {
            Some((Stage::Live(_), _)) => true,
            Some((Stage::Offered(call), _)) => {
                let live = Entry { stage: Stage::Live(call.clone()), until: now.after(LIVE_FOR) };
                entries.insert(session, live);
                true
            }
            Some((Stage::Over, _)) | None => false,
        })
    }

    async fn abort(&self, session: SessionId, now: Timestamp) -> Result<Abort, Unavailable> {
        let mut entries = self.entries(now);
        if let Some(Entry { stage: Stage::Live(_), .. }) = entries.get(&session) {
            return Ok(Abort::Live);
        }
        entries.insert(session, Entry { stage: Stage::Over, until: now.after(OVER_FOR) });
        Ok(Abort::Aborted)
    }

    async fn keep(&self, calls: &[CallRecord], now: Timestamp) -> Result<Vec<SessionId>, Unavailable> {
        let mut entries = self.entries(now);
        let until = now.after(LIVE_FOR);
        let mut over = Vec::new();
        for call in calls {
            match entries.get_mut(&call.session) {
                Some(Entry { stage: Stage::Over, .. }) => over.push(call.session),
                Some(Entry { stage: Stage::Live(known), until: lives }) => {
                    known.moves = known.moves.max(call.moves);
                    *lives = until;
                }
                Some(Entry { stage: Stage::Offered(_), .. }) | None => {
                    entries.insert(call.session, Entry { stage: Stage::Live(call.clone()), until });
                }
            }
        }
        Ok(over)
    }

    async fn relocate(
        &self,
        session: SessionId,
        side: Side,
        node: NodeId,
        now: Timestamp,
    ) -> Result<Option<CallRecord>, Unavailable> {
        Ok(match self.entries(now).get_mut(&session) {
            Some(Entry { stage: Stage::Live(call), until }) => {
                call.side_mut(side).node = node;
                call.moves = call.moves.saturating_add(1);
                *until = now.after(LIVE_FOR);
                Some(call.clone())
            }
            _ => None,
        })
    }

    async fn end(&self, session: SessionId, now: Timestamp) -> Result<bool, Unavailable> {
        let mut entries = self.entries(now);
        let Some(entry) = entries.get_mut(&session) else { return Ok(false) };
        let first = !matches!(entry.stage, Stage::Over);
        if first {
            *entry = Entry { stage: Stage::Over, until: now.after(OVER_FOR) };
        }
        Ok(first)
    }

    async fn find(&self, session: SessionId, now: Timestamp) -> Result<Option<CallRecord>, Unavailable> {
        Ok(match self.entries(now).get(&session) {
            Some(Entry { stage: Stage::Live(call), .. }) => Some(call.clone()),
            _ => None,
        })
    }
}
