use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use proptest::prelude::*;
use ring::hmac;
use serde_json::{Value, json};

use super::*;

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;
const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

/// Made by Python's `hmac`, `json` and `base64`, of [`HEADER`] and
/// `{"sub":"phone-1","deviceId":"phone-1","iat":1800000000,"exp":1800000300,"role":"moderator"}` with [`SECRET`].
const ELSEWHERE: &str = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJwaG9uZS0xIiwiZGV2aWNlSWQiOiJwaG9uZS0xIiwiaWF0IjoxODAwMDAwMDAwLCJleHAiOjE4MDAwMDAzMDAsInJvbGUiOiJtb2RlcmF0b3IifQ.JrMWEm8jsssTSHSCpdJI_p76dx-0dMwMs4V5HtHjE1g";

/// The same claims with `"alg":"HS512"`, signed so, with the same secret.
const HS512: &str = "eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJwaG9uZS0xIiwiZGV2aWNlSWQiOiJwaG9uZS0xIiwiaWF0IjoxODAwMDAwMDAwLCJleHAiOjE4MDAwMDAzMDAsInJvbGUiOiJtb2RlcmF0b3IifQ.MTkOfgyTENFE1xzBGTfZjJfMuAwiZBiav3TLlzcszajtU-vcb1ll7Uao8qPWy1xi-P46mKETQHDdvmKPkPlyRA";

fn tokens() -> Tokens {
    Tokens::new(&Secret::new(SECRET), &[])
}

fn verify(token: &str) -> Result<Claims, TokenError> {
    tokens().verify(token, NOW)
}

fn phone() -> DeviceId {
    DeviceId::parse("phone-1").unwrap()
}

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

/// Signs whatever it is given, by `ring` alone.
fn sign(header: &str, claims: &str) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(hmac::sign(&key, message.as_bytes())))
}

/// A well-signed token whose claims are good but for `change`.
fn with(change: impl FnOnce(&mut Value)) -> String {
    let mut claims = json!({ "sub": "phone-1", "deviceId": "phone-1", "exp": 1_800_000_300 });
    change(&mut claims);
    sign(HEADER, &claims.to_string())
}

/// The same with the claim `name` set to the JSON text `value`.
fn claiming(name: &str, value: &str) -> String {
    with(|claims| claims[name] = serde_json::from_str(value).unwrap())
}

fn without(name: &str) -> String {
    with(|claims| drop(claims.as_object_mut().unwrap().remove(name)))
}

#[test]
fn what_is_issued_verifies_with_what_was_said() {
    for role in [Role::User, Role::Moderator, Role::Admin] {
        let token = tokens().issue(&phone(), role, NOW.after(Duration::from_millis(789)), secs(300));
        let expires_at = Timestamp::from_secs(1_800_000_300);
        assert_eq!(verify(&token), Ok(Claims { device: phone(), role, expires_at }));
    }
}

#[test]
fn what_is_issued_has_exactly_the_claims_of_the_contract() {
    let token = tokens().issue(&phone(), Role::User, NOW, secs(300));
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
    let expected = json!({
        "sub": "phone-1", "deviceId": "phone-1", "role": "user", "iat": 1_800_000_000, "exp": 1_800_000_300,
    });
    assert_eq!(serde_json::from_slice::<Value>(&payload).unwrap(), expected);
}

#[test]
fn a_lifetime_is_rounded_up_to_a_whole_second() {
    for (lifetime, seconds) in [(0, 1), (1, 1), (1_000, 1), (1_001, 2), (300_000, 300)] {
        let token = tokens().issue(&phone(), Role::User, NOW, Duration::from_millis(lifetime));
        assert_eq!(verify(&token).unwrap().expires_at, NOW.after(secs(seconds)), "{lifetime} ms");
    }
    let eternal = tokens().issue(&phone(), Role::User, NOW, Duration::MAX);
    assert!(verify(&eternal).is_ok());
}

#[test]
fn a_token_made_elsewhere_is_as_good() {
    let claims = verify(ELSEWHERE).unwrap();
    assert_eq!((claims.device, claims.role), (phone(), Role::Moderator));
}

#[test]
fn the_longest_device_id_of_any_script_fits() {
    for text in ["𐍈".repeat(128), "\"".repeat(128), "\\".repeat(128)] {
        let device = DeviceId::parse(&text).unwrap();
        let token = tokens().issue(&device, Role::Admin, NOW, secs(300));
        assert_eq!(verify(&token).unwrap().device, device);
    }
}

