use std::time::Duration;

/// A duration as `500ms`, `30s`, `5m`, `8h` or `7d`: a whole number and a unit.
///
/// # Errors
/// A sentence about what is wrong, to follow the value. A bare number is refused: libraries disagree on its unit.
pub fn duration(text: &str) -> Result<Duration, String> {
    const WRONG: &str = "must be a whole number with a unit: ms, s, m, h or d";
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits).ok_or(WRONG)?;
    let number: u64 = number.parse().map_err(|_| WRONG)?;
    let millis = match unit.trim_start() {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(WRONG.into()),
    };
    number.checked_mul(millis).map(Duration::from_millis).ok_or_else(|| "is too long".into())
}

pub(super) fn flag(text: &str) -> Result<bool, String> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err("must be true or false".into()),
    }
}

pub(super) fn integer(text: &str, low: u64, high: u64) -> Result<u64, String> {
    // `parse` would take a plus sign.
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number = if digits { text.parse().ok() } else { None };
    number
        .filter(|number| (low..=high).contains(number))
        .ok_or_else(|| format!("must be a whole number from {low} to {high}"))
}

/// A host name (letters, digits, `-`, `_`, `.`) or an IP address; an IPv6 address may be in brackets, which are dropped.
pub(super) fn host(text: &str) -> Result<String, String> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let is_address = bare.parse::<std::net::IpAddr>().is_ok();
    let is_name = (1..=253).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'));
    if is_address || is_name {
        Ok(bare.to_owned())
    } else {
        Err("must be a host name or an IP address".into())
    }
}

/// The URLs of a comma-separated list without what may be a password: the user part's, and a query's values.
pub(super) fn redacted_urls(text: &str) -> String {
    text.split(',').map(|url| redacted_url(url.trim())).collect::<Vec<_>>().join(",")
}

fn redacted_url(url: &str) -> String {
    let (url, query) = url.split_once('?').map_or((url, None), |(url, query)| (url, Some(query)));
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (user, rest) = rest.rsplit_once('@').map_or((None, rest), |(user, rest)| (Some(user), rest));
    let mut shown = String::new();
    if !scheme.is_empty() {
        shown = format!("{scheme}://");
    }
    if let Some(user) = user {
        let name = user.split_once(':').map_or(user, |(name, _)| name);
        let password = if user.contains(':') { ":[redacted]" } else { "" };
        shown.extend([name, password, "@"]);
    }
    shown.push_str(rest);
    for (place, pair) in query.into_iter().flat_map(|query| query.split('&')).enumerate() {
        let mark = if place == 0 { "?" } else { "&" };
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = if name.to_ascii_lowercase().contains("pass") { "[redacted]" } else { value };
        shown.extend([mark, name, "=", value]);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_need_a_unit() {
        for (text, millis) in [
            ("250ms", 250),
            ("5s", 5_000),
            ("5m", 300_000),
            ("8h", 28_800_000),
            ("2d", 172_800_000),
            ("0s", 0),
        ] {
            assert_eq!(duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for bad in
            ["", "5", "m", "5 minutes", "-5m", "1.5h", "5w", "é", "99999999999999999999s", "300000000000d"]
        {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn integers_are_plain_digits_in_range() {
        assert_eq!(integer("010", 0, 20), Ok(10));
        for bad in ["", "+1", "-1", "1.0", "0x10", "21", "1e1", " 1", "99999999999999999999"] {
            assert!(integer(bad, 0, 20).is_err(), "{bad}");
        }
    }

    #[test]
    fn passwords_in_urls_are_redacted() {
        for (url, shown) in [
            ("sqlite://data/x.db", "sqlite://data/x.db"),
            ("postgres://u:p@ss@db/x?sslmode=require", "postgres://u:[redacted]@db/x?sslmode=require"),
            ("postgres://db/x?user=u&password=p", "postgres://db/x?user=u&password=[redacted]"),
            ("redis://:p@a:1,redis://b", "redis://:[redacted]@a:1,redis://b"),
            ("redis://u@a", "redis://u@a"),
        ] {
            assert_eq!(redacted_urls(url), shown);
        }
    }

    #[test]
    fn hosts() {
        assert_eq!(host("[::1]"), Ok("::1".into()));
        assert_eq!(host("turn.example.org"), Ok("turn.example.org".into()));
        for bad in ["", "a b", "http://x", "a/b", "x:1"] {
            assert!(host(bad).is_err(), "{bad}");
        }
    }
}
