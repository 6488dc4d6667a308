use std::fmt::{self, Write};

use video_chat_kernel::Timestamp;

use crate::{Code, EndReason, SignalKind};

/// An event of the server, with all it says. Raw JSON (`data`, `message`, …) is written as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are those of the wire protocol, named alike")]
pub enum ServerEvent<'a> {
    /// The connection is admitted; `session` when a call was resumed.
    Connected { device: &'a str, timestamp: Timestamp, session: Option<&'a Matched<'a>> },
    /// The ticket waits.
    QueueJoined { position: u64, timestamp: Timestamp },
    /// The ticket is withdrawn.
    QueueLeft { timestamp: Timestamp },
    /// A peer was found.
    Matched(&'a Matched<'a>),
    /// An offer, answer or ICE candidate of the peer.
    Signal { kind: SignalKind, session: &'a str, data: &'a str, from: &'a str },
    /// A chat message of the peer; `timestamp` is raw JSON.
    Message { session: &'a str, message: &'a str, from: &'a str, sender: Option<&'a str>, timestamp: &'a str },
    /// A reaction of the peer; `timestamp` is raw JSON.
    Reaction { session: &'a str, emoji: &'a str, from: &'a str, timestamp: &'a str },
    /// The receiver ended the call.
    CallEnded { session: &'a str },
    /// The call is over and the receiver did not end it.
    PeerDisconnected { session: &'a str, reason: EndReason },
    /// The peer vanished and may come back.
    PeerReconnecting { session: &'a str, grace_ms: u64 },
    /// The peer is back.
    PeerReconnected { session: &'a str },
    /// The server is about to stop.
    ServerDraining { reconnect_in_ms: u64 },
    /// Something was refused. `event` and `session` repeat what the client said.
    Error {
        code: Code,
        message: &'a str,
        event: Option<&'a str>,
        session: Option<&'a str>,
        retry_after_ms: Option<u64>,
    },
}

/// What each of a pair is told of its match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Matched<'a> {
    /// The call.
    pub session: &'a str,
    /// What the peer is called in it.
    pub peer: &'a str,
    /// When the two met.
    pub timestamp: Timestamp,
    /// Who makes the first offer.
    pub role: Role,
    /// Raw JSON of an array for `RTCConfiguration.iceServers`.
    pub ice_servers: &'a str,
    /// How long the receiver waited, in milliseconds.
    pub wait_ms: u64,
    /// Where they met.
    pub region: &'a str,
    /// Which language they speak.
    pub language: &'a str,
}

/// The two roles of a call. The answerer is the polite one of perfect negotiation (W3C WebRTC §10.7).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Makes the first offer, and wins when two offers collide.
    Offerer,
    /// Waits for it, and yields when two offers collide.
    Answerer,
}

impl ServerEvent<'_> {
    /// The event's name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Connected { .. } => "connected",
            Self::QueueJoined { .. } => "queue-joined",
            Self::QueueLeft { .. } => "queue-left",
            Self::Matched(_) => "matched",
            Self::Signal { kind, .. } => kind.as_str(),
            Self::Message { .. } => "message",
            Self::Reaction { .. } => "reaction",
            Self::CallEnded { .. } => "call-ended",
            Self::PeerDisconnected { .. } => "peer-disconnected",
            Self::PeerReconnecting { .. } => "peer-reconnecting",
            Self::PeerReconnected { .. } => "peer-reconnected",
            Self::ServerDraining { .. } => "server-draining",
            Self::Error { .. } => "error",
        }
    }

    /// Bytes the payload takes, roughly: for one allocation of the right size.
    pub fn size_hint(&self) -> usize {
        let variable = match self {
            Self::Signal { data, .. } => data.len(),
            Self::Message { message, sender, .. } => message.len() + sender.map_or(0, str::len),
            Self::Connected { session: Some(matched), .. } | Self::Matched(matched) => {
                matched.ice_servers.len() + 128
            }
            _ => 32,
        };
        variable + 128
    }

    /// Writes the payload, a JSON object.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn write(&self, out: &mut impl Write) -> fmt::Result {
        match *self {
            Self::Connected { device, timestamp, session } => {
                out.write_str(r#"{"deviceId":"#)?;
                write_json_string(out, device)?;
                write!(out, r#","timestamp":{}"#, timestamp.as_millis())?;
                if let Some(matched) = session {
                    out.write_str(r#","session":"#)?;
                    matched.write(out)?;
                }
                out.write_str("}")
            }
            Self::QueueJoined { position, timestamp } => {
                write!(out, r#"{{"position":{position},"timestamp":{}}}"#, timestamp.as_millis())
            }
            Self::QueueLeft { timestamp } => write!(out, r#"{{"timestamp":{}}}"#, timestamp.as_millis()),
            Self::Matched(matched) => matched.write(out),
            Self::Signal { kind, session, data, from } => pieces(
                out,
                &[
                    r#"{"sessionId":""#,
                    session,
                    r#"",""#,
                    kind.as_str(),
                    r#"":"#,
                    data,
                    r#","from":""#,
                    from,
                    r#""}"#,
                ],
            ),
            Self::Message { session, message, from, sender, timestamp } => {
                pieces(
                    out,
                    &[r#"{"sessionId":""#, session, r#"","message":"#, message, r#","from":""#, from],
                )?;
                if let Some(sender) = sender {
                    pieces(out, &[r#"","sender":"#, sender, r#","timestamp":"#, timestamp, "}"])
                } else {
                    pieces(out, &[r#"","timestamp":"#, timestamp, "}"])
                }
            }
            Self::Reaction { session, emoji, from, timestamp } => pieces(
                out,
                &[
                    r#"{"sessionId":""#,
                    session,
                    r#"","emoji":"#,
                    emoji,
                    r#","from":""#,
                    from,
                    r#"","timestamp":"#,
                    timestamp,
                    "}",
                ],
            ),
            Self::CallEnded { session } | Self::PeerReconnected { session } => {
                pieces(out, &[r#"{"sessionId":""#, session, r#""}"#])
            }
            Self::PeerDisconnected { session, reason } => {
                pieces(out, &[r#"{"sessionId":""#, session, r#"","reason":""#, reason.as_str(), r#""}"#])
            }
            Self::PeerReconnecting { session, grace_ms } => {
                write!(out, r#"{{"sessionId":"{session}","graceMs":{grace_ms}}}"#)
            }
            Self::ServerDraining { reconnect_in_ms } => {
                write!(out, r#"{{"reconnectInMs":{reconnect_in_ms}}}"#)
            }
            Self::Error { code, message, event, session, retry_after_ms } => {
                write!(out, r#"{{"code":"{}","message":"#, code.as_str())?;
                write_json_string(out, message)?;
                if let Some(event) = event {
                    out.write_str(r#","event":"#)?;
                    write_json_string(out, event)?;
                }
                if let Some(session) = session {
                    out.write_str(r#","sessionId":"#)?;
                    write_json_string(out, session)?;
                }
                if let Some(retry_after_ms) = retry_after_ms {
                    write!(out, r#","retryAfterMs":{retry_after_ms}"#)?;
                }
                out.write_str("}")
            }
        }
    }

    /// The payload as text.
    pub fn payload(&self) -> String {
        let mut text = String::with_capacity(self.size_hint());
        // Writing to a string cannot fail.
        let _ = self.write(&mut text);
        text
    }
}

impl Matched<'_> {
    fn write(&self, out: &mut impl Write) -> fmt::Result {
        let polite = self.role == Role::Answerer;
        write!(
            out,
            r#"{{"sessionId":"{}","peerId":"{}","timestamp":{},"role":"{}","polite":{polite},"iceServers":{},"waitMs":{},"region":"{}","language":"{}"}}"#,
            self.session,
            self.peer,
            self.timestamp.as_millis(),
            self.role.as_str(),
            self.ice_servers,
            self.wait_ms,
            self.region,
            self.language,
        )
    }
}

impl Role {
    /// As it travels.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Offerer => "offerer",
            Self::Answerer => "answerer",
        }
    }
}

fn pieces(out: &mut impl Write, pieces: &[&str]) -> fmt::Result {
    pieces.iter().try_for_each(|piece| out.write_str(piece))
}

/// Writes `text` as a JSON string literal.
///
/// # Errors
/// Those of `out`.
pub fn write_json_string(out: &mut impl Write, text: &str) -> fmt::Result {
    out.write_char('"')?;
    for piece in text.split_inclusive(|ch: char| ch == '"' || ch == '\\' || ch < ' ') {
        let mut plain = piece.chars();
        match plain.next_back() {
            Some(special @ ('"' | '\\')) => write!(out, "{}\\{special}", plain.as_str())?,
            Some(control) if control < ' ' => write!(out, "{}\\u{:04x}", plain.as_str(), u32::from(control))?,
            _ => out.write_str(piece)?,
        }
    }
    out.write_char('"')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn value(event: &ServerEvent<'_>) -> Value {
        serde_json::from_str(&event.payload()).unwrap()
    }

    #[test]
    fn signals_carry_raw_data() {
        let event =
            ServerEvent::Signal { kind: SignalKind::Answer, session: "s", data: r#"{"a":1e400}"#, from: "p" };
        assert_eq!(event.name(), "answer");
        assert_eq!(event.payload(), r#"{"sessionId":"s","answer":{"a":1e400},"from":"p"}"#);
    }

    #[test]
    fn messages_have_a_sender_only_when_one_was_sent() {
        let with = ServerEvent::Message {
            session: "s",
            message: "\"m\"",
            from: "p",
            sender: Some("\"Ann\""),
            timestamp: "7",
        };
        assert_eq!(
            value(&with),
            json!({"sessionId":"s","message":"m","from":"p","sender":"Ann","timestamp":7})
        );
        let without =
            ServerEvent::Message { session: "s", message: "\"m\"", from: "p", sender: None, timestamp: "7" };
        assert_eq!(value(&without), json!({"sessionId":"s","message":"m","from":"p","timestamp":7}));
    }

    #[test]
    fn matched_and_resumed_say_the_same() {
        let matched = Matched {
            session: "s",
            peer: "p",
            timestamp: Timestamp::from_millis(9),
            role: Role::Answerer,
            ice_servers: "[]",
            wait_ms: 3,
            region: "eu",
            language: "en",
        };
        let expected = json!({"sessionId":"s","peerId":"p","timestamp":9,"role":"answerer","polite":true,
            "iceServers":[],"waitMs":3,"region":"eu","language":"en"});
        assert_eq!(value(&ServerEvent::Matched(&matched)), expected);
        let connected = ServerEvent::Connected {
            device: "d\"",
            timestamp: Timestamp::from_millis(1),
            session: Some(&matched),
        };
        assert_eq!(value(&connected), json!({"deviceId":"d\"","timestamp":1,"session":expected}));
    }

    #[test]
    fn errors_leave_out_what_they_do_not_know() {
        let bare = ServerEvent::Error {
            code: Code::RateLimited,
            message: Code::RateLimited.message(),
            event: None,
            session: None,
            retry_after_ms: None,
        };
        assert_eq!(
            value(&bare),
            json!({"code":"rate_limited","message":"Rate limit exceeded. Please wait."})
        );
        let full = ServerEvent::Error {
            code: Code::SessionNotFound,
            message: "Session not found",
            event: Some("end-\"call"),
            session: Some("a\n\"b"),
            retry_after_ms: Some(5),
        };
        assert_eq!(
            value(&full),
            json!({"code":"session_not_found","message":"Session not found","event":"end-\"call","sessionId":"a\n\"b","retryAfterMs":5})
        );
    }

    #[test]
    fn the_rest() {
        let now = Timestamp::from_millis(5);
        for (event, expected) in [
            (ServerEvent::QueueJoined { position: 2, timestamp: now }, json!({"position":2,"timestamp":5})),
            (ServerEvent::QueueLeft { timestamp: now }, json!({"timestamp":5})),
            (ServerEvent::CallEnded { session: "s" }, json!({"sessionId":"s"})),
            (
                ServerEvent::PeerDisconnected { session: "s", reason: EndReason::Timeout },
                json!({"sessionId":"s","reason":"timeout"}),
            ),
            (
                ServerEvent::PeerReconnecting { session: "s", grace_ms: 10 },
                json!({"sessionId":"s","graceMs":10}),
            ),
            (ServerEvent::PeerReconnected { session: "s" }, json!({"sessionId":"s"})),
            (ServerEvent::ServerDraining { reconnect_in_ms: 7 }, json!({"reconnectInMs":7})),
            (
                ServerEvent::Reaction { session: "s", emoji: "\"👍\"", from: "p", timestamp: "1" },
                json!({"sessionId":"s","emoji":"👍","from":"p","timestamp":1}),
            ),
        ] {
            assert_eq!(value(&event), expected);
        }
    }

    proptest! {
        #[test]
        fn strings_survive(text: String) {
            let mut literal = String::new();
            write_json_string(&mut literal, &text).unwrap();
            prop_assert_eq!(serde_json::from_str::<String>(&literal).unwrap(), text);
        }
    }
}
