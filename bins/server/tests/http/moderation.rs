//! `GET /reports`, `/reports/next`, `/reports/stats` and `POST /reports/moderate`.

use std::time::Duration;

use futures_util::FutureExt;
use serde_json::{Value, json};
use video_chat_auth::{BlockList, Role};
use video_chat_kernel::{Clock, DeviceId};

use crate::world::World;

/// A world with this many pending reports, of `ann` against `bob`, a second apart; their ids, oldest first.
async fn reported(count: u8) -> (World, Vec<String>) {
    let world = World::new();
    let mut ids = Vec::new();
    for number in 1..=count {
        let (session, _, bob) = world.open_call("ann", "bob", number).await;
        let body = json!({
            "reportedPeerId": bob.to_string(),
            "sessionId": session.to_string(),
            "reason": "spam",
            "comment": "sells watches",
        });
        let reply = world.post("/reports", &world.token("ann", Role::User), &body).await;
        ids.push(reply.json()["reportId"].as_str().unwrap().to_owned());
        world.clock.advance(Duration::from_secs(1));
    }
    (world, ids)
}

fn moderator(world: &World) -> String {
    world.token("mod-1", Role::Moderator)
}

fn verdict(report: &str, decision: &str) -> Value {
    json!({ "reportId": report, "decision": decision })
}

