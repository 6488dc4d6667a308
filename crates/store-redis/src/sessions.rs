use std::{str::Lines, time::Duration};

use async_trait::async_trait;
use fred::types::{Key, Value};
use video_chat_kernel::{DeviceId, PeerAlias, SessionId, Timestamp, Unavailable};
use video_chat_reporting::{REPORTABLE_FOR, SessionLog, SessionRecord};

use crate::{Redis, answer::unexpected, script::script};

script!(ENDED = "session_ended": "scripts/session_ended.lua");

/// How long a call is remembered that nobody says has ended: its nodes died.
const LIVE_FOR: Duration = Duration::from_hours(7 * 24);

/// Who took part in which call, for all nodes. A call longer than a week is forgotten.
#[derive(Clone)]
pub struct RedisSessions {
    redis: Redis,
}

impl RedisSessions {
    /// The log in this Redis.
    pub fn new(redis: Redis) -> Self {
        Self { redis }
    }

    fn key(&self, session: SessionId) -> Key {
        self.redis.key(&format!("s:{session}"))
    }
}

#[async_trait]
impl SessionLog for RedisSessions {
    async fn opened(&self, record: SessionRecord) -> Result<(), Unavailable> {
        let arguments = [write(&record).into(), "NX".into(), "PX".into(), millis(LIVE_FOR)];
        self.redis.command("session_opened", "SET", self.key(record.session), arguments).await.map(drop)
    }

    async fn ended(&self, session: SessionId, at: Timestamp) -> Result<(), Unavailable> {
        // A little longer: the instant counts, not when Redis clears away.
        let keep = millis(REPORTABLE_FOR + Duration::from_mins(1));
        let arguments = vec![at.as_millis().to_string().into(), keep];
        self.redis.run(&ENDED, self.key(session), arguments).await.map(drop)
    }

    async fn find(&self, session: SessionId, now: Timestamp) -> Result<Option<SessionRecord>, Unavailable> {
        const NAME: &str = "session_find";
        let answer = self.redis.command(NAME, "GET", self.key(session), []).await?;
        let Some(text) = answer.into_string() else { return Ok(None) };
        let record = read(session, &text).ok_or_else(|| unexpected(NAME))?;
        Ok(Some(record).filter(|record| record.is_reportable(now)))
    }
}

/// Six lines, none of which can hold a line break: the format's version, the start in ms, device and alias of each.
fn write(record: &SessionRecord) -> String {
    let [(first, first_alias), (second, second_alias)] = &record.participants;
    let started = record.started_at.as_millis();
    format!("1\n{started}\n{}\n{first_alias}\n{}\n{second_alias}", first.as_str(), second.as_str())
}

fn read(session: SessionId, text: &str) -> Option<SessionRecord> {
    fn participant(lines: &mut Lines<'_>) -> Option<(DeviceId, PeerAlias)> {
        Some((DeviceId::parse(lines.next()?).ok()?, lines.next()?.parse().ok()?))
    }
    let mut lines = text.lines();
    lines.next().filter(|version| *version == "1")?;
    let started_at = Timestamp::from_millis(lines.next()?.parse().ok()?);
    let participants = [participant(&mut lines)?, participant(&mut lines)?];
    let ended_at = lines.next().and_then(|end| end.parse().ok()).map(Timestamp::from_millis);
    Some(SessionRecord { session, participants, started_at, ended_at })
}

fn millis(duration: Duration) -> Value {
    duration.as_millis().to_string().into()
}
