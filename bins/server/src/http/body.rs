//! Bodies in: read within bounds, then field by field, so that each mistake has its own code.

use std::{collections::BTreeMap, future::poll_fn, pin::Pin, time::Duration};

use actix_web::{HttpRequest, http::header, web};
use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use serde::de::{Deserializer, Visitor};
use serde_json::value::RawValue;

use super::error::{Code, Error};

/// The largest body taken, in bytes.
pub const MAX_BODY: usize = 100 * 1024;

/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(15);

/// A JSON object as it came, its values unread.
pub(super) struct Body(Bytes);

impl Body {
    /// Reads the body of a call. One that is empty counts as `{}`, whatever its type.
    ///
    /// # Errors
    /// 413 over [`MAX_BODY`], 415 when it is no JSON in UTF-8, 408 when it takes longer than 15 s.
    pub(super) async fn read(request: &HttpRequest, payload: web::Payload) -> Result<Self, Error> {
        Self::read_within(PATIENCE, request, payload).await
    }

    async fn read_within(
        patience: Duration,
        request: &HttpRequest,
        payload: web::Payload,
    ) -> Result<Self, Error> {
        let declared = request.headers().get(header::CONTENT_LENGTH).and_then(|text| text.to_str().ok());
        if declared.and_then(|text| text.parse().ok()).is_some_and(|length: u64| length > MAX_BODY as u64) {
            return Err(Code::PayloadTooLarge.into());
        }
        let bytes =
            tokio::time::timeout(patience, collect(payload)).await.map_err(|_| Code::RequestTimeout)??;
        if bytes.is_empty() {
            return Ok(Self(Bytes::from_static(b"{}")));
        }
        if !is_json(request) {
            return Err(Code::UnsupportedMediaType.into());
        }
        Ok(Self(bytes))
    }

    /// Its fields, when there is none but those in `known`. A name given twice counts with its last value.
    ///
    /// # Errors
    /// `invalid_json`, `invalid_body` when it is no object, `unknown_field`.
    pub(super) fn fields(&self, known: &[&str]) -> Result<Fields<'_>, Error> {
        // The whole text first, without recursion and without building anything: nesting costs nothing.
        let text: &RawValue = serde_json::from_slice(&self.0).map_err(|_| Code::InvalidJson)?;
        let fields: BTreeMap<String, &RawValue> =
            serde_json::from_str(text.get()).map_err(|_| Code::InvalidBody)?;
        match fields.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(Fields(fields)),
            Some(name) => {
                let name: String = name.chars().take(64).collect();
                Err(Error::new(Code::UnknownField, format!("Unknown field: {name}")))
            }
        }
    }
}

/// The fields of a body. Absent is not null: a null is a value, and of the wrong type.
pub(super) struct Fields<'a>(BTreeMap<String, &'a RawValue>);

impl Fields<'_> {
    /// The string `name`, or `None` when the field is absent.
    ///
    /// # Errors
    /// `code` when it is no string, or one that is no Unicode text (a lone surrogate).
    pub(super) fn text(&self, name: &str, code: Code) -> Result<Option<String>, Error> {
        self.0.get(name).map(|raw| serde_json::from_str(raw.get()).map_err(|_| code.into())).transpose()
    }

    /// The non-empty string `name`.
    ///
    /// # Errors
    /// `code` when it is absent, empty or no string.
    pub(super) fn required(&self, name: &str, code: Code) -> Result<String, Error> {
        match self.text(name, code)? {
            Some(text) if !text.is_empty() => Ok(text),
            _ => Err(code.into()),
        }
    }

    /// Somebody's words: any string of at most `max` characters, or `None` when the field is absent. A lone
    /// surrogate, as left where a client cuts a string in two, becomes U+FFFD.
    ///
    /// # Errors
    /// `code` when it is no string or too long.
    pub(super) fn words(&self, name: &str, max: usize, code: Code) -> Result<Option<String>, Error> {
        let Some(raw) = self.0.get(name) else { return Ok(None) };
        let mut json = serde_json::Deserializer::from_str(raw.get());
        let text = json.deserialize_bytes(Words).map_err(|_| code)?;
        if text.chars().count() > max { Err(code.into()) } else { Ok(Some(text)) }
    }
}

/// Takes the bytes of a JSON string, in which a lone surrogate stands as its three bytes (WTF-8).
struct Words;

impl Visitor<'_> for Words {
    type Value = String;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a string")
    }

    fn visit_bytes<E>(self, bytes: &[u8]) -> Result<String, E> {
        let mut text = String::with_capacity(bytes.len());
        for chunk in bytes.utf8_chunks() {
            text.push_str(chunk.valid());
            // A surrogate's first byte is 0xED; the two after it are chunks of their own.
            if chunk.invalid().first() == Some(&0xED) {
                text.push(char::REPLACEMENT_CHARACTER);
            }
        }
        Ok(text)
    }
}

