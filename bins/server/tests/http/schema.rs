//! Holds answers to the OpenAPI document. Knows the part of JSON Schema that the document uses, and fails on the rest.

use std::sync::LazyLock;

use actix_web::http::Method;
use serde_json::{Map, Value};
use video_chat_server::http::openapi::DOCUMENT;

use crate::world::Reply;

pub(crate) static OPENAPI: LazyLock<Value> = LazyLock::new(|| serde_json::from_str(DOCUMENT).unwrap());

/// Checks an answer against the document: status, content type and body are as described.
pub(crate) fn check_answer(method: &Method, path: &str, reply: &Reply) {
    // HEAD is answered as GET; a path or method that is not described is answered by an error.
    let verb = if *method == Method::HEAD { "get".to_owned() } else { method.as_str().to_lowercase() };
    let path = path.strip_suffix('/').unwrap_or(path);
    let call = &OPENAPI["paths"][path][verb.as_str()];
    if call.is_null() {
        assert!(matches!(reply.status, 404 | 405 | 429), "{method} {path}: {}", reply.status);
        return check(&serde_json::json!({"$ref": "#/components/schemas/Error"}), &reply.json()).unwrap();
    }
    let described = resolve(&call["responses"][reply.status.to_string()]);
    assert!(described.is_object(), "{method} {path} answers {}, which is not described", reply.status);
    for name in described["headers"].as_object().into_iter().flat_map(Map::keys) {
        assert!(name == "Link" || reply.headers.contains_key(name.to_lowercase()), "{method} {path}: {name}");
    }
    let Some((kind, content)) = described["content"].as_object().and_then(|content| content.iter().next())
    else {
        return assert!(reply.body.is_empty(), "{method} {path}: a body that is not described");
    };
    assert!(reply.header("content-type").starts_with(kind.as_str()), "{method} {path}: {kind}");
    let body = if kind == "application/json" {
        serde_json::from_slice(&reply.body).unwrap()
    } else {
        Value::from(String::from_utf8(reply.body.to_vec()).unwrap())
    };
    check(&content["schema"], &body).unwrap_or_else(|wrong| panic!("{method} {path}: {wrong} in {body}"));
}

/// Follows references until there is none.
pub(crate) fn resolve(value: &Value) -> &Value {
    match value["$ref"].as_str() {
        Some(target) => {
            let found = OPENAPI.pointer(target.strip_prefix('#').unwrap());
            resolve(found.unwrap_or_else(|| panic!("{target} leads nowhere")))
        }
        None => value,
    }
}

/// Whether `value` is as `schema` says.
pub(crate) fn check(schema: &Value, value: &Value) -> Result<(), String> {
    let schema = resolve(schema);
    for (keyword, says) in schema.as_object().ok_or("a schema is an object")? {
        keep(keyword, says, schema, value)?;
    }
    Ok(())
}

fn keep(keyword: &str, says: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    let number = || value.as_f64().zip(says.as_f64());
    let length = || value.as_str().map(|text| text.chars().count() as u64).zip(says.as_u64());
    let fine = match keyword {
        "description" | "default" => true,
        "type" => is_of_type(value, says.as_str().ok_or("type is a word")?),
        "const" => value == says,
        "enum" => says.as_array().ok_or("enum is a list")?.contains(value),
        "minimum" => number().is_none_or(|(value, least)| value >= least),
        "maximum" => number().is_none_or(|(value, most)| value <= most),
        "minLength" => length().is_none_or(|(value, least)| value >= least),
        "maxLength" => length().is_none_or(|(value, most)| value <= most),
        "maxItems" => value.as_array().is_none_or(|items| items.len() as u64 <= says.as_u64().unwrap()),
        "format" => value.as_str().is_none_or(|text| has_format(text, says.as_str().unwrap())),
        "oneOf" => says.as_array().unwrap().iter().filter(|one| check(one, value).is_ok()).count() == 1,
        "items" => return value.as_array().into_iter().flatten().try_for_each(|item| check(says, item)),
        "required" => {
            let names = says.as_array().ok_or("required is a list")?;
            names.iter().all(|name| value.is_null() || value.get(name.as_str().unwrap()).is_some())
        }
        "properties" => {
            let schemas = says.as_object().ok_or("properties are an object")?;
            let mut present = schemas.iter().filter_map(|(name, schema)| Some((schema, value.get(name)?)));
            return present.try_for_each(|(schema, member)| check(schema, member));
        }
        "additionalProperties" => return additional(says, schema, value),
        other => panic!("the checker does not know {other}"),
    };
    if fine { Ok(()) } else { Err(format!("{value} breaks {keyword} {says}")) }
}

fn additional(says: &Value, schema: &Value, value: &Value) -> Result<(), String> {
    let extra =
        value.as_object().into_iter().flatten().filter(|(name, _)| schema["properties"].get(name).is_none());
    for (name, member) in extra {
        if *says == Value::Bool(false) {
            return Err(format!("{name} is not described"));
        }
        check(says, member)?;
    }
    Ok(())
}

fn is_of_type(value: &Value, kind: &str) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("the checker does not know the type {other}"),
    }
}

fn has_format(text: &str, format: &str) -> bool {
    let shape: String =
        text.chars().map(|c| if c.is_ascii_digit() || c.is_ascii_hexdigit() { '0' } else { c }).collect();
    match format {
        "uuid" => shape == "00000000-0000-0000-0000-000000000000",
        "date-time" => shape == "0000-00-00T00:00:00.000Z",
        other => panic!("the checker does not know the format {other}"),
    }
}

#[test]
fn the_checker_sees_what_is_wrong() {
    let schema = serde_json::json!({
        "type": "object",
        "properties": { "n": { "type": "integer", "minimum": 1, "maximum": 2 }, "s": { "type": "string", "minLength": 1 } },
        "required": ["n"],
        "additionalProperties": false,
    });
    let is_fine = |text: &str| check(&schema, &serde_json::from_str(text).unwrap()).is_ok();
    assert!(is_fine(r#"{"n":1}"#) && is_fine(r#"{"n":2,"s":"x"}"#));
    for wrong in
        ["[]", "{}", r#"{"n":0}"#, r#"{"n":3}"#, r#"{"n":1.5}"#, r#"{"n":1,"s":""}"#, r#"{"n":1,"x":1}"#]
    {
        assert!(!is_fine(wrong), "{wrong}");
    }
    assert!(!has_format("2026-11-24", "date-time") && !has_format("x", "uuid"));
}
