//! The decoders of text.

use std::str;

use serde_json::value::RawValue;
use video_chat_socketio::{Frame, FrameBuilder, engine, json as scanner, packet as socketio};

/// A packet in text stands for itself: written again, it is the same.
pub fn engine_text(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let Ok(packet) = engine::decode(text) else { return };
    let again = match packet {
        engine::Packet::Open(json) => format!("0{json}"),
        engine::Packet::Close => "1".into(),
        engine::Packet::Ping(data) => format!("2{data}"),
        engine::Packet::Pong(data) => format!("3{data}"),
        engine::Packet::Message(message) => format!("4{message}"),
        engine::Packet::Upgrade => "5".into(),
        engine::Packet::Noop => "6".into(),
        engine::Packet::Binary(data) => {
            let body = engine::encode_payload(&[Frame::binary(&data)]);
            let padded = str::from_utf8(&body).unwrap_or_default();
            assert_eq!(padded.trim_end_matches('='), text.trim_end_matches('='));
            return;
        }
    };
    assert_eq!(again, text);
}

/// The messages of a payload, sent back, are the same messages.
pub fn engine_payload(data: &[u8]) {
    let Ok(body) = str::from_utf8(data) else { return };
    let packets: Vec<_> = engine::decode_payload(body).collect();
    assert_eq!(packets.len(), body.matches('\x1e').count() + 1);
    let messages: Vec<_> = packets
        .into_iter()
        .flatten()
        .filter(|packet| matches!(packet, engine::Packet::Message(_) | engine::Packet::Binary(_)))
        .collect();
    let frames: Vec<_> = messages
        .iter()
        .filter_map(|packet| match packet {
            engine::Packet::Message(message) => Some(Frame::text(&format!("4{message}"))),
            engine::Packet::Binary(data) => Some(Frame::binary(data)),
            _ => None,
        })
        .collect();
    if frames.is_empty() {
        return;
    }
    let sent = engine::encode_payload(&frames);
    let sent = str::from_utf8(&sent).unwrap_or_default();
    let received: Vec<_> = engine::decode_payload(sent).flatten().collect();
    assert_eq!(received, messages);
}

/// A packet that is taken holds only sound parts, and built again from them, it is the same packet.
pub fn packet(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let Ok(packet) = socketio::decode(text) else { return };
    match &packet {
        socketio::Packet::Connect { namespace, auth } => {
            assert!(sound_namespace(namespace));
            assert!(auth.is_none_or(|auth| is_json(auth) && auth.starts_with('{') && auth.ends_with('}')));
        }
        socketio::Packet::Disconnect { namespace } => assert!(sound_namespace(namespace)),
        socketio::Packet::Event(event) => {
            assert!(sound_namespace(event.namespace) && sound_args(&event.args, event.attachments));
            assert_ne!(event.name, "disconnect");
            let mut frame = if event.attachments > 0 {
                FrameBuilder::binary_event(event.namespace, &event.name, event.attachments.into(), 0)
            } else {
                FrameBuilder::event(event.namespace, &event.name, 0)
            };
            frame.push(&event.args.join(","));
            let unnumbered = socketio::Event { id: None, ..event.clone() };
            assert_comes_back(&frame.finish_event(), &socketio::Packet::Event(unnumbered));
        }
        socketio::Packet::Ack(ack) => {
            assert!(sound_namespace(ack.namespace) && sound_args(&ack.args, ack.attachments));
            let mut frame = if ack.attachments > 0 {
                FrameBuilder::binary_ack(ack.namespace, ack.id, ack.attachments.into(), 0)
            } else {
                FrameBuilder::ack(ack.namespace, ack.id, 0)
            };
            frame.push(&ack.args.join(","));
            assert_comes_back(&frame.finish_event(), &packet);
        }
    }
}

fn assert_comes_back(frame: &Frame, packet: &socketio::Packet<'_>) {
    let text = str::from_utf8(frame.payload()).unwrap_or_default();
    let message = text.strip_prefix('4').unwrap_or_default();
    assert_eq!(socketio::decode(message).as_ref(), Ok(packet));
}

fn sound_namespace(namespace: &str) -> bool {
    namespace.starts_with('/') && !namespace.contains(',')
}

fn sound_args(args: &[&str], attachments: u8) -> bool {
    args.iter().all(|arg| is_json(arg) && arg.trim_ascii() == *arg)
        && attachments <= socketio::MAX_ATTACHMENTS
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<&RawValue>(text).is_ok()
}

/// The scanner and `serde_json` agree on what is JSON and on what strings mean.
pub fn json(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    let valid = is_json(text);
    let trimmed = text.trim_start_matches([' ', '\t', '\n', '\r']);
    assert_eq!(scanner::validate(text).is_ok(), valid);
    assert_eq!(scanner::elements(text).all(|item| item.is_ok()), valid && trimmed.starts_with('['));
    assert_eq!(scanner::members(text).all(|item| item.is_ok()), valid && trimmed.starts_with('{'));
    if let Ok(end) = scanner::value_end(text) {
        let (value, _) = text.split_at_checked(end).unwrap_or_default();
        assert!(is_json(value));
    } else {
        assert!(!valid);
    }
    match (serde_json::from_str::<String>(text), scanner::unescape(text)) {
        (Ok(theirs), Ok(ours)) => assert_eq!(ours, theirs),
        // They refuse half a surrogate pair, we refuse white space around a literal.
        (Ok(_), Err(_)) => assert_ne!(text.trim_ascii(), text),
        (Err(_), Ok(_)) => assert!(valid),
        (Err(_), Err(_)) => {}
    }
    let mut literal = String::new();
    scanner::push_string(&mut literal, text);
    assert_eq!(scanner::unescape(&literal).as_deref(), Ok(text));
}
