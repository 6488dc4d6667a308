//! The match pool of all nodes together.

mod moves;
mod read;
mod scripts;
mod used;

use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use fred::types::{Key, Value};
use futures_util::future::try_join_all;
use video_chat_kernel::{DeviceId, NodeId, Timestamp, Unavailable};
use video_chat_matchmaking::{
    Held, Joined, Language, MatchPool, Pairing, REAP_BATCH, Settings, Ticket, TicketId,
};

use self::{moves::Moves, used::Used};
use crate::{Redis, answer::Answer, hash, script::Script};

/// Parts of the pool, each in one slot: a language belongs to one of them. All nodes must agree.
const PARTITIONS: u16 = 32;

/// How many devices one run of a script looks at, so that Redis is never busy with it for much more than a millisecond.
const BATCH: u64 = 100;

/// Tickets that one step of listing a node's reads.
const PAGE: u64 = 500;

/// The match pool that nodes share: the rules of [`Pool`](video_chat_matchmaking::Pool), in Lua.
///
/// A language belongs to one of 32 partitions, each of which lies in one slot with all its tickets. What is remembered
/// of a device is kept in the partition of its language; when a device changes to a language of another partition *at
/// the same node*, this adapter takes the old ticket out and carries the last partner over. Between the two steps the device
/// has no ticket. (At another node, the node before withdraws its ticket, and the last partner is forgotten.)
///
/// Of the [`Settings`] the three durations count. Memory is bounded by expiry alone: what waits, and for each device that met
/// somebody within `remember_for`, some 300 bytes. A pairing can be undone for a minute.
pub struct RedisMatchPool {
    redis: Redis,
    settings: Settings,
    moves: Mutex<Moves>,
    used: Used,
}

impl RedisMatchPool {
    /// The pool in this Redis. All nodes must have the same settings.
    pub fn new(redis: Redis, settings: Settings) -> Self {
        Self { redis, settings, moves: Mutex::default(), used: Used::default() }
    }

    /// Runs a script in a partition.
    async fn run(
        &self,
        script: &'static Script,
        partition: u16,
        now: Timestamp,
        own: impl IntoIterator<Item = Value> + Send,
    ) -> Result<Answer, Unavailable> {
        let Settings { rematch_after, grace, remember_for, .. } = self.settings;
        let rules = [rematch_after, grace, remember_for].map(|rule| rule.as_millis().to_string().into());
        let arguments = std::iter::once(self.redis.clock(now)).chain(rules).chain(own).collect();
        let answer = self.redis.run(script, self.base(partition), arguments).await?;
        Ok(Answer::new(script.name, answer))
    }

    fn base(&self, partition: u16) -> Key {
        self.redis.key(&format!("{{p{partition}}}"))
    }

    fn moves(&self) -> std::sync::MutexGuard<'_, Moves> {
        self.moves.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `script` with a ticket where the ticket is: in the partition the device joined last, if this node knows.
    async fn take_out(
        &self,
        script: &'static Script,
        device: &DeviceId,
        ticket: TicketId,
        now: Timestamp,
    ) -> Result<bool, Unavailable> {
        let known = self.moves().partition_of(device);
        let partitions = known.map_or(0..PARTITIONS, |partition| partition..partition + 1);
        let taken = try_join_all(partitions.map(|partition| async move {
            let own = [scripts::ticket(ticket), device.as_str().into()];
            self.run(script, partition, now, own).await?.integer()
        }));
        Ok(taken.await?.contains(&1))
    }

    /// Takes the device out of the partition it was in; answers what that remembers of its last partner.
    async fn depart(&self, device: &DeviceId, to: u16, now: Timestamp) -> Result<Vec<Value>, Unavailable> {
        let known = self.moves().partition_of(device);
        let Some(from) = known.filter(|from| *from != to) else { return Ok(vec![]) };
        let mut answer = self.run(&scripts::DEPART, from, now, [device.as_str().into()]).await?;
        Ok(std::iter::from_fn(|| answer.value()).collect())
    }

    async fn due_in(&self, partition: u16, now: Timestamp) -> Result<Vec<Pairing>, Unavailable> {
        let mut pairings = Vec::new();
        loop {
            let mut answer = self.run(&scripts::DUE, partition, now, [BATCH.to_string().into()]).await?;
            let more = answer.integer()? == 1;
            if answer.integer()? > 0 {
                self.used.mark(partition);
            }
            while let Some(mut pairing) = answer.list() {
                pairing.integer()?;
                pairings.push(read::pairing(&mut pairing)?);
            }
            if !more {
                return Ok(pairings);
            }
        }
    }

