//! Which web pages may read the answers.

use actix_web::test::TestRequest;

use crate::world::{ORIGIN, Reply, World};

fn cors_headers(reply: &Reply) -> Vec<String> {
    reply.headers.keys().map(ToString::to_string).filter(|name| name.starts_with("access-control-")).collect()
}

fn preflight(path: &str, origin: &str) -> TestRequest {
    TestRequest::default()
        .method("OPTIONS".parse().unwrap())
        .uri(path)
        .insert_header(("origin", origin))
        .insert_header(("access-control-request-method", "POST"))
        .insert_header(("access-control-request-headers", "authorization,content-type"))
}

#[actix_web::test]
async fn a_listed_origin_is_echoed_with_credentials_on_every_answer() {
    let world = World::new();
    for (path, status) in [("/health", 200), ("/nope", 404), ("/auth/verify", 401), ("/auth/token", 405)] {
        let reply = world.call(TestRequest::get().uri(path).insert_header(("origin", ORIGIN))).await;
        assert_eq!(reply.status, status);
        assert_eq!(reply.header("access-control-allow-origin"), ORIGIN);
        assert_eq!(reply.header("access-control-allow-credentials"), "true");
        assert_eq!(reply.header("access-control-expose-headers"), "link, retry-after, x-request-id");
        assert_eq!(reply.header("vary"), "Origin");
    }
}

#[actix_web::test]
async fn any_other_origin_gets_no_cors_header() {
    let world = World::new();
    for origin in ["https://evil.example", "null", "https://app.example.org.evil", "http://app.example.org"] {
        let reply = world.call(TestRequest::get().uri("/health").insert_header(("origin", origin))).await;
        assert_eq!((reply.status, cors_headers(&reply)), (200, vec![]), "{origin}");
        assert_eq!(reply.header("vary"), "Origin");
        let reply = world.call(preflight("/reports", origin)).await;
        assert_eq!((reply.status, cors_headers(&reply)), (204, vec![]), "{origin}");
    }
}

#[actix_web::test]
async fn a_request_without_origin_is_served() {
    let reply = World::new().get("/health", "").await;
    assert_eq!((reply.status, cors_headers(&reply)), (200, vec![]));
    assert_eq!(reply.header("vary"), "Origin");
}

#[actix_web::test]
async fn a_preflight_permits_what_the_api_takes() {
    let world = World::new();
    for path in ["/reports", "/auth/token", "/nope"] {
        let reply = world.call(preflight(path, ORIGIN)).await;
        assert_eq!(reply.status, 204);
        assert!(reply.body.is_empty());
        assert_eq!(reply.header("access-control-allow-origin"), ORIGIN);
        assert_eq!(reply.header("access-control-allow-credentials"), "true");
        assert_eq!(reply.header("access-control-allow-methods"), "GET, HEAD, POST");
        assert_eq!(reply.header("access-control-allow-headers"), "authorization, content-type, x-request-id");
        assert_eq!(reply.header("vary"), "Origin");
    }
}

#[actix_web::test]
async fn the_socket_io_endpoint_answers_for_itself() {
    let world = World::new();
    let reply = world.call(TestRequest::get().uri("/socket.io/").insert_header(("origin", ORIGIN))).await;
    assert_eq!((reply.status, cors_headers(&reply)), (200, vec![]), "no header is set twice");
    assert!(!reply.headers.contains_key("vary"));
}
