use std::num::NonZero;

use tracing_subscriber::EnvFilter;

use super::{Environment, Server, keys, reader::Reader};
use crate::telemetry::LogFormat;

/// Logs, metrics, traces.
#[derive(Debug, Clone)]
pub struct Telemetry {
    /// What is logged, as directives of `tracing_subscriber::EnvFilter`.
    pub log_directives: String,
    /// How.
    pub log_format: LogFormat,
    /// The port of its own for `/metrics`, if there is one.
    pub prometheus_port: Option<NonZero<u16>>,
    /// Nobody chose that port, so that somebody else may have it.
    pub prometheus_port_is_default: bool,
    /// The values of the region label.
    pub metric_regions: Vec<String>,
    /// Whether traces are to be exported.
    pub otel_enabled: bool,
    /// Where to.
    pub otel_endpoint: String,
    /// Under which name.
    pub otel_service_name: String,
}

impl Telemetry {
    pub(super) fn read(reader: &mut Reader, server: &Server) -> Self {
        let production = server.environment == Environment::Production;
        let (format, word) =
            if production { (LogFormat::Json, "json") } else { (LogFormat::Pretty, "pretty") };
        reader.show(&keys::LOG_FORMAT, word);
        let mut prometheus_port = NonZero::new(reader.integer(&keys::PROMETHEUS_PORT));
        let prometheus_port_is_default = !reader.is_set(&keys::PROMETHEUS_PORT);
        if prometheus_port.is_some_and(|port| port.get() == server.port) {
            if prometheus_port_is_default {
                reader.warn("PORT is the default of PROMETHEUS_PORT: /metrics has no port of its own");
                prometheus_port = None;
            } else {
                reader.fault(&keys::PROMETHEUS_PORT, "must differ from PORT, which serves /metrics too");
            }
        }
        let otel_enabled = reader.flag(&keys::OTEL_ENABLED).unwrap_or(false);
        Self {
            log_directives: reader.parsed(&keys::LOG_LEVEL, directives).unwrap_or_default(),
            log_format: match reader.choice(&keys::LOG_FORMAT) {
                Some("json") => LogFormat::Json,
                Some(_) => LogFormat::Pretty,
                None => format,
            },
            prometheus_port,
            prometheus_port_is_default,
            metric_regions: reader.parsed_list(&keys::METRIC_REGIONS, region),
            otel_enabled,
            otel_endpoint: reader.parsed(&keys::OTEL_EXPORTER_OTLP_ENDPOINT, endpoint).unwrap_or_default(),
            otel_service_name: reader.text(&keys::OTEL_SERVICE_NAME).unwrap_or_default(),
        }
    }
}

/// A level's name sets our own crates; libraries never say more than `info` unless directives name them.
fn directives(text: &str) -> Result<String, String> {
    let directives = match text.to_ascii_lowercase().as_str() {
        "off" | "silent" => "off",
        "error" | "fatal" => "error",
        "warn" | "warning" => "warn",
        "info" | "log" => "info",
        "debug" => "info,video_chat=debug",
        "trace" | "verbose" => "info,video_chat=trace",
        _ => text,
    };
    let wrong = "must be error, warn, info, debug, trace, off, or directives such as info,video_chat=debug";
    EnvFilter::try_new(directives).map_err(|_| wrong.to_owned())?;
    // A lone misspelt word would pass as the name of a target, and silence everything else.
    let is_word =
        |part: &str| !part.contains(['=', '[']) && part.parse::<tracing::Level>().is_err() && part != "off";
    if directives.split(',').any(|part| is_word(part.trim())) {
        Err(wrong.into())
    } else {
        Ok(directives.into())
    }
}

fn region(text: &str) -> Result<String, String> {
    let lower = text.to_ascii_lowercase();
    let fits = lower.len() <= 32
        && lower
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_'));
    if fits { Ok(lower) } else { Err("must be 1 to 32 of a-z 0-9 - _".into()) }
}

fn endpoint(url: &str) -> Result<String, String> {
    let host = url.strip_prefix("http://").or_else(|| url.strip_prefix("https://"));
    let fits = host.is_some_and(|host| !host.is_empty() && !host.chars().any(|c| c.is_control() || c == ' '));
    if fits { Ok(url.to_owned()) } else { Err("must be an http:// or https:// URL".into()) }
}
