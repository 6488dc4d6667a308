use std::fmt;

use metrics::{Counter, Gauge, Histogram};
use video_chat_signaling::CandidateType;

use super::{
    catalogue::{self as is, CATALOGUE, Metric, Shown},
    exporter::{Exporter, Family},
    labels::{self, Labelled, OTHER, UNKNOWN},
    process,
};

/// Every metric of one server, ready to count.
///
/// The fields are handles: cheap to clone, no look-up, no lock. Several instances in one process do not know of each
/// other. Memory is bounded: every label value comes from a list of ours, whatever a client sends.
pub struct Metrics {
    /// Authenticated, open connections.
    pub active_connections: Gauge,
    /// Connections accepted.
    pub connections_total: Counter,
    /// Calls going on.
    pub active_sessions: Gauge,
    /// Tickets waiting.
    pub queue_length: Gauge,
    /// Seconds from join to matched, once a ticket.
    pub match_latency_seconds: Histogram,
    /// Offers relayed.
    pub webrtc_offers_total: Counter,
    /// Answers relayed.
    pub webrtc_answers_total: Counter,
    /// Candidates relayed.
    pub ice_candidates_total: Counter,
    /// Chat messages relayed.
    pub messages_total: Counter,
    /// Seconds from a frame read to the frame queued for the peer.
    pub signaling_latency_seconds: Histogram,
    /// Peer connections that clients said failed.
    pub connection_failures_total: Counter,
    /// Relays that went to another node.
    pub relay_remote_total: Counter,
    /// Commands sent to Redis.
    pub redis_commands_total: Counter,
    /// Seconds from sending a command to Redis to its answer.
    pub redis_command_seconds: Histogram,
    regions: Vec<String>,
    sessions_created: Family,
    sessions_ended: Labelled,
    connection_success: Labelled,
    time_to_connect: Histogram,
    time_to_connect_by_route: Family,
    reports_submitted: Labelled,
    reports_moderated: Labelled,
    blocks: Labelled,
    rate_limit_hits: Labelled,
    errors: Labelled,
    events: Labelled,
    requests: Family,
    exporter: Exporter,
}

impl Metrics {
    /// All at zero. `regions` are the values the region label may take; the metrics of Redis are there only `with_redis`.
    pub fn new(regions: &[String], with_redis: bool) -> Self {
        let all = Exporter::new(kept(with_redis));
        let counter_of_redis =
            |metric| if with_redis { all.of(metric).counter(&[]) } else { Counter::noop() };
        all.of(is::BUILD_INFO).gauge(&[env!("CARGO_PKG_VERSION")]).set(1.0);
        Self {
            active_connections: all.of(is::ACTIVE_CONNECTIONS).gauge(&[]),
            connections_total: all.of(is::CONNECTIONS).counter(&[]),
            active_sessions: all.of(is::ACTIVE_SESSIONS).gauge(&[]),
            queue_length: all.of(is::QUEUE_LENGTH).gauge(&[]),
            match_latency_seconds: all.of(is::MATCH_LATENCY).histogram(&[]),
            webrtc_offers_total: all.of(is::WEBRTC_OFFERS).counter(&[]),
            webrtc_answers_total: all.of(is::WEBRTC_ANSWERS).counter(&[]),
            ice_candidates_total: all.of(is::ICE_CANDIDATES).counter(&[]),
            messages_total: all.of(is::MESSAGES).counter(&[]),
            signaling_latency_seconds: all.of(is::SIGNALING_LATENCY).histogram(&[]),
            connection_failures_total: all.of(is::CONNECTION_FAILURES).counter(&[]),
            relay_remote_total: counter_of_redis(is::RELAY_REMOTE),
            redis_commands_total: counter_of_redis(is::REDIS_COMMANDS),
            redis_command_seconds: if with_redis {
                all.of(is::REDIS_COMMAND_TIME).histogram(&[])
            } else {
                Histogram::noop()
            },
            regions: regions.to_vec(),
            sessions_created: all.of(is::SESSIONS_CREATED),
            sessions_ended: Labelled::new(all.of(is::SESSIONS_ENDED), labels::END_REASONS),
            connection_success: Labelled::new(all.of(is::CONNECTION_SUCCESS), labels::CONNECTION_TYPES),
            time_to_connect: all.of(is::TIME_TO_CONNECT).histogram(&[]),
            time_to_connect_by_route: all.of(is::TIME_TO_CONNECT_BY_ROUTE),
            reports_submitted: Labelled::new(all.of(is::REPORTS_SUBMITTED), labels::REPORT_REASONS),
            reports_moderated: Labelled::new(all.of(is::REPORTS_MODERATED), labels::DECISIONS),
            blocks: Labelled::new(all.of(is::BLOCKS), labels::BLOCK_KINDS),
            rate_limit_hits: Labelled::new(all.of(is::RATE_LIMIT_HITS), labels::LIMITS),
            errors: Labelled::new(all.of(is::ERRORS), labels::ERROR_CODES),
            events: Labelled::new(all.of(is::WEBSOCKET_EVENTS), labels::EVENTS),
            requests: all.of(is::REQUEST_DURATION),
            exporter: all,
        }
    }

