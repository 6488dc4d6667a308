//! String literals, read and written.

use std::borrow::Cow;

use super::{
    JsonError, JsonErrorKind,
    scan::{Scanner, plain_end},
};

/// What a string literal (quotes included) stands for. Borrowed when it holds no escape.
///
/// Half of a surrogate pair, which JSON may name and UTF-8 cannot hold, becomes U+FFFD.
///
/// ```
/// use video_chat_socketio::json;
///
/// assert_eq!(json::unescape(r#""offer""#).unwrap(), "offer");
/// assert_eq!(json::unescape(r#""\ud83d\ude00 \ud83d!""#).unwrap(), "😀 \u{fffd}!");
/// ```
pub fn unescape(literal: &str) -> Result<Cow<'_, str>, JsonError> {
    if let Some(plain) = literal.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'))
        && plain_end(plain.as_bytes(), 0) == plain.len()
    {
        return Ok(Cow::Borrowed(plain));
    }
    let mut scanner = Scanner::new(literal, 0);
    scanner.string()?;
    if scanner.offset() != literal.len() {
        return Err(JsonError { kind: JsonErrorKind::Trailing, offset: scanner.offset() });
    }
    let inner = literal.get(1..literal.len() - 1).unwrap_or_default();
    Ok(Cow::Owned(resolve(inner)))
}

/// Resolves the escapes of the inside of a valid literal.
fn resolve(inner: &str) -> String {
    let mut text = String::with_capacity(inner.len());
    let mut rest = inner;
    while let Some((plain, escape)) = rest.split_once('\\') {
        text.push_str(plain);
        let mut escaped = escape.chars();
        let character = match escaped.next() {
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => {
                let (character, after) = unicode(escaped.as_str());
                text.push(character);
                rest = after;
                continue;
            }
            Some(itself) => itself,
            None => char::REPLACEMENT_CHARACTER,
        };
        text.push(character);
        rest = escaped.as_str();
    }
    text.push_str(rest);
    text
}

/// The character whose `\u` escape goes on with `digits`, and what follows it.
fn unicode(digits: &str) -> (char, &str) {
    let (unit, rest) = code_unit(digits);
    if let Some(high) = unit.checked_sub(0xd800).filter(|high| *high < 0x400)
        && let Some((low, after)) = rest.strip_prefix("\\u").map(code_unit)
        && let Some(low) = low.checked_sub(0xdc00).filter(|low| *low < 0x400)
    {
        let scalar = 0x1_0000 + (high << 10) + low;
        return (char::from_u32(scalar).unwrap_or(char::REPLACEMENT_CHARACTER), after);
    }
    (char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER), rest)
}

/// Four hexadecimal digits and what follows them.
fn code_unit(text: &str) -> (u32, &str) {
    let (digits, rest) = text.split_at_checked(4).unwrap_or((text, ""));
    (u32::from_str_radix(digits, 16).unwrap_or(0xfffd), rest)
}

/// Appends `value` to `json` (a `String` or the bytes of one) as a string literal.
///
/// ```
/// let mut json = String::new();
/// video_chat_socketio::json::push_string(&mut json, "a \"b\"\n");
/// assert_eq!(json, r#""a \"b\"\n""#);
/// ```
pub fn push_string(json: &mut impl Sink, value: &str) {
    json.put("\"");
    let mut rest = value;
    while let Some((plain, special)) = rest.split_at_checked(plain_end(rest.as_bytes(), 0)) {
        json.put(plain);
        let mut characters = special.chars();
        match characters.next() {
            None => break,
            Some('"') => json.put("\\\""),
            Some('\\') => json.put("\\\\"),
            Some('\n') => json.put("\\n"),
            Some('\r') => json.put("\\r"),
            Some('\t') => json.put("\\t"),
            Some(control) => json.put(&format!("\\u{:04x}", u32::from(control))),
        }
        rest = characters.as_str();
    }
    json.put("\"");
}

/// Where JSON is written to.
pub trait Sink {
    /// Appends `text`.
    fn put(&mut self, text: &str);
}

impl Sink for String {
    fn put(&mut self, text: &str) {
        self.push_str(text);
    }
}

impl Sink for Vec<u8> {
    fn put(&mut self, text: &str) {
        self.extend_from_slice(text.as_bytes());
    }
}
