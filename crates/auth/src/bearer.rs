/// The token of an `Authorization` header: `Bearer <token>` (RFC 6750 §2.1), the scheme in any case, any number of
/// spaces around the token. `None` when the scheme is another one or the token is missing.
///
/// The token itself is not looked at; that is [`Tokens::verify`](crate::Tokens::verify)'s work.
///
/// ```
/// use video_chat_auth::bearer;
///
/// assert_eq!(bearer("BEARER  a.b.c "), Some("a.b.c"));
/// assert_eq!(bearer("a.b.c"), None);
/// assert_eq!(bearer("Basic dTpw"), None);
/// ```
pub fn bearer(header: &str) -> Option<&str> {
    let (scheme, token) = header.trim_matches(' ').split_once(' ')?;
    let token = token.trim_start_matches(' ');
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// The token of a Socket.IO CONNECT payload: as [`bearer`], or the bare token.
///
/// ```
/// use video_chat_auth::connect_token;
///
/// assert_eq!(connect_token("Bearer a.b.c"), Some("a.b.c"));
/// assert_eq!(connect_token("a.b.c"), Some("a.b.c"));
/// assert_eq!(connect_token("Bearer "), None);
/// ```
pub fn connect_token(text: &str) -> Option<&str> {
    let bare = text.trim_matches(' ');
    // A token has no spaces; what has one is a scheme and a token, or nothing we know.
    if bare.contains(' ') {
        return bearer(bare);
    }
    (!bare.is_empty() && !bare.eq_ignore_ascii_case("bearer")).then_some(bare)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_scheme_comes_in_any_case_and_with_any_spaces() {
        for header in ["Bearer x.y.z", "bearer x.y.z", "BEARER    x.y.z", "  bEaReR x.y.z  "] {
            assert_eq!(bearer(header), Some("x.y.z"), "{header:?}");
            assert_eq!(connect_token(header), Some("x.y.z"), "{header:?}");
        }
    }

    #[test]
    fn missing_tokens_and_other_schemes_are_none() {
        for header in ["", " ", "Bearer", "Bearer ", "Basic x.y.z", "Bearerx.y.z x", "Token x", "ж x"] {
            assert_eq!(bearer(header), None, "{header:?}");
            assert_eq!(connect_token(header), None, "{header:?}");
        }
    }

    #[test]
    fn a_bare_token_is_for_connect_only() {
        assert_eq!(bearer("x.y.z"), None);
        assert_eq!(connect_token(" x.y.z"), Some("x.y.z"));
    }

    proptest! {
        #[test]
        fn what_is_found_is_part_of_the_text(text in "(?i:bearer)? {0,3}.{0,20}") {
            for token in [bearer(&text), connect_token(&text)].into_iter().flatten() {
                prop_assert!(text.contains(token) && !token.is_empty());
            }
        }
    }
}
