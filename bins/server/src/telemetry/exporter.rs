//! The catalogue's metrics in an exporter of our own: counted and rendered by `metrics-exporter-prometheus`, histograms
//! apart.

use std::{
    collections::{BTreeMap, HashSet},
    fmt::Write,
    sync::Arc,
};

use metrics::{Counter, Gauge, Histogram, Key, Label, Level, Metadata, Recorder};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle, PrometheusRecorder};

use super::{
    catalogue::{Kind, Metric},
    histogram::Histograms,
};

/// Where a metric is counted, which this exporter does not look at.
static METADATA: Metadata<'static> = Metadata::new(module_path!(), Level::INFO, Some(module_path!()));

/// The exporter of one server. It is never made the process's global recorder, so that several do not mix.
pub(super) struct Exporter {
    recorder: Arc<PrometheusRecorder>,
    handle: PrometheusHandle,
    histograms: BTreeMap<&'static str, Arc<Histograms>>,
    metrics: Vec<Metric>,
}

impl Exporter {
    /// Knows `metrics`, without any series.
    pub(super) fn new(metrics: Vec<Metric>) -> Self {
        let recorder = PrometheusBuilder::new().build_recorder();
        let mut histograms = BTreeMap::new();
        for metric in &metrics {
            let Metric { name, help, .. } = *metric;
            match metric.kind {
                Kind::Counter => recorder.describe_counter(name.into(), None, help.into()),
                Kind::Gauge => recorder.describe_gauge(name.into(), None, help.into()),
                Kind::Histogram(bounds) => {
                    histograms.insert(name, Arc::new(Histograms::new(bounds)));
                }
            }
        }
        Self { handle: recorder.handle(), recorder: Arc::new(recorder), histograms, metrics }
    }

    /// The series of `metric`.
    pub(super) fn of(&self, metric: Metric) -> Family {
        let histograms = self.histograms.get(metric.name).map(Arc::clone);
        Family { metric, recorder: Arc::clone(&self.recorder), histograms }
    }

    /// Every metric in the Prometheus text format 0.0.4; the library leaves out those without a series,
    /// and does not know of the histograms.
    pub(super) fn render(&self) -> String {
        let text = self.handle.render();
        let typed = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
        let there: HashSet<&str> = typed.map(|(name, _)| name).collect();
        let mut rest = String::new();
        for metric in self.metrics.iter().filter(|metric| !there.contains(metric.name)) {
            announce(metric, &mut rest);
            if let Some(histograms) = self.histograms.get(metric.name) {
                histograms.render(metric.name, &mut rest);
            }
            rest.push('\n');
        }
        text + &rest
    }
}

/// Appends the lines that say what `metric` is.
pub(super) fn announce(metric: &Metric, out: &mut String) {
    let Metric { name, help, kind, .. } = metric;
    // Writing to a String cannot fail.
    let _ = writeln!(out, "# HELP {name} {help}\n# TYPE {name} {}", kind.word());
}

/// One metric and its series, told apart by their labels. A series is made when it is first asked for.
pub(super) struct Family {
    metric: Metric,
    recorder: Arc<PrometheusRecorder>,
    /// Present for histograms.
    histograms: Option<Arc<Histograms>>,
}

impl Family {
    /// The counter with these label values, in the order of the metric's labels.
    pub(super) fn counter(&self, values: &[&str]) -> Counter {
        self.recorder.register_counter(&self.key(values), &METADATA)
    }

    /// As [`Family::counter`], for gauges.
    pub(super) fn gauge(&self, values: &[&str]) -> Gauge {
        self.recorder.register_gauge(&self.key(values), &METADATA)
    }

    /// As [`Family::counter`], for histograms.
    pub(super) fn histogram(&self, values: &[&str]) -> Histogram {
        self.histograms.as_ref().map_or_else(Histogram::noop, |all| all.of(self.metric.labels, values))
    }

