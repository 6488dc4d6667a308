//! `POST /reports`.

use std::time::Duration;

use serde_json::{Value, json};
use video_chat_auth::Role;
use video_chat_kernel::{Clock, PeerAlias, SessionId};
use video_chat_reporting::Reason;
use video_chat_reporting::SessionLog;

use crate::world::World;

fn report(session: SessionId, peer: PeerAlias, reason: &str) -> Value {
    json!({ "reportedPeerId": peer.to_string(), "sessionId": session.to_string(), "reason": reason })
}

#[actix_web::test]
async fn a_participant_reports_its_peer_for_every_reason() {
    let world = World::new();
    let (session, ann, bob) = world.open_call("ann", "bob", 1).await;
    for (place, reason) in Reason::ALL.iter().enumerate() {
        let reply = world
            .post("/reports", &world.token("ann", Role::User), &report(session, bob, reason.as_str()))
            .await;
        assert_eq!(reply.status, 201);
        world.clock.advance(Duration::from_secs(1));
        let stored = &world.reports.stored().await[place];
        assert_eq!(reply.json(), json!({ "reportId": stored.facts.id.to_string() }));
        assert_eq!((stored.facts.reporter.as_str(), stored.facts.reported.as_str()), ("ann", "bob"));
        assert_eq!((stored.facts.reason, stored.facts.reported_alias), (*reason, bob));
        assert_eq!(stored.submitted_at.after(Duration::from_secs(1)), world.clock.now());
    }
    let reply = world.post("/reports", &world.token("bob", Role::User), &report(session, ann, "spam")).await;
    assert_eq!(reply.status, 201);
    assert_eq!(world.reports.stored().await.last().unwrap().facts.reported.as_str(), "ann");
}

#[actix_web::test]
async fn the_same_again_answers_the_first_id_and_counts_once() {
    let world = World::new();
    let (session, _, bob) = world.open_call("ann", "bob", 1).await;
    let token = world.token("ann", Role::User);
    let first = world.post("/reports", &token, &report(session, bob, "spam")).await.json();
    let again = world.post("/reports", &token, &report(session, bob, "spam")).await;
    assert_eq!((again.status, again.json()), (201, first));
    assert!(world.state.metrics.render().contains("video_chat_reports_submitted_total{reason=\"spam\"} 1\n"));
    assert_eq!(world.live.reported.lock().unwrap().len(), 1, "patterns are looked for in fresh reports");
}

#[actix_web::test]
async fn only_participants_report_and_only_their_peer() {
    let world = World::new();
    let (session, ann, bob) = world.open_call("ann", "bob", 1).await;
    let (_, _, stranger) = world.open_call("eve", "dan", 2).await;
    let unknown = SessionId::from_bytes([9; 16]);
    for (who, body) in [
        ("eve", report(session, bob, "spam")),
        ("ann", report(unknown, bob, "spam")),
        ("ann", report(session, ann, "spam")),
        ("ann", report(session, stranger, "spam")),
        ("ann", json!({ "reportedPeerId": bob.to_string(), "sessionId": "no id", "reason": "spam" })),
        ("ann", json!({ "reportedPeerId": "bob", "sessionId": session.to_string(), "reason": "spam" })),
    ] {
        let reply = world.post("/reports", &world.token(who, Role::User), &body).await;
        assert_eq!(reply.is_error(404, "session_not_found"), "Session not found", "{who} {body}");
    }
    assert!(world.reports.stored().await.is_empty());
}

#[actix_web::test]
async fn a_call_can_be_reported_for_a_day_after_its_end() {
    let world = World::new();
    let (session, _, bob) = world.open_call("ann", "bob", 1).await;
    world.sessions.ended(session, world.clock.now()).await.unwrap();
    world.clock.advance(Duration::from_hours(24));
    let reply = world.post("/reports", &world.token("ann", Role::User), &report(session, bob, "spam")).await;
    assert_eq!(reply.status, 201);
    world.clock.advance(Duration::from_millis(1));
    let late = world.post("/reports", &world.token("ann", Role::User), &report(session, bob, "other")).await;
    late.is_error(404, "session_not_found");
}

#[actix_web::test]
async fn a_comment_is_any_text_of_up_to_1000_characters() {
    let world = World::new();
    let token = world.token("ann", Role::User);
    for (number, comment) in (1..).zip(["", "👩".repeat(1_000).as_str(), "a\n\u{0}b <script>"]) {
        let (session, _, bob) = world.open_call("ann", "bob", number).await;
        let mut body = report(session, bob, "spam");
        body["comment"] = json!(comment);
        world.clock.advance(Duration::from_secs(1));
        assert_eq!(world.post("/reports", &token, &body).await.status, 201);
        assert_eq!(world.reports.stored().await.last().unwrap().facts.comment.as_deref(), Some(comment));
    }
    world.clock.advance(Duration::from_secs(1));
    let (session, _, bob) = world.open_call("ann", "bob", 99).await;
    assert_eq!(world.post("/reports", &token, &report(session, bob, "spam")).await.status, 201);
    assert_eq!(world.reports.stored().await.last().unwrap().facts.comment, None);
}

#[actix_web::test]
async fn each_bad_field_has_its_code() {
    let world = World::new();
    let (session, _, bob) = world.open_call("ann", "bob", 1).await;
    let token = world.token("ann", Role::User);
    for (field, values, code) in [
        ("reportedPeerId", vec![json!(null), json!(1), json!("")], "invalid_peer_id"),
        ("sessionId", vec![json!(null), json!([]), json!("")], "invalid_session_id"),
        ("reason", vec![json!(null), json!(""), json!("Spam"), json!("rude"), json!(1)], "invalid_reason"),
        ("comment", vec![json!(null), json!(1), json!("x".repeat(1_001))], "invalid_comment"),
        ("reporterId", vec![json!("eve")], "unknown_field"),
    ] {
        for value in values {
            let mut body = report(session, bob, "spam");
            body[field] = value;
            world.post("/reports", &token, &body).await.is_error(400, code);
        }
    }
    for (field, code) in [
        ("reportedPeerId", "invalid_peer_id"),
        ("sessionId", "invalid_session_id"),
        ("reason", "invalid_reason"),
    ] {
        let mut body = report(session, bob, "spam");
        body.as_object_mut().unwrap().remove(field);
        world.post("/reports", &token, &body).await.is_error(400, code);
    }
    assert!(world.reports.stored().await.is_empty());
}

#[actix_web::test]
async fn nothing_is_acknowledged_that_was_not_stored() {
    let world = World::new();
    let (session, _, bob) = world.open_call("ann", "bob", 1).await;
    let token = world.token("ann", Role::User);
    world.reports.away.set(true);
    world.post("/reports", &token, &report(session, bob, "spam")).await.is_error(503, "service_unavailable");
    world.reports.away.set(false);
    world.sessions.away.set(true);
    world.post("/reports", &token, &report(session, bob, "spam")).await.is_error(503, "service_unavailable");
}
