//! Latencies, in all and by the second, with what the server used meanwhile.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    io,
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;

use crate::{
    clock::now,
    process::{Process, Usage},
};

/// The longest latency told apart, in ns.
const LONGEST: u64 = 120_000_000_000;
/// Significant digits kept.
const DIGITS: u8 = 3;

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Latency {
    /// From the intended sending of a relay to its arrival.
    Signaling,
    /// From the intended sending of `join-queue` to `matched`.
    Match,
    /// From the first SYN to `connected`.
    Connect,
    /// How late a server's ping came.
    Heartbeat,
    /// How late this generator was itself.
    Generator,
}

impl Latency {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Signaling => "signaling",
            Self::Match => "match",
            Self::Connect => "connect",
            Self::Heartbeat => "heartbeat_late",
            Self::Generator => "generator_late",
        }
    }
}

/// One second of a run.
#[derive(Debug, Clone)]
pub(crate) struct Second {
    /// Seconds since the measuring began.
    pub(crate) at: f64,
    /// By latency: how many, and p50, p95, p99 in ms.
    pub(crate) latencies: BTreeMap<Latency, (u64, [f64; 3])>,
    /// Of one core.
    pub(crate) cpu_percent: Option<f64>,
    pub(crate) resident: Option<u64>,
}

/// Collects while it is on.
pub(crate) struct Recorder {
    process: Option<Process>,
    on: Cell<bool>,
    began: Cell<Instant>,
    from: Cell<Usage>,
    ended: Cell<Option<(Duration, Usage)>>,
    all: RefCell<BTreeMap<Latency, Histogram<u64>>>,
    second: RefCell<BTreeMap<Latency, Histogram<u64>>>,
    last: Cell<(Instant, Usage)>,
    seconds: RefCell<Vec<Second>>,
}

impl Recorder {
    pub(crate) fn new(process: Option<Process>) -> Self {
        let now = now();
        Self {
            process,
            on: Cell::new(false),
            began: Cell::new(now),
            from: Cell::default(),
            ended: Cell::default(),
            all: RefCell::default(),
            second: RefCell::default(),
            last: Cell::new((now, Usage::default())),
            seconds: RefCell::default(),
        }
    }

    /// Forgets everything and measures from now on.
    pub(crate) fn begin(&self) -> io::Result<()> {
        let usage = self.usage()?.unwrap_or_default();
        self.all.borrow_mut().clear();
        self.second.borrow_mut().clear();
        self.seconds.borrow_mut().clear();
        self.began.set(now());
        self.from.set(usage);
        self.last.set((now(), usage));
        self.ended.set(None);
        self.on.set(true);
        Ok(())
    }

    /// Measures no longer.
    pub(crate) fn end(&self) -> io::Result<()> {
        let usage = self.usage()?.unwrap_or_default();
        self.ended.set(Some((now() - self.began.get(), usage)));
        self.on.set(false);
        Ok(())
    }

    pub(crate) fn record(&self, latency: Latency, took: Duration) {
        if !self.on.get() {
            return;
        }
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(LONGEST);
        for all in [&self.all, &self.second] {
            let mut all = all.borrow_mut();
            if let Some(histogram) = all.get_mut(&latency) {
                histogram.saturating_record(nanos);
            } else if let Ok(mut histogram) = Histogram::new_with_max(LONGEST, DIGITS) {
                histogram.saturating_record(nanos);
                all.insert(latency, histogram);
            }
        }
    }

    /// Closes a second of the series. Call it about once a second.
    pub(crate) fn tick(&self) -> io::Result<()> {
        if !self.on.get() {
            return Ok(());
        }
        let (then, before) = self.last.get();
        let (now, usage) = (now(), self.usage()?);
        self.last.set((now, usage.unwrap_or_default()));
        let mut latencies = BTreeMap::new();
        for (latency, histogram) in self.second.borrow_mut().iter_mut() {
            latencies.insert(*latency, (histogram.len(), percentiles(histogram, [50.0, 95.0, 99.0])));
            histogram.reset();
        }
        self.seconds.borrow_mut().push(Second {
            at: (now - self.began.get()).as_secs_f64(),
            latencies,
            cpu_percent: usage.map(|usage| {
                (usage.cpu.saturating_sub(before.cpu)).as_secs_f64() / (now - then).as_secs_f64() * 100.0
            }),
            resident: usage.map(|usage| usage.resident),
        });
        Ok(())
    }

    /// How many of these were recorded.
    pub(crate) fn count(&self, latency: Latency) -> u64 {
        self.all.borrow().get(&latency).map_or(0, Histogram::len)
    }

    /// p50, p95, p99 and the maximum in ms, by what was recorded at all.
    pub(crate) fn summary(&self) -> Vec<(Latency, [f64; 4])> {
        let all = self.all.borrow();
        all.iter().map(|(latency, all)| (*latency, percentiles(all, [50.0, 95.0, 99.0, 100.0]))).collect()
    }

    /// How long was measured, and the server's CPU time meanwhile and memory at the end, when it is known.
    pub(crate) fn measured(&self) -> (Duration, Option<Usage>) {
        let (took, usage) = self.ended.get().unwrap_or_default();
        let from = self.from.get();
        (took, self.process.map(|_| Usage { cpu: usage.cpu.saturating_sub(from.cpu), ..usage }))
    }

    pub(crate) fn seconds(&self) -> Vec<Second> {
        self.seconds.borrow().clone()
    }

    /// What the server has used so far; `None` when no process was named.
    pub(crate) fn usage(&self) -> io::Result<Option<Usage>> {
        self.process.map(Process::usage).transpose()
    }
}

#[expect(clippy::cast_precision_loss, reason = "latencies are far below 2^52 ns")]
fn percentiles<const N: usize>(histogram: &Histogram<u64>, percents: [f64; N]) -> [f64; N] {
    percents.map(|percent| histogram.value_at_percentile(percent) as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_only_while_it_is_on() {
        let recorder = Recorder::new(None);
        recorder.record(Latency::Match, Duration::from_secs(1));
        recorder.begin().unwrap();
        for millis in 1..=100 {
            recorder.record(Latency::Signaling, Duration::from_millis(millis));
        }
        recorder.tick().unwrap();
        recorder.end().unwrap();
        recorder.record(Latency::Signaling, Duration::from_secs(9));
        let [(Latency::Signaling, [p50, p95, _, max])] = recorder.summary()[..] else { panic!() };
        for (value, expected) in [(p50, 50.0), (p95, 95.0), (max, 100.0)] {
            assert!((value - expected).abs() < 0.1, "{value}");
        }
        assert_eq!(recorder.count(Latency::Signaling), 100);
        assert_eq!(recorder.seconds()[0].latencies[&Latency::Signaling].0, 100);
    }
}
