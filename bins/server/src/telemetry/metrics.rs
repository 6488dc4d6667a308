use std::{fmt, sync::Arc};

use metrics::{Counter, Gauge, Histogram};

use super::{
    catalogue::{self as is, CATALOGUE, Metric, Shown},
    family::Family,
    labels::{self, Labelled, OTHER, UNKNOWN},
    process,
};

/// Every metric of one server, ready to count.
///
/// The fields are handles to one atomic number each: cheap to clone, no look-up, no lock. Several instances in one
/// process do not know of each other. Memory is bounded: histograms have fixed buckets, and every label value comes
/// from a list of ours, whatever a client sends.
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
    /// Seconds to an established peer connection, as clients tell it.
    pub time_to_connect_seconds: Histogram,
    /// Peer connections that clients said failed.
    pub connection_failures_total: Counter,
    regions: Vec<String>,
    sessions_created: Arc<Family>,
    sessions_ended: Labelled,
    connection_success: Labelled,
    reports_submitted: Labelled,
    reports_moderated: Labelled,
    blocks: Labelled,
    rate_limit_hits: Labelled,
    errors: Labelled,
    events: Labelled,
    requests: Arc<Family>,
    families: Families,
}

impl Metrics {
    /// All at zero. `regions` are the values the region label may take; the metrics of Redis are there only `with_redis`.
    pub fn new(regions: &[String], with_redis: bool) -> Self {
        let all = Families::new(with_redis);
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
            time_to_connect_seconds: all.of(is::TIME_TO_CONNECT).histogram(&[]),
            connection_failures_total: all.of(is::CONNECTION_FAILURES).counter(&[]),
            regions: regions.to_vec(),
            sessions_created: all.of(is::SESSIONS_CREATED),
            sessions_ended: Labelled::new(&all.of(is::SESSIONS_ENDED), labels::END_REASONS),
            connection_success: Labelled::new(&all.of(is::CONNECTION_SUCCESS), labels::CONNECTION_TYPES),
            reports_submitted: Labelled::new(&all.of(is::REPORTS_SUBMITTED), labels::REPORT_REASONS),
            reports_moderated: Labelled::new(&all.of(is::REPORTS_MODERATED), labels::DECISIONS),
            blocks: Labelled::new(&all.of(is::BLOCKS), labels::BLOCK_KINDS),
            rate_limit_hits: Labelled::new(&all.of(is::RATE_LIMIT_HITS), labels::LIMITS),
            errors: Labelled::new(&all.of(is::ERRORS), labels::ERROR_CODES),
            events: Labelled::new(&all.of(is::WEBSOCKET_EVENTS), labels::EVENTS),
            requests: all.of(is::REQUEST_DURATION),
            families: all,
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

    /// A client reached its peer: through a TURN relay, or directly.
    pub fn connection_success(&self, turn: bool) {
        self.connection_success.of(if turn { "turn" } else { "p2p" }).increment(1);
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

    /// Everything, in the Prometheus text format 0.0.4, in the order of the catalogue.
    pub fn render(&self) -> String {
        let mut text = String::with_capacity(16 * 1024);
        for family in &self.families.0 {
            family.render(&mut text);
        }
        process::render(&mut text);
        text
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").field("families", &self.families.0.len()).finish_non_exhaustive()
    }
}

/// The families that are kept in memory; the process metrics are read when they are asked for.
struct Families(Vec<Arc<Family>>);

impl Families {
    fn new(with_redis: bool) -> Self {
        let shown = |metric: &&Metric| metric.shown == Shown::Always || with_redis;
        let kept = CATALOGUE.iter().filter(|metric| !process::METRICS.contains(metric)).filter(shown);
        Self(kept.map(|metric| Arc::new(Family::new(*metric))).collect())
    }

    /// The family of `metric`; one that is not shown counts into the void.
    fn of(&self, metric: Metric) -> Arc<Family> {
        let family = self.0.iter().find(|family| family.metric() == metric).cloned();
        family.unwrap_or_else(|| Arc::new(Family::new(metric)))
    }
}
