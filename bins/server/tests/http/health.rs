//! `/health*` and `/metrics`.

use std::time::Duration;

use actix_web::test::{TestRequest, call_service, init_service};
use serde_json::json;
use video_chat_server::http;

use crate::world::World;

#[actix_web::test]
async fn health_is_ok_while_the_process_lives_whatever_its_backends_do() {
    let world = World::new();
    world.reports.away.set(true);
    world.blocks.away.set(true);
    world.drain();
    world.clock.advance(Duration::from_millis(12_345));
    let reply = world.get("/health", "").await;
    assert_eq!(reply.status, 200);
    assert_eq!(
        reply.json(),
        json!({
            "status": "ok",
            "version": env!("CARGO_PKG_VERSION"),
            "uptime": 12.345,
            "timestamp": "2026-11-24T04:22:23.345Z",
        })
    );
}

#[actix_web::test]
async fn ready_tells_its_checks() {
    let reply = World::new().get("/health/ready", "").await;
    assert_eq!(reply.status, 200);
    assert_eq!(
        reply.json(),
        json!({
            "status": "ready",
            "timestamp": "2026-11-24T04:22:11.000Z",
            "checks": { "database": "ok", "draining": "no" },
        })
    );
}

#[actix_web::test]
async fn not_ready_names_what_fails_and_heals() {
    let world = World::new();
    world.reports.away.set(true);
    let reply = world.get("/health/ready", "").await;
    assert_eq!(reply.status, 503);
    let body = reply.json();
    assert_eq!((&body["statusCode"], &body["error"]), (&json!(503), &json!("Service Unavailable")));
    assert_eq!((&body["code"], &body["message"]), (&json!("not_ready"), &json!("Not ready: database")));
    assert_eq!(body["checks"], json!({ "database": "unavailable", "draining": "no" }));

    world.reports.away.set(false);
    world.clock.advance(Duration::from_millis(500));
    assert_eq!(world.get("/health/ready", "").await.status, 200);
}

#[actix_web::test]
async fn a_drain_shows_at_once() {
    let world = World::new();
    assert_eq!(world.get("/health/ready", "").await.status, 200);
    world.drain();
    let reply = world.get("/health/ready", "").await;
    assert_eq!((reply.status, &reply.json()["message"]), (503, &json!("Not ready: draining")));
    assert_eq!(reply.json()["checks"]["draining"], "yes");
}

#[actix_web::test]
async fn backends_are_asked_at_most_twice_a_second() {
    let world = World::new();
    assert_eq!(world.get("/health/ready", "").await.status, 200);
    world.reports.away.set(true);
    world.clock.advance(Duration::from_millis(499));
    assert_eq!(world.get("/health/ready", "").await.status, 200);
    world.clock.advance(Duration::from_millis(1));
    assert_eq!(world.get("/health/ready", "").await.status, 503);
}

#[actix_web::test]
async fn metrics_are_prometheus_text() {
    let world = World::new();
    let reply = world.get("/metrics", "").await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
    let text = std::str::from_utf8(&reply.body).unwrap();
    assert!(text.contains("# TYPE video_chat_active_connections gauge\n"));
}

#[actix_web::test]
async fn the_monitoring_port_serves_metrics_and_nothing_else() {
    let world = World::new();
    let app = init_service(http::monitoring(&world.state)).await;
    for (path, status) in [("/metrics", 200), ("/health", 404), ("/auth/token", 404), ("/reports", 404)] {
        let response = call_service(&app, TestRequest::get().uri(path).to_request()).await;
        assert_eq!(response.status(), status, "{path}");
        assert_eq!(response.headers().get("x-content-type-options").unwrap(), "nosniff");
    }
}

#[actix_web::test]
async fn requests_are_measured_by_route_and_errors_counted_by_code() {
    let world = World::new();
    world.get("/reports?limit=7", "").await;
    world.get("/nope/anything", "").await;
    world.call(TestRequest::default().method("BREW".parse().unwrap()).uri("/nope")).await;
    world.call(TestRequest::get().uri("/socket.io/")).await;
    let text = world.state.metrics.render();
    for series in [
        "request_duration_seconds_count{method=\"GET\",route=\"/reports\",status=\"401\"} 1\n",
        "request_duration_seconds_count{method=\"GET\",route=\"unmatched\",status=\"404\"} 1\n",
        "request_duration_seconds_count{method=\"other\",route=\"unmatched\",status=\"404\"} 1\n",
        "errors_total{code=\"unauthorized\"} 1\n",
        "errors_total{code=\"not_found\"} 2\n",
    ] {
        assert!(text.contains(&format!("video_chat_{series}")), "{series} in {text}");
    }
    assert!(!text.contains("socket.io") && !text.contains("nope") && !text.contains("BREW"));
}
