//! Reading packets.

use super::{Ack, Args, Event, MAX_ATTACHMENTS, Members, Packet, PacketError};
use crate::json;

/// Reads a packet that a client sent: the text of an Engine.IO message, without the `4`.
///
/// Nothing is copied, and nothing allocated unless the event's name holds escapes, or there are more than four
/// arguments or members of the first; then the memory is bounded by a small multiple of the text's length.
///
/// ```
/// use video_chat_socketio::packet::{Packet, decode};
///
/// let Ok(Packet::Event(event)) = decode(r#"2/signaling,7["send-offer",{"sdp":"v=0"}]"#) else { panic!() };
/// assert_eq!((event.namespace, event.id, &*event.name), ("/signaling", Some(7), "send-offer"));
/// assert_eq!(event.args.as_slice(), [r#"{"sdp":"v=0"}"#]);
/// assert_eq!(event.members.as_slice(), [(r#""sdp""#, r#""v=0""#)]);
/// ```
pub fn decode(text: &str) -> Result<Packet<'_>, PacketError> {
    let mut characters = text.chars();
    let kind = characters.next();
    let rest = characters.as_str();
    match kind {
        Some('0') => connect(rest),
        Some('1') => disconnect(rest),
        Some('2') => event(rest, 0),
        Some('3') => ack(rest, 0),
        Some('4') => Err(PacketError::ServerOnly),
        Some('5') => {
            let (attachments, rest) = attachments(rest)?;
            event(rest, attachments)
        }
        Some('6') => {
            let (attachments, rest) = attachments(rest)?;
            ack(rest, attachments)
        }
        _ => Err(PacketError::UnknownType),
    }
}

fn connect(rest: &str) -> Result<Packet<'_>, PacketError> {
    let (namespace, payload) = namespace(rest);
    if payload.is_empty() {
        return Ok(Packet::Connect { namespace, auth: None });
    }
    json::validate(payload)?;
    let auth = payload.trim_ascii();
    if !auth.starts_with('{') {
        return Err(PacketError::Payload);
    }
    Ok(Packet::Connect { namespace, auth: Some(auth) })
}

fn disconnect(rest: &str) -> Result<Packet<'_>, PacketError> {
    let (namespace, payload) = namespace(rest);
    if !payload.is_empty() {
        return Err(PacketError::Payload);
    }
    Ok(Packet::Disconnect { namespace })
}

fn event(rest: &str, attachments: u8) -> Result<Packet<'_>, PacketError> {
    let (namespace, rest) = namespace(rest);
    let (id, payload) = id(rest)?;
    let mut elements = array(payload)?;
    let literal = elements.next().ok_or(PacketError::EventName)??;
    if !literal.starts_with('"') {
        return Err(PacketError::EventName);
    }
    let name = json::unescape(literal)?;
    if is_reserved(&name) {
        return Err(PacketError::ReservedName);
    }
    let (mut args, mut members) = (Args::default(), Members::default());
    if let Some(first) = elements.next_with_members(|member| members.push((member.name, member.value))) {
        args.push(first?);
    }
    collect(elements, &mut args)?;
    Ok(Packet::Event(Event { namespace, id, name, args, members, attachments }))
}

/// Names that clients and servers use for events of their own life.
fn is_reserved(name: &str) -> bool {
    matches!(
        name,
        "connect" | "connect_error" | "disconnect" | "disconnecting" | "newListener" | "removeListener"
    )
}

fn ack(rest: &str, attachments: u8) -> Result<Packet<'_>, PacketError> {
    let (namespace, rest) = namespace(rest);
    let (id, payload) = id(rest)?;
    let id = id.ok_or(PacketError::Id)?;
    let mut args = Args::default();
    collect(array(payload)?, &mut args)?;
    Ok(Packet::Ack(Ack { namespace, id, args, attachments }))
}

/// The namespace, up to a comma or the end, and what follows it.
fn namespace(rest: &str) -> (&str, &str) {
    if !rest.starts_with('/') {
        return ("/", rest);
    }
    let length = rest.bytes().take_while(|byte| *byte != b',').count();
    let (namespace, rest) = rest.split_at_checked(length).unwrap_or((rest, ""));
    (namespace, rest.strip_prefix(',').unwrap_or(rest))
}

/// The number of attachments, up to the dash, and what follows it.
fn attachments(rest: &str) -> Result<(u8, &str), PacketError> {
    let (digits, rest) = digits(rest);
    let rest = rest.strip_prefix('-').filter(|_| !digits.is_empty()).ok_or(PacketError::Attachments)?;
    match digits.parse() {
        Ok(count) if count <= MAX_ATTACHMENTS => Ok((count, rest)),
        _ => Err(PacketError::TooManyAttachments),
    }
}

/// The acknowledgement id, if there is one, and what follows it.
fn id(rest: &str) -> Result<(Option<u64>, &str), PacketError> {
    let (digits, rest) = digits(rest);
    if digits.is_empty() {
        return Ok((None, rest));
    }
    let id = digits.parse().map_err(|_| PacketError::Id)?;
    Ok((Some(id), rest))
}

fn digits(text: &str) -> (&str, &str) {
    let end = text.bytes().take_while(u8::is_ascii_digit).count();
    text.split_at_checked(end).unwrap_or((text, ""))
}

fn array(payload: &str) -> Result<json::Elements<'_>, PacketError> {
    if !payload.trim_ascii_start().starts_with('[') {
        return Err(json::validate(payload).map_or_else(PacketError::Json, |()| PacketError::Payload));
    }
    Ok(json::elements(payload))
}

fn collect<'a>(elements: json::Elements<'a>, args: &mut Args<'a>) -> Result<(), PacketError> {
    for element in elements {
        args.push(element?);
    }
    Ok(())
}
