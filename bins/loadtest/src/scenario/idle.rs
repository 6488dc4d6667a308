//! Connections that do nothing: what each costs to open and to keep, and whether heartbeats come on time.

use std::{convert::Infallible, rc::Rc, time::Duration};

use tokio::{task::spawn_local, time::sleep};

use crate::{
    bench::{Bench, Fallible, Figures},
    client::Heard,
    recorder::Latency,
};

/// How long a server may take to come to rest before its memory is read.
const REST: Duration = Duration::from_secs(2);

#[expect(clippy::cast_precision_loss, reason = "memory and counts are far below 2^52")]
pub(crate) async fn idle(bench: &Rc<Bench>, connections: usize) -> Fallible<Figures> {
    let before = bench.recorder.usage()?;
    bench.recorder.begin()?;
    let clients = bench.connect(0..connections).await?;
    let opened = bench.recorder.usage()?;
    let connects = bench.recorder.summary();
    for client in clients {
        let bench = Rc::clone(bench);
        spawn_local(async move {
            let heard = |heard: Heard<'_>| {
                if let Heard::Ping(late) = heard {
                    bench.recorder.record(Latency::Heartbeat, late);
                }
                None::<Infallible>
            };
            let Err(error) = client.hear(heard).await;
            bench.error(&error);
        });
    }
    sleep(REST).await;
    let resting = bench.recorder.usage()?;
    bench.measure_for(bench.duration).await?;

    let mut figures = vec![("connections".into(), connections as f64)];
    for (_, [p50, p95, p99, _]) in connects.into_iter().filter(|(latency, _)| *latency == Latency::Connect) {
        let named = [("connect_p50_ms", p50), ("connect_p95_ms", p95), ("connect_p99_ms", p99)];
        figures.extend(named.map(|(name, value)| (name.to_owned(), value)));
    }
    if let (Some(before), Some(opened), Some(resting)) = (before, opened, resting) {
        let each = connections.max(1) as f64;
        let connect = opened.cpu.saturating_sub(before.cpu).as_secs_f64() * 1e6 / each;
        figures.push(("server_cpu_us_per_connect".into(), connect));
        let grown = resting.resident.saturating_sub(before.resident) as f64;
        figures.push(("server_bytes_per_connection".into(), grown / each));
    }
    Ok(figures)
}
