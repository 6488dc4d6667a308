use video_chat_kernel::{DeviceId, NodeId, PeerAlias, SessionId, Timestamp};

use super::Mark;
use crate::Side;

/// Appends fields: integers big-endian, text and bytes behind their length.
#[derive(Debug, Default)]
pub(super) struct Writer(pub(super) Vec<u8>);

impl Writer {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self(Vec::with_capacity(bytes))
    }

    pub(super) fn u8(&mut self, value: u8) -> &mut Self {
        self.0.push(value);
        self
    }

    pub(super) fn u64(&mut self, value: u64) -> &mut Self {
        self.0.extend_from_slice(&value.to_be_bytes());
        self
    }

    pub(super) fn u128(&mut self, value: u128) -> &mut Self {
        self.id(&value.to_be_bytes())
    }

    pub(super) fn id(&mut self, value: &[u8; 16]) -> &mut Self {
        self.0.extend_from_slice(value);
        self
    }

    /// At most 4 GiB.
    pub(super) fn bytes(&mut self, value: &[u8]) -> &mut Self {
        let length = u32::try_from(value.len()).unwrap_or(u32::MAX);
        self.0.extend_from_slice(&length.to_be_bytes());
        self.0.extend_from_slice(value);
        self
    }

    pub(super) fn text(&mut self, value: &str) -> &mut Self {
        self.bytes(value.as_bytes())
    }

    pub(super) fn side(&mut self, side: Side) -> &mut Self {
        self.u8(match side {
            Side::Offerer => 0,
            Side::Answerer => 1,
        })
    }

    pub(super) fn mark(&mut self, mark: Mark) -> &mut Self {
        self.u64(mark.epoch).u64(mark.number)
    }

    /// Whether there is something, and then that.
    pub(super) fn maybe<T>(
        &mut self,
        value: Option<T>,
        write: impl FnOnce(&mut Self, T) -> &mut Self,
    ) -> &mut Self {
        self.u8(value.is_some().into());
        match value {
            Some(value) => write(self, value),
            None => self,
        }
    }

    /// Nothing is 0, something its value plus one.
    pub(super) fn optional(&mut self, value: Option<u64>) -> &mut Self {
        self.u64(value.map_or(0, |value| value.saturating_add(1)))
    }
}

/// Takes fields; `None` from the first that is missing or wrong.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    pub(super) fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    pub(super) fn u64(&mut self) -> Option<u64> {
        self.take(8)?.try_into().ok().map(u64::from_be_bytes)
    }

    pub(super) fn u128(&mut self) -> Option<u128> {
        self.id().map(u128::from_be_bytes)
    }

    pub(super) fn id(&mut self) -> Option<[u8; 16]> {
        self.take(16)?.try_into().ok()
    }

    pub(super) fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.take(4)?.try_into().ok().map(u32::from_be_bytes)?;
        self.take(usize::try_from(length).ok()?)
    }

    pub(super) fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }

    pub(super) fn side(&mut self) -> Option<Side> {
        match self.u8()? {
            0 => Some(Side::Offerer),
            1 => Some(Side::Answerer),
            _ => None,
        }
    }

    pub(super) fn mark(&mut self) -> Option<Mark> {
        Some(Mark { epoch: self.u64()?, number: self.u64()? })
    }

    /// `Err` when the field is missing or wrong.
    pub(super) fn maybe<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Result<Option<T>, ()> {
        match self.u8().ok_or(())? {
            0 => Ok(None),
            _ => read(self).map(Some).ok_or(()),
        }
    }

    /// `Err` when the field is missing.
    pub(super) fn optional(&mut self) -> Result<Option<u64>, ()> {
        self.u64().map(|value| value.checked_sub(1)).ok_or(())
    }

    pub(super) fn session(&mut self) -> Option<SessionId> {
        self.id().map(SessionId::from_bytes)
    }

    pub(super) fn node(&mut self) -> Option<NodeId> {
        self.id().map(NodeId::from_bytes)
    }

    pub(super) fn alias(&mut self) -> Option<PeerAlias> {
        self.id().map(PeerAlias::from_bytes)
    }

    pub(super) fn device(&mut self) -> Option<DeviceId> {
        DeviceId::parse(self.text()?).ok()
    }

    pub(super) fn time(&mut self) -> Option<Timestamp> {
        self.u64().map(Timestamp::from_millis)
    }
}
