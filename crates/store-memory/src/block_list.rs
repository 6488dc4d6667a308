use std::{
    collections::HashMap,
    sync::{PoisonError, RwLock},
};

use async_trait::async_trait;
use video_chat_auth::BlockList;
use video_chat_kernel::{DeviceId, Timestamp, Unavailable};

/// An end that never comes.
const NEVER: Timestamp = Timestamp::from_millis(u64::MAX);

/// Blocks of this process, as large as the number of blocks that moderators decided on.
///
/// An expired block is forgotten when somebody asks for it.
#[derive(Debug, Default)]
pub struct MemoryBlockList {
    /// Until when.
    ends: RwLock<HashMap<DeviceId, Timestamp>>,
}

#[async_trait]
impl BlockList for MemoryBlockList {
    async fn is_blocked(&self, device: &DeviceId, now: Timestamp) -> Result<bool, Unavailable> {
        let end = self.ends.read().unwrap_or_else(PoisonError::into_inner).get(device).copied();
        match end {
            None => Ok(false),
            Some(end) if now < end || end == NEVER => Ok(true),
            Some(expired) => {
                let mut ends = self.ends.write().unwrap_or_else(PoisonError::into_inner);
                // Unless it was blocked again meanwhile.
                if ends.get(device) == Some(&expired) {
                    ends.remove(device);
                    return Ok(false);
                }
                Ok(ends.contains_key(device))
            }
        }
    }

    async fn block(&self, device: &DeviceId, until: Option<Timestamp>) -> Result<(), Unavailable> {
        let until = until.unwrap_or(NEVER);
        let mut ends = self.ends.write().unwrap_or_else(PoisonError::into_inner);
        ends.entry(device.clone()).and_modify(|end| *end = until.max(*end)).or_insert(until);
        Ok(())
    }

    async fn lift(&self, device: &DeviceId) -> Result<(), Unavailable> {
        self.ends.write().unwrap_or_else(PoisonError::into_inner).remove(device);
        Ok(())
    }
}