#[test]
fn previous_secrets_verify_and_others_do_not() {
    let secret = |letter: &str| Secret::new(letter.repeat(32));
    let token = Tokens::new(&secret("a"), &[]).issue(&phone(), Role::User, NOW, secs(300));
    assert!(Tokens::new(&secret("b"), &[secret("c"), secret("a")]).verify(&token, NOW).is_ok());
    assert_eq!(
        Tokens::new(&secret("b"), &[secret("c")]).verify(&token, NOW),
        Err(TokenError::Invalid),
        "not ours"
    );
    let rotated = Tokens::new(&secret("b"), &[secret("a")]).issue(&phone(), Role::User, NOW, secs(300));
    assert!(Tokens::new(&secret("b"), &[]).verify(&rotated, NOW).is_ok(), "signed with the current one");
}

#[test]
fn expiry_is_exact_with_five_seconds_of_leeway() {
    let token = with(|_| ());
    let at = |millis| tokens().verify(&token, Timestamp::from_millis(millis));
    assert!(at(1_800_000_304_999).is_ok());
    assert_eq!(at(1_800_000_305_000), Err(TokenError::Expired));
    assert_eq!(verify(&claiming("exp", "0")), Err(TokenError::Expired));
    assert_eq!(verify(&claiming("exp", "-5")), Err(TokenError::Expired));
}

#[test]
fn not_before_is_exact_with_five_seconds_of_leeway() {
    let token = claiming("nbf", "1800000010");
    let at = |millis| tokens().verify(&token, Timestamp::from_millis(millis));
    assert_eq!(at(1_800_000_004_999), Err(TokenError::Invalid));
    assert!(at(1_800_000_005_000).is_ok());
}

#[test]
fn dates_may_be_fractions_and_as_large_as_they_like() {
    let expiry = |exp: &str| verify(&claiming("exp", exp)).map(|claims| claims.expires_at.as_millis());
    assert_eq!(expiry("1800000300.5"), Ok(1_800_000_300_500));
    for huge in ["18446744073709551615", "1e25", "1e300"] {
        assert_eq!(expiry(huge), Ok(8_640_000_000_000_000), "{huge}");
        assert_eq!(verify(&claiming("nbf", huge)), Err(TokenError::Invalid), "{huge}");
    }
}

#[test]
fn an_absent_role_is_user_and_an_unknown_one_is_refused() {
    assert_eq!(verify(&with(|_| ())).unwrap().role, Role::User);
    assert_eq!(verify(&claiming("role", "\"admin\"")).unwrap().role, Role::Admin);
    for role in ["\"root\"", "\"Admin\"", "\"\"", "null", "1", "[\"admin\"]"] {
        assert_eq!(verify(&claiming("role", role)), Err(TokenError::Invalid), "{role}");
    }
}

#[test]
fn missing_and_senseless_claims_are_refused() {
    for name in ["sub", "deviceId", "exp"] {
        assert_eq!(verify(&without(name)), Err(TokenError::Invalid), "no {name}");
        assert_eq!(verify(&claiming(name, "null")), Err(TokenError::Invalid), "{name} null");
        assert_eq!(verify(&claiming(name, "{}")), Err(TokenError::Invalid), "{name} an object");
    }
    for name in ["iat", "nbf", "exp"] {
        for value in ["\"1800000000\"", "null", "true", "[1800000000]"] {
            assert_eq!(verify(&claiming(name, value)), Err(TokenError::Invalid), "{name} {value}");
        }
    }
    assert_eq!(verify(&claiming("deviceId", "\"phone-2\"")), Err(TokenError::Invalid), "two devices");
}

#[test]
fn a_subject_that_is_no_device_id_is_refused() {
    for text in [String::new(), "a\nb".into(), "x".repeat(129)] {
        let token = with(|claims| {
            claims["sub"] = text.clone().into();
            claims["deviceId"] = text.clone().into();
        });
        assert_eq!(verify(&token), Err(TokenError::Invalid), "{text:?}");
    }
}

#[test]
fn other_claims_are_ignored_whatever_they_hold() {
    for (name, value) in
        [("aud", "\"others\""), ("aud", "[1,{}]"), ("iss", "7"), ("jti", "{}"), ("x", "[[[]]]")]
    {
        assert!(verify(&claiming(name, value)).is_ok(), "{name} {value}");
    }
}

