use std::borrow::Cow;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::{Code, Rejection, char_count, is_one_grapheme};

/// The longest chat message, in Unicode scalar values.
const MAX_MESSAGE_CHARS: usize = 2_000;
/// The longest sender name, in Unicode scalar values.
const MAX_SENDER_CHARS: usize = 64;
/// The longest `timestamp`, in bytes as written: an ISO 8601 instant fits.
const MAX_TIMESTAMP_BYTES: usize = 64;

/// An event a client may emit, checked. Slices are the client's own text.
#[derive(Debug, Clone, PartialEq)]
pub enum ClientEvent<'a> {
    /// `join-queue`
    JoinQueue(JoinQueue<'a>),
    /// `leave-queue`
    LeaveQueue,
    /// `send-offer`, `send-answer`, `send-candidate`
    Signal(Signal<'a>),
    /// `send-message`
    Message(ChatMessage<'a>),
    /// `send-reaction`
    Reaction(Reaction<'a>),
    /// `end-call`
    EndCall {
        /// Which call to end.
        session: Cow<'a, str>,
    },
    /// `connection-state`
    State(StateReport<'a>),
}

/// What somebody asks of the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinQueue<'a> {
    /// Where to meet people from, as written; `global` when absent.
    pub region: Cow<'a, str>,
    /// Which language to speak, as written; `en` when absent.
    pub language: Cow<'a, str>,
}

/// Which of the three WebRTC signals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignalKind {
    /// An SDP offer.
    Offer,
    /// An SDP answer.
    Answer,
    /// A trickled ICE candidate.
    Candidate,
}

/// An offer, answer or ICE candidate for the peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signal<'a> {
    /// Which.
    pub kind: SignalKind,
    /// In which call.
    pub session: Cow<'a, str>,
    /// Raw JSON, relayed byte by byte.
    pub data: &'a str,
}

/// A chat message for the peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatMessage<'a> {
    /// In which call.
    pub session: Cow<'a, str>,
    /// A raw JSON string literal of at most 2000 characters.
    pub message: &'a str,
    /// A raw JSON string literal of at most 64 characters.
    pub sender: Option<&'a str>,
    /// A raw JSON number or string.
    pub timestamp: Option<&'a str>,
}

/// An emoji for the peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reaction<'a> {
    /// In which call.
    pub session: Cow<'a, str>,
    /// A raw JSON string literal holding one grapheme cluster.
    pub emoji: &'a str,
    /// A raw JSON number or string.
    pub timestamp: Option<&'a str>,
}

/// How the client's `RTCPeerConnection` fares.
#[derive(Debug, Clone, PartialEq)]
pub struct StateReport<'a> {
    /// In which call.
    pub session: Cow<'a, str>,
    /// How.
    pub state: ConnectionState,
    /// The kind of the selected local candidate.
    pub candidate_type: Option<CandidateType>,
    /// From `matched` to connected, in milliseconds.
    pub time_to_connect_ms: Option<f64>,
}

/// The states worth counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConnectionState {
    /// Media flows.
    Connected,
    /// ICE gave up.
    Failed,
    /// Media stopped.
    Disconnected,
}

/// RFC 8445 §5.1.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CandidateType {
    /// An address of the machine itself.
    Host,
    /// An address seen by a STUN server.
    Srflx,
    /// An address seen by the peer.
    Prflx,
    /// An address of a TURN server.
    Relay,
}

impl CandidateType {
    /// As it travels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Srflx => "srflx",
            Self::Prflx => "prflx",
            Self::Relay => "relay",
        }
    }
}

impl<'a> ClientEvent<'a> {
    /// Every event a client may emit.
    pub const NAMES: &'static [&'static str] = &[
        "join-queue",
        "leave-queue",
        "send-offer",
        "send-answer",
        "send-candidate",
        "send-message",
        "send-reaction",
        "end-call",
        "connection-state",
    ];

    /// Checks the event `name` with its arguments, each raw JSON already known to be valid. Only the first argument
    /// counts, and in it only the known keys.
    ///
    /// # Errors
    /// A [`Rejection`] with `unknown_event`, `invalid_payload` or `payload_too_large`.
    pub fn parse(name: &str, args: &[&'a str]) -> Result<Self, Rejection> {
        let payload = args.first().copied();
        match name {
            "join-queue" => join(payload).map(Self::JoinQueue),
            "leave-queue" => Ok(Self::LeaveQueue),
            "send-offer" => signal(SignalKind::Offer, payload),
            "send-answer" => signal(SignalKind::Answer, payload),
            "send-candidate" => signal(SignalKind::Candidate, payload),
            "send-message" => message(payload),
            "send-reaction" => reaction(payload),
            "end-call" => {
                let fields: EndCallFields<'_> = object(payload)?;
                Ok(Self::EndCall { session: fields.session_id })
            }
            "connection-state" => state(payload),
            _ => Err(Code::UnknownEvent.into()),
        }
    }
}

impl SignalKind {
    /// The event that carries it to the peer, which is also the key of its payload there.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Offer => "offer",
            Self::Answer => "answer",
            Self::Candidate => "candidate",
        }
    }
}