fn ids(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|report| report["id"].as_str().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn moderators_and_admins_may_and_users_may_not() {
    let (world, ids) = reported(1).await;
    let user = world.token("ann", Role::User);
    for path in ["/reports", "/reports/next", "/reports/stats"] {
        world.get(path, &user).await.is_error(403, "forbidden");
        for role in [Role::Moderator, Role::Admin] {
            assert_eq!(world.get(path, &world.token("m", role)).await.status, 200, "{path} {role:?}");
        }
    }
    world.post("/reports/moderate", &user, &verdict(&ids[0], "accepted")).await.is_error(403, "forbidden");
    for role in [Role::Moderator, Role::Admin] {
        let reply =
            world.post("/reports/moderate", &world.token("m", role), &verdict(&ids[0], "rejected")).await;
        assert_eq!(reply.status, 201);
    }
}

#[actix_web::test]
async fn a_report_is_shown_with_pseudonyms_and_times_in_milliseconds() {
    let (world, ids) = reported(1).await;
    let stored = world.reports.stored().await[0].clone();
    let name = |device: &str| world.state.pseudonyms.device(&DeviceId::parse(device).unwrap());
    let mut expected = json!({
        "id": ids[0],
        "reporterId": name("ann"),
        "reportedId": name("bob"),
        "reportedPeerId": stored.facts.reported_alias.to_string(),
        "sessionId": stored.facts.session.to_string(),
        "reason": "spam",
        "comment": "sells watches",
        "timestamp": stored.submitted_at.as_millis(),
        "status": "pending",
    });
    assert_eq!(world.get("/reports", &moderator(&world)).await.json(), json!([expected]));
    assert_eq!(world.get("/reports/next", &moderator(&world)).await.json(), expected);

    let body = json!({ "reportId": ids[0], "decision": "accepted", "note": "third time" });
    assert_eq!(world.post("/reports/moderate", &moderator(&world), &body).await.status, 201);
    expected["status"] = json!("accepted");
    expected["moderatorId"] = json!("mod-1");
    expected["moderatedAt"] = json!(world.clock.now().as_millis());
    expected["note"] = json!("third time");
    assert_eq!(world.get("/reports", &moderator(&world)).await.json(), json!([expected]));
}

#[actix_web::test]
async fn pages_follow_their_links_newest_first() {
    let (world, mut newest_first) = reported(5).await;
    newest_first.reverse();
    let mut path = "/reports?limit=2&status=pending".to_owned();
    let mut seen = Vec::new();
    for size in [2, 2, 1] {
        let reply = world.get(&path, &moderator(&world)).await;
        let page = ids(&reply.json());
        assert_eq!(page.len(), size);
        seen.extend(page);
        let link = reply.header("link");
        path = link
            .strip_prefix('<')
            .and_then(|rest| rest.strip_suffix(">; rel=\"next\""))
            .unwrap_or("")
            .to_owned();
    }
    assert_eq!(seen, newest_first);
    assert_eq!(path, "", "the last page links nowhere");
}

#[actix_web::test]
async fn the_list_is_of_fifty_at_most_unless_asked_and_filters_by_status() {
    let (world, all) = reported(60).await;
    let token = moderator(&world);
    assert_eq!(ids(&world.get("/reports", &token).await.json()).len(), 50);
    assert_eq!(ids(&world.get("/reports?limit=100", &token).await.json()).len(), 60);
    assert_eq!(ids(&world.get("/reports?limit=1&cursor=", &token).await.json()).len(), 1);
    for (place, decision) in [(0, "accepted"), (1, "rejected")] {
        world.post("/reports/moderate", &token, &verdict(&all[place], decision)).await;
        let listed = ids(&world.get(&format!("/reports?status={decision}"), &token).await.json());
        assert_eq!(listed, [all[place].clone()]);
    }
    assert_eq!(ids(&world.get("/reports?status=pending&limit=100", &token).await.json()).len(), 58);
}

#[actix_web::test]
async fn a_query_that_makes_no_sense_is_refused() {
    let world = World::new();
    for (query, code) in [
        ("limit=0", "invalid_limit"),
        ("limit=101", "invalid_limit"),
        ("limit=many", "invalid_limit"),
        ("status=open", "invalid_status"),
        ("cursor=nonsense", "invalid_cursor"),
        ("page=2", "unknown_field"),
    ] {
        world.get(&format!("/reports?{query}"), &moderator(&world)).await.is_error(400, code);
    }
}

#[actix_web::test]
async fn next_is_the_oldest_pending_report_or_null() {
    let (world, ids) = reported(2).await;
    let token = moderator(&world);
    for id in &ids {
        let reply = world.get("/reports/next", &token).await;
        assert_eq!((reply.status, &reply.json()["id"]), (200, &json!(id)));
        world.post("/reports/moderate", &token, &verdict(id, "rejected")).await;
    }
    let reply = world.get("/reports/next", &token).await;
    assert_eq!((reply.status, reply.json()), (200, Value::Null));
}

#[actix_web::test]
async fn next_is_leased_for_five_minutes_to_the_moderator_who_asked() {
    let (world, ids) = reported(2).await;
    let first = |world: &World| world.token("mod-1", Role::Moderator);
    let second = |world: &World| world.token("mod-2", Role::Moderator);
    for _ in 0..2 {
        assert_eq!(world.get("/reports/next", &first(&world)).await.json()["id"], ids[0]);
    }
    assert_eq!(world.get("/reports/next", &second(&world)).await.json()["id"], ids[1]);
    assert_eq!(world.get("/reports/next", &world.token("mod-3", Role::Admin)).await.json(), Value::Null);
    world.clock.advance(Duration::from_millis(5 * 60_000 + 1));
    assert_eq!(world.get("/reports/next", &world.token("mod-3", Role::Admin)).await.json()["id"], ids[0]);
}

#[actix_web::test]
async fn a_moderator_who_hangs_up_leaves_no_verdict_without_its_block() {
    let (world, ids) = reported(1).await;
    let token = moderator(&world);
    let closed = world.reports.gate.lock().await;
    {
        let body = verdict(&ids[0], "accepted");
        let mut call = Box::pin(world.post("/reports/moderate", &token, &body));
        while world.reports.stored().await[0].judged.is_none() {
            assert!((&mut call).now_or_never().is_none());
            tokio::task::yield_now().await;
        }
    }
    assert!(world.live.blocked.lock().unwrap().is_empty(), "the call was dropped in the middle");
    drop(closed);
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.live.blocked.lock().unwrap().len(), 1);
    assert!(world.blocks.is_blocked(&DeviceId::parse("bob").unwrap(), world.clock.now()).await.unwrap());
}

#[actix_web::test]
async fn stats_name_every_reason() {
    let (world, ids) = reported(3).await;
    let token = moderator(&world);
    world.post("/reports/moderate", &token, &verdict(&ids[0], "accepted")).await;
    world.post("/reports/moderate", &token, &verdict(&ids[1], "rejected")).await;
    assert_eq!(
        world.get("/reports/stats", &token).await.json(),
        json!({
            "totalReports": 3, "pendingReports": 1, "acceptedReports": 1, "rejectedReports": 1,
            "reportsByReason": {
                "harassment": 0, "inappropriate_content": 0, "spam": 3, "nudity": 0,
                "violence": 0, "underage": 0, "other": 0,
            },
        })
    );
}