    fn key(&self, values: &[&str]) -> Key {
        let labels = self.metric.labels.iter().zip(values);
        let labels: Vec<_> = labels.map(|(name, value)| Label::new(*name, (*value).to_owned())).collect();
        Key::from_parts(self.metric.name, labels)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::catalogue::{BLOCKS, CATALOGUE, QUEUE_LENGTH, REQUEST_DURATION};

    fn exporter() -> Exporter {
        Exporter::new(CATALOGUE.to_vec())
    }

    #[test]
    fn an_empty_family_still_has_help_and_type() {
        let text = exporter().render();
        for line in
            [format!("# HELP {} {}", BLOCKS.name, BLOCKS.help), format!("# TYPE {} counter", BLOCKS.name)]
        {
            assert_eq!(text.lines().filter(|found| *found == line).count(), 1, "{line}");
        }
        assert!(!text.lines().any(|line| line.starts_with(BLOCKS.name)));
    }

    #[test]
    fn a_family_with_series_is_announced_once_in_the_catalogue_s_words() {
        let exporter = exporter();
        exporter.of(BLOCKS).counter(&["device"]).increment(1);
        exporter.of(QUEUE_LENGTH).gauge(&[]).set(1.0);
        let _series = exporter.of(REQUEST_DURATION).histogram(&["GET", "/health", "200"]);
        let text = exporter.render();
        for metric in CATALOGUE {
            let mut lines = String::new();
            announce(metric, &mut lines);
            assert_eq!(text.matches(&lines).count(), 1, "{lines}");
            assert_eq!(text.matches(&format!("# TYPE {} ", metric.name)).count(), 1, "{lines}");
        }
    }

    #[test]
    fn handles_of_the_same_labels_share_one_series() {
        let exporter = exporter();
        exporter.of(BLOCKS).counter(&["device"]).increment(1);
        exporter.of(BLOCKS).counter(&["device"]).increment(2);
        assert!(exporter.render().contains("\nvideo_chat_blocks_total{kind=\"device\"} 3\n"));
    }

    #[test]
    fn gauges_and_histograms_in_text() {
        let exporter = exporter();
        exporter.of(QUEUE_LENGTH).gauge(&[]).set(2.0);
        exporter.of(REQUEST_DURATION).histogram(&["GET", "/health", "200"]).record(0.002);
        let text = exporter.render();
        assert!(text.contains("\nvideo_chat_queue_length 2\n"), "{text}");
        let labels = "method=\"GET\",route=\"/health\",status=\"200\"";
        assert!(text.contains(&format!("_bucket{{{labels},le=\"0.001\"}} 0\n")), "{text}");
        assert!(text.contains(&format!("_bucket{{{labels},le=\"0.0025\"}} 1\n")), "{text}");
        assert!(text.contains(&format!("_bucket{{{labels},le=\"+Inf\"}} 1\n")), "{text}");
        assert!(text.contains(&format!("_sum{{{labels}}} 0.002\n")), "{text}");
        assert!(text.contains(&format!("_count{{{labels}}} 1\n")), "{text}");
    }

    #[test]
    fn every_histogram_has_its_own_buckets() {
        for metric in CATALOGUE {
            let Kind::Histogram(bounds) = metric.kind else { continue };
            let exporter = exporter();
            let _series = exporter.of(*metric).histogram(&[]);
            let text = exporter.render();
            let start = format!("{}_bucket{{le=\"", metric.name);
            let found: Vec<_> =
                text.lines().filter_map(|line| line.strip_prefix(&start)?.split_once('"')).collect();
            let mut expected: Vec<_> = bounds.iter().map(ToString::to_string).collect();
            expected.push("+Inf".to_owned());
            assert_eq!(
                found.iter().map(|(bound, _)| *bound).collect::<Vec<_>>(),
                expected,
                "{}",
                metric.name
            );
        }
    }

    #[test]
    fn a_label_value_cannot_break_out_of_its_quotes() {
        let exporter = exporter();
        exporter.of(BLOCKS).counter(&["a\"b\\c\nd"]).increment(1);
        assert!(exporter.render().contains(r#"{kind="a\"b\\c\nd"} 1"#));
    }
}