#[derive(Deserialize)]
struct JoinFields<'a> {
    #[serde(borrow, default, deserialize_with = "present")]
    region: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    language: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    preferences: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SignalFields<'a> {
    #[serde(borrow)]
    session_id: Cow<'a, str>,
    #[serde(borrow)]
    data: &'a RawValue,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct MessageFields<'a> {
    #[serde(borrow)]
    session_id: Cow<'a, str>,
    #[serde(borrow)]
    message: &'a RawValue,
    #[serde(borrow, default, deserialize_with = "present")]
    sender: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    timestamp: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReactionFields<'a> {
    #[serde(borrow)]
    session_id: Cow<'a, str>,
    #[serde(borrow)]
    emoji: &'a RawValue,
    #[serde(borrow, default, deserialize_with = "present")]
    timestamp: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct EndCallFields<'a> {
    #[serde(borrow)]
    session_id: Cow<'a, str>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StateFields<'a> {
    #[serde(borrow)]
    session_id: Cow<'a, str>,
    state: ConnectionState,
    #[serde(default, deserialize_with = "present")]
    candidate_type: Option<CandidateType>,
    #[serde(default, deserialize_with = "present")]
    time_to_connect_ms: Option<f64>,
}

/// An optional field that is there: `null` is a value like any other, and mostly a wrong one.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(field: D) -> Result<Option<T>, D::Error> {
    T::deserialize(field).map(Some)
}

/// Reads the known keys of an object. serde would take an array for a struct too; a client may not.
fn object<'a, T: Deserialize<'a>>(payload: Option<&'a str>) -> Result<T, Rejection> {
    let payload = payload.filter(|raw| raw.trim_start().starts_with('{'));
    let Some(payload) = payload else {
        return Err(Rejection::new(Code::InvalidPayload, "The payload must be an object"));
    };
    serde_json::from_str(payload)
        .map_err(|_| Rejection::new(Code::InvalidPayload, "A field is missing or has the wrong type"))
}

fn join(payload: Option<&str>) -> Result<JoinQueue<'_>, Rejection> {
    let anybody = JoinQueue { region: Cow::Borrowed("global"), language: Cow::Borrowed("en") };
    if payload.is_none_or(|raw| raw.trim() == "null") {
        return Ok(anybody);
    }
    let fields: JoinFields<'_> = object(payload)?;
    if fields.preferences.is_some_and(|raw| !raw.get().starts_with('{')) {
        return Err(Rejection::new(Code::InvalidPayload, "preferences must be an object"));
    }
    Ok(JoinQueue {
        region: fields.region.map_or(Ok(anybody.region), |raw| string(raw, "region must be a string"))?,
        language: fields
            .language
            .map_or(Ok(anybody.language), |raw| string(raw, "language must be a string"))?,
    })
}

fn signal(kind: SignalKind, payload: Option<&str>) -> Result<ClientEvent<'_>, Rejection> {
    let fields: SignalFields<'_> = object(payload)?;
    Ok(ClientEvent::Signal(Signal { kind, session: fields.session_id, data: fields.data.get() }))
}

fn message(payload: Option<&str>) -> Result<ClientEvent<'_>, Rejection> {
    let fields: MessageFields<'_> = object(payload)?;
    let message = literal(fields.message, MAX_MESSAGE_CHARS, "message")?;
    let sender = fields.sender.map(|raw| literal(raw, MAX_SENDER_CHARS, "sender")).transpose()?;
    let timestamp = fields.timestamp.map(timestamp).transpose()?;
    Ok(ClientEvent::Message(ChatMessage { session: fields.session_id, message, sender, timestamp }))
}

fn reaction(payload: Option<&str>) -> Result<ClientEvent<'_>, Rejection> {
    let fields: ReactionFields<'_> = object(payload)?;
    let emoji: Cow<'_, str> = string(fields.emoji, "emoji must be a string")?;
    if !is_one_grapheme(&emoji) {
        return Err(Rejection::new(Code::InvalidPayload, "emoji must be a single emoji of at most 64 bytes"));
    }
    let timestamp = fields.timestamp.map(timestamp).transpose()?;
    Ok(ClientEvent::Reaction(Reaction { session: fields.session_id, emoji: fields.emoji.get(), timestamp }))
}

fn state(payload: Option<&str>) -> Result<ClientEvent<'_>, Rejection> {
    let fields: StateFields<'_> = object(payload)?;
    let time_to_connect_ms = fields.time_to_connect_ms;
    if time_to_connect_ms.is_some_and(|ms| !(0.0..=3_600_000.0).contains(&ms)) {
        return Err(Rejection::new(Code::InvalidPayload, "timeToConnectMs must be 0 to 3600000"));
    }
    Ok(ClientEvent::State(StateReport {
        session: fields.session_id,
        state: fields.state,
        candidate_type: fields.candidate_type,
        time_to_connect_ms,
    }))
}

fn string<'a>(raw: &'a RawValue, otherwise: &'static str) -> Result<Cow<'a, str>, Rejection> {
    #[derive(Deserialize)]
    struct Text<'a>(#[serde(borrow)] Cow<'a, str>);
    serde_json::from_str::<Text<'a>>(raw.get())
        .map(|text| text.0)
        .map_err(|_| Rejection::new(Code::InvalidPayload, otherwise))
}

/// Keeps a string as written once it is known to be short enough.
fn literal<'a>(raw: &'a RawValue, max: usize, field: &'static str) -> Result<&'a str, Rejection> {
    let literal = raw.get();
    if !literal.starts_with('"') {
        return Err(Rejection::new(Code::InvalidPayload, format!("{field} must be a string")));
    }
    if char_count(literal) > max {
        return Err(Rejection::new(
            Code::PayloadTooLarge,
            format!("{field} must have at most {max} characters"),
        ));
    }
    Ok(literal)
}

fn timestamp(raw: &RawValue) -> Result<&str, Rejection> {
    let text = raw.get();
    let scalar = text.starts_with(|first: char| first == '"' || first == '-' || first.is_ascii_digit());
    if !scalar || text.len() > MAX_TIMESTAMP_BYTES {
        return Err(Rejection::new(Code::InvalidPayload, "timestamp must be a number or a short string"));
    }
    Ok(text)
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