#[test]
fn a_claim_given_twice_is_refused() {
    let twice = r#"{"sub":"phone-1","sub":"phone-1","deviceId":"phone-1","exp":1800000300}"#;
    assert_eq!(verify(&sign(HEADER, twice)), Err(TokenError::Invalid));
}

#[test]
fn only_hs256_is_an_algorithm() {
    let claims = r#"{"sub":"phone-1","deviceId":"phone-1","exp":1800000300}"#;
    assert!(verify(&sign(HEADER, claims)).is_ok());
    for algorithm in ["none", "None", "HS384", "HS512", "RS256", "PS256", "ES256", "EdDSA", "hs256", ""] {
        let header = format!(r#"{{"alg":"{algorithm}","typ":"JWT"}}"#);
        let token = sign(&header, claims);
        assert_eq!(verify(&token), Err(TokenError::Invalid), "{algorithm}");
        let unsigned = format!("{}.", token.rsplit_once('.').unwrap().0);
        assert_eq!(verify(&unsigned), Err(TokenError::Invalid), "{algorithm}, no signature");
    }
    assert_eq!(verify(HS512), Err(TokenError::Invalid));
}

#[test]
fn a_critical_header_is_refused_because_nothing_is_understood() {
    let header = r#"{"alg":"HS256","crit":["b64"],"b64":false}"#;
    let claims = r#"{"sub":"phone-1","deviceId":"phone-1","exp":1800000300}"#;
    assert_eq!(verify(&sign(header, claims)), Err(TokenError::Invalid));
    assert!(verify(&sign(r#"{"alg":"HS256","kid":"7","x":[1]}"#, claims)).is_ok());
}

#[test]
fn a_forged_token_is_invalid_even_when_it_is_old() {
    let old = claiming("exp", "1");
    let forged = format!("{}.{}", old.rsplit_once('.').unwrap().0, "A".repeat(43));
    assert_eq!(verify(&old), Err(TokenError::Expired));
    assert_eq!(verify(&forged), Err(TokenError::Invalid));
}

#[test]
fn a_long_text_is_refused_however_well_signed() {
    let long = |length: usize| with(|claims| claims["x"] = "x".repeat(length).into());
    assert!(verify(&long(5_000)).is_ok());
    assert!(long(6_100).len() > 8_192);
    assert_eq!(verify(&long(6_100)), Err(TokenError::Invalid));
}

#[test]
fn deep_claims_neither_overflow_nor_pass_for_ours() {
    let deep = format!("{}{}", "[".repeat(2_900), "]".repeat(2_900));
    let claims = format!(r#"{{"sub":{deep},"deviceId":"phone-1","exp":1800000300}}"#);
    assert_eq!(verify(&sign(HEADER, &claims)), Err(TokenError::Invalid));
}

proptest! {
    #[test]
    fn arbitrary_text_is_refused(text in "\\PC{0,200}") {
        prop_assert_eq!(verify(&text), Err(TokenError::Invalid));
    }

    #[test]
    fn arbitrary_parts_are_refused(text in "[A-Za-z0-9_=-]{0,60}(\\.[A-Za-z0-9_=-]{0,60}){1,4}") {
        prop_assert_eq!(verify(&text), Err(TokenError::Invalid));
    }

    #[test]
    fn arbitrary_claims_well_signed_never_panic(claims in "\\PC{0,100}", header in "\\PC{0,40}") {
        prop_assert_eq!(verify(&sign(HEADER, &claims)), Err(TokenError::Invalid));
        prop_assert_eq!(verify(&sign(&header, &claims)), Err(TokenError::Invalid));
    }

    #[test]
    fn any_change_of_one_character_is_noticed(place in 0_usize..240, letter in "[A-Za-z0-9_.-]") {
        let place = place % ELSEWHERE.len();
        let mut forged = ELSEWHERE.to_owned();
        forged.replace_range(place..=place, &letter);
        prop_assume!(forged != ELSEWHERE);
        prop_assert_eq!(verify(&forged), Err(TokenError::Invalid));
    }

    #[test]
    fn any_numbers_are_judged_without_panic(exp: f64, nbf: f64, now: u64) {
        let token = with(|claims| {
            claims["exp"] = json!(exp);
            claims["nbf"] = json!(nbf);
        });
        if let Ok(claims) = tokens().verify(&token, Timestamp::from_millis(now)) {
            prop_assert!(Timestamp::from_millis(now) < claims.expires_at.after(secs(5)));
        }
    }
}
