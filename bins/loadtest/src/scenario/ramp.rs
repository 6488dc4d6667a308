//! Finds the knee: the highest rate of relays at which latency still holds.

use std::{rc::Rc, time::Duration};

use super::relay::{Callers, relay_figures};
use crate::{
    bench::{Bench, Fallible, Figures},
    recorder::Latency,
};

/// How much more each step offers than the one before.
const STEEPER: f64 = 1.25;
/// The share of what is offered that has to arrive.
const KEPT_UP: f64 = 0.98;

/// Raises the rate from `from` until p99 exceeds `limit` or relays arrive more slowly than they are sent.
pub(crate) async fn ramp(
    bench: &Rc<Bench>,
    pairs: usize,
    size: usize,
    from: f64,
    limit: Duration,
) -> Fallible<Figures> {
    let callers = Callers::gather(bench, pairs, size, false).await?;
    let mut steps = Figures::new();
    let mut knee = 0.0;
    let mut rate = from;
    loop {
        let pacer = callers.pace(rate);
        bench.measure().await?;
        pacer.abort();
        bench.settle().await;
        let arrived = relay_figures(bench).first().map_or(0.0, |(_, value)| *value);
        let summary = bench.recorder.summary();
        let p99 = summary.iter().find(|(latency, _)| *latency == Latency::Signaling);
        let p99 = p99.map_or(f64::INFINITY, |(_, [_, _, p99, _])| *p99);
        steps.push((format!("p99_ms_at_{rate:.0}_per_s"), p99));
        if p99 > limit.as_secs_f64() * 1e3 || arrived < rate * KEPT_UP {
            break;
        }
        knee = rate;
        rate *= STEEPER;
    }
    steps.push(("knee_relays_per_s".into(), knee));
    Ok(steps)
}
