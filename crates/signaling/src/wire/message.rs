use std::time::Duration;

use video_chat_kernel::{DeviceId, NodeId, SessionId, Timestamp};

use super::codec::{Reader, Writer};
use crate::{EndReason, KeptRelay, Side, ports::CallRecord};

/// The place of a relay in its direction: the `number`th (from 0) of an epoch. An epoch begins where nobody could tell how
/// far the one before had come; what comes of a later epoch comes after all of an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Mark {
    /// Which epoch.
    pub epoch: u64,
    /// Which relay of it.
    pub number: u64,
}

impl Mark {
    /// Where the epoch begins.
    pub const fn first_of(epoch: u64) -> Self {
        Self { epoch, number: 0 }
    }

    /// The place after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self { epoch: self.epoch, number: self.number.saturating_add(1) }
    }
}

/// What one node tells another. Every message about a call names its session.
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the fields are told with their message")]
pub enum Message<'a> {
    /// A relay to `to`, and its place among those that went from node to node.
    Relay { session: SessionId, to: Side, mark: Mark, event: &'static str, payload: &'a str },
    /// Two met; `to`, who waits at the receiver with `ticket`, is to be asked.
    Offer { call: CallRecord, to: Side, ticket: u128 },
    /// The offer was taken, and the call is live.
    Accepted { session: SessionId },
    /// The one that was offered the call is gone.
    Refused { session: SessionId },
    /// Two met of whom none waits at the sender: the receiver, who has the first, is to bring them together.
    Introduce { first: Waiting, second: Waiting },
    /// The device has a newer connection at `node` than its `connection` at the receiver: that one goes, and its call, if
    /// any, is handed over. The new node knows of `call` and waits for that.
    Displaced { device: DeviceId, connection: u64, node: NodeId, call: Option<(SessionId, Side)> },
    /// The device is at the receiver, by the directory, and the sender still has its `connection`, or holds `call` for it.
    /// The answer is `Displaced`.
    StillHeld { device: DeviceId, connection: u64, call: Option<(SessionId, Side)> },
    /// `side` of the call is at `node` now, by the `moves`th move of the call.
    Moved { session: SessionId, side: Side, node: NodeId, moves: u64 },
    /// The answer to `Moved`, and again when it is known better: the next relay to `side`, as far as is known, and how
    /// much longer its peer may stay away, when it is.
    Here { session: SessionId, side: Side, next: Option<Mark>, away: Option<Duration> },
    /// What the old node of `side` leaves to the new one.
    Handover { session: SessionId, side: Side, leaves: Legacy },
    /// `side` vanished and may come back within `grace`.
    Lost { session: SessionId, side: Side, grace: Duration },
    /// `side` is back where it was.
    Back { session: SessionId, side: Side },
    /// The call is over. `next` comes after the last relay to the receiver's side, which may come by another way.
    Ended { session: SessionId, reason: EndReason, next: Option<Mark> },
}

/// What one node knows of a side that has moved to another. Where it knows nothing, the other has to do without.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Legacy {
    /// The next relay of the side.
    pub sends: Option<Mark>,
    /// The next relay to the side.
    pub takes: Option<Mark>,
    /// Relays to the side that come before all others, in order.
    pub kept: Vec<KeptRelay>,
    /// Relays of the side that have no place yet, in order.
    pub unsent: Vec<KeptRelay>,
    /// The node that was to hand over to this one, and has not: what it says will be passed on.
    pub waits_for: Option<NodeId>,
}

/// A ticket of a pairing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The ticket's id.
    pub ticket: u128,
    /// Who waits.
    pub device: DeviceId,
    /// At which node.
    pub node: NodeId,
    /// With these wishes.
    pub region: String,
    /// With these wishes.
    pub language: String,
    /// Since when.
    pub since: Timestamp,
}

const RELAY: u8 = 1;
const OFFER: u8 = 2;
const ACCEPTED: u8 = 3;
const REFUSED: u8 = 4;
const INTRODUCE: u8 = 5;
const DISPLACED: u8 = 6;
const MOVED: u8 = 7;
const HERE: u8 = 8;
const HANDOVER: u8 = 9;
const LOST: u8 = 10;
const BACK: u8 = 11;
const ENDED: u8 = 12;
const STILL_HELD: u8 = 13;

