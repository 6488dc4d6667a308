//! What a match costs with more and more people waiting who suit nobody.

use std::{cell::Cell, convert::Infallible, io, rc::Rc};

use tokio::task::{JoinSet, spawn_local};

use super::call::{LANGUAGE, end, join, matched};
use crate::{
    bench::{Bench, Fallible, Figures},
    client::{Client, Heard},
    clock::now,
    recorder::Latency,
};

/// Where the measured pairs meet. Those who wait speak their language and are each in a region of their own.
const REGION: &str = "loadtest";
/// Clients that meet, again and again: many enough that last partners need not wait for each other.
const MEETING: usize = 64;
/// Connections that are opened before they join.
const AT_A_TIME: usize = 256;

/// Measures at each of these queue lengths, which must rise.
#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
pub(crate) async fn queue(bench: &Rc<Bench>, lengths: &[usize]) -> Fallible<Figures> {
    let meetings = Rc::new(Cell::new(0_u64));
    for client in bench.connect(0..MEETING).await? {
        let (bench, meetings) = (Rc::clone(bench), Rc::clone(&meetings));
        spawn_local(async move {
            let Err(error) = meet_for_ever(&bench, &client, &meetings).await;
            bench.error(&error);
        });
    }
    let mut figures = Figures::new();
    let mut waiting = 0;
    for &length in lengths {
        wait(bench, MEETING + waiting..MEETING + length.max(waiting)).await?;
        waiting = length.max(waiting);
        tokio::time::sleep(bench.warmup).await;
        let before = meetings.get();
        bench.measure_for(bench.duration).await?;
        // Each of the two counts.
        let pairs = (meetings.get() - before) as f64 / 2.0;
        let (took, usage) = bench.recorder.measured();
        figures.push((format!("pairs_per_s_at_{waiting}"), pairs / took.as_secs_f64()));
        if let Some(usage) = usage {
            let cost = usage.cpu.as_secs_f64() * 1e6 / pairs.max(1.0);
            figures.push((format!("server_cpu_us_per_pair_at_{waiting}"), cost));
        }
    }
    Ok(figures)
}

async fn meet_for_ever(bench: &Bench, client: &Client, meetings: &Cell<u64>) -> io::Result<Infallible> {
    loop {
        let due = now();
        join(client, REGION, LANGUAGE);
        let met = client.hear(matched).await?;
        bench.recorder.record(Latency::Match, now() - due);
        bench.ledger.matched(client.number, &met.session_id);
        if met.is_offerer() {
            end(client, &met.session_id);
        }
        let over = |heard: Heard<'_>| {
            matches!(heard, Heard::Event("call-ended" | "peer-disconnected", _)).then_some(())
        };
        client.hear(over).await?;
        bench.ledger.ended(client.number, &met.session_id);
        meetings.set(meetings.get() + 1);
    }
}

/// Connects these, some at a time so that nobody's heartbeat waits for the others, and has each wait for somebody who
/// never comes.
async fn wait(bench: &Rc<Bench>, numbers: std::ops::Range<usize>) -> Fallible<()> {
    for first in numbers.clone().step_by(AT_A_TIME) {
        let mut joining = JoinSet::new();
        for client in bench.connect(first..numbers.end.min(first + AT_A_TIME)).await? {
            joining.spawn_local(wait_for_ever(Rc::clone(bench), client));
        }
        while let Some(done) = joining.join_next().await {
            done??;
        }
    }
    Ok(())
}

/// Joins, and goes on hearing once that is confirmed.
async fn wait_for_ever(bench: Rc<Bench>, client: Rc<Client>) -> io::Result<()> {
    join(&client, &format!("loadtest-{}", client.number), LANGUAGE);
    client.hear(|heard| matches!(heard, Heard::Event("queue-joined", _)).then_some(())).await?;
    spawn_local(async move {
        let Err(error) = client.hear(|_| None::<Infallible>).await;
        bench.error(&error);
    });
    Ok(())
}