#[actix_web::test]
async fn accepted_blocks_the_reported_device_before_it_is_acknowledged() {
    let (world, ids) = reported(1).await;
    let reply = world.post("/reports/moderate", &moderator(&world), &verdict(&ids[0], "accepted")).await;
    assert_eq!((reply.status, reply.json()), (201, json!({ "success": true })));
    let bob = DeviceId::parse("bob").unwrap();
    assert!(world.blocks.is_blocked(&bob, world.clock.now()).await.unwrap());
    assert_eq!(*world.live.blocked.lock().unwrap(), [bob]);
    assert!(!world.blocks.is_blocked(&DeviceId::parse("ann").unwrap(), world.clock.now()).await.unwrap());
    let token = world.token("bob", Role::User);
    world.post("/auth/refresh", &token, &json!({})).await.is_error(403, "device_blocked");
    world.post("/turn/credentials", &token, &json!({})).await.is_error(403, "device_blocked");
}

#[actix_web::test]
async fn rejected_blocks_nobody() {
    let (world, ids) = reported(1).await;
    let reply = world.post("/reports/moderate", &moderator(&world), &verdict(&ids[0], "rejected")).await;
    assert_eq!(reply.status, 201);
    assert!(world.live.blocked.lock().unwrap().is_empty());
    assert!(!world.blocks.is_blocked(&DeviceId::parse("bob").unwrap(), world.clock.now()).await.unwrap());
}

#[actix_web::test]
async fn the_same_verdict_again_counts_once_and_the_opposite_conflicts() {
    let (world, ids) = reported(1).await;
    let token = moderator(&world);
    for _ in 0..2 {
        let reply = world.post("/reports/moderate", &token, &verdict(&ids[0], "accepted")).await;
        assert_eq!((reply.status, reply.json()), (201, json!({ "success": true })));
    }
    let metrics = world.state.metrics.render();
    assert!(metrics.contains("video_chat_reports_moderated_total{decision=\"accepted\"} 1\n"));
    assert!(metrics.contains("video_chat_blocks_total{kind=\"device\"} 1\n"));
    let opposite = world.post("/reports/moderate", &token, &verdict(&ids[0], "rejected")).await;
    opposite.is_error(409, "already_moderated");
}

#[actix_web::test]
async fn a_block_that_failed_is_finished_by_the_same_verdict_again() {
    let (world, ids) = reported(1).await;
    let token = moderator(&world);
    world.blocks.away.set(true);
    let failed = world.post("/reports/moderate", &token, &verdict(&ids[0], "accepted")).await;
    failed.is_error(503, "service_unavailable");
    assert!(world.live.blocked.lock().unwrap().is_empty());
    world.blocks.away.set(false);
    assert_eq!(world.post("/reports/moderate", &token, &verdict(&ids[0], "accepted")).await.status, 201);
    let bob = DeviceId::parse("bob").unwrap();
    assert!(world.blocks.is_blocked(&bob, world.clock.now()).await.unwrap());
    assert_eq!(world.live.blocked.lock().unwrap().len(), 1);
}

#[actix_web::test]
async fn a_verdict_is_checked_field_by_field() {
    let (world, ids) = reported(1).await;
    let token = moderator(&world);
    for unknown in ["0190a0a0-0000-7000-8000-000000000000", "nothing"] {
        let reply = world.post("/reports/moderate", &token, &verdict(unknown, "accepted")).await;
        reply.is_error(404, "report_not_found");
    }
    for (body, code) in [
        (json!({ "decision": "accepted" }), "invalid_report_id"),
        (json!({ "reportId": "", "decision": "accepted" }), "invalid_report_id"),
        (json!({ "reportId": 1, "decision": "accepted" }), "invalid_report_id"),
        (json!({ "reportId": ids[0] }), "invalid_decision"),
        (json!({ "reportId": ids[0], "decision": "pending" }), "invalid_decision"),
        (json!({ "reportId": ids[0], "decision": null }), "invalid_decision"),
        (json!({ "reportId": ids[0], "decision": "accepted", "note": null }), "invalid_note"),
        (json!({ "reportId": ids[0], "decision": "accepted", "note": "x".repeat(1_001) }), "invalid_note"),
        (json!({ "reportId": ids[0], "decision": "accepted", "by": "me" }), "unknown_field"),
    ] {
        world.post("/reports/moderate", &token, &body).await.is_error(400, code);
    }
    assert!(world.live.blocked.lock().unwrap().is_empty());
}

#[actix_web::test]
async fn a_database_that_is_away_is_503() {
    let (world, ids) = reported(1).await;
    let token = moderator(&world);
    world.reports.away.set(true);
    for path in ["/reports", "/reports/next", "/reports/stats"] {
        world.get(path, &token).await.is_error(503, "service_unavailable");
    }
    let reply = world.post("/reports/moderate", &token, &verdict(&ids[0], "accepted")).await;
    reply.is_error(503, "service_unavailable");
}
