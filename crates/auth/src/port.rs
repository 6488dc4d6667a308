use async_trait::async_trait;
use video_chat_kernel::{DeviceId, Timestamp, Unavailable};

use crate::{Decision, LimitKey, Quota};

/// Counts what is limited across connections (and nodes): joins a device, requests an address, …
#[async_trait]
pub trait RateLimiter: Send + Sync {
    /// Takes `cost` from the allowance of `key`, or tells when to come back. A refusal takes nothing.
    /// Must be atomic: concurrent callers together never get more than the quota.
    async fn take(
        &self,
        key: &LimitKey,
        quota: Quota,
        cost: u32,
        now: Timestamp,
    ) -> Result<Decision, Unavailable>;

    /// Gives back what a [`take`](RateLimiter::take) of the same key and quota took (a join that was refused for
    /// another reason does not count). Never raises the allowance above the quota.
    async fn give_back(
        &self,
        key: &LimitKey,
        quota: Quota,
        cost: u32,
        now: Timestamp,
    ) -> Result<(), Unavailable>;
}

/// Who is blocked now: a fast copy of the durable records.
///
/// A false "not blocked" lets a blocked device in and breaks a promise; a false "blocked" locks out the innocent.
/// When in doubt an implementation answers [`Unavailable`].
#[async_trait]
pub trait BlockList: Send + Sync {
    /// Whether `device` is blocked at `now`.
    async fn is_blocked(&self, device: &DeviceId, now: Timestamp) -> Result<bool, Unavailable>;

    /// Blocks `device` until `until` (`None`: until lifted). Again: the later end counts.
    async fn block(&self, device: &DeviceId, until: Option<Timestamp>) -> Result<(), Unavailable>;

    /// Lifts the block. Not an error when there is none.
    async fn lift(&self, device: &DeviceId) -> Result<(), Unavailable>;
}
