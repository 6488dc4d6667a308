use proptest::prelude::*;
use video_chat_kernel::PeerAlias;

use super::*;
use crate::{
    ports::CallSide,
    wire::{Header, Notice, Parcel, notice_parcel},
};

fn samples() -> Vec<Message<'static>> {
    let session = SessionId::from_bytes([7; 16]);
    let device = |name| DeviceId::parse(name).unwrap();
    let node = NodeId::from_bytes([1; 16]);
    let end = |name, bits| CallSide {
        device: device(name),
        alias: PeerAlias::from_bytes([bits; 16]),
        wait_ms: 5,
        node,
    };
    let call = CallRecord {
        session,
        offerer: end("аня", 1),
        answerer: end("b", 2),
        region: "eu".into(),
        language: "en".into(),
        matched_at: Timestamp::from_millis(77),
        moves: 3,
    };
    let waiting = |name| Waiting {
        ticket: u128::MAX - 1,
        device: device(name),
        node,
        region: "eu".into(),
        language: "de".into(),
        since: Timestamp::from_millis(9),
    };
    let (side, grace) = (Side::Answerer, Duration::from_millis(8));
    let mark = Mark { epoch: 2, number: 3 };
    let relay = KeptRelay { event: "message", payload: r#"{"message":"👾"}"#.into() };
    let kept = vec![relay.clone(), relay.clone()];
    let (takes, waits_for) = (Some(Mark::default()), Some(node));
    let leaves = Legacy { sends: Some(mark), takes, kept, unsent: vec![relay], waits_for };
    vec![
        Message::Relay { session, to: side, mark, event: "candidate", payload: r#"{"a":1e400}"# },
        Message::Offer { call, to: Side::Offerer, ticket: 1 },
        Message::Accepted { session },
        Message::Refused { session },
        Message::Introduce { first: waiting("c"), second: waiting("d") },
        Message::Displaced { device: device("e"), connection: 5, node, call: None },
        Message::Displaced { device: device("e"), connection: 5, node, call: Some((session, side)) },
        Message::StillHeld { device: device("f"), connection: 6, call: None },
        Message::StillHeld { device: device("f"), connection: 6, call: Some((session, side)) },
        Message::Moved { session, side, node, moves: 9 },
        Message::Here { session, side, next: None, away: None },
        Message::Here { session, side, next: Some(mark), away: Some(grace) },
        Message::Handover { session, side, leaves },
        Message::Handover { session, side, leaves: Legacy::default() },
        Message::Lost { session, side, grace },
        Message::Back { session, side },
        Message::Ended { session, reason: EndReason::Blocked, next: None },
        Message::Ended { session, reason: EndReason::Left, next: Some(mark) },
    ]
}

#[test]
fn what_is_written_is_read() {
    let written: Vec<bytes::Bytes> = samples().iter().map(|sample| sample.to_bytes().into()).collect();
    let head = Header { from: NodeId::from_bytes([3; 16]), first: 9, acked: 8, missing: true };
    let parcel = head.parcel(&written);
    let expected = Parcel::Messages(head, samples().into_iter().map(Some).collect());
    assert_eq!(Parcel::parse(&parcel), Some(expected));
    let until = Some(Timestamp::from_millis(5));
    for notice in [
        Notice::Blocked { device: DeviceId::parse("x").unwrap(), until },
        Notice::Blocked { device: DeviceId::parse("x").unwrap(), until: None },
        Notice::Lifted { device: DeviceId::parse("x").unwrap() },
    ] {
        assert_eq!(Parcel::parse(&notice_parcel(&notice)), Some(Parcel::Notice(notice)));
    }
}

#[test]
fn what_a_later_version_adds_is_passed_over() {
    let newer = [vec![200, 1, 2, 3], [samples()[2].to_bytes(), vec![9; 20]].concat()];
    let head = Header { from: NodeId::from_bytes([3; 16]), first: 1, acked: 0, missing: false };
    let parcel = head.parcel(&newer.map(Into::into));
    let Some(Parcel::Messages(_, messages)) = Parcel::parse(&parcel) else { panic!() };
    assert_eq!(messages, [None, samples().into_iter().nth(2)]);
}

proptest! {
    #[test]
    fn other_bytes_are_no_parcel(cut in 0_usize..400, flip in 0_usize..400, bits: u8) {
        let written: Vec<bytes::Bytes> = samples().iter().map(|sample| sample.to_bytes().into()).collect();
        let head = Header { from: NodeId::from_bytes([3; 16]), first: 9, acked: 8, missing: false };
        let mut parcel = head.parcel(&written);
        parcel.truncate(parcel.len().min(cut));
        if let Some(byte) = parcel.get_mut(flip) {
            *byte ^= bits;
        }
        // Read or refused, never a panic.
        let _ = Parcel::parse(&parcel);
    }
}