/// The events that are relayed, each at its number.
const EVENTS: [&str; 5] = ["offer", "answer", "candidate", "message", "reaction"];

impl<'a> Message<'a> {
    /// The message as bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let capacity = if let Self::Relay { payload, .. } = self { payload.len() + 48 } else { 64 };
        let mut writer = Writer::with_capacity(capacity);
        match self {
            Self::Relay { session, to, mark, event, payload } => {
                about(&mut writer, RELAY, session).side(*to).mark(*mark).u8(event_number(event)).text(payload)
            }
            Self::Offer { call, to, ticket } => {
                about(&mut writer, OFFER, &call.session).bytes(&call.to_bytes()).side(*to).u128(*ticket)
            }
            Self::Accepted { session } => about(&mut writer, ACCEPTED, session),
            Self::Refused { session } => about(&mut writer, REFUSED, session),
            Self::Introduce { first, second } => {
                writer.u8(INTRODUCE);
                first.write(&mut writer);
                second.write(&mut writer);
                &mut writer
            }
            Self::Displaced { device, connection, node, call } => writer
                .u8(DISPLACED)
                .text(device.as_str())
                .u64(*connection)
                .id(node.as_bytes())
                .maybe(*call, end),
            Self::StillHeld { device, connection, call } => {
                writer.u8(STILL_HELD).text(device.as_str()).u64(*connection).maybe(*call, end)
            }
            Self::Moved { session, side, node, moves } => {
                about(&mut writer, MOVED, session).side(*side).id(node.as_bytes()).u64(*moves)
            }
            Self::Here { session, side, next, away } => about(&mut writer, HERE, session)
                .side(*side)
                .maybe(*next, Writer::mark)
                .optional(away.map(millis)),
            Self::Handover { session, side, leaves } => {
                about(&mut writer, HANDOVER, session).side(*side);
                leaves.write(&mut writer);
                &mut writer
            }
            Self::Lost { session, side, grace } => {
                about(&mut writer, LOST, session).side(*side).u64(millis(*grace))
            }
            Self::Back { session, side } => about(&mut writer, BACK, session).side(*side),
            Self::Ended { session, reason, next } => {
                about(&mut writer, ENDED, session).text(reason.as_str()).maybe(*next, Writer::mark)
            }
        };
        writer.0
    }

    /// The call whose life the message goes on with, once that has begun.
    pub const fn session(&self) -> Option<SessionId> {
        match self {
            Self::Relay { session, .. }
            | Self::Moved { session, .. }
            | Self::Here { session, .. }
            | Self::Handover { session, .. }
            | Self::Lost { session, .. }
            | Self::Back { session, .. }
            | Self::Ended { session, .. } => Some(*session),
            Self::Offer { .. }
            | Self::Accepted { .. }
            | Self::Refused { .. }
            | Self::Introduce { .. }
            | Self::Displaced { .. }
            | Self::StillHeld { .. } => None,
        }
    }

    /// Reads a message; `None` when it is of an unknown kind.
    pub fn parse(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        match reader.u8()? {
            INTRODUCE => {
                let (first, second) = (Waiting::read(&mut reader)?, Waiting::read(&mut reader)?);
                Some(Self::Introduce { first, second })
            }
            DISPLACED => {
                let (device, connection, node) = (reader.device()?, reader.u64()?, reader.node()?);
                Some(Self::Displaced { device, connection, node, call: reader.maybe(end_of).ok()? })
            }
            STILL_HELD => {
                let (device, connection) = (reader.device()?, reader.u64()?);
                Some(Self::StillHeld { device, connection, call: reader.maybe(end_of).ok()? })
            }
            kind => Self::about(kind, reader.session()?, &mut reader),
        }
    }

    fn about(kind: u8, session: SessionId, reader: &mut Reader<'a>) -> Option<Self> {
        match kind {
            RELAY => {
                let (to, mark, event) = (reader.side()?, reader.mark()?, event(reader.u8()?)?);
                Some(Self::Relay { session, to, mark, event, payload: reader.text()? })
            }
            OFFER => {
                let call = CallRecord::from_bytes(reader.bytes()?)?;
                Some(Self::Offer { call, to: reader.side()?, ticket: reader.u128()? })
            }
            ACCEPTED => Some(Self::Accepted { session }),
            REFUSED => Some(Self::Refused { session }),
            MOVED => {
                let (side, node) = (reader.side()?, reader.node()?);
                Some(Self::Moved { session, side, node, moves: reader.u64()? })
            }
            HERE => {
                let (side, next) = (reader.side()?, reader.maybe(Reader::mark).ok()?);
                let away = reader.optional().ok()?.map(Duration::from_millis);
                Some(Self::Here { session, side, next, away })
            }
            HANDOVER => Some(Self::Handover { session, side: reader.side()?, leaves: Legacy::read(reader)? }),
            LOST => {
                let (side, grace) = (reader.side()?, Duration::from_millis(reader.u64()?));
                Some(Self::Lost { session, side, grace })
            }
            BACK => Some(Self::Back { session, side: reader.side()? }),
            ENDED => {
                let word = reader.text()?;
                let reason = EndReason::ALL.iter().find(|reason| reason.as_str() == word)?;
                // Versions before did not say.
                let next = reader.maybe(Reader::mark).ok().flatten();
                Some(Self::Ended { session, reason: *reason, next })
            }
            _ => None,
        }
    }
}

