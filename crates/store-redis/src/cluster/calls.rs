use async_trait::async_trait;
use fred::types::{Key, Value};
use futures_util::{StreamExt, TryStreamExt, stream};
use video_chat_kernel::{NodeId, SessionId, Timestamp, Unavailable};
use video_chat_signaling::{
    Side,
    ports::{Abort, CallRecord, Calls, LIVE_FOR, OFFER_FOR, OVER_FOR},
};

use super::{ABREAST, millis, record};
use crate::{
    Redis,
    answer::{Answer, unexpected},
    script::{Script, script},
};

macro_rules! call_script {
    ($constant:ident = $name:literal: $file:literal) => {
        script!($constant = $name: "../scripts/cluster/clock.lua", "../scripts/cluster/call.lua", $file);
    };
}

call_script!(OFFER = "call_offer": "../scripts/cluster/call_offer.lua");
call_script!(ACCEPT = "call_accept": "../scripts/cluster/call_accept.lua");
call_script!(ABORT = "call_abort": "../scripts/cluster/call_abort.lua");
call_script!(KEEP = "call_keep": "../scripts/cluster/call_keep.lua");
call_script!(RELOCATE = "call_relocate": "../scripts/cluster/call_relocate.lua");
call_script!(FIND = "call_find": "../scripts/cluster/call_find.lua");
call_script!(END = "call_end": "../scripts/cluster/call_end.lua");

/// The calls of all nodes: a key each, which expires when its nodes have not spoken of it for long.
#[derive(Clone)]
pub struct RedisCalls {
    redis: Redis,
}

impl RedisCalls {
    /// The calls in this Redis.
    pub fn new(redis: Redis) -> Self {
        Self { redis }
    }

    async fn run(
        &self,
        script: &'static Script,
        session: SessionId,
        now: Timestamp,
        own: impl IntoIterator<Item = Value> + Send,
    ) -> Result<Answer, Unavailable> {
        let key: Key = self.redis.key(&format!("c:{session}"));
        let arguments = std::iter::once(self.redis.clock(now)).chain(own).collect();
        Ok(Answer::new(script.name, self.redis.run(script, key, arguments).await?))
    }

    /// The call, when it is over.
    async fn keep_one(&self, call: &CallRecord, now: Timestamp) -> Result<Option<SessionId>, Unavailable> {
        let own = std::iter::once(millis(LIVE_FOR)).chain(whole(call));
        let live = self.run(&KEEP, call.session, now, own).await?.integer()? == 1;
        Ok((!live).then_some(call.session))
    }
}

#[async_trait]
impl Calls for RedisCalls {
    async fn offer(&self, call: &CallRecord, now: Timestamp) -> Result<(), Unavailable> {
        let own = std::iter::once(millis(OFFER_FOR)).chain(whole(call));
        self.run(&OFFER, call.session, now, own).await.map(drop)
    }

    async fn accept(&self, session: SessionId, now: Timestamp) -> Result<bool, Unavailable> {
        Ok(self.run(&ACCEPT, session, now, [millis(LIVE_FOR)]).await?.integer()? == 1)
    }

    async fn abort(&self, session: SessionId, now: Timestamp) -> Result<Abort, Unavailable> {
        let aborted = self.run(&ABORT, session, now, [millis(OVER_FOR)]).await?.integer()? == 1;
        Ok(if aborted { Abort::Aborted } else { Abort::Live })
    }

    async fn keep(&self, calls: &[CallRecord], now: Timestamp) -> Result<Vec<SessionId>, Unavailable> {
        let each: Vec<_> = calls.iter().map(|call| self.keep_one(call, now)).collect();
        let over: Vec<Option<SessionId>> = stream::iter(each).buffered(ABREAST).try_collect().await?;
        Ok(over.into_iter().flatten().collect())
    }

    async fn relocate(
        &self,
        session: SessionId,
        side: Side,
        node: NodeId,
        now: Timestamp,
    ) -> Result<Option<CallRecord>, Unavailable> {
        let field = match side {
            Side::Offerer => "o",
            Side::Answerer => "a",
        };
        let own = [millis(LIVE_FOR), field.into(), node.to_string().into()];
        live(session, self.run(&RELOCATE, session, now, own).await?)
    }

    async fn end(&self, session: SessionId, now: Timestamp) -> Result<bool, Unavailable> {
        let own = [millis(OVER_FOR), self.redis.call_id()];
        Ok(self.run(&END, session, now, own).await?.integer()? == 1)
    }

    async fn find(&self, session: SessionId, now: Timestamp) -> Result<Option<CallRecord>, Unavailable> {
        live(session, self.run(&FIND, session, now, []).await?)
    }
}

fn whole(call: &CallRecord) -> [Value; 4] {
    let nodes = [call.offerer.node, call.answerer.node].map(|node| node.to_string().into());
    let [offerer, answerer] = nodes;
    [record::write(call).into(), offerer, answerer, call.moves.to_string().into()]
}

/// What a script answers of a live call.
fn live(session: SessionId, mut answer: Answer) -> Result<Option<CallRecord>, Unavailable> {
    if answer.is_empty() {
        return Ok(None);
    }
    let text = answer.text()?;
    let nodes = [answer.parsed()?, answer.parsed()?];
    let moves = answer.parsed()?;
    record::read(session, &text, nodes, moves).map(Some).ok_or_else(|| unexpected("call_answer"))
}
