//! `docs/video-chat.d.ts` names every event and code of this crate, and no other.
#![cfg(test)]

use std::{collections::BTreeSet, sync::LazyLock};

use video_chat_kernel::Timestamp;
use video_chat_signaling::{ClientEvent, Code, EndReason, ServerEvent, SignalKind};

static TYPES: LazyLock<String> = LazyLock::new(|| {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/video-chat.d.ts")).unwrap()
});

#[test]
fn the_events_of_a_client() {
    assert_eq!(members("ClientToServerEvents"), ClientEvent::NAMES.iter().copied().collect());
}

#[test]
fn the_events_of_the_server() {
    // All but `matched`, which borrows more than this test has.
    let (session, timestamp) = ("s", Timestamp::from_millis(1));
    let signal = |kind| ServerEvent::Signal { kind, session, data: "1", from: "p" };
    let events = [
        ServerEvent::Connected { device: "d", timestamp, session: None },
        ServerEvent::QueueJoined { position: 1, timestamp },
        ServerEvent::QueueLeft { timestamp },
        signal(SignalKind::Offer),
        signal(SignalKind::Answer),
        signal(SignalKind::Candidate),
        ServerEvent::Message { session, message: "\"m\"", from: "p", sender: None, timestamp: "1" },
        ServerEvent::Reaction { session, emoji: "\"e\"", from: "p", timestamp: "1" },
        ServerEvent::CallEnded { session },
        ServerEvent::PeerDisconnected { session, reason: EndReason::Ended },
        ServerEvent::PeerReconnecting { session, grace_ms: 1 },
        ServerEvent::PeerReconnected { session },
        ServerEvent::ServerDraining { reconnect_in_ms: 1 },
        ServerEvent::Error {
            code: Code::Internal,
            message: "m",
            event: None,
            session: None,
            retry_after_ms: None,
        },
    ];
    let names: BTreeSet<&str> = events.iter().map(ServerEvent::name).chain(["matched"]).collect();
    assert_eq!(members("ServerToClientEvents"), names);
}

#[test]
fn the_codes() {
    let listed = TYPES.split("export type Code =").nth(1).unwrap().split(';').next().unwrap();
    let listed: BTreeSet<&str> = listed.split('"').skip(1).step_by(2).collect();
    assert_eq!(listed, Code::ALL.iter().map(|code| code.as_str()).collect());
}

/// The members of an interface whose values are functions.
fn members(interface: &str) -> BTreeSet<&'static str> {
    let body = TYPES.split(&format!("export interface {interface}<")).nth(1).unwrap();
    let body = body.split("\n}").next().unwrap();
    body.lines()
        .filter_map(|line| line.trim().split_once(": (payload"))
        .map(|(name, _)| name.trim_matches('"'))
        .collect()
}
