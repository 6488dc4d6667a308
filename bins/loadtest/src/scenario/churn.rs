//! A realistic life: join, matched, offer and answer, candidates, a word each, the end, and again.

use std::{
    cell::Cell,
    convert::Infallible,
    io,
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::{
    sync::{Mutex, mpsc},
    task::spawn_local,
    time::{sleep, timeout},
};

use super::call::{self, LANGUAGE, Matched, end, join, matched};
use crate::{
    bench::{Bench, Fallible, Figures, until},
    client::{Client, Heard, refusal},
    clock::now,
    recorder::Latency,
    stamp::{Stamp, Stamper},
};

/// Bytes of an offer or an answer.
const DESCRIPTION: usize = 3_000;
/// Bytes of a candidate event.
const CANDIDATE: usize = 331;
/// Candidates of each side.
const CANDIDATES: usize = 8;
/// How long a life may take before it counts as stuck.
const PATIENCE: Duration = Duration::from_mins(1);

/// How people live.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Habits {
    pub(crate) clients: usize,
    /// Calls begun a second; none: each client looks for the next as soon as one is over.
    pub(crate) rate: Option<f64>,
    /// How long a call lasts once everything has been said.
    pub(crate) hold: Duration,
}

/// Everything the clients share.
struct Town {
    bench: Rc<Bench>,
    descriptions: Stamper,
    candidates: Stamper,
    hold: Duration,
    /// Lives to begin, by when they should; none: begin at once.
    agenda: Option<Mutex<mpsc::UnboundedReceiver<Instant>>>,
    lives: Cell<u64>,
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
pub(crate) async fn churn(bench: &Rc<Bench>, habits: Habits) -> Fallible<Figures> {
    let clients = bench.connect(0..habits.clients).await?;
    let (due, agenda) = mpsc::unbounded_channel();
    let town = Rc::new(Town {
        bench: Rc::clone(bench),
        descriptions: Stamper::new(DESCRIPTION),
        candidates: Stamper::new(CANDIDATE),
        hold: habits.hold,
        agenda: habits.rate.map(|_| Mutex::new(agenda)),
        lives: Cell::new(0),
    });
    for client in clients {
        spawn_local(Rc::clone(&town).inhabit(client));
    }
    if let Some(rate) = habits.rate {
        spawn_local(keep_agenda(due, rate));
    }
    bench.progress.stage("warming up", 0);
    sleep(bench.warmup).await;
    let before = town.lives.get();
    bench.measure_for(bench.duration).await?;
    // Each of the two lives it.
    let calls = (town.lives.get() - before) as f64 / 2.0;
    let (took, usage) = bench.recorder.measured();
    let mut figures = vec![("calls_per_s".into(), calls / took.as_secs_f64())];
    if let Some(usage) = usage {
        figures.push(("server_cpu_us_per_call".into(), usage.cpu.as_secs_f64() * 1e6 / calls.max(1.0)));
    }
    Ok(figures)
}

/// Two lives for each call, evenly spaced.
async fn keep_agenda(due: mpsc::UnboundedSender<Instant>, rate: f64) {
    let step = Duration::from_secs_f64(1.0 / rate.max(f64::MIN_POSITIVE));
    let mut next = now();
    while due.send(next).and_then(|()| due.send(next)).is_ok() {
        next += step;
        until(next).await;
    }
}

impl Town {
    /// One client, call after call.
    async fn inhabit(self: Rc<Self>, client: Rc<Client>) {
        loop {
            let due = match self.next(&client).await {
                Ok(due) => due,
                Err(error) => return self.bench.error(&error),
            };
            match timeout(PATIENCE, self.live(&client, due)).await {
                Ok(Ok(())) => self.lives.set(self.lives.get() + 1),
                Ok(Err(error)) => return self.bench.error(&error),
                Err(_) => return self.bench.error(&io::Error::other("a call did not come to its end")),
            }
        }
    }

    /// When the next life should begin; heartbeats go on meanwhile.
    async fn next(&self, client: &Client) -> io::Result<Instant> {
        let Some(agenda) = &self.agenda else { return Ok(now()) };
        tokio::select! {
            due = async { agenda.lock().await.recv().await } => due.ok_or_else(|| io::ErrorKind::BrokenPipe.into()),
            nothing = client.hear(|_| None::<Infallible>) => nothing.map(|never| match never {}),
        }
    }

    async fn live(&self, client: &Client, due: Instant) -> io::Result<()> {
        self.bench.recorder.record(Latency::Generator, now() - due);
        join(client, "global", LANGUAGE);
        let met = client
            .hear(|heard| match heard {
                Heard::Event("error", payload) => Some(Err(refusal(payload))),
                heard => matched(heard).map(Ok),
            })
            .await??;
        self.bench.recorder.record(Latency::Match, now() - due);
        self.bench.ledger.matched(client.number, &met.session_id);
        if met.is_offerer() {
            self.describe(client, &met, "send-offer");
            client.flush();
        }
        self.converse(client, &met).await?;
        self.bench.ledger.ended(client.number, &met.session_id);
        Ok(())
    }

    /// Until the call is over.
    async fn converse(&self, client: &Client, met: &Matched) -> io::Result<()> {
        let mut left = 1 + CANDIDATES + 1;
        let said = |heard: Heard<'_>| {
            match heard {
                Heard::Event("offer", payload) => {
                    self.arrived(client, &self.descriptions, payload);
                    self.describe(client, met, "send-answer");
                }
                Heard::Event("answer", payload) => {
                    self.arrived(client, &self.descriptions, payload);
                    say(client, met);
                }
                Heard::Event("candidate", payload) => self.arrived(client, &self.candidates, payload),
                Heard::Event("message", _) if !met.is_offerer() => say(client, met),
                Heard::Event("message", _) => {}
                Heard::Event("peer-disconnected", _) => return Some(Ok(())),
                Heard::Event("error", payload) => return Some(Err(refusal(payload))),
                _ => return None,
            }
            left -= 1;
            (left == 0 && met.is_offerer()).then_some(Ok(()))
        };
        client.hear(said).await??;
        if met.is_offerer() {
            if !self.hold.is_zero() {
                sleep(self.hold).await;
            }
            end(client, &met.session_id);
            client.hear(|heard| matches!(heard, Heard::Event("call-ended", _)).then_some(())).await?;
        }
        Ok(())
    }

    /// Sends an offer or an answer, and the candidates that come with it.
    fn describe(&self, client: &Client, met: &Matched, event: &str) {
        self.send(client, met, event, &self.descriptions);
        for _ in 0..CANDIDATES {
            self.send(client, met, "send-candidate", &self.candidates);
        }
    }

    fn send(&self, client: &Client, met: &Matched, event: &str, stamper: &Stamper) {
        let number = self.bench.ledger.sending(client.number);
        let stamp = Stamp { from: client.number, number, at: self.bench.nanos(now()) };
        call::send(client, event, &met.session_id, stamper, stamp);
    }

    fn arrived(&self, client: &Client, stamper: &Stamper, payload: &str) {
        let stamp = stamper.read(payload);
        self.bench.ledger.received(client.number, stamp);
        if let Some(stamp) = stamp {
            self.bench.relayed(stamp.at);
        }
    }
}

fn say(client: &Client, met: &Matched) {
    let payload = format!(r#"{{"sessionId":"{}","message":"Hello! Can you hear me?"}}"#, met.session_id);
    client.emit("send-message", &payload);
}
