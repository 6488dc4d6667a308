//! The command line.

use std::{path::PathBuf, time::Duration};

use clap::{Args, Parser, Subcommand};

use crate::threshold::Threshold;

/// Load generator for servers of the video chat protocol.
///
/// Latencies count from the moment something was to be sent, so that a server that stalls cannot hide it. A run fails
/// (exit 1) when a --fail-if holds, or when anything was lost, duplicated, misdelivered, altered or matched twice.
#[derive(Debug, Parser)]
#[command(name = "video-chat-loadtest", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) scenario: Scenario,
    #[command(flatten)]
    pub(crate) common: Common,
}

/// What every scenario takes.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// Where the server is.
    #[arg(long, global = true, default_value = "http://127.0.0.1:3333")]
    pub(crate) url: String,
    /// The namespace to join.
    #[arg(long, global = true, default_value = "/signaling")]
    pub(crate) namespace: String,
    /// Signs tokens with this secret instead of asking the server for each.
    #[arg(long, global = true, env = "JWT_SECRET", hide_env_values = true)]
    pub(crate) secret: Option<String>,
    /// The server relays raw WebSocket frames between neighbours and knows no protocol: the limit to compare with.
    #[arg(long, global = true)]
    pub(crate) bare: bool,
    /// The server's process, for its CPU time and memory, when it is on this machine.
    #[arg(long, global = true)]
    pub(crate) pid: Option<u32>,
    /// How long the load goes on before anything is measured.
    #[arg(long, global = true, default_value = "2s", value_parser = duration)]
    pub(crate) warmup: Duration,
    /// How long is measured.
    #[arg(long, global = true, default_value = "10s", value_parser = duration)]
    pub(crate) duration: Duration,
    /// Fails the run on a condition such as `signaling_p95_ms>200`; may be repeated.
    #[arg(long, global = true, value_name = "CONDITION")]
    pub(crate) fail_if: Vec<Threshold>,
    /// Writes the figures as JSON to this file; - for standard output, instead of the table.
    #[arg(long, global = true)]
    pub(crate) json: Option<PathBuf>,
    /// Writes a report with plots to this file.
    #[arg(long, global = true)]
    pub(crate) html: Option<PathBuf>,
}

/// What to do to the server.
#[derive(Debug, Subcommand)]
pub(crate) enum Scenario {
    /// Connections that do nothing: memory, the cost of a connect, heartbeats.
    Idle {
        /// How many.
        #[arg(long, default_value_t = 1_000)]
        connections: usize,
    },
    /// Relays at a given rate.
    Relay {
        #[command(flatten)]
        callers: Callers,
        /// Relays a second, of all together.
        #[arg(long, default_value_t = 1_000.0)]
        rate: f64,
    },
    /// As many relays as the server can do.
    RelayMax {
        #[command(flatten)]
        callers: Callers,
        /// Relays each client keeps under way.
        #[arg(long, default_value_t = 1)]
        in_flight: usize,
    },
    /// A realistic life: join, matched, offer and answer, candidates, chat, end, and again.
    Churn {
        /// How many people.
        #[arg(long, default_value_t = 200)]
        clients: usize,
        /// Calls begun a second; without it, everybody looks for the next as soon as one is over.
        #[arg(long)]
        rate: Option<f64>,
        /// How long a call lasts once everything has been said.
        #[arg(long, default_value = "0s", value_parser = duration)]
        hold: Duration,
    },
    /// The cost of a match by the length of the queue.
    Queue {
        /// Lengths to measure at, rising.
        #[arg(long, value_delimiter = ',', default_values_t = [100, 1_000, 10_000])]
        lengths: Vec<usize>,
    },
    /// The highest rate of relays at which latency holds.
    Ramp {
        #[command(flatten)]
        callers: Callers,
        /// Relays a second to begin with.
        #[arg(long, default_value_t = 1_000.0)]
        from: f64,
        /// The p99 that must hold.
        #[arg(long, default_value = "50ms", value_parser = duration)]
        limit: Duration,
    },
}

/// People in calls.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Callers {
    /// How many calls.
    #[arg(long, default_value_t = 100)]
    pub(crate) pairs: usize,
    /// Bytes of a relayed frame, about.
    #[arg(long, default_value_t = 331)]
    pub(crate) size: usize,
}

/// A number with `ms`, `s` or `m`.
fn duration(text: &str) -> Result<Duration, String> {
    let (number, unit) = text.split_at(text.find(char::is_alphabetic).unwrap_or(text.len()));
    let unit = match unit {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        _ => return Err("must be like 500ms, 10s or 2m".into()),
    };
    let number: f64 = number.parse().map_err(|_| "must begin with a number")?;
    Duration::try_from_secs_f64(number * unit).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn durations() {
        assert_eq!(duration("1.5s"), Ok(Duration::from_millis(1_500)));
        assert_eq!(duration("2m"), Ok(Duration::from_mins(2)));
        assert!(duration("5").is_err() && duration("s").is_err() && duration("-1s").is_err());
    }
}