    async fn held_in(&self, partition: u16, node: NodeId) -> Result<Vec<Held>, Unavailable> {
        let key = self.redis.key(&format!("{{p{partition}}}:n:{node}"));
        let (mut held, mut cursor) = (Vec::new(), "0".to_owned());
        loop {
            let arguments = [cursor.into(), "COUNT".into(), PAGE.to_string().into()];
            let page = self.redis.command("pool_held", "HSCAN", key.clone(), arguments).await?;
            let mut page = Answer::new("pool_held", page);
            cursor = page.text()?;
            let mut fields = page.list();
            while let Some(fields) = &mut fields
                && let Some(device) = fields.value()
            {
                held.push(read::held(device, fields)?);
            }
            if cursor == "0" {
                return Ok(held);
            }
        }
    }
}

#[async_trait]
impl MatchPool for RedisMatchPool {
    async fn join(&self, ticket: Ticket, now: Timestamp) -> Result<Joined, Unavailable> {
        let partition = partition(&ticket.language);
        let remembered = self.depart(&ticket.device, partition, now).await?;
        self.moves().joined(&ticket.device, partition, now);
        let own = scripts::whole_ticket(&ticket).into_iter().chain(remembered);
        let answer = self.run(&scripts::JOIN, partition, now, own).await;
        self.used.mark(partition);
        read::joined(&mut answer?)
    }

    async fn leave(&self, device: &DeviceId, ticket: TicketId, now: Timestamp) -> Result<bool, Unavailable> {
        self.take_out(&scripts::LEAVE, device, ticket, now).await
    }

    async fn withdraw(
        &self,
        device: &DeviceId,
        ticket: TicketId,
        now: Timestamp,
    ) -> Result<bool, Unavailable> {
        self.take_out(&scripts::WITHDRAW, device, ticket, now).await
    }

    async fn undo(
        &self,
        pairing: &Pairing,
        survivor: Option<TicketId>,
        now: Timestamp,
    ) -> Result<Option<Joined>, Unavailable> {
        let [first, second] = [&pairing.first, &pairing.second].map(|waiter| &waiter.ticket);
        let survivor = survivor.map_or_else(|| "".into(), scripts::ticket);
        let own = [scripts::pair(first.id, second.id), survivor, self.redis.call_id()];
        let partition = partition(&first.language);
        let answer = self.run(&scripts::UNDO, partition, now, own).await;
        self.used.mark(partition);
        let mut answer = answer?;
        if answer.is_empty() { Ok(None) } else { read::joined(&mut answer).map(Some) }
    }

    async fn due(&self, now: Timestamp) -> Result<Vec<Pairing>, Unavailable> {
        let partitions = self.used.take();
        let all = try_join_all(partitions.clone().map(|partition| self.due_in(partition, now))).await;
        if all.is_err() {
            partitions.for_each(|partition| self.used.mark(partition));
        }
        let mut pairings: Vec<Pairing> = all?.into_iter().flatten().collect();
        pairings.sort_by_key(|pairing| pairing.first.since);
        Ok(pairings)
    }

    async fn reap(&self, node: NodeId, now: Timestamp) -> Result<u64, Unavailable> {
        let mut reaped = 0;
        for partition in 0..PARTITIONS {
            loop {
                let room = (REAP_BATCH as u64 - reaped).min(BATCH);
                if room == 0 {
                    return Ok(reaped);
                }
                let own = [node.to_string().into(), room.to_string().into()];
                let batch = self.run(&scripts::REAP, partition, now, own).await?.integer()?;
                if batch == 0 {
                    break;
                }
                reaped += batch;
            }
        }
        Ok(reaped)
    }

    async fn held_by(&self, node: NodeId) -> Result<Vec<Held>, Unavailable> {
        let all = try_join_all((0..PARTITIONS).map(|partition| self.held_in(partition, node))).await?;
        Ok(all.into_iter().flatten().collect())
    }

    async fn waiting(&self) -> Result<u64, Unavailable> {
        let counts = try_join_all((0..PARTITIONS).map(|partition| {
            let clock = self.redis.key(&format!("{{p{partition}}}:t"));
            self.redis.command("pool_waiting", "HGET", clock, ["c".into()])
        }));
        Ok(counts.await?.iter().filter_map(Value::as_u64).sum())
    }
}

fn partition(language: &Language) -> u16 {
    hash::part(language.as_str(), PARTITIONS)
}
