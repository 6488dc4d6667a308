use std::borrow::Cow;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $message:literal;)*) => {
        /// The stable codes of everything that can go wrong for a client. Clients match on [`Code::as_str`];
        /// messages are for people.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The code as it travels.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),* }
            }

            /// What to say to people when there is nothing more exact.
            pub const fn message(self) -> &'static str {
                match self { $(Self::$name => $message),* }
            }
        }
    };
}

codes! {
    /// No token, or none of ours.
    Unauthorized = "unauthorized", "Authentication required";
    /// The token was good once.
    TokenExpired = "token_expired", "Token expired";
    /// The device is blocked.
    DeviceBlocked = "device_blocked", "This device is blocked";
    /// A newer connection of the same device took over.
    Superseded = "superseded", "Connected from somewhere else";
    /// Too much, too fast.
    RateLimited = "rate_limited", "Rate limit exceeded. Please wait.";
    /// The payload is not what the event takes.
    InvalidPayload = "invalid_payload", "Invalid payload";
    /// The text is longer than allowed.
    PayloadTooLarge = "payload_too_large", "Payload too large";
    /// There is no such event.
    UnknownEvent = "unknown_event", "Unknown event";
    /// The device does not wait.
    NotInQueue = "not_in_queue", "Not in the queue";
    /// The device is in a call.
    AlreadyInCall = "already_in_call", "Already in a call";
    /// There is no such session, or not for this device.
    SessionNotFound = "session_not_found", "Session not found";
    /// Kept for clients that match on it; the server answers `session_not_found` instead, which tells a stranger
    /// nothing about the session.
    NotAParticipant = "not_a_participant", "Not a participant of this session";
    /// The peer is away and too much waits for it already.
    PeerUnavailable = "peer_unavailable", "The peer is away and its backlog is full";
    /// Something the server needs does not answer, or it is shutting down.
    ServiceUnavailable = "service_unavailable", "Service temporarily unavailable";
    /// A fault of ours.
    Internal = "internal", "Internal error";
}

/// An event that was refused: nothing of it was done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", .code.as_str())]
pub struct Rejection {
    /// What is wrong, for programs.
    pub code: Code,
    /// What is wrong, for people. Holds nothing a client sent.
    pub message: Cow<'static, str>,
    /// How long to wait before trying again, in milliseconds.
    pub retry_after_ms: Option<u64>,
}

impl Rejection {
    /// A refusal with a message of its own.
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), retry_after_ms: None }
    }
}

impl From<Code> for Rejection {
    fn from(code: Code) -> Self {
        Self::new(code, code.message())
    }
}
