//! The one shape of an error, and the table of every code.

use std::{borrow::Cow, fmt, time::Duration};

use actix_web::{HttpResponse, ResponseError, http::StatusCode, http::header};
use serde::Serialize;
use video_chat_kernel::Unavailable;

/// Declares [`Code`] from one table: name, status, code as clients see it, usual message.
macro_rules! codes {
    ($($name:ident $status:ident $code:literal $message:literal;)+) => {
        /// Why a call is refused: stable, in snake case, for programs to tell refusals apart.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[expect(missing_docs, reason = "the table gives each its code and message")]
        pub enum Code { $($name,)+ }

        impl Code {
            /// Every code.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// The status it is answered with.
            pub fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)+ }
            }

            /// The code as clients see it.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)+ }
            }

            /// What is said when the caller has nothing more precise to say.
            pub fn message(self) -> &'static str {
                match self { $(Self::$name => $message,)+ }
            }
        }
    };
}

codes! {
    InvalidJson          BAD_REQUEST            "invalid_json"           "The body is not JSON";
    InvalidBody          BAD_REQUEST            "invalid_body"           "The body must be a JSON object";
    UnknownField         BAD_REQUEST            "unknown_field"          "The call does not know this field";
    InvalidDeviceId      BAD_REQUEST            "invalid_device_id"      "deviceId must be 1 to 128 characters without control characters";
    InvalidPeerId        BAD_REQUEST            "invalid_peer_id"        "reportedPeerId must be the peerId that `matched` told";
    InvalidSessionId     BAD_REQUEST            "invalid_session_id"     "sessionId must be a non-empty string";
    InvalidReason        BAD_REQUEST            "invalid_reason"         "reason must be one of harassment, inappropriate_content, spam, nudity, violence, underage, other";
    InvalidComment       BAD_REQUEST            "invalid_comment"        "comment must be a string of at most 1000 characters";
    InvalidReportId      BAD_REQUEST            "invalid_report_id"      "reportId must be a non-empty string";
    InvalidDecision      BAD_REQUEST            "invalid_decision"       "decision must be accepted or rejected";
    InvalidNote          BAD_REQUEST            "invalid_note"           "note must be a string of at most 1000 characters";
    InvalidStatus        BAD_REQUEST            "invalid_status"         "status must be pending, accepted or rejected";
    InvalidLimit         BAD_REQUEST            "invalid_limit"          "limit must be a whole number from 1 to 100";
    InvalidCursor        BAD_REQUEST            "invalid_cursor"         "cursor must be one that a Link header gave";
    Unauthorized         UNAUTHORIZED           "unauthorized"           "Authentication required";
    TokenExpired         UNAUTHORIZED           "token_expired"          "Token expired";
    Forbidden            FORBIDDEN              "forbidden"              "Forbidden resource";
    DeviceBlocked        FORBIDDEN              "device_blocked"         "This device is blocked";
    NotFound             NOT_FOUND              "not_found"              "Not found";
    SessionNotFound      NOT_FOUND              "session_not_found"      "Session not found";
    ReportNotFound       NOT_FOUND              "report_not_found"       "Report not found";
    MethodNotAllowed     METHOD_NOT_ALLOWED     "method_not_allowed"     "Method not allowed";
    RequestTimeout       REQUEST_TIMEOUT        "request_timeout"        "The body took too long to arrive";
    AlreadyModerated     CONFLICT               "already_moderated"      "The opposite verdict stands already";
    PayloadTooLarge      PAYLOAD_TOO_LARGE      "payload_too_large"      "The body is larger than 100 KiB";
    UnsupportedMediaType UNSUPPORTED_MEDIA_TYPE "unsupported_media_type" "The body must be application/json in UTF-8";
    RateLimited          TOO_MANY_REQUESTS      "rate_limited"           "Rate limit exceeded. Please wait.";
    Internal             INTERNAL_SERVER_ERROR  "internal"               "Internal server error";
    NotReady             SERVICE_UNAVAILABLE    "not_ready"              "Not ready";
    ServiceUnavailable   SERVICE_UNAVAILABLE    "service_unavailable"    "Service unavailable, try again later";
}

/// A refused call: answered as `{statusCode, error, message, code}`.
#[derive(Debug)]
pub struct Error {
    code: Code,
    message: Cow<'static, str>,
    retry_after: Option<Duration>,
    allow: Option<&'static str>,
}

impl Error {
    /// A refusal in words more precise than the code's own. Nothing secret belongs in them.
    pub fn new(code: Code, message: impl Into<Cow<'static, str>>) -> Self {
        Self { code, message: message.into(), retry_after: None, allow: None }
    }

    /// A refusal by a limit, lifted after `retry_after`.
    pub fn rate_limited(retry_after: Duration) -> Self {
        Self { retry_after: Some(retry_after), ..Code::RateLimited.into() }
    }

    /// The path knows only the methods in `allow`.
    pub fn method_not_allowed(allow: &'static str) -> Self {
        Self { allow: Some(allow), ..Code::MethodNotAllowed.into() }
    }

    /// Its code.
    pub fn code(&self) -> Code {
        self.code
    }

    /// What is answered, for an answer that adds to it.
    pub(super) fn body(&self) -> Body<'_> {
        let status = self.code.status();
        Body {
            status_code: status.as_u16(),
            error: status.canonical_reason().unwrap_or_default(),
            message: &self.message,
            code: self.code.as_str(),
        }
    }
}

/// The one shape of an error.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body<'a> {
    status_code: u16,
    error: &'static str,
    message: &'a str,
    code: &'static str,
}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Self::new(code, code.message())
    }
}

/// A backend that is away is told to the log once, here, and to the client without its words.
impl From<Unavailable> for Error {
    fn from(error: Unavailable) -> Self {
        tracing::warn!(operation = error.operation, source = %error.source, "a backend is unavailable");
        Code::ServiceUnavailable.into()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code.as_str(), self.message)
    }
}

impl ResponseError for Error {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    fn error_response(&self) -> HttpResponse {
        let mut answer = HttpResponse::build(self.code.status());
        if let Some(wait) = self.retry_after {
            // Whole seconds (RFC 9110 §10.2.3), rounded up: sooner would only be refused again.
            let seconds = wait.as_millis().div_ceil(1_000).max(1);
            answer.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        if let Some(allow) = self.allow {
            answer.insert_header((header::ALLOW, allow));
        }
        if self.code.status() == StatusCode::UNAUTHORIZED {
            answer.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        let mut answer = super::answer::json_with(answer, &self.body());
        // For whoever counts errors on the way out.
        answer.extensions_mut().insert(self.code);
        answer
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn codes_are_distinct_and_snake_case() {
        let texts: HashSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(texts.len(), Code::ALL.len());
        for text in texts {
            assert!(text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{text}");
        }
    }

    #[test]
    fn retry_after_is_whole_seconds_rounded_up() {
        for (wait, header) in [(0, "1"), (1, "1"), (1_000, "1"), (1_001, "2"), (59_999, "60")] {
            let answer = Error::rate_limited(Duration::from_millis(wait)).error_response();
            assert_eq!(answer.headers().get("retry-after").unwrap(), header);
        }
    }
}
