use std::time::Duration;

use video_chat_turn::Provider;

use super::*;
use crate::telemetry::LogFormat;

const STRONG: &str = "correct-horse-battery-staple-0123456789";

fn load(pairs: &[(&str, &str)]) -> Settings {
    Settings::from_pairs(pairs.iter().copied()).unwrap_or_else(|faults| panic!("{faults}"))
}

/// The keys that are named as faulty.
fn faulty(pairs: &[(&str, &str)]) -> Vec<String> {
    match Settings::from_pairs(pairs.iter().copied()) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.0.into_iter().map(|fault| fault.key).collect(),
    }
}

fn effective(settings: &Settings, env: &str) -> String {
    let found = settings.effective().iter().find(|(key, _)| key.env == env);
    found.unwrap_or_else(|| panic!("{env} is not shown")).1.clone()
}

fn with_file(text: &str, pairs: &[(&str, &str)]) -> Result<Settings, Faults> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("settings.toml");
    std::fs::write(&path, text).unwrap();
    let sources = Sources::of_environment(pairs.iter().copied());
    Settings::load(&Sources { file: Some(path), ..sources })
}

#[test]
fn nothing_is_needed() {
    let settings = load(&[]);
    assert_eq!(settings.server.environment, Environment::Development);
    assert_eq!((settings.server.host.as_str(), settings.server.port), ("0.0.0.0", 3333));
    assert!(settings.server.demo);
    assert!(settings.jwt.secret_is_random && settings.jwt.secret.expose().len() >= 32);
    assert_eq!((settings.jwt.expiration, settings.jwt.expires_in.as_str()), (Duration::from_mins(5), "5m"));
    assert!(settings.redis.is_none());
    assert_eq!(settings.database.url, "sqlite://data/video-chat.db");
    assert_eq!(settings.database.kind, DatabaseKind::Sqlite);
    assert!(settings.database.migrate && settings.limits.abuse_detection && !settings.telemetry.otel_enabled);
    assert_eq!(settings.limits.requests.unwrap().burst, 100);
    assert_eq!(settings.limits.requests.unwrap().period, Duration::from_mins(1));
    assert_eq!(settings.limits.joins.unwrap().burst, 10);
    let events = settings.limits.events.unwrap();
    assert_eq!((events.burst, events.period), (300, Duration::from_secs(3)));
    assert_eq!(settings.realtime.ping_interval, Duration::from_secs(25));
    assert_eq!(settings.realtime.ping_timeout, Duration::from_secs(20));
    assert_eq!(settings.realtime.max_payload, 131_072);
    assert_eq!(settings.realtime.reconnect_grace, Duration::from_secs(10));
    assert_eq!(settings.realtime.rematch_after, Duration::from_secs(3));
    assert_eq!(settings.realtime.drain_timeout, Duration::from_secs(25));
    assert_eq!(settings.telemetry.prometheus_port.unwrap().get(), 9090);
    assert_eq!(settings.telemetry.log_format, LogFormat::Pretty);
    assert!(settings.warnings.iter().any(|warning| warning.contains("JWT_SECRET")));
    assert!(settings.warnings.iter().any(|warning| warning.contains("TURN_SHARED_SECRET")));
}

#[test]
fn every_key_is_read_and_shown() {
    for key in keys::KEYS {
        let value = match key.kind {
            Kind::Text => "x.example",
            Kind::Secret | Kind::Secrets => STRONG,
            Kind::Url | Kind::List => continue,
            Kind::Flag => "true",
            Kind::Integer(_, high) | Kind::Millis(_, high) => &high.to_string(),
            Kind::Duration(..) => "90s",
            Kind::Choice(words) => words.last().unwrap(),
        };
        // Those that need company are tested with it.
        if matches!(key.env, "NODE_ENV" | "TURN_PROVIDER" | "LOG_LEVEL" | "REDIS_CLUSTER" | "REDIS_DB") {
            continue;
        }
        let shown = effective(&load(&[(key.env, value)]), key.env);
        assert_eq!(shown, if key.kind.is_secret() { "[redacted]" } else { value }, "{}", key.env);
    }
}

