//! `/auth/*` and what a bearer is.

use std::time::Duration;

use actix_web::test::TestRequest;
use serde_json::json;
use video_chat_auth::BlockList;
use video_chat_auth::Role;
use video_chat_kernel::{Clock, DeviceId};

use crate::world::World;

#[actix_web::test]
async fn anyone_gets_a_user_s_token_for_the_device_named() {
    let world = World::new();
    for device in ["d", "a b", "設備", &"é".repeat(128)] {
        let reply = world.post("/auth/token", "", &json!({ "deviceId": device })).await;
        assert_eq!(reply.status, 201);
        let body = reply.json();
        assert_eq!((&body["deviceId"], &body["expiresIn"]), (&json!(device), &json!("5m")));
        assert_eq!(body["tokenType"], "Bearer");
        let claims =
            world.state.tokens.verify(body["accessToken"].as_str().unwrap(), world.clock.now()).unwrap();
        assert_eq!((claims.device.as_str(), claims.role), (device, Role::User));
        assert_eq!(claims.expires_at.since(world.clock.now()), Duration::from_mins(5));
    }
}

#[actix_web::test]
async fn expires_in_is_told_as_configured() {
    let world = World::with(&[("JWT_EXPIRATION", "90s")]);
    let body = world.post("/auth/token", "", &json!({})).await.json();
    assert_eq!(body["expiresIn"], "90s");
    let claims = world.state.tokens.verify(body["accessToken"].as_str().unwrap(), world.clock.now()).unwrap();
    assert_eq!(claims.expires_at.since(world.clock.now()), Duration::from_secs(90));
}

#[actix_web::test]
async fn a_device_id_is_made_when_absent_of_128_random_bits() {
    let world = World::new();
    let bare = world.call(TestRequest::post().uri("/auth/token")).await;
    let object = world.post("/auth/token", "", &json!({})).await;
    for reply in [&bare, &object] {
        assert_eq!(reply.status, 201);
        let device = reply.json()["deviceId"].as_str().unwrap().to_owned();
        assert!(device.len() == 32 && device.bytes().all(|byte| byte.is_ascii_hexdigit()), "{device}");
    }
    assert_ne!(bare.json()["deviceId"], object.json()["deviceId"]);
}

#[actix_web::test]
async fn a_device_id_that_is_none_is_refused() {
    let world = World::new();
    for device in
        [json!(""), json!(null), json!(7), json!({}), json!("é".repeat(129)), json!("a\nb"), json!("a\u{9f}")]
    {
        let reply = world.post("/auth/token", "", &json!({ "deviceId": device })).await;
        reply.is_error(400, "invalid_device_id");
    }
}

#[actix_web::test]
async fn refresh_renews_for_the_same_device_and_role() {
    let world = World::new();
    for role in [Role::User, Role::Moderator, Role::Admin] {
        let old = world.token("phone", role);
        world.clock.advance(Duration::from_mins(1));
        let reply = world.call(crate::world::bearer(TestRequest::post().uri("/auth/refresh"), &old)).await;
        assert_eq!(reply.status, 201);
        let body = reply.json();
        assert_eq!(body["deviceId"], "phone");
        let claims =
            world.state.tokens.verify(body["accessToken"].as_str().unwrap(), world.clock.now()).unwrap();
        assert_eq!((claims.device.as_str(), claims.role), ("phone", role));
        assert_eq!(claims.expires_at.since(world.clock.now()), Duration::from_mins(5));
    }
}

#[actix_web::test]
async fn a_blocked_device_cannot_refresh() {
    let world = World::new();
    let token = world.token("phone", Role::User);
    world.blocks.block(&DeviceId::parse("phone").unwrap(), None).await.unwrap();
    world.post("/auth/refresh", &token, &json!({})).await.is_error(403, "device_blocked");
    let anew = world.post("/auth/token", "", &json!({ "deviceId": "phone" })).await;
    assert_eq!(anew.status, 201, "anyone may ask; the block holds where the token is used");
    let anew = anew.json()["accessToken"].as_str().unwrap().to_owned();
    world.post("/auth/refresh", &anew, &json!({})).await.is_error(403, "device_blocked");
}

#[actix_web::test]
async fn without_the_block_list_nobody_is_let_through_unchecked() {
    let world = World::new();
    let token = world.token("phone", Role::User);
    world.blocks.away.set(true);
    world.post("/auth/refresh", &token, &json!({})).await.is_error(503, "service_unavailable");
    assert_eq!(world.post("/auth/token", "", &json!({})).await.status, 201, "a token alone opens nothing");
}

#[actix_web::test]
async fn verify_tells_what_the_token_says() {
    let world = World::new();
    for (role, word) in [(Role::User, "user"), (Role::Moderator, "moderator"), (Role::Admin, "admin")] {
        let reply = world.get("/auth/verify", &world.token("phone", role)).await;
        assert_eq!(reply.status, 200);
        let until = world.clock.now().after(Duration::from_mins(5)).as_secs() * 1_000;
        assert_eq!(
            reply.json(),
            json!({ "valid": true, "deviceId": "phone", "role": word, "expiresAt": until })
        );
    }
}

#[actix_web::test]
async fn the_scheme_is_bearer_in_any_case() {
    let world = World::new();
    let token = world.token("phone", Role::User);
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        let request = TestRequest::get().uri("/auth/verify");
        let reply = world.call(request.insert_header(("authorization", format!("{scheme} {token}")))).await;
        assert_eq!(reply.status, 200, "{scheme}");
    }
}

#[actix_web::test]
async fn without_a_token_every_guarded_call_asks_for_authentication() {
    let world = World::new();
    for (method, path) in [
        ("POST", "/auth/refresh"),
        ("GET", "/auth/verify"),
        ("POST", "/turn/credentials"),
        ("POST", "/reports"),
        ("GET", "/reports"),
        ("GET", "/reports/next"),
        ("GET", "/reports/stats"),
        ("POST", "/reports/moderate"),
    ] {
        for header in ["", "Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "token"] {
            let request = TestRequest::default().method(method.parse().unwrap()).uri(path);
            let request =
                if header.is_empty() { request } else { request.insert_header(("authorization", header)) };
            let reply = world.call(request).await;
            assert_eq!(
                reply.is_error(401, "unauthorized"),
                "Authentication required",
                "{method} {path} {header}"
            );
            assert_eq!(reply.header("www-authenticate"), "Bearer");
        }
    }
}

#[actix_web::test]
async fn a_bad_token_is_told_from_an_expired_one() {
    let world = World::new();
    let token = world.token("phone", Role::User);
    world.get("/auth/verify", "rubbish").await.is_error(401, "unauthorized");
    world.get("/auth/verify", &format!("{token}x")).await.is_error(401, "unauthorized");
    world.clock.advance(Duration::from_secs(306));
    world.get("/auth/verify", &token).await.is_error(401, "token_expired");
}

#[actix_web::test]
async fn answers_with_secrets_are_not_stored() {
    let world = World::new();
    let token = world.token("phone", Role::User);
    for (path, token) in [("/auth/token", ""), ("/auth/refresh", &token), ("/turn/credentials", &token)] {
        let reply = world.post(path, token, &json!({})).await;
        assert_eq!((reply.status, reply.header("cache-control")), (201, "no-store"), "{path}");
    }
    assert_eq!(world.get("/auth/verify", &token).await.header("cache-control"), "no-store");
}
