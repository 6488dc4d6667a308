//! The words of a call.

use std::fmt::Write;

use serde::Deserialize;

use crate::{
    client::{Client, Heard},
    stamp::{Stamp, Stamper},
};

/// A language nobody speaks, so that a load never meets people.
pub(super) const LANGUAGE: &str = "x-loadtest";

/// The part of `matched` that matters here.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Matched {
    pub(super) session_id: String,
    role: String,
}

impl Matched {
    pub(super) fn is_offerer(&self) -> bool {
        self.role == "offerer"
    }
}

/// Asks for a peer.
pub(super) fn join(client: &Client, region: &str, language: &str) {
    client.emit("join-queue", &format!(r#"{{"region":"{region}","language":"{language}"}}"#));
    client.flush();
}

/// The match, when that is what was heard.
#[expect(clippy::needless_pass_by_value, reason = "called as `Client::hear` calls it")]
pub(super) fn matched(heard: Heard<'_>) -> Option<Matched> {
    let Heard::Event("matched", payload) = heard else { return None };
    serde_json::from_str(payload).ok()
}

/// Queues a relay.
pub(super) fn send(client: &Client, event: &str, session: &str, stamper: &Stamper, stamp: Stamp) {
    let mut payload = String::with_capacity(256);
    // Writing to a string cannot fail.
    let _ = write!(payload, r#"{{"sessionId":"{session}","data":"#);
    stamper.write(stamp, &mut payload);
    payload.push('}');
    client.emit(event, &payload);
}

/// Hangs up.
pub(super) fn end(client: &Client, session: &str) {
    client.emit("end-call", &format!(r#"{{"sessionId":"{session}"}}"#));
    client.flush();
}