#[test]
fn every_key_refuses_nonsense_and_is_named() {
    for key in keys::KEYS {
        let nonsense: &[&str] = match key.kind {
            Kind::Secret | Kind::Secrets => continue,
            Kind::Text if matches!(key.env, "TURN_REALM" | "TURN_USERNAME" | "OTEL_SERVICE_NAME") => continue,
            Kind::Text | Kind::Url | Kind::List => &["no sense!"],
            Kind::Flag => &["maybe", "2"],
            Kind::Integer(low, high) | Kind::Millis(low, high) => &[
                "x",
                "-1",
                "1.5",
                &(high + 1).to_string(),
                &low.checked_sub(1).unwrap_or(high + 2).to_string(),
            ],
            Kind::Duration(..) => &["x", "5", "-5m", "0s", "99999d"],
            Kind::Choice(_) => &["other"],
        };
        for value in nonsense {
            // Keys of the managed provider are read with it only.
            let company = if key.env == "TURN_URLS" {
                [("TURN_PROVIDER", "managed"), ("TURN_USERNAME", "u"), ("TURN_PASSWORD", "p")].as_slice()
            } else {
                &[]
            };
            let pairs: Vec<_> = [(key.env, *value)].into_iter().chain(company.iter().copied()).collect();
            assert_eq!(faulty(&pairs), [key.env], "{}={value}", key.env);
        }
    }
}

#[test]
fn all_faults_are_told_at_once() {
    let found = faulty(&[
        ("PORT", "70000"),
        ("PING_INTERVAL_MS", "0"),
        ("CORS_ORIGINS", "*,null"),
        ("JWT_EXPIRATION", "5"),
        ("DATABASE_URL", "sqlite::memory:"),
        ("MAX_PAYLOAD", "511"),
    ]);
    let named = [
        "PORT",
        "JWT_EXPIRATION",
        "DATABASE_URL",
        "CORS_ORIGINS",
        "CORS_ORIGINS",
        "PING_INTERVAL_MS",
        "MAX_PAYLOAD",
    ];
    assert_eq!(found, named);
}

#[test]
fn faults_hold_no_secret_and_no_control_character() {
    let faults = Settings::from_pairs([
        ("PORT", "1\n2\u{1b}[2J"),
        ("DATABASE_URL", "mysql://u:hunter2@h/d"),
        ("REDIS_URL", "http://:hunter2@h"),
        ("NODE_ENV", "production"),
        ("JWT_SECRET", "hunter2"),
    ]);
    let text = faults.unwrap_err().to_string();
    assert!(!text.contains("hunter2") && !text.chars().any(|c| c.is_control() && c != '\n'), "{text}");
    assert_eq!(text.lines().count(), 5, "{text}");
}

#[test]
fn empty_is_unset_but_for_the_tls_port() {
    let settings = load(&[("PORT", ""), ("JWT_SECRET", ""), ("REDIS_PASSWORD", "")]);
    assert_eq!(settings.server.port, 3333);
    assert!(settings.jwt.secret_is_random);
    for (written, has_tls) in [(None, true), (Some(""), false), (Some("0"), false), (Some("443"), true)] {
        let pairs: Vec<_> = written.map(|value| ("TURN_TLS_PORT", value)).into_iter().collect();
        let Provider::Coturn { urls, .. } = load(&pairs).turn.provider else { panic!("not coturn") };
        assert_eq!(urls.iter().any(|url| url.starts_with("turns:")), has_tls, "{written:?}");
    }
}

#[test]
fn a_numeric_secret_keeps_its_zeros() {
    assert_eq!(load(&[("JWT_SECRET", "00012345")]).jwt.secret.expose(), b"00012345");
}

#[test]
fn production_needs_strong_secrets() {
    let with = |jwt, turn| [("NODE_ENV", "production"), ("JWT_SECRET", jwt), ("TURN_SHARED_SECRET", turn)];
    assert_eq!(faulty(&[("APP_ENV", "production")]), ["JWT_SECRET", "TURN_SHARED_SECRET"]);
    assert_eq!(faulty(&with("short", STRONG)), ["JWT_SECRET"]);
    assert_eq!(faulty(&with(STRONG, "your-turn-shared-secret")), ["TURN_SHARED_SECRET"]);
    assert_eq!(faulty(&with("your-super-secret-jwt-key-change-in-production", STRONG)), ["JWT_SECRET"]);
    let previous = [("JWT_PREVIOUS_SECRETS", "weak"), ("TURN_PREVIOUS_SECRETS", "weak")];
    assert_eq!(
        faulty(&[&with(STRONG, STRONG)[..], &previous].concat()),
        ["JWT_PREVIOUS_SECRETS", "TURN_PREVIOUS_SECRETS"]
    );

    let settings = load(&with(STRONG, STRONG));
    assert!(!settings.server.demo);
    assert_eq!(settings.telemetry.log_format, LogFormat::Json);
    assert_eq!(effective(&settings, "LOG_FORMAT"), "json");
}

