//! The header of a frame (RFC 6455 §5.2).

use super::{MAX_CONTROL, WsError};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Opcode {
    Continuation,
    Text,
    Binary,
    Close,
    Ping,
    Pong,
}

/// A header whose every field is legal in itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) fin: bool,
    pub(super) opcode: Opcode,
    pub(super) mask: [u8; 4],
    /// Bytes of the header itself.
    pub(super) size: usize,
    /// Bytes of the payload.
    pub(super) length: u64,
}

/// What is known of a header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parsed {
    /// It is not complete before there are so many bytes.
    Incomplete(usize),
    Complete(Header),
}

/// Reads the header at the front of `bytes`, refusing what is wrong as soon as it can be seen.
pub(super) fn parse(bytes: &[u8]) -> Result<Parsed, WsError> {
    let Some(&[first, second]) = bytes.first_chunk::<2>() else {
        return Ok(Parsed::Incomplete(2 + 4));
    };
    if first & 0x70 != 0 {
        return Err(WsError::ReservedBit);
    }
    let fin = first & 0x80 != 0;
    let opcode = opcode(first & 0x0f)?;
    if second & 0x80 == 0 {
        return Err(WsError::Unmasked);
    }
    let short = second & 0x7f;
    let control = matches!(opcode, Opcode::Close | Opcode::Ping | Opcode::Pong);
    if control && (!fin || usize::from(short) > MAX_CONTROL) {
        return Err(WsError::Control);
    }
    let extended = match short {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    let size = 2 + extended + 4;
    let Some((extended, mask)) = bytes.get(2..size).and_then(|rest| rest.split_last_chunk::<4>()) else {
        return Ok(Parsed::Incomplete(size));
    };
    let length = length(short, extended)?;
    Ok(Parsed::Complete(Header { fin, opcode, mask: *mask, size, length }))
}

fn opcode(bits: u8) -> Result<Opcode, WsError> {
    Ok(match bits {
        0 => Opcode::Continuation,
        1 => Opcode::Text,
        2 => Opcode::Binary,
        8 => Opcode::Close,
        9 => Opcode::Ping,
        10 => Opcode::Pong,
        _ => return Err(WsError::ReservedOpcode),
    })
}

fn length(short: u8, extended: &[u8]) -> Result<u64, WsError> {
    let length = extended.iter().fold(0, |length, &byte| length << 8 | u64::from(byte));
    match short {
        126 if length < 126 => Err(WsError::Length),
        127 if u16::try_from(length).is_ok() || length >> 63 == 1 => Err(WsError::Length),
        126 | 127 => Ok(length),
        _ => Ok(short.into()),
    }
}
