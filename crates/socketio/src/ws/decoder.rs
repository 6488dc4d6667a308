//! Messages out of frames.

use std::{borrow::Cow, mem, str};

use super::{
    WsError,
    header::{self, Header, Opcode, Parsed},
};

/// The state of one connection's incoming side: what came of a fragmented message.
///
/// ```
/// use video_chat_socketio::ws::{Decoded, Decoder, Message, client_frame};
///
/// let mut bytes = client_frame(true, 1, b"4hello", [1, 2, 3, 4]);
/// let mut decoder = Decoder::new(1_000);
/// let Ok(Decoded::Frame { consumed, message }) = decoder.decode(&mut bytes) else { panic!() };
/// assert_eq!(message, Some(Message::Text("4hello".into())));
/// assert_eq!(consumed, 12);
/// ```
#[derive(Debug)]
pub struct Decoder {
    max_payload: usize,
    fragments: Option<Fragments>,
}

/// A message that has begun in one frame and not ended yet.
#[derive(Debug)]
struct Fragments {
    text: bool,
    data: Vec<u8>,
    /// How much of a text is known to be UTF-8.
    checked: usize,
}

/// What [`Decoder::decode`] found.
#[derive(Debug, PartialEq, Eq)]
pub enum Decoded<'a> {
    /// No whole frame yet: nothing was taken, and nothing will be before there are `needed` bytes in all.
    ///
    /// A client may announce a lot and send nothing: let a buffer grow with what comes, not to `needed` at once.
    Incomplete {
        /// At least so many bytes are needed, what is there already included. At most 14 over the limit.
        needed: usize,
    },
    /// A frame was taken off the front.
    Frame {
        /// Its length: so many bytes are to be left out the next time.
        consumed: usize,
        /// The message it completes, if it does.
        message: Option<Message<'a>>,
    },
}

