use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use video_chat_kernel::{DeviceId, NodeId, SessionId, Timestamp, Unavailable};
use video_chat_signaling::ports::{Directory, Elsewhere, Entered, KEPT_FOR, NEWER_BY, Place, Presence};

/// Where the devices of one process are. A call costs a look at every record: for tests.
#[derive(Debug, Default)]
pub struct MemoryDirectory {
    records: Mutex<HashMap<DeviceId, Record>>,
}

#[derive(Debug, Clone, Copy)]
struct Record {
    place: Place,
    /// The last one at another node.
    earlier: Option<Place>,
    session: Option<SessionId>,
    /// When it connected.
    since: Timestamp,
    until: Timestamp,
}

impl MemoryDirectory {
    fn records(&self, now: Timestamp) -> MutexGuard<'_, HashMap<DeviceId, Record>> {
        let mut records = self.records.lock().unwrap_or_else(PoisonError::into_inner);
        records.retain(|_, record| record.until > now);
        records
    }
}

#[async_trait]
impl Directory for MemoryDirectory {
    async fn enter(&self, device: &DeviceId, place: Place, now: Timestamp) -> Result<Entered, Unavailable> {
        let mut records = self.records(now);
        let before = records.get(device).copied();
        let newer = before.filter(|it| it.place.node == place.node && it.place.connection > place.connection);
        let session = before.and_then(|before| before.session);
        let place = newer.map_or(place, |newer| newer.place);
        let moves = before.is_some_and(|it| it.place.node != place.node);
        let (displaced, before_that) = (before.map(|it| it.place), before.and_then(|it| it.earlier));
        let earlier = if moves { displaced } else { before_that };
        let since = newer.and(before).map_or(now, |it| it.since);
        records.insert(device.clone(), Record { place, earlier, session, since, until: now.after(KEPT_FOR) });
        Ok(Entered { displaced, earlier: before_that, session })
    }

    async fn leave(
        &self,
        device: &DeviceId,
        place: Place,
        grace: Duration,
        now: Timestamp,
    ) -> Result<(), Unavailable> {
        if let Some(record) = self.records(now).get_mut(device)
            && record.place == place
        {
            record.until = now.after(grace);
        }
        Ok(())
    }

    async fn claim(
        &self,
        device: &DeviceId,
        node: NodeId,
        session: SessionId,
        now: Timestamp,
    ) -> Result<bool, Unavailable> {
        let mut records = self.records(now);
        let free =
            |it: &&mut Record| it.place.node == node && it.session.is_none_or(|other| other == session);
        Ok(records.get_mut(device).filter(free).map(|it| it.session = Some(session)).is_some())
    }

    async fn release(
        &self,
        device: &DeviceId,
        session: SessionId,
        now: Timestamp,
    ) -> Result<(), Unavailable> {
        if let Some(record) = self.records(now).get_mut(device) {
            record.session.take_if(|claimed| *claimed == session);
        }
        Ok(())
    }

    async fn keep(
        &self,
        node: NodeId,
        present: &[Presence],
        now: Timestamp,
    ) -> Result<Vec<Elsewhere>, Unavailable> {
        let mut records = self.records(now);
        let mut elsewhere = Vec::new();
        for Presence { device, connection, session, age, confirmed } in present {
            let place = Place { node, connection: *connection };
            let since = age.map_or(Timestamp::default(), |age| now.before(age));
            let until = now.after(KEPT_FOR);
            let ours = Record { place, earlier: None, session: *session, since, until };
            let Some(record) = records.get_mut(device) else {
                records.insert(device.clone(), ours);
                continue;
            };
            if record.place.node == node {
                if record.place.connection < *connection {
                    (record.place, record.since) = (place, since);
                }
                (record.session, record.until) = (session.or(record.session), until);
                if let Some(place) = record.earlier.filter(|_| !confirmed) {
                    elsewhere.push(Elsewhere { device: device.clone(), place, newer: false });
                }
                continue;
            }
            let before = record.place;
            let newer = record.since.after(NEWER_BY) >= since;
            if newer {
                record.session = record.session.or(ours.session);
            } else {
                *record = Record { earlier: Some(before), session: session.or(record.session), ..ours };
            }
            elsewhere.push(Elsewhere { device: device.clone(), place: before, newer });
        }
        Ok(elsewhere)
    }
}