#[test]
fn a_managed_provider_needs_its_user_and_no_shared_secret() {
    let managed = ("TURN_PROVIDER", "managed");
    let production = [("NODE_ENV", "production"), ("JWT_SECRET", STRONG)];
    assert_eq!(faulty(&[managed]), ["TURN_URLS", "TURN_USERNAME", "TURN_PASSWORD"]);
    let user = [
        managed,
        ("TURN_URLS", "turn:a.example:3478,turns:a.example"),
        ("TURN_USERNAME", "u"),
        ("TURN_PASSWORD", "p"),
    ];
    let settings = load(&[&production[..], &user].concat());
    let Provider::Managed { urls, username, .. } = settings.turn.provider else { panic!("not managed") };
    assert_eq!((urls.len(), username.as_str()), (2, "u"));
    assert!(settings.turn.stun_urls.is_empty());
}

#[test]
fn a_coturn_is_told_by_urls() {
    let settings = load(&[("TURN_HOST", "2001:db8::1"), ("TURN_PORT", "3479"), ("TURN_TTL", "10m")]);
    let Provider::Coturn { urls, ttl, .. } = settings.turn.provider else { panic!("not coturn") };
    assert_eq!(
        urls,
        [
            "turn:[2001:db8::1]:3479?transport=udp",
            "turn:[2001:db8::1]:3479?transport=tcp",
            "turns:[2001:db8::1]:5349?transport=tcp"
        ]
    );
    assert_eq!(ttl, Duration::from_mins(10));
    assert_eq!(settings.turn.stun_urls, ["stun:[2001:db8::1]:3479"]);
}

#[test]
fn zero_means_unlimited() {
    let settings = load(&[
        ("RATE_LIMIT_MAX_REQUESTS", "0"),
        ("MAX_CALLS_PER_MINUTE", "0"),
        ("MAX_EVENTS_PER_SECOND", "0"),
        ("MAX_CONNECTIONS_PER_IP", "0"),
        ("PROMETHEUS_PORT", "0"),
        ("MAX_PAYLOAD", "0"),
    ]);
    let limits = &settings.limits;
    assert_eq!(settings.realtime.max_payload, 16 << 20, "memory is bounded all the same");
    assert!(load(&[("RATE_LIMIT_WINDOW_MS", "0")]).limits.requests.is_none());
    assert!(limits.requests.is_none() && limits.joins.is_none() && limits.events.is_none());
    assert!(limits.connections_per_ip.is_none() && settings.telemetry.prometheus_port.is_none());
}

#[test]
fn proxies_are_addresses_and_ranges() {
    let settings = load(&[("TRUSTED_PROXIES", "10.0.0.0/8, 192.0.2.1,fd00::/8")]);
    let shown: Vec<String> = settings.limits.trusted_proxies.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["10.0.0.0/8", "192.0.2.1/32", "fd00::/8"]);
    assert_eq!(faulty(&[("TRUSTED_PROXIES", "10.0.0.0/33,x")]), ["TRUSTED_PROXIES", "TRUSTED_PROXIES"]);
}

#[test]
fn redis_by_url_or_by_host() {
    let by_host = load(&[("REDIS_HOST", "cache"), ("REDIS_PASSWORD", "0123"), ("REDIS_DB", "2")]);
    let redis = by_host.redis.unwrap();
    assert_eq!(redis.nodes, [RedisNode { host: "cache".into(), port: 6379 }]);
    assert_eq!((redis.password.unwrap().expose(), redis.db), (b"0123".as_slice(), 2));

    let cluster =
        load(&[("REDIS_URL", "rediss://a:1,rediss://b:2"), ("REDIS_CLUSTER", "true")]).redis.unwrap();
    assert_eq!((cluster.nodes.len(), cluster.cluster, cluster.tls), (2, true, true));

    let pairs = [("REDIS_URL", "redis://a:26379,redis://b"), ("REDIS_SENTINEL_MASTER", "mymaster")];
    let sentinels = load(&pairs).redis.unwrap();
    assert_eq!((sentinels.nodes.len(), sentinels.sentinel.as_deref()), (2, Some("mymaster")));
}

#[test]
fn contradictions_are_faults() {
    let url = ("REDIS_URL", "redis://:a@x/1");
    for (pairs, key) in [
        (vec![url, ("REDIS_HOST", "y")], "REDIS_HOST"),
        (vec![url, ("REDIS_PASSWORD", "b")], "REDIS_PASSWORD"),
        (vec![url, ("REDIS_DB", "2")], "REDIS_DB"),
        (vec![url, ("REDIS_CLUSTER", "true")], "REDIS_DB"),
        (vec![("REDIS_HOST", "y"), ("REDIS_CLUSTER", "true")], "REDIS_CLUSTER"),
        (vec![("REDIS_URL", "redis://a,redis://b")], "REDIS_URL"),
        (vec![("PORT", "9090"), ("PROMETHEUS_PORT", "9090")], "PROMETHEUS_PORT"),
        (vec![("NODE_ENV", "test"), ("APP_ENV", "development")], "NODE_ENV"),
    ] {
        assert_eq!(faulty(&pairs), [key], "{pairs:?}");
    }
    assert!(load(&[("PORT", "9090")]).telemetry.prometheus_port.is_none(), "a default gives way");
    load(&[("PORT", "0"), ("PROMETHEUS_PORT", "0"), ("NODE_ENV", "test"), ("APP_ENV", "test")]);
}

