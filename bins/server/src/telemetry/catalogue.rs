//! Every metric of the server: name, kind, labels, meaning. Nothing outside this list is ever rendered.

/// What Prometheus calls the type of a metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// Only ever grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts observations in buckets with these upper bounds, ascending, `+Inf` left out.
    Histogram(&'static [f64]),
}

impl Kind {
    /// The word of the exposition format's `TYPE` line.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram(_) => "histogram",
        }
    }
}

/// When a metric is rendered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Always.
    Always,
    /// Only where the server keeps its state in Redis.
    WithRedis,
}

/// One metric.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Metric {
    /// The full name.
    pub name: &'static str,
    /// Its type.
    pub kind: Kind,
    /// What one of it is.
    pub unit: &'static str,
    /// Label names, in the order their values are given.
    pub labels: &'static [&'static str],
    /// What it says, one line.
    pub help: &'static str,
    /// When it is there.
    pub shown: Shown,
}

/// Inside one process: 50 µs to 1 s.
const FAST: Kind = Kind::Histogram(&[
    0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0,
]);
/// An HTTP call: 1 ms to 10 s.
const CALL: Kind =
    Kind::Histogram(&[0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0]);
/// People waiting: 10 ms to 5 min.
const WAIT: Kind =
    Kind::Histogram(&[0.01, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0]);
/// ICE finding its way: 100 ms to 30 s.
const CONNECT: Kind = Kind::Histogram(&[0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0]);

macro_rules! catalogue {
    ($($id:ident = $name:literal, $kind:expr, $unit:literal, [$($label:literal),*], $shown:ident, $help:literal;)*) => {
        $(
            #[doc = $help]
            pub const $id: Metric = Metric {
                name: $name,
                kind: $kind,
                unit: $unit,
                labels: &[$($label),*],
                help: $help,
                shown: Shown::$shown,
            };
        )*
        /// Every metric.
        pub const CATALOGUE: &[Metric] = &[$($id),*];
    };
}

