use std::time::Duration;

use async_trait::async_trait;
use fred::types::{Key, Value};
use futures_util::{StreamExt, TryStreamExt, stream};
use video_chat_kernel::{DeviceId, NodeId, SessionId, Timestamp, Unavailable};
use video_chat_signaling::ports::{Directory, Elsewhere, Entered, KEPT_FOR, NEWER_BY, Place, Presence};

use super::{ABREAST, millis};
use crate::{
    Redis,
    answer::{Answer, unexpected},
    script::{Script, script},
};

macro_rules! device_script {
    ($constant:ident = $name:literal: $file:literal) => {
        script!($constant = $name: "../scripts/cluster/clock.lua", "../scripts/cluster/device.lua", $file);
    };
}

device_script!(ENTER = "device_enter": "../scripts/cluster/device_enter.lua");
device_script!(LEAVE = "device_leave": "../scripts/cluster/device_leave.lua");
device_script!(CLAIM = "device_claim": "../scripts/cluster/device_claim.lua");
device_script!(RELEASE = "device_release": "../scripts/cluster/device_release.lua");
device_script!(KEEP = "device_keep": "../scripts/cluster/device_keep.lua");

/// Where the devices of all nodes are: a key each, which expires when its node has not spoken of it for long.
#[derive(Clone)]
pub struct RedisDirectory {
    redis: Redis,
}

impl RedisDirectory {
    /// The directory in this Redis.
    pub fn new(redis: Redis) -> Self {
        Self { redis }
    }

    async fn run<const N: usize>(
        &self,
        script: &'static Script,
        device: &DeviceId,
        now: Timestamp,
        own: [Value; N],
    ) -> Result<Answer, Unavailable> {
        let key: Key = self.redis.key(&format!("d:{}", device.as_str()));
        let arguments = std::iter::once(self.redis.clock(now)).chain(own).collect();
        Ok(Answer::new(script.name, self.redis.run(script, key, arguments).await?))
    }

    /// Where the device was, if that was elsewhere.
    async fn keep_one(
        &self,
        node: NodeId,
        it: &Presence,
        now: Timestamp,
    ) -> Result<Option<Elsewhere>, Unavailable> {
        let session = it.session.map_or_else(|| "".into(), |session| session.to_string().into());
        let age = it.age.map_or_else(|| "".into(), millis);
        let confirmed = u8::from(it.confirmed).to_string().into();
        let connection = it.connection.to_string().into();
        let (kept_for, newer_by) = (millis(KEPT_FOR), millis(NEWER_BY));
        let (asked, until) = (self.redis.by_its_clock(now), self.redis.deadline(now));
        let own = [text(node), connection, session, kept_for, age, newer_by, confirmed, asked, until];
        let mut answer = self.run(&KEEP, &it.device, now, own).await?;
        if answer.is_empty() {
            return Ok(None);
        }
        let place = Place { node: answer.parsed()?, connection: answer.parsed()? };
        Ok(Some(Elsewhere { device: it.device.clone(), place, newer: answer.integer()? == 1 }))
    }
}

#[async_trait]
impl Directory for RedisDirectory {
    async fn enter(&self, device: &DeviceId, place: Place, now: Timestamp) -> Result<Entered, Unavailable> {
        let until = self.redis.deadline(now);
        let own = [text(place.node), place.connection.to_string().into(), millis(KEPT_FOR), until];
        let mut answer = self.run(&ENTER, device, now, own).await?;
        if answer.is_empty() {
            return Err(unexpected(ENTER.name));
        }
        let (displaced, earlier) = (place_of(&mut answer)?, place_of(&mut answer)?);
        let session = answer.text()?;
        let session = if session.is_empty() {
            None
        } else {
            Some(session.parse().map_err(|_| unexpected(ENTER.name))?)
        };
        Ok(Entered { displaced, earlier, session })
    }

    async fn leave(
        &self,
        device: &DeviceId,
        place: Place,
        grace: Duration,
        now: Timestamp,
    ) -> Result<(), Unavailable> {
        let own = [text(place.node), place.connection.to_string().into(), millis(grace)];
        self.run(&LEAVE, device, now, own).await.map(drop)
    }

    async fn claim(
        &self,
        device: &DeviceId,
        node: NodeId,
        session: SessionId,
        now: Timestamp,
    ) -> Result<bool, Unavailable> {
        let own = [text(node), session.to_string().into()];
        Ok(self.run(&CLAIM, device, now, own).await?.integer()? == 1)
    }

    async fn release(
        &self,
        device: &DeviceId,
        session: SessionId,
        now: Timestamp,
    ) -> Result<(), Unavailable> {
        self.run(&RELEASE, device, now, [session.to_string().into()]).await.map(drop)
    }

    async fn keep(
        &self,
        node: NodeId,
        present: &[Presence],
        now: Timestamp,
    ) -> Result<Vec<Elsewhere>, Unavailable> {
        let each: Vec<_> = present.iter().map(|it| self.keep_one(node, it, now)).collect();
        let elsewhere: Vec<Option<Elsewhere>> = stream::iter(each).buffered(ABREAST).try_collect().await?;
        Ok(elsewhere.into_iter().flatten().collect())
    }
}

/// A node and a connection, or two empty words.
fn place_of(answer: &mut Answer) -> Result<Option<Place>, Unavailable> {
    let (node, connection) = (answer.text()?, answer.text()?);
    if node.is_empty() {
        return Ok(None);
    }
    let broken = || unexpected(ENTER.name);
    let node = node.parse().map_err(|_| broken())?;
    Ok(Some(Place { node, connection: connection.parse().map_err(|_| broken())? }))
}

fn text(node: NodeId) -> Value {
    node.to_string().into()
}
