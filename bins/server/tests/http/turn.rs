//! `/turn/credentials`.

use std::time::Duration;

use ring::hmac;
use serde_json::json;
use video_chat_auth::{BlockList, Role};
use video_chat_kernel::{Clock, DeviceId};

use crate::world::{TURN_SECRET, World};

#[actix_web::test]
async fn credentials_are_what_coturn_checks_under_a_pseudonym() {
    use base64::{Engine, prelude::BASE64_STANDARD};

    let world = World::new();
    let reply = world.post("/turn/credentials", &world.token("my phone", Role::User), &json!({})).await;
    assert_eq!(reply.status, 201);
    let body = reply.json();
    assert_eq!(body["ttl"], 3_600);
    let username = body["username"].as_str().unwrap();
    let (expiry, pseudonym) = username.split_once(':').unwrap();
    let until = world.clock.now().after(Duration::from_hours(1)).as_secs();
    assert_eq!(expiry.parse::<u64>().unwrap(), until);
    assert_eq!(pseudonym, world.state.pseudonyms.turn(&DeviceId::parse("my phone").unwrap()));
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, TURN_SECRET.as_bytes());
    let credential = BASE64_STANDARD.encode(hmac::sign(&key, username.as_bytes()));
    assert_eq!(body["credential"], credential);
    assert_eq!(body["urls"], json!(["turn:turn.example.org:3478?transport=udp"]));
    let servers = body["iceServers"].as_array().unwrap();
    assert!(
        servers.iter().any(|server| server["username"] == username && server["credential"] == credential)
    );
}

#[actix_web::test]
async fn a_blocked_device_gets_none() {
    let world = World::new();
    let token = world.token("phone", Role::User);
    world.blocks.block(&DeviceId::parse("phone").unwrap(), None).await.unwrap();
    world.post("/turn/credentials", &token, &json!({})).await.is_error(403, "device_blocked");
    world.blocks.away.set(true);
    world.post("/turn/credentials", &token, &json!({})).await.is_error(503, "service_unavailable");
}
