use std::sync::atomic::{AtomicU64, Ordering};

use metrics::HistogramFn;

/// A histogram with fixed buckets: its memory never grows, scraped or not, and an observation is two atomic adds.
#[derive(Debug)]
pub(super) struct Buckets {
    bounds: &'static [f64],
    /// One a bound and one for everything above the last; each holds only its own observations.
    counts: Box<[AtomicU64]>,
    sum: AtomicU64,
}

/// What a histogram held at one moment.
pub(super) struct Snapshot {
    /// Observations up to and including each bound.
    pub(super) cumulative: Vec<(f64, u64)>,
    /// All of them.
    pub(super) count: u64,
    /// Their sum.
    pub(super) sum: f64,
}

impl Buckets {
    pub(super) fn new(bounds: &'static [f64]) -> Self {
        let counts = (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect();
        Self { bounds, counts, sum: AtomicU64::new(0) }
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        let mut count = 0;
        let mut cumulative = Vec::with_capacity(self.bounds.len());
        let mut bounds = self.bounds.iter();
        for bucket in &self.counts {
            count += bucket.load(Ordering::Acquire);
            if let Some(bound) = bounds.next() {
                cumulative.push((*bound, count));
            }
        }
        Snapshot { cumulative, count, sum: f64::from_bits(self.sum.load(Ordering::Acquire)) }
    }
}

impl HistogramFn for Buckets {
    fn record(&self, value: f64) {
        // One NaN would spoil the sum for ever.
        if value.is_nan() {
            return;
        }
        let place = self.bounds.partition_point(|bound| *bound < value);
        if let Some(bucket) = self.counts.get(place) {
            bucket.fetch_add(1, Ordering::Release);
        }
        metrics::GaugeFn::increment(&self.sum, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn observations_land_in_the_first_bucket_that_holds_them() {
        let buckets = Buckets::new(&[1.0, 2.0]);
        for value in [0.5, 1.0, 1.5, 2.5, f64::NAN] {
            buckets.record(value);
        }
        let snapshot = buckets.snapshot();
        assert_eq!(snapshot.cumulative, [(1.0, 2), (2.0, 3)]);
        assert_eq!(snapshot.count, 4);
        assert!((snapshot.sum - 5.5).abs() < 1e-9);
    }
}
