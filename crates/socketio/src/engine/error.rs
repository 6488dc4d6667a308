//! Why an Engine.IO request is refused.

use crate::json;

/// The reasons for which a request is refused before it reaches a connection, as every Engine.IO server numbers
/// them. They are checked in this order: transport, session id, method, protocol version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorCode {
    /// 0: `transport` is absent or not one we serve.
    UnknownTransport,
    /// 1: `sid` names no connection.
    UnknownSession,
    /// 2: a handshake that is no GET.
    BadHandshakeMethod,
    /// 3: anything else that is wrong with the request.
    BadRequest,
    /// 4: the server does not want this client.
    Forbidden,
    /// 5: `EIO` is not 4.
    UnsupportedProtocol,
}

impl ErrorCode {
    /// The number in the body.
    pub fn code(self) -> u8 {
        match self {
            Self::UnknownTransport => 0,
            Self::UnknownSession => 1,
            Self::BadHandshakeMethod => 2,
            Self::BadRequest => 3,
            Self::Forbidden => 4,
            Self::UnsupportedProtocol => 5,
        }
    }

    /// The text in the body.
    pub fn message(self) -> &'static str {
        match self {
            Self::UnknownTransport => "Transport unknown",
            Self::UnknownSession => "Session ID unknown",
            Self::BadHandshakeMethod => "Bad handshake method",
            Self::BadRequest => "Bad request",
            Self::Forbidden => "Forbidden",
            Self::UnsupportedProtocol => "Unsupported protocol version",
        }
    }

    /// The HTTP status that goes with it.
    pub fn status(self) -> u16 {
        if self == Self::Forbidden { 403 } else { 400 }
    }

    /// The JSON body.
    ///
    /// ```
    /// use video_chat_socketio::engine::ErrorCode;
    ///
    /// assert_eq!(ErrorCode::UnknownSession.body(), r#"{"code":1,"message":"Session ID unknown"}"#);
    /// ```
    pub fn body(self) -> String {
        Self::body_with(self.code(), self.message())
    }

    /// The JSON body with a code and a text of the application's own.
    pub fn body_with(code: u8, message: &str) -> String {
        let mut body = format!("{{\"code\":{code},\"message\":");
        json::push_string(&mut body, message);
        body.push('}');
        body
    }
}
