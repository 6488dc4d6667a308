use std::borrow::Cow;

use serde::{Deserialize, de::DeserializeOwned};

use crate::{
    Code, Payload, Rejection, char_count, is_one_grapheme,
    payload::{text, wrong_field},
};

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

    /// Checks the event `name` with its first argument, which alone counts, and in it only the known keys.
    ///
    /// # Errors
    /// A [`Rejection`] with `unknown_event`, `invalid_payload` or `payload_too_large`.
    pub fn parse(name: &str, payload: Payload<'a>) -> Result<Self, Rejection> {
        match name {
            "join-queue" => join(payload).map(Self::JoinQueue),
            "leave-queue" => Ok(Self::LeaveQueue),
            "send-offer" => signal(SignalKind::Offer, payload),
            "send-answer" => signal(SignalKind::Answer, payload),
            "send-candidate" => signal(SignalKind::Candidate, payload),
            "send-message" => message(payload),
            "send-reaction" => reaction(payload),
            "end-call" => {
                let [session] = payload.fields(["sessionId"])?;
                Ok(Self::EndCall { session: required_text(session)? })
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

fn join(payload: Payload<'_>) -> Result<JoinQueue<'_>, Rejection> {
    let anybody = JoinQueue { region: Cow::Borrowed("global"), language: Cow::Borrowed("en") };
    if payload.raw.is_none_or(|raw| raw == "null") {
        return Ok(anybody);
    }
    let [region, language, preferences] = payload.fields(["region", "language", "preferences"])?;
    if preferences.is_some_and(|raw| !raw.starts_with('{')) {
        return Err(Rejection::new(Code::InvalidPayload, "preferences must be an object"));
    }
    Ok(JoinQueue {
        region: region.map_or(Ok(anybody.region), |raw| string(raw, "region must be a string"))?,
        language: language.map_or(Ok(anybody.language), |raw| string(raw, "language must be a string"))?,
    })
}

fn signal(kind: SignalKind, payload: Payload<'_>) -> Result<ClientEvent<'_>, Rejection> {
    let [session, data] = payload.fields(["sessionId", "data"])?;
    let session = required_text(session)?;
    Ok(ClientEvent::Signal(Signal { kind, session, data: data.ok_or_else(wrong_field)? }))
}

fn message(payload: Payload<'_>) -> Result<ClientEvent<'_>, Rejection> {
    let [session, message, sender, sent] = payload.fields(["sessionId", "message", "sender", "timestamp"])?;
    let session = required_text(session)?;
    let message = literal(message.ok_or_else(wrong_field)?, MAX_MESSAGE_CHARS, "message")?;
    let sender = sender.map(|raw| literal(raw, MAX_SENDER_CHARS, "sender")).transpose()?;
    let timestamp = sent.map(timestamp).transpose()?;
    Ok(ClientEvent::Message(ChatMessage { session, message, sender, timestamp }))
}

fn reaction(payload: Payload<'_>) -> Result<ClientEvent<'_>, Rejection> {
    let [session, emoji, sent] = payload.fields(["sessionId", "emoji", "timestamp"])?;
    let session = required_text(session)?;
    let emoji = emoji.ok_or_else(wrong_field)?;
    if !is_one_grapheme(&string(emoji, "emoji must be a string")?) {
        return Err(Rejection::new(Code::InvalidPayload, "emoji must be a single emoji of at most 64 bytes"));
    }
    let timestamp = sent.map(timestamp).transpose()?;
    Ok(ClientEvent::Reaction(Reaction { session, emoji, timestamp }))
}

fn state(payload: Payload<'_>) -> Result<ClientEvent<'_>, Rejection> {
    let names = ["sessionId", "state", "candidateType", "timeToConnectMs"];
    let [session, state, candidate_type, time_to_connect_ms] = payload.fields(names)?;
    let report = StateReport {
        session: required_text(session)?,
        state: typed(state.ok_or_else(wrong_field)?)?,
        candidate_type: candidate_type.map(typed).transpose()?,
        time_to_connect_ms: time_to_connect_ms.map(typed).transpose()?,
    };
    if report.time_to_connect_ms.is_some_and(|ms| !(0.0..=3_600_000.0).contains(&ms)) {
        return Err(Rejection::new(Code::InvalidPayload, "timeToConnectMs must be 0 to 3600000"));
    }
    Ok(ClientEvent::State(report))
}

fn required_text(raw: Option<&str>) -> Result<Cow<'_, str>, Rejection> {
    raw.and_then(text).ok_or_else(wrong_field)
}

fn string<'a>(raw: &'a str, otherwise: &'static str) -> Result<Cow<'a, str>, Rejection> {
    text(raw).ok_or_else(|| Rejection::new(Code::InvalidPayload, otherwise))
}

fn typed<T: DeserializeOwned>(raw: &str) -> Result<T, Rejection> {
    serde_json::from_str(raw).map_err(|_| wrong_field())
}

/// Keeps a string as written once it is known to be short enough.
fn literal<'a>(literal: &'a str, max: usize, field: &'static str) -> Result<&'a str, Rejection> {
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

fn timestamp(raw: &str) -> Result<&str, Rejection> {
    let scalar = raw.starts_with(|first: char| first == '"' || first == '-' || first.is_ascii_digit());
    if !scalar || raw.len() > MAX_TIMESTAMP_BYTES {
        return Err(Rejection::new(Code::InvalidPayload, "timestamp must be a number or a short string"));
    }
    Ok(raw)
}

#[cfg(test)]
#[path = "client_tests.rs"]
mod tests;
