//! A page that needs nothing else.

use std::fmt::Write;

use super::{
    Report,
    plot::{Line, plot},
    shown,
};
use crate::recorder::{Latency, Second};

const STYLE: &str = "body{font:15px system-ui;max-width:900px;margin:2rem auto;color:#1f2937}\
    table{border-collapse:collapse}td{padding:.15rem 1rem .15rem 0}td+td{text-align:right;font-variant-numeric:tabular-nums}\
    figure{margin:2rem 0}figcaption{font-weight:600}svg{width:100%}svg text{font-size:11px}\
    svg line{stroke:#e5e7eb}polyline{fill:none;stroke-width:1.5}.failed{color:#dc2626}";

pub(super) fn page(report: &Report, failures: &[String]) -> String {
    let mut page = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Load test</title><style>{STYLE}</style>\
         <h1>Load test</h1>"
    );
    // Writing to a string cannot fail.
    for failure in failures {
        let _ = write!(page, "<p class=\"failed\">Failed: {}</p>", escaped(failure));
    }
    page.push_str("<table>");
    for (name, value) in report.all() {
        let _ = write!(page, "<tr><td>{name}</td><td>{}</td></tr>", shown(*value));
    }
    page.push_str("</table>");
    for (error, count) in &report.errors {
        let _ = write!(page, "<p class=\"failed\">{count} × {}</p>", escaped(error));
    }
    for latency in
        [Latency::Signaling, Latency::Match, Latency::Connect, Latency::Heartbeat, Latency::Generator]
    {
        page.push_str(&plot(
            &format!("{} latency, ms", latency.name()),
            &percentiles(&report.seconds, latency),
        ));
        let counts = over_time(&report.seconds, |second| {
            second.latencies.get(&latency).map(|(count, _)| count_of(*count))
        });
        page.push_str(&plot(&format!("{} a second", latency.name()), &[("count", counts)]));
    }
    let cpu = over_time(&report.seconds, |second| second.cpu_percent);
    page.push_str(&plot("server CPU, % of a core", &[("CPU", cpu)]));
    let resident = over_time(&report.seconds, |second| second.resident.map(|bytes| count_of(bytes) / 1e6));
    page.push_str(&plot("server memory, MB resident", &[("memory", resident)]));
    page
}

fn percentiles(seconds: &[Second], latency: Latency) -> [Line; 3] {
    ["p50", "p95", "p99"].map(|name| {
        let pick = |[p50, p95, p99]: [f64; 3]| match name {
            "p50" => p50,
            "p95" => p95,
            _ => p99,
        };
        (name, over_time(seconds, |second| second.latencies.get(&latency).map(|(_, values)| pick(*values))))
    })
}

fn over_time(seconds: &[Second], value: impl Fn(&Second) -> Option<f64>) -> Vec<(f64, f64)> {
    seconds.iter().filter_map(|second| Some((second.at, value(second)?))).collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts and memory are far below 2^52")]
const fn count_of(count: u64) -> f64 {
    count as f64
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
