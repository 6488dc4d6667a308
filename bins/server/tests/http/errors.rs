//! One shape for every refusal.

use actix_web::{http::Method, test::TestRequest};
use bytes::Bytes;
use video_chat_auth::Role;

use crate::world::{Reply, World, bearer};

async fn raw(world: &World, kind: &str, body: impl Into<Bytes>) -> Reply {
    let request = TestRequest::post().uri("/auth/token").set_payload(body);
    world.call(if kind.is_empty() { request } else { request.insert_header(("content-type", kind)) }).await
}

#[actix_web::test]
async fn an_unknown_route_is_named() {
    let world = World::new();
    for (method, path) in [
        ("GET", "/nope"),
        ("POST", "/nope"),
        ("DELETE", "/auth"),
        ("GET", "/"),
        ("GET", "/health/nope"),
        ("PUT", "/a%0Ab"),
    ] {
        let request = TestRequest::default().method(method.parse().unwrap()).uri(path);
        let message = world.call(request).await.is_error(404, "not_found");
        assert_eq!(message, format!("Cannot {method} {path}"));
    }
    let long = format!("/{}", "x".repeat(5_000));
    assert!(world.get(&long, "").await.is_error(404, "not_found").len() < 300);
}

#[actix_web::test]
async fn a_slash_at_the_end_is_forgiven() {
    assert_eq!(World::new().get("/health/", "").await.status, 200);
}

#[actix_web::test]
async fn a_method_the_path_does_not_know_is_405_with_what_it_knows() {
    let world = World::new();
    for (method, path, allow) in [
        ("GET", "/auth/token", "POST"),
        ("HEAD", "/auth/refresh", "POST"),
        ("DELETE", "/reports", "GET, HEAD, POST"),
        ("POST", "/health", "GET, HEAD"),
        ("PUT", "/auth/verify", "GET, HEAD"),
        ("PATCH", "/reports/moderate", "POST"),
        ("POST", "/metrics", "GET, HEAD"),
        ("POST", "/socket.io/socket.io.js", "GET, HEAD"),
    ] {
        let request = TestRequest::default().method(method.parse().unwrap()).uri(path);
        let reply = world.call(request).await;
        reply.is_error(405, "method_not_allowed");
        assert_eq!(reply.header("allow"), allow, "{method} {path}");
    }
    let options = world.call(TestRequest::default().method(Method::OPTIONS).uri("/reports")).await;
    assert_eq!((options.status, options.header("allow")), (204, "GET, HEAD, POST"));
}

#[actix_web::test]
async fn malformed_json_is_told_from_json_of_the_wrong_shape() {
    let world = World::new();
    for body in ["{", "{\"deviceId\":", "{deviceId:1}", "nope", "{}{}", "[", "{\"a\":01}"] {
        raw(&world, "application/json", body).await.is_error(400, "invalid_json");
    }
    raw(&world, "application/json", Bytes::from_static(b"{\"deviceId\":\"\xff\"}"))
        .await
        .is_error(400, "invalid_json");
    for body in ["[]", "null", "1", "\"x\"", "true"] {
        raw(&world, "application/json", body).await.is_error(400, "invalid_body");
    }
}

#[actix_web::test]
async fn odd_but_sound_json_is_harmless() {
    let world = World::new();
    let twice = raw(&world, "application/json", r#"{"deviceId":null,"deviceId":"last"}"#).await;
    assert_eq!((twice.status, twice.json()["deviceId"].as_str()), (201, Some("last")));
    let deep = format!("{{\"deviceId\":{}1{}}}", "[".repeat(40_000), "]".repeat(40_000));
    raw(&world, "application/json", deep).await.is_error(400, "invalid_device_id");
    raw(&world, "application/json", "[".repeat(100_000)).await.is_error(400, "invalid_json");
    raw(&world, "application/json", r#"{"deviceId":"\ud83d"}"#).await.is_error(400, "invalid_device_id");
}

#[actix_web::test]
async fn a_field_the_call_does_not_know_is_refused() {
    let world = World::new();
    let message = raw(&world, "application/json", r#"{"role":"admin"}"#).await.is_error(400, "unknown_field");
    assert_eq!(message, "Unknown field: role");
    let token = world.token("phone", Role::Moderator);
    for path in ["/auth/refresh", "/turn/credentials", "/reports", "/reports/moderate"] {
        let reply = world.post(path, &token, &serde_json::json!({ "bogus": 1 })).await;
        reply.is_error(400, "unknown_field");
    }
}

#[actix_web::test]
async fn only_json_in_utf_8_is_taken() {
    let world = World::new();
    for kind in [
        "",
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin1",
    ] {
        raw(&world, kind, "{}").await.is_error(415, "unsupported_media_type");
    }
    for kind in [
        "application/json",
        "Application/JSON; Charset=UTF-8",
        "application/json;charset=\"utf-8\"",
        "application/json; x=y",
    ] {
        assert_eq!(raw(&world, kind, "{}").await.status, 201, "{kind}");
    }
    let zipped = TestRequest::post()
        .uri("/auth/token")
        .set_payload("{}")
        .insert_header(("content-type", "application/json"));
    let reply = world.call(zipped.insert_header(("content-encoding", "gzip"))).await;
    reply.is_error(415, "unsupported_media_type");
}

#[actix_web::test]
async fn an_empty_body_counts_as_an_empty_object() {
    let world = World::new();
    for kind in ["", "application/json", "text/plain"] {
        assert_eq!(raw(&world, kind, "").await.status, 201, "{kind}");
    }
}

#[actix_web::test]
async fn a_body_over_100_kib_is_413_told_or_found_out() {
    let world = World::new();
    let padded = |size: usize| format!("{{{}}}", " ".repeat(size - 2));
    assert_eq!(raw(&world, "application/json", padded(102_400)).await.status, 201);
    raw(&world, "application/json", padded(102_401)).await.is_error(413, "payload_too_large");
    let declared = TestRequest::post().uri("/auth/token").insert_header(("content-length", "102401"));
    world.call(declared).await.is_error(413, "payload_too_large");
}

#[actix_web::test]
async fn a_stranger_s_body_is_not_read() {
    let world = World::new();
    let request = TestRequest::post().uri("/reports").set_payload("x".repeat(200_000));
    world.call(bearer(request, "")).await.is_error(401, "unauthorized");
}
