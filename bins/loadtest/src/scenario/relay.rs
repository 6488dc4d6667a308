//! Relays between clients that stay in their calls: at a given rate, or as many as the server can do.

use std::{cell::Cell, convert::Infallible, rc::Rc, time::Duration};

use tokio::task::{JoinHandle, spawn_local};

use super::{
    call,
    pairs::{Party, pair_up},
};
use crate::{
    bench::{Bench, Fallible, Figures, until},
    client::{Heard, refusal},
    clock::now,
    recorder::Latency,
    stamp::{Stamp, Stamper},
};

/// Clients that hear relays, and can send them.
pub(super) struct Callers {
    bench: Rc<Bench>,
    stamper: Rc<Stamper>,
    parties: Vec<Rc<Party>>,
    /// Whether each relay is answered with another.
    answering: Rc<Cell<bool>>,
}

/// `rate` relays a second, evenly spaced, whether the server keeps up or not.
pub(crate) async fn paced(bench: &Rc<Bench>, pairs: usize, size: usize, rate: f64) -> Fallible<Figures> {
    let callers = Callers::gather(bench, pairs, size, false).await?;
    let pacer = callers.pace(rate);
    bench.measure().await?;
    pacer.abort();
    bench.settle().await;
    let mut figures = vec![("offered_relays_per_s".into(), rate)];
    figures.extend(relay_figures(bench));
    Ok(figures)
}

/// Every client keeps `in_flight` relays under way: each that comes is answered with another.
pub(crate) async fn saturated(
    bench: &Rc<Bench>,
    pairs: usize,
    size: usize,
    in_flight: usize,
) -> Fallible<Figures> {
    let callers = Callers::gather(bench, pairs, size, true).await?;
    for party in &callers.parties {
        for _ in 0..in_flight {
            callers.send(party, bench.nanos(now()));
        }
        party.client.flush();
    }
    bench.measure().await?;
    callers.answering.set(false);
    bench.settle().await;
    Ok(relay_figures(bench))
}

impl Callers {
    pub(super) async fn gather(
        bench: &Rc<Bench>,
        pairs: usize,
        size: usize,
        answering: bool,
    ) -> Fallible<Self> {
        let parties = pair_up(bench, pairs).await?.into_iter().map(Rc::new).collect();
        let stamper = Rc::new(Stamper::new(size));
        let callers =
            Self { bench: Rc::clone(bench), stamper, parties, answering: Rc::new(Cell::new(answering)) };
        for party in &callers.parties {
            spawn_local(callers.answer(Rc::clone(party)));
        }
        Ok(callers)
    }

    /// Sends relays at this rate, in turn from everybody, until aborted.
    pub(super) fn pace(&self, rate: f64) -> JoinHandle<()> {
        let this = self.share();
        spawn_local(async move {
            let mut due = now();
            let step = Duration::from_secs_f64(1.0 / rate.max(f64::MIN_POSITIVE));
            for party in this.parties.iter().cycle() {
                until(due).await;
                this.bench.recorder.record(Latency::Generator, now() - due);
                this.send(party, this.bench.nanos(due));
                party.client.flush();
                due += step;
            }
        })
    }

    fn share(&self) -> Self {
        Self {
            bench: Rc::clone(&self.bench),
            stamper: Rc::clone(&self.stamper),
            parties: self.parties.clone(),
            answering: Rc::clone(&self.answering),
        }
    }

    fn send(&self, party: &Party, at: u64) {
        let Party { client, session } = party;
        let stamp = Stamp { from: client.number, number: self.bench.ledger.sending(client.number), at };
        call::send(client, "send-candidate", session, &self.stamper, stamp);
    }

    /// Hears until the end.
    fn answer(&self, party: Rc<Party>) -> impl Future<Output = ()> + use<> {
        let this = self.share();
        async move {
            let heard = |heard: Heard<'_>| {
                // A server that knows no protocol hands on what was sent.
                if let Heard::Event("candidate" | "send-candidate", payload) = heard {
                    let stamp = this.stamper.read(payload);
                    this.bench.ledger.received(party.client.number, stamp);
                    if let Some(stamp) = stamp {
                        this.bench.relayed(stamp.at);
                    }
                    if this.answering.get() {
                        this.send(&party, this.bench.nanos(now()));
                    }
                } else if let Heard::Event("error", payload) = heard {
                    this.bench.error(&refusal(payload));
                }
                None::<Infallible>
            };
            let Err(error) = party.client.hear(heard).await;
            this.bench.error(&error);
        }
    }
}

/// What the measured relays cost.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
pub(super) fn relay_figures(bench: &Bench) -> Figures {
    let relays = bench.recorder.count(Latency::Signaling) as f64;
    let (took, usage) = bench.recorder.measured();
    let mut figures = vec![("relays_per_s".into(), relays / took.as_secs_f64().max(f64::MIN_POSITIVE))];
    if let Some(usage) = usage {
        figures.push(("server_cpu_us_per_relay".into(), usage.cpu.as_secs_f64() * 1e6 / relays.max(1.0)));
    }
    figures
}
