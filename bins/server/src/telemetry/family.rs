use std::{
    collections::BTreeMap,
    fmt::Write,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
};

use metrics::{Counter, Gauge, Histogram};

use super::{
    catalogue::{Kind, Metric},
    escape::label_value,
    histogram::Buckets,
};

/// One metric and its series, by their rendered labels.
#[derive(Debug)]
pub(super) struct Family {
    metric: Metric,
    series: RwLock<BTreeMap<String, Series>>,
}

#[derive(Debug, Clone)]
enum Series {
    /// A counter (an integer) or a gauge (the bits of a float).
    Number(Arc<AtomicU64>),
    Buckets(Arc<Buckets>),
}

impl Family {
    pub(super) fn new(metric: Metric) -> Self {
        Self { metric, series: RwLock::default() }
    }

    pub(super) fn metric(&self) -> Metric {
        self.metric
    }

    /// The counter with these label values, in the order of the metric's labels; made when absent.
    pub(super) fn counter(&self, values: &[&str]) -> Counter {
        match self.find(values) {
            Series::Number(number) => Counter::from_arc(number),
            Series::Buckets(_) => Counter::noop(),
        }
    }

    /// As [`Family::counter`], for gauges.
    pub(super) fn gauge(&self, values: &[&str]) -> Gauge {
        match self.find(values) {
            Series::Number(number) => Gauge::from_arc(number),
            Series::Buckets(_) => Gauge::noop(),
        }
    }

    /// As [`Family::counter`], for histograms.
    pub(super) fn histogram(&self, values: &[&str]) -> Histogram {
        match self.find(values) {
            Series::Buckets(buckets) => Histogram::from_arc(buckets),
            Series::Number(_) => Histogram::noop(),
        }
    }

    fn find(&self, values: &[&str]) -> Series {
        let mut labels = String::new();
        for (name, value) in self.metric.labels.iter().zip(values) {
            let comma = if labels.is_empty() { "" } else { "," };
            // Writing to a String cannot fail.
            let _ = write!(labels, "{comma}{name}=\"{}\"", label_value(value));
        }
        let known = self.series.read().unwrap_or_else(PoisonError::into_inner).get(&labels).cloned();
        known.unwrap_or_else(|| {
            let mut series = self.series.write().unwrap_or_else(PoisonError::into_inner);
            series.entry(labels).or_insert_with(|| Series::new(self.metric.kind)).clone()
        })
    }

    /// Appends `HELP`, `TYPE` and every series in the Prometheus text format 0.0.4.
    pub(super) fn render(&self, out: &mut String) {
        let Metric { name, help, kind, .. } = self.metric;
        let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {}", kind.word());
        for (labels, series) in &*self.series.read().unwrap_or_else(PoisonError::into_inner) {
            match series {
                Series::Number(number) => {
                    let bits = number.load(Ordering::Acquire);
                    let _ = match kind {
                        Kind::Counter => writeln!(out, "{name}{} {bits}", braced(labels)),
                        _ => writeln!(out, "{name}{} {}", braced(labels), f64::from_bits(bits)),
                    };
                }
                Series::Buckets(buckets) => render_buckets(out, name, labels, buckets),
            }
        }
    }
}

impl Series {
    fn new(kind: Kind) -> Self {
        match kind {
            Kind::Counter | Kind::Gauge => Self::Number(Arc::new(AtomicU64::new(0))),
            Kind::Histogram(bounds) => Self::Buckets(Arc::new(Buckets::new(bounds))),
        }
    }
}

fn render_buckets(out: &mut String, name: &str, labels: &str, buckets: &Buckets) {
    let snapshot = buckets.snapshot();
    let comma = if labels.is_empty() { "" } else { "," };
    for (bound, count) in snapshot.cumulative {
        let _ = writeln!(out, "{name}_bucket{{{labels}{comma}le=\"{bound}\"}} {count}");
    }
    let _ = writeln!(out, "{name}_bucket{{{labels}{comma}le=\"+Inf\"}} {}", snapshot.count);
    let _ = writeln!(out, "{name}_sum{} {}", braced(labels), snapshot.sum);
    let _ = writeln!(out, "{name}_count{} {}", braced(labels), snapshot.count);
}

fn braced(labels: &str) -> String {
    if labels.is_empty() { String::new() } else { format!("{{{labels}}}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::catalogue::{BLOCKS, QUEUE_LENGTH, REQUEST_DURATION};

    fn rendered(family: &Family) -> String {
        let mut text = String::new();
        family.render(&mut text);
        text
    }

    #[test]
    fn an_empty_family_still_has_help_and_type() {
        let text = rendered(&Family::new(BLOCKS));
        assert_eq!(text.lines().count(), 2);
        assert!(text.contains("# TYPE video_chat_blocks_total counter\n"));
    }

    #[test]
    fn handles_of_the_same_labels_share_one_series() {
        let family = Family::new(BLOCKS);
        family.counter(&["device"]).increment(1);
        family.counter(&["device"]).increment(2);
        assert!(rendered(&family).contains("video_chat_blocks_total{kind=\"device\"} 3\n"));
    }

    #[test]
    fn gauges_and_histograms_in_text() {
        let gauge = Family::new(QUEUE_LENGTH);
        gauge.gauge(&[]).set(2.0);
        assert!(rendered(&gauge).ends_with("\nvideo_chat_queue_length 2\n"));

        let times = Family::new(REQUEST_DURATION);
        times.histogram(&["GET", "/health", "200"]).record(0.002);
        let text = rendered(&times);
        let labels = "method=\"GET\",route=\"/health\",status=\"200\"";
        assert!(text.contains(&format!("_bucket{{{labels},le=\"0.001\"}} 0\n")), "{text}");
        assert!(text.contains(&format!("_bucket{{{labels},le=\"0.0025\"}} 1\n")), "{text}");
        assert!(text.contains(&format!("_bucket{{{labels},le=\"+Inf\"}} 1\n")), "{text}");
        assert!(text.contains(&format!("_sum{{{labels}}} 0.002\n")), "{text}");
        assert!(text.contains(&format!("_count{{{labels}}} 1\n")), "{text}");
    }

    #[test]
    fn a_label_value_cannot_break_out_of_its_quotes() {
        let family = Family::new(BLOCKS);
        family.counter(&["a\"b\\c\nd"]).increment(1);
        assert!(rendered(&family).contains(r#"{kind="a\"b\\c\nd"} 1"#));
    }
}
