use std::time::Duration;

use async_trait::async_trait;
use video_chat_kernel::{DeviceId, NodeId, SessionId, Timestamp, Unavailable};

/// How long a record outlives the last word of its node.
pub const KEPT_FOR: Duration = Duration::from_mins(10);

/// How much newer than the one on record a connection must be to take the record over: words take their time.
pub const NEWER_BY: Duration = Duration::from_millis(250);

/// Where a device's connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// The node that has it.
    pub node: NodeId,
    /// Its number there: later ones are larger.
    pub connection: u64,
}

/// What a device that connects leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Entered {
    /// Where it was before, connected or gone less than its grace ago.
    pub displaced: Option<Place>,
    /// Where it was last at another node than that: for when that one is dead, and may have told nobody.
    pub earlier: Option<Place>,
    /// The session it is claimed for.
    pub session: Option<SessionId>,
}

/// A device as its node knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presence {
    /// The device.
    pub device: DeviceId,
    /// Its connection there.
    pub connection: u64,
    /// The session it is in; `None` when its node knows of none, though it may be claimed for one.
    pub session: Option<SessionId>,
    /// How long ago it connected; `None` when it has no connection any more.
    pub age: Option<Duration>,
    /// Whether the directory has answered since then: if not, it may have noted the connection all the same.
    pub confirmed: bool,
}

/// A device whose record was another node's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Elsewhere {
    /// The device.
    pub device: DeviceId,
    /// Its place there.
    pub place: Place,
    /// Whether it connected there later, as far as is known. Otherwise the record is that of the node that asked now.
    pub newer: bool,
}

/// Where each device is: one record a device, with the session it is claimed for.
///
/// This is what makes a device's one live connection, and its one live call, true across nodes. Each call is atomic for
/// its device.
#[async_trait]
pub trait Directory: Send + Sync {
    /// The device has a connection at `place`; answers what it had before. The newest wins, except that on one node a
    /// connection with a larger number is never replaced by one with a smaller. The session stays.
    async fn enter(&self, device: &DeviceId, place: Place, now: Timestamp) -> Result<Entered, Unavailable>;

    /// The connection at `place` is gone: the record is forgotten after `grace`, unless the device enters before. When
    /// the device is elsewhere already, nothing happens.
    async fn leave(
        &self,
        device: &DeviceId,
        place: Place,
        grace: Duration,
        now: Timestamp,
    ) -> Result<(), Unavailable>;

    /// Claims the device for `session`: true when it is at `node` (connected, or gone less than its grace ago) and
    /// claimed for no other session. Again with the same session: true.
    async fn claim(
        &self,
        device: &DeviceId,
        node: NodeId,
        session: SessionId,
        now: Timestamp,
    ) -> Result<bool, Unavailable>;

    /// Gives the claim up, if it is for `session`.
    async fn release(&self, device: &DeviceId, session: SessionId, now: Timestamp)
    -> Result<(), Unavailable>;

    /// Says again what `node` knows: records that are missing are written, those of this node have their session set, if
    /// it knows one (otherwise a claim stays: it may have been made since), and their life prolonged to [`KEPT_FOR`].
    /// Answers the devices that were at another node: a record that is older than the connection here, by more than
    /// [`NEWER_BY`], is taken over, with its claim when this node knows of no session; others are left alone, except that
    /// one without a session has what this node knows of it. One that is not confirmed and is here by its record was at
    /// another node before, if the record tells which.
    async fn keep(
        &self,
        node: NodeId,
        present: &[Presence],
        now: Timestamp,
    ) -> Result<Vec<Elsewhere>, Unavailable>;
}
