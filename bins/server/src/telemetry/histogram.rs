//! Histograms that count into their buckets at once.
//!
//! The exporter's own keep each observation until somebody folds them, which cost more than relaying a message.

use std::{
    collections::BTreeMap,
    fmt::Write,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use metrics::HistogramFn;

/// One series: a count for each bound and one beyond, and the sum in nanoseconds (of what is measured in seconds).
#[derive(Debug)]
struct Series {
    bounds: &'static [f64],
    counts: Box<[AtomicU64]>,
    beyond: AtomicU64,
    nanos: AtomicU64,
}

/// The series of one metric by their labels, as they are rendered.
#[derive(Debug)]
pub(super) struct Histograms {
    bounds: &'static [f64],
    series: Mutex<BTreeMap<String, Arc<Series>>>,
}

impl HistogramFn for Series {
    fn record(&self, seconds: f64) {
        let bucket = self.bounds.iter().zip(&self.counts).find(|(bound, _)| seconds <= **bound);
        bucket.map_or(&self.beyond, |(_, count)| count).fetch_add(1, Ordering::Relaxed);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "durations; the cast saturates"
        )]
        self.nanos.fetch_add((seconds * 1e9).round() as u64, Ordering::Relaxed);
    }
}

impl Histograms {
    pub(super) fn new(bounds: &'static [f64]) -> Self {
        Self { bounds, series: Mutex::default() }
    }

    /// The series with these label names and values, made when it is not there. Values are the program's own words.
    pub(super) fn of(&self, names: &[&str], values: &[&str]) -> metrics::Histogram {
        let labels: Vec<_> =
            names.iter().zip(values).map(|(name, value)| format!("{name}=\"{value}\"")).collect();
        let mut all = self.series.lock().unwrap_or_else(PoisonError::into_inner);
        let series = all.entry(labels.join(",")).or_insert_with(|| Arc::new(Series::new(self.bounds)));
        metrics::Histogram::from_arc(Arc::clone(series))
    }

    /// Appends every series in the text format.
    pub(super) fn render(&self, name: &str, out: &mut String) {
        for (labels, series) in &*self.series.lock().unwrap_or_else(PoisonError::into_inner) {
            series.render(name, labels, out);
        }
    }
}

impl Series {
    fn new(bounds: &'static [f64]) -> Self {
        let counts = bounds.iter().map(|_| AtomicU64::default()).collect();
        Self { bounds, counts, beyond: AtomicU64::default(), nanos: AtomicU64::default() }
    }

    /// Writing to a String cannot fail.
    fn render(&self, name: &str, labels: &str, out: &mut String) {
        let comma = if labels.is_empty() { "" } else { "," };
        let mut count = 0;
        for (bound, counted) in self.bounds.iter().zip(&self.counts) {
            count += counted.load(Ordering::Relaxed);
            let _ = writeln!(out, "{name}_bucket{{{labels}{comma}le=\"{bound}\"}} {count}");
        }
        count += self.beyond.load(Ordering::Relaxed);
        let _ = writeln!(out, "{name}_bucket{{{labels}{comma}le=\"+Inf\"}} {count}");
        let braced = if labels.is_empty() { String::new() } else { format!("{{{labels}}}") };
        #[expect(clippy::cast_precision_loss, reason = "the format's numbers are floats")]
        let sum = self.nanos.load(Ordering::Relaxed) as f64 / 1e9;
        let _ = writeln!(out, "{name}_sum{braced} {sum}\n{name}_count{braced} {count}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(histograms: &Histograms) -> String {
        let mut text = String::new();
        histograms.render("m", &mut text);
        text
    }

    #[test]
    fn counts_up_to_each_bound_and_sums() {
        let histograms = Histograms::new(&[0.1, 1.0]);
        for seconds in [0.05, 0.1, 0.5, 7.0] {
            histograms.of(&[], &[]).record(seconds);
        }
        let expected = concat!(
            "m_bucket{le=\"0.1\"} 2\nm_bucket{le=\"1\"} 3\nm_bucket{le=\"+Inf\"} 4\n",
            "m_sum 7.65\nm_count 4\n"
        );
        assert_eq!(rendered(&histograms), expected);
    }

    #[test]
    fn series_are_told_apart_by_their_labels() {
        let histograms = Histograms::new(&[]);
        histograms.of(&["a", "b"], &["1", "2"]).record(0.5);
        let _at_zero = histograms.of(&["a", "b"], &["1", "3"]);
        let text = rendered(&histograms);
        assert!(
            text.contains("m_count{a=\"1\",b=\"2\"} 1\n") && text.contains("m_count{a=\"1\",b=\"3\"} 0\n")
        );
    }

    #[test]
    fn nonsense_of_a_client_does_no_harm() {
        let histograms = Histograms::new(&[1.0]);
        for seconds in [-1.0, f64::NAN, f64::INFINITY] {
            histograms.of(&[], &[]).record(seconds);
        }
        assert!(rendered(&histograms).contains("m_count 3\n"));
    }
}