    /// A call was made in a pool of this region and language; what is not on our lists counts as `other`.
    pub fn session_created(&self, region: &str, language: &str) {
        let region = self.regions.iter().find(|known| *known == region).map_or(OTHER, String::as_str);
        self.sessions_created.counter(&[region, labels::language(language)]).increment(1);
    }

    /// A call ended, for a reason as in `peer-disconnected`.
    pub fn session_ended(&self, reason: &'static str) {
        self.sessions_ended.of(reason).increment(1);
    }

    /// A client reached its peer, by a local candidate of this type and after so many seconds, as far as it told.
    pub fn connection_success(&self, candidate: Option<CandidateType>, seconds: Option<f64>) {
        let turn = candidate == Some(CandidateType::Relay);
        self.connection_success.of(if turn { "turn" } else { "p2p" }).increment(1);
        if let Some(seconds) = seconds {
            self.time_to_connect.record(seconds);
            let route = candidate.map_or(UNKNOWN, CandidateType::as_str);
            self.time_to_connect_by_route.histogram(&[route]).record(seconds);
        }
    }

    /// A new report was stored.
    pub fn report_submitted(&self, reason: &'static str) {
        self.reports_submitted.of(reason).increment(1);
    }

    /// A report was judged: `accepted` or `rejected`.
    pub fn report_moderated(&self, decision: &'static str) {
        self.reports_moderated.of(decision).increment(1);
    }

    /// Something was blocked: a `device`.
    pub fn block(&self, kind: &'static str) {
        self.blocks.of(kind).increment(1);
    }

    /// A limit refused something: `http`, `join`, `events`, `bytes`, `chat`, `flood`, `connections`.
    pub fn rate_limit_hit(&self, limit: &'static str) {
        self.rate_limit_hits.of(limit).increment(1);
    }

    /// An error with this code was told to a client, or a packet could not be parsed (`parse_error`).
    pub fn error(&self, code: &'static str) {
        self.errors.of(code).increment(1);
    }

    /// A client sent an event. A name the protocol does not have, of which there is no end, counts as `unknown`.
    pub fn event(&self, name: &str) {
        self.events
            .known(name)
            .or_else(|| self.events.known(UNKNOWN))
            .unwrap_or(&Counter::noop())
            .increment(1);
    }

    /// An HTTP request was answered. `route` is the pattern that matched, never the path that was asked for.
    pub fn request(&self, method: &'static str, route: &'static str, status: u16, seconds: f64) {
        self.requests.histogram(&[method, route, &status.to_string()]).record(seconds);
    }

    /// Everything, in the Prometheus text format 0.0.4, in no order.
    pub fn render(&self) -> String {
        let mut text = self.exporter.render();
        process::render(&mut text);
        text
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

/// The metrics the exporter keeps; those of the process are read when they are asked for.
fn kept(with_redis: bool) -> Vec<Metric> {
    let shown = |metric: &&Metric| metric.shown == Shown::Always || with_redis;
    CATALOGUE.iter().filter(shown).filter(|metric| !process::METRICS.contains(metric)).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metrics() -> Metrics {
        Metrics::new(&["global".to_owned(), "eu".to_owned()], false)
    }

    /// The names of the contract with the Prometheus type of each.
    const PROMISED: &[(&str, &str)] = &[
        ("video_chat_active_connections", "gauge"),
        ("video_chat_sessions_created_total", "counter"),
        ("video_chat_match_latency_seconds", "histogram"),
        ("video_chat_webrtc_offers_total", "counter"),
        ("video_chat_reports_submitted_total", "counter"),
        ("video_chat_connections_total", "counter"),
        ("video_chat_sessions_ended_total", "counter"),
        ("video_chat_active_sessions", "gauge"),
        ("video_chat_queue_length", "gauge"),
        ("video_chat_webrtc_answers_total", "counter"),
        ("video_chat_ice_candidates_total", "counter"),
        ("video_chat_messages_total", "counter"),
        ("video_chat_signaling_latency_seconds", "histogram"),
        ("video_chat_connection_success_total", "counter"),
        ("video_chat_connection_failures_total", "counter"),
        ("video_chat_time_to_connect_seconds", "histogram"),
        ("video_chat_time_to_connect_by_route_seconds", "histogram"),
        ("video_chat_reports_moderated_total", "counter"),
        ("video_chat_blocks_total", "counter"),
        ("video_chat_rate_limit_hits_total", "counter"),
        ("video_chat_errors_total", "counter"),
        ("video_chat_request_duration_seconds", "histogram"),
        ("video_chat_websocket_events_total", "counter"),
        ("video_chat_build_info", "gauge"),
        ("process_resident_memory_bytes", "gauge"),
        ("process_cpu_seconds_total", "counter"),
        ("process_open_fds", "gauge"),
        ("process_start_time_seconds", "gauge"),
    ];
    const PROMISED_WITH_REDIS: &[(&str, &str)] = &[
        ("video_chat_redis_commands_total", "counter"),
        ("video_chat_redis_command_seconds", "histogram"),
        ("video_chat_relay_remote_total", "counter"),
    ];

    /// The names and types a rendering announces, sorted; each must have its `HELP` before.
    fn announced(text: &str) -> Vec<(&str, &str)> {
        let mut names: Vec<_> =
            text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' ')).collect();
        for (name, _) in &names {
            assert!(text.contains(&format!("# HELP {name} ")), "{name}");
        }
        names.sort_unstable();
        names
    }

