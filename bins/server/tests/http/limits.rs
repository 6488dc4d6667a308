//! Limits by address and by device.

use actix_web::test::TestRequest;
use serde_json::json;
use video_chat_auth::Role;

use crate::world::{World, bearer, from};

const THREE: &[(&str, &str)] = &[("RATE_LIMIT_MAX_REQUESTS", "3")];

fn ask(address: &str) -> TestRequest {
    from(TestRequest::get().uri("/openapi.json"), address)
}

#[actix_web::test]
async fn an_address_over_its_limit_is_told_when_to_come_back() {
    let world = World::with(THREE);
    for _ in 0..3 {
        assert_eq!(world.call(ask("192.0.2.1")).await.status, 200);
    }
    let reply = world.call(ask("192.0.2.1")).await;
    assert_eq!(reply.is_error(429, "rate_limited"), "Rate limit exceeded. Please wait.");
    assert_eq!(reply.header("retry-after"), "2", "1.5 s, rounded up");
    assert_eq!(world.call(ask("192.0.2.2")).await.status, 200, "another address has its own");
    assert!(world.state.metrics.render().contains("video_chat_rate_limit_hits_total{limit=\"http\"} 1\n"));
}

#[actix_web::test]
async fn unknown_routes_count_too() {
    let world = World::with(THREE);
    for _ in 0..3 {
        let nope = from(TestRequest::get().uri("/nope"), "192.0.2.1");
        world.call(nope).await.is_error(404, "not_found");
    }
    world.call(ask("192.0.2.1")).await.is_error(429, "rate_limited");
}

#[actix_web::test]
async fn ipv6_counts_by_64_and_mapped_addresses_as_ipv4() {
    let world = World::with(THREE);
    for address in ["2001:db8:1:2::1", "2001:db8:1:2::2", "2001:db8:1:2:ffff::"] {
        assert_eq!(world.call(ask(address)).await.status, 200);
    }
    world.call(ask("2001:db8:1:2:3:4:5:6")).await.is_error(429, "rate_limited");
    assert_eq!(world.call(ask("2001:db8:1:3::1")).await.status, 200);
    for address in ["::ffff:192.0.2.1", "192.0.2.1", "::ffff:192.0.2.1"] {
        assert_eq!(world.call(ask(address)).await.status, 200);
    }
    world.call(ask("192.0.2.1")).await.is_error(429, "rate_limited");
}

#[actix_web::test]
async fn only_trusted_proxies_say_who_calls() {
    let world = World::with(THREE);
    for number in 0..4 {
        let forged = ask("192.0.2.1").insert_header(("x-forwarded-for", format!("198.51.100.{number}")));
        assert_eq!(world.call(forged).await.status == 429, number == 3, "forged addresses are one client");
    }
    for number in 0..4 {
        let proxied = ask("10.0.0.1").insert_header(("x-forwarded-for", format!("198.51.100.{number}")));
        assert_eq!(world.call(proxied).await.status, 200, "proxied clients are many");
    }
}

#[actix_web::test]
async fn monitoring_preflights_and_the_socket_io_paths_are_not_limited() {
    let world = World::with(&[("RATE_LIMIT_MAX_REQUESTS", "1")]);
    assert_eq!(world.call(ask("192.0.2.1")).await.status, 200);
    world.call(ask("192.0.2.1")).await.is_error(429, "rate_limited");
    for path in ["/health", "/health/ready", "/health/", "/metrics", "/socket.io/socket.io.js", "/socket.io/"]
    {
        assert_eq!(world.call(from(TestRequest::get().uri(path), "192.0.2.1")).await.status, 200, "{path}");
    }
    let preflight = TestRequest::default()
        .method("OPTIONS".parse().unwrap())
        .uri("/reports")
        .insert_header(("origin", crate::world::ORIGIN))
        .insert_header(("access-control-request-method", "POST"));
    assert_eq!(world.call(from(preflight, "192.0.2.1")).await.status, 204);
}

#[actix_web::test]
async fn a_device_has_a_limit_of_its_own_wherever_it_calls_from() {
    let world = World::with(THREE);
    let verify =
        |token: &str, address: &str| bearer(from(TestRequest::get().uri("/auth/verify"), address), token);
    let token = world.token("phone", Role::User);
    for number in 1..=3 {
        assert_eq!(world.call(verify(&token, &format!("192.0.2.{number}"))).await.status, 200);
    }
    let reply = world.call(verify(&token, "192.0.2.4")).await;
    reply.is_error(429, "rate_limited");
    let other = world.token("tablet", Role::User);
    assert_eq!(world.call(verify(&other, "192.0.2.5")).await.status, 200);
}

#[actix_web::test]
async fn a_bad_token_costs_no_device_anything() {
    let world = World::with(THREE);
    for number in 1..=5 {
        let request = from(TestRequest::get().uri("/auth/verify"), &format!("192.0.2.{number}"));
        world.call(bearer(request, "rubbish")).await.is_error(401, "unauthorized");
    }
    let taken = world.limiter.taken.lock().unwrap();
    assert!(taken.keys().all(|(limit, _)| limit == "http"), "{taken:?}");
}

#[actix_web::test]
async fn zero_is_unlimited() {
    let world = World::with(&[("RATE_LIMIT_MAX_REQUESTS", "0")]);
    for _ in 0..20 {
        assert_eq!(world.call(ask("192.0.2.1")).await.status, 200);
    }
    assert!(world.limiter.taken.lock().unwrap().is_empty());
}

#[actix_web::test]
async fn when_nobody_can_count_everybody_is_served() {
    let world = World::with(THREE);
    world.limiter.away.set(true);
    for _ in 0..5 {
        let token = world.token("phone", Role::User);
        let reply = world.post("/turn/credentials", &token, &json!({})).await;
        assert_eq!(reply.status, 201);
    }
}
