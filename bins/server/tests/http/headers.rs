//! What every answer carries.

use actix_web::test::TestRequest;

use crate::world::{World, from};

const PATHS: &[&str] = &[
    "/health",
    "/nope",
    "/metrics",
    "/auth/verify",
    "/auth/token",
    "/openapi.json",
    "/socket.io/",
    "/socket.io/socket.io.js",
];

#[actix_web::test]
async fn every_answer_carries_the_security_headers() {
    let world = World::new();
    for path in PATHS {
        let reply = world.get(path, "").await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
            ("referrer-policy", "no-referrer"),
            ("permissions-policy", "camera=(), microphone=(), geolocation=()"),
        ] {
            assert_eq!(reply.header(name), value, "{path}");
        }
    }
}

#[actix_web::test]
async fn a_sane_request_id_is_echoed() {
    let world = World::new();
    for id in ["a", "abc-123_X.y", &"x".repeat(128)] {
        for path in PATHS {
            let reply = world.call(TestRequest::get().uri(path).insert_header(("x-request-id", id))).await;
            assert_eq!(reply.header("x-request-id"), id, "{path}");
        }
    }
}

#[actix_web::test]
async fn another_request_id_is_made() {
    let world = World::new();
    let mut seen = std::collections::HashSet::new();
    for id in ["", "a b", "a\"b", "<x>", "é", &"x".repeat(129)] {
        let request = TestRequest::get().uri("/health").insert_header(("x-request-id", id.as_bytes()));
        let made = world.call(request).await.header("x-request-id").to_owned();
        assert!(made.len() == 32 && made.bytes().all(|byte| byte.is_ascii_hexdigit()), "{made}");
        assert!(seen.insert(made), "ids differ");
    }
}

#[actix_web::test]
async fn hsts_is_sent_where_a_trusted_proxy_ends_tls() {
    let world = World::new();
    let ask = |address: &str, proto: &str| {
        from(TestRequest::get().uri("/health").insert_header(("x-forwarded-proto", proto)), address)
    };
    let hsts = |reply: crate::world::Reply| reply.header("strict-transport-security").to_owned();
    assert_eq!(hsts(world.call(ask("10.0.0.1", "https")).await), "max-age=31536000");
    assert_eq!(hsts(world.call(ask("10.0.0.1", "http")).await), "");
    assert_eq!(hsts(world.call(ask("192.0.2.1", "https")).await), "");
}