    fn sorted(lists: &[&[(&'static str, &'static str)]]) -> Vec<(&'static str, &'static str)> {
        let mut all = lists.concat();
        all.sort_unstable();
        all
    }

    #[test]
    fn everything_promised_is_there_from_the_start() {
        assert_eq!(announced(&metrics().render()), sorted(&[PROMISED]));
    }

    #[test]
    fn those_of_redis_are_there_only_with_redis() {
        let text = Metrics::new(&[], true).render();
        assert_eq!(announced(&text), sorted(&[PROMISED, PROMISED_WITH_REDIS]));
    }

    #[test]
    fn known_label_values_start_at_zero() {
        let text = metrics().render();
        for line in [
            "video_chat_sessions_ended_total{reason=\"timeout\"} 0",
            "video_chat_errors_total{code=\"parse_error\"} 0",
            "video_chat_websocket_events_total{event=\"join-queue\"} 0",
            "video_chat_reports_submitted_total{reason=\"underage\"} 0",
            "video_chat_connection_success_total{connection_type=\"turn\"} 0",
            "video_chat_active_connections 0",
            "video_chat_match_latency_seconds_count 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}");
        }
        assert!(text.contains(concat!(
            "video_chat_build_info{version=\"",
            env!("CARGO_PKG_VERSION"),
            "\"} 1\n"
        )));
    }

    #[test]
    fn what_is_counted_is_rendered() {
        let metrics = metrics();
        metrics.active_connections.increment(2.0);
        metrics.active_connections.decrement(1.0);
        metrics.webrtc_offers_total.increment(1);
        metrics.session_created("eu", "de");
        metrics.session_ended("left");
        metrics.connection_success(Some(CandidateType::Relay), Some(0.4));
        metrics.report_submitted("spam");
        metrics.report_moderated("rejected");
        metrics.block("device");
        metrics.rate_limit_hit("join");
        metrics.error("internal");
        metrics.event("end-call");
        metrics.request("GET", "/health", 200, 0.002);
        let text = metrics.render();
        for line in [
            "video_chat_active_connections 1",
            "video_chat_webrtc_offers_total 1",
            "video_chat_sessions_created_total{region=\"eu\",language=\"de\"} 1",
            "video_chat_sessions_ended_total{reason=\"left\"} 1",
            "video_chat_connection_success_total{connection_type=\"turn\"} 1",
            "video_chat_connection_success_total{connection_type=\"p2p\"} 0",
            "video_chat_time_to_connect_seconds_count 1",
            "video_chat_time_to_connect_by_route_seconds_count{route=\"relay\"} 1",
            "video_chat_reports_submitted_total{reason=\"spam\"} 1",
            "video_chat_reports_moderated_total{decision=\"rejected\"} 1",
            "video_chat_blocks_total{kind=\"device\"} 1",
            "video_chat_rate_limit_hits_total{limit=\"join\"} 1",
            "video_chat_errors_total{code=\"internal\"} 1",
            "video_chat_websocket_events_total{event=\"end-call\"} 1",
            "video_chat_request_duration_seconds_count{method=\"GET\",route=\"/health\",status=\"200\"} 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}");
        }
    }

    #[test]
    fn no_label_holds_what_a_client_typed() {
        let metrics = metrics();
        let before = metrics.render().lines().count();
        for typed in 0..1_000 {
            let typed = format!("typed{typed}\"}}");
            metrics.event(&typed);
            metrics.session_created(&typed, &typed);
        }
        let text = metrics.render();
        assert!(!text.contains("typed"));
        // One new series: the calls of other regions in other languages.
        assert_eq!(text.lines().count(), before + 1);
        assert!(text.contains("video_chat_websocket_events_total{event=\"unknown\"} 1000\n"));
        assert!(
            text.contains("video_chat_sessions_created_total{region=\"other\",language=\"other\"} 1000\n")
        );
    }

    #[test]
    fn two_instances_do_not_know_of_each_other() {
        let (one, two) = (metrics(), metrics());
        one.messages_total.increment(1);
        assert!(one.render().contains("video_chat_messages_total 1\n"));
        assert!(two.render().contains("video_chat_messages_total 0\n"));
    }
}
