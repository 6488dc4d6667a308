//! What every scenario has at hand.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    error::Error,
    io,
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::{
    task::{JoinSet, yield_now},
    time::{sleep, sleep_until},
};

use crate::{
    client::Client,
    clock::now,
    ledger::Ledger,
    progress::Progress,
    recorder::{Latency, Recorder},
    target::Target,
};

/// Connections being opened at the same time.
const OPENING: usize = 64;
/// A timer wakes up to a millisecond late: what is left then is waited for awake.
const AWAKE: Duration = Duration::from_millis(2);

pub(crate) type Fallible<T> = Result<T, Box<dyn Error>>;
/// Figures of a scenario by name, beside those every run has.
pub(crate) type Figures = Vec<(String, f64)>;

/// A run.
pub(crate) struct Bench {
    pub(crate) target: Target,
    pub(crate) recorder: Recorder,
    pub(crate) ledger: Ledger,
    pub(crate) progress: Progress,
    pub(crate) warmup: Duration,
    pub(crate) duration: Duration,
    errors: RefCell<BTreeMap<String, u64>>,
    began: Instant,
}

impl Bench {
    pub(crate) fn new(target: Target, recorder: Recorder, warmup: Duration, duration: Duration) -> Rc<Self> {
        Rc::new(Self {
            target,
            recorder,
            ledger: Ledger::default(),
            progress: Progress::new(),
            warmup,
            duration,
            errors: RefCell::default(),
            began: now(),
        })
    }

    /// `at` in ns since the run began, as stamps have it.
    pub(crate) fn nanos(&self, at: Instant) -> u64 {
        u64::try_from(at.saturating_duration_since(self.began).as_nanos()).unwrap_or(u64::MAX)
    }

    /// Records a relay that was to be sent at `stamped` (ns since the run began) and came now.
    pub(crate) fn relayed(&self, stamped: u64) {
        let took = self.nanos(now()).saturating_sub(stamped);
        self.recorder.record(Latency::Signaling, Duration::from_nanos(took));
    }

    /// Counts what went wrong, by its wording.
    pub(crate) fn error(&self, error: &dyn Error) {
        *self.errors.borrow_mut().entry(error.to_string()).or_default() += 1;
    }

    /// How often what went wrong.
    pub(crate) fn errors(&self) -> BTreeMap<String, u64> {
        self.errors.borrow().clone()
    }

    /// Opens the clients of these numbers.
    pub(crate) async fn connect(
        self: &Rc<Self>,
        numbers: std::ops::Range<usize>,
    ) -> Fallible<Vec<Rc<Client>>> {
        self.progress.stage("connecting", numbers.len());
        // Who comes after whom matters to a server that joins neighbours.
        let opening = if self.target.bare { 1 } else { OPENING };
        let mut clients = Vec::with_capacity(numbers.len());
        let mut tasks = JoinSet::new();
        for number in numbers {
            if tasks.len() >= opening {
                clients.extend(joined(tasks.join_next().await)?);
            }
            let bench = Rc::clone(self);
            tasks.spawn_local(async move {
                let began = now();
                let client =
                    Client::connect(&bench.target, number).await.map_err(|error| error.to_string())?;
                bench.recorder.record(Latency::Connect, now() - began);
                bench.progress.step();
                Ok(Rc::new(client))
            });
        }
        while let Some(done) = tasks.join_next().await {
            clients.extend(joined(Some(done))?);
        }
        clients.sort_by_key(|client| client.number);
        Ok(clients)
    }

    /// Lets the load go on for the warm-up, then measures for the duration.
    pub(crate) async fn measure(&self) -> io::Result<()> {
        self.progress.stage("warming up", 0);
        sleep(self.warmup).await;
        self.measure_for(self.duration).await
    }

    /// Measures from now on for so long.
    pub(crate) async fn measure_for(&self, duration: Duration) -> io::Result<()> {
        self.progress.stage("measuring", usize::try_from(duration.as_secs()).unwrap_or_default());
        self.recorder.begin()?;
        let end = now() + duration;
        while now() < end {
            sleep_until((now() + Duration::from_secs(1)).min(end).into()).await;
            self.recorder.tick()?;
            self.progress.step();
        }
        self.recorder.end()
    }

    /// Waits, but not for long, until nothing is under way any more.
    pub(crate) async fn settle(&self) {
        let patience = now() + Duration::from_secs(3);
        while self.ledger.outstanding() > 0 && now() < patience {
            sleep(Duration::from_millis(5)).await;
        }
    }
}

type Opened = Result<Result<Rc<Client>, String>, tokio::task::JoinError>;

fn joined(task: Option<Opened>) -> Fallible<Option<Rc<Client>>> {
    task.map(|done| Ok(done??)).transpose()
}

/// Waits until then, to the microsecond.
pub(crate) async fn until(due: Instant) {
    loop {
        let left = due.saturating_duration_since(now());
        if left.is_zero() {
            return;
        }
        match left.checked_sub(AWAKE) {
            Some(asleep) => sleep(asleep).await,
            None => yield_now().await,
        }
    }
}
