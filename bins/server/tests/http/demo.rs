//! The demo page and its files.

use actix_web::test::TestRequest;
use video_chat_server::http::demo::FILES;

use crate::world::{World, from};

fn world() -> World {
    World::with(&[("DEMO_ENABLED", "true")])
}

#[actix_web::test]
async fn it_is_there_only_when_the_operator_wants_it() {
    for file in FILES {
        assert_eq!(world().get(file.path, "").await.status, 200, "{}", file.path);
        World::new().get(file.path, "").await.is_error(404, "not_found");
    }
}

#[actix_web::test]
async fn every_file_has_its_type_and_a_strict_policy() {
    for file in FILES {
        let reply = world().get(file.path, "").await;
        assert_eq!(reply.header("content-type"), file.kind, "{}", file.path);
        let policy = reply.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
        assert!(!policy.contains("unsafe") && !policy.contains('*'), "{policy}");
        assert!(reply.header("permissions-policy").contains("camera=(self), microphone=(self)"));
        assert_eq!(reply.header("x-frame-options"), "DENY");
    }
}

#[actix_web::test]
async fn browsers_keep_it_and_ask_by_its_tag() {
    let world = world();
    let reply = world.get("/", "").await;
    assert_eq!(reply.header("cache-control"), "no-cache");
    let tag = reply.header("etag").to_owned();
    let again = world.call(TestRequest::get().uri("/").insert_header(("if-none-match", tag))).await;
    assert_eq!((again.status, again.body.len()), (304, 0));
}

#[actix_web::test]
async fn loading_it_takes_nothing_from_an_address_s_allowance() {
    let world = World::with(&[("DEMO_ENABLED", "true"), ("RATE_LIMIT_MAX_REQUESTS", "1")]);
    for file in FILES {
        let reply = world.call(from(TestRequest::get().uri(file.path), "192.0.2.1")).await;
        assert_eq!(reply.status, 200, "{}", file.path);
    }
}

/// What the policy forbids would not work: scripts, styles and handlers inside the page, and anything from elsewhere.
#[test]
fn the_page_holds_nothing_inline_and_names_only_what_is_served() {
    for file in FILES {
        let elsewhere =
            file.text.replace("http://www.w3.org/2000/svg", "").replace("https://w3c.github.io/", "");
        assert!(!elsewhere.contains("http://") && !elsewhere.contains("https://"), "{}", file.path);
        assert!(!file.text.contains("innerHTML") && !file.text.contains("eval("), "{}", file.path);
    }
    let page = FILES[0].text;
    assert!(!page.contains("<style") && !page.contains(" style=") && !page.contains(" onclick="));
    assert!(page.matches("<script").count() == page.matches("<script src=").count());
    for path in page.split(['"']).filter(|part| part.starts_with("/demo/")) {
        assert!(FILES.iter().any(|file| file.path == path), "{path} is not served");
    }
}

#[test]
fn every_module_that_is_imported_is_served_and_every_one_served_is_used() {
    let all: String = FILES.iter().map(|file| file.text).collect();
    for import in all.split("from './").skip(1).filter_map(|rest| rest.split('\'').next()) {
        assert!(FILES.iter().any(|file| file.path == format!("/demo/{import}")), "{import}");
    }
    for file in &FILES[1..] {
        let name = file.path.trim_start_matches("/demo/");
        assert!(all.contains(file.path) || all.contains(&format!("from './{name}'")), "nothing uses {name}");
    }
}
