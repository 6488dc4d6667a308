use super::codec::{Reader, Writer};
use crate::ports::{CallRecord, CallSide};

impl CallRecord {
    /// The record as bytes, for an adapter's backend and for the bus.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::with_capacity(256);
        writer.id(self.session.as_bytes());
        for side in [&self.offerer, &self.answerer] {
            let CallSide { device, alias, wait_ms, node } = side;
            writer.text(device.as_str()).id(alias.as_bytes()).u64(*wait_ms).id(node.as_bytes());
        }
        writer.text(&self.region).text(&self.language).u64(self.matched_at.as_millis()).u64(self.moves);
        writer.0
    }

    /// What [`to_bytes`](Self::to_bytes) wrote, of this version or a later one; `None` when it is something else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        let session = reader.session()?;
        let mut side = || {
            let (device, alias) = (reader.device()?, reader.alias()?);
            Some(CallSide { device, alias, wait_ms: reader.u64()?, node: reader.node()? })
        };
        let (offerer, answerer) = (side()?, side()?);
        Some(Self {
            session,
            offerer,
            answerer,
            region: reader.text()?.into(),
            language: reader.text()?.into(),
            matched_at: reader.time()?,
            moves: reader.u64()?,
        })
    }
}