#[test]
fn levels_by_their_old_names() {
    for (written, directives) in [
        ("log", "info"),
        ("WARN", "warn"),
        ("debug", "info,video_chat=debug"),
        ("verbose", "info,video_chat=trace"),
        ("warn,video_chat=debug,sqlx=off", "warn,video_chat=debug,sqlx=off"),
    ] {
        assert_eq!(load(&[("LOG_LEVEL", written)]).telemetry.log_directives, directives);
    }
    for bad in ["shout", "info,noise", "video_chat=loud"] {
        assert_eq!(faulty(&[("LOG_LEVEL", bad)]), ["LOG_LEVEL"], "{bad}");
    }
}

#[test]
fn the_file_is_below_the_environment_and_that_below_flags() {
    let file = "port = 4001\nHOST = \"127.0.0.1\"\njwt_expiration = \"7m\"\ncors_origins = [\"https://a.example\", \"https://b.example\"]\n";
    let settings = with_file(file, &[("JWT_EXPIRATION", "9m")]).unwrap();
    assert_eq!((settings.server.port, settings.server.host.as_str()), (4001, "127.0.0.1"));
    assert_eq!(settings.jwt.expires_in, "9m");
    assert!(settings.cors.allows("https://b.example", None));

    let mut sources = Sources::of_environment([("PORT", "4001")]);
    sources.flags.push((&keys::PORT, "4002".into()));
    assert_eq!(Settings::load(&sources).unwrap().server.port, 4002);
}

#[test]
fn the_file_may_hold_nothing_unknown() {
    for (text, key) in [
        ("PROT = 1", "PROT"),
        ("[server]\nport = 1", "server"),
        ("port = 1\nPORT = 2", "port"),
        ("port = [1]", "PORT"),
        ("port = 1.5", "PORT"),
        ("jwt_secret = 12345", "JWT_SECRET"),
        ("jwt_previous_secrets = [\"a,b\"]", "JWT_PREVIOUS_SECRETS"),
        ("cors_origins = [1]", "CORS_ORIGINS"),
        ("log_level = 1979-05-27", "LOG_LEVEL"),
        ("port = ", "CONFIG_FILE"),
    ] {
        let faults = with_file(text, &[]).unwrap_err();
        assert!(faults.0.len() == 1 && faults.0[0].key == key, "{text}: {faults}");
    }
    let both = with_file("prot = 1", &[("PORT", "x")]).unwrap_err();
    assert_eq!(both.0.len(), 2, "the file's faults do not hide the others: {both}");
}

#[test]
fn a_broken_file_does_not_show_its_secrets() {
    let text = with_file("port = 1\njwt_secret = \"hunter2", &[]).unwrap_err().to_string();
    assert!(text.contains("line 2") && !text.contains("hunter2"), "{text}");
}

#[test]
fn a_missing_file_is_a_fault() {
    assert_eq!(faulty(&[("CONFIG_FILE", "/nonexistent/settings.toml")]), ["CONFIG_FILE"]);
}

#[test]
fn variables_must_be_unicode() {
    let sources =
        Sources { garbled: ["JWT_SECRET".to_owned(), "OTHER".to_owned()].into(), ..Sources::default() };
    let faults = Settings::load(&sources).unwrap_err();
    assert_eq!(faults.to_string(), "JWT_SECRET: is not Unicode");
}

#[test]
fn debug_and_effective_show_no_secret() {
    let pairs: Vec<(&str, &str)> =
        keys::KEYS.iter().filter(|key| key.kind.is_secret()).map(|key| (key.env, "hunter2")).collect();
    let urls = [("DATABASE_URL", "postgres://u:hunter2@h/d"), ("REDIS_URL", "redis://:hunter2@h")];
    let settings = load(&[&pairs[..], &urls].concat());
    let shown = format!("{settings:?} {:?}", settings.effective());
    assert!(!shown.contains("hunter2"), "{shown}");
    assert_eq!(effective(&settings, "DATABASE_URL"), "postgres://u:[redacted]@h/d");
}
