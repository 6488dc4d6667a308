use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use fred::types::{Key, Value};
use futures_util::{StreamExt, TryStreamExt, stream};
use video_chat_kernel::{NodeId, Unavailable};
use video_chat_signaling::ports::{Bus, Inbox};

use super::{ABREAST, inbox::RedisInbox, millis};
use crate::{Redis, answer::Answer, script::script};

script!(REGISTER = "inbox_register": "../scripts/cluster/clock.lua", "../scripts/cluster/inbox_register.lua");
script!(DISCARD = "inbox_discard": "../scripts/cluster/clock.lua", "../scripts/cluster/inbox_discard.lua");

/// About how many parcels an inbox holds; the oldest go first.
const CAPACITY: &str = "16384";

/// How long an inbox stays that nobody reads, and a reader is remembered that says nothing.
pub(super) const UNREAD_FOR: Duration = Duration::from_hours(1);

/// A stream for each node, which only that node reads, from its last id on: what was appended while it was away is
/// still there, which plain publish and subscribe does not give.
///
/// A parcel costs one `XADD`. What goes to all nodes is appended to the inbox of each that has said within the last hour
/// that it reads: one command each, which is for what is rare.
#[derive(Clone)]
pub struct RedisBus {
    redis: Redis,
}

impl RedisBus {
    /// The bus in this Redis.
    pub fn new(redis: Redis) -> Self {
        Self { redis }
    }

    async fn append(&self, to: &str, parcel: Bytes) -> Result<(), Unavailable> {
        let head = ["MAXLEN", "~", CAPACITY, "*", "p"].map(Value::from_static_str);
        let arguments = head.into_iter().chain([Value::Bytes(parcel)]);
        self.redis.command("inbox_send", "XADD", inbox(&self.redis, to), arguments).await.map(drop)
    }
}

#[async_trait]
impl Bus for RedisBus {
    async fn send(&self, to: NodeId, parcel: &[u8]) -> Result<(), Unavailable> {
        self.append(&to.to_string(), Bytes::copy_from_slice(parcel)).await
    }

    async fn broadcast(&self, parcel: &[u8]) -> Result<(), Unavailable> {
        const NAME: &str = "inbox_readers";
        let range = [0.into(), (-1).into()];
        let mut answer =
            Answer::new(NAME, self.redis.command(NAME, "ZRANGE", readers(&self.redis), range).await?);
        let mut readers = Vec::new();
        while !answer.is_empty() {
            readers.push(answer.text()?);
        }
        let parcel = Bytes::copy_from_slice(parcel);
        let each: Vec<_> = readers.iter().map(|reader| self.append(reader, parcel.clone())).collect();
        stream::iter(each).buffered(ABREAST).try_collect().await
    }

    async fn attach(&self, node: NodeId) -> Result<Box<dyn Inbox>, Unavailable> {
        register(&self.redis, node).await?;
        Ok(Box::new(RedisInbox::open(self.redis.clone(), node).await?))
    }

    async fn discard(&self, node: NodeId) -> Result<(), Unavailable> {
        let reader = [node.to_string().into()];
        self.redis.command("inbox_forget", "ZREM", readers(&self.redis), reader).await?;
        let own = vec![Value::from_static_str(""), millis(UNREAD_FOR)];
        self.redis.run(&DISCARD, inbox(&self.redis, &node.to_string()), own).await.map(drop)
    }
}

pub(super) fn inbox(redis: &Redis, node: &str) -> Key {
    redis.key(&format!("in:{node}"))
}

fn readers(redis: &Redis) -> Key {
    redis.key("readers")
}

/// Says that a node reads its inbox.
pub(super) async fn register(redis: &Redis, node: NodeId) -> Result<(), Unavailable> {
    // By Redis's own clock: it only tells who has been silent for an hour.
    let own = vec![Value::from_static_str(""), node.to_string().into(), millis(UNREAD_FOR)];
    redis.run(&REGISTER, readers(redis), own).await.map(drop)
}
