//! `/openapi.json` is true: its paths are the routes, its codes the codes, its examples fit and work.

use std::collections::BTreeSet;

use actix_web::test::TestRequest;
use serde_json::{Map, Value};
use video_chat_auth::Role;
use video_chat_server::http::{Code, ROUTES};

use crate::{
    schema::{OPENAPI, check, resolve},
    world::{World, bearer},
};

fn calls() -> impl Iterator<Item = (&'static str, &'static str, &'static Value)> {
    let paths = OPENAPI["paths"].as_object().unwrap();
    paths.iter().flat_map(|(path, calls)| {
        calls.as_object().unwrap().iter().map(move |(verb, call)| (path.as_str(), verb.as_str(), call))
    })
}

#[actix_web::test]
async fn the_document_is_served() {
    let reply = World::new().get("/openapi.json", "").await;
    assert_eq!((reply.status, reply.json()), (200, OPENAPI.clone()));
    assert!(OPENAPI["openapi"].as_str().unwrap().starts_with("3.1."));
    assert_eq!(OPENAPI["info"]["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn it_describes_every_route_and_no_other() {
    let described: BTreeSet<String> =
        calls().map(|(path, verb, _)| format!("{} {path}", verb.to_uppercase())).collect();
    let mounted = ROUTES
        .iter()
        .flat_map(|(path, methods)| methods.iter().map(move |method| format!("{method} {path}")));
    assert_eq!(described, mounted.collect());
}

#[actix_web::test]
async fn every_route_it_describes_is_mounted() {
    let world = World::new();
    for (path, verb, call) in calls() {
        let request = TestRequest::default().method(verb.to_uppercase().parse().unwrap()).uri(path);
        let status = world.call(request).await.status;
        let guarded = call.get("security").is_some();
        assert_eq!(status == 401, guarded, "{verb} {path}: {status}");
        assert!(guarded || [200, 201].contains(&status), "{verb} {path}: {status}");
    }
}

#[test]
fn its_codes_are_the_codes() {
    let described: BTreeSet<&str> = OPENAPI["components"]["schemas"]["Code"]["enum"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(Value::as_str)
        .collect();
    assert_eq!(described, Code::ALL.iter().map(|code| code.as_str()).collect());
}

#[test]
fn its_examples_are_as_its_schemas_say() {
    let mut examples = 0;
    for (path, verb, call) in calls() {
        let answers = call["responses"].as_object().unwrap().values().map(resolve);
        for described in answers.chain([&call["requestBody"]]) {
            for content in described["content"].as_object().into_iter().flat_map(Map::values) {
                if let Some(example) = content.get("example") {
                    check(&content["schema"], example)
                        .unwrap_or_else(|wrong| panic!("{verb} {path}: {wrong}"));
                    examples += 1;
                }
            }
        }
    }
    assert!(examples > 12, "{examples}");
}

#[test]
fn every_reference_leads_somewhere_and_every_component_is_used() {
    fn walk(value: &'static Value, found: &mut BTreeSet<String>) {
        match value {
            Value::Object(members) => {
                if let Some(target) = value["$ref"].as_str() {
                    resolve(value);
                    found.insert(target.to_owned());
                }
                members.values().for_each(|member| walk(member, found));
            }
            Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    walk(&OPENAPI, &mut found);
    for kind in ["responses", "schemas"] {
        for name in OPENAPI["components"][kind].as_object().unwrap().keys() {
            assert!(found.contains(&format!("#/components/{kind}/{name}")), "{name} is not used");
        }
    }
}

/// Every field of a body that is described is known to the call, every one it requires is missed, and no other is known.
#[actix_web::test]
async fn its_request_bodies_have_the_fields_the_calls_know() {
    let world = World::new();
    let token = world.token("phone", Role::Admin);
    for (path, verb, call) in calls().filter(|(_, verb, _)| *verb == "post") {
        let content = &call["requestBody"]["content"]["application/json"];
        let schema = resolve(&content["schema"]);
        let example = content["example"].as_object().unwrap();
        let names: BTreeSet<&String> = schema["properties"].as_object().unwrap().keys().collect();
        assert_eq!(names, example.keys().collect(), "{verb} {path}: the example shows every field");

        let reply = world.post(path, &token, &content["example"]).await;
        assert!([201, 404].contains(&reply.status), "{verb} {path}: the example is understood");
        for name in schema["required"].as_array().unwrap() {
            let mut missing = example.clone();
            missing.remove(name.as_str().unwrap());
            assert_eq!(
                world.post(path, &token, &missing.into()).await.status,
                400,
                "{verb} {path} without {name}"
            );
        }
        let mut extra = example.clone();
        extra.insert("extra".into(), 1.into());
        let reply = world.call(bearer(TestRequest::post().uri(path), &token).set_json(extra)).await;
        reply.is_error(400, "unknown_field");
    }
}
