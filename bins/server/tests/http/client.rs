//! The browser's client at `/socket.io/socket.io.js`.

use actix_web::test::TestRequest;

use crate::world::World;

const PATH: &str = "/socket.io/socket.io.js";

#[actix_web::test]
async fn the_bundle_is_the_published_one_with_its_licence_banner() {
    let reply = World::new().get(PATH, "").await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), "application/javascript; charset=utf-8");
    assert!(reply.body.starts_with(b"/*!\n * Socket.IO v4.8.4\n"));
    assert_eq!(&reply.body[..], include_bytes!("../../assets/socket.io.min.js"));
    assert_eq!(reply.header("cross-origin-resource-policy"), "cross-origin");
}

#[actix_web::test]
async fn caches_keep_it_and_ask_by_its_tag() {
    let world = World::new();
    let reply = world.get(PATH, "").await;
    assert_eq!(reply.header("cache-control"), "public, max-age=3600");
    let tag = reply.header("etag").to_owned();
    assert!(tag.starts_with('"') && tag.ends_with('"') && tag.len() == 34, "{tag}");
    for known in [tag.clone(), format!("\"other\", W/{tag}"), "*".into()] {
        let reply = world.call(TestRequest::get().uri(PATH).insert_header(("if-none-match", known))).await;
        assert_eq!((reply.status, reply.header("etag")), (304, tag.as_str()));
        assert!(reply.body.is_empty());
    }
    let reply = world.call(TestRequest::get().uri(PATH).insert_header(("if-none-match", "\"other\""))).await;
    assert_eq!(reply.status, 200);
}

#[actix_web::test]
async fn the_endpoint_above_it_keeps_its_path() {
    let reply = World::new().get("/socket.io/", "").await;
    assert_eq!(&reply.body[..], b"engine");
}
