//! Tests of the scanner.

use std::{borrow::Cow, thread};

use proptest::prelude::*;
use serde_json::{Value, value::RawValue};

use super::*;

const VALID: &[&str] = &[
    "null",
    "true",
    "false",
    " 0 ",
    "-0",
    "1.5e+300",
    "1E-7",
    "0.0",
    "1e400",
    "123456789012345678901234567890",
    r#""""#,
    r#""\"\\\/\b\f\n\r\t\u00e9\uD83D""#,
    "\"\u{7f}é😀\u{2028}\"",
    "[]",
    "[ ]",
    "{}",
    "{ }",
    "\t\r\n [1 ,\n2]",
    r#"{"a":{"a":[{}]},"a":[[],[[]]]}"#,
    r#"{ "" : "" , "b" : null }"#,
];

const INVALID: &[(&str, JsonErrorKind, usize)] = &[
    ("", JsonErrorKind::End, 0),
    ("  ", JsonErrorKind::End, 2),
    ("nul", JsonErrorKind::End, 3),
    ("nulL", JsonErrorKind::Byte, 3),
    ("True", JsonErrorKind::Byte, 0),
    ("NaN", JsonErrorKind::Byte, 0),
    ("'a'", JsonErrorKind::Byte, 0),
    ("01", JsonErrorKind::Trailing, 1),
    ("-", JsonErrorKind::End, 1),
    ("+1", JsonErrorKind::Byte, 0),
    (".5", JsonErrorKind::Byte, 0),
    ("1.", JsonErrorKind::End, 2),
    ("1.e1", JsonErrorKind::Byte, 2),
    ("1e", JsonErrorKind::End, 2),
    ("1e+-1", JsonErrorKind::Byte, 3),
    ("0x1", JsonErrorKind::Trailing, 1),
    ("\"abc", JsonErrorKind::End, 4),
    ("\"12345678\nabcdefgh\"", JsonErrorKind::Byte, 9),
    ("\"a\u{0}\"", JsonErrorKind::Byte, 2),
    (r#""\x""#, JsonErrorKind::Byte, 2),
    (r#""\u12g4""#, JsonErrorKind::Byte, 5),
    (r#""\u12"#, JsonErrorKind::End, 5),
    ("\"\\", JsonErrorKind::End, 2),
    ("[", JsonErrorKind::End, 1),
    ("]", JsonErrorKind::Byte, 0),
    ("[1", JsonErrorKind::End, 2),
    ("[1,]", JsonErrorKind::Byte, 3),
    ("[,1]", JsonErrorKind::Byte, 1),
    ("[1 2]", JsonErrorKind::Byte, 3),
    ("[1}", JsonErrorKind::Byte, 2),
    ("{\"a\":1]", JsonErrorKind::Byte, 6),
    ("{\"a\"}", JsonErrorKind::Byte, 4),
    ("{\"a\":}", JsonErrorKind::Byte, 5),
    ("{\"a\":1,}", JsonErrorKind::Byte, 7),
    ("{a:1}", JsonErrorKind::Byte, 1),
    ("{1:1}", JsonErrorKind::Byte, 1),
    ("[[[]]", JsonErrorKind::End, 5),
    ("1 2", JsonErrorKind::Trailing, 2),
    ("[]]", JsonErrorKind::Trailing, 2),
    ("null\u{a0}", JsonErrorKind::Trailing, 4),
    ("\u{feff}1", JsonErrorKind::Byte, 0),
];

#[test]
fn what_is_json() {
    for text in VALID {
        assert_eq!(validate(text), Ok(()), "{text:?}");
    }
}

#[test]
fn what_is_not_and_where_it_goes_wrong() {
    for &(text, kind, offset) in INVALID {
        assert_eq!(validate(text), Err(JsonError { kind, offset }), "{text:?}");
    }
}

#[test]
fn every_control_character_and_no_other_needs_an_escape() {
    for code in 0..0x200 {
        let character = char::from_u32(code).unwrap();
        let plain = code >= 0x20 && character != '"' && character != '\\';
        // At every place of the bytes that are looked at together.
        for place in 0..49 {
            let text = format!("\"{}{character}{}\"", "é".repeat(place / 2), "x".repeat(place));
            assert_eq!(validate(&text).is_ok(), plain, "{text:?}");
        }
    }
}

#[test]
fn nesting_costs_neither_stack_nor_time() {
    let deep = thread::Builder::new().stack_size(64 << 10).spawn(|| {
        for levels in [63, 64, 65, 128, 129, 10_000, 400_000] {
            for (open, close) in [("[", "]"), ("{\"\":", "}"), ("[{\"a\":", "}]")] {
                let text = format!("{}0{}", open.repeat(levels), close.repeat(levels));
                assert_eq!(validate(&text), Ok(()));
                assert_eq!(value_end(&text), Ok(text.len()));
                assert!(validate(text.split_at(text.len() - 1).0).is_err());
                assert!(validate(&open.repeat(levels)).is_err());
            }
            // The kinds must match however deep they are.
            let crossed = format!("{}0}}{}", "[".repeat(levels), "]".repeat(levels));
            assert_eq!(validate(&crossed), Err(JsonError { kind: JsonErrorKind::Byte, offset: levels + 1 }));
        }
    });
    deep.unwrap().join().unwrap();
}

#[test]
fn a_value_ends_where_the_next_text_begins() {
    for (text, end) in [("[] ]", 2), ("  true,1", 6), ("\"a\"\"b\"", 3), ("12x", 2), ("{\"a\":\"}\"}}", 9)] {
        assert_eq!(value_end(text), Ok(end), "{text:?}");
    }
    assert!(value_end("[1").is_err());
}

#[test]
fn elements_are_exactly_as_written() {
    let text = " [ 1.0 ,\"\\ud83d\",{ \"a\" : [1, 2] } ,[]\n] ";
    let elements: Vec<_> = elements(text).map(Result::unwrap).collect();
    assert_eq!(elements, ["1.0", "\"\\ud83d\"", "{ \"a\" : [1, 2] }", "[]"]);
    assert_eq!(super::elements("[ ]").count(), 0);
}

#[test]
fn an_element_shows_its_members_when_it_is_an_object() {
    let text = r#"[ { "a" : 1 , "\u0061":{"b":2} } , {}, [1], {"c":3}]"#;
    let mut shown = Vec::new();
    let mut elements = elements(text);
    while let Some(element) = elements.next_with_members(|member| shown.push((member.name, member.value))) {
        assert!(element.is_ok());
    }
    assert_eq!(shown, [("\"a\"", "1"), ("\"\\u0061\"", "{\"b\":2}"), ("\"c\"", "3")]);
}

#[test]
fn members_are_exactly_as_written() {
    let text = "{ \"a\" : 1e0 ,\"\\u0061\":\"}\",\"\":{} }";
    let members: Vec<_> =
        members(text).map(Result::unwrap).map(|member| (member.name, member.value)).collect();
    assert_eq!(members, [("\"a\"", "1e0"), ("\"\\u0061\"", "\"}\""), ("\"\"", "{}")]);
    assert_eq!(super::members("{ }").count(), 0);
}

#[test]
fn a_walk_ends_after_its_first_error() {
    for text in ["", "{", "1", "[1,", "[1,]", "[1}", "[1] 2", "[1 1]", "[nul]", "[] x"] {
        let walked: Vec<_> = elements(text).collect();
        assert!(walked.last().is_some_and(Result::is_err), "{text:?}");
        assert_eq!(walked.iter().filter(|item| item.is_err()).count(), 1, "{text:?}");
    }
    for text in ["", "[", "{\"a\"", "{\"a\" 1}", "{\"a\":1,}", "{1:1}", "{\"a\":1]", "{} x"] {
        assert!(members(text).last().is_some_and(|item| item.is_err()), "{text:?}");
    }
}

#[test]
fn literals_mean_what_the_rfc_says() {
    for (literal, text) in [
        (r#""""#, ""),
        (r#""a\"\\\/\b\f\n\r\t""#, "a\"\\/\u{8}\u{c}\n\r\t"),
        (r#""\u0041\u00e9\u20ACx""#, "Aé€x"),
        (r#""\ud83d\ude00""#, "😀"),
        (r#""\udbff\udfff""#, "\u{10ffff}"),
        (r#""\ud83d""#, "\u{fffd}"),
        (r#""\ude00\ud83d""#, "\u{fffd}\u{fffd}"),
        (r#""\ud83d\ud83d\ude00""#, "\u{fffd}😀"),
        (r#""\ud83d\u0041""#, "\u{fffd}A"),
        (r#""\ud83d\n""#, "\u{fffd}\n"),
    ] {
        assert_eq!(unescape(literal).unwrap(), text, "{literal}");
    }
    assert!(matches!(unescape(r#""plain é""#), Ok(Cow::Borrowed("plain é"))));
    for literal in ["", "\"", "a", "\"a", "a\"", "\"a\"b", "\"\\\"", " \"a\""] {
        assert!(unescape(literal).is_err(), "{literal:?}");
    }
}

/// JSON of any shape.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 48, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((".{0,6}", inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Text that is nearly JSON.
fn tokens() -> impl Strategy<Value = String> {
    let token = prop::sample::select(vec![
        "[", "]", "{", "}", ",", ":", "\"", "\\", "\"a\"", "\"b\":", "1", "-", "0", ".5", "e", "true",
        "null", " ", "\n", "\\u", "12ab", "é", "\u{1}",
    ]);
    prop::collection::vec(token, 0..12).prop_map(|tokens| tokens.concat())
}

proptest! {
    #[test]
    fn whatever_serializes_is_json(value in value(), pretty: bool) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) };
        prop_assert_eq!(validate(&text.unwrap()), Ok(()));
    }

    #[test]
    fn both_parsers_agree(text in tokens()) {
        let theirs = serde_json::from_str::<&RawValue>(&text).is_ok();
        prop_assert_eq!(validate(&text).is_ok(), theirs);
        prop_assert_eq!(elements(&text).all(|item| item.is_ok()), theirs && text.trim_start().starts_with('['));
        prop_assert_eq!(members(&text).all(|item| item.is_ok()), theirs && text.trim_start().starts_with('{'));
        let array = format!("[{text}]");
        let mut walk = elements(&array);
        let mut sound = true;
        while let Some(item) = walk.next_with_members(|_| {}) {
            sound &= item.is_ok();
        }
        prop_assert_eq!(sound, validate(&array).is_ok());
    }

    #[test]
    fn an_array_is_its_elements(values in prop::collection::vec(value(), 0..6)) {
        let parts: Vec<_> = values.iter().map(|value| serde_json::to_string(value).unwrap()).collect();
        let text = format!("[{}]", parts.join(" , "));
        let walked: Result<Vec<_>, _> = elements(&text).collect();
        prop_assert_eq!(walked.unwrap(), parts);
    }

    #[test]
    fn strings_come_back(text in any::<String>()) {
        let mut literal = String::new();
        push_string(&mut literal, &text);
        prop_assert_eq!(&*unescape(&literal).unwrap(), &*text);
        prop_assert_eq!(serde_json::from_str::<String>(&literal).unwrap(), text);
    }
}