catalogue! {
    BUILD_INFO = "video_chat_build_info", Kind::Gauge, "1", ["version"], Always,
        "Always 1; the label tells the running version.";
    ACTIVE_CONNECTIONS = "video_chat_active_connections", Kind::Gauge, "connections", [], Always,
        "Socket.IO connections that are authenticated and open.";
    CONNECTIONS = "video_chat_connections_total", Kind::Counter, "connections", [], Always,
        "Socket.IO connections accepted since the start.";
    ACTIVE_SESSIONS = "video_chat_active_sessions", Kind::Gauge, "calls", [], Always,
        "Calls going on, those held for a peer that vanished included.";
    SESSIONS_CREATED = "video_chat_sessions_created_total", Kind::Counter, "calls", ["region", "language"], Always,
        "Calls made by the matchmaker, by region and language; values that are not listed count as other.";
    SESSIONS_ENDED = "video_chat_sessions_ended_total", Kind::Counter, "calls", ["reason"], Always,
        "Calls ended, by reason.";
    QUEUE_LENGTH = "video_chat_queue_length", Kind::Gauge, "tickets", [], Always,
        "Tickets waiting for a match.";
    MATCH_LATENCY = "video_chat_match_latency_seconds", WAIT, "seconds", [], Always,
        "Time from joining the queue to being matched.";
    WEBRTC_OFFERS = "video_chat_webrtc_offers_total", Kind::Counter, "offers", [], Always,
        "WebRTC offers relayed.";
    WEBRTC_ANSWERS = "video_chat_webrtc_answers_total", Kind::Counter, "answers", [], Always,
        "WebRTC answers relayed.";
    ICE_CANDIDATES = "video_chat_ice_candidates_total", Kind::Counter, "candidates", [], Always,
        "ICE candidates relayed.";
    MESSAGES = "video_chat_messages_total", Kind::Counter, "messages", [], Always,
        "Chat messages relayed.";
    SIGNALING_LATENCY = "video_chat_signaling_latency_seconds", FAST, "seconds", [], Always,
        "Time from a frame being read to the frame queued for the peer.";
    CONNECTION_SUCCESS = "video_chat_connection_success_total", Kind::Counter, "clients", ["connection_type"], Always,
        "Clients that reported an established peer connection, directly (p2p) or by a relay (turn).";
    CONNECTION_FAILURES = "video_chat_connection_failures_total", Kind::Counter, "clients", [], Always,
        "Clients that reported a failed peer connection.";
    TIME_TO_CONNECT = "video_chat_time_to_connect_seconds", CONNECT, "seconds", [], Always,
        "Time to an established peer connection, as reported by clients.";
    TIME_TO_CONNECT_BY_ROUTE = "video_chat_time_to_connect_by_route_seconds", CONNECT, "seconds", ["route"], Always,
        "The same by the type of the selected local candidate: host, srflx, prflx, relay, or unknown.";
    REPORTS_SUBMITTED = "video_chat_reports_submitted_total", Kind::Counter, "reports", ["reason"], Always,
        "Abuse reports stored, by reason.";
    REPORTS_MODERATED = "video_chat_reports_moderated_total", Kind::Counter, "reports", ["decision"], Always,
        "Abuse reports judged, by decision.";
    BLOCKS = "video_chat_blocks_total", Kind::Counter, "blocks", ["kind"], Always,
        "Blocks imposed, by what is blocked.";
    RATE_LIMIT_HITS = "video_chat_rate_limit_hits_total", Kind::Counter, "refusals", ["limit"], Always,
        "Requests, joins, events and connections refused by a limit.";
    ERRORS = "video_chat_errors_total", Kind::Counter, "errors", ["code"], Always,
        "Errors told to clients, and malformed packets, by code.";
    REQUEST_DURATION = "video_chat_request_duration_seconds", CALL, "seconds", ["method", "route", "status"], Always,
        "Time to answer an HTTP request, by method, route pattern and status.";
    WEBSOCKET_EVENTS = "video_chat_websocket_events_total", Kind::Counter, "events", ["event"], Always,
        "Events received from clients, by name; names that are not part of the protocol count as unknown.";
    REDIS_COMMANDS = "video_chat_redis_commands_total", Kind::Counter, "commands", [], WithRedis,
        "Commands sent to Redis.";
    REDIS_COMMAND_TIME = "video_chat_redis_command_seconds", FAST, "seconds", [], WithRedis,
        "Time from sending a command to Redis to its answer.";
    RELAY_REMOTE = "video_chat_relay_remote_total", Kind::Counter, "frames", [], WithRedis,
        "Frames relayed to a peer on another node.";
    PROCESS_RESIDENT_MEMORY = "process_resident_memory_bytes", Kind::Gauge, "bytes", [], Always,
        "Resident memory of the process.";
    PROCESS_CPU = "process_cpu_seconds_total", Kind::Counter, "seconds", [], Always,
        "User and system processor time spent by the process.";
    PROCESS_OPEN_FDS = "process_open_fds", Kind::Gauge, "descriptors", [], Always,
        "Open file descriptors.";
    PROCESS_START_TIME = "process_start_time_seconds", Kind::Gauge, "seconds", [], Always,
        "When the process started, in seconds since the Unix epoch.";
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique_and_carry_the_prefix_or_are_process_metrics() {
        let mut seen = HashSet::new();
        for metric in CATALOGUE {
            assert!(seen.insert(metric.name), "{} twice", metric.name);
            assert!(
                metric.name.starts_with("video_chat_") || metric.name.starts_with("process_"),
                "{}",
                metric.name
            );
        }
    }

    #[test]
    fn names_end_as_prometheus_wants_them() {
        for metric in CATALOGUE {
            assert_eq!(metric.kind == Kind::Counter, metric.name.ends_with("_total"), "{}", metric.name);
            if matches!(metric.kind, Kind::Histogram(_)) {
                assert!(metric.name.ends_with("_seconds") && metric.unit == "seconds", "{}", metric.name);
            }
        }
    }

    #[test]
    fn buckets_ascend() {
        for metric in CATALOGUE {
            if let Kind::Histogram(bounds) = metric.kind {
                assert!(bounds.is_sorted_by(|a, b| a < b) && !bounds.is_empty(), "{}", metric.name);
            }
        }
    }
}
