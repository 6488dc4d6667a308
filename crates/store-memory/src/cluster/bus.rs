use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use bytes::Bytes;
use tokio::sync::Notify;
use video_chat_kernel::{NodeId, Unavailable};
use video_chat_signaling::ports::{Bus, Inbox};

/// Parcels an inbox holds; the oldest go first.
const CAPACITY: usize = 65_536;

/// A bus between the nodes of one process.
#[derive(Debug, Default)]
pub struct MemoryBus {
    boxes: Mutex<HashMap<NodeId, Arc<Letterbox>>>,
}

#[derive(Debug, Default)]
struct Letterbox {
    state: Mutex<Letters>,
    arrived: Notify,
}

#[derive(Debug, Default)]
struct Letters {
    parcels: VecDeque<Bytes>,
    attached: bool,
}

struct MemoryInbox(Arc<Letterbox>);

impl MemoryBus {
    fn letterbox(&self, node: NodeId) -> Arc<Letterbox> {
        Arc::clone(lock(&self.boxes).entry(node).or_default())
    }
}

#[async_trait]
impl Bus for MemoryBus {
    async fn send(&self, to: NodeId, parcel: &[u8]) -> Result<(), Unavailable> {
        self.letterbox(to).put(Bytes::copy_from_slice(parcel), false);
        Ok(())
    }

    async fn broadcast(&self, parcel: &[u8]) -> Result<(), Unavailable> {
        let parcel = Bytes::copy_from_slice(parcel);
        for letterbox in lock(&self.boxes).values() {
            letterbox.put(parcel.clone(), true);
        }
        Ok(())
    }

    async fn attach(&self, node: NodeId) -> Result<Box<dyn Inbox>, Unavailable> {
        let letterbox = self.letterbox(node);
        lock(&letterbox.state).attached = true;
        Ok(Box::new(MemoryInbox(letterbox)))
    }

    async fn discard(&self, node: NodeId) -> Result<(), Unavailable> {
        lock(&self.boxes).remove(&node);
        Ok(())
    }
}

impl Letterbox {
    fn put(&self, parcel: Bytes, only_attached: bool) {
        let mut state = lock(&self.state);
        if only_attached && !state.attached {
            return;
        }
        if state.parcels.len() >= CAPACITY {
            state.parcels.pop_front();
        }
        state.parcels.push_back(parcel);
        self.arrived.notify_one();
    }
}

#[async_trait]
impl Inbox for MemoryInbox {
    async fn next(&mut self) -> Result<Vec<Bytes>, Unavailable> {
        loop {
            let parcels: Vec<Bytes> = lock(&self.0.state).parcels.drain(..).collect();
            if !parcels.is_empty() {
                return Ok(parcels);
            }
            self.0.arrived.notified().await;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
