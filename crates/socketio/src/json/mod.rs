//! A validating JSON scanner (RFC 8259) that neither recurses nor builds anything.
//!
//! A signaling server passes most JSON on as it came: it must know that a text *is* JSON and where its parts begin
//! and end, and keep every byte of them. So numbers stay as written, escapes that name a lone surrogate
//! (`"\ud83d"`) pass, and nesting is limited only by the length of the text: each level costs one bit, and the
//! first 64 levels cost nothing.

mod depth;
mod items;
mod scan;
mod string;
#[cfg(test)]
mod tests;

pub use items::{Elements, Member, Members, elements, members};
pub use string::{Sink, push_string, unescape};

use scan::Scanner;

/// Why a text is not JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at byte {offset}")]
pub struct JsonError {
    /// What is wrong.
    pub kind: JsonErrorKind,
    /// Where, in bytes from the start of the text.
    pub offset: usize,
}

/// What is wrong with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JsonErrorKind {
    /// The text stops inside a value.
    #[error("unexpected end")]
    End,
    /// A byte that the grammar does not allow here.
    #[error("unexpected byte")]
    Byte,
    /// Something other than white space follows the value.
    #[error("bytes after the value")]
    Trailing,
}

/// Checks that `text` is one JSON value with nothing but white space around it.
///
/// ```
/// use video_chat_socketio::json;
///
/// assert!(json::validate(r#" {"n": 1e400, "lone": "\ud83d"} "#).is_ok());
/// assert!(json::validate("[1,]").is_err());
/// ```
pub fn validate(text: &str) -> Result<(), JsonError> {
    let mut scanner = Scanner::new(text, 0);
    scanner.whitespace();
    scanner.value()?;
    scanner.finish()
}

/// Where the first value of `text` ends: the offset of the byte after it. White space before it is skipped, what
/// follows it is not looked at.
///
/// ```
/// assert_eq!(video_chat_socketio::json::value_end(" [1,2] tail"), Ok(6));
/// ```
pub fn value_end(text: &str) -> Result<usize, JsonError> {
    let mut scanner = Scanner::new(text, 0);
    scanner.whitespace();
    scanner.value()?;
    Ok(scanner.offset())
}