impl Legacy {
    fn write(&self, writer: &mut Writer) {
        for mark in [self.sends, self.takes] {
            writer.maybe(mark, Writer::mark);
        }
        for relays in [&self.kept, &self.unsent] {
            writer.u64(relays.len() as u64);
            for relay in relays {
                writer.u8(event_number(relay.event)).text(&relay.payload);
            }
        }
        writer.maybe(self.waits_for.as_ref(), |writer, node| writer.id(node.as_bytes()));
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        let (sends, takes) = (reader.maybe(Reader::mark).ok()?, reader.maybe(Reader::mark).ok()?);
        let mut relays = || {
            let mut relays = Vec::new();
            for _ in 0..reader.u64()? {
                relays.push(KeptRelay { event: event(reader.u8()?)?, payload: reader.text()?.into() });
            }
            Some(relays)
        };
        let (kept, unsent) = (relays()?, relays()?);
        Some(Self { sends, takes, kept, unsent, waits_for: reader.maybe(Reader::node).ok()? })
    }
}

impl Waiting {
    fn write(&self, writer: &mut Writer) {
        writer.u128(self.ticket).text(self.device.as_str()).id(self.node.as_bytes());
        writer.text(&self.region).text(&self.language).u64(self.since.as_millis());
    }

    fn read(reader: &mut Reader<'_>) -> Option<Self> {
        Some(Self {
            ticket: reader.u128()?,
            device: reader.device()?,
            node: reader.node()?,
            region: reader.text()?.into(),
            language: reader.text()?.into(),
            since: reader.time()?,
        })
    }
}

fn about<'w>(writer: &'w mut Writer, kind: u8, session: &SessionId) -> &'w mut Writer {
    writer.u8(kind).id(session.as_bytes())
}

fn end(writer: &mut Writer, (session, side): (SessionId, Side)) -> &mut Writer {
    writer.id(session.as_bytes()).side(side)
}

fn end_of(reader: &mut Reader<'_>) -> Option<(SessionId, Side)> {
    Some((reader.session()?, reader.side()?))
}

fn event_number(event: &str) -> u8 {
    let place = EVENTS.iter().position(|known| *known == event);
    place.and_then(|place| u8::try_from(place).ok()).unwrap_or(u8::MAX)
}

fn event(number: u8) -> Option<&'static str> {
    EVENTS.get(usize::from(number)).copied()
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
#[path = "message_tests.rs"]
mod tests;
