//! Reading what Redis says about itself.

use std::time::{Duration, Instant};

use super::server::Server;

pub(crate) struct Meter<'a> {
    server: &'a Server,
}

/// What all scripts are sent by.
pub(crate) const SCRIPTS: &[&str] = &["evalsha", "eval"];

/// What a stretch of work cost, for each of its rounds.
pub(crate) struct Cost {
    /// Commands from outside; those of scripts not counted.
    pub(crate) commands: f64,
    /// What Redis counts for executing them, in µs.
    pub(crate) execution: f64,
    /// What the process used of a core, reading and writing sockets included, in µs.
    pub(crate) cpu: f64,
}

impl<'a> Meter<'a> {
    pub(crate) fn new(server: &'a Server) -> Self {
        Self { server }
    }

    pub(crate) fn empty(&self) {
        self.server.ask("FLUSHALL");
    }

    /// The bytes Redis has in use for data.
    pub(crate) fn memory(&self) -> f64 {
        self.field("INFO memory", "used_memory")
    }

    /// Runs `work`, which does `rounds` of something with commands of these names (what scripts call has names, too).
    pub(crate) async fn measure(&self, rounds: u32, names: &[&str], work: impl Future<Output = ()>) -> Cost {
        self.server.ask("CONFIG RESETSTAT");
        let before = self.cpu();
        work.await;
        let cpu = self.cpu() - before;
        let stats = self.server.ask("INFO commandstats");
        let ours = |line: &&str| {
            let name = line.strip_prefix("cmdstat_").and_then(|line| line.split(':').next());
            name.is_some_and(|name| names.contains(&name))
        };
        let sum = |field: &str| -> f64 {
            stats.lines().filter(ours).filter_map(|line| number(line, field, ',')).sum()
        };
        let rounds = f64::from(rounds);
        Cost { commands: sum("calls") / rounds, execution: sum("usec") / rounds, cpu: cpu * 1e6 / rounds }
    }

    /// Seconds of the process's CPU so far.
    fn cpu(&self) -> f64 {
        self.field("INFO cpu", "used_cpu_user") + self.field("INFO cpu", "used_cpu_sys")
    }

    fn field(&self, section: &str, name: &str) -> f64 {
        let answer = self.server.ask(section);
        let line =
            answer.lines().find(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(':')));
        line.and_then(|line| line.split(':').nth(1)).and_then(|text| text.trim().parse().ok()).unwrap()
    }
}

/// The number after `field=` in a line of fields separated by `separator`.
fn number(line: &str, field: &str, separator: char) -> Option<f64> {
    let (_, fields) = line.split_once(':')?;
    let value = fields.split(separator).find_map(|pair| pair.strip_prefix(field)?.strip_prefix('='))?;
    value.parse().ok()
}

/// How long one step took.
pub(crate) async fn timed<T>(work: impl Future<Output = T>) -> (T, Duration) {
    #[expect(clippy::disallowed_methods, reason = "a measurement")]
    let now = Instant::now;
    let begin = now();
    let done = work.await;
    (done, now().duration_since(begin))
}
