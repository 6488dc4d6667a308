use proptest::prelude::*;
use video_chat_socketio::json::members;

use super::*;

fn parse(name: &str, payload: &'static str) -> Result<ClientEvent<'static>, Code> {
    let members: Vec<_> =
        members(payload).map_while(Result::ok).map(|member| (member.name, member.value)).collect();
    let payload = Payload { raw: Some(payload), members: members.leak() };
    ClientEvent::parse(name, payload).map_err(|rejection| rejection.code)
}

#[test]
fn join_takes_an_object_null_or_nothing() {
    let anybody = ClientEvent::JoinQueue(JoinQueue { region: "global".into(), language: "en".into() });
    assert_eq!(ClientEvent::parse("join-queue", Payload::default()), Ok(anybody.clone()));
    for payload in ["null", "{}", r#"{"preferences":{"a":[1]}}"#, r#"{"unknown":null}"#] {
        assert_eq!(parse("join-queue", payload), Ok(anybody.clone()), "{payload}");
    }
    let exact = ClientEvent::JoinQueue(JoinQueue { region: "EU".into(), language: "pt-BR".into() });
    assert_eq!(parse("join-queue", r#"{"region":"EU","language":"pt-BR","preferences":{}}"#), Ok(exact));
}

#[test]
fn join_refuses_other_shapes() {
    for payload in [
        "[]",
        r#"["eu","en"]"#,
        "1",
        r#""eu""#,
        "true",
        r#"{"region":null}"#,
        r#"{"region":1}"#,
        r#"{"language":["en"]}"#,
        r#"{"preferences":null}"#,
        r#"{"preferences":[]}"#,
    ] {
        assert_eq!(parse("join-queue", payload), Err(Code::InvalidPayload), "{payload}");
    }
}

#[test]
fn signals_keep_their_data_as_written() {
    for data in ["null", "1e400", r#" {"b":1, "a":"\ud83d"}"#, "[1.0,  2]", r#""x""#] {
        let payload = format!(r#"{{"type":"t","data":{data},"sessionId":"s\u0031"}}"#);
        let Ok(ClientEvent::Signal(signal)) = parse("send-candidate", payload.leak()) else {
            panic!("{data}")
        };
        assert_eq!((signal.data, &*signal.session), (data.trim(), "s1"));
    }
}

#[test]
fn deep_nesting_is_data_like_any_other() {
    let data = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let payload = format!(r#"{{"ignored":{data},"sessionId":"s","data":{data}}}"#);
    assert!(
        matches!(parse("send-offer", payload.leak()), Ok(ClientEvent::Signal(signal)) if signal.data == data)
    );
}

#[test]
fn names_mean_what_they_say_and_come_once() {
    let escaped = parse("end-call", r#"{"session\u0049d":"s"}"#);
    assert_eq!(escaped, Ok(ClientEvent::EndCall { session: "s".into() }));
    for twice in [r#"{"sessionId":"s","sessionId":"s"}"#, r#"{"sessionId":"s","session\u0049d":"t"}"#] {
        assert_eq!(parse("end-call", twice), Err(Code::InvalidPayload), "{twice}");
    }
    assert_eq!(parse("end-call", r#"{"sessionId":"\ud83d"}"#), Err(Code::InvalidPayload));
}

#[test]
fn a_signal_needs_session_and_data() {
    for payload in [
        r#"{"sessionId":"s"}"#,
        r#"{"data":1}"#,
        r#"{"sessionId":1,"data":1}"#,
        r#"{"sessionId":null,"data":1}"#,
        r#"["s",1]"#,
        "null",
    ] {
        assert_eq!(parse("send-offer", payload), Err(Code::InvalidPayload), "{payload}");
    }
    assert_eq!(ClientEvent::parse("send-offer", Payload::default()).unwrap_err().code, Code::InvalidPayload);
}

fn chat(message: &str) -> Result<ClientEvent<'static>, Code> {
    let payload = format!(r#"{{"sessionId":"s","message":{message}}}"#);
    parse("send-message", payload.leak())
}

#[test]
fn chat_is_measured_in_characters_and_never_cut() {
    assert!(chat(&format!("\"{}\"", "😀".repeat(2000))).is_ok());
    assert!(chat(&format!("\"{}\"", "\\ud83d\\ude00".repeat(2000))).is_ok());
    assert_eq!(chat(&format!("\"{}\"", "x".repeat(2001))), Err(Code::PayloadTooLarge));
    assert!(chat(r#""""#).is_ok());
    for wrong in ["null", "1", "{}", "[\"x\"]"] {
        assert_eq!(chat(wrong), Err(Code::InvalidPayload), "{wrong}");
    }
}

#[test]
fn sender_and_timestamp() {
    let ok = r#"{"sessionId":"s","message":"m","sender":"\u0041nn","timestamp":"2026-01-01T00:00:00.000Z"}"#;
    let Ok(ClientEvent::Message(message)) = parse("send-message", ok) else { panic!() };
    assert_eq!(message.sender, Some(r#""\u0041nn""#));
    assert_eq!(message.timestamp, Some(r#""2026-01-01T00:00:00.000Z""#));
    let long = format!(r#"{{"sessionId":"s","message":"m","sender":"{}"}}"#, "x".repeat(65));
    assert_eq!(parse("send-message", long.leak()), Err(Code::PayloadTooLarge));
    for field in [
        r#""sender":null"#,
        r#""sender":1"#,
        r#""timestamp":null"#,
        r#""timestamp":{}"#,
        r#""timestamp":true"#,
    ] {
        let payload = format!(r#"{{"sessionId":"s","message":"m",{field}}}"#);
        assert_eq!(parse("send-message", payload.leak()), Err(Code::InvalidPayload), "{field}");
    }
}

#[test]
fn a_reaction_is_one_emoji() {
    let ok = parse("send-reaction", r#"{"sessionId":"s","emoji":"\ud83d\udc4d","timestamp":-1.5}"#);
    let Ok(ClientEvent::Reaction(reaction)) = ok else { panic!() };
    assert_eq!((reaction.emoji, reaction.timestamp), (r#""\ud83d\udc4d""#, Some("-1.5")));
    for emoji in [r#""""#, r#""ab""#, r#""\ud83d""#, "null", "1"] {
        let payload = format!(r#"{{"sessionId":"s","emoji":{emoji}}}"#);
        assert_eq!(parse("send-reaction", payload.leak()), Err(Code::InvalidPayload), "{emoji}");
    }
}

#[test]
fn states_and_candidate_types() {
    let payload = r#"{"sessionId":"s","state":"connected","candidateType":"relay","timeToConnectMs":812.5}"#;
    let Ok(ClientEvent::State(report)) = parse("connection-state", payload) else { panic!() };
    assert_eq!(
        (report.state, report.candidate_type),
        (ConnectionState::Connected, Some(CandidateType::Relay))
    );
    assert_eq!(report.time_to_connect_ms, Some(812.5));
    for field in [
        r#""state":"new""#,
        r#""state":"failed","candidateType":"udp""#,
        r#""state":"failed","timeToConnectMs":-1"#,
    ] {
        let payload = format!(r#"{{"sessionId":"s",{field}}}"#);
        assert_eq!(parse("connection-state", payload.leak()), Err(Code::InvalidPayload), "{field}");
    }
}

#[test]
fn server_events_and_others_are_unknown() {
    for name in ["offer", "matched", "call-ended", "Send-Offer", "", "constructor"] {
        assert_eq!(parse(name, "{}"), Err(Code::UnknownEvent), "{name}");
    }
    for name in ClientEvent::NAMES {
        assert_ne!(parse(name, "{}"), Err(Code::UnknownEvent), "{name}");
    }
}

proptest! {
    #[test]
    fn any_payload_is_answered(name in proptest::sample::select(ClientEvent::NAMES), payload in ".{0,80}") {
        let _ = parse(name, payload.leak());
    }
}