async fn collect(payload: web::Payload) -> Result<Bytes, Error> {
    let mut payload = payload;
    let mut bytes = BytesMut::new();
    while let Some(chunk) = poll_fn(|cx| Pin::new(&mut payload).poll_next(cx)).await {
        // The client went away or broke the framing: nobody will read this answer.
        let chunk = chunk.map_err(|_| Error::new(Code::InvalidBody, "The body ended early"))?;
        if bytes.len() + chunk.len() > MAX_BODY {
            return Err(Code::PayloadTooLarge.into());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

/// Whether the body is `application/json`, in UTF-8 (said or unsaid) and not compressed.
fn is_json(request: &HttpRequest) -> bool {
    let headers = request.headers();
    let plain = headers.get(header::CONTENT_ENCODING).is_none_or(|coding| coding == "identity");
    let Some(kind) = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()) else {
        return false;
    };
    let mut parts = kind.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    let utf8 = parts.filter_map(|part| part.split_once('=')).all(|(name, value)| {
        !name.eq_ignore_ascii_case("charset")
            || ["utf-8", "utf8"].iter().any(|utf8| value.trim_matches('"').eq_ignore_ascii_case(utf8))
    });
    plain && utf8 && essence.eq_ignore_ascii_case("application/json")
}

#[cfg(test)]
mod tests {
    use actix_web::{FromRequest, dev::Payload, test::TestRequest};

    use super::*;

    fn code_of(text: &str, known: &[&str]) -> Option<Code> {
        Body(Bytes::copy_from_slice(text.as_bytes())).fields(known).err().map(|error| error.code())
    }

    fn words(text: &str) -> Result<Option<String>, Code> {
        let body = Body(Bytes::from(format!(r#"{{"words":{text}}}"#)));
        let fields = body.fields(&["words"]).unwrap();
        fields.words("words", 5, Code::InvalidComment).map_err(|error| error.code())
    }

    #[actix_web::test]
    async fn a_body_that_does_not_arrive_is_given_up() {
        let request = TestRequest::default().to_http_request();
        let silent: Pin<Box<dyn Stream<Item = _>>> = Box::pin(futures_util::stream::pending());
        let mut payload = Payload::from(silent);
        let payload = web::Payload::from_request(&request, &mut payload).await.unwrap();
        let error = Body::read_within(Duration::ZERO, &request, payload).await.err().unwrap();
        assert_eq!(error.code(), Code::RequestTimeout);
    }

    #[test]
    fn text_that_is_no_json_is_told_from_json_that_is_no_object() {
        for text in ["", "{", "{}x", "{'a':1}", "{\"a\":}", "[[[[", "nul", "\u{feff}{}"] {
            assert_eq!(code_of(text, &["a"]), Some(Code::InvalidJson), "{text}");
        }
        for text in ["null", "[]", "\"a\"", "1", "true", "[{}]"] {
            assert_eq!(code_of(text, &["a"]), Some(Code::InvalidBody), "{text}");
        }
        assert_eq!(code_of(" {} ", &[]), None);
        assert_eq!(code_of("{\"b\":1}", &["a"]), Some(Code::UnknownField));
    }

    #[test]
    fn nesting_is_harmless() {
        let deep = format!("{{\"a\":{}{}}}", "[".repeat(50_000), "]".repeat(50_000));
        assert_eq!(code_of(&deep, &["a"]), None);
        assert_eq!(code_of(&"[".repeat(100_000), &["a"]), Some(Code::InvalidJson));
        let text = Body(Bytes::from(deep));
        assert!(text.fields(&["a"]).unwrap().text("a", Code::InvalidReason).is_err());
    }

    #[test]
    fn the_last_of_two_equal_names_counts() {
        let body = Body(Bytes::from_static(br#"{"a":1,"a":"x"}"#));
        assert_eq!(body.fields(&["a"]).unwrap().text("a", Code::InvalidReason).unwrap(), Some("x".into()));
    }

    #[test]
    fn absent_is_not_null() {
        let body = Body(Bytes::from_static(br#"{"a":null}"#));
        let fields = body.fields(&["a", "b"]).unwrap();
        assert_eq!(fields.text("b", Code::InvalidReason).unwrap(), None);
        assert_eq!(fields.text("a", Code::InvalidReason).unwrap_err().code(), Code::InvalidReason);
        assert_eq!(fields.words("b", 5, Code::InvalidComment).unwrap(), None);
        assert_eq!(fields.words("a", 5, Code::InvalidComment).unwrap_err().code(), Code::InvalidComment);
    }

    #[test]
    fn words_are_any_text_counted_in_characters() {
        assert_eq!(words(r#""жжжжж""#), Ok(Some("жжжжж".into())));
        assert_eq!(words(r#""жжжжжж""#), Err(Code::InvalidComment));
        assert_eq!(words(r#""a\u0000\nb""#), Ok(Some("a\0\nb".into())));
        assert_eq!(words(r#""cut \ud83d""#), Ok(Some("cut \u{fffd}".into())));
        assert_eq!(words(r#""\ude00\ud83d!""#), Ok(Some("\u{fffd}\u{fffd}!".into())));
        assert_eq!(words(r#""\ud83d\ude00""#), Ok(Some("😀".into())));
        for other in ["1", "[]", "[97]", "{}", "true"] {
            assert_eq!(words(other), Err(Code::InvalidComment), "{other}");
        }
    }
}