/// A message, or a control frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message<'a> {
    /// A text message: borrowed unless it came in fragments.
    Text(Cow<'a, str>),
    /// A binary message: borrowed unless it came in fragments.
    Binary(Cow<'a, [u8]>),
    /// A ping, to be answered with a [`pong`](super::pong) of the same payload.
    Ping(&'a [u8]),
    /// A pong.
    Pong(&'a [u8]),
    /// The client closes: to be answered with the same code, then the connection ends.
    Close {
        /// Its status, if it gave one.
        code: Option<u16>,
        /// Its reason, for people.
        reason: &'a str,
    },
}

impl Decoder {
    /// A decoder for messages of up to `max_payload` bytes, fragments summed up.
    pub fn new(max_payload: usize) -> Self {
        Self { max_payload, fragments: None }
    }

    /// Takes the first frame off `input`, which begins where the last one ended.
    ///
    /// Call it until it says [`Decoded::Incomplete`]; then keep the rest and call again when more has come. After
    /// an error the connection is to be closed; what comes later has no meaning any more. Sizes are checked as soon
    /// as a header is there, before anything is kept.
    pub fn decode<'a>(&mut self, input: &'a mut [u8]) -> Result<Decoded<'a>, WsError> {
        let header = match header::parse(input)? {
            Parsed::Incomplete(needed) => return Ok(Decoded::Incomplete { needed }),
            Parsed::Complete(header) => header,
        };
        let consumed = self.admit(&header)?;
        let Some(payload) = input.get_mut(header.size..consumed) else {
            return Ok(Decoded::Incomplete { needed: consumed });
        };
        unmask(payload, header.mask);
        let message = match header.opcode {
            Opcode::Text | Opcode::Binary if header.fin => {
                Some(whole(header.opcode == Opcode::Text, payload)?)
            }
            Opcode::Text | Opcode::Binary => {
                self.begin(header.opcode == Opcode::Text, payload)?;
                None
            }
            Opcode::Continuation => self.proceed(header.fin, payload)?,
            Opcode::Ping => Some(Message::Ping(payload)),
            Opcode::Pong => Some(Message::Pong(payload)),
            Opcode::Close => Some(close(payload)?),
        };
        Ok(Decoded::Frame { consumed, message })
    }

    /// Whether a message has begun and not ended yet.
    pub fn in_message(&self) -> bool {
        self.fragments.is_some()
    }

    /// Checks a frame's place and size; says how long it is in all.
    fn admit(&self, header: &Header) -> Result<usize, WsError> {
        let before = match (header.opcode, &self.fragments) {
            (Opcode::Text | Opcode::Binary, Some(_)) | (Opcode::Continuation, None) => {
                return Err(WsError::Fragment);
            }
            (Opcode::Continuation, Some(fragments)) => fragments.data.len(),
            _ => 0,
        };
        let length = usize::try_from(header.length).map_err(|_| WsError::TooBig)?;
        let control = matches!(header.opcode, Opcode::Close | Opcode::Ping | Opcode::Pong);
        if !control && before.saturating_add(length) > self.max_payload {
            return Err(WsError::TooBig);
        }
        header.size.checked_add(length).ok_or(WsError::TooBig)
    }

    fn begin(&mut self, text: bool, payload: &[u8]) -> Result<(), WsError> {
        let mut fragments = Fragments { text, data: Vec::new(), checked: 0 };
        fragments.push(payload)?;
        self.fragments = Some(fragments);
        Ok(())
    }

    fn proceed<'a>(&mut self, fin: bool, payload: &[u8]) -> Result<Option<Message<'a>>, WsError> {
        let fragments = self.fragments.as_mut().ok_or(WsError::Fragment)?;
        fragments.push(payload)?;
        if !fin {
            return Ok(None);
        }
        let data = mem::take(&mut fragments.data);
        let text = fragments.text;
        self.fragments = None;
        Ok(Some(if text {
            Message::Text(String::from_utf8(data).map_err(|_| WsError::Utf8)?.into())
        } else {
            Message::Binary(data.into())
        }))
    }
}

impl Fragments {
    fn push(&mut self, payload: &[u8]) -> Result<(), WsError> {
        self.data.extend_from_slice(payload);
        if self.text {
            let unchecked = self.data.get(self.checked..).unwrap_or_default();
            self.checked += match str::from_utf8(unchecked) {
                Ok(text) => text.len(),
                // A character may be cut in two by the fragments.
                Err(error) if error.error_len().is_none() => error.valid_up_to(),
                Err(_) => return Err(WsError::Utf8),
            };
        }
        Ok(())
    }
}

fn whole(text: bool, payload: &[u8]) -> Result<Message<'_>, WsError> {
    Ok(if text {
        Message::Text(str::from_utf8(payload).map_err(|_| WsError::Utf8)?.into())
    } else {
        Message::Binary(payload.into())
    })
}

fn close(payload: &[u8]) -> Result<Message<'_>, WsError> {
    if payload.is_empty() {
        return Ok(Message::Close { code: None, reason: "" });
    }
    let (code, reason) = payload.split_first_chunk::<2>().ok_or(WsError::Close)?;
    let code = u16::from_be_bytes(*code);
    // RFC 6455 §7.4 and the registry it opened; 1004 to 1006 and 1015 are never sent.
    if !matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999) {
        return Err(WsError::Close);
    }
    let reason = str::from_utf8(reason).map_err(|_| WsError::Utf8)?;
    Ok(Message::Close { code: Some(code), reason })
}

/// Applies the mask (§5.3), which is its own inverse.
pub(super) fn unmask(payload: &mut [u8], mask: [u8; 4]) {
    let [a, b, c, d] = mask;
    let word = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, rest) = payload.as_chunks_mut::<8>();
    for bytes in words {
        *bytes = (u64::from_ne_bytes(*bytes) ^ word).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(mask.into_iter().cycle()) {
        *byte ^= mask;
    }
}
