//! Tests of the Socket.IO codec.

use std::{borrow::Cow, str};

use proptest::prelude::*;

use super::*;
use crate::{Frame, FrameBuilder, engine, json::JsonErrorKind};

fn connects(text: &str) -> (&str, Option<&str>) {
    match decode(text) {
        Ok(Packet::Connect { namespace, auth }) => (namespace, auth),
        other => panic!("{text:?}: {other:?}"),
    }
}

fn event(text: &str) -> Event<'_> {
    match decode(text) {
        Ok(Packet::Event(event)) => event,
        other => panic!("{text:?}: {other:?}"),
    }
}

fn ack(text: &str) -> Ack<'_> {
    match decode(text) {
        Ok(Packet::Ack(ack)) => ack,
        other => panic!("{text:?}: {other:?}"),
    }
}

#[test]
fn connect_with_and_without_namespace_comma_and_auth() {
    for (text, namespace, auth) in [
        ("0", "/", None),
        ("0{}", "/", Some("{}")),
        ("0/,", "/", None),
        ("0/,{}", "/", Some("{}")),
        ("0/custom", "/custom", None),
        ("0/custom,", "/custom", None),
        (r#"0/custom,{"token":"123"}"#, "/custom", Some(r#"{"token":"123"}"#)),
        (r#"0/ns?q=1, { "a" : [1] } "#, "/ns?q=1", Some(r#"{ "a" : [1] }"#)),
    ] {
        assert_eq!(connects(text), (namespace, auth), "{text:?}");
    }
}

#[test]
fn disconnect_of_a_namespace() {
    for (text, namespace) in [("1", "/"), ("1/,", "/"), ("1/custom", "/custom"), ("1/custom,", "/custom")] {
        assert_eq!(decode(text), Ok(Packet::Disconnect { namespace }), "{text:?}");
    }
}

#[test]
fn events_in_all_their_forms() {
    let plain = event(r#"2["hello"]"#);
    assert_eq!((plain.namespace, plain.id, &*plain.name, plain.attachments), ("/", None, "hello", 0));
    assert!(plain.args.is_empty());
    assert!(matches!(plain.name, Cow::Borrowed(_)));

    let full = event(
        "52-/admin,456[\"project:delete\", 1.50,{\"_placeholder\":true,\"num\":0} ,\"\\ud83d\",null,[[]]]",
    );
    assert_eq!((full.namespace, full.id, full.attachments), ("/admin", Some(456), 2));
    assert_eq!(full.name, "project:delete");
    assert_eq!(
        full.args.as_slice(),
        ["1.50", "{\"_placeholder\":true,\"num\":0}", "\"\\ud83d\"", "null", "[[]]"]
    );

    assert_eq!(event(r#"2["a\u0062\n"]"#).name, "ab\n");
    assert_eq!(event(r#"2[""]"#).name, "");
    assert_eq!(event("50-[\"a\"]").attachments, 0);
    assert_eq!(event("510-[\"a\"]").attachments, MAX_ATTACHMENTS);
    assert_eq!(event("218446744073709551615[\"a\"]").id, Some(u64::MAX));
    // Only exactly these names are reserved.
    for name in ["Connect", "connected", "connection", "error", "newlistener", "disconnec"] {
        assert_eq!(event(&format!("2[\"{name}\"]")).name, name);
    }
}

#[test]
fn acknowledgements() {
    let plain = ack("30[]");
    assert_eq!((plain.namespace, plain.id, plain.args.len(), plain.attachments), ("/", 0, 0, 0));
    let full = ack(r#"61-/admin,12[{"_placeholder":true,"num":0},1,2,3,4,5]"#);
    assert_eq!((full.namespace, full.id, full.attachments), ("/admin", 12, 1));
    assert_eq!(full.args.as_slice(), [r#"{"_placeholder":true,"num":0}"#, "1", "2", "3", "4", "5"]);
}

#[test]
fn closing_offences() {
    for (text, error) in [
        ("", PacketError::UnknownType),
        ("7", PacketError::UnknownType),
        ("a[\"x\"]", PacketError::UnknownType),
        ("é", PacketError::UnknownType),
        ("4{\"message\":\"x\"}", PacketError::ServerOnly),
        ("4/ns,{}", PacketError::ServerOnly),
        ("0[]", PacketError::Payload),
        ("0null", PacketError::Payload),
        ("0\"token\"", PacketError::Payload),
        ("0/ns,5", PacketError::Payload),
        ("1{}", PacketError::Payload),
        ("1/ns,[]", PacketError::Payload),
        ("2{}", PacketError::Payload),
        ("2\"message\"", PacketError::Payload),
        ("2 null", PacketError::Payload),
        ("3{}", PacketError::Id),
        ("3[]", PacketError::Id),
        ("31{}", PacketError::Payload),
        ("2[]", PacketError::EventName),
        ("2[ ]", PacketError::EventName),
        ("2[1]", PacketError::EventName),
        ("2[null,\"a\"]", PacketError::EventName),
        ("2[{\"a\":1}]", PacketError::EventName),
        ("2[[\"a\"]]", PacketError::EventName),
        ("2[\"connect\"]", PacketError::ReservedName),
        ("2[\"connect_error\",1]", PacketError::ReservedName),
        ("2[\"disconnect\"]", PacketError::ReservedName),
        ("2[\"disconnecting\"]", PacketError::ReservedName),
        ("2[\"newListener\"]", PacketError::ReservedName),
        ("2/a,1[\"removeListener\"]", PacketError::ReservedName),
        ("51-[\"disconnect\"]", PacketError::ReservedName),
        ("2[\"dis\\u0063onnect\"]", PacketError::ReservedName),
        ("218446744073709551616[\"a\"]", PacketError::Id),
        ("2999999999999999999999999999999999[\"a\"]", PacketError::Id),
        ("5[\"a\"]", PacketError::Attachments),
        ("5-[\"a\"]", PacketError::Attachments),
        ("51[\"a\"]", PacketError::Attachments),
        ("5x-[\"a\"]", PacketError::Attachments),
        ("5-1-[\"a\"]", PacketError::Attachments),
        ("51.5-[\"a\"]", PacketError::Attachments),
        ("6/ns,1[]", PacketError::Attachments),
        ("511-[\"a\"]", PacketError::TooManyAttachments),
        ("51000000000-[\"a\"]", PacketError::TooManyAttachments),
        ("61000000000-1[]", PacketError::TooManyAttachments),
        ("599999999999999999999999-[\"a\"]", PacketError::TooManyAttachments),
    ] {
        assert_eq!(decode(text), Err(error), "{text:?}");
    }
}

#[test]
fn a_payload_that_is_not_json_and_bytes_after_it() {
    for (text, kind) in [
        ("2", JsonErrorKind::End),
        ("2/ns", JsonErrorKind::End),
        ("2/ns,", JsonErrorKind::End),
        ("21", JsonErrorKind::End),
        ("2[", JsonErrorKind::End),
        ("2[\"a\"", JsonErrorKind::End),
        ("2[\"a\",", JsonErrorKind::End),
        ("2[\"a\",]", JsonErrorKind::Byte),
        ("2[\"a\",nul]", JsonErrorKind::Byte),
        ("2[\"a\"}", JsonErrorKind::Byte),
        ("2[\"a\n\"]", JsonErrorKind::Byte),
        ("2['a']", JsonErrorKind::Byte),
        ("2hello", JsonErrorKind::Byte),
        ("2ns,[\"a\"]", JsonErrorKind::Byte),
        ("2-1[\"a\"]", JsonErrorKind::Trailing),
        ("2[\"a\"][\"b\"]", JsonErrorKind::Trailing),
        ("2[\"a\"]x", JsonErrorKind::Trailing),
        ("21[\"a\"]1", JsonErrorKind::Trailing),
        ("0{", JsonErrorKind::End),
        ("0abc", JsonErrorKind::Byte),
        ("01{}", JsonErrorKind::Trailing),
        ("0{}{}", JsonErrorKind::Trailing),
        ("0/ns,{}x", JsonErrorKind::Trailing),
        ("31", JsonErrorKind::End),
        ("31[1]]", JsonErrorKind::Trailing),
        ("51-", JsonErrorKind::End),
    ] {
        match decode(text) {
            Err(PacketError::Json(error)) => assert_eq!(error.kind, kind, "{text:?}"),
            other => panic!("{text:?}: {other:?}"),
        }
    }
}

#[test]
fn deep_nesting_is_an_argument_like_any_other() {
    let deep = format!("{}{}", "[".repeat(400_000), "]".repeat(400_000));
    assert_eq!(event(&format!("2[\"a\",{deep}]")).args.as_slice(), [deep.as_str()]);
    assert!(decode(&format!("2[\"a\",{}", deep.split_at(400_000).0)).is_err());
}

#[test]
fn server_packets() {
    for (frame, text) in [
        (connect("/", "abc"), r#"40{"sid":"abc"}"#),
        (connect("/custom", "abc"), r#"40/custom,{"sid":"abc"}"#),
        (connect_error("/x", "Invalid namespace", None), r#"44/x,{"message":"Invalid namespace"}"#),
        (connect_error("/", "a\"b", Some("[1]")), r#"44{"message":"a\"b","data":[1]}"#),
        (disconnect("/"), "41"),
        (disconnect("/custom"), "41/custom,"),
    ] {
        assert_eq!(str::from_utf8(frame.payload()), Ok(text));
    }
}

#[test]
fn a_binary_packet_is_complete_with_its_last_attachment() {
    let text = r#"52-/ns,3["a",{"_placeholder":true,"num":1},{"_placeholder":true,"num":0}]"#;
    let mut pending = PendingBinary::new(text, 2, text.len() + 5).unwrap();
    assert_eq!(pending.push(vec![1, 2].into()), Ok(false));
    assert!(!pending.is_complete());
    assert_eq!(pending.push(vec![3, 4, 5].into()), Ok(true));
    assert!(pending.is_complete());
    assert_eq!(pending.push(vec![].into()), Err(AttachmentError::Unexpected));
    assert_eq!(pending.packet(), decode(text));
    assert_eq!(pending.attachments(), [vec![1_u8, 2], vec![3, 4, 5]]);
}

#[test]
fn a_binary_packet_is_bounded_as_a_whole() {
    let text = r#"53-["a"]"#;
    assert_eq!(PendingBinary::new(text, 3, text.len() - 1), Err(AttachmentError::TooBig));
    let mut pending = PendingBinary::new(text, 3, text.len() + 4).unwrap();
    assert_eq!(pending.push(vec![0; 3].into()), Ok(false));
    assert_eq!(pending.push(vec![0; 2].into()), Err(AttachmentError::TooBig));
}

/// Namespaces as applications name them, and stranger ones.
fn namespaces() -> impl Strategy<Value = String> {
    prop_oneof![Just("/".to_owned()), "/[a-z0-9_?=é-]{1,12}"]
}

fn raw_json() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "null",
        "-0.50",
        "1e400",
        "\"\\ud83d\"",
        "\"é,]\\\"\"",
        "{ \"a\" : [ 1 ] }",
        "[[], {}]",
        "\"\"",
        "{\"_placeholder\":true,\"num\":0}",
    ])
    .prop_map(str::to_owned)
}

/// What a frame holds, read as if a client had sent it.
fn received(frame: &Frame) -> Packet<'_> {
    let text = str::from_utf8(frame.payload()).unwrap();
    let Ok(engine::Packet::Message(message)) = engine::decode(text) else { panic!("{text:?}") };
    decode(message).unwrap()
}

proptest! {
    #[test]
    fn events_come_back(
        namespace in namespaces(),
        name in any::<String>().prop_map(|name| format!("{name}!")),
        args in prop::collection::vec(raw_json(), 0..8),
        attachments in prop::option::of(0..=MAX_ATTACHMENTS),
    ) {
        let joined = args.join(",");
        let mut builder = match attachments {
            None => FrameBuilder::event(&namespace, &name, joined.len()),
            Some(count) => FrameBuilder::binary_event(&namespace, &name, count.into(), joined.len()),
        };
        builder.push(&joined);
        let frame = builder.finish_event();
        let Packet::Event(event) = received(&frame) else { panic!("no event") };
        prop_assert_eq!(event.namespace, namespace);
        prop_assert_eq!(event.id, None);
        prop_assert_eq!(event.name, name);
        prop_assert_eq!(event.args.as_slice(), args);
        prop_assert_eq!(event.attachments, attachments.unwrap_or(0));
    }

    #[test]
    fn acknowledgements_come_back(
        namespace in namespaces(),
        id: u64,
        args in prop::collection::vec(raw_json(), 0..8),
        attachments in prop::option::of(0..=MAX_ATTACHMENTS),
    ) {
        let joined = args.join(",");
        let mut builder = match attachments {
            None => FrameBuilder::ack(&namespace, id, joined.len()),
            Some(count) => FrameBuilder::binary_ack(&namespace, id, count.into(), joined.len()),
        };
        builder.push(&joined);
        let frame = builder.finish_event();
        let Packet::Ack(ack) = received(&frame) else { panic!("no ack") };
        prop_assert_eq!((ack.namespace, ack.id), (&*namespace, id));
        prop_assert_eq!(ack.args.as_slice(), args);
        prop_assert_eq!(ack.attachments, attachments.unwrap_or(0));
    }

    #[test]
    fn connects_come_back(namespace in namespaces(), comma: bool, auth in prop::option::of(Just("{\"a\": 1}"))) {
        let comma = if comma || auth.is_some() { "," } else { "" };
        let text = format!("0{namespace}{comma}{}", auth.unwrap_or_default());
        prop_assert_eq!(connects(&text), (&*namespace, auth));
    }

    #[test]
    fn no_text_harms(text in "[0-6][-0-9/a,\\[\\]{}\":]{0,16}") {
        let _ = decode(&text);
    }
}
