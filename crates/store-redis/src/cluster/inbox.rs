use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use fred::{
    clients::Client,
    error::Error,
    interfaces::ClientLike,
    types::{Key, Value},
};
use tokio::{runtime::Handle, task::JoinHandle, time::Instant};
use video_chat_kernel::{NodeId, Unavailable};
use video_chat_signaling::ports::Inbox;

use super::{
    bus::{UNREAD_FOR, inbox, register},
    millis,
};
use crate::{
    Redis,
    answer::{Answer, unexpected},
};

const NAME: &str = "inbox_read";

/// How long one read waits for a parcel.
const BLOCK: Duration = Duration::from_secs(1);

/// Parcels one read takes at most.
const COUNT: &str = "512";

/// How often a reader says that it reads, and lets go what it has read.
const TIDY: Duration = Duration::from_secs(2);

/// Before the first entry there can be.
const BEGINNING: &str = "0-0";

/// The inbox of one node, read on a connection of its own: a read that waits would hold up everybody else's commands.
pub(super) struct RedisInbox {
    redis: Redis,
    reader: Client,
    node: NodeId,
    key: Key,
    /// The id of the last entry that was read.
    last: String,
    tidied: Instant,
    /// The last time it was, or is, tidied.
    tidying: Option<JoinHandle<()>>,
}

impl RedisInbox {
    pub(super) async fn open(redis: Redis, node: NodeId) -> Result<Self, Unavailable> {
        let reader = redis.reader(BLOCK).await.map_err(|error| Unavailable::new(NAME, error))?;
        let key = inbox(&redis, &node.to_string());
        Ok(Self {
            redis,
            reader,
            node,
            key,
            last: BEGINNING.to_owned(),
            tidied: Instant::now(),
            tidying: None,
        })
    }

    async fn read(&mut self) -> Result<Vec<Bytes>, Unavailable> {
        let block = millis(BLOCK);
        let head = ["COUNT".into(), COUNT.into(), "BLOCK".into(), block, "STREAMS".into()];
        let arguments = head.into_iter().chain([self.key.clone().into(), self.last.as_str().into()]);
        let answer = self.redis.read(&self.reader, NAME, "XREAD", &self.key, arguments.collect()).await?;
        let entries = match answer {
            // By stream, of which there is one: a map, or pairs in the older protocol.
            Value::Map(streams) => streams.inner().into_values().next(),
            Value::Array(streams) => streams.into_iter().next().and_then(|pair| pair.into_array().pop()),
            _ => None,
        };
        let Some(entries) = entries else { return Ok(vec![]) };
        let mut parcels = Vec::new();
        for entry in entries.into_array() {
            let mut entry = Answer::new(NAME, entry);
            let id = entry.text()?;
            let mut fields = entry.list().ok_or_else(|| unexpected(NAME))?;
            fields.text()?;
            let parcel = fields.value().and_then(Value::into_bytes).ok_or_else(|| unexpected(NAME))?;
            parcels.push(parcel);
            self.last = id;
        }
        Ok(parcels)
    }

    /// Lets go what has been read, and keeps the inbox from expiring. Beside the reads: what has come does not wait for
    /// that, however far away Redis is.
    fn tidy(&mut self) {
        let under_way = self.tidying.as_ref().is_some_and(|tidying| !tidying.is_finished());
        if under_way || self.tidied.elapsed() < TIDY {
            return;
        }
        self.tidied = Instant::now();
        let (redis, node, key, last) = (self.redis.clone(), self.node, self.key.clone(), self.last.clone());
        self.tidying = Some(tokio::spawn(async move {
            // What goes wrong here the next read tells as well.
            if let Err(error) = tidy(&redis, node, &key, &last).await {
                tracing::debug!(%error, "the inbox was not tidied");
            }
        }));
    }

    /// When Redis has forgotten the inbox, or fell back to a copy that is behind, ids may begin anew, smaller than the last
    /// one read; then everything there is read, twice rather than never.
    async fn look_for_a_new_beginning(&mut self) -> Result<(), Unavailable> {
        if self.last == BEGINNING {
            return Ok(());
        }
        let newest = ["+".into(), "-".into(), "COUNT".into(), 1.into()];
        let answer = self.redis.command("inbox_look", "XREVRANGE", self.key.clone(), newest).await?;
        let newest = Answer::new("inbox_look", answer).list().map(|mut entry| entry.text()).transpose()?;
        if newest.is_none_or(|newest| order(&newest) < order(&self.last)) {
            BEGINNING.clone_into(&mut self.last);
        }
        Ok(())
    }
}

#[async_trait]
impl Inbox for RedisInbox {
    async fn next(&mut self) -> Result<Vec<Bytes>, Unavailable> {
        let parcels = self.read().await?;
        if parcels.is_empty() {
            self.look_for_a_new_beginning().await?;
        }
        self.tidy();
        Ok(parcels)
    }
}

/// Says that `node` reads, forgets what comes up to `last`, and prolongs the life of the rest.
async fn tidy(redis: &Redis, node: NodeId, key: &Key, last: &str) -> Result<(), Unavailable> {
    register(redis, node).await?;
    redis.command("inbox_trim", "XTRIM", key.clone(), ["MINID".into(), last.into()]).await?;
    redis.command("inbox_keep", "PEXPIRE", key.clone(), [millis(UNREAD_FOR)]).await?;
    Ok(())
}

impl Drop for RedisInbox {
    fn drop(&mut self) {
        if let Some(tidying) = &self.tidying {
            tidying.abort();
        }
        let reader = self.reader.clone();
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                let _: Result<(), Error> = reader.quit().await;
            });
        }
    }
}

/// The two numbers of an entry's id.
fn order(id: &str) -> (u64, u64) {
    let (millis, sequence) = id.split_once('-').unwrap_or((id, "0"));
    (millis.parse().unwrap_or(0), sequence.parse().unwrap_or(0))
}
