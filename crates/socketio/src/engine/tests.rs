//! Tests of the Engine.IO codec.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::Frame;

#[test]
fn every_packet_type() {
    for (text, packet) in [
        ("0{}", Packet::Open("{}")),
        ("1", Packet::Close),
        ("2", Packet::Ping("")),
        ("2probe", Packet::Ping("probe")),
        ("3", Packet::Pong("")),
        ("3probe", Packet::Pong("probe")),
        ("4", Packet::Message("")),
        ("4é\n", Packet::Message("é\n")),
        ("b", Packet::Binary(vec![])),
        ("bAQIDBA==", Packet::Binary(vec![1, 2, 3, 4])),
        ("bAQIDBA", Packet::Binary(vec![1, 2, 3, 4])),
        ("5", Packet::Upgrade),
        ("6", Packet::Noop),
    ] {
        assert_eq!(decode(text), Ok(packet), "{text:?}");
    }
}

#[test]
fn every_offence() {
    for (text, error) in [
        ("", PacketError::Empty),
        ("7", PacketError::UnknownType),
        ("abc", PacketError::UnknownType),
        (" 4", PacketError::UnknownType),
        ("é", PacketError::UnknownType),
        ("\u{4}4", PacketError::UnknownType),
        ("1x", PacketError::UnexpectedData),
        ("5x", PacketError::UnexpectedData),
        ("6x", PacketError::UnexpectedData),
        ("b*", PacketError::Base64),
        ("bA", PacketError::Base64),
        ("bAQID BA==", PacketError::Base64),
        ("b_-8=", PacketError::Base64),
    ] {
        assert_eq!(decode(text), Err(error), "{text:?}");
    }
}

#[test]
fn a_payload_is_decoded_packet_by_packet() {
    let packets: Vec<_> = decode_payload("4a\x1ex\x1e\x1ebAQID\x1e1").collect();
    assert_eq!(
        packets,
        [
            Ok(Packet::Message("a")),
            Err(PacketError::UnknownType),
            Err(PacketError::Empty),
            Ok(Packet::Binary(vec![1, 2, 3])),
            Ok(Packet::Close),
        ]
    );
    assert_eq!(decode_payload("").collect::<Vec<_>>(), [Err(PacketError::Empty)]);
}

#[test]
fn an_empty_poll_has_an_empty_body() {
    assert_eq!(encode_payload(&[]), b"");
}

#[test]
fn what_a_server_says_of_its_own() {
    let said = [close(), ping(), probe_answer(), noop()];
    assert_eq!(said.each_ref().map(Frame::payload), [&b"1"[..], b"2", b"3probe", b"6"]);
}

#[test]
fn the_open_packet_has_exactly_five_members() {
    let open = Open {
        sid: "abc",
        upgrades: &[],
        ping_interval: Duration::from_millis(300),
        ping_timeout: Duration::from_millis(200),
        max_payload: 1_000_000,
    };
    assert_eq!(
        open.encode().payload(),
        br#"0{"sid":"abc","upgrades":[],"pingInterval":300,"pingTimeout":200,"maxPayload":1000000}"#
    );
}

#[test]
fn error_bodies() {
    for (error, status, body) in [
        (ErrorCode::UnknownTransport, 400, r#"{"code":0,"message":"Transport unknown"}"#),
        (ErrorCode::UnknownSession, 400, r#"{"code":1,"message":"Session ID unknown"}"#),
        (ErrorCode::BadHandshakeMethod, 400, r#"{"code":2,"message":"Bad handshake method"}"#),
        (ErrorCode::BadRequest, 400, r#"{"code":3,"message":"Bad request"}"#),
        (ErrorCode::Forbidden, 403, r#"{"code":4,"message":"Forbidden"}"#),
        (ErrorCode::UnsupportedProtocol, 400, r#"{"code":5,"message":"Unsupported protocol version"}"#),
    ] {
        assert_eq!((error.status(), error.body()), (status, body.to_owned()));
    }
    assert_eq!(ErrorCode::body_with(4, "a \"b\""), r#"{"code":4,"message":"a \"b\""}"#);
}

#[derive(Debug, Clone)]
enum Sent {
    Text(String),
    Binary(Vec<u8>),
}

proptest! {
    #[test]
    fn payloads_come_back(sent in prop::collection::vec(
        prop_oneof![
            "[^\x1e]{0,20}".prop_map(Sent::Text),
            prop::collection::vec(any::<u8>(), 0..40).prop_map(Sent::Binary),
        ],
        1..8,
    )) {
        let frames: Vec<_> = sent.iter().map(|sent| match sent {
            Sent::Text(text) => Frame::text(&format!("4{text}")),
            Sent::Binary(data) => Frame::binary(data),
        }).collect();
        let body = String::from_utf8(encode_payload(&frames)).unwrap();
        let packets: Vec<_> = decode_payload(&body).map(Result::unwrap).collect();
        let expected: Vec<_> = sent.iter().map(|sent| match sent {
            Sent::Text(text) => Packet::Message(text),
            Sent::Binary(data) => Packet::Binary(data.clone()),
        }).collect();
        prop_assert_eq!(packets, expected);
    }
}
